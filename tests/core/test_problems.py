"""Masalah hari ini: every kind of trouble is found, told once a day, and shown with the way to mend it."""

import re
import shutil
from collections import namedtuple
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule

from accounts.problems import problems as account_problems
from core import problems
from core.models import MailText, OutgoingMail
from core.reference.models import Holiday
from core.tasks import tell_problems
from public_site.hub.models import HubCheck
from public_site.problems import problems as public_problems
from requests_app.documents import draw_number
from requests_app.models import Status
from requests_app.problems import problems as request_problems
from tests.factories import make_agreement, make_registration
from tests.requests_app import results

pytestmark = pytest.mark.django_db

PAGE = "/admin/core/outgoingmail/masalah/"


@pytest.fixture
def all_well(base_data, monkeypatch):
    """A server without trouble: timetable in place, calendar known, disk half empty."""
    call_command("load_schedules", verbosity=0)
    Schedule.objects.update(next_run=timezone.now() + timedelta(hours=1))
    for year in (timezone.localdate().year, timezone.localdate().year + 1):
        for day, kind in ((1, Holiday.Kind.NATIONAL), (2, Holiday.Kind.JOINT_LEAVE)):
            Holiday.objects.get_or_create(date=f"{year}-01-0{day}", defaults={"name": "Libur", "kind": kind})
    usage = namedtuple("Usage", "total used free")(100 * 1024**3, 50 * 1024**3, 50 * 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def failed_mail(**changes) -> OutgoingMail:
    number = OutgoingMail.objects.count()
    values = {
        "kind": "accounts.roles_changed",
        "reference": "1",
        "dedupe_key": f"uji:{number}",
        "status": OutgoingMail.Status.FAILED,
        "next_attempt_at": timezone.now(),
    }
    return OutgoingMail.objects.create(**{**values, **changes})


def failed_task(**changes) -> Failure:
    values = {
        "id": f"{Failure.objects.count():032}",
        "name": "gagal",
        "func": "core.tasks.clean_up",
        "args": (),
        "started": timezone.now(),
        "stopped": timezone.now(),
        "success": False,
        "result": "boom",
    }
    return Failure.objects.create(**{**values, **changes})


def texts(found) -> str:
    return " | ".join(problem.text for problem in found)


def test_a_healthy_day_is_silent(all_well, client, sign_in, kartika, page_text, drain_queue):
    assert problems.all_problems() == []
    tell_problems()
    assert OutgoingMail.objects.count() == 0
    assert "Tidak ada masalah" in page_text(sign_in(client, kartika).get(PAGE))


def test_mail_and_queue(all_well):
    failed_mail()
    old = failed_mail(status=OutgoingMail.Status.WAITING)
    OutgoingMail.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    failed_task()
    failed_task(stopped=timezone.now() - timedelta(days=30))
    OrmQ.objects.create(key="layanan-data", payload="x", lock=timezone.now() - timedelta(hours=1))
    OrmQ.objects.create(key="layanan-data", payload="x", lock=timezone.now() + timedelta(minutes=5))
    Schedule.objects.filter(name="send_digests").update(next_run=timezone.now() - timedelta(hours=3))
    assert texts(problems.platform_problems()) == (
        "1 surel gagal dikirim | 1 surel menunggu lebih dari satu jam | 1 pekerjaan gagal dalam tujuh hari | "
        "1 pekerjaan menunggu terlalu lama | Tugas berkala tidak berjalan: Mengirim ringkasan batas waktu"
    )


def test_disk_calendar_and_missing_timetable(all_well, monkeypatch):
    usage = namedtuple("Usage", "total used free")(100 * 1024**3, 95 * 1024**3, 5 * 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    Schedule.objects.all().delete()
    Holiday.objects.filter(kind=Holiday.Kind.JOINT_LEAVE, date__year=timezone.localdate().year).delete()
    found = texts(problems.platform_problems())
    assert "Ruang disk tinggal 5% (5" in found
    assert "Belum ada tugas berkala" in found
    assert f"Cuti bersama {timezone.localdate().year} belum dimuat" in found


def test_agreements_and_registrations(all_well, agency):
    make_agreement(agency, valid_until=timezone.localdate() + timedelta(days=10))
    make_agreement(agency, valid_until=timezone.localdate() + timedelta(days=100))
    late = make_registration()
    make_registration()
    type(late).objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=20))
    found = list(account_problems())
    assert len(found) == 2
    assert "BADAN IT NASIONAL berakhir" in found[0].text
    assert found[1].text == "1 pendaftaran melewati batas waktu"


