"""The floor of a page: a Django site with nothing but one view that looks one request up by its number."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def _database() -> dict[str, Any]:
    address = urlsplit(os.environ["DATABASE_URL"])
    if address.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": address.path, "CONN_MAX_AGE": None}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.lstrip("/"),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": address.hostname,
        "PORT": address.port or "",
        "CONN_MAX_AGE": 600,
    }


def track(request: HttpRequest) -> HttpResponse:
    """The stored status of the asked number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status FROM requests_app_datarequest WHERE number = %s", [request.GET.get("no", "")]
        )
        found = cursor.fetchone()
    return HttpResponse(f"<!doctype html><title>Lacak</title><p>{found[0] if found else '–'}</p>")


urlpatterns = [path("lacak/", track)]

if not settings.configured:
    settings.configure(
        DATABASES={"default": _database()},
        ROOT_URLCONF=__name__,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ALLOWED_HOSTS=["127.0.0.1"],
        SECRET_KEY="a floor holds no secret",  # noqa: S106  it signs nothing
        USE_TZ=True,
    )
    django.setup()
application = get_wsgi_application()
