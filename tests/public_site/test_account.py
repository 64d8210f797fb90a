"""A signed-in person's own account: changing the password, devices, time limits, deactivation."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import operations
from accounts.models import SignedInDevice, User
from accounts.sessions import browser_name
from tests.factories import PASSWORD
from tests.public_site.test_sign_in import code_step, is_in, last_code, password_step

pytestmark = pytest.mark.django_db
NEW = "kereta senja ke utara"


def signed_in(login="siti@badan.go.id", **extra):
    client = Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537"})
    password_step(client, login, **extra)
    code_step(client, last_code())
    return client


def test_change_password_ends_other_sessions_and_tells(client, siti, sign_in, drain_queue):
    here = signed_in()
    there = sign_in(Client(), siti)
    data = {"current": PASSWORD, "password": NEW, "repeat": NEW}
    assert here.post("/akun/kata-sandi/", data).status_code == 302
    assert is_in(here)
    assert not is_in(there)
    drain_queue()
    assert mail.outbox[-1].subject == "Kata sandi diganti"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"current": "salah"}, "Kata sandi sekarang tidak cocok"),
        ({"password": "pendek123"}, "Kata sandi paling sedikit 12 karakter. Anda menulis 9"),
        ({"password": "password1234"}, "Kata sandi ini terlalu umum. Buat yang lain"),
        ({"password": "imigrasi2024!!"}, "Kata sandi ini terlalu umum. Buat yang lain"),
        ({"password": "BADANIT_001-sip"}, "Kata sandi memuat nama atau username Anda. Buat yang lain"),
        ({"password": "si aminah cantik"}, "Kata sandi memuat nama atau username Anda. Buat yang lain"),
        ({"repeat": "lain sekali ini"}, "Kedua kata sandi belum sama"),
        ({"password": PASSWORD, "repeat": PASSWORD}, "Kata sandi baru sama dengan yang lama"),
    ],
)
def test_bad_new_password_says_why(client, siti, sign_in, page_text, data, message):
    sign_in(client, siti)
    values = {"current": PASSWORD, "password": NEW, "repeat": NEW, **data}
    response = client.post("/akun/kata-sandi/", values)
    assert response.status_code == 422
    assert message in page_text(response)


@pytest.mark.parametrize(
    "good",
    ["kuda baterai staples benar", "🙂" * 60 + "seratus kuda hijau", "x9$kLq2!vB7z", "a b c d e f g h i j"],
)
def test_good_passwords_pass(client, siti, sign_in, good):
    sign_in(client, siti)
    data = {"current": PASSWORD, "password": good, "repeat": good}
    assert client.post("/akun/kata-sandi/", data).status_code == 302
    siti.refresh_from_db()
    assert siti.check_password(good)


def test_must_change_password_leads_only_to_that_page(client, siti, sign_in):
    User.objects.filter(pk=siti.pk).update(must_change_password=True)
    sign_in(client, siti)
    assert client.get("/akun/perangkat/").url == "/akun/kata-sandi/"
    assert client.get("/").url == "/akun/kata-sandi/"
    assert client.get("/akun/kata-sandi/").status_code == 200
    assert client.post("/keluar/").status_code == 302


def test_idle_limit_counts_activity_and_tells(siti, page_text):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in()
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
        clock.shift(timedelta(minutes=31))
        response = client.get("/akun/perangkat/")
        assert response.url == "/masuk/?next=/akun/perangkat/"
        assert "Anda dikeluarkan karena tidak ada aktivitas" in page_text(client.get(response.url))


def test_officer_limits_are_shorter(budi):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in("budi")
        clock.shift(timedelta(minutes=16))
        assert client.get("/admin/login/").url.startswith("/masuk/")


def test_absolute_limit_holds_against_activity(siti):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in()
        for _step in range(28):
            clock.shift(timedelta(minutes=25))
            assert is_in(client)
        clock.shift(timedelta(minutes=25))
        assert not is_in(client)


def test_remembered_applicant_may_pause_for_hours(siti):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in(**{"auth-remember": "on"})
        clock.shift(timedelta(hours=11))
        assert is_in(client)
        clock.shift(timedelta(hours=1, minutes=1))
        assert not is_in(client)


def test_activity_is_written_at_most_once_a_minute(siti, django_assert_num_queries):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = signed_in()
        seen = SignedInDevice.objects.get().seen_at
        clock.shift(timedelta(seconds=30))
        client.get("/akun/sesi/")
        assert SignedInDevice.objects.get().seen_at == seen
        clock.shift(timedelta(seconds=31))
        client.get("/akun/sesi/")
        assert SignedInDevice.objects.get().seen_at > seen


def test_deactivated_account_is_out_with_the_next_request(siti, kartika):
    client = signed_in()
    operations.deactivate_user(siti.pk, by=kartika, reason="Pindah tugas")
    assert not is_in(client)


def test_devices_are_listed_and_ended_by_their_owner_only(siti, joko, page_text):
    first = signed_in()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        second = signed_in()
    foreign = signed_in("joko@lain.go.id")
    page = page_text(second.get("/akun/perangkat/"))
    assert page.count("Chrome – Windows") >= 2
    assert "Perangkat ini" in page
    mine = SignedInDevice.objects.get(session_key=first.session.session_key)
    assert foreign.post("/akun/perangkat/", {"end": mine.pk}).status_code == 404
    assert is_in(first)
    assert second.post("/akun/perangkat/", {"end": mine.pk}).status_code == 302
    assert not is_in(first)
    assert is_in(second)
    assert second.post("/akun/perangkat/", {"end": "others"}).status_code == 302
    assert is_in(second)


def test_browser_names():
    assert browser_name("Mozilla/5.0 (Linux; Android 14) Firefox/130.0") == "Firefox – Android"
    assert browser_name("curl/8<script>") == "curl/8script"


def test_demo_mail_page_exists_only_in_demo(client, base_data, settings):
    assert client.get("/demo/surat/").status_code == 200
    assert client.get("/demo/surat/..%2f..%2fetc/").status_code == 404
    settings.DEMO = False
    assert client.get("/demo/surat/").status_code == 404


def test_public_pages_set_no_session_cookie(client, base_data):
    assert not client.get("/").cookies.get("sesi")
