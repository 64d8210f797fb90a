"""The officer console's admin site: who may enter, and where everybody else is sent."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from admin_theme import lists


class OfficerAdminSite(UnfoldAdminSite):
    """Admin for active staff who entered a one-time code; for signed-in applicants it does not exist.

    There is one door: the public sign-in page (``settings.LOGIN_URL``) and the public password page.
    """

    site_title = _("Layanan Data Keimigrasian")
    site_header = _("Layanan Data Keimigrasian")
    index_title = _("Antrean")
    enable_nav_sidebar = True
    empty_value_display = "–"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person is active staff whose session is verified by a one-time code."""
        user = request.user
        is_verified: Callable[[], bool] | None = getattr(user, "is_verified", None)
        return bool(user.is_active and user.is_staff and is_verified is not None and is_verified())

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Django's guard, with 404 for people who are signed in but are no officers."""
        guarded = super().admin_view(view, cacheable)

        def hide_from_applicants(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            _refuse_applicant(request)
            return guarded(request, *args, **kwargs)

        return update_wrapper(hide_from_applicants, guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send people to the public sign-in page and back; verified officers go straight to their page."""
        _refuse_applicant(request)
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(
            target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            target = reverse("admin:index", current_app=self.name)
        if self.has_permission(request):
            return HttpResponseRedirect(target)
        return redirect_to_login(target, login_url=resolve_url(settings.LOGIN_URL))

    def get_urls(self) -> list[Any]:
        """With the page where an officer chooses the columns of a list."""

        def columns(request: HttpRequest, app_label: str, model_name: str) -> HttpResponse:
            return lists.settings_view(self, request, app_label, model_name)

        own = path(
            "daftar/<slug:app_label>/<slug:model_name>/", self.admin_view(columns), name="list_settings"
        )
        factor = path("autentikator/", self.admin_view(self.authenticator), name="authenticator")
        return [own, factor, *super().get_urls()]

    def authenticator(self, request: HttpRequest) -> HttpResponse:
        """The account menu leads here; the page of the authenticator app belongs to the accounts."""
        return redirect(settings.AUTHENTICATOR_URL)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Unfold's search of the menu; a senseless page number is a page that does not exist."""
        try:
            return super().search(request, extra_context)
        except (InvalidPage, ValueError) as error:
            raise Http404 from error

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Hand the POST and its CSRF token to the public sign-out, which tidies the list of devices too."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return HttpResponseRedirect(resolve_url(settings.SIGN_OUT_URL), preserve_request=True)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The public page changes passwords, with its own rules and throttle."""
        return redirect(settings.PASSWORD_CHANGE_URL)

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nothing of its own: see :meth:`password_change`."""
        return redirect(settings.PASSWORD_CHANGE_URL)


def _refuse_applicant(request: HttpRequest) -> None:
    """Raise ``Http404`` for a signed-in person who is no officer: they must not learn the console exists."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise Http404
