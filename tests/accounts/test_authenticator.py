"""The authenticator app of officers: setting up, signing in, recovery, replay, drift, throttle, reset (S-12, S-18)."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import authenticator, otp
from accounts.models import CodeDevice, SignInCode
from tests.accounts.authenticators import code_of, other_than, set_up
from tests.public_site.test_sign_in import code_step, last_code, password_step

pytestmark = pytest.mark.django_db
PAGE = "/admin/accounts/user/autentikator/"


def is_in(client):
    return client.get("/admin/").status_code == 200


def enrol(client, user):
    """The whole way over the page; returns the page with the recovery codes."""
    assert client.post(PAGE, {"do": "start"}).url == PAGE
    return client.post(PAGE, {"do": "confirm", "code": code_of(user)})


# --- setting up -----------------------------------------------------------------------------------


def test_officer_sets_the_app_up_and_sees_the_recovery_codes_once(
    client, sign_in, rina, page_text, drain_queue
):
    sign_in(client, rina)
    assert "Mulai" in page_text(client.get(PAGE))
    assert not TOTPDevice.objects.exists(), "looking at the page makes no secret"
    client.post(PAGE, {"do": "start"})
    page = client.get(PAGE)
    key = authenticator.key_text(TOTPDevice.objects.get())
    assert key in page_text(page)
    assert "data:image/svg+xml" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert not authenticator.is_asked_of(rina), "nothing is in force before the first code"
    shown = client.post(PAGE, {"do": "confirm", "code": code_of(rina)})
    codes = re.findall(r"<code>(\d{5} \d{5})</code>", shown.content.decode())
    assert len(set(codes)) == 10
    assert authenticator.is_asked_of(rina)
    again = client.get(PAGE).content.decode()
    assert not re.search(r"\d{5} \d{5}", again)
    assert key not in again
    drain_queue()
    assert mail.outbox[-1].subject == "Aplikasi autentikator dipasang"
    assert mail.outbox[-1].to == [rina.email]


def test_wrong_first_code_sets_nothing_up(client, sign_in, rina, page_text):
    sign_in(client, rina)
    client.post(PAGE, {"do": "start"})
    for typed, words in (
        ("", "Isi kode 6 angka"),
        ("12a", "Tulis kode 6 angka"),
        (other_than(code_of(rina)), "Kode tidak cocok"),
    ):
        response = client.post(PAGE, {"do": "confirm", "code": typed})
        assert response.status_code == 422
        assert words in page_text(response)
    assert not authenticator.is_asked_of(rina)


def test_other_sessions_end_when_the_app_is_set_up(client, sign_in, rina):
    from tests.accounts.test_user_admin import signed_in

    other = signed_in(sign_in, rina)
    sign_in(client, rina)
    enrol(client, rina)
    assert is_in(client)
    assert not is_in(other)


def test_secrets_stand_in_no_log_history_or_page(client, sign_in, rina, kartika, caplog):
    caplog.set_level(logging.DEBUG)
    sign_in(client, rina)
    shown = enrol(client, rina).content.decode()
    codes = re.findall(r"<code>(\d{5}) (\d{5})</code>", shown)
    device = TOTPDevice.objects.get()
    secrets = [
        device.key,
        authenticator.key_text(device).replace(" ", ""),
        *("".join(code) for code in codes),
    ]
    kept = "\n".join(LogEntry.objects.values_list("change_message", flat=True)) + caplog.text
    kept += "\n".join(StaticToken.objects.values_list("token", flat=True))
    sign_in(client, kartika)
    for url in ("", "history/", "change/"):
        kept += client.get(f"/admin/accounts/user/{rina.pk}/{url}").content.decode()
    assert not [secret for secret in secrets if secret in kept]
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


def test_applicants_have_no_such_page(client, sign_in, siti):
    assert sign_in(client, siti).get(PAGE).status_code == 404
    with pytest.raises(PermissionDenied):
        authenticator.begin(siti)


def test_setting_off_means_mailed_codes_for_everybody(client, rina, settings, page_text):
    set_up(rina)
    settings.OFFICER_TOTP = "off"
    password_step(client, "rina")
    assert code_step(client, last_code()).status_code == 302
    assert is_in(client)
    assert "tidak memakai aplikasi autentikator" in page_text(client.get(PAGE))


# --- signing in -----------------------------------------------------------------------------------


def test_app_replaces_the_mailed_code(client, rina, page_text):
    set_up(rina)
    assert password_step(client, "rina").url == "/masuk/otp/"
    assert not SignInCode.objects.exists(), "no mail is sent"
    assert "Buka aplikasi autentikator" in page_text(client.get("/masuk/otp/"))
    assert not is_in(client)
    assert code_step(client, code_of(rina)).url == "/admin/"
    assert is_in(client)


def test_code_is_not_taken_twice(client, rina):
    set_up(rina)
    code = code_of(rina)
    password_step(client, "rina")
    code_step(client, code)
    assert is_in(client)
    other = Client()
    password_step(other, "rina")
    assert code_step(other, code).status_code == 422
    assert not is_in(other)


def test_first_code_of_the_set_up_does_not_sign_in_as_well(client, sign_in, rina):
    sign_in(client, rina)
    client.post(PAGE, {"do": "start"})
    code = code_of(rina)
    client.post(PAGE, {"do": "confirm", "code": code})
    other = Client()
    password_step(other, "rina")
    assert code_step(other, code).status_code == 422


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clock_may_be_one_step_off(client, rina, steps, is_good):
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        set_up(rina)
    with time_machine.travel(timezone.now(), tick=False):
        password_step(client, "rina")
        code_step(client, code_of(rina, steps=steps))
        assert is_in(client) is is_good


def test_recovery_code_opens_once_and_the_owner_is_told(client, rina, page_text, drain_queue):
    codes = set_up(rina)
    password_step(client, "rina")
    assert code_step(client, codes[0]).status_code == 302
    assert "sisa 9 kode" in page_text(client.get("/admin/"))
    drain_queue()
    assert mail.outbox[-1].subject == "Kode pemulihan dipakai"
    assert "Sisa kode: 9" in mail.outbox[-1].body
    other = Client()
    password_step(other, "rina")
    assert code_step(other, codes[0]).status_code == 422
    assert not is_in(other)


def test_five_wrong_codes_end_the_attempt_and_three_attempts_lock_the_step(
    client, rina, page_text, drain_queue
):
    set_up(rina)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        for _attempt in range(3):
            password_step(client, "rina")
            for left in (4, 3, 2, 1):
                page = page_text(code_step(client, other_than(code_of(rina))))
                assert f"Sisa percobaan: {left}" in page
            ended = code_step(client, other_than(code_of(rina)))
            assert ended.url == "/masuk/"
        page = client.get(password_step(client, "rina").url)
        assert "Terlalu banyak kode OTP yang salah" in page_text(page)
        code_step(client, code_of(rina))
        assert not is_in(client)
    drain_queue()
    assert mail.outbox[-1].subject == "5 kali kode salah"


def test_many_browsers_share_one_budget(rina):
    """Four wrong codes each, so that no attempt is used up: the account's own count still locks the step."""
    set_up(rina)
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        judged = 0
        for _number in range(6):
            client = Client()
            password_step(client, "rina")
            for _try in range(4):
                page = code_step(client, other_than(code_of(rina))).content
                judged += b"Sisa percobaan" in page
        assert judged == 15
        client = Client()
        password_step(client, "rina")
        code_step(client, code_of(rina))
        assert not is_in(client)


