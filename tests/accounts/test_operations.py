"""Verbs of accounts: who may decide, what is refused and why, user ids, passwords that nobody sees."""

import re
import threading

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction
from django_q.models import OrmQ

from accounts import operations, otp
from accounts.models import Agency, Registration, SignInCode, User
from core.models import OutgoingMail
from tests.database import run_until_it_waits
from tests.factories import make_agency, make_applicant, make_registration, pdf_file

CHECKED = dict.fromkeys(operations.CHECKLIST, True)
NEW = {"agency_name": "KEMENTERIAN CONTOH", "agency_code": "contoh"}
pytestmark = pytest.mark.django_db


def approve(registration, by, **changes):
    return operations.approve_registration(registration.pk, by=by, **{"checklist": CHECKED, **NEW, **changes})


def test_approve_numbers_user_ids_per_agency(budi, base_data):
    first = approve(make_registration(), budi)
    agency = Agency.objects.get(code="CONTOH")
    second = approve(make_registration(), budi, agency=agency)
    assert (first.username, second.username) == ("CONTOH_001", "CONTOH_002")
    assert first.agency == second.agency == agency


def test_approve_skips_a_user_id_that_exists(budi, base_data):
    agency = make_agency()
    make_applicant("badanit_001", "Lama", agency)
    assert approve(make_registration(), budi, agency=agency).username == "BADANIT_002"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "outcome"),
    [("KEMENTERIAN CONTOH", "CONTOH_002"), ("LEMBAGA LAIN", "agency_code")],
    ids=["same agency", "only the code"],
)
def test_new_agency_is_opened_once_by_two_verifiers_at_once(budi, base_data, name, outcome):
    """The second one meets the agency of the first, or reads that its code is taken."""
    told = []

    def come():
        try:
            told.append(approve(second, budi, agency_name=name).username)
        except ValidationError as refusal:
            told.extend(refusal.message_dict)
        finally:
            connections.close_all()

    first, second = make_registration(), make_registration()
    coming = threading.Thread(target=come)
    with transaction.atomic():
        assert approve(first, budi).username == "CONTOH_001"
        run_until_it_waits(coming)
    coming.join()
    assert told == [outcome]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_registration(reference):
    registered = []
    names = (
        "agency_name",
        "unit",
        "full_name",
        "employee_number",
        "phone",
        "email",
        "address",
        "postal_code",
    )
    data = {name: getattr(make_registration(), name) for name in names} | {"email": "baru@badan.go.id"}

    def press():
        try:
            registered.append(operations.register({**data, "email": "Baru@badan.go.id"}, pdf_file()))
        finally:
            connections.close_all()

    pressing = threading.Thread(target=press)
    with transaction.atomic():
        assert operations.register(data, pdf_file()) is not None
        run_until_it_waits(pressing)
    pressing.join()
    assert registered == [None]
    assert Registration.objects.filter(email__iexact=data["email"]).count() == 1


def test_approve_gives_all_reasons_at_once(budi, base_data):
    registration = make_registration(email_confirmed_at=None)
    with pytest.raises(ValidationError) as refused:
        operations.approve_registration(registration.pk, by=budi, checklist={})
    text = " ".join(refused.value.messages)
    assert "Alamat email belum dikonfirmasi pemohon" in text
    assert "Kop sesuai, NIP sesuai, PKS berlaku, Email terkonfirmasi" in text
    assert "Pilih instansi, atau isi nama dan kode instansi baru" in text
    assert not User.objects.filter(registration__isnull=False).exists()


@pytest.mark.parametrize("name", ["rina", "ratna", "kartika", "umar", "dewi", "siti"])
def test_only_verifiers_decide(request, name):
    person = request.getfixturevalue(name)
    registration = make_registration()
    for verb in (operations.ask_correction, operations.reject_registration):
        with pytest.raises(PermissionDenied):
            verb(registration.pk, by=person, note="tidak boleh")
    with pytest.raises(PermissionDenied):
        approve(registration, person)
    with pytest.raises(PermissionDenied):
        operations.start_verification(registration.pk, by=person)


def test_officer_cannot_decide_on_their_own_registration(budi):
    registration = make_registration(email=budi.email.upper())
    with pytest.raises(ValidationError, match="Anda tidak dapat memutuskan pendaftaran Anda sendiri"):
        approve(registration, budi)


