"""The one door for everybody: password, then the second factor; signing out; a forgotten password."""

from datetime import timedelta
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.encoding import force_str
from django.utils.http import urlencode, urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.plugins.otp_static.models import StaticDevice
from two_factor.views import LoginView

from accounts import authenticator, operations, otp, sessions
from accounts.models import User
from core import throttle
from core.addresses import client_address
from core.doors import clock, mail
from public_site.forms.sign_in import (
    AuthenticatorForm,
    CodeForm,
    ForgotForm,
    NewPasswordForm,
    SignInForm,
    void_text,
)
from public_site.masking import mask_email
from public_site.views.errors import too_many

#: Survives the wizard's reset, so that signing in again in the same browser keeps its code.
ATTEMPT = "sign_in_attempt"
#: In the attempt: the officer has no phone at hand and wants a mailed code.
BY_MAIL = "by_mail"
RESET_TOKEN = "reset_token"  # noqa: S105  # the name of a session key
_RESET_PLACE = "baru"
_HOUR = timedelta(hours=1)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignInView(LoginView):
    """two_factor's wizard with our forms and a code step nobody can skip.

    ``/masuk/`` shows the password step, ``/masuk/otp/`` (``code_page=True``) the code step.
    """

    form_list = (
        (LoginView.AUTH_STEP, SignInForm),
        (LoginView.TOKEN_STEP, CodeForm),
    )
    code_page = False
    template_names: ClassVar[dict[str, str]] = {
        LoginView.AUTH_STEP: "public_site/sign_in/password.html",
        LoginView.TOKEN_STEP: "public_site/sign_in/code.html",
    }

    def has_token_step(self) -> bool:
        """Always, once the password was right: no device, cookie or setting makes it optional."""
        return bool(self.get_user())

    # Upstream's dictionary holds upstream's function: without this line the override above is never called.
    condition_dict = {LoginView.TOKEN_STEP: has_token_step}
    #: Whether this person was found to have an authenticator app, for the length of a request.
    _app_of: tuple[Any, bool] | None = None
    #: Upstream looks for cookies of trusted devices here; there are none.
    remember_agent = False

    def get_prefix(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        """Both pages share one wizard."""
        return "sign_in"

    def get_template_names(self) -> list[str]:
        """The page of the current step."""
        if self.steps.current == self.TOKEN_STEP and self._asks_app():
            return ["public_site/sign_in/authenticator.html"]
        return [self.template_names[self.steps.current]]

    def get_form_list(self) -> Any:
        """The wizard's forms; whoever has an authenticator app is asked for its code."""
        forms = super().get_form_list()
        if self.TOKEN_STEP in forms and self._asks_app():
            forms[self.TOKEN_STEP] = AuthenticatorForm
        return forms

    def get_form_kwargs(self, step: str | None = None) -> dict[str, Any]:
        """What the forms need to judge."""
        if step == self.TOKEN_STEP:
            return {"user": self.get_user(), "attempt": self._attempt()}
        return {"request": self.request}

    def get_form(self, step: str | None = None, **kwargs: Any) -> Any:
        """Our forms as listed; upstream would swap in the form of a device."""
        return super(LoginView, self).get_form(step=step, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The password page, or the code page of a begun sign-in."""
        user = request.user
        if user.is_authenticated:
            return redirect(self._target(user))
        if not self.code_page:
            return super().get(request, *args, **kwargs)
        if not self.get_user() or self.expired:
            return self._redirect("public_site:sign_in")
        self.storage.current_step = self.TOKEN_STEP
        return self.render(self.get_form(self.TOKEN_STEP))

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """One step of the wizard; a void code begins again from the password."""
        response = super().post(*args, **kwargs)
        form = getattr(self, "_shown_form", None)
        if isinstance(form, CodeForm) and form.is_void:
            self.storage.reset()
            self.request.session.pop(ATTEMPT, None)
            messages.error(self.request, void_text())
            return self._redirect("public_site:sign_in")
        return response

    def process_step(self, form: Any) -> Any:
        """After the right password: a new session key, and the attempt the code will be bound to."""
        if self.steps.current == self.AUTH_STEP:
            result = super().process_step(form)
            user: User = form.user_cache
            self.request.session.cycle_key()
            known = self.request.session.get(ATTEMPT) or {}
            if known.get("user") != user.pk:
                self.request.session[ATTEMPT] = {"user": user.pk, "name": otp.new_attempt()}
            self.storage.data["remember"] = bool(form.cleaned_data.get("remember"))
            return result
        super().process_step(form)
        return None  # the typed code is not kept in the session

    def render_next_step(self, form: Any, **kwargs: Any) -> HttpResponse:
        """Send the code unless the person's app makes it, then show the code page under its own address."""
        self.storage.current_step = self.TOKEN_STEP
        user = self.get_user()
        if self._asks_app():
            until = otp.locked_until(user)
            sent = tell(self.request, otp.Sent(otp.Sending.LOCKED, until)) if until else None
        else:
            sent = send(self.request, user, self._attempt())
        if sent is not None and sent.sending is otp.Sending.LOCKED:
            self.storage.reset()
            return self._redirect("public_site:sign_in")
        return self._redirect("public_site:sign_in_code")

    def render_goto_step(self, goto_step: str, **kwargs: Any) -> HttpResponse:
        """Going to a step means going to its page."""
        if self.show_timeout_error:
            messages.info(self.request, _("Waktu untuk masuk sudah habis. Silakan masuk kembali dari awal"))
        self.storage.current_step = goto_step
        is_code = goto_step == self.TOKEN_STEP and bool(self.get_user())
        return self._redirect("public_site:sign_in_code" if is_code else "public_site:sign_in")

    def render(self, form: Any = None, **kwargs: Any) -> HttpResponse:
        """The page of the step; upstream would send a code with every drawing."""
        form = form or self.get_form()
        self._shown_form = form
        context = self.get_context_data(form=form, **kwargs)
        response = self.render_to_response(context)
        if form.is_bound and not form.is_valid():
            response.status_code = getattr(form, "status", 422)
        return cast(HttpResponse, response)

    def get_context_data(self, form: Any, **kwargs: Any) -> dict[str, Any]:
        """What both pages show."""
        context = super(LoginView, self).get_context_data(form=form, **kwargs)
        context.update(nav="sign_in", next=self.get_redirect_url())
        if self.steps.current == self.TOKEN_STEP:
            user = self.get_user()
            code = otp.newest_code(user, self._attempt())
            has_app = authenticator.is_asked_of(user)
            context.update(
                has_app=has_app,
                may_use_mail=has_app and authenticator.may_use_mail(),
                address=mask_email(user.email),
                code_until=clock.time_wib(code.expires_at) if code else "",
                minutes=int(settings.OTP_TTL.total_seconds() // 60),
            )
        else:
            context["is_unsaved"] = sessions.UNSAVED in self.request.GET
            context["ended"] = self.request.session.pop(sessions.ENDED, "")
            context["idle_minutes"] = int(settings.SESSION_IDLE.total_seconds() // 60)
        return cast(dict[str, Any], context)

    def done(self, form_list: Any, **kwargs: Any) -> HttpResponse:
        """Sign in, but only with a code that was right in this very request."""
        user = self.get_user()
        if not user or getattr(user, "otp_device", None) is None:
            self.storage.reset()
            return self._redirect("public_site:sign_in")
        remember = bool(self.storage.data.get("remember"))
        is_known = sessions.is_known_device(self.request, user)
        is_first = user.last_login is None
        super().done(form_list, **kwargs)
        self.request.session.pop(ATTEMPT, None)
        sessions.begin(self.request, remember=remember)
        if not is_known and not is_first:
            device = user.signed_in_devices.filter(session_key=self.request.session.session_key).first()
            if device is not None:
                mail.post("accounts.new_device", device.pk)
        if isinstance(user.otp_device, StaticDevice):
            left = authenticator.recovery_codes_left(user)
            messages.warning(
                self.request,
                _(
                    "Anda masuk dengan kode pemulihan; sisa %(left)s kode. Ponsel hilang? Pasang yang baru di menu "
                    "akun, Aplikasi autentikator."
                )
                % {"left": left},
            )
        response = redirect(self._target(user))
        sessions.remember_device(self.request, response, user)
        return response

    def get_redirect_url(self) -> str:
        """The wished-for page, an address on this site only: Django would take any other word for a view's name."""
        wanted = str(super().get_redirect_url())
        return wanted if wanted.startswith("/") else ""

    def _asks_app(self) -> bool:
        """Whether the code page asks for the authenticator's code; one query a request."""
        user = self.get_user()
        if not user:
            return False
        if self._app_of is None or self._app_of[0] != user.pk:
            self._app_of = (user.pk, authenticator.is_asked_of(user))
        known = self.request.session.get(ATTEMPT) or {}
        return self._app_of[1] and not (known.get(BY_MAIL) and authenticator.may_use_mail())

    def _attempt(self) -> str:
        known = self.request.session.get(ATTEMPT) or {}
        return str(known.get("name", "")) if known.get("user") == getattr(self.get_user(), "pk", None) else ""

    def _target(self, user: User) -> str:
        """Where the person wanted to go, else the console for officers and the requests for applicants."""
        if user.must_change_password:
            return reverse("public_site:password_change")
        wanted = self.get_redirect_url()
        if wanted and (user.is_staff or not wanted.startswith("/admin")):
            return str(wanted)
        return reverse("admin:index") if user.is_staff else requests_url()

    def _redirect(self, name: str) -> HttpResponse:
        wanted = self.get_redirect_url()
        return redirect(reverse(name) + (f"?{urlencode({'next': wanted})}" if wanted else ""))


def requests_url() -> str:
    """Where an applicant lands after signing in."""
    return reverse(settings.LOGIN_REDIRECT_URL)


def send(request: HttpRequest, user: User, attempt: str) -> otp.Sent:
    """Send a code and tell the person what became of it."""
    return tell(request, otp.send_code(user, attempt))


def tell(request: HttpRequest, result: otp.Sent) -> otp.Sent:
    """Say what became of the wish for a code; returns ``result``."""
    if result.sending is otp.Sending.QUEUED:
        messages.warning(
            request,
            _(
                "Kode belum dapat dikirim. Kami mencoba lagi otomatis; bila 5 menit belum masuk, "
                "hubungi kami lewat WhatsApp pada halaman Hubungi Kami"
            ),
        )
    elif result.sending is otp.Sending.WAIT and result.until is not None:
        seconds = max(1, round((result.until - timezone.now()).total_seconds()))
        messages.info(request, _("Kode baru dapat dikirim %(seconds)s detik lagi") % {"seconds": seconds})
    elif result.sending is otp.Sending.SPENT and result.until is not None:
        messages.warning(
            request,
            _("Kode sudah dikirim %(count)s kali. Kode baru dapat diminta lagi pukul %(time)s")
            % {"count": settings.OTP_SENDS_PER_HOUR, "time": clock.time_wib(result.until)},
        )
    elif result.sending is otp.Sending.LOCKED and result.until is not None:
        messages.error(
            request,
            _("Terlalu banyak kode OTP yang salah. Coba lagi pukul %(time)s")
            % {"time": clock.time_wib(result.until)},
        )
    return result


class ResendCodeView(SignInView):
    """A further code for the sign-in begun in this browser; or the other way of getting one."""

    http_method_names = ["post"]

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send it when the waiting time is over, else say how long to wait."""
        user = self.get_user()
        if not user or self.expired:
            return self._redirect("public_site:sign_in")
        self.storage.current_step = self.TOKEN_STEP
        known = self.request.session.get(ATTEMPT) or {}
        if self.request.POST.get("way") == "app":
            self.request.session[ATTEMPT] = {**known, BY_MAIL: False}
            return self._redirect("public_site:sign_in_code")
        if self._asks_app():
            if not authenticator.may_use_mail():
                return self._redirect("public_site:sign_in_code")
            self.request.session[ATTEMPT] = {**known, BY_MAIL: True}
        result = send(self.request, user, self._attempt())
        if result.sending is otp.Sending.SENT:
            messages.success(self.request, _("Kode baru sudah dikirim"))
        return self._redirect("public_site:sign_in_code")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on the server and let the browser forget its pages."""
    sessions.forget(request.session.session_key)
    logout(request)
    messages.success(request, _("Anda sudah keluar."))
    response = redirect("public_site:home")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a reset link; the answer is the same whether the address is known or not."""
    form = ForgotForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        verdict = throttle.hit(
            f"forgot:a:{client_address(request)}", limit=settings.LOGIN_FAILS_PER_ADDRESS, window=_HOUR
        )
        if not verdict.allowed:
            return too_many(request, verdict.until)
        operations.request_password_reset(form.cleaned_data["email"])
        return redirect("public_site:forgot_done")
    return render(
        request,
        "public_site/sign_in/forgot.html",
        {"form": form, "nav": "sign_in"},
        status=422 if form.is_bound else 200,
    )


def forgot_done(request: HttpRequest) -> HttpResponse:
    """The same words for every address."""
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    return render(request, "public_site/sign_in/forgot_done.html", {"nav": "sign_in", "minutes": minutes})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset_confirm(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Choose a new password with the mailed link; signing in with a code still follows.

    The token moves from the address into the session at once: out of histories and referrers.
    """
    user = _user_of(uid)
    if token != _RESET_PLACE:
        if user is None or not default_token_generator.check_token(user, token):
            return render(request, "public_site/sign_in/reset_bad.html", {"nav": "sign_in"}, status=410)
        request.session[RESET_TOKEN] = token
        return redirect("public_site:reset_confirm", uid, _RESET_PLACE)
    kept = request.session.get(RESET_TOKEN, "")
    if user is None or not default_token_generator.check_token(user, kept):
        return render(request, "public_site/sign_in/reset_bad.html", {"nav": "sign_in"}, status=410)
    form = NewPasswordForm(request.POST if request.method == "POST" else None, user=user, ask_current=False)
    if form.is_bound and form.is_valid():
        operations.change_password(user.pk, form.cleaned_data["password"])
        request.session.pop(RESET_TOKEN, None)
        messages.success(
            request,
            _("Kata sandi berhasil diganti. Semua perangkat lain sudah dikeluarkan. Silakan masuk."),
        )
        return redirect("public_site:sign_in")
    return render(
        request,
        "public_site/sign_in/new_password.html",
        {"form": form, "nav": "sign_in", "username": user.username},
        status=422 if form.is_bound else 200,
    )


def _user_of(uid: str) -> User | None:
    try:
        return User.objects.filter(pk=int(force_str(urlsafe_base64_decode(uid))), is_active=True).first()
    except (ValueError, OverflowError):
        return None
