"""What needs an administrator's eye today: gathered from all apps for one page and one mail a day."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule

from admin_theme.queue_pages import task_words
from core import content_version
from core.doors import clock, pdf_signing
from core.holdings import counts
from core.models import OutgoingMail
from core.reference.working_days import missing_calendar

#: Who reads the page and gets the mail.
RIGHT = "core.change_outgoingmail"
SEE = "core.view_outgoingmail"
#: Work that a living worker would have taken up or finished by then.
STUCK = timedelta(minutes=15)
UNSENT = timedelta(hours=1)
RECENT = timedelta(days=7)
#: Below this share of the disk, or these bytes, files may soon fail to be written.
FREE_SHARE = 0.1
FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class Problem:
    """One line: what is wrong, how to mend it, and the page where that is done ("" for none)."""

    text: str
    advice: str
    link: str = ""
    #: Permission without which ``link`` would only be a refusal; empty: every reader of the page may follow it.
    right: str = ""

    def link_for(self, user: Any) -> str:
        """The page, for whom may open it."""
        return self.link if not self.right or user.has_perm(self.right) else ""


def all_problems() -> list[Problem]:
    """Everything the apps report now (``settings.PROBLEM_FINDERS``)."""
    return [problem for path in settings.PROBLEM_FINDERS for problem in _found(path)]


def _found(path: str) -> Iterable[Problem]:
    found: Iterable[Problem] = import_string(path)()
    return found


def platform_problems() -> Iterator[Problem]:
    """Mail, queue, timetable, disk, calendar, and what the database has to keep by itself."""
    yield from _triggers()
    yield from _mail()
    yield from _queue()
    yield from _disk()
    yield from _signing()
    for gap in missing_calendar(clock.today()):
        yield Problem(
            gap,
            _("Tambahkan di Hari libur; tanpa itu batas waktu dihitung tanpa hari libur."),
            reverse("admin:reference_holiday_changelist"),
        )


def _triggers() -> Iterator[Problem]:
    advice = _("Jalankan manage.py migrate di server dengan pemilik tabel.")
    if content_version.missing(connection):
        yield Problem(_("Penjaga pembaruan halaman publik tidak lengkap di basis data"), advice)
    if not counts.is_kept(connection):
        yield Problem(_("Penjaga hitungan bulanan statistik tidak lengkap di basis data"), advice)


def _mail() -> Iterator[Problem]:
    page = reverse("admin:core_outgoingmail_changelist")
    failed = OutgoingMail.objects.filter(status=OutgoingMail.Status.FAILED).count()
    if failed:
        text = ngettext("%(number)d surel gagal dikirim", "%(number)d surel gagal dikirim", failed)
        yield Problem(
            text % {"number": failed},
            _("Periksa server surel, lalu pilih semuanya dan Kirim lagi."),
            f"{page}?status__exact=failed",
        )
    late = OutgoingMail.objects.filter(
        status=OutgoingMail.Status.WAITING, created_at__lt=timezone.now() - UNSENT
    ).count()
    if late:
        text = ngettext(
            "%(number)d surel menunggu lebih dari satu jam",
            "%(number)d surel menunggu lebih dari satu jam",
            late,
        )
        yield Problem(
            text % {"number": late},
            _("Periksa apakah layanan pekerja (qcluster) berjalan dan server surel menjawab."),
            f"{page}?status__exact=waiting",
        )


def _queue() -> Iterator[Problem]:
    failed = Failure.objects.filter(stopped__gt=timezone.now() - RECENT).count()
    if failed:
        text = ngettext(
            "%(number)d pekerjaan gagal dalam tujuh hari",
            "%(number)d pekerjaan gagal dalam tujuh hari",
            failed,
        )
        yield Problem(
            text % {"number": failed},
            _("Baca galatnya, lalu pilih dan Jalankan lagi."),
            reverse("admin:django_q_failure_changelist"),
        )
    # A row without a worker's lease keeps the moment it was put in; a lease lies in the future.
    stuck = OrmQ.objects.filter(lock__lt=timezone.now() - STUCK).count()
    if stuck:
        text = ngettext(
            "%(number)d pekerjaan menunggu terlalu lama", "%(number)d pekerjaan menunggu terlalu lama", stuck
        )
        yield Problem(
            text % {"number": stuck},
            _("Periksa apakah layanan pekerja (qcluster) berjalan."),
            reverse("admin:django_q_ormq_changelist"),
        )
    late = (
        Schedule.objects.exclude(repeats=0).filter(next_run__lt=timezone.now() - STUCK).order_by("next_run")
    )
    if names := [task_words(schedule.func) for schedule in late]:
        yield Problem(
            _("Tugas berkala tidak berjalan: %(names)s") % {"names": ", ".join(names)},
            _("Periksa apakah layanan pekerja (qcluster) berjalan."),
        )
    if not Schedule.objects.exists():
        yield Problem(
            _("Belum ada tugas berkala yang terpasang"), _("Jalankan manage.py load_schedules di server.")
        )


def _signing() -> Iterator[Problem]:
    advice = _("Perbarui sertifikat menurut README, bagian Production.")
    try:
        ends = pdf_signing.ends_soon()
    except pdf_signing.SigningError as error:
        # The web service need not be able to read the key; the worker, which signs and sends the daily mail, does.
        if not isinstance(error.__cause__, PermissionError):
            yield Problem(
                _("Dokumen jawaban tidak dapat ditandatangani: %(reason)s") % {"reason": error}, advice
            )
        return
    if ends is not None:
        text = _("Sertifikat penanda tangan berakhir pada %(date)s")
        yield Problem(text % {"date": clock.short_date(clock.local_date(ends))}, advice)


def _disk() -> Iterator[Problem]:
    usage = shutil.disk_usage(settings.PRIVATE_ROOT if settings.PRIVATE_ROOT.exists() else settings.VAR_DIR)
    if usage.free < FREE_BYTES or usage.free < usage.total * FREE_SHARE:
        yield Problem(
            _("Ruang disk tinggal %(percent)d%% (%(size).1f GB)")
            % {"percent": usage.free * 100 // usage.total, "size": usage.free / 1024**3},
            _("Tambah ruang atau pindahkan cadangan lama sebelum berkas tidak dapat disimpan."),
        )
