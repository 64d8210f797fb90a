"""Answered requests for the tests of documents and their verification."""

import itertools
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from core.catalogue.models import Service
from requests_app import operations
from requests_app.models import Answer, DataRequest, Outcome, RequestRow, StatisticsItem, Status
from tests import factories

AT = datetime(2024, 10, 11, 9, 12, 33, tzinfo=ZoneInfo("Asia/Jakarta"))
_numbers = itertools.count(1)
ASKED = {"nama": "John Doe", "no_paspor": "A123123", "tanggal_lahir": "2000-12-31"}
ANSWER = {
    **ASKED,
    "nama": "JOHN DOE",
    "jenis_paspor": "BIASA ELEKTRONIK",
    "jumlah_halaman": "48",
    "tempat_lahir": "JAKARTA",
    "jenis_kelamin": "L",
    "tanggal_terbit": "2022-03-14",
    "tanggal_habis_berlaku": "2032-03-14",
    "status_paspor": "AKTIF",
}


def make_request(applicant: User, approver: User | None = None, **changes: Any) -> DataRequest:
    """The manual's request, approved and waiting for its document."""
    values: dict[str, Any] = {
        "number": f"SF4OF{next(_numbers):05}",
        "status": Status.ISSUING,
        "letter_number": "1234/11-10-2024/001",
        "letter_date": date(2024, 10, 10),
        "subject": "PERMOHONAN DATA",
        "unit": "ANALISIS",
        "phone": "08123456789",
        "purpose": "PERMOHONAN DATA",
        "legal_basis": "c",
        "letter": factories.pdf_file(),
        "letter_name": "surat.pdf",
        "submitted_at": AT,
        "approved_at": AT,
        "approved_by": approver,
        **changes,
    }
    if values["status"] in (Status.ISSUING, Status.COMPLETED) and values["approved_by"] is None:
        values["approved_by"] = _somebody()  # the database wants an approver
    return DataRequest.objects.create(requester=applicant, agency=applicant.agency, **values)


def _somebody() -> User:
    found = User.objects.filter(username="penyetuju_uji").first()
    return found or User.objects.create_user("penyetuju_uji", full_name="Penyetuju Uji", is_staff=True)


def correct(request: DataRequest) -> None:
    """The applicant does what the officer asked: the subject reads otherwise now."""
    operations.save_header(
        request.pk, by=request.requester, values={"subject": f"PERMOHONAN DATA {next(_numbers)}"}
    )


def add_row(
    request: DataRequest,
    service: Service,
    asked: dict[str, Any],
    answers: tuple[dict[str, Any], ...] = (),
    by: User | None = None,
    outcome: str = "",
    reason: str = "",
) -> RequestRow:
    """A row with its answers; found when there are any, otherwise not found."""
    row = RequestRow(
        request=request,
        position=request.rows.count() + 1,
        service=service,
        values=asked,
        outcome=outcome or (Outcome.FOUND if answers else Outcome.NOT_FOUND),
        outcome_reason=reason,
        decided_at=AT,
        decided_by=by,
    )
    row.identify(service.schema(), asked)
    row.save()
    Answer.objects.bulk_create(
        Answer(row=row, values=values, source=Answer.Source.HOLDINGS, by=by or request.requester)
        for values in answers
    )
    return row


def add_statistics(request: DataRequest, service: Service, answer: dict[str, Any]) -> StatisticsItem:
    """An answered statistics question."""
    return StatisticsItem.objects.create(
        request=request,
        position=request.statistics.count() + 1,
        service=service,
        period_from=date(2024, 10, 2),
        period_until=date(2024, 10, 10),
        citizenship="WNA",
        answer=answer,
        answered_at=AT,
    )


TABLE = {
    "columns": ["Bulan", "TPI", "Arah", "Jumlah"],
    "rows": [
        ["Oktober 2024", "TPI Bandara Halim", "Masuk", 1200],
        ["Oktober 2024", "TPI Priok", "Keluar", "<5"],
    ],
    "total": "≥ 1.200",
    "note": "Jumlah di bawah 5 tidak ditampilkan untuk melindungi data pribadi.",
    "source": "Basis Data Keimigrasian, layanan Perlintasan",
    "counted_at": AT.isoformat(),
}
