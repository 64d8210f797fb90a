"""Drafts and versions of services: what is published is changed by publishing only, and can be put back."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError

from core.catalogue import operations, versions
from core.catalogue.models import Service, ServiceField

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def passport(catalogue) -> Service:
    return catalogue["paspor"]


def test_draft_is_nobody_elses_service(passport, kartika):
    before = versions.take(passport)
    draft = operations.start_draft(passport.pk, by=kartika)
    assert operations.start_draft(passport.pk, by=kartika) == draft, "one draft at a time"
    assert draft not in Service.objects.all()
    assert draft not in Service.objects.published()
    assert versions.take(draft) == before
    assert str(draft) == "Paspor (draf)"


def test_publishing_moves_every_kind_of_change_at_once(passport, kartika):
    draft = operations.start_draft(passport.pk, by=kartika)
    draft.description = "Keterangan lain"
    draft.is_sensitive = not draft.is_sensitive
    draft.save()
    first, second = draft.fields.order_by("position")[:2]
    first.label = "Nama Lengkap"
    first.save()
    second.is_retired = True
    second.save()
    draft.fields.create(key="keterangan_lain", label="Keterangan Lain", kind="text", asked=True, position=999)
    ids = set(passport.fields.values_list("pk", flat=True))
    old = Service.objects.with_fields().get(pk=passport.pk)
    assert (old.description, old.schema().fields[0].label) != ("Keterangan lain", "Nama Lengkap")
    live = operations.publish(draft.pk, by=kartika, note="Rapat 5 Januari")
    assert live.pk == passport.pk
    assert ids < set(live.fields.values_list("pk", flat=True)), "rows stay the same rows"
    schema = Service.objects.get(pk=live.pk).schema()
    assert schema.fields[0].label == "Nama Lengkap"
    assert "keterangan_lain" in [field.key for field in schema.fields]
    assert second.key not in [field.key for field in schema.fields]
    assert not Service.with_drafts.filter(draft_of=passport).exists()
    numbers = list(live.versions.order_by("number").values_list("number", "by", "note"))
    assert numbers == [(1, None, "Keadaan sebelum perubahan pertama"), (2, kartika.pk, "Rapat 5 Januari")]
    message = LogEntry.objects.latest("pk").change_message
    for words in ("Diterbitkan", "Keterangan lain", "Nama Lengkap", "Rapat 5 Januari"):
        assert words in message


def test_differences_name_column_old_and_new(passport, kartika):
    draft = operations.start_draft(passport.pk, by=kartika)
    field = draft.fields.order_by("position")[0]
    field.required = not field.required
    field.save()
    draft.fields.create(key="pilih", label="Pilih", kind="choice", choices=[["A", "Apel"]], asked=True)
    found = versions.differences(versions.take(passport), versions.take(draft))
    assert [(change.label, change.old, change.new) for change in found] == [
        ("Wajib", "Ya", "Tidak"),
        ("Kolom", "", "ditambahkan, jenis Pilihan"),
    ]
    assert found[0].field == f"{field.label} ({field.key})"


def test_nothing_changed_is_no_version(passport, kartika):
    draft = operations.start_draft(passport.pk, by=kartika)
    with pytest.raises(ValidationError, match="sama dengan layanan yang terbit"):
        operations.publish(draft.pk, by=kartika)
    assert operations.discard_draft(draft.pk, by=kartika) == passport
    assert not Service.with_drafts.filter(draft_of=passport).exists()
    assert passport.versions.count() == 0


def test_used_columns_keep_their_meaning_on_a_draft(passport, kartika):
    passport.mark_used()
    draft = operations.start_draft(passport.pk, by=kartika)
    field = draft.fields.order_by("position")[0]
    field.kind = "number"
    field.identifies = ""
    with pytest.raises(ValidationError, match="sudah dipakai tidak dapat diubah"):
        field.full_clean()
    ServiceField.objects.filter(pk=field.pk).update(kind="number")
    with pytest.raises(ValidationError, match="sudah dipakai dan tidak dapat diubah"):
        operations.publish(draft.pk, by=kartika)


def test_choice_of_a_draft_may_go_again(passport, kartika):
    passport.mark_used()
    draft = operations.start_draft(passport.pk, by=kartika)
    field = draft.fields.create(key="pilih", label="Pilih", kind="choice", choices=[["A", "A"], ["B", "B"]])
    field.choices = [["A", "A"]]
    field.full_clean()


def test_column_left_out_of_a_used_service_is_retired(passport, kartika):
    passport.mark_used()
    draft = operations.start_draft(passport.pk, by=kartika)
    gone = draft.fields.order_by("-position")[0]
    gone.delete()
    operations.publish(draft.pk, by=kartika)
    assert passport.fields.get(key=gone.key).is_retired


def test_earlier_version_comes_back_as_a_draft(passport, kartika):
    before = versions.take(passport)
    for text in ("Satu", "Dua"):
        draft = operations.start_draft(passport.pk, by=kartika)
        Service.with_drafts.filter(pk=draft.pk).update(description=text)
        operations.publish(draft.pk, by=kartika)
    draft = operations.restore(passport.pk, number=1, by=kartika)
    assert versions.take(draft) == before
    assert Service.objects.get(pk=passport.pk).description == "Dua"
    with pytest.raises(ValidationError, match="mempunyai draf"):
        operations.restore(passport.pk, number=2, by=kartika)
    operations.publish(draft.pk, by=kartika)
    assert versions.take(Service.objects.get(pk=passport.pk)) == before
    assert passport.versions.count() == 4


def test_version_from_before_the_use_does_not_change_the_meaning_of_a_withdrawn_service(passport, kartika):
    field = passport.fields.order_by("position")[0]
    for kind in ("text", field.kind):
        draft = operations.start_draft(passport.pk, by=kartika)
        draft.fields.filter(key=field.key).update(kind=kind)
        operations.publish(draft.pk, by=kartika)
    Service.objects.get(pk=passport.pk).mark_used()
    operations.withdraw(passport.pk, by=kartika, note="Sistem pusat berubah")
    with pytest.raises(ValidationError, match="sudah dipakai dan tidak dapat diubah"):
        operations.restore(passport.pk, number=2, by=kartika)
    assert passport.fields.get(key=field.key).kind == field.kind


def test_taken_off_the_site_and_published_again(passport, kartika):
    operations.withdraw(passport.pk, by=kartika, note="Sistem pusat berubah")
    assert passport not in Service.objects.published()
    with pytest.raises(ValidationError, match="dapat diubah langsung"):
        operations.start_draft(passport.pk, by=kartika)
    operations.publish(passport.pk, by=kartika)
    assert passport in Service.objects.published()


def test_name_of_another_service_is_refused(passport, kartika):
    draft = operations.start_draft(passport.pk, by=kartika)
    Service.with_drafts.filter(pk=draft.pk).update(label="VISA")
    with pytest.raises(ValidationError, match="sudah dipakai"):
        operations.publish(draft.pk, by=kartika)


def test_only_who_may_change_the_catalogue(passport, budi, umar):
    for person in (budi, umar):
        with pytest.raises(PermissionDenied):
            operations.start_draft(passport.pk, by=person)


def test_keys_stay_unique_among_services_in_force(passport):
    with pytest.raises(IntegrityError):
        Service.objects.create(key=passport.key, label="Lain")


def test_page_of_a_published_service_only_shows(client, sign_in, kartika, passport, page_text):
    sign_in(client, kartika)
    page = f"/admin/catalogue/service/{passport.pk}/"
    text = client.get(f"{page}change/").content.decode()
    assert 'name="label"' not in text
    assert "/start-draft/" in text
    assert client.post(f"{page}change/", {"label": "Lain"}).status_code == 403
    draft_page = client.post(f"{page}start-draft/").url
    text = client.get(draft_page).content.decode()
    assert 'name="label"' in text
    assert "Draf: belum berlaku bagi pemohon" in text
    listed = page_text(client.get("/admin/catalogue/service/"))
    assert "Diterbitkan, ada draf" in listed
    assert "(draf)" not in listed
    column = passport.fields.all()[0]
    assert client.post(f"/admin/catalogue/servicefield/{column.pk}/change/", {}).status_code == 403


def test_list_of_services_costs_the_same_with_drafts(
    client, sign_in, kartika, catalogue, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    sign_in(client, kartika)
    client.get("/admin/catalogue/service/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/catalogue/service/")
    before = len(queries)
    for service in catalogue.values():
        operations.start_draft(service.pk, by=kartika)
    with django_assert_num_queries(before):
        client.get("/admin/catalogue/service/")


def test_reading_roles_see_preview_and_versions(client, sign_in, umar, dewi, passport):
    sign_in(client, umar)
    for page in ("lihat", "versi"):
        response = client.get(f"/admin/catalogue/service/{passport.pk}/{page}/")
        assert response.status_code == 200
    assert client.post(f"/admin/catalogue/service/{passport.pk}/versi/1/").status_code == 403
    sign_in(client, dewi)
    assert client.get(f"/admin/catalogue/service/{passport.pk}/lihat/").status_code == 403
