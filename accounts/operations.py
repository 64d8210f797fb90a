"""The verbs of accounts: registering, deciding on registrations, passwords, opening and shutting accounts."""

import logging
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django_fsm import can_proceed

from accounts import emails, endings, sessions
from accounts.models import Agency, Agreement, Registration, RegistrationEvent, User
from admin_theme.changes import record_change
from core import throttle
from core.doors import clock, mail
from core.doors.signing import keyed_hash, random_token
from core.doors.storage import safe_name

logger = logging.getLogger(__name__)

#: What an officer looks at before approving: key -> words.
CHECKLIST = {
    "letterhead": _("Kop sesuai"),
    "employee_number": _("NIP sesuai"),
    "agreement": _("PKS berlaku"),
    "email": _("Email terkonfirmasi"),
}
NOBODY = "0"
_AGAIN = timedelta(hours=1)


# --- the applicant's side -------------------------------------------------------------------------


@transaction.atomic
def register(data: Mapping[str, Any], letter: File) -> Registration | None:
    """Store a registration and ask by mail to confirm the address.

    ``data`` are the cleaned fields of the form by model field name. An address that already has an account or
    an open registration gets a different mail and no row (None): the page must look the same.
    """
    email = str(data["email"])
    throttle.queue_up(f"register:{_hash(email)}")  # of two presses at once the second meets the first's row
    if remind_registered(email):
        return None
    registration = Registration(**dict(data))
    registration.letter_name = safe_name(letter.name)
    registration.letter.save(registration.letter_name, letter, save=False)
    registration.save()
    _note(registration, "register", actor=None, source="", note="")
    mail.post("accounts.registration_received", registration.pk)
    return registration


def remind_registered(email: str) -> bool:
    """Mail whoever has an account or an open registration with this address; False when nobody has."""
    user = User.objects.filter(email__iexact=email).first()
    waiting = (
        Registration.objects.filter(email__iexact=email)
        .exclude(status__in=[Registration.Status.REJECTED, Registration.Status.APPROVED])
        .first()
    )
    if user is None and waiting is None:
        return False
    # One reminder an hour: the form must not become a way to flood a mailbox.
    if throttle.hit(f"remind:{_hash(email)}", limit=1, window=_AGAIN).allowed:
        if user is not None:
            mail.post("accounts.already_registered", user.pk, event=random_token())
        elif waiting is not None:
            mail.post("accounts.already_waiting", waiting.pk, event=random_token())
    return True


@transaction.atomic
def confirm_email(pk: uuid.UUID) -> Registration:
    """Note that the mailbox belongs to the registrant; a second click changes nothing."""
    registration = Registration.objects.select_for_update(of=("self",)).get(pk=pk)
    if registration.email_confirmed_at is None:
        registration.email_confirmed_at = timezone.now()
        registration.save(update_fields=["email_confirmed_at", "updated_at"])
        _note(registration, "confirm_email", actor=None, source=registration.status, note="")
    return registration


@transaction.atomic
def resend_confirmation(email: str) -> None:
    """Send the confirmation mail again if the address waits for it; not more often than once a minute."""
    if not may_resend(email):
        return
    registration = Registration.objects.open().filter(email__iexact=email).first()
    if registration is not None and registration.email_confirmed_at is None:
        mail.post("accounts.registration_received", registration.pk, event=random_token())
    else:
        remind_registered(email)


def may_resend(email: str) -> bool:
    """Whether a further mail to this address may go now: one a minute, five an hour."""
    key = _hash(email)
    minute = throttle.hit(f"resend-minute:{key}", limit=1, window=timedelta(minutes=1))
    return minute.allowed and throttle.hit(f"resend-hour:{key}", limit=5, window=timedelta(hours=1)).allowed


@transaction.atomic
def resubmit_registration(pk: uuid.UUID, data: Mapping[str, Any], letter: File | None) -> Registration:
    """Take the mended registration back into the queue; ``letter`` None keeps the former one."""
    registration = Registration.objects.select_for_update(of=("self",)).get(pk=pk)
    _require_state(registration, "resubmit")
    if registration.email.casefold() != str(data["email"]).casefold():
        raise ValidationError(
            {"email": _("Alamat email tidak dapat diganti. Daftar kembali dengan alamat baru.")}
        )
    source = registration.status
    for field, value in data.items():
        setattr(registration, field, value)
    if letter is not None:
        registration.letter_name = safe_name(letter.name)
        registration.letter.save(registration.letter_name, letter, save=False)
    registration.resubmit()
    registration.checklist = {}
    registration.save()
    _note(registration, "resubmit", actor=None, source=source, note="")
    mail.post("accounts.registration_resubmitted", registration.pk, event=str(registration.round))
    return registration


