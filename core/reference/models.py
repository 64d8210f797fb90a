"""Reference data an administrator keeps: regions, offices, checkpoints, countries, holidays, letterheads."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors.clock import ZONES, long_date
from core.doors.storage import private_path


class Confidence(models.TextChoices):
    """How sure we are of a row in the lists of offices and checkpoints."""

    HIGH = "high", _("Tinggi")
    MEDIUM = "medium", _("Sedang")
    LOW = "low", _("Rendah")


class RegionQuerySet(models.QuerySet["Region"]):
    """Reads of the four-level tree of regions."""

    def provinces(self) -> "RegionQuerySet":
        """The provinces in use, by display name."""
        return self.filter(level=Region.Level.PROVINCE, active=True).order_by("short_name", "code")

    def children_of(self, code: str) -> "RegionQuerySet":
        """The regions in use directly under ``code``, by display name; an unknown code has none."""
        return self.filter(parent_id=code, active=True).order_by("short_name", "code")


class Region(models.Model):
    """An administrative region by its dotted Kemendagri code (Kepmendagri 300.2.2-2138/2025)."""

    class Level(models.IntegerChoices):
        PROVINCE = 1, _("Provinsi")
        REGENCY = 2, _("Kabupaten/Kota")
        DISTRICT = 3, _("Kecamatan")
        VILLAGE = 4, _("Desa/Kelurahan")

    class Kind(models.TextChoices):
        PROVINSI = "provinsi", _("Provinsi")
        KABUPATEN = "kabupaten", _("Kabupaten")
        KOTA = "kota", _("Kota")
        KECAMATAN = "kecamatan", _("Kecamatan")
        DISTRIK = "distrik", _("Distrik")
        DESA = "desa", _("Desa")
        KELURAHAN = "kelurahan", _("Kelurahan")
        DESA_ADAT = "desa_adat", _("Desa adat")

    code = models.CharField(_("kode"), max_length=13, primary_key=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("wilayah induk"),
    )
    level = models.PositiveSmallIntegerField(_("tingkat"), choices=Level.choices)
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("nama resmi"), max_length=60)
    short_name = models.CharField(_("nama tampilan"), max_length=60)
    postal_code = models.CharField(_("kode pos"), max_length=5, blank=True)
    active = models.BooleanField(_("digunakan"), default=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = _("wilayah")
        verbose_name_plural = pgettext_lazy("jamak", "wilayah")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["level", "short_name"], name="region_level_name"),
            models.Index(fields=["postal_code"], name="region_postal_code"),
        ]

    def __str__(self) -> str:
        return self.short_name


class RegionalOffice(models.Model):
    """A regional office (Kantor Wilayah): one province, sometimes several."""

    slug = models.SlugField(_("kunci"), max_length=40, unique=True)
    name = models.CharField(_("nama"), max_length=100)
    official_name = models.CharField(_("nama resmi"), max_length=150)
    letter_unit = models.CharField(
        _("kode unit surat"), max_length=20, blank=True, help_text=_("Awalan nomor surat, misalnya WIM.10.")
    )
    provinces = models.ManyToManyField(
        Region,
        blank=True,
        related_name="regional_offices",
        verbose_name=_("provinsi"),
        limit_choices_to={"level": 1},
    )
    active = models.BooleanField(_("digunakan"), default=True)
    confidence = models.CharField(
        _("keyakinan data"), max_length=6, choices=Confidence.choices, default=Confidence.HIGH
    )
    note = models.CharField(_("catatan"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("kantor wilayah")
        verbose_name_plural = pgettext_lazy("jamak", "kantor wilayah")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as forms and documents show it: ``KANTOR WILAYAH DKI JAKARTA``."""
        return self.name.upper()


