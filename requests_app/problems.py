"""What requests report to administrators, and what an officer still has on the desk."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core.doors import clock
from core.problems import STUCK, Problem
from requests_app import four_eyes, retention, uploads
from requests_app.models import DataRequest, ResultDocument, Status
from requests_app.models.request import OPEN_STATES

MOST_NAMED = 10
#: Administrators keep the system running without seeing whose data is asked for.
SEE = "requests_app.view_datarequest"


def problems() -> Iterator[Problem]:
    """Documents not made, checks that hang, applicants shut out, late requests, a guard missing in the database."""
    if four_eyes.missing(connection):
        yield Problem(
            _("Penjaga empat mata tidak lengkap di basis data"),
            _("Jalankan manage.py migrate di server dengan pemilik tabel."),
        )
    stuck = ResultDocument.objects.filter(
        Q(request__status=Status.ISSUING) | Q(part__isnull=False),
        Q(numbered_at__lt=clock.now() - STUCK) | ~Q(failure=""),
        state=ResultDocument.State.PREPARING,
    ).select_related("request")
    for document in stuck[:MOST_NAMED]:
        yield Problem(
            _("Dokumen jawaban permohonan %(number)s belum berhasil dibuat")
            % {"number": document.request.number}
            + (f": {document.failure}" if document.failure else ""),
            _advice(document),
            reverse("admin:requests_app_datarequest_change", args=[document.request_id]),
            SEE,
        )
    hanging = uploads.stuck().count()
    if hanging:
        text = ngettext(
            "%(number)d pemeriksaan Excel terhenti", "%(number)d pemeriksaan Excel terhenti", hanging
        )
        yield Problem(text % {"number": hanging}, _("Periksa apakah layanan pekerja (qcluster) berjalan."))
    left = DataRequest.objects.open().filter(requester__is_active=False)
    for request in left.order_by("submitted_at")[:MOST_NAMED]:
        yield Problem(
            _("Akun pemohon permohonan %(number)s sudah dinonaktifkan") % {"number": request.number},
            _("Petugas dapat menekan Ganti pemohon pada permohonan."),
            reverse("admin:requests_app_datarequest_change", args=[request.pk]),
            SEE,
        )
    yield from _undestroyed()
    late = DataRequest.objects.overdue().count()
    if late:
        text = ngettext(
            "%(number)d permohonan melewati batas waktu", "%(number)d permohonan melewati batas waktu", late
        )
        yield Problem(
            text % {"number": late},
            _("Minta pimpinan membagi pekerjaannya."),
            reverse("admin:requests_app_datarequest_changelist") + "?terlambat=ya",
            SEE,
        )


def _advice(document: ResultDocument) -> str:
    if document.is_halted:
        return _("Perbaiki sebabnya; lalu penyetuju menekan Buat ulang dokumen pada permohonan.")
    if document.failure:
        return _("Dicoba lagi setiap beberapa menit sampai layanannya menjawab.")
    return _("Penyetuju dapat menekan Buat ulang dokumen pada permohonan.")


def _undestroyed() -> Iterator[Problem]:
    """Two nights have passed and something is still there: the job does not run, or fails."""
    left = sum(found.count() for found in retention.due(clock.now() - timedelta(days=2)).values())
    if left:
        text = ngettext(
            "%(number)d data melewati masa simpannya dan belum dimusnahkan",
            "%(number)d data melewati masa simpannya dan belum dimusnahkan",
            left,
        )
        yield Problem(
            text % {"number": left},
            _("Periksa jadwal pemusnahan, pekerjaan gagal, dan hak basis data (README)."),
            reverse("admin:requests_app_destructioncertificate_preview"),
            "requests_app.view_destructioncertificate",
        )


def open_work(user: User) -> list[tuple[str, str]]:
    """Open requests in this officer's name, with the page that hands them over; empty when there is none."""
    number = DataRequest.objects.filter(assignee=user, status__in=OPEN_STATES).count()
    if not number:
        return []
    text = ngettext(
        "%(number)d permohonan terbuka masih dipegang petugas ini.",
        "%(number)d permohonan terbuka masih dipegang petugas ini.",
        number,
    )
    page = reverse("admin:requests_app_datarequest_hand_over", args=[user.pk])
    return [(text % {"number": number}, page)]
