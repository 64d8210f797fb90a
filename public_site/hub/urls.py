"""Addresses below ``/info/``: one level for the default page, one for each office."""

from django.urls import path

from public_site.hub import views

urlpatterns = [
    path("", views.page, name="hub"),
    path("en/", views.page, {"language": "en"}, name="hub_en"),
    path("qr/", views.qr_page, name="hub_qr"),
    path("kantor/", views.offices, name="hub_offices"),
    path("<slug:office>/", views.page, name="hub_office"),
    path("<slug:office>/en/", views.page, {"language": "en"}, name="hub_office_en"),
    path("<slug:office>/qr/", views.qr_page, name="hub_office_qr"),
    path("<slug:office>/qr.svg", views.qr_svg, name="hub_qr_svg"),
    path("<slug:office>/qr.png", views.qr_png, name="hub_qr_png"),
    path("<slug:office>/poster-<slug:paper>.pdf", views.qr_poster, name="hub_poster"),
    path("<slug:office>/sop/", views.sop, name="hub_sop"),
    path("<slug:office>/panduan/<slug:guide>/", views.guide, name="hub_guide"),
    path("<slug:office>/panduan/<slug:guide>/<str:version>/", views.guide_version, name="hub_guide_version"),
    path("<slug:office>/tekan/<int:link>/", views.press, name="hub_press"),
]
