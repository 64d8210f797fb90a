"""The catalogue: loaded from the fixture, edited by officers, a sixth service without code."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from core.catalogue import operations
from core.catalogue.admin_forms import key_from, rules_as_lines, rules_from_lines
from core.catalogue.forms import SchemaForm
from core.catalogue.kinds import Lookups
from core.catalogue.loading import load_catalogue
from core.catalogue.models import Service, ServiceField
from core.catalogue.schema import Schema
from core.reference.models import Country

pytestmark = pytest.mark.django_db


@pytest.fixture
def countries():
    for code, name in (("IDN", "Indonesia"), ("AUS", "Australia"), ("MYS", "Malaysia")):
        Country.objects.get_or_create(alpha3=code, defaults={"name": name, "name_en": name})


def test_fixture_has_the_five_services_published(catalogue):
    assert list(catalogue) == ["paspor", "visa", "perlintasan", "izin_tinggal", "deportasi"]
    assert all(service.is_published and service.has_statistics for service in catalogue.values())


def test_passport_template_has_the_columns_of_the_manual(catalogue):
    assert [item.label for item in catalogue["paspor"].schema().asked][:4] == [
        "Nama",
        "Tanggal Lahir",
        "NIK",
        "No. Paspor",
    ]


def test_loading_again_changes_nothing_an_officer_edited(catalogue):
    Service.objects.filter(key="paspor").update(label="Paspor RI")
    ServiceField.objects.filter(service__key="paspor", key="nik").update(label="Nomor Induk", is_retired=True)
    report = load_catalogue()
    assert (report.services, report.fields) == (0, 0)
    assert Service.objects.get(key="paspor").label == "Paspor RI"
    assert ServiceField.objects.get(service__key="paspor", key="nik").is_retired


def test_loading_writes_nothing_when_one_entry_is_bad(catalogue, tmp_path):
    source = tmp_path / "catalogue.json"
    bad = {"key": "lain", "label": "Lain", "fields": [{"key": "Salah!", "label": "X", "kind": "text"}]}
    source.write_text(json.dumps([bad]), "utf-8")
    with pytest.raises(ValidationError, match=r"lain\.Salah"):
        load_catalogue(source)
    assert not Service.objects.filter(key="lain").exists()


@pytest.mark.parametrize("key", ["paspor", "visa", "izin_tinggal", "deportasi"])
def test_examples_of_the_fixture_pass_their_own_rules(catalogue, countries, key):
    schema = catalogue[key].schema()
    for place in (0, 1):
        raw = {
            item.key: (item.options.get("examples") or [item.example, ""])[place]
            for item in schema.asked
            if item.kind_name not in ("office", "checkpoint")
        }
        assert schema.clean_asked(raw, Lookups())[1] == {}


def test_labels_are_unique_in_each_service(catalogue):
    for service in catalogue.values():
        labels = [item.label for item in service.schema().fields]
        assert len(labels) == len(set(labels))


def test_sixth_service_works_in_schema_and_form_without_code(base_data):
    service = Service.objects.create(key="naturalisasi", label="Naturalisasi", is_published=True)
    for position, values in enumerate(
        [
            {
                "key": "nama",
                "label": "Nama",
                "kind": "person_name",
                "asked": True,
                "required": True,
                "identifies": "name",
            },
            {"key": "nik", "label": "NIK", "kind": "national_id", "asked": True, "group": "nomor"},
            {
                "key": "no_paspor",
                "label": "No. Paspor",
                "kind": "passport_no",
                "asked": True,
                "group": "nomor",
            },
            {"key": "hasil", "label": "Hasil", "kind": "choice", "answered": True, "choices": [["YA", "Ya"]]},
        ]
    ):
        field = ServiceField(service=service, position=position, **values)
        field.full_clean()
        field.save()
    schema = Schema.from_json(json.loads(json.dumps(service.schema().to_json())))
    assert schema == service.schema()
    assert [item.key for item in schema.asked] == ["nama", "nik", "no_paspor"]
    empty = SchemaForm(schema, data={"nama": "", "nik": "", "no_paspor": ""})
    assert not empty.is_valid()
    assert empty.errors["nama"] == ["Isi Nama"]
    assert empty.errors["nik"] == ["Isi salah satu, NIK atau No. Paspor"]
    good = SchemaForm(schema, data={"nama": "Sukarni", "nik": "", "no_paspor": " e 123 4567"})
    assert good.is_valid()
    assert good.values == {"nama": "Sukarni", "no_paspor": "E1234567"}
    assert schema.clean_answered({"hasil": "ya"}, Lookups()) == ({"hasil": "YA"}, {})


def test_used_service_freezes_keys_kinds_and_choices(catalogue):
    service = catalogue["paspor"]
    service.mark_used()
    field = service.fields.get(key="jenis_kelamin")
    field.choices = [["L", "Laki-laki"]]
    with pytest.raises(ValidationError, match="Pilihan yang sudah dipakai"):
        field.full_clean()
    field = service.fields.get(key="nik")
    field.kind = "text"
    with pytest.raises(ValidationError, match="tidak dapat diubah"):
        field.full_clean()
    service.key = "lain"
    with pytest.raises(ValidationError, match="Kunci layanan"):
        service.full_clean()


def test_label_given_twice_in_a_service_is_refused(catalogue):
    field = ServiceField(service=catalogue["paspor"], key="lain", label=" nama ", kind="text")
    with pytest.raises(ValidationError, match="Label ini sudah dipakai"):
        field.full_clean()


def test_match_rules_are_typed_as_lines():
    text = "pasti: passport_no, birth_date\n\ncalon: name birth_date"
    rules = rules_from_lines(text)
    assert rules == [
        {"keys": ["passport_no", "birth_date"], "grade": "exact"},
        {"keys": ["name", "birth_date"], "grade": "candidate"},
    ]
    assert rules_from_lines(rules_as_lines(rules)) == rules
    with pytest.raises(ValidationError, match="Baris 1"):
        rules_from_lines("mungkin: name")
    with pytest.raises(ValidationError, match="tidak dikenal"):
        rules_from_lines("pasti: bintang")


@pytest.mark.parametrize(
    ("label", "key"), [("No. Paspor", "no_paspor"), ("2 Jari", "k_2_jari"), ("Tempat/Tgl", "tempattgl")]
)
def test_key_is_made_of_the_label(label, key):
    assert key_from(label) == key


# --- console ------------------------------------------------------------------------------------------------


def test_admin_adds_a_service_and_a_choice_column(client, sign_in, kartika):
    sign_in(client, kartika)
    response = client.post(
        reverse("admin:catalogue_service_add"),
        {
            "label": "Naturalisasi",
            "key": "",
            "position": "60",
            "rules": "pasti: national_id",
            "dimensions": ["office"],
            "fields-TOTAL_FORMS": "0",
            "fields-INITIAL_FORMS": "0",
        },
    )
    assert response.status_code == 302, response.context["errors"]
    service = Service.objects.get(key="naturalisasi")
    assert service.match_rules == [{"keys": ["national_id"], "grade": "exact"}]
    response = client.post(
        reverse("admin:catalogue_servicefield_add"),
        {
            "service": service.pk,
            "label": "Status Akhir",
            "kind": "choice",
            "position": "10",
            "asked": "on",
            "choice_lines": "SELESAI | Selesai\nBATAL",
        },
    )
    assert response.status_code == 302, response.context["errors"]
    field = service.fields.get(key="status_akhir")
    assert field.choices == [["SELESAI", "Selesai"], ["BATAL", "BATAL"]]
    page = client.get(reverse("admin:catalogue_service_change", args=[service.pk]))
    assert "Status Akhir" in page.content.decode()


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"label": "Paspor"}, "Nama layanan ini sudah dipakai."),
        ({"label": "PASPOR"}, "Nama layanan ini sudah dipakai."),
        ({"label": "Paspor Dinas", "key": "paspor"}, "Kunci ini sudah dipakai layanan lain."),
        ({"label": "Izin-Tinggal"}, "Kunci ini sudah dipakai layanan lain."),
    ],
)
def test_admin_is_told_when_name_or_key_belong_to_another_service(
    client, sign_in, kartika, catalogue, page_text, entry, message
):
    desk = sign_in(client, kartika)
    column = {"label": "Nama", "kind": "person_name", "asked": "on", "required": "on", "answered": "on"}
    answer = desk.post("/admin/catalogue/service/add/", {"position": "60", **entry, **lines(column)})
    assert answer.status_code == 200
    assert message in page_text(answer)
    assert Service.with_drafts.count() == len(catalogue)


def test_admin_is_told_about_choices_on_the_line_of_a_column(client, sign_in, kartika, catalogue):
    sign_in(client, kartika)
    service = Service.objects.create(key="baru", label="Baru")
    response = client.post(
        reverse("admin:catalogue_service_change", args=[service.pk]),
        {
            "label": "Baru",
            "key": "baru",
            "position": "1",
            "rules": "",
            "fields-TOTAL_FORMS": "1",
            "fields-INITIAL_FORMS": "0",
            "fields-0-label": "Jenis",
            "fields-0-kind": "choice",
            "fields-0-position": "1",
        },
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert "Isi pilihan untuk jenis Pilihan." in text


def lines(*columns: dict[str, str]) -> dict[str, str]:
    """The columns' part of the page of a service."""
    data = {"fields-TOTAL_FORMS": str(len(columns)), "fields-INITIAL_FORMS": "0"}
    for number, column in enumerate(columns):
        data |= {f"fields-{number}-{name}": value for name, value in {"position": "1", **column}.items()}
    return data


