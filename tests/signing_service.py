"""A listener that behaves like BSrE's signing service, for the tests that speak to it."""

import contextlib
import email.parser
import email.policy
import http.server
import io
import threading
from collections.abc import Iterator
from typing import Any

import pikepdf
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from core.doors.pdf_signing import keys, local
from tests.signing import make_certificate

PASSPHRASE = "frasa-segel-rahasia"
NIK = "3174091201900001"


def one_page(content: bytes = b"q 1 0 0 1 10 10 cm Q") -> bytes:
    """A PDF of one page, the same at every call."""
    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].contents_add(content)
        target = io.BytesIO()
        document.save(target, deterministic_id=True)
    return target.getvalue()


class Service(http.server.BaseHTTPRequestHandler):
    """Signs like the service does, or answers as ``mode`` says; keeps what it was asked."""

    mode: Any = "sign"
    seal: Any = None
    asked: list[tuple[str, str, dict[str, bytes]]]
    go_on: threading.Event

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        form = {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in message.iter_parts()
        }
        self.asked.append((self.path, self.headers["Authorization"], form))
        if isinstance(self.mode, tuple):
            status, answer = self.mode
            self._send(status, answer, "application/json")
            return
        if self.mode == "silent":
            self.go_on.wait(20)
            return
        if self.mode == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b"%PDF-1.7")
            return
        if self.mode == "redirect":
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/lain")
            self.end_headers()
            return
        pdf = form["file"]
        if self.mode == "rewrite":
            pdf = rewritten(pdf)
        elif self.mode == "another":
            pdf = one_page(b"q Q")
        elif self.mode == "huge":
            self._send(200, pdf + b" " * 6 * 1024 * 1024, "application/pdf")
            return
        elif self.mode == "unsigned":
            self._send(200, pdf, "application/pdf")
            return
        self._send(200, self._signed(pdf), "application/pdf")

    def _signed(self, pdf: bytes) -> bytes:
        file = io.BytesIO(pdf)
        signer = local.PdfSigner(
            local.PdfSignatureMetadata(field_name="Sig"), local._signer(keys.Key(*self.seal, ()))
        )
        signer.sign_pdf(local.IncrementalPdfFileWriter(file, strict=False), in_place=True)
        if self.mode == "long-term":  # what BSrE may add so that the signature outlives its certificate
            certificate = local._certificate(self.seal[1])
            DocumentSecurityStore.add_dss(file, sig_contents=None, certs=[certificate])
        elif self.mode == "altered":
            writer = local.IncrementalPdfFileWriter(file)
            page = writer.root["/Pages"]["/Kids"][0].get_object()
            page["/Rotate"] = NumberObject(180)
            writer.update_container(page)
            writer.write_in_place()
        return file.getvalue()

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(OSError):  # who hears too much hangs up
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Quiet."""


def rewritten(pdf: bytes) -> bytes:
    """The same pages in a file written anew."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        target = io.BytesIO()
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    return target.getvalue()


@contextlib.contextmanager
def running(settings: Any) -> Iterator[type[Service]]:
    """The listener, with the settings pointing at it."""
    handler = type(
        "Handler",
        (Service,),
        {"asked": [], "go_on": threading.Event(), "seal": make_certificate("BSrE Uji")},
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        settings.PDF_SIGNING = "bsre"
        settings.BSRE_URL = f"http://127.0.0.1:{server.server_address[1]}/esign/"
        settings.BSRE_USERNAME, settings.BSRE_PASSWORD = "layanan", "sandi-layanan"
        settings.BSRE_NIK, settings.BSRE_PASSPHRASE = NIK, PASSPHRASE
        settings.BSRE_TIMEOUT = 120  # the listener signs in our own process, which may be busy
        try:
            yield handler
        finally:
            handler.go_on.set()
            server.shutdown()
            thread.join()
