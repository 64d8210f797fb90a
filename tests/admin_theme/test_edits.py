"""Two editors of one page: the second save is refused with who and when, keeps what was typed, and may be decided."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.catalogue import operations as catalogue_operations
from core.catalogue.models import Service
from core.models import MailText
from core.reference.models import Letterhead
from core.rules.models import Reason, WorkRules
from public_site.hub.models import GuideFact, Hub, Sop
from public_site.models import Faq, Guide, Page, SiteContact
from requests_app.models import SavedReply
from tests.factories import make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

REFUSED = "Belum disimpan: halaman ini diubah oleh Dewi Lestari pada"


@pytest.fixture
def both(sign_in: Any, base_data: None) -> tuple[Client, Client]:
    """The browsers of two people who may edit everything: Dewi and Eka."""

    def person(name: str) -> Client:
        officer = make_officer(name.split()[0].lower(), full_name=name, is_superuser=True)
        return sign_in(Client(), officer)

    return person("Dewi Lestari"), person("Eka Putra")


def typed(page: Any) -> dict[str, Any]:
    """What a browser would send for a form as it was shown, its mark included."""
    context = page.context
    lines: dict[str, Any] = {"_shown": context["shown_mark"]}
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.initial_forms]
    for form in forms:
        for name in form.fields:
            value = form[name].value()
            if value is not None and value is not False and not isinstance(value, FieldFile):
                lines[form.add_prefix(name)] = "on" if value is True else value
    return lines


def draft_of_service() -> Service:
    dewi = User.objects.get(username="dewi")
    return catalogue_operations.start_draft(Service.objects.get(key="paspor").pk, by=dewi)


def question(slug: str = "lama-proses") -> Faq:
    return Faq.objects.create(slug=slug, question=f"Berapa lama? ({slug})", answer="Lima hari kerja.")


def guide() -> Guide:
    return Guide.objects.create(
        title="Panduan", slug="panduan", body="Isi", file="guides/panduan.pdf", issued_on=date(2026, 1, 2)
    )


def hub() -> Hub:
    found = Hub.objects.create(slug="uji", name="Kantor Uji", address="Jalan Uji 1", hours="08.00")
    for order, label in enumerate(("Antrean", "Paspor")):
        found.links.create(kind="whatsapp", label=label, order=order)
    return found


def sop() -> Sop:
    texts = dict.fromkeys(
        ("unit_lines", "equipment", "legal_bases", "qualifications", "warning", "recording"), "Isi"
    )
    days = {"made_on": date(2026, 1, 2), "effective_on": date(2026, 1, 3)}
    people = {"signer_title": "Kepala", "signer_name": "Ibu Kepala"}
    return Sop.objects.create(hub=hub(), number="SOP-1", name="Layanan", **texts, **days, **people)


def letterhead() -> Letterhead:
    return Letterhead.objects.create(
        valid_from=date(2026, 1, 2),
        ministry="KEMENTERIAN",
        directorate="DIREKTORAT",
        service_name="LAYANAN",
        address="Jalan Uji 1",
    )


def contact() -> SiteContact:
    return SiteContact.objects.create(
        address="Jalan Uji 1", email="uji@imigrasi.example", whatsapp="6281214157060", hours="08.00"
    )


CONTENT: dict[str, tuple[Callable[[], Model], str]] = {
    "faq": (question, "answer"),
    "page": (lambda: Page.objects.create(slug="privasi", title="Privasi", body="Isi"), "body"),
    "contact": (contact, "hours"),
    "guide": (guide, "summary"),
    "hub": (hub, "intro"),
    "sop": (sop, "warning"),
    "fact": (lambda: GuideFact.objects.create(key="biaya", label="Biaya", value="Rp 1"), "source"),
    "letterhead": (letterhead, "ministry"),
    "mail text": (lambda: MailText.objects.create(kind="accounts.password_changed"), "subject"),
    "service draft": (draft_of_service, "description"),
    "service column": (lambda: draft_of_service().fields.all()[0], "help"),
    "saved reply": (lambda: SavedReply.objects.create(title="Salam", text="Salam", text_en="Dear"), "text"),
    "reason": (lambda: Reason.objects.all()[0], "text"),
    "rules": (lambda: WorkRules.objects.get_or_create(pk=1)[0], "correction_reminders"),
}


def address_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize("name", CONTENT)
def test_the_second_save_is_refused_and_keeps_what_was_typed(both: Any, name: str, page_text: Any) -> None:
    dewi, eka = both
    make, column = CONTENT[name]
    row = make()
    address = address_of(row)
    first, second = typed(dewi.get(address)), typed(eka.get(address))
    words = ("4, 2", "3, 1") if name == "rules" else ("Kata Dewi yang baru", "Kata Eka yang lain")
    saved = dewi.post(address, {**first, column: words[0]})
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    refused = eka.post(address, {**second, column: words[1]})
    assert refused.status_code == 200
    assert REFUSED in page_text(refused)
    assert words[1] in refused.text
    row = type(row)._base_manager.get(pk=row.pk)
    assert getattr(row, column) == words[0]
    # Pressed once more without a decision it is refused again.
    again = {**second, column: words[1], "_shown": refused.context["shown_mark"]}
    assert REFUSED in page_text(eka.post(address, again))
    # A form opened afterwards saves, and so does the decision to replace what Dewi wrote.
    kept = eka.post(address, {**again, "_replaced": refused.context["newer_mark"]})
    assert kept.status_code == 302, kept.context["errors"]
    row.refresh_from_db()
    assert getattr(row, column) == words[1]


def test_a_decision_holds_for_the_content_it_was_made_about(both: Any, page_text: Any) -> None:
    dewi, eka = both
    row = question()
    address = address_of(row)
    first, second = typed(dewi.get(address)), typed(eka.get(address))
    dewi.post(address, {**first, "answer": "Satu"})
    newer = eka.post(address, {**second, "answer": "Lain"}).context["newer_mark"]
    dewi.post(address, {**typed(dewi.get(address)), "answer": "Dua"})
    refused = eka.post(address, {**second, "answer": "Lain", "_replaced": newer})
    assert REFUSED in page_text(refused)
    row.refresh_from_db()
    assert row.answer == "Dua"


def test_a_line_added_by_somebody_else_counts_as_a_change(both: Any, page_text: Any) -> None:
    _dewi, eka = both
    page = hub()
    address = address_of(page)
    before = typed(eka.get(address))
    link = page.links.all()[0]
    link.label = "Tulisan baru"
    link.save()
    text = page_text(eka.post(address, {**before, "intro": "Lain"}))
    assert "Belum disimpan: isi halaman ini sudah berubah sejak Anda membukanya." in text


def test_the_same_person_saves_twice_in_a_row(both: Any) -> None:
    dewi, _eka = both
    address = address_of(question())
    for answer in ("Satu", "Dua"):
        assert dewi.post(address, {**typed(dewi.get(address)), "answer": answer}).status_code == 302


def test_a_form_from_before_there_were_marks_saves(both: Any) -> None:
    dewi, _eka = both
    row = question()
    lines = typed(dewi.get(address_of(row)))
    del lines["_shown"]
    assert dewi.post(address_of(row), {**lines, "answer": "Satu"}).status_code == 302


def test_reading_a_form_costs_no_query_for_its_mark(both: Any, django_assert_max_num_queries: Any) -> None:
    dewi, _eka = both
    address = address_of(question())
    dewi.get(address)
    with django_assert_max_num_queries(12):
        dewi.get(address)


def test_saving_locks_the_row_before_it_is_read(both: Any, django_assert_max_num_queries: Any) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite locks the whole database when a transaction begins")
    dewi, _eka = both
    row = question()
    lines = typed(dewi.get(address_of(row)))
    with django_assert_max_num_queries(40) as made:
        dewi.post(address_of(row), {**lines, "answer": "Satu"})
    touching = [query["sql"] for query in made.captured_queries if '"public_site_faq"' in query["sql"]]
    assert "FOR UPDATE" in touching[0]


# --- lists with editable columns ---


def listed(page: Any) -> dict[str, Any]:
    """What a browser would send for a list as it was shown."""
    formset = page.context["cl"].formset
    lines: dict[str, Any] = {"_save": "1"}
    for form in [formset.management_form, *formset.forms]:
        for name, column in form.fields.items():
            value = form[name].value()
            if column.show_hidden_initial:
                lines[form.add_initial_prefix(name)] = "" if value is None else str(value)
            if value is not None and value is not False:
                lines[form.add_prefix(name)] = "on" if value is True else value
    return lines


LIST = "/admin/public_site/faq/"


def prefix_of(lines: dict[str, Any], row: Faq) -> str:
    found = next(key for key, value in lines.items() if key.endswith("-id") and str(value) == str(row.pk))
    return found.removesuffix("-id")


def test_a_list_saves_only_what_was_changed_in_it(both: Any) -> None:
    _dewi, eka = both
    row, other = question(), question("lain")
    page = eka.get(LIST)
    lines = listed(page)
    assert f'name="initial-{prefix_of(lines, row)}-order"' in page.text
    # Dewi takes both off the site while Eka's list is open.
    Faq.objects.filter(pk__in=[row.pk, other.pk]).update(is_published=False)
    response = eka.post(LIST, {**lines, f"{prefix_of(lines, row)}-order": "77"})
    assert response.status_code == 302
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.order, row.is_published, other.is_published) == (77, False, False)
    assert LogEntry.objects.filter(object_id=other.pk).count() == 0


def test_a_list_refuses_a_value_that_somebody_else_changed(both: Any, page_text: Any) -> None:
    _dewi, eka = both
    row = question()
    lines = listed(eka.get(LIST))
    Faq.objects.filter(pk=row.pk).update(order=55)
    response = eka.post(LIST, {**lines, f"{prefix_of(lines, row)}-order": "77"})
    assert response.status_code == 200
    assert "Sudah diubah orang lain" in page_text(response)
    row.refresh_from_db()
    assert row.order == 55
