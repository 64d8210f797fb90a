"""Makes the objects tests need, with Indonesian values that pass every rule of the forms."""

import io
import itertools
from datetime import date, timedelta
from typing import Any

import pikepdf
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Agency, Agreement, Registration, User
from core.catalogue.models import Service
from core.holdings import importing
from core.holdings.models import ImportRun

PASSWORD = "sepeda-biru-di-tepi-danau"
_numbers = itertools.count(1)


def pdf_bytes(pages: int = 1) -> bytes:
    """A small real PDF."""
    document = pikepdf.new()
    for _page in range(pages):
        document.add_blank_page()
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def pdf_file(name: str = "surat.pdf", pages: int = 1) -> SimpleUploadedFile:
    """The same as an upload."""
    return SimpleUploadedFile(name, pdf_bytes(pages), content_type="application/pdf")


def make_agency(name: str = "BADAN IT NASIONAL", code: str = "BADANIT") -> Agency:
    """An agency, found again when it exists."""
    return Agency.objects.get_or_create(
        name=name, defaults={"code": code, "address": "Jl. Jagakarsa 1, Jakarta"}
    )[0]


def make_agreement(agency: Agency, **changes: Any) -> Agreement:
    """An agreement in force with every service of the catalogue (or ``services=[…]``)."""
    services = changes.pop("services", None)
    today = timezone.localdate()
    values = {
        "number": f"PKS-{next(_numbers):03}/{today.year}",
        "valid_from": today - timedelta(days=400),
        "valid_until": today + timedelta(days=700),
        "legal_basis": "c",
        **changes,
    }
    agreement = Agreement.objects.create(agency=agency, **values)
    agreement.services.set(Service.objects.all() if services is None else services)
    return agreement


def amend(agreement: Agreement, **changes: Any) -> Agreement:
    """The next version with the same services, in force from today unless told otherwise."""
    values = {
        "number": f"{agreement.number} Adendum {agreement.version}",
        "valid_from": timezone.localdate(),
        "valid_until": agreement.valid_until,
        "change_note": "kuota berubah",
        **changes,
    }
    following = Agreement.objects.create(
        agency=agreement.agency, amends=agreement, version=agreement.version + 1, **values
    )
    following.services.set(agreement.services.all())
    return following


def make_applicant(username: str, full_name: str, agency: Agency, **changes: Any) -> User:
    """A person of an agency who has already chosen an own password (``PASSWORD``)."""
    values = {
        "email": f"{username.lower()}@instansi.go.id",
        "employee_number": "197412081994031001",
        "phone": "081234567890",
        "unit": "Tata Kelola",
        **changes,
    }
    return User.objects.create_user(username, password=PASSWORD, full_name=full_name, agency=agency, **values)


def make_officer(username: str, full_name: str, *roles: str, **changes: Any) -> User:
    """An officer with the roles named as in fixtures/roles.json."""
    values = {"email": f"{username.lower()}@imigrasi.go.id", **changes}
    user = User.objects.create_user(username, password=PASSWORD, full_name=full_name, is_staff=True, **values)
    user.groups.set(Group.objects.filter(name__in=roles))
    return user


def save_import(run: ImportRun, by: User) -> None:
    """Has an import written: ``by``, who brought it, asks, and another officer saves it."""
    if ImportRun.objects.get(pk=run.pk).stage == ImportRun.Stage.READY:
        importing.ask_to_save(run.pk, by=by)
    second = User.objects.filter(username="wulan").first() or make_officer("wulan", "Wulan Sari", "Penyetuju")
    importing.save_import(run.pk, by=second)


def make_registration(**changes: Any) -> Registration:
    """A registration with a confirmed e-mail address that waits for an officer."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "agency_name": "BADAN IT NASIONAL",
        "unit": "Tata Kelola",
        "full_name": "Andi Burhans",
        "employee_number": "197412081994031001",
        "phone": "08123456789",
        "email": f"andi{number}@badan.go.id",
        "address": "Jl. Jagakarsa Raya 1, Jakarta Selatan",
        "postal_code": "12620",
        "letter": pdf_file(),
        "letter_name": "surat.pdf",
        "email_confirmed_at": timezone.now(),
        **changes,
    }
    return Registration.objects.create(**values)


def day(text: str) -> date:
    """``day("2026-11-22")``."""
    return date.fromisoformat(text)