def test_owner_is_told_of_guesses_spread_over_attempts_that_never_end(rina, drain_queue):
    """Four wrong codes, then a new attempt: no attempt is used up, yet the password is somebody else's."""
    set_up(rina)
    drain_queue()
    mail.outbox.clear()
    wrong = other_than(code_of(rina))
    for number in range(16):
        authenticator.check(rina, f"percobaan-{number // 4}", wrong)
    assert otp.locked_until(rina)
    drain_queue()
    assert [(letter.subject, letter.to) for letter in mail.outbox] == [("5 kali kode salah", [rina.email])]


def test_mail_instead_of_the_app_only_where_the_setting_allows(client, rina, settings, page_text):
    set_up(rina)
    password_step(client, "rina")
    assert client.post("/masuk/otp/kirim-ulang/", {"way": "mail"}).url == "/masuk/otp/"
    assert "Kami mengirim kode 6 angka" in page_text(client.get("/masuk/otp/"))
    settings.OFFICER_TOTP_MAIL_FALLBACK = False
    assert "Buka aplikasi autentikator" in page_text(client.get("/masuk/otp/"))
    assert code_step(client, last_code()).status_code == 422
    assert not is_in(client)
    settings.OFFICER_TOTP_MAIL_FALLBACK = True
    assert code_step(client, last_code()).status_code == 302
    assert is_in(client)


def test_mail_is_not_sent_where_it_is_not_allowed(client, rina, settings):
    settings.OFFICER_TOTP_MAIL_FALLBACK = False
    set_up(rina)
    password_step(client, "rina")
    client.post("/masuk/otp/kirim-ulang/", {"way": "mail"})
    assert not SignInCode.objects.exists()
    assert "Kirim kode ke email" not in client.get("/masuk/otp/").content.decode()


