"""The daily self-check: green on a fresh site, red for each thing that breaks, recorded, mailed, seen on the desk."""

import http.server
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django_q.models import OrmQ

from core.doors import clock, reach
from public_site.hub import drawing, selfcheck, tasks
from public_site.hub.admin import dashboard_notices
from public_site.hub.models import GuideFact, Hub, HubCheck, HubCount, HubLink
from public_site.models import Guide

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def failed(check: HubCheck) -> list[str]:
    return [finding["text"] for finding in check.in_state("failed")]


def test_fresh_site_is_green_and_says_what_officers_must_confirm(hub):
    check = selfcheck.run()
    assert check.is_green, failed(check)
    assert check.checked >= 10
    warnings = [finding["text"] for finding in check.in_state("warning")]
    assert any("belum dipastikan" in text for text in warnings)
    assert any(text.startswith(f"{GuideFact.objects.count()} ") for text in warnings)
    assert HubCount.objects.count() == 0
    assert OrmQ.objects.count() == 0


def test_deleted_file_turns_it_red_and_mails_the_editors(hub, dewi, drain_queue, mail_text):
    guide = Guide.objects.get(slug="pembuatan-paspor")
    guide.file.storage.delete(guide.file.name)
    tasks.daily_check()
    check = HubCheck.objects.get()
    assert not check.is_green
    assert failed(check) == ["Berkas panduan tidak ada."]
    drain_queue()
    text = mail_text(to=dewi.email)
    assert "Panduan Pembuatan Paspor: Berkas panduan tidak ada." in text
    assert f"/admin/public_site/hubcheck/{check.pk}/change/" in text
    assert len(mail.outbox) == 1


def test_file_that_is_no_pdf_turns_it_red(hub):
    guide = Guide.objects.get(slug="izin-tinggal")
    with guide.file.storage.open(guide.file.name, "wb") as file:
        file.write(b"%PDF-1.7 rusak")
    assert failed(selfcheck.run()) == ["Berkas panduan bukan PDF yang dapat dibuka."]


def test_broken_link_of_our_own_turns_it_red(hub):
    HubLink.objects.create(hub=hub, kind="address", label="Tidak ada", url="/halaman/tidak-ada/", order=9)
    assert failed(selfcheck.run()) == ["Tautan menjawab 404."]


def test_button_whose_guide_was_taken_back_turns_it_red(hub):
    Guide.objects.filter(slug__in=["izin-tinggal", "stay-permit"]).update(is_published=False)
    assert failed(selfcheck.run()) == [
        "Tombol ini tidak membuka “Panduan Izin Tinggal”: panduan itu tidak terbit.",
        "Tombol ini tidak membuka “Stay Permit Guide”: panduan itu tidak terbit.",
    ]


def test_guide_of_a_button_is_opened_whoever_it_was_written_for(hub):
    guide = Guide.objects.get(slug="izin-tinggal")
    guide.file.storage.delete(guide.file.name)
    Guide.objects.filter(pk=guide.pk).update(audience="agency")
    assert failed(selfcheck.run()) == ["Berkas panduan tidak ada."]


@pytest.mark.slow
def test_every_page_of_an_office_is_opened(hub, monkeypatch):
    check = selfcheck.run()
    assert {finding["what"] for finding in check.in_state("ok")} >= {
        "/info/",
        "/info/kantor/",
        "/info/yogyakarta/",
        "/info/yogyakarta/en/",
        "/info/yogyakarta/qr/",
        "/info/yogyakarta/qr.svg",
        "/info/yogyakarta/sop/",
    }
    monkeypatch.setattr(drawing, "sop_context", lambda *args: 1 / 0)
    assert failed(selfcheck.run()) == ["Halaman menjawab 500."]


def test_phone_without_a_digit_turns_it_red(hub):
    Hub.objects.update(phone="(( - ))")
    assert failed(selfcheck.run()) == ["Nomor telepon keliru bentuknya."]


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("(0274) 484370", "tel:+62274484370"),
        ("+62 274 484370", "tel:+62274484370"),
        ("62274484370", "tel:+62274484370"),
        ("1500 163", "tel:1500163"),
    ],
)
def test_phone_is_dialled_as_it_is_written(written, dialled):
    assert drawing.phone_link(written) == dialled


def test_malformed_numbers_turn_it_red(hub):
    Hub.objects.update(whatsapp="0812", phone="telepon kami")
    assert failed(selfcheck.run()) == ["Nomor WhatsApp keliru bentuknya.", "Nomor telepon keliru bentuknya."]


def test_old_content_turns_it_red(hub, settings):
    old = clock.now() - timedelta(days=settings.HUB_CONTENT_MAX_DAYS + 1)
    Hub.objects.update(updated_at=old)
    Guide.objects.filter(slug="stay-permit").update(updated_at=old)
    assert len(failed(selfcheck.run())) == 2


def test_site_without_pages_is_red(base_data):
    assert failed(selfcheck.run()) == ["Belum ada halaman Info Layanan yang terbit."]


def test_desk_shows_the_line_to_editors_only(hub, rf, dewi, budi, siti):
    request = rf.get("/admin/")
    request.user = dewi
    assert dashboard_notices(request)[0]["tone"] == "amber"
    selfcheck.run()
    assert dashboard_notices(request)[0]["tone"] == "green"
    Guide.objects.update(file="guides/tidak-ada.pdf")
    selfcheck.run()
    assert dashboard_notices(request)[0]["tone"] == "red"
    HubCheck.objects.filter(is_green=False).delete()
    HubCheck.objects.update(started_at=clock.now() - timedelta(days=3))
    assert "tidak berjalan" in dashboard_notices(request)[0]["text"]
    for other in (budi, siti):
        request.user = other
        assert dashboard_notices(request) == []


def test_desk_draws_the_line(hub, client: Client, sign_in, dewi):
    selfcheck.run()
    page = sign_in(client, dewi).get("/admin/").content.decode()
    assert "Info Layanan berfungsi baik" in page


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://127.0.0.1/", "https://localhost/", "ftp://x", "https://[::1]/"]
)
def test_outbound_check_never_reaches_our_own_network(url):
    hits: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            hits.append(self.path)

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        assert reach.reach(url.replace("/", "/", 1), seconds=1) in (reach.UNSURE, reach.NO_NETWORK)
    finally:
        server.shutdown()
        server.server_close()
    assert hits == []
