"""Asked again before weighty deeds: when, by what, throttled, recorded, and nothing typed is lost (S-12)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import IdentityCheck, User
from core.rules.models import WorkRules
from requests_app.models import Status
from tests.accounts.authenticators import code_of, other_than, set_up
from tests.factories import PASSWORD, make_registration
from tests.public_site.test_sign_in import code_step, last_code, password_step
from tests.public_site.test_sign_in import other_than as other_code
from tests.requests_app import results

pytestmark = pytest.mark.django_db
ANSWER = "identity_answer"


@pytest.fixture
def waiting(siti, budi, rina, agreement, catalogue):
    """A request that waits for Ratna's approval."""
    request = results.make_request(
        siti,
        status=Status.AWAITING_APPROVAL,
        approved_at=None,
        agreement=agreement,
        verified_by=budi,
        processed_by=rina,
    )
    results.add_row(request, catalogue["paspor"], results.ASKED, by=rina)
    return request


def make_old(client, minutes=11):
    """The last confirmation of this session lies so far back."""
    session = client.session
    session["confirmed_at"] = int((timezone.now() - timedelta(minutes=minutes)).timestamp())
    session.save()
    return client


def approve_url(request):
    return f"/admin/requests_app/datarequest/{request.pk}/approve/"


def status_of(request):
    return type(request).objects.get(pk=request.pk).status


def test_fresh_sign_in_counts_as_confirmation(client, sign_in, ratna, waiting):
    sign_in(client, ratna)
    assert client.post(approve_url(waiting)).status_code == 302
    assert status_of(waiting) == Status.ISSUING
    assert not IdentityCheck.objects.exists()


def test_signing_in_for_real_marks_the_session(client, ratna, waiting):
    password_step(client, "ratna")
    code_step(client, last_code())
    assert client.post(approve_url(waiting)).status_code == 302
    assert status_of(waiting) == Status.ISSUING


def test_stolen_session_cannot_approve_after_ten_minutes(client, sign_in, ratna, waiting, page_text):
    make_old(sign_in(client, ratna))
    page = client.get(approve_url(waiting))
    assert "tunjukkan sekali lagi bahwa ini Anda" in page_text(page)
    for answer in ({}, {ANSWER: ""}, {ANSWER: "salah"}, {"confirmed_at": "9999999999"}):
        response = client.post(approve_url(waiting), answer)
        assert response.status_code in (403, 422)
        assert status_of(waiting) == Status.AWAITING_APPROVAL
    assert IdentityCheck.objects.filter(passed=False, user=ratna).count() == 1


def test_asked_on_the_page_that_asks_and_then_not_again(client, sign_in, ratna, waiting, page_text):
    make_old(sign_in(client, ratna))
    client.get(approve_url(waiting))
    response = client.post(approve_url(waiting), {ANSWER: PASSWORD, "identity_then": "page"})
    assert response.url == approve_url(waiting)
    assert status_of(waiting) == Status.AWAITING_APPROVAL, "confirming alone decides nothing"
    assert "nomor dokumen diberikan" in page_text(client.get(response.url))
    assert client.post(approve_url(waiting)).status_code == 302
    assert status_of(waiting) == Status.ISSUING
    check = IdentityCheck.objects.get()
    assert (check.user, check.way, check.passed) == (ratna, "password", True)
    assert check.deed == "Setujui dan terbitkan"


def test_what_was_typed_is_carried_along_when_the_time_ran_out(client, sign_in, ratna, waiting):
    """The dialog was opened in time and sent too late: the note comes through with the confirmation."""
    make_old(sign_in(client, ratna))
    page = client.post(approve_url(waiting), {"note": 'Sudah "diperiksa" <ulang>'})
    assert page.status_code == 403
    hidden = dict(page.context["kept"])
    assert hidden == {"note": 'Sudah "diperiksa" <ulang>'}
    assert "&lt;ulang&gt;" in page.content.decode()
    wrong = client.post(approve_url(waiting), {**hidden, ANSWER: "salah"})
    hidden = dict(wrong.context["kept"])
    assert client.post(approve_url(waiting), {**hidden, ANSWER: PASSWORD}).status_code == 302
    assert status_of(waiting) == Status.ISSUING
    event = waiting.events.get(verb="approve")
    assert event.note == 'Sudah "diperiksa" <ulang>'


