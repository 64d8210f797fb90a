"""Mails about registrations, accounts and sign-in: builders take an id from the outbox and find person and values.

A builder returns None when the mail has lapsed (nobody to send it to, or done meanwhile). The words are in mail_texts.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_otp.plugins.otp_static.models import StaticToken

from accounts import otp
from accounts.links import confirmation_token, correction_token, site_link
from accounts.mail_texts import MAILS, write
from accounts.models import Agreement, Registration, SignedInDevice, User
from accounts.passwords import give_temporary_password, temporary_password_hours
from core.doors import clock
from core.rules.models import WorkRules

__all__ = ["MAILS"]


def _registration(reference: str) -> Registration | None:
    return Registration.objects.filter(pk=uuid.UUID(reference)).first()


def _active_user(reference: str) -> User | None:
    return User.objects.filter(pk=int(reference), is_active=True).first()


def _contact() -> str:
    return site_link("public_site:contact")


def _confirmation(registration: Registration) -> str:
    """The address that confirms the mailbox; empty once that is done."""
    if registration.email_confirmed_at:
        return ""
    return site_link("public_site:register_confirm", confirmation_token(registration))


# --- registration ---------------------------------------------------------------------------------


def registration_received(reference: str) -> EmailMessage | None:
    """The registration arrived; asks to confirm the address."""
    registration = _registration(reference)
    if registration is None:
        return None
    return write(
        "registration_received",
        registration.email,
        nama=registration.full_name,
        hari=WorkRules.current().registration_working_days,
        berlaku=settings.EMAIL_CONFIRM_TTL // timedelta(days=1),
        tautan=site_link("public_site:register_confirm", confirmation_token(registration)),
    )


def already_registered(reference: str) -> EmailMessage | None:
    """Somebody registered with the address of an account."""
    user = _active_user(reference)
    if user is None:
        return None
    return write("already_registered", user.email, user.language, tautan=site_link("public_site:sign_in"))


def already_waiting(reference: str) -> EmailMessage | None:
    """Somebody registered with the address of a registration that is still being worked on."""
    registration = _registration(reference)
    if registration is None:
        return None
    if registration.status == Registration.Status.NEEDS_CORRECTION:
        return registration_correction(reference)
    return write(
        "already_waiting",
        registration.email,
        nama=registration.full_name,
        tautan=_confirmation(registration),
    )


def registration_correction(reference: str) -> EmailMessage | None:
    """An officer asks to mend the registration; carries the signed link to the pre-filled form."""
    registration = _registration(reference)
    if registration is None or registration.status != Registration.Status.NEEDS_CORRECTION:
        return None
    return write(
        "registration_correction",
        registration.email,
        nama=registration.full_name,
        catatan=registration.note,
        tautan=site_link("public_site:register_correct", correction_token(registration)),
    )


def registration_resubmitted(reference: str) -> EmailMessage | None:
    """The mended registration arrived."""
    registration = _registration(reference)
    if registration is None:
        return None
    return write(
        "registration_resubmitted",
        registration.email,
        nama=registration.full_name,
        hari=WorkRules.current().registration_working_days,
        tautan=_confirmation(registration),
    )


def registration_rejected(reference: str) -> EmailMessage | None:
    """No account is opened, with the officer's reason."""
    registration = _registration(reference)
    if registration is None:
        return None
    return write(
        "registration_rejected",
        registration.email,
        nama=registration.full_name,
        instansi=registration.agency_name,
        catatan=registration.note,
        kontak=_contact(),
    )


# --- account --------------------------------------------------------------------------------------


