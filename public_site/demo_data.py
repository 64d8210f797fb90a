"""The people and requests of the demonstration, made through the same operations as real ones."""

import io
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import pikepdf
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts import operations as accounts_operations
from accounts.models import Agency, Agreement, Registration, User
from accounts.otp import device_of
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock
from core.doors.pdf import PdfUnavailableError, render_pdf
from core.holdings.demo import BUSY_FROM, BUSY_OFFICE, BUSY_UNTIL, FOLDER, people
from core.reference.models import ImmigrationOffice, Region
from core.rules.models import Reason
from public_site import demo_talk
from public_site.demo_agreements import load_terms
from requests_app import answering, operations
from requests_app.agreements import candidates, offered_purposes
from requests_app.models import Candidate, DataRequest, Outcome, Status
from requests_app.tasks import issue_document

#: code, name, address, services ([] = all), days from today the agreement begins and ends
AGENCIES: list[tuple[str, str, str, list[str], int, int]] = [
    ("BADANIT", "BADAN IT NASIONAL", "Jalan Jagakarsa Raya 1, Jakarta Selatan", [], -400, 695),
    (
        "POLDACONTOH",
        "KEPOLISIAN DAERAH CONTOH",
        "Jalan Peragaan 7, Jakarta Selatan",
        ["paspor", "visa", "perlintasan", "deportasi"],
        -718,
        12,
    ),
    ("ARSIPCONTOH", "LEMBAGA ARSIP CONTOH", "Jalan Peragaan 9, Bandung", ["paspor"], -760, -30),
]
#: username, full name, agency code, unit
APPLICANTS = [
    ("BADANIT_001", "Siti Aminah", "BADANIT", "Tata Kelola"),
    ("BADANIT_002", "Sari Dewanti", "BADANIT", "Biro Kepegawaian"),
    ("POLDACONTOH_001", "Joko Prasetyo", "POLDACONTOH", "Direktorat Reserse Kriminal Umum"),
    ("ARSIPCONTOH_001", "Nina Kurniasih", "ARSIPCONTOH", "Layanan Arsip"),
]
OFFICERS = [
    ("budi", "Budi Santoso", "Verifikator"),
    ("rina", "Rina Lestari", "Petugas"),
    ("ratna", "Ratna Wulandari", "Penyetuju"),
    ("puti", "Puti Maharani", "Pimpinan"),
    ("kartika", "Kartika Putri", "Admin"),
    ("dewi", "Dewi Anggraini", "Pengelola Konten"),
    ("umar", "Umar Hakim", "Auditor"),
]


@contextmanager
def at(days_ago: int, hour: int) -> Iterator[None]:
    """Everything inside happens that many days ago: trails cannot be back-dated afterwards."""
    day = clock.today() - timedelta(days=days_ago)
    while day.weekday() >= 5:  # officers are at home
        day -= timedelta(days=1)
    moment = datetime.combine(day, time(hour, 10 + days_ago % 40), clock.ZONES["WIB"])
    with patch("django.utils.timezone.now", lambda: min(moment, _real_now())):
        yield


def _real_now() -> datetime:
    return datetime.now(clock.ZONES["WIB"])


# --- people -------------------------------------------------------------------------------------------


def load_people() -> None:
    """Agencies, agreements, applicants and officers that are missing."""
    for code, name, address, keys, begins, ends in AGENCIES:
        agency, created = Agency.objects.get_or_create(code=code, defaults={"name": name, "address": address})
        if created:
            agreement = Agreement.objects.create(
                agency=agency,
                number=f"PKS-{code}/DEMO",
                title=f"Pemanfaatan data keimigrasian oleh {name}",
                valid_from=clock.today() + timedelta(days=begins),
                valid_until=clock.today() + timedelta(days=ends),
                legal_basis="c",
            )
            services = Service.objects.published()
            agreement.services.set(services.filter(key__in=keys) if keys else services)
    load_terms()
    for username, full_name, code, unit in APPLICANTS:
        agency = Agency.objects.get(code=code)
        _account(username, full_name, agency=agency, unit=unit, employee_number="197412081994031001")
        agency.last_user_number = max(agency.last_user_number, int(username.rpartition("_")[2]))
        agency.save(update_fields=["last_user_number"])
    for username, full_name, role in OFFICERS:
        user = _account(username, full_name, is_staff=True, unit="Direktorat Jenderal Imigrasi")
        user.groups.add(*Group.objects.filter(name=role))