def test_admin_columns_recognise_the_person_without_being_told(client, sign_in, kartika, base_data):
    sign_in(client, kartika)
    response = client.post(
        reverse("admin:catalogue_service_add"),
        {
            "label": "Paspor Dinas",
            "position": "60",
            "rules": "",
            **lines(
                {"label": "Nama Lengkap", "kind": "person_name", "asked": "on"},
                {"label": "Nama Ibu", "kind": "person_name", "answered": "on"},
                {"label": "Tanggal Lahir", "kind": "date", "asked": "on"},
                {"label": "No. Paspor", "kind": "passport_no", "asked": "on"},
                {"label": "Kewarganegaraan", "kind": "text", "asked": "on"},
            ),
        },
    )
    assert response.status_code == 302, response.context["errors"]
    service = Service.objects.get(key="paspor_dinas")
    assert dict(service.fields.values_list("key", "identifies")) == {
        "nama_lengkap": "name",
        "nama_ibu": "",
        "tanggal_lahir": "birth_date",
        "no_paspor": "passport_no",
        "kewarganegaraan": "",
    }


def test_forged_number_of_lines_is_refused_at_once(client, sign_in, kartika, base_data):
    sign_in(client, kartika)
    sent = {"label": "Baru", "position": "1", "fields-TOTAL_FORMS": "9" * 9, "fields-INITIAL_FORMS": "0"}
    response = client.post(reverse("admin:catalogue_service_add"), sent)
    assert response.status_code == 200
    assert len(response.context["inline_admin_formsets"][0].formset.forms) == 100
    assert not Service.objects.filter(label="Baru").exists()