def test_officer_may_go_back_from_mail_to_the_app(client, rina):
    set_up(rina)
    password_step(client, "rina")
    client.post("/masuk/otp/kirim-ulang/", {"way": "mail"})
    client.post("/masuk/otp/kirim-ulang/", {"way": "app"})
    assert code_step(client, code_of(rina)).status_code == 302
    assert is_in(client)


# --- required -------------------------------------------------------------------------------------


def test_required_leads_to_setting_up_and_nowhere_else(client, rina, settings, page_text):
    settings.OFFICER_TOTP = "required"
    settings.OFFICER_TOTP_MAIL_FALLBACK = False
    password_step(client, "rina")
    assert code_step(client, last_code()).status_code == 302
    for url in ("/admin/", "/admin/requests_app/datarequest/", "/akun/perangkat/", "/akun/kata-sandi/", "/"):
        assert client.get(url).url == PAGE, url
    assert client.post("/admin/requests_app/datarequest/ambil/").url == PAGE
    assert "Sebelum bekerja, pasang dahulu" in page_text(client.get(PAGE))
    enrol(client, rina)
    assert is_in(client)


def test_required_binds_officers_only(client, sign_in, siti, settings):
    settings.OFFICER_TOTP = "required"
    assert sign_in(client, siti).get("/permohonan/").status_code == 200


def test_required_costs_no_query_once_the_app_is_in_use(client, rina, settings, django_assert_num_queries):
    settings.OFFICER_TOTP = "required"
    rina.otp_device = TOTPDevice(user=rina)
    with django_assert_num_queries(0):
        assert not authenticator.must_set_up(rina)


# --- taking off -----------------------------------------------------------------------------------


def test_officer_takes_the_app_off_and_stays_signed_in(client, sign_in, rina, drain_queue):
    sign_in(client, rina)
    enrol(client, rina)
    assert client.post(PAGE, {"do": "remove"}).url == PAGE
    assert is_in(client)
    assert not TOTPDevice.objects.exists()
    assert not StaticToken.objects.exists()
    drain_queue()
    assert mail.outbox[-1].subject == "Aplikasi autentikator dilepas"


def test_new_recovery_codes_end_the_old_ones(client, sign_in, rina, drain_queue):
    sign_in(client, rina)
    enrol(client, rina)
    old = set(StaticToken.objects.values_list("token", flat=True))
    page = client.post(PAGE, {"do": "codes"}).content.decode()
    assert len(re.findall(r"<code>\d{5} \d{5}</code>", page)) == 10
    assert not old & set(StaticToken.objects.values_list("token", flat=True))
    drain_queue()
    assert mail.outbox[-1].subject == "Kode pemulihan dibuat ulang"


def test_admin_resets_a_colleagues_app(client, sign_in, rina, kartika, page_text, drain_queue):
    from tests.accounts.test_user_admin import signed_in

    set_up(rina)
    browser = signed_in(sign_in, rina)
    sign_in(client, kartika)
    button = f"/admin/accounts/user/{rina.pk}/reset-authenticator/"
    assert client.get(button).status_code == 200
    assert client.post(button).status_code == 302
    assert not TOTPDevice.objects.exists()
    assert not is_in(browser)
    history = page_text(client.get(f"/admin/accounts/user/{rina.pk}/history/"))
    assert "Aplikasi autentikator diatur ulang" in history
    drain_queue()
    assert mail.outbox[-1].subject == "Aplikasi autentikator dilepas"
    fresh = Client()
    password_step(fresh, "rina")
    code_step(fresh, last_code())
    assert is_in(fresh)


def test_only_admins_reset_and_never_their_own(rina, budi, kartika):
    set_up(rina)
    set_up(kartika)
    with pytest.raises(PermissionDenied):
        authenticator.reset(rina.pk, by=budi)
    with pytest.raises(ValidationError):
        authenticator.reset(kartika.pk, by=kartika)
    assert TOTPDevice.objects.count() == 2


def test_session_of_a_removed_app_opens_nothing(client, rina):
    set_up(rina)
    password_step(client, "rina")
    code_step(client, code_of(rina))
    TOTPDevice.objects.all().delete()
    assert not is_in(client)


def test_mailed_code_of_somebody_without_an_app_still_works(client, budi):
    password_step(client, "budi")
    code_step(client, last_code())
    assert is_in(client)
    assert CodeDevice.objects.filter(user=budi).exists()


@pytest.mark.parametrize("word", ["offf", "", "on"])
def test_misspelt_policy_is_refused_at_the_start(settings, word):
    from core.checks import check_officer_totp

    settings.OFFICER_TOTP = word
    assert [found.id for found in check_officer_totp(None)] == ["core.E005"]