def account_opened(reference: str) -> EmailMessage | None:
    """Username and a temporary password made here and now; each sending makes a new one."""
    made = give_temporary_password(reference)
    if made is None:
        return None
    user, password = made
    hours = temporary_password_hours()
    with override(user.language):
        lifetime = (
            _("%(days)s hari") % {"days": hours // 24}
            if hours % 24 == 0
            else _("%(hours)s jam") % {"hours": hours}
        )
    return write(
        "account_opened",
        user.email,
        user.language,
        nama=user.get_full_name(),
        username=user.username,
        sandi=password,
        berlaku=lifetime,
        tautan=site_link("public_site:sign_in"),
    )


def password_reset(reference: str) -> EmailMessage | None:
    """A link to choose a new password; single use, made at sending time."""
    user = _active_user(reference)
    if user is None:
        return None
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return write(
        "password_reset",
        user.email,
        user.language,
        nama=user.get_full_name(),
        username=user.username,
        menit=settings.PASSWORD_RESET_TIMEOUT // 60,
        tautan=site_link("public_site:reset_confirm", uid, default_token_generator.make_token(user)),
    )


def _to_owner(name: str, user: User, **values: object) -> EmailMessage:
    """A mail to the person an account belongs to, in the person's language."""
    return write(
        name,
        user.email,
        user.language,
        nama=user.get_full_name(),
        username=user.username,
        kontak=_contact(),
        **values,
    )


def password_changed(reference: str) -> EmailMessage | None:
    """Tells the owner that the password is another one now."""
    user = _active_user(reference)
    if user is None:
        return None
    with override(user.language):
        changed_at = clock.long_datetime(user.password_changed_at or clock.now())
    return _to_owner("password_changed", user, waktu=changed_at)


def new_device(reference: str) -> EmailMessage | None:
    """Tells the owner about a sign-in from a browser not seen before."""
    device = SignedInDevice.objects.select_related("user").filter(pk=int(reference)).first()
    if device is None:
        return None
    with override(device.user.language):
        started_at = clock.long_datetime(device.started_at)
    return write(
        "new_device",
        device.user.email,
        device.user.language,
        nama=device.user.get_full_name(),
        waktu=started_at,
        peramban=device.browser or "–",
        alamat=device.address or "–",
        kontak=_contact(),
    )


def codes_failed(reference: str) -> EmailMessage | None:
    """Tells the owner that somebody who knows the password typed wrong codes."""
    user = _active_user(reference)
    if user is None:
        return None
    return _to_owner("codes_failed", user, kali=settings.OTP_TRIES, tautan=site_link("public_site:forgot"))


def email_changed_notice(user: User, before: str) -> EmailMessage:
    """Tells the old address that codes and notices go elsewhere from now on."""
    return write(
        "email_changed",
        before,
        user.language,
        nama=user.get_full_name(),
        username=user.username,
        kontak=_contact(),
    )


def roles_changed(reference: str) -> EmailMessage | None:
    """Tells the owner that an administrator changed the account's rights."""
    user = _active_user(reference)
    if user is None:
        return None
    return _to_owner("roles_changed", user)


def _account_notice(name: str, reference: str, **values: object) -> EmailMessage | None:
    user = _active_user(reference)
    if user is None:
        return None
    with override(user.language):
        now = clock.long_datetime(clock.now())
    return _to_owner(name, user, waktu=now, **values)


def authenticator_added(reference: str) -> EmailMessage | None:
    """Tells the owner that an authenticator app belongs to the account now."""
    return _account_notice("authenticator_added", reference)


def authenticator_removed(reference: str) -> EmailMessage | None:
    """Tells the owner that the account has no authenticator app any more."""
    return _account_notice("authenticator_removed", reference)


def recovery_codes_renewed(reference: str) -> EmailMessage | None:
    """Tells the owner that there are new recovery codes."""
    return _account_notice("recovery_codes_renewed", reference)


def recovery_code_used(reference: str) -> EmailMessage | None:
    """Tells the owner that a recovery code opened the account, and how many are left."""
    left = StaticToken.objects.filter(device__user_id=int(reference)).count()
    return _account_notice("recovery_code_used", reference, sisa=left)


def sign_in_code(reference: str) -> EmailMessage | None:
    """The one-time code, made here and kept only as a hash."""
    issued = otp.issue_code(reference)
    if issued is None:
        return None
    row, code = issued
    with override(row.user.language):
        until = clock.time_wib(row.expires_at)
    return write(
        "sign_in_code",
        row.user.email,
        row.user.language,
        kode=code,
        menit=settings.OTP_TTL // timedelta(minutes=1),
        waktu=until,
        kontak=_contact(),
    )


# --- agreements -----------------------------------------------------------------------------------


def agreement_ending(reference: str) -> EmailMessage | None:
    """Tells a person of the agency or an administrator that an agreement ends soon; not once it was prolonged."""
    agreement_id, _colon, user_id = reference.partition(":")
    today = clock.today()
    agreement = (
        Agreement.objects.in_force(today)
        .newest_versions()
        .filter(pk=int(agreement_id))
        .select_related("agency")
        .first()
    )
    user = _active_user(user_id)
    last_day = agreement.last_day if agreement is not None else None
    if agreement is None or last_day is None or user is None:
        return None
    with override(user.language):
        day = clock.long_date(last_day)
    return write(
        "agreement_ending",
        user.email,
        user.language,
        nama=user.get_full_name(),
        nomor=agreement.number,
        instansi=agreement.agency.name,
        tanggal=day,
        hari=(last_day - today).days,
        tautan=_agreement_link(agreement, user),
    )


def agreement_terminated(reference: str) -> EmailMessage | None:
    """Tells a person of the agency or an administrator that an agreement was ended and covers nothing any more."""
    agreement_id, _colon, user_id = reference.partition(":")
    agreement = Agreement.objects.filter(pk=int(agreement_id)).select_related("agency").first()
    user = _active_user(user_id)
    if agreement is None or agreement.terminated_on is None or user is None:
        return None
    with override(user.language):
        day = clock.long_date(agreement.terminated_on)
    return write(
        "agreement_terminated",
        user.email,
        user.language,
        nama=user.get_full_name(),
        nomor=agreement.number,
        instansi=agreement.agency.name,
        tanggal=day,
        tautan=_agreement_link(agreement, user),
    )


def _agreement_link(agreement: Agreement, user: User) -> str:
    """Where this person reads on: officers the agreement, applicants their requests."""
    if user.is_staff:
        return site_link("admin:accounts_agreement_change", agreement.pk)
    return site_link("public_site:request_list")
