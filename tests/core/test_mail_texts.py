"""Mail texts of administrators: checked, rendered without executing anything, tried, taken back; defaults complete."""

import inspect
import re
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core import mail as outbox
from django.utils.translation import override

from accounts import operations as accounts
from core import mail_texts
from core.doors import mail
from core.models import MailText

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST = "/admin/core/mailtext/"
#: Built for officers from lists that have no fixed wording.
NOT_EDITABLE = {"core.sample"}


@pytest.fixture
def page(client, sign_in, kartika):
    """``page(kind)``: Kartika's browser and the address of the kind's form."""
    sign_in(client, kartika)
    client.get(LIST)
    return lambda kind: f"{LIST}{MailText.objects.get(kind=kind).pk}/change/"


def form_data(client, url, **changes):
    form = client.get(url).context["adminform"].form
    return {name: form[name].value() for name in form.fields} | changes


def test_every_mail_is_declared():
    """Each builder of each app has its line among the texts."""
    built = {
        f"{owner}.{name}"
        for owner, path in settings.MAIL_BUILDERS.items()
        for name, value in vars(import_module(path)).items()
        if inspect.isfunction(value)
        and value.__module__ == path
        and list(inspect.signature(value).parameters) == ["reference"]
        and not name.startswith("_")
    }
    assert sorted(built - set(mail_texts.kinds()) - NOT_EDITABLE) == []


@pytest.mark.parametrize("language", ["id", "en"])
def test_own_texts_hold_their_names(language):
    """Our own text of each kind passes the check that administrators' texts must pass."""
    with override(language):
        wrong = {}
        for name, kind in mail_texts.kinds().items():
            subject, body = kind.default_text()
            if faults := mail_texts.check(kind, subject, body):
                wrong[name] = faults
            assert subject.strip()
            assert body.strip()
    assert wrong == {}


def test_edited_text_is_sent_at_once(client, page, siti, drain_queue, kartika, page_text):
    url = page("accounts.roles_changed")
    data = form_data(client, url, subject="Hak {username} lain", body="Halo {nama}.\n\nTanya: {kontak}")
    assert client.post(url, data).status_code == 302
    accounts.rights_changed(siti.pk)
    drain_queue()
    message = outbox.outbox[-1]
    assert message.subject == "Hak BADANIT_001 lain"
    assert "Halo Siti Aminah." in message.body
    html = message.alternatives[0][0]
    assert re.search(r'<a href="(\S+/hubungi-kami/)">\1</a>', html)
    entry = LogEntry.objects.latest("pk")
    assert "Hak {username} lain" in entry.change_message
    text = page_text(client.get(LIST))
    assert "Hak {username} lain" in text


def test_person_reads_mails_in_the_chosen_language(client, sign_in, siti, drain_queue):
    sign_in(client, siti).post("/bahasa/setlang/", {"language": "en", "next": "/"})
    siti.refresh_from_db()
    assert siti.language == "en"
    MailText.objects.create(kind="accounts.roles_changed", subject="Hak", body="Hak {nama}")
    accounts.rights_changed(siti.pk)
    drain_queue()
    assert "Hak Siti" not in outbox.outbox[-1].body
    MailText.objects.update(subject_en="Your rights", body_en="Dear {nama}, other rights.")
    accounts.rights_changed(siti.pk)
    drain_queue()
    assert "Dear Siti Aminah, other rights." in outbox.outbox[-1].body


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Kode {kode} dan {sandi}", "Nama tidak dikenal: {sandi}"),
        ("Kode {kode.__class__}", "Nama tidak dikenal: {kode.__class__}"),
        ("Kode {kode!r:>99999999}", "Nama tidak dikenal"),
        ("Kode {kode} {", "kurung kurawal tanpa pasangan"),
        ("Kode {{kode}}", "kurung kurawal tanpa pasangan"),
        ("Tanpa kode", "harus memuat {kode}"),
    ],
)
def test_unknown_missing_and_stray_names_are_refused(client, page, page_text, body, words):
    url = page("accounts.sign_in_code")
    response = client.post(url, form_data(client, url, body=body))
    assert response.status_code == 200
    assert words in page_text(response)
    assert not MailText.objects.exclude(body="").exists()


def test_nothing_in_a_text_or_a_value_is_executed():
    kind = mail_texts.kinds()["accounts.roles_changed"]
    values = kind.examples() | {"nama": "<script>{username}</script>{% now %}"}
    subject, text, html = mail_texts.layout("Hal {nama}", "<b>{nama}</b>\n{{ nama }} {% now 'Y' %}", values)
    assert subject == "Hal <script>{username}</script>{% now %}"
    assert "<script>" not in html
    assert "&lt;b&gt;&lt;script&gt;{username}&lt;/script&gt;{% now %}&lt;/b&gt;" in html
    assert "{% now" in text
    assert "BADANIT_001" not in html


def test_subject_cannot_carry_another_header(siti):
    MailText.objects.create(kind="accounts.roles_changed", subject="Hal {nama}", body="{nama}")
    siti.full_name = "Siti\r\nBcc: musuh@example.org"
    siti.save()
    message = mail.build("accounts.roles_changed", str(siti.pk))
    assert message is not None
    assert "\n" not in message.subject
    assert "Bcc" not in message.message()


def test_preview_shows_what_is_typed_and_saves_nothing(client, page, page_text):
    url = page("accounts.sign_in_code")
    response = client.post(
        url, form_data(client, url, body="Kode Anda:\n\n{kode}", subject="Kode {kode}", _preview="1")
    )
    assert response.status_code == 200
    previews = response.context["previews"]
    assert previews[0]["subject"] == "Kode 123456"
    assert '<font size="6"><b>123456</b></font>' in previews[0]["html"]
    assert "belum disimpan" in page_text(response)
    assert not MailText.objects.exclude(body="").exists()
    assert 'sandbox title="Kode 123456" srcdoc="' in response.content.decode()


def test_sample_goes_to_oneself_with_example_values(client, page, kartika, drain_queue):
    url = page("requests.completed")
    client.post(url, form_data(client, url, body="Selesai {nomor}: {tautan}"))
    button = url.replace("/change/", "/sample/")
    assert client.post(button, {"language": "id"}).status_code == 302
    drain_queue()
    message = outbox.outbox[-1]
    assert message.to == [kartika.email]
    assert message.subject.startswith("Contoh: ")
    assert "Selesai PD-20260105-0001" in message.body


def test_own_text_comes_back_and_the_change_is_recorded(client, page):
    url = page("requests.completed")
    client.post(url, form_data(client, url, subject="Sudah {nomor}"))
    assert MailText.objects.get(kind="requests.completed").subject == "Sudah {nomor}"
    assert client.post(url.replace("/change/", "/reset/")).status_code == 302
    assert MailText.objects.get(kind="requests.completed").subject == ""
    assert "Sudah {nomor}" in LogEntry.objects.latest("pk").change_message


def test_saving_our_own_words_keeps_them_ours(client, page):
    url = page("accounts.new_device")
    assert client.post(url, form_data(client, url)).status_code == 302
    assert MailText.objects.get(kind="accounts.new_device").body == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(mail_texts.kinds()))
def test_each_form_opens(client, page, kind):
    assert client.get(page(kind)).status_code == 200


def test_only_administrators_edit(client, sign_in, umar, budi, page):
    url = page("accounts.new_device")
    auditor = sign_in(client, umar)
    assert auditor.get(url).status_code == 200
    assert auditor.post(url, {"subject": "x"}).status_code == 403
    assert sign_in(client, budi).get(LIST).status_code == 403
