"""Asking an officer again who it is before a weighty deed (security.md S-12): when, by what, and keeping the form.

A sign-in counts as confirmation. Whoever has an authenticator app shows its code; others type the password or have
a code mailed. What the browser was about to send is carried along in hidden fields, so nothing typed is lost.
"""

import logging
import re
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from accounts import authenticator, otp, sessions
from accounts.models import IdentityCheck, User
from core import throttle
from core.addresses import client_address
from core.doors import clock

logger = logging.getLogger(__name__)

Way = IdentityCheck.Way

#: What was typed; the wish for a mailed code; and that the page itself, not a deed, was wanted.
ANSWER = "identity_answer"
SEND = "identity_send"
THEN = "identity_then"
#: In the session: the attempt a mailed code is bound to.
ATTEMPT = "identity_attempt"
_OWN = ("identity_", "csrfmiddlewaretoken")


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person showed who it is within ``SUDO``."""
    confirmed = int(request.session.get(sessions.CONFIRMED, 0))
    return timezone.now().timestamp() - confirmed <= settings.SUDO.total_seconds()


def mark_fresh(request: HttpRequest) -> None:
    """Note that the person has shown who it is, now."""
    request.session[sessions.CONFIRMED] = int(timezone.now().timestamp())


class AnswerForm(forms.Form):
    """One field: a code or the password."""

    identity_answer = forms.CharField(strip=False, max_length=512)

    def __init__(self, way: str, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        self.is_for_password = way == Way.PASSWORD
        field = self.fields[ANSWER]
        if way == Way.PASSWORD:
            field.label = gettext_lazy("Kata sandi Anda")
            field.error_messages["required"] = gettext_lazy("Isi kata sandi Anda")
            field.widget = UnfoldAdminPasswordWidget(
                attrs={"autocomplete": "current-password", "autofocus": ""}
            )
            return
        if way == Way.APP:
            field.label = gettext_lazy("Kode autentikator")
            field.help_text = gettext_lazy("Ponsel tidak ada? Tulis satu kode pemulihan, 10 angka.")
        else:
            field.label = gettext_lazy("Kode OTP")
        field.error_messages["required"] = gettext_lazy("Isi kode 6 angka")
        field.widget = UnfoldAdminTextInputWidget(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "maxlength": "16",
                "autofocus": "",
            }
        )


def ask(request: HttpRequest, deed: Any) -> HttpResponse | None:
    """None when the person has confirmed within ``SUDO`` or with this very request; else the page that asks."""
    wants_page = request.method == "POST" and THEN in request.POST
    if is_fresh(request):
        # The answer pressed twice, or given in another tab meanwhile: the page was wanted, nothing was decided on it.
        return _to_page(request) if wants_page else None
    user = cast(User, request.user)
    way, note = _way(request, user), ""
    form = AnswerForm(way)
    if request.method == "POST" and SEND in request.POST:
        note = _send(request, user)
        way = _way(request, user)
        form = AnswerForm(way)
    elif request.method == "POST" and ANSWER in request.POST:
        form = AnswerForm(way, request.POST)
        if form.is_valid():
            try:
                _check(request, user, way, form.cleaned_data[ANSWER])
            except ValidationError as error:
                form.add_error(ANSWER, error)
                _record(request, user, way, deed, passed=False)
            else:
                mark_fresh(request)
                _record(request, user, way, deed, passed=True)
                return _to_page(request) if wants_page else None
    return _page(request, user, deed, form, note)


def _to_page(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(request.get_full_path())


def _way(request: HttpRequest, user: User) -> str:
    attempt = request.session.get(ATTEMPT, "")
    has_app = authenticator.is_asked_of(user)
    if attempt and (not has_app or authenticator.may_use_mail()):
        code = otp.newest_code(user, attempt)
        if code is not None and code.state == code.State.OPEN:
            return Way.MAIL
    return Way.APP if has_app else Way.PASSWORD


def _check(request: HttpRequest, user: User, way: str, typed: str) -> None:
    """Raise ``ValidationError`` unless the answer is right; each answer costs a try."""
    if way == Way.PASSWORD:
        _check_password(user, typed)
        return
    code = re.sub(r"[\s.\-–]", "", typed)
    lengths = (
        (settings.OTP_DIGITS, authenticator.RECOVERY_DIGITS) if way == Way.APP else (settings.OTP_DIGITS,)
    )
    if not re.fullmatch(r"[0-9]+", code) or len(code) not in lengths:
        raise ValidationError(_("Tulis kode %(digits)s angka") % {"digits": settings.OTP_DIGITS})
    if way == Way.APP:
        checked, _device = authenticator.check(user, f"identity-{user.pk}", code)
    else:
        checked = otp.check_code(user, request.session.get(ATTEMPT, ""), code)
    if checked.outcome is otp.Outcome.RIGHT:
        request.session.pop(ATTEMPT, None)
        return
    if checked.outcome is otp.Outcome.WRONG:
        raise ValidationError(_("Kode tidak cocok. Sisa percobaan: %(left)s") % {"left": checked.tries_left})
    if way == Way.MAIL:
        request.session.pop(ATTEMPT, None)
        raise ValidationError(_("Kode itu tidak berlaku lagi. Muat ulang halaman untuk mencoba cara lain"))
    raise ValidationError(_("Terlalu banyak kode yang salah. Coba lagi satu jam lagi"))


def _check_password(user: User, typed: str) -> None:
    key = f"password-check:{user.pk}"
    verdict = throttle.hit(key, limit=settings.LOGIN_FAILS, window=settings.LOGIN_FAILS_WINDOW)
    if not verdict.allowed:
        raise ValidationError(
            _("Terlalu banyak percobaan. Coba lagi pukul %(time)s") % {"time": clock.time_wib(verdict.until)}
        )
    if not user.check_password(typed):
        raise ValidationError(_("Kata sandi tidak cocok. Periksa huruf besar-kecil"))
    throttle.forget(key)


def _send(request: HttpRequest, user: User) -> str:
    """Mail a code where that is allowed; returns what to tell the person."""
    if authenticator.is_asked_of(user) and not authenticator.may_use_mail():
        return ""
    attempt = otp.new_attempt()
    sent = otp.send_code(user, attempt)
    if sent.sending in (otp.Sending.SENT, otp.Sending.QUEUED):
        request.session[ATTEMPT] = attempt
        return _("Kode 6 angka sudah dikirim ke email Anda.")
    until = clock.time_wib(sent.until) if sent.until else ""
    return _("Kode baru dapat diminta lagi pukul %(time)s.") % {"time": until}


def _record(request: HttpRequest, user: User, way: str, deed: Any, *, passed: bool) -> None:
    with override("id"):
        words = str(deed)[:120]
    IdentityCheck.objects.create(
        user=user, way=way, deed=words, passed=passed, address=client_address(request)[:45]
    )
    logger.log(
        logging.INFO if passed else logging.WARNING,
        "identity %s by user %s (%s)",
        "confirmed" if passed else "not confirmed",
        user.pk,
        way,
    )


def _page(request: HttpRequest, user: User, deed: Any, form: AnswerForm, note: str) -> HttpResponse:
    in_dialog = request.headers.get("HX-Request") == "true"
    is_post = request.method == "POST"
    kept = (
        [
            (name, value)
            for name, values in request.POST.lists()
            if not name.startswith(_OWN)
            for value in values
        ]
        if is_post
        else []
    )
    context = {
        **({} if in_dialog else admin.site.each_context(request)),
        "title": _("Konfirmasi identitas"),
        "deed": deed,
        "form": form,
        "note": note,
        "kept": kept,
        "leads_to_page": not is_post or THEN in request.POST,
        "names": {"send": SEND, "then": THEN},
        "may_send": not authenticator.is_asked_of(user) or authenticator.may_use_mail(),
        "minutes": int(settings.SUDO.total_seconds() // 60),
        "username": user.get_username() if form.is_for_password else "",
        "address": request.get_full_path(),
    }
    name = "identity_dialog" if in_dialog else "identity_page"
    # htmx shows only 2xx answers; a browser gets the honest status.
    status = 200 if in_dialog or not is_post or SEND in request.POST else 422 if form.is_bound else 403
    return TemplateResponse(request, f"admin/accounts/{name}.html", context, status=status)
