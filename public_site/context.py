"""What every public page knows without being told: whose site it is, whom to ask, whether it is a demo."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.sessions import idle_seconds
from core.doors import clock
from core.reference.models import Letterhead
from public_site.kept import page_version
from public_site.models import Page, SiteContact


def site(request: HttpRequest) -> dict[str, Any]:
    """Names, contact and switches for ``base.html``; the database is asked only for what is drawn."""
    user = getattr(request, "user", None)
    return {
        "letterhead": SimpleLazyObject(lambda: Letterhead.on(clock.today())),
        "contact": SimpleLazyObject(SiteContact.current),
        "footer_pages": SimpleLazyObject(lambda: list(Page.objects.published().filter(in_footer=True))),
        "page_version": SimpleLazyObject(lambda: page_version(request)),
        "demo": settings.DEMO,
        "session_idle_seconds": idle_seconds(request) if user and user.is_authenticated else 0,
    }
