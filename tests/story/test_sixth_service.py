"""An officer adds a sixth service in the console; form, template, upload, officer's rows and documents follow."""

import io
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pypdf import PdfReader

from accounts.models import Agreement, User
from core.catalogue.models import Service
from requests_app import operations
from requests_app.models import RowUpload, Status
from tests.public_site.request_steps import add_row, address, fill_letter, fresh, new_draft, send

LABEL = "Afidavit"
COLUMNS: list[dict[str, str]] = [
    {"label": "Nama", "kind": "person_name", "asked": "on", "required": "on", "answered": "on"},
    {"label": "Tanggal Lahir", "kind": "date", "asked": "on", "required": "on", "answered": "on"},
    {"label": "No. Affidavit", "kind": "document_no", "asked": "on", "answered": "on"},
    {"label": "Negara Kedua", "kind": "text", "answered": "on"},
]


def add_service(console: Client) -> Service:
    """Kartika fills the console's form: one service with four fields, looks at it and publishes it."""
    lines: dict[str, Any] = {"label": LABEL, "position": "60", "fields-TOTAL_FORMS": str(len(COLUMNS))}
    for number, column in enumerate(COLUMNS):
        lines |= {f"fields-{number}-position": str(number + 1)}
        lines |= {f"fields-{number}-{name}": value for name, value in column.items()}
    answer = console.post("/admin/catalogue/service/add/", {**lines, "fields-INITIAL_FORMS": "0"})
    assert answer.status_code == 302, answer.context["errors"]
    service = Service.objects.get(label=LABEL)
    page = f"/admin/catalogue/service/{service.pk}"
    seen = console.get(f"{page}/lihat/").content.decode()
    assert seen.count("Negara Kedua") == 1, "in the answer's table only"
    assert console.post(f"{page}/publish/", {"note": "Layanan keenam"}).status_code == 302
    return Service.objects.get(pk=service.pk, is_published=True)


def fill_sheet(template: bytes) -> bytes:
    """The downloaded template with one person on the new sheet."""
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book[f"Upload Detail {LABEL}"]
    titles = {cell.value: cell.column for cell in sheet[1]}
    for title, value in {
        "Nama": "Ayu Lestari Smith",
        "Tanggal Lahir": "02-03-2004",
        "No. Affidavit": "AF-2004/17",
    }.items():
        sheet.cell(2, titles[title]).value = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_sixth_service_reaches_every_surface(
    sign_in: Any,
    kartika: User,
    siti: User,
    budi: User,
    rina: User,
    ratna: User,
    agreement: Agreement,
    drain_queue: Any,
    page_text: Any,
) -> None:
    service = add_service(sign_in(Client(), kartika))
    agreement.services.add(service)

    applicant = sign_in(Client(), siti)
    draft = new_draft(applicant)
    fill_letter(applicant, draft)
    applicant.post(address("request_data", pk=draft.pk), {"more_than_ten": "tidak"})
    form = page_text(applicant.get(address("row_add", pk=draft.pk), {"layanan": service.key}))
    assert "No. Affidavit" in form
    assert "Negara Kedua" not in form
    keys = {field.label: field.key for field in service.fields.all()}
    typed = {
        keys["Nama"]: "Bima Smith",
        keys["Tanggal Lahir"]: "05-06-2002",
        keys["No. Affidavit"]: "AF-2002/05",
    }
    assert add_row(applicant, draft, typed, service=service.key).status_code == 302

    applicant.post(address("request_data", pk=draft.pk), {"more_than_ten": "ya"})
    template = b"".join(applicant.get(address("request_template", pk=draft.pk)))
    book = SimpleUploadedFile("data.xlsx", fill_sheet(template))
    assert applicant.post(address("request_upload", pk=draft.pk), {"file": book}).status_code == 302
    drain_queue()
    upload = RowUpload.objects.get(request=draft)
    assert (upload.stage, upload.errors) == (RowUpload.Stage.CLEAN, [])
    applicant.post(address("upload_save", pk=draft.pk, upload=upload.pk))
    assert [row.name for row in draft.rows.all()] == ["Bima Smith", "Ayu Lestari Smith"]
    assert applicant.post(address("request_review", pk=draft.pk), {"declaration": "on"}).status_code == 302
    assert send(applicant, draft).status_code == 302

    operations.start_verification(draft.pk, by=budi)
    operations.accept(draft.pk, by=budi)
    officer = sign_in(Client(), rina)
    desk = f"/admin/requests_app/datarequest/{draft.pk}/jawaban/"
    assert "AF-2002/05" in page_text(officer.get(desk))
    for row in draft.rows.all():
        answer = {keys["Nama"]: row.name, keys["Negara Kedua"]: "Selandia Baru"}
        assert officer.post(f"{desk}baris/{row.pk}/ketik/", answer).status_code == 302
    operations.send_for_approval(draft.pk, by=rina)
    operations.approve(draft.pk, by=ratna)
    drain_queue()
    assert fresh(draft).status == Status.COMPLETED

    pdf = PdfReader(
        io.BytesIO(b"".join(applicant.get(address("request_pdf", pk=draft.pk)).streaming_content))
    )
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for words in (LABEL.upper(), "Ayu Lestari Smith", "Negara Kedua", "Selandia Baru"):
        assert words.casefold() in text.casefold()
    sheets = openpyxl.load_workbook(
        io.BytesIO(b"".join(applicant.get(address("request_xlsx", pk=draft.pk)).streaming_content))
    )
    cells = {str(cell) for sheet in sheets for line in sheet.iter_rows(values_only=True) for cell in line}
    assert {"Bima Smith", "Selandia Baru", "AF-2002/05"} <= cells


def test_a_published_service_changes_at_once_and_only_when_its_draft_is_published(
    sign_in: Any, kartika: User, siti: User, agreement: Agreement, page_text: Any
) -> None:
    """The applicant's form follows the publication, not the saving; an earlier version comes back the same way."""
    console = sign_in(Client(), kartika)
    service = add_service(console)
    agreement.services.add(service)
    applicant = sign_in(Client(), siti)
    begun = new_draft(applicant)
    fill_letter(applicant, begun)
    applicant.post(address("request_data", pk=begun.pk), {"more_than_ten": "tidak"})

    def form() -> str:
        return str(page_text(applicant.get(address("row_add", pk=begun.pk), {"layanan": service.key})))

    answer = console.post(f"/admin/catalogue/service/{service.pk}/start-draft/")
    draft = Service.with_drafts.get(draft_of=service)
    assert answer.url == f"/admin/catalogue/service/{draft.pk}/change/"
    column = draft.fields.get(label="No. Affidavit")
    column.label = "Nomor Afidavit"
    column.save()
    assert "No. Affidavit" in form()
    assert "Nomor Afidavit" not in form()
    answer = console.post(f"/admin/catalogue/service/{draft.pk}/publish/", {"note": "Istilah baku"})
    assert answer.url == f"/admin/catalogue/service/{service.pk}/change/"
    assert "Nomor Afidavit" in form()
    history = page_text(console.get(f"/admin/catalogue/service/{service.pk}/versi/"))
    for words in ("Versi 2 (berlaku)", "No. Affidavit Nomor Afidavit", "Istilah baku"):
        assert words in history
    answer = console.post(f"/admin/catalogue/service/{service.pk}/versi/1/")
    assert "No. Affidavit" not in form()
    console.post(answer.url.replace("/change/", "/publish/"), {"note": ""})
    assert "No. Affidavit" in form()