def test_dialog_of_the_console_asks_in_place(client, sign_in, ratna, waiting):
    make_old(sign_in(client, ratna))
    htmx = {"HX-Request": "true"}
    page = client.get(approve_url(waiting), headers=htmx).content.decode()
    assert page.strip().startswith('<div id="dialog"')
    assert 'id="dialog-form"' in page
    assert f'hx-post="{approve_url(waiting)}"' in page
    refused = client.post(approve_url(waiting), {ANSWER: "salah"}, headers=htmx)
    assert refused.status_code == 200, "htmx shows only answers that went well"
    assert status_of(waiting) == Status.AWAITING_APPROVAL
    done = client.post(approve_url(waiting), {ANSWER: PASSWORD}, headers=htmx)
    assert "HX-Redirect" in done.headers
    assert status_of(waiting) == Status.ISSUING


def test_officer_with_the_app_shows_its_code_and_not_the_password(client, sign_in, ratna, waiting, page_text):
    set_up(ratna)
    make_old(sign_in(client, ratna))
    assert "Kode autentikator" in page_text(client.get(approve_url(waiting)))
    assert client.post(approve_url(waiting), {ANSWER: PASSWORD}).status_code == 422
    code = code_of(ratna)
    assert client.post(approve_url(waiting), {ANSWER: other_than(code)}).status_code == 422
    assert status_of(waiting) == Status.AWAITING_APPROVAL
    assert client.post(approve_url(waiting), {ANSWER: code}).status_code == 302
    assert status_of(waiting) == Status.ISSUING
    make_old(client)
    again = client.get(f"/admin/requests_app/datarequest/{waiting.pk}/approve/")
    assert again.status_code in (200, 302)


def test_code_of_the_app_confirms_once_only(client, sign_in, kartika, rina):
    set_up(kartika)
    code = code_of(kartika)
    url = f"/admin/accounts/user/{rina.pk}/deactivate/"
    make_old(sign_in(client, kartika))
    assert client.post(url, {ANSWER: code, "identity_then": "page"}).status_code == 302
    make_old(client)
    assert client.post(url, {ANSWER: code, "identity_then": "page"}).status_code == 422


def test_code_by_mail_instead_of_the_password(client, sign_in, ratna, waiting, page_text):
    make_old(sign_in(client, ratna))
    page = client.post(approve_url(waiting), {"note": "Catatan", "identity_send": ""})
    assert "Kode 6 angka sudah dikirim ke email Anda" in page_text(page)
    code = last_code()
    assert client.post(approve_url(waiting), {ANSWER: other_code(code)}).status_code == 422
    assert client.post(approve_url(waiting), {"note": "Catatan", ANSWER: code}).status_code == 302
    assert status_of(waiting) == Status.ISSUING
    assert waiting.events.get(verb="approve").note == "Catatan"
    assert IdentityCheck.objects.get(passed=True).way == "mail"


def test_mailed_code_belongs_to_the_session_that_asked(client, sign_in, ratna, waiting):
    make_old(sign_in(client, ratna))
    client.post(approve_url(waiting), {"identity_send": ""})
    other = make_old(sign_in(Client(), ratna))
    assert other.post(approve_url(waiting), {ANSWER: last_code()}).status_code == 422
    assert status_of(waiting) == Status.AWAITING_APPROVAL


def test_no_mail_for_whoever_has_the_app_where_that_is_not_allowed(client, sign_in, ratna, waiting, settings):
    settings.OFFICER_TOTP_MAIL_FALLBACK = False
    set_up(ratna)
    make_old(sign_in(client, ratna))
    client.post(approve_url(waiting), {"identity_send": ""})
    assert not mail.outbox


def test_guessing_is_throttled(client, sign_in, ratna, waiting, page_text):
    make_old(sign_in(client, ratna))
    for _try in range(5):
        client.post(approve_url(waiting), {ANSWER: "salah"})
    response = client.post(approve_url(waiting), {ANSWER: PASSWORD})
    assert "Terlalu banyak percobaan. Coba lagi pukul" in page_text(response)
    assert status_of(waiting) == Status.AWAITING_APPROVAL
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        session = client.session
        session["seen_at"] = int(timezone.now().timestamp())
        session.save()
        assert client.post(approve_url(waiting), {ANSWER: PASSWORD}).status_code == 302


