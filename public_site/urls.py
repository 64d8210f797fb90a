"""Addresses of the public site."""

from django.urls import URLPattern, URLResolver, path

from public_site.views import pages, verification

app_name = "public_site"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("informasi/", pages.information, name="information"),
    path("informasi/panduan/<slug:slug>/", pages.guide_download, name="guide_download"),
    path("hubungi-kami/", pages.contact, name="contact"),
    path("halaman/<slug:slug>/", pages.page, name="page"),
    path("info/", pages.hub, name="hub"),
    path("verifikasi/", verification.verify_home, name="verify_home"),
    path("verifikasi/<str:token>/", verification.verify, name="verify"),
]