# --- the officer's side ---------------------------------------------------------------------------


@transaction.atomic
def start_verification(pk: uuid.UUID, *, by: User) -> Registration:
    """Take the registration up: others see that somebody works on it."""
    registration = _open_for(pk, by, "start_verification")
    source = registration.status
    registration.start_verification()
    registration.save(update_fields=["status", "updated_at"])
    _note(registration, "start_verification", actor=by, source=source, note="")
    return registration


@transaction.atomic
def ask_correction(pk: uuid.UUID, *, by: User, note: str) -> Registration:
    """Send the registration back with a note; older correction links stop working."""
    registration = _open_for(pk, by, "ask_correction")
    _require_note(note)
    source = registration.status
    registration.ask_correction()
    registration.note = note.strip()
    registration.round += 1
    registration.save(update_fields=["status", "note", "round", "updated_at"])
    _note(registration, "ask_correction", actor=by, source=source, note=registration.note)
    mail.post("accounts.registration_correction", registration.pk, event=str(registration.round))
    return registration


@transaction.atomic
def reject_registration(pk: uuid.UUID, *, by: User, note: str) -> Registration:
    """Open no account; the reason goes to the registrant."""
    registration = _open_for(pk, by, "reject")
    _require_note(note)
    source = registration.status
    registration.reject()
    _decide(registration, by, note.strip())
    _note(registration, "reject", actor=by, source=source, note=registration.note)
    mail.post("accounts.registration_rejected", registration.pk)
    return registration


@transaction.atomic
def approve_registration(
    pk: uuid.UUID,
    *,
    by: User,
    checklist: Mapping[str, bool],
    agency: Agency | None = None,
    agency_name: str = "",
    agency_code: str = "",
    note: str = "",
) -> User:
    """Open the account: user id from the agency's counter, no usable password until the mail makes one.

    Choose an existing ``agency`` or give name and code of a new one.
    """
    registration = _open_for(pk, by, "approve")
    reasons: list[ValidationError] = []
    if registration.email_confirmed_at is None:
        reasons.append(ValidationError(_("Alamat email belum dikonfirmasi pemohon.")))
    missing = [str(label) for key, label in CHECKLIST.items() if not checklist.get(key)]
    if missing:
        reasons.append(
            ValidationError(
                _("Daftar periksa belum lengkap: %(missing)s."), params={"missing": ", ".join(missing)}
            )
        )
    if User.objects.filter(email__iexact=registration.email).exists():
        reasons.append(ValidationError(_("Sudah ada akun dengan alamat email ini.")))
    if agency is not None and not agency.is_active:
        reasons.append(ValidationError(_("Instansi ini dinonaktifkan.")))
    if agency is None and not (agency_name.strip() and agency_code.strip()):
        reasons.append(ValidationError(_("Pilih instansi, atau isi nama dan kode instansi baru.")))
    if reasons:
        raise ValidationError(reasons)
    chosen = agency if agency is not None else _new_agency(agency_name, agency_code, registration)
    user = _open_account(registration, chosen)
    source = registration.status
    registration.approve()
    registration.user = user
    registration.checklist = {key: bool(checklist.get(key)) for key in CHECKLIST}
    _decide(registration, by, note.strip())
    _note(registration, "approve", actor=by, source=source, note=registration.note)
    mail.post("accounts.account_opened", user.pk, event="opened")
    return user


def decision_obstacles(registration: Registration, user: User, verb: str) -> list[str] | None:
    """Why ``verb`` is not possible for this officer now; None when it does not belong to the state."""
    if not can_proceed(getattr(registration, verb)):
        return None
    reasons = []
    if _is_own(registration, user):
        reasons.append(str(_("Anda tidak dapat memutuskan pendaftaran Anda sendiri.")))
    if verb == "approve" and registration.email_confirmed_at is None:
        reasons.append(str(_("Alamat email belum dikonfirmasi pemohon.")))
    return reasons


