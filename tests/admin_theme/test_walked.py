"""What walking through the console by hand has found, so that it stays mended."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from accounts.models import User
from core.doors import clock
from core.models import MailText, OutgoingMail
from core.reference.models import Letterhead
from tests.admin_theme.cast import make_officer

pytestmark = pytest.mark.django_db


def test_no_page_shows_a_coloured_word_as_it_stands_in_the_code(rf: RequestFactory) -> None:
    """Unfold's labels are pairs of colour and word that only lists can draw."""
    request = rf.get("/admin/")
    request.user = make_officer("all", is_superuser=True)
    wrong = [
        f"{page}: {name}"
        for page in admin.site._registry.values()
        for name in page.get_readonly_fields(request)
        if getattr(getattr(page, name, None), "label", None)
    ]
    assert wrong == []


def test_a_failed_mail_is_told_in_words_on_its_page(
    client: Client, sign_in: Any, kartika: User, page_text: Any
) -> None:
    mail = OutgoingMail.objects.create(
        kind="accounts.password_changed",
        reference="1",
        dedupe_key="x",
        status="failed",
        next_attempt_at=clock.now(),
    )
    text = page_text(sign_in(client, kartika).get(f"/admin/core/outgoingmail/{mail.pk}/change/"))
    assert "Gagal" in text
    assert "('" not in text


def test_list_of_letterheads_says_which_one_documents_carry(
    client: Client, sign_in: Any, kartika: User, page_text: Any
) -> None:
    today = clock.today()
    Letterhead.objects.all().delete()
    words = {"directorate": "D", "service_name": "L", "address": "A"}
    for days, name in ((-900, "LAMA"), (-30, "KINI"), (30, "NANTI")):
        Letterhead.objects.create(ministry=name, valid_from=today + timedelta(days=days), **words)
    text = page_text(sign_in(client, kartika).get("/admin/reference/letterhead/"))
    assert f"Mulai {clock.short_date(today + timedelta(days=30))}" in text
    assert text.index("NANTI") < text.index("KINI") < text.index("Berlaku sekarang") < text.index("LAMA")
    assert text.count("Berlaku sekarang") == text.count("Dokumen lama") == 1


def test_preview_of_a_mail_is_a_note_and_no_mistake(
    client: Client, sign_in: Any, kartika: User, page_text: Any
) -> None:
    row = MailText.objects.create(kind="accounts.password_changed")
    address = f"/admin/core/mailtext/{row.pk}/change/"
    page = sign_in(client, kartika).get(address)
    form = page.context["adminform"].form
    typed = {name: form[name].value() for name in form.fields} | {"subject": "Kata baru"}
    shown = client.post(address, {**typed, "_preview": "1"})
    text = page_text(shown)
    assert "Pratinjau di bawah belum disimpan." in text
    assert "Kata baru" in text
    assert "errornote" not in shown.text
    row.refresh_from_db()
    assert row.subject == ""