class ImmigrationOffice(models.Model):
    """An office of the Directorate General that issues or answers: Kanim, Rudenim, headquarters, missions."""

    class Kind(models.TextChoices):
        PUSAT = "PUSAT", _("Kantor Pusat")
        KANWIL = "KANWIL", _("Kantor Wilayah")
        KANIM = "KANIM", _("Kantor Imigrasi")
        RUDENIM = "RUDENIM", _("Rumah Detensi Imigrasi")
        PERWAKILAN = "PERWAKILAN", _("Perwakilan RI")

    slug = models.SlugField(_("kunci"), max_length=60, unique=True)
    simkim_code = models.CharField(
        _("kode SIMKIM"), max_length=4, blank=True, help_text=_("Dua huruf di dalam nomor izin dan NIORA.")
    )
    short_name = models.CharField(_("nama singkat"), max_length=80)
    full_name = models.CharField(_("nama lengkap"), max_length=150)
    office_class = models.CharField(_("kelas"), max_length=20, blank=True)
    tpi_status = models.CharField(_("status TPI"), max_length=10, blank=True)
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind.choices, default=Kind.KANIM)
    regional_office = models.ForeignKey(
        RegionalOffice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="immigration_offices",
        verbose_name=_("kantor wilayah"),
    )
    province = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("provinsi"),
        limit_choices_to={"level": 1},
    )
    regency = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kabupaten/kota"),
        limit_choices_to={"level": 2},
    )
    aliases = models.JSONField(
        _("nama lain"),
        default=list,
        blank=True,
        help_text=_("Nama lama atau sebutan lain, dipakai saat mencari."),
    )
    active = models.BooleanField(_("digunakan"), default=True)
    confidence = models.CharField(
        _("keyakinan data"), max_length=6, choices=Confidence.choices, default=Confidence.HIGH
    )
    note = models.CharField(_("catatan"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("kantor imigrasi")
        verbose_name_plural = pgettext_lazy("jamak", "kantor imigrasi")
        ordering = ["short_name"]
        indexes = [models.Index(fields=["simkim_code"], name="office_simkim_code")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as forms and documents show it: ``KANTOR IMIGRASI KELAS I TPI YOGYAKARTA``."""
        return self.full_name.upper()


class Checkpoint(models.Model):
    """An immigration checkpoint (TPI). Its published code is not unique, so only ``key`` identifies it."""

    class Kind(models.TextChoices):
        UDARA = "UDARA", _("Udara")
        LAUT = "LAUT", _("Laut")
        DARAT = "DARAT", _("Darat")

    key = models.SlugField(_("kunci"), max_length=100, unique=True)
    code = models.CharField(
        _("kode"),
        max_length=10,
        blank=True,
        db_index=True,
        help_text=_("Kode TPI dapat dipakai lebih dari satu tempat."),
    )
    name = models.CharField(_("nama"), max_length=120)
    kind = models.CharField(_("jenis"), max_length=5, choices=Kind.choices)
    immigration_office = models.ForeignKey(
        ImmigrationOffice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="checkpoints",
        verbose_name=_("kantor imigrasi"),
    )
    province = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("provinsi"),
        limit_choices_to={"level": 1},
    )
    active = models.BooleanField(_("digunakan"), default=True)
    confidence = models.CharField(
        _("keyakinan data"), max_length=6, choices=Confidence.choices, default=Confidence.HIGH
    )
    note = models.CharField(_("catatan"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("tempat pemeriksaan imigrasi")
        verbose_name_plural = pgettext_lazy("jamak", "tempat pemeriksaan imigrasi")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name as forms and documents show it: ``TPI BANDARA JUANDA``."""
        return self.name.upper()

    @property
    def time_zone(self) -> str:
        """``WIB``, ``WITA`` or ``WIT`` of the place, by its province; WIB when the province is not known."""
        return time_zone_of(self.province_id)

    @property
    def zone(self) -> ZoneInfo:
        """The same as a zone for arithmetic."""
        return ZONES[self.time_zone]


#: Keppres 41/1987: every province not named here keeps WIB.
WITA_PROVINCES = frozenset({"51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"})
WIT_PROVINCES = frozenset({"81", "82", "91", "92", "93", "94", "95", "96"})


def time_zone_of(region_code: str | None) -> str:
    """``WIB``, ``WITA`` or ``WIT`` for any region code; WIB for None."""
    province = (region_code or "")[:2]
    if province in WITA_PROVINCES:
        return "WITA"
    return "WIT" if province in WIT_PROVINCES else "WIB"


class Country(models.Model):
    """A nationality or issuing state by ICAO 9303 code: ISO 3166-1 alpha-3 plus the codes of passports."""

    alpha3 = models.CharField(_("kode tiga huruf"), max_length=3, primary_key=True)
    alpha2 = models.CharField(_("kode dua huruf"), max_length=2, blank=True, db_index=True)
    name = models.CharField(_("nama"), max_length=100)
    name_en = models.CharField(_("nama Inggris"), max_length=100)
    active = models.BooleanField(_("digunakan"), default=True)

    class Meta:
        verbose_name = _("negara")
        verbose_name_plural = pgettext_lazy("jamak", "negara")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day of the working calendar that departs from Monday to Friday. A row an administrator saved wins."""

    class Kind(models.TextChoices):
        NATIONAL = "national", _("Libur nasional")
        JOINT_LEAVE = "joint_leave", _("Cuti bersama")
        LOCAL = "local", _("Libur setempat")

    date = models.DateField(_("tanggal"), unique=True)
    name = models.CharField(_("nama"), max_length=200)
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind.choices, default=Kind.NATIONAL)
    is_working = models.BooleanField(
        _("tetap hari kerja"),
        default=False,
        help_text=_(
            "Centang bila kantor tetap bekerja pada tanggal ini, termasuk bila jatuh pada Sabtu atau Minggu."
        ),
    )
    from_library = models.BooleanField(
        _("dari kalender bawaan"),
        default=True,
        editable=False,
        help_text=_("Baris bawaan diperbarui saat kalender dimuat ulang; baris yang disimpan petugas tidak."),
    )

    class Meta:
        verbose_name = _("hari libur")
        verbose_name_plural = pgettext_lazy("jamak", "hari libur")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{long_date(self.date)} – {self.name}"


#: The manual's head (seed, answer document); a table without rows falls back to it.
SEED_LETTERHEAD = {
    "ministry": "KEMENTERIAN HUKUM DAN HAM RI",
    "directorate": "DIREKTORAT JENDERAL IMIGRASI",
    "service_name": "LAYANAN DATA KEIMIGRASIAN",
    "address": "Jalan H.R.Rasuna Said Kav.X-6 No 8 Kuningan Jakarta Selatan",
    "website": "www.layanandata.imigrasi.go.id",
}
#: Since 21 October 2024 the directorate belongs to a ministry of its own (Perpres 157/2024).
CURRENT_MINISTRY = "KEMENTERIAN IMIGRASI DAN PEMASYARAKATAN"


class Letterhead(models.Model):
    """The head of documents from a date on: an old letter keeps the head it was issued with."""

    valid_from = models.DateField(_("berlaku sejak"), unique=True)
    ministry = models.CharField(_("kementerian"), max_length=150)
    directorate = models.CharField(_("direktorat jenderal"), max_length=150)
    service_name = models.CharField(_("nama layanan"), max_length=150)
    address = models.CharField(_("alamat"), max_length=250)
    website = models.CharField(
        _("laman"),
        max_length=100,
        blank=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9./-]*$", _("Isi alamat laman tanpa https://, huruf kecil"))
        ],
    )
    logo = models.ImageField(
        _("logo"),
        upload_to=private_path("kop"),
        blank=True,
        validators=[FileExtensionValidator(["png", "jpg", "jpeg"])],
        help_text=_("PNG atau JPG. Kosongkan untuk memakai lambang bawaan."),
    )
    is_default = models.BooleanField(
        _("bawaan"), default=False, help_text=_("Dipakai untuk tanggal sebelum semua kop surat berlaku.")
    )

    class Meta:
        verbose_name = _("kop surat")
        verbose_name_plural = pgettext_lazy("jamak", "kop surat")
        ordering = ["-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_letterhead",
                violation_error_message=_(
                    "Kop surat bawaan sudah ada. Hapus tanda bawaan pada kop surat itu dahulu"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ministry} – {long_date(self.valid_from)}"

    @classmethod
    def on(cls, day: date) -> "Letterhead":
        """The head in force on ``day``; before all of them the default one; without any row the manual's."""
        in_force = cls.objects.filter(valid_from__lte=day).order_by("-valid_from").first()
        return in_force or cls.objects.filter(is_default=True).first() or cls.from_seed(day)

    @classmethod
    def from_seed(cls, day: date) -> "Letterhead":
        """The manual's head, not saved."""
        values: dict[str, Any] = dict(SEED_LETTERHEAD)
        return cls(valid_from=day, **values)

    @property
    def website_line(self) -> str:
        """``Laman: www.layanandata.imigrasi.go.id``, or nothing."""
        return f"Laman: {self.website}" if self.website else ""
