"""Daftar: the registration form, its letter, confirming the address, mending a returned registration."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import links, operations
from accounts.models import Registration
from core import throttle
from core.addresses import client_address
from core.doors import storage
from core.reference.models import Region
from core.rules.models import WorkRules
from public_site import held_files, letter_template
from public_site.forms.registration import RegistrationForm, initial_of
from public_site.forms.sign_in import ForgotForm
from public_site.masking import mask_email
from public_site.views.errors import too_many

#: Session key: the address just registered, for the page that says where the mail went.
REGISTERED = "registered_address"
#: Session key: whether what was sent last is a correction, so that nothing is left to confirm.
CORRECTED = "registration_corrected"
LETTER = "registration_letter"
#: A field people do not see; what fills it in is a program.
HONEYPOT = "situs_web"
_REGISTRATIONS_PER_HOUR = 10
_HOUR = timedelta(hours=1)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Daftar User Pemohon."""
    if request.method != "POST":
        return _form_page(request, RegistrationForm(has_letter=_kept(request) is not None))
    if request.POST.get(HONEYPOT):
        request.session[REGISTERED] = "a@contoh.go.id"
        return redirect("public_site:register_done")
    if refused := _too_many_uploads(request):
        return refused
    if "_muat" in request.POST:
        return _form_page(request, _reloaded(request))
    form = RegistrationForm(request.POST, request.FILES, has_letter=_kept(request) is not None)
    if not form.is_valid():
        _keep(request, form)
        return _form_page(request, form, status=422)
    verdict = throttle.hit(
        f"register:a:{client_address(request)}", limit=_REGISTRATIONS_PER_HOUR, window=_HOUR
    )
    if not verdict.allowed:
        return too_many(request, verdict.until)
    letter = _letter(request, form)
    if letter is None:
        form.add_error("letter", _("Unggah Dokumen Tambahan"))
        return _form_page(request, form, status=422)
    with letter:
        operations.register(form.registration_data(), letter)
    held_files.drop(request, LETTER)
    request.session[REGISTERED] = form.cleaned_data["email"]
    request.session.pop(CORRECTED, None)
    return redirect("public_site:register_done")