def _open_for(pk: uuid.UUID, by: User, verb: str) -> Registration:
    if not by.has_perm("accounts.verify_registration"):
        raise PermissionDenied
    registration = Registration.objects.select_for_update(of=("self",)).get(pk=pk)
    if _is_own(registration, by):
        raise ValidationError(_("Anda tidak dapat memutuskan pendaftaran Anda sendiri."))
    _require_state(registration, verb)
    return registration


def _require_state(registration: Registration, verb: str) -> None:
    if not can_proceed(getattr(registration, verb)):
        raise ValidationError(
            _("Pendaftaran ini sudah berstatus %(status)s. Muat ulang sebelum melanjutkan."),
            code="state",
            params={"status": registration.get_status_display()},
        )


def _require_note(note: str) -> None:
    if not note.strip():
        raise ValidationError({"note": _("Isi Catatan untuk pemohon")})


def _is_own(registration: Registration, user: User) -> bool:
    same_mail = registration.email.casefold() == (user.email or "").casefold()
    number = registration.employee_number
    return same_mail or bool(number and number == user.employee_number)


def _decide(registration: Registration, by: User, note: str) -> None:
    registration.note = note
    registration.decided_by = by
    registration.decided_at = timezone.now()
    registration.save()


def _new_agency(name: str, code: str, registration: Registration) -> Agency:
    name, code = " ".join(name.split()), code.strip().upper()
    known = Agency.objects.filter(name__iexact=name).first()
    if known is not None:
        if not known.is_active:
            raise ValidationError({"agency_name": _("Instansi ini sedang dinonaktifkan. Aktifkan dahulu.")})
        return known
    agency = Agency(name=name, code=code, address=registration.address)
    try:
        agency.full_clean()
    except ValidationError as error:
        names = {"name": "agency_name", "code": "agency_code"}
        raise ValidationError(
            {names.get(field, field): errors for field, errors in error.message_dict.items()}
        ) from error
    try:
        with transaction.atomic():
            agency.save()
    except IntegrityError:
        # A colleague has just opened it, with another registration of the same agency, or has taken the code.
        return _new_agency(name, code, registration)
    return agency


def _open_account(registration: Registration, agency: Agency) -> User:
    locked = Agency.objects.select_for_update().get(pk=agency.pk)
    while True:
        locked.last_user_number += 1
        username = f"{locked.code.upper()}_{locked.last_user_number:03}"
        if not User.objects.filter(username__iexact=username).exists():
            break
    locked.save(update_fields=["last_user_number"])
    user = User(
        username=username,
        email=registration.email.lower(),
        full_name=registration.full_name,
        employee_number=registration.employee_number,
        phone=registration.phone,
        unit=registration.unit,
        agency=locked,
        must_change_password=True,
    )
    user.set_unusable_password()
    user.save()
    return user


def _note(registration: Registration, verb: str, *, actor: User | None, source: str, note: str) -> None:
    RegistrationEvent.objects.create(
        registration=registration,
        verb=verb,
        actor=actor,
        source=source,
        target=registration.status,
        note=note,
    )


# --- passwords and accounts -----------------------------------------------------------------------


@transaction.atomic
def change_password(user_id: int, new_password: str, *, keep_session: str | None = None) -> User:
    """Set the person's own password, end every other session and tell the owner by mail.

    Raises ``ValidationError`` with the rules' words. The caller keeps its own session alive with
    ``update_session_auth_hash``.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    validate_password(new_password, user)
    user.set_password(new_password)
    user.must_change_password = False
    user.temporary_password_until = None
    user.password_changed_at = timezone.now()
    user.save(
        update_fields=["password", "must_change_password", "temporary_password_until", "password_changed_at"]
    )
    sessions.end_all(user, keep=keep_session)
    throttle.forget(f"login:u:{user.pk}")
    mail.post("accounts.password_changed", user.pk, event=random_token())
    return user


@transaction.atomic
def request_password_reset(email: str) -> None:
    """Mail a reset link if the address has an active account; costs the same when it has none."""
    if not throttle.hit(f"reset:{_hash(email)}", limit=3, window=_AGAIN).allowed:
        return
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    # For an unknown address a message to nobody is queued, which its builder lets lapse: same time.
    mail.post("accounts.password_reset", user.pk if user else NOBODY, event=random_token())


@transaction.atomic
def send_temporary_password(user_id: int, *, by: User) -> None:
    """Let the worker mail a fresh temporary password; the present password and all sessions end."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    _require_user_admin(by, user)
    if not user.is_active:
        raise ValidationError(_("Akun ini dinonaktifkan. Aktifkan lebih dahulu."))
    if user.pk == by.pk:
        raise ValidationError(_("Untuk akun Anda sendiri, pilih Ganti kata sandi."))
    user.set_unusable_password()
    user.must_change_password = True
    user.temporary_password_until = None
    user.save(update_fields=["password", "must_change_password", "temporary_password_until"])
    sessions.end_all(user)
    record_change(by, user, gettext_noop("Kata sandi sementara dikirim"))
    mail.post("accounts.account_opened", user.pk, event=random_token())