def test_decided_registration_stays_decided(budi):
    registration = make_registration()
    operations.reject_registration(registration.pk, by=budi, note="Tidak ada PKS")
    for verb in (operations.ask_correction, operations.reject_registration):
        with pytest.raises(ValidationError, match="sudah berstatus Ditolak"):
            verb(registration.pk, by=budi, note="sekali lagi")
    assert Registration.objects.get().events.count() == 1


def test_note_is_compulsory(budi):
    with pytest.raises(ValidationError) as refused:
        operations.ask_correction(make_registration().pk, by=budi, note="  ")
    assert refused.value.message_dict == {"note": ["Isi Catatan untuk pemohon"]}


def test_rejection_mail_carries_the_reason(budi, drain_queue, mail_text):
    operations.reject_registration(make_registration().pk, by=budi, note="Belum ada PKS")
    drain_queue()
    assert "Pendaftaran belum dapat disetujui" in mail_text()
    assert "Alasan: Belum ada PKS" in mail_text()


def test_temporary_password_exists_only_in_the_mail(budi, drain_queue, mail_text, caplog):
    user = approve(make_registration(), budi)
    payloads = [row.task for row in OrmQ.objects.all()]
    drain_queue()
    password = re.search(r"Password sementara: (\S+)", mail_text()).group(1)
    user.refresh_from_db()
    assert user.check_password(password)
    assert user.must_change_password
    assert user.temporary_password_until is not None
    kept = [str(payloads), caplog.text]
    kept += [str(row) for row in OutgoingMail.objects.values()]
    kept += [str(row) for row in User.objects.values()]
    kept += [str(row) for row in Registration.objects.values()]
    assert all(password not in text for text in kept)


def test_retry_of_the_mail_makes_another_password(budi, drain_queue, mail_text, settings):
    user = approve(make_registration(), budi)
    drain_queue()
    first = re.search(r"Password sementara: (\S+)", mail_text()).group(1)
    OutgoingMail.objects.update(status="waiting", attempts=0)
    from core.doors.mail import send_waiting

    assert send_waiting(OutgoingMail.objects.get(kind="accounts.account_opened").pk)
    second = re.search(r"Password sementara: (\S+)", mail_text()).group(1)
    user.refresh_from_db()
    assert first != second
    assert user.check_password(second)
    assert not user.check_password(first)


def test_mail_lapses_once_the_person_has_an_own_password(budi, drain_queue):
    user = approve(make_registration(), budi)
    operations.change_password(user.pk, "kereta senja ke utara")
    drain_queue()
    assert [message.subject for message in mail.outbox] == ["Kata sandi diganti"]


def test_admin_sends_a_fresh_temporary_password(kartika, siti, budi, drain_queue):
    with pytest.raises(PermissionDenied):
        operations.send_temporary_password(siti.pk, by=budi)
    operations.send_temporary_password(siti.pk, by=kartika)
    siti.refresh_from_db()
    assert not siti.has_usable_password()
    drain_queue()
    siti.refresh_from_db()
    assert siti.has_usable_password()


def test_code_uses_every_figure(siti):
    attempt = otp.new_attempt()
    row = None
    codes = set()
    for _n in range(50):
        SignInCode.objects.all().delete()
        otp.throttle.forget(f"otp-send:{siti.pk}")
        otp.send_code(siti, attempt)
        row = SignInCode.objects.get()
        codes.add(otp.issue_code(row.pk)[1])
    assert len(codes) > 45
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_share_five_tries(siti):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        # Threads share one in-memory connection: run the same guesses one after the other.
        outcomes = _guess_in_turn(siti)
    else:
        outcomes = _guess_at_once(siti)
    assert outcomes.count(otp.Outcome.WRONG) <= 4
    assert SignInCode.objects.get().tries == 5
    assert SignInCode.objects.get().state == SignInCode.State.VOID


def _open_code(user):
    attempt = otp.new_attempt()
    otp.send_code(user, attempt)
    return attempt, otp.issue_code(SignInCode.objects.get().pk)[1]


def _guess_in_turn(user):
    attempt, code = _open_code(user)
    return [otp.check_code(user, attempt, f"{(int(code) + n) % 1_000_000:06}").outcome for n in range(1, 21)]


def _guess_at_once(user):
    attempt, code = _open_code(user)
    outcomes = []

    def guess(number):
        try:
            outcomes.append(otp.check_code(user, attempt, f"{(int(code) + number) % 1_000_000:06}").outcome)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