def test_red_check(all_well):
    HubCheck.objects.create(started_at=timezone.now(), is_green=False, checked=3, failed=2, warned=0)
    (found,) = public_problems()
    assert found.text.startswith("Info Layanan: 2 temuan")
    HubCheck.objects.create(started_at=timezone.now(), is_green=True, checked=3, failed=0, warned=0)
    assert list(public_problems()) == []


def test_stuck_documents_and_late_requests(all_well, siti, ratna):
    request = results.make_request(siti, ratna)
    draw_number(request, timezone.now())
    assert list(request_problems()) == []
    request.documents.update(numbered_at=timezone.now() - timedelta(hours=1))
    late = results.make_request(siti, status=Status.PROCESSING)
    type(late).objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    assert texts(request_problems()) == (
        f"Dokumen jawaban permohonan {request.number} belum berhasil dibuat | 1 permohonan melewati batas waktu"
    )


def test_one_mail_a_day_to_administrators_only(all_well, kartika, budi, umar, drain_queue):
    failed_mail()
    tell_problems()
    tell_problems()
    drain_queue()
    (message,) = outbox.outbox
    assert message.to == [kartika.email]
    assert message.subject == "Masalah hari ini: 1"
    assert "– 1 surel gagal dikirim. Periksa server surel" in message.body
    assert PAGE in message.body


def test_mail_lapses_when_everything_is_mended_meanwhile(all_well, kartika, drain_queue):
    mail = failed_mail()
    tell_problems()
    mail.delete()
    drain_queue()
    assert outbox.outbox == []


def test_words_of_the_mail_are_the_administrators(all_well, kartika, drain_queue):
    MailText.objects.create(kind="core.problems_today", subject="Pagi {nama}", body="{daftar}\n\n{tautan}")
    failed_mail()
    tell_problems()
    drain_queue()
    assert outbox.outbox[0].subject == "Pagi Kartika Putri"


def test_page_leads_to_the_lists(all_well, client, sign_in, kartika, umar, budi):
    failed_mail()
    failed_task()
    page = sign_in(client, kartika).get(PAGE).content.decode()
    for link in ("/admin/core/outgoingmail/?status__exact=failed", "/admin/django_q/failure/"):
        assert f'href="{link}"' in page
        assert client.get(link).status_code == 200
    assert sign_in(client, umar).get(PAGE).status_code == 200
    assert sign_in(client, budi).get(PAGE).status_code == 403


def test_page_offers_no_way_to_what_the_reader_may_not_see(
    all_well, client, sign_in, siti, kartika, umar, page_text
):
    late = results.make_request(siti, status=Status.PROCESSING)
    type(late).objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    link = "/admin/requests_app/datarequest/?terlambat=ya"
    page = sign_in(client, kartika).get(PAGE)
    assert "1 permohonan melewati batas waktu" in page_text(page)
    assert link not in page.content.decode()
    assert link in sign_in(client, umar).get(PAGE).content.decode()


def test_stuck_document_of_a_part_is_told_too(all_well, siti, ratna):
    request = results.make_request(siti, ratna, status=Status.PROCESSING)
    document = draw_number(request, timezone.now())
    request.documents.filter(pk=document.pk).update(part=1, numbered_at=timezone.now() - timedelta(hours=1))
    assert request.number in texts(request_problems())


def test_page_costs_the_same_however_much_is_wrong(
    all_well, client, sign_in, kartika, agency, django_assert_max_num_queries
):
    sign_in(client, kartika)
    for _number in range(8):
        failed_mail()
        failed_task()
        make_agreement(agency, valid_until=timezone.localdate() + timedelta(days=5))
        make_registration()
    with django_assert_max_num_queries(35):
        client.get(PAGE)


# --- sending and running again --------------------------------------------------------------------