@transaction.atomic
def deactivate_user(user_id: int, *, by: User, reason: str) -> None:
    """Shut the account: its sessions end at once; the reason stands in the log."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    _require_user_admin(by, user)
    if user.pk == by.pk:
        raise ValidationError(_("Anda tidak dapat menonaktifkan akun Anda sendiri."))
    user.is_active = False
    user.save(update_fields=["is_active"])
    sessions.end_all(user)
    record_change(by, user, gettext_noop("Dinonaktifkan"), [(gettext_noop("alasan"), "", reason)])


@transaction.atomic
def activate_user(user_id: int, *, by: User) -> None:
    """Open a shut account again; its former password works."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
    _require_user_admin(by, user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    record_change(by, user, gettext_noop("Diaktifkan"))


@transaction.atomic
def end_sessions(user_id: int, *, by: User) -> int:
    """Sign the person out of every browser; returns how many there were. Signing in again stays possible."""
    user = User.objects.get(pk=user_id)
    _require_user_admin(by, user)
    if user.pk == by.pk:
        raise ValidationError(_("Untuk akun Anda sendiri, pakai Perangkat yang masuk."))
    ended = sessions.end_all(user)
    record_change(by, user, gettext_noop("Dikeluarkan dari semua perangkat"))
    return ended


@transaction.atomic
def welcome_user(user_id: int) -> None:
    """Mail user id and temporary password to an account made in the console."""
    mail.post("accounts.account_opened", user_id, event=random_token())


@transaction.atomic
def rights_changed(user_id: int) -> None:
    """End the person's sessions, so that new rights begin with a new sign-in, and tell by mail."""
    sessions.end_all(User.objects.get(pk=user_id))
    mail.post("accounts.roles_changed", user_id, event=random_token())


def email_changed(user_id: int, *, before: str) -> None:
    """End the person's sessions and tell the old address: whoever holds the new one gets the codes from now on.

    The old address stands nowhere after the change, so this mail leaves at once instead of through the outbox.
    """
    user = User.objects.get(pk=user_id)
    sessions.end_all(user)
    if not before:
        return
    try:
        emails.email_changed_notice(user, before).send()
    except OSError:
        logger.warning("notice of a changed address not sent for user %s", user_id)


@transaction.atomic
def terminate_agreement(agreement_id: int, *, by: User, terminated_on: date) -> None:
    """End an agreement early: from that day on it covers nothing. Both sides are told by mail."""
    if not by.has_perm("accounts.change_agreement"):
        raise PermissionDenied
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement_id)
    if Agreement.objects.filter(amends=agreement).exists():
        raise ValidationError(_("Versi ini mempunyai adendum. Akhiri atau hapus adendum itu dahulu."))
    if agreement.terminated_on is not None:
        raise ValidationError(_("PKS ini sudah diakhiri."))
    if terminated_on < agreement.valid_from:
        raise ValidationError({"terminated_on": _("Tanggal ini lebih awal daripada Berlaku Sejak.")})
    agreement.terminated_on = terminated_on
    agreement.save(update_fields=["terminated_on"])
    record_change(
        by,
        agreement,
        gettext_noop("Diakhiri"),
        [(gettext_noop("diakhiri pada"), "", clock.short_date(terminated_on))],
    )
    endings.tell_of_termination(agreement)


def _require_user_admin(by: User, user: User) -> None:
    if not by.has_perm("accounts.change_user") or (user.is_superuser and not by.is_superuser):
        raise PermissionDenied


def _hash(email: str) -> str:
    return keyed_hash("address", email.strip().casefold())[:40]
