"""Changes of settings: old and new values in the log, in the history of a page and in one list."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agency, User
from admin_theme import changes
from core.catalogue import operations
from core.catalogue.models import Service
from core.reference.models import Holiday
from core.rules.models import Reason, WorkRules
from requests_app.models import DataRequest
from tests.factories import make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST = "/admin/admin/logentry/"


def saved(client, url: str, **changes: object):
    """Opens a form, changes some fields as a person would, saves it."""
    context = client.get(url).context
    lines: dict[str, object] = {"_shown": context["shown_mark"]}
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.initial_forms]
    for form in forms:
        for name in form.fields:
            value = form[name].value()
            if value is not None and value is not False:
                lines[form.add_prefix(name)] = "on" if value is True else value
    lines.update(changes)
    response = client.post(url, {name: value for name, value in lines.items() if value is not None})
    assert response.status_code == 302, response.context["errors"]
    return LogEntry.objects.latest("pk")


def test_changed_rule_is_told_with_old_and_new_value(client, sign_in, kartika, umar, page_text):
    sign_in(client, kartika)
    WorkRules.objects.create(pk=1)
    url = "/admin/rules/workrules/1/change/"
    entry = saved(client, url, answer_working_days="7", work_ends="15:30:00")
    assert json.loads(entry.change_message)[0]["changed"]["values"] == [
        ["Batas waktu jawaban", "5", "7"],
        ["Jam kerja selesai", "16:00:00", "15:30:00"],
    ]
    for person in (kartika, umar):
        sign_in(client, person)
        for page in ("/admin/rules/workrules/1/history/", LIST, f"{LIST}{entry.pk}/change/"):
            text = page_text(client.get(page))
            assert "Batas waktu jawaban 5 → 7" in text, page
            assert "Kartika Putri" in text, page


def test_choices_references_and_switches_are_words(client, sign_in, kartika, catalogue):
    sign_in(client, kartika)
    reason = Reason.objects.filter(purpose="correction")[0]
    entry = saved(client, f"/admin/rules/reason/{reason.pk}/change/", purpose="outcome", active=None)
    assert json.loads(entry.change_message)[0]["changed"]["values"] == [
        ["dipakai untuk", "Minta perbaikan", "Hasil baris"],
        ["dipakai", "Ya", "Tidak"],
    ]


def test_lines_of_a_page_are_told_each(client, sign_in, kartika):
    """A service with its columns: the column's change stands beside its name, long texts are cut."""
    sign_in(client, kartika)
    service = operations.start_draft(Service.objects.get(key="paspor").pk, by=kartika)
    field = service.fields.order_by("position")[0]
    long = "x" * 250
    entry = saved(
        client,
        f"/admin/catalogue/service/{service.pk}/change/",
        **{"description": long, "fields-0-label": "Nama Lengkap"},
    )
    message = json.loads(entry.change_message)
    assert ["keterangan", service.description, long] in message[0]["changed"]["values"]
    line = next(part["changed"] for part in message if part.get("changed", {}).get("name"))
    assert line["object"] == "Nama Lengkap"
    assert line["values"] == [["label", field.label, "Nama Lengkap"]]


def test_a_new_row_is_told_with_what_was_filled_in(client, sign_in, kartika):
    sign_in(client, kartika)
    url = reverse("admin:reference_holiday_add")
    client.post(url, {"date": "2031-01-01", "name": "Libur percobaan", "kind": Holiday.Kind.choices[0][0]})
    message = json.loads(LogEntry.objects.latest("pk").change_message)
    assert [new for _label, _old, new in message[0]["added"]["values"] if "Libur" in new] == [
        "Libur percobaan"
    ]


def test_pages_of_people_keep_no_values(client, sign_in, kartika, budi):
    sign_in(client, kartika)
    entry = saved(client, f"/admin/accounts/user/{budi.pk}/change/", phone="0899999999")
    assert "0899999999" not in entry.change_message
    assert "No. Telp" in entry.change_message
    pages = admin.site._registry
    assert not any(pages[model].logs_values for model in (User, DataRequest))
    assert not pages[DataRequest].is_setting


def test_given_and_taken_roles_are_told_by_name(client, sign_in, kartika, budi):
    sign_in(client, kartika)
    approver = Group.objects.get(name="Penyetuju")
    url = f"/admin/accounts/user/{budi.pk}/change/"
    entry = saved(client, url, groups=[approver.pk], phone="0899999999")
    assert "0899999999" not in entry.change_message
    (part,) = changes.parts_of(entry)
    assert [(value.old, value.new) for value in part.values] == [("Verifikator", "Penyetuju")]
    assert part.fields == "No. Telp"


def test_list_filters_by_person_kind_and_day(client, sign_in, kartika, agency, page_text):
    other = make_officer("kirana", "Kirana Dewi", "Admin")
    sign_in(client, other)
    saved(client, f"/admin/accounts/agency/{agency.pk}/change/", address="Jl. Baru 5")
    sign_in(client, kartika)
    reason = Reason.objects.first()
    saved(client, f"/admin/rules/reason/{reason.pk}/change/", position="7")
    client.get("/admin/rules/reason/")  # reads the message about the saving
    today = timezone.localdate().isoformat()
    for query, shown, hidden in (
        (f"?user__id__exact={other.pk}", "Jl. Baru 5", str(reason)),
        ("?jenis=rules.reason", str(reason), "Jl. Baru 5"),
        (f"?action_time_from={today}&action_time_to={today}", "Jl. Baru 5", "Libur percobaan"),
        ("?action_time_from=2099-01-01", "", "Jl. Baru 5"),
    ):
        response = client.get(LIST + query)
        assert response.status_code == 200
        text = page_text(response)
        assert shown in text, query
        assert hidden not in text, query


def test_list_costs_the_same_for_one_and_many(client, sign_in, kartika, agency, django_assert_num_queries):
    sign_in(client, kartika)
    url = f"/admin/accounts/agency/{agency.pk}/change/"
    saved(client, url, address="Jl. Satu")
    client.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)
    first = len(queries)
    for number in range(5):
        saved(client, url, address=f"Jl. {number}")
    client.get(LIST)
    with django_assert_num_queries(first):
        client.get(LIST)


def test_nobody_writes_in_the_log(client, sign_in, kartika, budi, agency):
    sign_in(client, kartika)
    entry = saved(client, f"/admin/accounts/agency/{agency.pk}/change/", address="Jl. Lain")
    assert client.post(f"{LIST}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{LIST}{entry.pk}/change/", {"object_repr": "x"}).status_code == 403
    assert sign_in(client, budi).get(LIST).status_code == 403
    assert Agency.objects.get(pk=agency.pk).address == "Jl. Lain"
