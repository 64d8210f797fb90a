"""Pages of a signed-in person about their own account: password, devices, keeping the session."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import i18n
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import operations, sessions
from accounts.models import User
from public_site.forms.sign_in import NewPasswordForm
from public_site.views.sign_in import requests_url


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request: HttpRequest) -> HttpResponse:
    """Ganti kata sandi; after a temporary password: Buat kata sandi baru, without asking for it again."""
    user = cast(User, request.user)
    must_change = user.must_change_password
    form = NewPasswordForm(
        request.POST if request.method == "POST" else None, user=user, ask_current=not must_change
    )
    if form.is_bound and form.is_valid():
        key = request.session.session_key
        changed = operations.change_password(user.pk, form.cleaned_data["password"], keep_session=key)
        update_session_auth_hash(request, changed)
        request.session.save()
        sessions.renew_key(request, key)
        messages.success(request, _("Kata sandi berhasil diganti. Semua perangkat lain sudah dikeluarkan."))
        return redirect(reverse("admin:index") if user.is_staff else requests_url())
    return render(
        request,
        "public_site/account/password.html",
        {"form": form, "must_change": must_change},
        status=422 if form.is_bound else 200,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def devices(request: HttpRequest) -> HttpResponse:
    """Perangkat yang masuk: the account's sessions; ``end=<id>`` or ``end=others`` ends them."""
    user = cast(User, request.user)
    current = request.session.session_key
    if request.method == "POST":
        wanted = request.POST.get("end", "")
        if wanted == "others":
            count = sessions.end_all(user, keep=current)
        elif wanted.isdecimal() and len(wanted) < 19:
            count = sessions.end_one(user, int(wanted))
            if not count:
                raise Http404
        else:
            raise Http404
        text = ngettext("%(count)s perangkat dikeluarkan.", "%(count)s perangkat dikeluarkan.", count)
        messages.success(request, text % {"count": count})
        return redirect("public_site:devices")
    context = {"devices": user.signed_in_devices.all(), "current": current}
    return render(request, "public_site/account/devices.html", context)


@login_required
@require_safe
def session_extend(request: HttpRequest) -> HttpResponse:
    """Answer "Tetap masuk": asking for it is activity; the answer says how many seconds are left."""
    return JsonResponse({"seconds": sessions.idle_seconds(request)})


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's choice of language by cookie; whoever is signed in reads mails in it from now on."""
    response: HttpResponseBase = i18n.set_language(request)
    language = request.POST.get("language", "")
    if request.method == "POST" and request.user.is_authenticated and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return response
