"""Our own PDF files: closed to the network and the disk, escaped, merged with continued numbers."""

import io
import logging
import socket
from pathlib import Path

import pypdf
import pytest
from django.core.exceptions import ValidationError

from core import checks
from core.doors import pdf

PAGE = """<!doctype html><html lang="id"><head><title>Tanda Terima</title>
<style>@page:first { counter-reset: page {{ first_page|default:1 }} }
@page { @bottom-right { content: "hal " counter(page) } }</style>
{{ head|safe }}</head><body>{{ body }}{{ raw|safe }}
{% for row in rows %}<p>{{ first_number|add:forloop.counter0 }}. {{ row }}</p>{% endfor %}</body></html>"""


@pytest.fixture
def template(settings, tmp_path: Path) -> str:
    (tmp_path / "page.html").write_text(PAGE)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    return "page.html"


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def test_render_pdf_escapes_what_people_wrote(template: str) -> None:
    data = pdf.render_pdf(template, {"body": '<img src="http://127.0.0.1:9">{{7*7}}'})
    text = text_of(data)
    assert '<img src="http://127.0.0.1:9">{{7*7}}' in text.replace("\n", "")


def test_render_pdf_sets_title_and_language_but_no_paths(template: str) -> None:
    data = pdf.render_pdf(template, {"body": "x"})
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.metadata is not None
    assert reader.metadata.title == "Tanda Terima"
    assert reader.root_object["/Lang"] == "id"
    assert b"/work" not in data
    assert b"static.invalid" not in data


def test_render_pdf_fetches_nothing_from_disk_or_network(template: str, tmp_path: Path, caplog) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text('body::before { content: "BOCOR" }')
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.settimeout(0.2)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.css"
    with caplog.at_level(logging.WARNING, "core.doors.pdf"):
        data = pdf.render_pdf(
            template,
            {
                "head": f'<link rel=stylesheet href="file://{secret}"><link rel=stylesheet href="{address}">'
                f'<link rel=attachment href="file://{secret}">'
                '<link rel=stylesheet href="admin/css/base.css">',
                "raw": f'<img src="{secret}"><img src="ftp://127.0.0.1/x">'
                '<object data="file:///etc/passwd"></object>',
            },
        )
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()
    assert b"EmbeddedFile" not in data
    assert "BOCOR" not in text_of(data)
    refused = [record for record in caplog.records if record.name == "core.doors.pdf"]
    assert len(refused) >= 5
    assert not any("secret" in record.getMessage() for record in refused)


def test_render_pdf_uses_allowed_static_files_and_data(template: str, tmp_path: Path, settings) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "surat.css").write_text('body::before { content: "GAYA" }')
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    head = '<link rel="stylesheet" href="surat.css">'
    inline = '<link rel="stylesheet" href="data:text/css,body::after{content:%22DATA%22}">'
    allowed = text_of(pdf.render_pdf(template, {"head": head + inline}, allowed=["surat.css"]))
    assert "GAYA" in allowed
    assert "DATA" in allowed
    assert "GAYA" not in text_of(pdf.render_pdf(template, {"head": head}))
    outside = '<link rel="stylesheet" href="../secret.css">'
    assert "GAYA" not in text_of(pdf.render_pdf(template, {"head": outside}, allowed=["../secret.css"]))


def test_render_in_chunks_continues_numbers_and_pages(template: str) -> None:
    data = pdf.render_in_chunks(template, {}, (f"baris-{n}" for n in range(1, 121)), size=50)
    reader = pypdf.PdfReader(io.BytesIO(data))
    pages = [page.extract_text() for page in reader.pages]
    for number, page in enumerate(pages, start=1):
        assert f"hal {number}" in page
    text = "\n".join(pages)
    assert all(f"{n}. baris-{n}" in text for n in (1, 50, 51, 120))
    assert reader.metadata is not None
    assert reader.metadata.title == "Tanda Terima"
    assert reader.root_object["/Lang"] == "id"


def test_render_in_chunks_renders_once_without_rows(template: str) -> None:
    assert len(pypdf.PdfReader(io.BytesIO(pdf.render_in_chunks(template, {"body": "kosong"}, []))).pages) == 1


def test_render_pdf_says_so_when_pango_is_missing(template: str, monkeypatch) -> None:
    def refuse(name: str, *arguments: object) -> object:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real_import(name, *arguments)

    real_import = __import__
    monkeypatch.setattr("builtins.__import__", refuse)
    with pytest.raises(ValidationError, match="Dokumen PDF belum dapat dibuat"):
        pdf.render_pdf(template, {})
    monkeypatch.setattr(pdf, "_PANGO", "libnothing.so")
    assert [message.id for message in checks.check_pdf_library(None)] == ["core.W001"]


def test_check_pdf_library_is_silent_on_a_complete_machine() -> None:
    assert checks.check_pdf_library(None) == []