def _account(username: str, full_name: str, **values: Any) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(
            username,
            email=f"{username.lower().replace('_', '.')}@demo.example",
            password=settings.DEMO_PASSWORD,
            full_name=full_name,
            phone="081234567890",
            **values,
        )
        device_of(user)
    return user


# --- registrations ------------------------------------------------------------------------------------


def load_registrations() -> None:
    """One registration that waits, one that has to be mended, one that was rejected."""
    budi = User.objects.get(username="budi")
    _register("Andi Burhans", "Pusat Data", 2)
    mend = _register("Wulan Permata", "Bagian Hukum", 6)
    with at(5, 10):
        accounts_operations.ask_correction(
            mend.pk, by=budi, note="NIP pada surat berbeda dengan isian. Silakan perbaiki salah satunya."
        )
    refuse = _register("Tono Subagyo", "Sekretariat", 12)
    with at(11, 9):
        accounts_operations.reject_registration(
            refuse.pk, by=budi, note="Instansi belum memiliki perjanjian kerja sama yang berlaku."
        )


def _register(full_name: str, unit: str, days_ago: int) -> Registration:
    village = Region.objects.filter(level=4, code__startswith="31.74.").order_by("code").first()
    district = village.parent if village else None
    regency = district.parent if district else None
    values = {
        "agency_name": "BADAN IT NASIONAL",
        "unit": unit,
        "full_name": full_name,
        "employee_number": "198002292000021001",
        "phone": "08123456789",
        "email": f"{full_name.split()[0].lower()}@demo.example",
        "address": "Jalan Jagakarsa Raya 1, Jakarta Selatan",
        "postal_code": (village.postal_code if village else "") or "12620",
        "province": regency.parent if regency else None,
        "regency": regency,
        "district": district,
        "village": village,
        "immigration_office": ImmigrationOffice.objects.filter(slug=BUSY_OFFICE).first(),
    }
    with at(days_ago, 8):
        letter = make_letter(
            agency=values["agency_name"],
            address=values["address"],
            number=f"DAFTAR/{days_ago}/DEMO",
            subject="Pendaftaran user pemohon",
            purpose="pendaftaran user Layanan Data Keimigrasian",
            unit=unit,
            signer=full_name,
        )
        registration = accounts_operations.register(values, letter)
        if registration is None:
            return Registration.objects.get(email=values["email"])
        return accounts_operations.confirm_email(registration.pk)


def make_letter(**context: Any) -> SimpleUploadedFile:
    """A PDF that looks like an official letter; an empty page where PDFs cannot be drawn."""
    context = {"date": clock.today(), **context}
    try:
        content = render_pdf("public_site/demo/letter_pdf.html", context)
    except PdfUnavailableError:
        output = io.BytesIO()
        with pikepdf.new() as document:
            document.add_blank_page()
            document.save(output)
        content = output.getvalue()
    return SimpleUploadedFile("surat-permohonan.pdf", content, content_type="application/pdf")


# --- requests -----------------------------------------------------------------------------------------