def test_export_is_refused_until_confirmed(client, sign_in, kartika):
    url = "/admin/accounts/user/export/"
    form = {"format": "0", "resource": "", "export_items": []}
    make_old(sign_in(client, kartika))
    assert "tunjukkan sekali lagi" in client.get(url).content.decode()
    refused = client.post(url, form)
    assert refused.status_code == 403
    assert "attachment" not in refused.headers.get("Content-Disposition", "")
    assert client.post(url, {ANSWER: PASSWORD, "identity_then": "page"}).url == url
    assert "attachment" in client.post(url, form).headers["Content-Disposition"]


def test_workbook_of_the_bench_leaves_only_after_confirming(client, sign_in, rina, siti, catalogue):
    request = results.make_request(siti, status=Status.PROCESSING, approved_at=None, assignee=rina)
    results.add_row(request, catalogue["paspor"], results.ASKED, outcome="pending")
    url = "/admin/requests_app/datarequest/meja-jawab/buku-kerja/?layanan=paspor"
    make_old(sign_in(client, rina))
    refused = client.get(url)
    assert "attachment" not in refused.headers.get("Content-Disposition", "")
    assert client.post(url, {ANSWER: PASSWORD, "identity_then": "page"}).url == url
    assert "attachment" in client.get(url).headers["Content-Disposition"]


def test_roles_are_changed_only_after_confirming(client, sign_in, kartika, rina):
    url = f"/admin/accounts/user/{rina.pk}/change/"
    group = Group.objects.get(name="Penyetuju")
    form = {"full_name": rina.full_name, "email": rina.email, "is_staff": "on", "groups": [group.pk]}
    make_old(sign_in(client, kartika))
    assert "identity_answer" not in client.get(url).content.decode(), "looking is free"
    refused = client.post(url, form)
    assert refused.status_code == 403
    assert group not in User.objects.get(pk=rina.pk).groups.all()
    kept: dict[str, list[str]] = {}
    for name, value in refused.context["kept"]:
        kept.setdefault(name, []).append(value)
    assert client.post(url, {**kept, ANSWER: PASSWORD}).status_code == 302
    assert list(User.objects.get(pk=rina.pk).groups.all()) == [group]


def test_account_is_opened_for_an_agency_only_after_confirming(client, sign_in, budi):
    """Approving a registration gives somebody a way in: no less than an approval."""
    registration = make_registration(agency_name="KEMENTERIAN CONTOH")
    url = f"/admin/accounts/registration/{registration.pk}/approve/"
    ticks = dict.fromkeys(("letterhead", "employee_number", "agreement", "email"), "on")
    form = {**ticks, "agency_name": "KEMENTERIAN CONTOH", "agency_code": "KEMCON"}
    make_old(sign_in(client, budi))
    assert client.post(url, form).status_code == 403
    assert not User.objects.filter(username="KEMCON_001").exists()
    assert client.post(url, {**form, ANSWER: PASSWORD}).status_code == 302
    assert User.objects.filter(username="KEMCON_001").exists()


def test_rules_of_work_are_changed_only_after_confirming(client, sign_in, kartika):
    """They say when requests are destroyed and when one approval is enough."""
    rules, _created = WorkRules.objects.get_or_create(pk=1)
    url = f"/admin/rules/workrules/{rules.pk}/change/"
    make_old(sign_in(client, kartika))
    page = client.get(url)
    form = {
        name: value for name, value in page.context["adminform"].form.initial.items() if value is not None
    }
    form |= {"data_days": "30"}
    refused = client.post(url, form)
    assert refused.status_code == 403
    assert WorkRules.objects.get().data_days == 365
    assert client.post(url, {**dict(refused.context["kept"]), ANSWER: PASSWORD}).status_code == 302
    assert WorkRules.objects.get().data_days == 30


