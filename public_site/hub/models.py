"""What editors keep for Info Layanan: a page per office, its buttons, the SOP, figures in guides, counts and checks."""

import re
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.doors import clock
from core.doors.storage import private_path
from core.reference.models import ImmigrationOffice

#: Words that stand in addresses below ``/info/`` and can therefore not name an office.
RESERVED_SLUGS = frozenset({"en", "qr", "sop", "panduan", "tekan", "kantor"})
WHATSAPP = re.compile(r"^[1-9]\d{7,14}$")
PHONE = re.compile(r"^\+?[0-9() -]{6,24}$")


def check_slug(value: str) -> None:
    """Refuse an address that another page below ``/info/`` already uses."""
    if value in RESERVED_SLUGS:
        raise ValidationError(
            _("Alamat “%(value)s” dipakai sistem. Pilih kata lain"), params={"value": value}
        )


def check_link(value: str) -> None:
    """Allow ``https://`` and pages of this site; everything else (``javascript:``, ``//``) is refused."""
    if not (value.startswith("https://") or re.match(r"^/(?![/\\])", value)):
        raise ValidationError(_("Tautan diawali https:// atau / untuk halaman situs ini. Perbaiki tautan"))


class Bilingual(models.Model):
    """Texts with an English twin, chosen by the address of the page and never by a cookie."""

    class Meta:
        abstract = True

    def text(self, field: str, language: str) -> str:
        """The field in ``language`` ("id" or "en"); Indonesian stands in for an empty twin."""
        english = str(getattr(self, f"{field}_en", "")) if language == "en" else ""
        return english or str(getattr(self, field))


class HubQuerySet(models.QuerySet["Hub"]):
    """Reads of the offices' pages."""

    def published(self) -> "HubQuerySet":
        """What visitors may open."""
        return self.filter(is_published=True)