@dataclass
class Story:
    """One request of fixtures/demo/requests.json on its way to ``until``."""

    days_ago: int
    by: str
    until: str
    letter_number: str
    subject: str
    unit: str
    purpose: str
    people: list[str]
    statistics: bool = False
    note: str = ""

    #: How far each state lies on the usual way.
    PATH = ("submitted", "verifying", "processing", "awaiting_approval", "completed")

    def reaches(self, state: str) -> bool:
        """Whether the story passes through ``state``."""
        last = {"rejected": "verifying", "needs_correction": "verifying", "withdrawn": "submitted"}.get(
            self.until, self.until
        )
        return last in self.PATH and self.PATH.index(state) <= self.PATH.index(last)


def load_requests() -> int:
    """Plays every story; returns how many. Does nothing when a request exists."""
    if DataRequest.objects.exists():
        return 0
    stories = [Story(**entry) for entry in json.loads((FOLDER / "requests.json").read_text("utf-8"))]
    lookups = Lookups()
    asked = {person["asked"]["nama"]: person for group in people().values() for person in group}
    for story in stories:
        with transaction.atomic():
            play(story, asked, lookups)
    letter = {
        "agency": "BADAN IT NASIONAL",
        "address": "Jalan Jagakarsa Raya 1, Jakarta Selatan",
        "unit": "Biro Kepegawaian",
        "signer": "Siti Aminah",
    }
    with transaction.atomic():
        power = make_letter(**letter, number="B-12/KUASA", subject="SURAT KUASA", purpose="kuasa pengurusan")
        demo_talk.talk(power, at)
        posted = make_letter(
            **letter,
            number="B-77/SEKR/POS",
            date=clock.today() - timedelta(days=4),
            subject="PERMOHONAN DATA PEGAWAI (SURAT POS)",
            purpose=demo_talk.PURPOSE,
        )
        demo_talk.enter(posted, next(iter(asked.values())), at)
    return len(stories)


