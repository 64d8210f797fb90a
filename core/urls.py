"""Addresses of the whole site; names only, the views belong to the apps."""

from django.contrib import admin
from django.urls import include, path

from core import health

urlpatterns = [
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("admin/", admin.site.urls),
    path("bahasa/", include("public_site.language_urls")),
    path("", include("public_site.urls")),
]

handler400 = "public_site.views.errors.bad_request"
handler403 = "public_site.views.errors.permission_denied"
handler404 = "public_site.views.errors.not_found"
handler500 = "public_site.views.errors.server_error"
