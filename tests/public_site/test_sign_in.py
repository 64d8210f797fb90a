"""Masuk over HTTP: password, mailed code, limits, no enumeration, forgotten password (S-01 to S-11)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import SignInCode, User
from core.models import OutgoingMail
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
NEXT = "/akun/perangkat/"


def password_step(client, login="siti@badan.go.id", password=PASSWORD, **extra):
    data = {"sign_in-current_step": "auth", "auth-username": login, "auth-password": password, **extra}
    return client.post("/masuk/", data)


def code_step(client, code, **extra):
    return client.post("/masuk/otp/", {"sign_in-current_step": "token", "token-otp_token": code, **extra})


def last_code(index=-1):
    codes = [message for message in mail.outbox if "kode OTP Anda" in message.subject]
    return re.search(r"^(\d{6})$", codes[index].body, re.MULTILINE).group(1)


def other_than(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


def is_in(client):
    return client.get(NEXT).status_code == 200


def test_password_and_code_sign_in(client, siti, page_text):
    assert password_step(client).url == "/masuk/otp/"
    assert not is_in(client), "the password alone opens nothing"
    page = page_text(client.get("/masuk/otp/"))
    assert "Kami mengirim kode 6 angka ke s•••@badan.go.id" in page
    code = last_code()
    assert mail.outbox[-1].subject == f"{code[:3]} {code[3:]} adalah kode OTP Anda"
    response = code_step(client, f" {code[:3]}-{code[3:]} ")
    assert response.status_code == 302
    assert is_in(client)


def test_code_is_kept_only_as_a_hash(client, siti):
    password_step(client)
    code = last_code()
    row = SignInCode.objects.get()
    assert code not in row.code_hash
    assert len(row.code_hash) == 64
    assert code not in str(client.session.items())
    assert code not in client.get("/masuk/otp/").content.decode()


def test_session_key_changes_at_password_and_at_code(client, siti):
    client.get("/masuk/")
    password_step(client)
    first = client.session.session_key
    code_step(client, last_code())
    assert client.session.session_key != first


def test_nothing_opens_between_password_and_code(client, siti, budi):
    password_step(client, "budi")
    for url in ("/admin/", "/akun/perangkat/", "/akun/kata-sandi/", "/permohonan/"):
        assert client.get(url).status_code == 302


def test_token_step_cannot_be_reached_without_the_password(client, siti):
    assert code_step(client, "123456").status_code == 422, "it is read as an empty password step"
    assert client.get("/masuk/otp/").url == "/masuk/"
    assert not is_in(client)


def test_forced_session_without_a_code_is_ended(client, siti):
    client.force_login(siti)
    assert client.get(NEXT).status_code == 302


@pytest.mark.parametrize(
    ("login", "password", "message"),
    [
        ("", "x", "Isi Username"),
        ("siti@badan.go.id", "", "Isi Password"),
        ("siti@badan.go.id", "salah", "Username atau Password tidak cocok"),
        ("tidak@ada.go.id", "salah", "Username atau Password tidak cocok"),
    ],
)
def test_wrong_password_step_says_so(client, siti, page_text, login, password, message):
    response = password_step(client, login, password)
    assert response.status_code == 422
    assert message in page_text(response)
    assert not mail.outbox


def test_inactive_account_reads_like_an_unknown_one(client, siti, page_text):
    unknown = page_text(password_step(Client(), "x@y.go.id"))
    User.objects.filter(pk=siti.pk).update(is_active=False)
    assert page_text(password_step(Client())) == unknown


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "Isi Kode OTP 6 angka dari email"),
        ("12345", "Kode OTP terdiri dari 6 angka. Anda menulis 5 angka"),
        ("12a456", "Kode OTP terdiri dari 6 angka"),
    ],
)
def test_badly_written_code_costs_no_try(client, siti, page_text, typed, message):
    password_step(client)
    response = code_step(client, typed)
    assert response.status_code == 422
    assert message in page_text(response)
    assert SignInCode.objects.get().tries == 0


def test_wrong_code_counts_down_and_fifth_ends_the_attempt(client, siti, page_text, drain_queue):
    password_step(client)
    code = last_code()
    for left in (4, 3, 2, 1):
        assert f"Kode OTP tidak cocok. Sisa percobaan: {left}" in page_text(
            code_step(client, other_than(code))
        )
    response = client.get(code_step(client, other_than(code)).url)
    assert "Kode OTP salah 5 kali sehingga tidak berlaku lagi. Silakan masuk kembali dari awal" in page_text(
        response
    )
    code_step(client, code)
    assert not is_in(client), "the right code is dead as well"
    drain_queue()
    assert mail.outbox[-1].subject == "5 kali kode salah"


def test_three_void_codes_lock_the_step_for_half_an_hour(client, siti, page_text):
    start = timezone.now()
    for number in range(3):
        with time_machine.travel(start + timedelta(minutes=2 * number), tick=True):
            password_step(client)
            code = last_code()
            for _try in range(5):
                code_step(client, other_than(code))
    with time_machine.travel(start + timedelta(minutes=10)):
        response = password_step(client)
        assert response.url == "/masuk/"
        assert "Terlalu banyak kode OTP yang salah. Coba lagi pukul" in page_text(client.get("/masuk/"))
    with time_machine.travel(start + timedelta(minutes=40)):
        assert password_step(client).url == "/masuk/otp/"


def test_code_works_once(client, siti):
    password_step(client)
    code = last_code()
    code_step(client, code)
    client.post("/keluar/")
    password_step(client)
    assert last_code() != code or True
    SignInCode.objects.filter(state="open").update(state="superseded")
    code_step(client, code)
    assert not is_in(client)


def test_code_expires(client, siti, page_text):
    password_step(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        assert "Kode OTP sudah kedaluwarsa. Pilih Kirim ulang kode" in page_text(
            code_step(client, last_code())
        )


def test_code_of_another_browser_is_refused(siti):
    first, second = Client(), Client()
    password_step(first)
    code = last_code()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        password_step(second)
        code_step(second, code)
        assert not is_in(second)


def test_resend_waits_a_minute_and_supersedes(client, siti, page_text):
    password_step(client)
    old = last_code()
    early = client.post("/masuk/otp/kirim-ulang/", follow=True)
    assert re.search(r"Kode baru dapat dikirim \d+ detik lagi", page_text(early))
    assert len(mail.outbox) == 1
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        assert "Kode baru sudah dikirim" in page_text(client.post("/masuk/otp/kirim-ulang/", follow=True))
        assert len(mail.outbox) == 2
        assert "Kode itu sudah diganti. Pakai kode terbaru yang dikirim pukul" in page_text(
            code_step(client, old)
        )
        code_step(client, last_code())
        assert is_in(client)


def test_no_mail_bombing(client, siti, sari):
    start = timezone.now()
    for number in range(20):
        with time_machine.travel(start + timedelta(seconds=61 * number)):
            password_step(client)
            client.post("/masuk/otp/kirim-ulang/")
    assert len(mail.outbox) == 5
    password_step(Client(), "sari@badan.go.id")
    assert len(mail.outbox) == 6


def test_mail_failure_is_told_and_retried_by_a_worker(client, siti, settings, page_text, drain_queue):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    password_step(client)
    assert "Kode belum dapat dikirim. Kami mencoba lagi otomatis" in page_text(client.get("/masuk/otp/"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    drain_queue()
    code_step(client, last_code())
    assert is_in(client)


def test_sixth_wrong_password_is_throttled_even_when_right(client, siti, page_text):
    for _try in range(5):
        assert password_step(client, password="salah").status_code == 422
    known = password_step(client)
    assert known.status_code == 429
    assert "Terlalu banyak percobaan. Coba lagi pukul" in page_text(known)
    other = Client()
    for _try in range(5):
        password_step(other, "tidak@ada.go.id", "salah")
    unknown = password_step(other, "tidak@ada.go.id", "salah")
    assert unknown.status_code == 429
    text = re.sub(r"\d\d\.\d\d WIB", "", page_text(unknown))
    assert text == re.sub(r"\d\d\.\d\d WIB", "", page_text(known))
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert password_step(client).status_code == 302


def test_network_address_is_throttled_across_names(client, siti):
    codes = [password_step(client, f"nama{n}@x.go.id", "salah").status_code for n in range(21)]
    assert codes[-1] == 429
    assert codes[-2] == 422


def test_forged_forwarding_header_does_not_reset_the_count(client, siti):
    for number in range(21):
        data = {
            "sign_in-current_step": "auth",
            "auth-username": f"n{number}@x.go.id",
            "auth-password": "salah",
        }
        response = client.post("/masuk/", data, headers={"x-forwarded-for": f"10.0.0.{number}"})
    assert response.status_code == 429


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https:evil",
        "/\\evil",
        "javascript:alert(1)",
        "https://evil",
        "0",
        "public_site:home",
    ],
)
def test_next_leads_only_into_this_site(client, siti, target):
    password_step(client, next=target)
    assert code_step(client, last_code(), next=target).url == "/permohonan/"
    assert client.get("/masuk/", {"next": target}).url == "/permohonan/"


def test_next_is_kept_over_both_steps(client, siti):
    response = password_step(client, next=NEXT)
    assert response.url == "/masuk/otp/?next=%2Fakun%2Fperangkat%2F"
    assert f'value="{NEXT}"' in client.get(response.url).content.decode()
    assert code_step(client, last_code(), next=NEXT).url == NEXT


def test_officers_land_in_the_console_applicants_never(client, budi, siti):
    password_step(client, "budi")
    assert code_step(client, last_code()).url == "/admin/"
    other = Client()
    password_step(other, next="/admin/")
    assert code_step(other, last_code(), next="/admin/").url == "/permohonan/"
    assert other.get("/admin/").status_code == 404


def test_remember_keeps_the_cookie_for_twelve_hours(client, siti):
    password_step(client, **{"auth-remember": "on"})
    cookie = code_step(client, last_code()).cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 43200
    other = Client()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=True):
        password_step(other)
        cookie = code_step(other, last_code()).cookies[settings.SESSION_COOKIE_NAME]
        assert cookie["max-age"] == ""


def test_new_device_is_told_only_when_new(client, siti, drain_queue):
    start = timezone.now()
    for number, browser in enumerate((client, client, Client())):
        with time_machine.travel(start + timedelta(minutes=number), tick=True):
            password_step(browser)
            code_step(browser, last_code())
            browser.post("/keluar/") if browser is client else None
            drain_queue()
    subjects = [message.subject for message in mail.outbox]
    assert subjects.count("Masuk dari perangkat baru") == 1


def test_expired_temporary_password_points_to_forgotten(client, siti, page_text):
    User.objects.filter(pk=siti.pk).update(
        must_change_password=True, temporary_password_until=timezone.now() - timedelta(seconds=1)
    )
    assert "Password sementara sudah lewat 3 hari. Pilih Lupa kata sandi" in page_text(password_step(client))


def test_forgotten_password_reads_the_same_for_every_address(client, siti, page_text, drain_queue):
    known = client.post("/masuk/lupa/", {"email": "siti@badan.go.id"}, follow=True)
    unknown = client.post("/masuk/lupa/", {"email": "tidak@ada.go.id"}, follow=True)
    assert page_text(known) == page_text(unknown)
    assert OutgoingMail.objects.count() == 2
    drain_queue()
    assert [message.to for message in mail.outbox] == [["siti@badan.go.id"]]


def reset_link(client, drain_queue, mail_text, **headers):
    client.post("/masuk/lupa/", {"email": "siti@badan.go.id"}, headers=headers)
    drain_queue()
    return re.search(r"http://testserver(/masuk/lupa/\S+)", mail_text()).group(1)


def test_reset_link_works_once_ends_sessions_and_never_skips_the_code(
    client, siti, sign_in, drain_queue, mail_text, page_text
):
    old = sign_in(Client(), siti)
    link = reset_link(client, drain_queue, mail_text)
    place = client.get(link).url
    assert place.endswith("/baru/"), "the token leaves the address"
    new = "kereta senja ke utara"
    response = client.post(place, {"password": new, "repeat": new}, follow=True)
    assert "Kata sandi berhasil diganti. Semua perangkat lain sudah dikeluarkan. Silakan masuk." in page_text(
        response
    )
    assert not is_in(client)
    assert not is_in(old)
    assert client.get(link).status_code == 410
    drain_queue()
    assert mail.outbox[-1].subject == "Kata sandi diganti"
    assert password_step(client, password=new).url == "/masuk/otp/"


def test_reset_link_dies_after_half_an_hour(client, siti, drain_queue, mail_text):
    link = reset_link(client, drain_queue, mail_text)
    # A number keeps the local time zone, in which Django stamps its tokens.
    with time_machine.travel(timezone.now().timestamp() + 30 * 60 + 2):
        assert client.get(link).status_code == 410


def test_foreign_host_never_reaches_a_mail(client, siti, drain_queue, mail_text):
    assert (
        client.post("/masuk/lupa/", {"email": "x@y.id"}, headers={"host": "evil.example"}).status_code == 400
    )


def test_throttled_owner_can_still_reset(client, siti, drain_queue, mail_text):
    for _try in range(6):
        password_step(client, password="salah")
    place = client.get(reset_link(client, drain_queue, mail_text)).url
    new = "kereta senja ke utara"
    client.post(place, {"password": new, "repeat": new})
    assert password_step(client, password=new).url == "/masuk/otp/"


def test_sign_out_is_a_post_and_kills_the_session(client, siti, sign_in):
    sign_in(client, siti)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/keluar/").status_code == 405
    response = client.post("/keluar/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    replay = Client()
    replay.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert not is_in(replay)


def test_wizard_data_is_checked(client, siti):
    assert client.post("/masuk/", {"auth-username": "x", "auth-password": "y"}).status_code == 400
    assert client.post("/masuk/", {"sign_in-current_step": "hacker"}).status_code < 500
