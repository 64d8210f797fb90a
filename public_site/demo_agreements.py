"""What the demonstration's agreements grant in detail: a quota, an amendment, limited grounds and purposes."""

from datetime import timedelta

from accounts.models import Agency, Agreement, AgreementService, Purpose
from core.doors import clock

#: code, label, label in English
PURPOSES = [
    ("penyidikan", "Penyelidikan dan penyidikan", "Inquiry and investigation"),
    ("pencarian", "Pencarian orang", "Search for a person"),
    ("kepegawaian", "Pemeriksaan pegawai", "Examination of staff"),
    ("penelitian", "Penelitian dan statistik", "Research and statistics"),
]
AMENDED = 60


def load_terms() -> None:
    """Purposes, the quota and amendment of one agency, the limits of another; does nothing the second time."""
    if Purpose.objects.exists():
        return
    purposes = {
        code: Purpose.objects.create(code=code, label=label, label_en=label_en, position=number * 10)
        for number, (code, label, label_en) in enumerate(PURPOSES, start=1)
    }
    police = Agreement.objects.filter(agency__code="POLDACONTOH").first()
    if police is not None:
        police.legal_bases, police.legal_basis = "b", "b"
        police.save(update_fields=["legal_bases", "legal_basis"])
        police.purposes.set([purposes["penyidikan"], purposes["pencarian"]])
        AgreementService.objects.filter(agreement=police, service__key="paspor").update(
            quota_rows=200, quota_period=AgreementService.Period.YEAR
        )
    first = Agreement.objects.filter(agency__code="BADANIT").first()
    if first is not None:
        _limit(first, 20)
        _amend(first)


def _limit(agreement: Agreement, rows: int) -> None:
    AgreementService.objects.filter(agreement=agreement, service__key="paspor").update(
        quota_rows=rows, quota_period=AgreementService.Period.MONTH
    )


def _amend(first: Agreement) -> None:
    following = Agreement.objects.create(
        agency=Agency.objects.get(pk=first.agency_id),
        number=f"{first.number} Adendum 1",
        title=first.title,
        amends=first,
        version=2,
        change_note="Kuota paspor naik dari 20 menjadi 50 baris tiap bulan.",
        valid_from=clock.today() - timedelta(days=AMENDED),
        valid_until=first.valid_until,
        legal_basis=first.legal_basis,
    )
    following.services.set(first.services.all())
    _limit(following, 50)