@require_safe
def register_done(request: HttpRequest) -> HttpResponse:
    """Sukses: the same for every address."""
    address = request.session.get(REGISTERED)
    if not address:
        return redirect("public_site:register")
    context = {
        "nav": "register",
        "address": mask_email(address),
        "days": WorkRules.current().registration_working_days,
        "is_correction": CORRECTED in request.session,
    }
    return render(request, "public_site/registration/done.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def register_resend(request: HttpRequest) -> HttpResponse:
    """Send the confirmation again: to the address just registered, or to one that is typed in."""
    known = request.session.get(REGISTERED)
    from_done = "email" not in request.POST
    if request.method == "POST" and known and from_done:
        operations.resend_confirmation(known)
        messages.info(request, _("Jika alamat itu menunggu konfirmasi, email sudah dikirim ulang."))
        return redirect("public_site:register_done")
    form = ForgotForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        verdict = throttle.hit(
            f"resend:a:{client_address(request)}", limit=_REGISTRATIONS_PER_HOUR, window=_HOUR
        )
        if not verdict.allowed:
            return too_many(request, verdict.until)
        operations.resend_confirmation(form.cleaned_data["email"])
        messages.info(request, _("Jika alamat itu menunggu konfirmasi, email sudah dikirim ulang."))
        return redirect("public_site:register_resend")
    context = {"form": form, "nav": "register"}
    status = 422 if form.is_bound else 200
    return render(request, "public_site/registration/resend.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def register_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the mailbox with a button: programs that open every link of a mail confirm nothing."""
    registration = links.confirmed_registration(token)
    if registration is None:
        return render(request, "public_site/registration/bad_link.html", {"nav": "register"}, status=410)
    if request.method == "POST":
        registration = operations.confirm_email(registration.pk)
    context = {
        "nav": "register",
        "address": mask_email(registration.email),
        "confirmed": registration.email_confirmed_at is not None,
        "days": WorkRules.current().registration_working_days,
    }
    return render(request, "public_site/registration/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def register_correct(request: HttpRequest, token: str) -> HttpResponse:
    """The pre-filled form of a returned registration, with the officer's note on top."""
    registration = links.correctable_registration(token)
    if registration is None:
        return render(request, "public_site/registration/bad_link.html", {"nav": "register"}, status=410)
    if request.method != "POST":
        form = RegistrationForm(initial=initial_of(registration), has_letter=True)
        return _form_page(request, _own_address(form, registration), registration=registration)
    if refused := _too_many_uploads(request):
        return refused
    if "_muat" in request.POST:
        return _form_page(
            request,
            _own_address(_reloaded(request, has_letter=True), registration),
            registration=registration,
        )
    form = RegistrationForm(request.POST, request.FILES, initial=initial_of(registration), has_letter=True)
    _own_address(form, registration)
    if not form.is_valid():
        _keep(request, form)
        return _form_page(request, form, status=422, registration=registration)
    letter = _letter(request, form)
    try:
        operations.resubmit_registration(registration.pk, form.registration_data(), letter)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return _form_page(request, form, status=409, registration=registration)
    finally:
        if letter is not None:
            letter.close()
    held_files.drop(request, LETTER)
    request.session[REGISTERED] = registration.email
    request.session[CORRECTED] = True
    return redirect("public_site:register_done")


@require_safe
def held_letter(request: HttpRequest) -> HttpResponseBase:
    """Lihat Dokumen: the letter kept from the last try, for this browser only."""
    kept = _kept(request)
    if kept is None:
        raise Http404
    return storage.send_file(kept.open(), name=kept.name, content_type=storage.PDF)


@require_safe
def register_template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Unduh Template Dokumen: the letter as .docx or .pdf."""
    if kind == "docx":
        data, content_type = letter_template.letter_docx(), DOCX
    elif kind == "pdf":
        data, content_type = letter_template.letter_pdf(), storage.PDF
    else:
        raise Http404
    name = f"templat-surat-permohonan-akses.{kind}"
    return storage.send_file(ContentFile(data, name=name), name=name, content_type=content_type)


@require_safe
def region_options(request: HttpRequest) -> JsonResponse:
    """The regions directly under ``?induk=`` for dependent selects: code and name."""
    code = request.GET.get("induk", "")[:13].replace("\x00", "")
    items = [[region.code, region.short_name] for region in Region.objects.children_of(code)] if code else []
    response = JsonResponse({"items": items})
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _form_page(request: HttpRequest, form: RegistrationForm, status: int = 200, **extra: Any) -> HttpResponse:
    context = {"form": form, "nav": "register", "kept": _kept(request), "honeypot": HONEYPOT, **extra}
    return render(request, "public_site/registration/form.html", context, status=status)


def _reloaded(request: HttpRequest, *, has_letter: bool = False) -> RegistrationForm:
    """The form with what was typed and the next choices, without judging it (pages without JavaScript)."""
    probe = RegistrationForm(request.POST, request.FILES)
    _keep(request, probe)
    return RegistrationForm(
        initial={name: request.POST.get(name, "") for name in probe.fields if name != "letter"},
        has_letter=has_letter or _kept(request) is not None,
    )


def _own_address(form: RegistrationForm, registration: Registration) -> RegistrationForm:
    # The mailbox is what was confirmed: another one is another registration.
    form.fields["email"].disabled = True
    form.initial["email"] = registration.email
    return form


def _kept(request: HttpRequest) -> held_files.HeldFile | None:
    return held_files.held(request, LETTER)


def _keep(request: HttpRequest, form: RegistrationForm) -> None:
    """Spare the person a second upload when only other fields were wrong."""
    form.is_valid()
    letter = form.cleaned_data.get("letter")
    if letter is not None and "letter" not in form.errors:
        held_files.hold(request, LETTER, letter)
        form.fields["letter"].required = False


def _letter(request: HttpRequest, form: RegistrationForm) -> File | None:
    if form.cleaned_data.get("letter") is not None:
        return form.cleaned_data["letter"]
    kept = _kept(request)
    return kept.open() if kept is not None else None


def _too_many_uploads(request: HttpRequest) -> HttpResponse | None:
    if not request.FILES:
        return None
    verdict = throttle.hit(
        f"upload:a:{client_address(request)}", limit=settings.UPLOADS_PER_HOUR, window=_HOUR
    )
    return None if verdict.allowed else too_many(request, verdict.until)
