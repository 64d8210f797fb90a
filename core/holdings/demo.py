"""Invented holdings for a demonstration: the same seed gives the same persons, and none of them exists."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from core.catalogue.kinds import Lookups, Value
from core.catalogue.models import Service
from core.catalogue.schema import Values
from core.holdings.loading import SourceRow
from core.reference.models import Checkpoint, ImmigrationOffice, Region

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "demo"
SEED = 20241002
#: Share of each service in the invented holdings.
SHARES = {"perlintasan": 0.42, "paspor": 0.36, "visa": 0.11, "izin_tinggal": 0.08, "deportasi": 0.03}
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2024, 12, 31)
#: The manual's example of statistics: these days, at the office of Jakarta Selatan.
BUSY_FROM, BUSY_UNTIL, BUSY_OFFICE = date(2024, 10, 2), date(2024, 10, 10), "jakarta-selatan"
BUSY_CROSSINGS = 400
#: Where they cross, with weights; the last one stays small, so that suppression is seen.
BUSY_PLACES = {
    "udara-bandara-soekarno-hatta": 58,
    "udara-bandara-halim-perdanakusuma": 38,
    "laut-pelabuhan-sunda-kelapa": 4,
}
SPELLINGS = (
    ("Muhammad", "Moh."),
    ("Rizki", "Rizky"),
    ("Yusuf", "Jusuf"),
    ("Surya", "Soerja"),
    ("Nur", "Noer"),
)


def people() -> dict[str, list[dict[str, Any]]]:
    """The named persons of fixtures/demo/people.json: "manual" (two) and "people" (twelve)."""
    found: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "people.json").read_text("utf-8"))
    return found


def named_rows(service: Service, lookups: Lookups) -> Iterator[SourceRow]:
    """Records of the named persons for ``service``, cleaned; ValidationError when one is not good."""
    schema = service.schema()
    for group in people().values():
        for person in group:
            for record in person["records"]:
                if record["service"] != service.key:
                    continue
                values, errors = schema.clean_answered(record["values"], lookups)
                if errors:
                    raise ValidationError([f"{record['source_key']} {key}: {errors[key]}" for key in errors])
                yield record["source_key"], values


class Inventor:
    """Draws persons and their records; ``rows(key, count)`` gives those of one service."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)  # noqa: S311  repeatable on purpose
        self.names = json.loads((FOLDER / "names.json").read_text("utf-8"))
        self.offices = list(
            ImmigrationOffice.objects.filter(active=True, kind=ImmigrationOffice.Kind.KANIM)
            .order_by("slug")
            .values_list("slug", flat=True)
        )
        self.checkpoints = list(
            Checkpoint.objects.filter(active=True).order_by("key").values_list("key", "kind", "confidence")
        )
        self.large_checkpoints = [item for item in self.checkpoints if item[2] == "high"][:12]
        self.large_checkpoints = self.large_checkpoints or self.checkpoints
        self.busy_checkpoints = [item for item in self.checkpoints if item[0] in BUSY_PLACES]
        self.busy_checkpoints = self.busy_checkpoints or self.checkpoints
        self.towns = list(
            Region.objects.filter(level=2).order_by("code").values_list("code", "short_name")[:200]
        ) or [("31.74", "JAKARTA SELATAN"), ("32.73", "BANDUNG")]

    def rows(self, key: str, count: int) -> Iterator[SourceRow]:
        """``count`` records of the service ``key``."""
        maker = getattr(self, key)
        self.random.seed(f"{SEED}{key}")
        code = key[:3].upper()
        for number in range(count):
            yield f"INV-{code}-{number:07}", maker(number)

    def day(self, first: date = FIRST_DAY, last: date = LAST_DAY) -> date:
        return first + timedelta(days=self.random.randrange((last - first).days + 1))

    def digits(self, count: int) -> str:
        return f"{self.random.randrange(10**count):0{count}}"

    def citizen(self, number: int) -> Values:
        """An Indonesian; every fortieth is born with the one before and writes the name in another way."""
        if number % 40 == 39 and hasattr(self, "last"):
            values = dict(self.last)
            name = str(values["nama"])
            for new, old in SPELLINGS:
                name = name.replace(new, old)
            values.update(nama=name, nik=f"{str(values['nik'])[:12]}{self.random.randrange(1, 9999):04}")
            return values
        sex = self.random.choice("LP")
        given = self.names["given_male" if sex == "L" else "given_female"]
        words = [self.random.choice(given)]
        words += [
            self.random.choice(self.names["family"]) for _ in range(self.random.choice((0, 1, 1, 1, 2)))
        ]
        born = self.day(date(1950, 1, 1), date(2006, 12, 31))
        code, town = self.random.choice(self.towns)
        day = born.day + (40 if sex == "P" else 0)
        self.last: Values = {
            "nama": " ".join(words),
            "tanggal_lahir": born.isoformat(),
            "jenis_kelamin": sex,
            "tempat_lahir": town[:50],
            "nik": f"{code.replace('.', '')}{self.random.randrange(1, 30):02}{day:02}{born:%m%y}"
            f"{self.random.randrange(1, 9999):04}",
        }
        return dict(self.last)

    def foreigner(self) -> Values:
        nation = self.random.choice(list(self.names["foreign"]))
        given, family = self.names["foreign"][nation]
        return {
            "nama": f"{self.random.choice(given)} {self.random.choice(family)}",
            "tanggal_lahir": self.day(date(1945, 1, 1), date(2005, 12, 31)).isoformat(),
            "kewarganegaraan": nation,
            "no_paspor": f"{nation[0]}{self.random.choice('ABCDEFGHKLMNPRTX')}{self.digits(7)}",
        }

    def paspor(self, number: int) -> Values:
        issued = self.day()
        years = 10 if issued.year >= 2022 else 5
        kind = self.random.choices(
            ("BIASA", "BIASA ELEKTRONIK", "DINAS", "DIPLOMATIK", "SPLP"), (50, 42, 5, 1, 2)
        )[0]
        status = self.random.choices(
            ("AKTIF", "HABIS BERLAKU", "HILANG", "RUSAK", "DIBATALKAN", "DITARIK"), (70, 22, 4, 2, 1, 1)
        )[0]
        values = self.citizen(number)
        values.update(
            no_paspor=f"{self.random.choice('CEX')}{self.digits(7)}",
            jenis_paspor=kind,
            jumlah_halaman="24" if kind == "SPLP" else "48",
            tanggal_terbit=issued.isoformat(),
            tanggal_habis_berlaku=later(issued, 365 * years),
            kantor_penerbit=self.random.choice(self.offices),
            status_paspor=status,
        )
        return values

    def visa(self, number: int) -> Values:
        issued, days = self.day(), self.random.choice((30, 60, 180))
        index, meaning = self.random.choice(
            (
                ("C1", "Wisata"),
                ("C2", "Bisnis"),
                ("D2", "Bisnis, beberapa kali"),
                ("E23", "Kerja"),
                ("B1", "Saat kedatangan"),
            )
        )
        sponsor = self.random.choice(
            ("", "PT Samudra Kencana Demo", "PT Bumi Lestari Demo", "Yayasan Pelita Demo")
        )
        values = self.foreigner()
        values.update(
            no_visa=f"2{self.random.choice('ABCD')}{self.digits(2)}{self.random.choice('AKLM')}{self.digits(5)}",
            indeks_visa=index,
            uraian_indeks=meaning,
            jenis_masuk="BEBERAPA KALI" if index.startswith("D") else "SATU KALI",
            tanggal_terbit=issued.isoformat(),
            berlaku_sampai=later(issued, 90),
            lama_tinggal_hari=days,
            tempat_terbit="Elektronik",
            jenis_penjamin="PERUSAHAAN" if sponsor else "TANPA PENJAMIN",
            status_visa=self.random.choice(("DISETUJUI", "TERPAKAI", "TERPAKAI", "KEDALUWARSA", "DITOLAK")),
        )
        if sponsor:
            values["penjamin"] = sponsor
        return values

    def perlintasan(self, number: int) -> Values:
        busy = number < BUSY_CROSSINGS
        if self.random.random() < 0.55:
            values: Values = {
                key: value
                for key, value in self.citizen(number).items()
                if key in ("nama", "tanggal_lahir", "nik")
            }
            values.update(kewarganegaraan="IDN", no_paspor=f"{self.random.choice('CEX')}{self.digits(7)}")
        else:
            values = self.foreigner()
        if busy:
            weights = [BUSY_PLACES.get(item[0], 1) for item in self.busy_checkpoints]
            place, kind, _confidence = self.random.choices(self.busy_checkpoints, weights)[0]
        else:
            large = self.random.random() < 0.8
            place, kind, _confidence = self.random.choice(
                self.large_checkpoints if large else self.checkpoints
            )
        when = self.day(BUSY_FROM, BUSY_UNTIL) if busy else self.day()
        carrier = {
            "UDARA": ("Maskapai Nusantara", "NU"),
            "LAUT": ("Kapal Bahari", "KB"),
            "DARAT": ("Bus Lintas", "BL"),
        }[kind]
        values.update(
            tanggal=when.isoformat(),
            jam=f"{self.random.randrange(24):02}:{self.random.randrange(60):02}",
            arah=self.random.choice(("MASUK", "KELUAR")),
            tpi=place,
            moda=kind,
            alat_angkut=carrier[0],
            nomor_angkutan=f"{carrier[1]} {self.random.randrange(100, 999)}",
            asal_tujuan=self.random.choice(
                ("Singapura", "Kuala Lumpur", "Jeddah", "Tokyo", "Sydney", "Dili")
            ),
            status_lintas="LINTAS",
        )
        if busy:
            values["kantor"] = BUSY_OFFICE
        return values

    def izin_tinggal(self, number: int) -> Values:
        issued = self.day()
        kind, days = self.random.choice((("ITK", 60), ("ITAS", 365), ("ITAS", 730), ("ITAP", 1825)))
        values = self.foreigner()
        values.update(
            niora=f"J{self.random.randrange(1, 9)}{self.random.choice('UKTX')}{self.digits(9)}",
            no_izin=f"2C{self.digits(2)}JE{self.digits(4)}{self.random.choice('KLMX')}A",
            jenis_izin=kind,
            indeks={"ITK": "C1", "ITAS": "E23", "ITAP": "E31A"}[kind],
            penjamin=self.random.choice(
                ("PT Samudra Kencana Demo", "PT Bumi Lestari Demo", "Yayasan Pelita Demo")
            ),
            merp="YA" if kind != "ITK" else "TIDAK",
            jenis_kelamin=self.random.choice("LP"),
            alamat=f"Jalan Contoh Nomor {self.random.randrange(1, 200)}",
            kantor_penerbit=self.random.choice(self.offices),
            tanggal_terbit=issued.isoformat(),
            berlaku_sampai=later(issued, days),
            perpanjangan_ke=self.random.randrange(4),
            status_izin=self.random.choice(("AKTIF", "AKTIF", "HABIS BERLAKU", "EPO")),
        )
        return values

    def deportasi(self, number: int) -> Values:
        decided = self.day(FIRST_DAY, LAST_DAY - timedelta(days=40))
        left = decided + timedelta(days=self.random.randrange(1, 40))
        values = self.foreigner()
        values.update(
            jenis_kelamin=self.random.choice("LP"),
            no_keputusan_tak=f"IMI.5-{self.digits(4)}.GR.03.09 Tahun {decided.year}",
            tanggal_tak=decided.isoformat(),
            dasar_hukum=self.random.choice(("75(1)", "75(3)", "78(3)")),
            jenis_tak="F",
            alasan=self.random.choice(
                (
                    "Izin tinggal habis lebih dari 60 hari",
                    "Kegiatan tidak sesuai izin tinggal",
                    "Tidak memiliki penjamin",
                )
            ),
            kantor_pelaksana=self.random.choice(self.offices),
            tanggal_deportasi=left.isoformat(),
            tpi_keberangkatan=self.random.choice(self.large_checkpoints)[0],
            nomor_penerbangan=f"NU {self.random.randrange(100, 999)}",
            negara_tujuan=values["kewarganegaraan"],
            penangkalan="YA",
            penangkalan_dari=left.isoformat(),
            penangkalan_sampai=later(left, 180),
        )
        return values


def later(day: date, days: int) -> Value:
    """ISO text of the day so many days after ``day``."""
    return (day + timedelta(days=days)).isoformat()