class Hub(Bilingual):
    """The page of one office, as the manual's Bilang Karyo."""

    slug = models.SlugField(
        _("alamat"),
        max_length=60,
        unique=True,
        validators=[check_slug],
        help_text=_("Bagian alamat setelah /info/. Jangan diubah setelah QR dicetak."),
    )
    office = models.OneToOneField(
        ImmigrationOffice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kantor imigrasi"),
    )
    name = models.CharField(_("nama kantor"), max_length=120)
    name_en = models.CharField(_("nama kantor (Inggris)"), max_length=120, blank=True)
    intro = models.CharField(_("pengantar"), max_length=200, blank=True)
    intro_en = models.CharField(_("pengantar (Inggris)"), max_length=200, blank=True)
    notice = models.TextField(
        _("pengumuman"),
        blank=True,
        validators=[MaxLengthValidator(400)],
        help_text=_("Tampil di atas tombol, misalnya perubahan jam layanan. Kosongkan bila tidak ada."),
    )
    notice_en = models.TextField(_("pengumuman (Inggris)"), blank=True, validators=[MaxLengthValidator(400)])
    whatsapp = models.CharField(
        _("nomor WhatsApp"),
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(WHATSAPP, _("Tulis angka saja, diawali kode negara, misalnya 6281214157060"))
        ],
        help_text=_("Angka saja, diawali kode negara tanpa +. Kosong: nomor pada halaman Kontak."),
    )
    phone = models.CharField(
        _("telepon"),
        max_length=24,
        blank=True,
        validators=[RegexValidator(PHONE, _("Tulis nomor telepon, misalnya (0274) 484370"))],
    )
    email = models.EmailField(_("email"), blank=True)
    address = models.TextField(_("alamat kantor"), validators=[MaxLengthValidator(300)])
    map_url = models.CharField(_("tautan peta"), max_length=300, blank=True, validators=[check_link])
    hours = models.TextField(_("jam layanan"), validators=[MaxLengthValidator(300)])
    hours_en = models.TextField(_("jam layanan (Inggris)"), blank=True, validators=[MaxLengthValidator(300)])
    confirmed_on = models.DateField(
        _("kontak dipastikan pada"),
        null=True,
        blank=True,
        help_text=_("Isi setelah alamat, jam, telepon, dan tautan diperiksa petugas kantor ini."),
    )
    is_default = models.BooleanField(
        _("halaman utama"), default=False, help_text=_("Dibuka pada /info/ tanpa nama kantor.")
    )
    is_published = models.BooleanField(_("terbit"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    objects = HubQuerySet.as_manager()

    class Meta:
        verbose_name = _("halaman info layanan")
        verbose_name_plural = pgettext_lazy("jamak", "halaman info layanan")
        ordering: ClassVar = ["-is_default", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_hub",
                violation_error_message=_(
                    "Halaman utama sudah ada. Hapus tanda itu pada halaman lain terlebih dahulu"
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Address of the page."""
        return reverse("public_site:hub_office", args=[self.slug])

    def scanned_url(self, source: str) -> str:
        """The full address printed on paper; it says only which kind of paper it stands on."""
        return f"{settings.SITE_URL.rstrip('/')}{self.get_absolute_url()}?s={source}"


class HubLink(Bilingual):
    """One button or social link of a page, in the order the editor dragged it to."""

    class Kind(models.TextChoices):
        GUIDE = "guide", _("Panduan PDF")
        WHATSAPP = "whatsapp", _("WhatsApp (MENU)")
        ADDRESS = "address", _("Tautan")
        SOCIAL = "social", _("Media sosial")

    hub = models.ForeignKey(Hub, models.CASCADE, related_name="links", verbose_name=_("halaman"))
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind, default=Kind.GUIDE)
    label = models.CharField(_("tulisan"), max_length=60)
    label_en = models.CharField(_("tulisan (Inggris)"), max_length=60, blank=True)
    guide = models.ForeignKey(
        "public_site.Guide",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("panduan"),
    )
    guide_other = models.ForeignKey(
        "public_site.Guide",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("panduan bahasa lain"),
    )
    url = models.CharField(_("tautan"), max_length=300, blank=True, validators=[check_link])
    order = models.PositiveSmallIntegerField(_("urutan"), default=0)
    is_published = models.BooleanField(_("terbit"), default=True)

    class Meta:
        verbose_name = _("tombol")
        verbose_name_plural = pgettext_lazy("jamak", "tombol dan tautan")
        ordering: ClassVar = ["order", "pk"]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """A guide button needs a guide, a link needs an address."""
        if self.kind == self.Kind.GUIDE and self.guide_id is None:
            raise ValidationError({"guide": _("Pilih panduan untuk tombol ini")})
        if self.kind in (self.Kind.ADDRESS, self.Kind.SOCIAL) and not self.url:
            raise ValidationError({"url": _("Isi tautan untuk tombol ini")})


class Sop(models.Model):
    """The standard operating procedure of a page, published as the client's form prints it."""

    hub = models.OneToOneField(Hub, models.CASCADE, related_name="sop", verbose_name=_("halaman"))
    unit_lines = models.TextField(_("kepala dokumen"), help_text=_("Satu baris untuk satu tingkat unit."))
    number = models.CharField(_("nomor SOP"), max_length=60)
    name = models.CharField(_("nama SOP"), max_length=150)
    made_on = models.DateField(_("tanggal pembuatan"))
    revised_on = models.DateField(_("tanggal revisi"), null=True, blank=True)
    effective_on = models.DateField(_("tanggal efektif"))
    signer_title = models.CharField(_("disahkan oleh"), max_length=100)
    signer_name = models.CharField(_("nama pejabat"), max_length=100)
    signer_nip = models.CharField(_("NIP"), max_length=30, blank=True)
    legal_bases = models.TextField(_("dasar hukum"), help_text=_("Satu baris untuk satu butir."))
    qualifications = models.TextField(_("kualifikasi pelaksana"), help_text=_("Satu baris untuk satu butir."))
    related = models.TextField(_("keterkaitan"), blank=True, help_text=_("Satu baris untuk satu butir."))
    equipment = models.TextField(_("peralatan perlengkapan"), help_text=_("Satu baris untuk satu butir."))
    warning = models.TextField(_("peringatan"))
    recording = models.TextField(_("pencatatan dan pendataan"))
    is_published = models.BooleanField(_("terbit"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    class Meta:
        verbose_name = _("SOP")
        verbose_name_plural = _("SOP")
        ordering: ClassVar = ["number"]

    def __str__(self) -> str:
        return self.number

    def lines(self, field: str) -> list[str]:
        """The points of a text field, one a line, empty lines left out."""
        return [line.strip() for line in str(getattr(self, field)).splitlines() if line.strip()]


class SopStep(models.Model):
    """One line of the SOP's table."""

    sop = models.ForeignKey(Sop, models.CASCADE, related_name="steps", verbose_name=_("SOP"))
    order = models.PositiveSmallIntegerField(_("urutan"), default=0)
    activity = models.TextField(_("kegiatan"))
    by_applicant = models.BooleanField(_("pemohon"), default=False)
    by_unit = models.BooleanField(_("Tikkim"), default=False)
    equipment = models.CharField(_("kelengkapan"), max_length=150, blank=True)
    duration = models.CharField(_("waktu"), max_length=40, blank=True)
    output = models.CharField(_("output"), max_length=150, blank=True)
    note = models.CharField(_("keterangan"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("langkah")
        verbose_name_plural = pgettext_lazy("jamak", "langkah")
        ordering: ClassVar = ["order", "pk"]

    def __str__(self) -> str:
        return self.activity[:60]


class GuideFact(Bilingual):
    """A fee, date or address that guides quote as ``{kunci}`` and that an officer has to confirm."""

    key = models.SlugField(
        _("kunci"), max_length=40, unique=True, help_text=_("Ditulis {kunci} di dalam teks panduan.")
    )
    label = models.CharField(_("keterangan"), max_length=150)
    value = models.CharField(_("nilai"), max_length=150)
    value_en = models.CharField(_("nilai (Inggris)"), max_length=150, blank=True)
    source = models.CharField(_("sumber"), max_length=200, blank=True)
    confirmed_on = models.DateField(
        _("dipastikan pada"),
        null=True,
        blank=True,
        help_text=_("Kosong: belum dipastikan petugas; panduan menandainya dengan *."),
    )
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    class Meta:
        verbose_name = _("biaya dan tanggal")
        verbose_name_plural = pgettext_lazy("jamak", "biaya dan tanggal")
        ordering: ClassVar = ["label"]

    def __str__(self) -> str:
        return self.label


class GuideVersion(models.Model):
    """A guide as it was published once; the newest one is what every link hands out."""

    guide = models.ForeignKey(
        "public_site.Guide", models.CASCADE, related_name="versions", verbose_name=_("panduan")
    )
    version = models.CharField(_("versi"), max_length=20)
    issued_on = models.DateField(_("tanggal terbit"))
    file = models.FileField(_("berkas"), upload_to=private_path("guides"))
    size = models.PositiveIntegerField(_("ukuran (byte)"))
    sha256 = models.CharField(max_length=64)
    is_typeset = models.BooleanField(_("disusun dari teks"), default=False)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("versi panduan")
        verbose_name_plural = pgettext_lazy("jamak", "versi panduan")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["guide", "version"], name="one_guide_version"),
        ]

    def __str__(self) -> str:
        return self.version


class HubCount(models.Model):
    """How often something happened on a day; no address, no cookie, no person."""

    class Kind(models.TextChoices):
        SCAN = "scan", _("Pemindaian QR")
        VISIT = "visit", _("Kunjungan")
        DOWNLOAD = "download", _("Unduhan")
        PRESS = "press", _("Penekanan tombol")

    class Source(models.TextChoices):
        DIRECT = "", _("Langsung")
        QR = "qr", _("QR")
        POSTER_A4 = "a4", _("Poster A4")
        POSTER_A5 = "a5", _("Poster A5")
        SITE = "situs", _("Situs ini")

    day = models.DateField(_("tanggal"))
    hub = models.ForeignKey(Hub, models.CASCADE, related_name="counts", verbose_name=_("halaman"))
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind)
    source = models.CharField(_("sumber"), max_length=10, choices=Source, blank=True)
    #: Which button or guide; empty for visits.
    subject = models.CharField(_("tombol atau panduan"), max_length=60, blank=True)
    number = models.PositiveIntegerField(_("jumlah"), default=0)

    class Meta:
        verbose_name = _("jumlah kunjungan")
        verbose_name_plural = pgettext_lazy("jamak", "kunjungan")
        ordering: ClassVar = ["-day", "hub"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "hub", "kind", "source", "subject"], name="one_hub_count"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.number}"


class HubCheck(models.Model):
    """The dated record of one self-check, kept as electronic data as the SOP asks."""

    started_at = models.DateTimeField(_("waktu"))
    is_green = models.BooleanField(_("baik"))
    checked = models.PositiveIntegerField(_("diperiksa"))
    failed = models.PositiveIntegerField(_("gagal"))
    warned = models.PositiveIntegerField(_("peringatan"))
    #: [{"hub", "what", "state", "text"}], state: ok, warning, failed, skipped.
    findings = models.JSONField(_("temuan"), default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dijalankan oleh"),
    )

    class Meta:
        verbose_name = _("pemeriksaan harian")
        verbose_name_plural = pgettext_lazy("jamak", "pemeriksaan harian")
        ordering: ClassVar = ["-started_at"]

    def __str__(self) -> str:
        return clock.short_datetime(self.started_at)

    def in_state(self, *states: str) -> list[dict[str, Any]]:
        """The findings in one of ``states``."""
        return [finding for finding in self.findings if finding["state"] in states]


def whatsapp_menu_link(digits: str) -> str:
    """Opens a chat whose draft is the word that brings the menu."""
    return f"https://wa.me/{digits}?text={quote('MENU')}"