def test_several_accounts_are_shut_only_after_confirming(client, sign_in, kartika, rina, budi):
    make_old(sign_in(client, kartika))
    form = {
        "action": "bulk_deactivate",
        "_selected_action": [rina.pk, budi.pk],
        "bulk_confirmed": "1",
        "reason": "Pindah tugas",
    }
    refused = client.post("/admin/accounts/user/", form)
    assert refused.status_code == 403
    assert User.objects.filter(pk__in=[rina.pk, budi.pk], is_active=True).count() == 2
    assert client.post("/admin/accounts/user/", {**form, ANSWER: PASSWORD}).status_code == 302
    assert not User.objects.filter(pk__in=[rina.pk, budi.pk], is_active=True).exists()


def test_setting_up_the_app_asks_again(client, sign_in, rina):
    """A stolen session must not give itself a second factor."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    make_old(sign_in(client, rina))
    assert client.post("/admin/accounts/user/autentikator/", {"do": "start"}).status_code == 403
    assert not TOTPDevice.objects.exists()
    answer = {"do": "start", ANSWER: PASSWORD}
    assert client.post("/admin/accounts/user/autentikator/", answer).status_code == 302
    assert TOTPDevice.objects.exists()


def test_secret_left_waiting_is_neither_shown_to_a_stolen_session_nor_taken_into_use_by_it(
    client, sign_in, rina, page_text
):
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from accounts import authenticator

    page = "/admin/accounts/user/autentikator/"
    key = authenticator.key_text(authenticator.begin(rina))
    make_old(sign_in(client, rina))
    shown = client.get(page)
    assert key not in page_text(shown)
    assert "data:image/svg+xml" not in shown.content.decode()
    form = {"do": "confirm", "code": code_of(rina)}
    assert client.post(page, form).status_code == 403
    assert not TOTPDevice.objects.filter(confirmed=True).exists()
    assert client.post(page, {**form, ANSWER: PASSWORD}).status_code == 200
    assert TOTPDevice.objects.filter(confirmed=True).exists()


def test_answer_pressed_twice_opens_the_page_and_decides_nothing(client, sign_in, ratna, waiting):
    """The second press arrives when the person is confirmed already: what it wanted was the page."""
    make_old(sign_in(client, ratna))
    assert "identity_then" in client.get(approve_url(waiting)).content.decode()
    answer = {ANSWER: PASSWORD, "identity_then": "page"}
    for _press in range(2):
        assert client.post(approve_url(waiting), answer).url == approve_url(waiting)
    assert client.post(approve_url(waiting), {"identity_send": "", "identity_then": "page"}).url
    assert status_of(waiting) == Status.AWAITING_APPROVAL
    assert client.post(approve_url(waiting)).status_code == 302
    assert status_of(waiting) == Status.ISSUING


def test_time_is_a_setting(client, sign_in, ratna, waiting, settings):
    settings.SUDO = timedelta(minutes=30)
    make_old(sign_in(client, ratna))
    assert client.post(approve_url(waiting)).status_code == 302


def test_deed_that_is_not_possible_says_so_without_asking(client, sign_in, rina, waiting, page_text):
    """Whoever may not approve is not asked for a password first."""
    make_old(sign_in(client, rina))
    assert "tunjukkan sekali lagi" not in page_text(client.get(approve_url(waiting)))


def test_session_from_before_this_rule_is_asked(client, sign_in, ratna, waiting):
    sign_in(client, ratna)
    session = client.session
    del session["confirmed_at"]
    session.save()
    assert client.post(approve_url(waiting)).status_code == 403


def test_confirmations_are_never_changed(ratna):
    check = IdentityCheck.objects.create(user=ratna, way="password", deed="Uji", passed=False)
    check.passed = True
    with pytest.raises(DatabaseError), transaction.atomic():
        check.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        check.delete()


def test_auditor_reads_the_confirmations(client, sign_in, umar, ratna, rina, page_text):
    IdentityCheck.objects.create(user=ratna, way="password", deed="Setujui dan terbitkan", passed=False)
    page = page_text(sign_in(client, umar).get("/admin/accounts/identitycheck/"))
    assert "Ratna Wulandari" in page
    assert "Gagal" in page
    assert sign_in(client, rina).get("/admin/accounts/identitycheck/").status_code == 403