def play(story: Story, asked: dict[str, dict[str, Any]], lookups: Lookups) -> None:
    """Takes one request as far as its story goes, a step a day at most."""
    siti = User.objects.get(username=story.by)
    budi, rina = (User.objects.get(username=name) for name in ("budi", "rina"))
    with at(story.days_ago, 9):
        pk = write_draft(story, siti, asked, lookups)
    if story.until == "draft":
        return
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("submitted", lambda: operations.submit(pk, by=siti, submit_key=uuid.uuid4())),
        ("verifying", lambda: operations.start_verification(pk, by=budi)),
        ("processing", lambda: operations.accept(pk, by=budi)),
        ("awaiting_approval", lambda: answer_all(pk, rina)),
        ("completed", lambda: approve_all(pk)),
    ]
    for number, (state, step) in enumerate(steps):
        if story.reaches(state):
            with at(max(story.days_ago - number // 2, 0), 10 + number):
                step()
                if state == "completed":
                    issue(pk)
    endings: dict[str, Callable[[], Any]] = {
        "rejected": lambda: operations.reject(pk, by=budi, note=story.note),
        "needs_correction": lambda: return_with_pins(pk, budi, story.note),
        "withdrawn": lambda: operations.withdraw(pk, by=siti, note=story.note),
        "processing": lambda: begin(pk, rina, is_held=story.days_ago >= HELD_AFTER),
    }
    if story.until in endings:
        with at(max(story.days_ago - 1, 0), 15):
            endings[story.until]()


#: Older requests under way are in Rina's charge; the others wait for "Ambil berikutnya".
HELD_AFTER = 10


def begin(pk: uuid.UUID, rina: User, *, is_held: bool) -> None:
    """Rina looks at a request that is being processed, in her charge or still free."""
    if is_held:
        operations.take(pk, by=rina)
    answering.propose_matches(pk, by=rina)


def write_draft(story: Story, siti: User, asked: dict[str, dict[str, Any]], lookups: Lookups) -> uuid.UUID:
    """The request as the applicant writes it."""
    request = operations.create_draft(by=siti)
    values: dict[str, Any] = {
        "letter_number": story.letter_number,
        "letter_date": clock.today() - timedelta(days=1),
        "subject": story.subject,
        "unit": story.unit,
        "phone": "08123456789",
        "purpose": story.purpose,
        "legal_basis": "b" if story.by.startswith("POLDA") else "c",
        "purpose_code": next(iter(offered_purposes(candidates(request))), None),
    }
    letter = make_letter(
        agency=siti.agency.name if siti.agency else "",
        address=siti.agency.address if siti.agency else "",
        number=story.letter_number,
        date=values["letter_date"],
        subject=story.subject,
        purpose=story.purpose,
        unit=story.unit,
        signer=siti.get_full_name(),
    )
    operations.save_header(request.pk, by=siti, values=values, letter=letter)
    operations.answer_more_than_ten(request.pk, by=siti, value=False)
    for name in story.people:
        person = asked[name]
        service = Service.objects.get(key=person["service"])
        clean, errors = service.schema().clean_asked(person["asked"], lookups)
        if errors:
            raise ValueError(f"{name}: {errors}")
        operations.add_row(request.pk, by=siti, service=service, values=clean)
    if story.statistics:
        operations.add_statistics(request.pk, by=siti, values=statistics_values())
    return request.pk


def approve_all(pk: uuid.UUID) -> None:
    """Ratna approves, and Puti after her where two have to."""
    ratna, puti = (User.objects.get(username=name) for name in ("ratna", "puti"))
    if DataRequest.objects.get(pk=pk).risks:
        operations.approve_first(pk, by=ratna)
        operations.approve(pk, by=puti)
    else:
        operations.approve(pk, by=ratna)


def statistics_values() -> dict[str, Any]:
    """The manual's own example: crossings of 2 to 10 October 2024 at the office of Jakarta Selatan."""
    office = ImmigrationOffice.objects.get(slug=BUSY_OFFICE)
    return {
        "service": Service.objects.get(key="perlintasan"),
        "period_from": BUSY_FROM,
        "period_until": BUSY_UNTIL,
        "regional_office": office.regional_office,
        "office": office,
        "citizenship": "WNA",
        "direction": "MASUK",
    }


def return_with_pins(pk: uuid.UUID, budi: User, note: str) -> None:
    """Budi marks the letter and the passport number of the last row, and sends both back."""
    offered = Reason.objects.offered(Reason.Purpose.CORRECTION)
    unsigned, wrong = offered.get(text__contains="stempel"), offered.get(text__startswith="Nomor salah")
    row = DataRequest.objects.get(pk=pk).rows.select_related("service", "request").last()
    operations.mark(pk, by=budi, kind="header", keys=["letter"], reason=unsigned)
    if row is not None:
        columns = row.request.schema_for(row.service).asked
        column = next((item for item in columns if item.identifies == "passport_no"), columns[0])
        operations.mark(pk, by=budi, kind="cell", keys=[column.key], row_pk=row.pk, reason=wrong)
    operations.ask_correction(pk, by=budi, note=note)


def answer_all(pk: uuid.UUID, rina: User) -> None:
    """Rina takes the request, looks everything up, decides each row and asks for approval."""
    operations.take(pk, by=rina)
    answering.propose_matches(pk, by=rina)
    answering.accept_exact(pk, by=rina)
    for row in DataRequest.objects.get(pk=pk).rows.exclude(outcome=Outcome.FOUND):
        candidate = row.candidates.filter(decision=Candidate.Decision.OPEN).first()
        if candidate is None:
            answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
        else:
            answering.decide_candidate(candidate.pk, by=rina, accepted=True)
    answering.count_statistics(pk, by=rina)
    operations.send_for_approval(pk, by=rina)


def issue(pk: uuid.UUID) -> None:
    """What the worker does; where PDFs cannot be drawn the request keeps waiting for it."""
    document = DataRequest.objects.get(pk=pk, status=Status.ISSUING).documents.latest("numbered_at")
    try:
        issue_document(str(document.pk))
    except PdfUnavailableError:
        return
