"""Private files: names, rights on disk, and the headers they leave with."""

import stat
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db.migrations.writer import MigrationWriter
from django.http import HttpResponse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.doors.storage import PDF, PrivateStorage, megabytes, private_path, safe_name, send_file


@pytest.fixture
def storage(settings, tmp_path: Path) -> PrivateStorage:
    settings.PRIVATE_ROOT = tmp_path / "private"
    return PrivateStorage()


def stored(storage: PrivateStorage, name: str = "surat/x.pdf"):
    return storage.open(storage.save(name, ContentFile(b"%PDF-")))


def test_private_storage_writes_files_for_the_service_alone(storage: PrivateStorage) -> None:
    path = Path(storage.path(storage.save("surat/2026/11/x.pdf", ContentFile(b"x"))))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_private_storage_has_no_address(storage: PrivateStorage) -> None:
    with pytest.raises(AttributeError):
        storage.url("surat/x.pdf")


def test_private_path_forgets_the_name() -> None:
    upload_to = private_path("surat")
    with time_machine.travel("2026-11-22 20:00:00+00:00"):
        name = upload_to(None, "../../Rahasia Siti.PDF")
    assert name.startswith("surat/2026/11/")
    assert name.endswith(".pdf")
    assert "iti" not in name
    assert upload_to(None, "a.p%00df").endswith(".bin")


def test_private_path_and_storage_can_be_written_into_a_migration() -> None:
    assert "PrivatePath('surat')" in MigrationWriter.serialize(private_path("surat"))[0]
    assert "PrivateStorage()" in MigrationWriter.serialize(PrivateStorage())[0]


@pytest.mark.parametrize(
    ("original", "safe"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\Users\\siti\\surat.pdf", "surat.pdf"),
        ("a%00.pdf", "a_00.pdf"),
        ("x\r\nSet-Cookie: a.pdf", "xSet-Cookie_ a.pdf"),
        ("surat\u202efdp.exe", "suratfdp.exe"),
        ("e\u0301.pdf", "é.pdf"),
        ("", "berkas"),
        (None, "berkas"),
        ("...", "berkas"),
    ],
)
def test_safe_name_makes_names_harmless(original: str | None, safe: str) -> None:
    assert safe_name(original) == safe


@hypothesis_settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_safe_name_always_fits_a_header(original: str) -> None:
    name = safe_name(original)
    assert 0 < len(name) <= 120
    assert safe_name(name) == name
    assert not set(name) & set('/\\"\r\n\x00')


def test_megabytes_never_understates() -> None:
    assert [megabytes(size) for size in (2 * 1024**2, 2 * 1024**2 + 1, 3_500_000)] == [
        "2 MB",
        "2,1 MB",
        "3,4 MB",
    ]


def close_file(response: Any) -> None:
    """Closes the file alone: closing the response would also look after the database connection."""
    for close in response._resource_closers:
        close()


def test_send_file_attaches_with_every_header(storage: PrivateStorage) -> None:
    response = send_file(stored(storage), name="Hasil é.pdf", content_type=PDF)
    assert b"".join(response.streaming_content) == b"%PDF-"
    close_file(response)
    assert response["Content-Disposition"] == (
        "attachment; filename=\"Hasil _.pdf\"; filename*=UTF-8''Hasil%20%C3%A9.pdf"
    )
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "no-store, private"
    assert response["Content-Length"] == "5"


def test_send_file_leaves_the_bytes_to_nginx(storage: PrivateStorage, settings) -> None:
    settings.PRIVATE_ACCEL_PREFIX = "/internal/"
    document = type("Stored", (), {"storage": storage, "name": "surat/2026/x y.pdf"})()
    response = send_file(document, name="x.pdf", content_type=PDF)
    assert isinstance(response, HttpResponse)
    assert response.content == b""
    assert response["X-Accel-Redirect"] == "/internal/surat/2026/x%20y.pdf"
    assert response["Content-Disposition"].startswith("attachment; ")


def test_send_file_shows_only_pdf_inline(storage: PrivateStorage) -> None:
    shown = send_file(stored(storage), name="x.pdf", content_type=PDF, inline=True)
    assert shown["Content-Disposition"].startswith("inline; ")
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown["Content-Security-Policy"]
    page = send_file(stored(storage), name="x.html", content_type="text/html", inline=True)
    assert page["Content-Disposition"].startswith("attachment; ")
    close_file(shown)
    close_file(page)
