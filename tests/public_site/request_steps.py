"""Steps of an applicant's journey over HTTP without JavaScript, shared by the tests of the request pages."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from requests_app import operations
from requests_app.models import DataRequest
from tests import factories


def address(name: str, **kwargs: Any) -> str:
    """The address of a page of the public site."""
    return reverse(f"public_site:{name}", kwargs=kwargs)


def letter_values(**changes: Any) -> dict[str, Any]:
    """What the manual writes into the letter form."""
    return {
        "letter_number": "1234/11-10-2024/001",
        "letter_date": timezone.localdate().isoformat(),
        "subject": "PERMOHONAN DATA",
        "unit": "ANALISIS",
        "phone": "08123456789",
        "purpose": "PERMOHONAN DATA untuk pemeriksaan pegawai",
        "legal_basis": "c",
        **changes,
    }


PASPOR_JOHN = {"nama": "John Doe", "tanggal_lahir": "31-12-2000", "no_paspor": "A123123"}
PASPOR_MARTINUS = {"nama": "Martinus Laurentus", "tanggal_lahir": "09-01-2002", "no_paspor": "B123123"}


def fresh(request: DataRequest) -> DataRequest:
    """As it stands in the database (the protected state forbids refresh_from_db)."""
    return DataRequest.objects.get(pk=request.pk)


def new_draft(client: Any) -> DataRequest:
    """Presses “+ Permohonan Data”."""
    answer = client.post(address("request_new"))
    assert answer.status_code == 302
    draft = DataRequest.objects.order_by("-created_at").first()
    assert draft is not None
    assert answer["Location"] == address("request_letter", pk=draft.pk)
    return draft


def fill_letter(client: Any, draft: DataRequest, **changes: Any) -> Any:
    """Sends the letter form with a real PDF, as opened now."""
    draft = fresh(draft)
    values = letter_values(**{"version": draft.version, "letter": factories.pdf_file(), **changes})
    return client.post(
        address("request_letter", pk=draft.pk), {k: v for k, v in values.items() if v is not None}
    )


def keep_letter(draft: DataRequest) -> None:
    """Stores a letter by the verb its form calls: checking the PDF in a process of its own is asked for there."""
    values = letter_values() | {"letter_date": timezone.localdate()}
    operations.save_header(draft.pk, by=draft.requester, values=values, letter=factories.pdf_file())


def add_row(
    client: Any, draft: DataRequest, values: dict[str, str], service: str = "paspor", **more: str
) -> Any:
    """Sends the row form."""
    return client.post(
        address("row_add", pk=draft.pk), {"layanan": service, "_simpan": "1", **values, **more}
    )


def ready_draft(client: Any) -> DataRequest:
    """A draft with letter and one row."""
    draft = new_draft(client)
    keep_letter(draft)
    client.post(address("request_data", pk=draft.pk), {"more_than_ten": "tidak"})
    assert add_row(client, draft, PASPOR_JOHN).status_code == 302
    return draft


def declare(client: Any, draft: DataRequest) -> Any:
    """Ticks the declaration on the review page."""
    return client.post(address("request_review", pk=draft.pk), {"declaration": "on"})


def send(client: Any, draft: DataRequest) -> Any:
    """Opens Kirim, presses the button once; returns the answer."""
    page = client.get(address("request_submit", pk=draft.pk))
    key = page.context["submit_key"]
    return client.post(address("request_submit", pk=draft.pk), {"submit_key": key})


def sent_request(client: Any) -> DataRequest:
    """A request that has been sent."""
    draft = ready_draft(client)
    declare(client, draft)
    assert send(client, draft).status_code == 302
    return fresh(draft)