def test_admin_publishes_nothing_that_recognises_nobody(client, sign_in, kartika, base_data):
    sign_in(client, kartika)
    service = Service.objects.create(key="baru", label="Baru", is_published=False)
    column = service.fields.create(key="catatan", label="Catatan", kind="text", asked=True)
    publish = reverse("admin:catalogue_service_operation_publish", args=[service.pk])
    refused = client.post(publish, {"note": ""})
    assert refused.status_code == 409
    assert "Belum ada kolom diminta yang mengenali orang" in refused.content.decode()
    column.identifies = "document_no"
    column.save()
    assert client.post(publish, {"note": ""}).status_code == 302
    service.refresh_from_db()
    assert service.is_published


@pytest.mark.parametrize(
    ("kind", "identifies"), [("text", "birth_date"), ("text", "nationality"), ("country", "passport_no")]
)
def test_column_cannot_identify_what_its_kind_does_not_hold(base_data, kind, identifies):
    service = Service.objects.create(key="baru", label="Baru")
    column = ServiceField(service=service, key="a", label="A", kind=kind, identifies=identifies, asked=True)
    with pytest.raises(ValidationError, match="Tidak dapat dikenali dari kolom berjenis"):
        column.full_clean()


@pytest.mark.parametrize(("who", "status"), [("kartika", 200), ("budi", 200), ("dewi", 403), ("siti", 404)])
def test_catalogue_pages_follow_the_roles(client, sign_in, request, catalogue, who, status):
    sign_in(client, request.getfixturevalue(who))
    for name in ("admin:catalogue_service_changelist", "admin:catalogue_servicefield_changelist"):
        assert client.get(reverse(name)).status_code == status


def test_frozen_key_stays_whatever_the_browser_sends(client, sign_in, kartika, catalogue):
    sign_in(client, kartika)
    service = catalogue["visa"]
    service.mark_used()
    draft = operations.start_draft(service.pk, by=kartika)
    field = draft.fields.get(key="penjamin")
    response = client.post(
        reverse("admin:catalogue_servicefield_change", args=[field.pk]),
        {
            "service": "1",
            "label": "Penjamin",
            "key": "lain",
            "kind": "number",
            "position": "70",
            "asked": "on",
        },
    )
    assert response.status_code == 302, response.context["errors"]
    field.refresh_from_db()
    assert (field.key, field.kind, field.service_id) == ("penjamin", "text", draft.pk)
