"""The officer's own page about the authenticator app: setting it up, its recovery codes, taking it off."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django_otp import login as otp_login
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts import authenticator, identity, otp
from accounts.models import User
from admin_theme.weighty import weighty
from core.doors import clock

NAME = "accounts_user_authenticator"
TEMPLATE = "admin/accounts/authenticator.html"


class FirstCodeForm(forms.Form):
    """The first code of a new secret: shows that the app and this server agree."""

    code = forms.CharField(
        label=gettext_lazy("Kode 6 angka dari aplikasi"),
        max_length=16,
        error_messages={"required": gettext_lazy("Isi kode 6 angka dari aplikasi autentikator")},
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": ""}
        ),
    )

    def clean_code(self) -> str:
        """Digits only."""
        code = "".join(character for character in self.cleaned_data["code"] if character.isalnum())
        if not code.isascii() or not code.isdecimal() or len(code) != 6:
            raise ValidationError(_("Tulis kode %(digits)s angka") % {"digits": 6})
        return code


class AuthenticatorPages(ModelAdmin):
    """Adds the page to the admin of users; every officer has it, only about the own account."""

    def get_urls(self) -> list[Any]:
        """With the page, before Django's pages of single users."""
        view = self.admin_site.admin_view(self.authenticator_view)
        return [path("autentikator/", view, name=NAME), *super().get_urls()]

    def authenticator_view(self, request: HttpRequest) -> HttpResponse:
        """GET shows where things stand; POST ``do``: start, confirm, codes, remove."""
        if request.method in ("GET", "HEAD"):
            return self._show(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "POST"])
        deed = {"start": self._start, "confirm": self._confirm, "codes": self._codes, "remove": self._remove}
        chosen = deed.get(request.POST.get("do", ""))
        if chosen is None:
            raise Http404
        try:
            return cast(HttpResponse, chosen(request))
        except ValidationError as error:
            for message in error.messages:
                messages.error(request, message)
            return self._back()

    @weighty(gettext_lazy("Memasang aplikasi autentikator"))
    def _start(self, request: HttpRequest) -> HttpResponse:
        authenticator.begin(_user(request))
        return self._back()

    @sensitive_variables("codes")
    @weighty(gettext_lazy("Memasang aplikasi autentikator"))
    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Take the secret into use; this session counts as confirmed by it from now on."""
        form = FirstCodeForm(request.POST, label_suffix="")
        if form.is_valid():
            try:
                device, codes = authenticator.confirm(
                    _user(request), form.cleaned_data["code"], keep_session=request.session.session_key
                )
            except ValidationError as error:
                if getattr(error, "code", "") == "gone":
                    raise
                form.add_error("code", error)
            else:
                otp_login(request, device)
                return self._show(request, codes=codes, is_new=True)
        return self._show(request, form=form, status=422)

    @sensitive_variables("codes")
    @weighty(gettext_lazy("Membuat kode pemulihan baru"))
    def _codes(self, request: HttpRequest) -> HttpResponse:
        codes = authenticator.renew_codes(_user(request))
        return self._show(request, codes=codes)

    @weighty(gettext_lazy("Melepas aplikasi autentikator"))
    def _remove(self, request: HttpRequest) -> HttpResponse:
        """The session goes on as one that a mailed code has opened."""
        user = _user(request)
        authenticator.remove(user, keep_session=request.session.session_key)
        otp_login(request, otp.device_of(user))
        messages.success(
            request, _("Aplikasi autentikator dilepas. Kode dikirim lewat email saat Anda masuk.")
        )
        return self._back()

    def _back(self) -> HttpResponse:
        return redirect(reverse(f"{self.admin_site.name}:{NAME}"))

    def _show(
        self,
        request: HttpRequest,
        *,
        form: FirstCodeForm | None = None,
        codes: list[str] | None = None,
        is_new: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        user = _user(request)
        device = authenticator.device_of(user) if authenticator.is_offered_to(user) else None
        # A secret left waiting would make whoever has the session its owner: it is shown to a confirmed person only.
        waiting = authenticator.waiting_device(user) if not device and identity.is_fresh(request) else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Aplikasi autentikator"),
            "policy": authenticator.policy().value,
            "device": device,
            "since": clock.long_date(device.created_at) if device and device.created_at else "",
            "left": authenticator.recovery_codes_left(user) if device else 0,
            "waiting": waiting,
            "key": authenticator.key_text(waiting) if waiting else "",
            "qr": authenticator.qr_image(waiting) if waiting else "",
            "form": form or FirstCodeForm(label_suffix=""),
            "codes": codes,
            "is_new": is_new,
            "username": user.get_username(),
        }
        return TemplateResponse(request, TEMPLATE, context, status=status)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