def test_mails_are_sent_again_in_bulk_after_asking(client, sign_in, kartika, siti, drain_queue):
    sign_in(client, kartika)
    rows = [failed_mail(reference=str(siti.pk)) for _number in range(3)]
    chosen = {"action": "bulk_send_again", "_selected_action": [row.pk for row in rows]}
    asked = client.post("/admin/core/outgoingmail/", chosen)
    assert asked.status_code == 200
    assert "Surel berikut dikirim lagi sekarang" in asked.content.decode()
    assert set(OutgoingMail.objects.values_list("status", flat=True)) == {"failed"}
    assert client.post("/admin/core/outgoingmail/", {**chosen, "bulk_confirmed": "1"}).status_code == 302
    drain_queue()
    assert len(outbox.outbox) == 3
    assert set(OutgoingMail.objects.values_list("status", flat=True)) == {"sent"}


def test_a_mail_that_left_is_sent_once_more_but_no_code(client, sign_in, kartika, siti, drain_queue):
    sign_in(client, kartika)
    row = failed_mail(reference=str(siti.pk), status=OutgoingMail.Status.SENT)
    code = failed_mail(kind="accounts.sign_in_code", status=OutgoingMail.Status.SENT)
    assert client.post(f"/admin/core/outgoingmail/{row.pk}/send-again/").status_code == 302
    drain_queue()
    assert outbox.outbox[0].to == [siti.email]
    refused = client.post(f"/admin/core/outgoingmail/{code.pk}/send-again/")
    assert refused.status_code == 409
    assert "tidak dikirim ulang dari sini" in refused.content.decode()
    bulk = {"action": "bulk_send_again", "_selected_action": [code.pk], "bulk_confirmed": "1"}
    told = client.post("/admin/core/outgoingmail/", bulk, follow=True)
    assert "tidak dikirim ulang dari sini" in told.content.decode()
    code.refresh_from_db()
    assert code.status == "sent"


def test_error_of_failed_work_names_nobody_it_was_about(client, sign_in, kartika, page_text):
    error = (
        'violates "x"\nDETAIL:  Failing row contains (7, Siti Rahayu).\n : Traceback\n  File "a.py", line 1'
    )
    failed = failed_task(result=error)
    sign_in(client, kartika)
    for page in ("", f"{failed.pk}/change/"):
        text = page_text(client.get(f"/admin/django_q/failure/{page}"))
        assert "violates" in text
        assert "Rahayu" not in text


def test_failed_work_is_read_in_words_and_runs_again(client, sign_in, kartika, umar, page_text):
    sign_in(client, kartika)
    tasks = [failed_task() for _number in range(2)]
    assert "Membersihkan batas percobaan lama" in page_text(client.get("/admin/django_q/failure/"))
    assert client.post(f"/admin/django_q/failure/{tasks[0].pk}/run-again/").status_code == 302
    bulk = {"action": "bulk_run_again", "_selected_action": [tasks[1].pk], "bulk_confirmed": "1"}
    client.post("/admin/django_q/failure/", bulk)
    assert Failure.objects.count() == 0
    assert [row.task["func"] for row in OrmQ.objects.all()] == ["core.tasks.clean_up"] * 2
    failed = failed_task()
    sign_in(client, umar)
    assert client.post(f"/admin/django_q/failure/{failed.pk}/run-again/").status_code == 403
    client.post("/admin/django_q/failure/", {**bulk, "_selected_action": [failed.pk]})
    assert Failure.objects.count() == 1


def test_every_task_has_words():
    from django.conf import settings

    from core.management.commands.load_schedules import SCHEDULES

    sources = (
        path
        for app in ("core", "accounts", "requests_app", "public_site")
        for path in (settings.BASE_DIR / app).rglob("*.py")
    )
    named = re.compile(
        r'"((?:core|accounts|requests_app|public_site)\.[\w.]*(?:tasks|importing|undoing)\.\w+)"'
    )
    queued = {task for path in sources for task in named.findall(path.read_text())}
    assert "requests_app.tasks.check_answers" in queued
    assert (queued | {values["func"] for values in SCHEDULES.values()}) - set(settings.TASK_LABELS) == set()
