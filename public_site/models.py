"""What editors of the public site write: questions and answers, guides, pages and the contact card."""

from typing import ClassVar
from urllib.parse import quote

from django.core.validators import FileExtensionValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.doors.storage import private_path
from public_site.hub.models import (
    GuideFact,
    GuideVersion,
    Hub,
    HubCheck,
    HubCount,
    HubLink,
    Sop,
    SopStep,
)
from public_site.whatsapp.models import (
    Conversation,
    ConversationRule,
    PassportStatus,
    WhatsAppDelivery,
    WhatsAppMessage,
)

__all__ = [
    "Conversation",
    "ConversationRule",
    "Faq",
    "Guide",
    "GuideFact",
    "GuideVersion",
    "Hub",
    "HubCheck",
    "HubCount",
    "HubLink",
    "Page",
    "PassportStatus",
    "SiteContact",
    "Sop",
    "SopStep",
    "WhatsAppDelivery",
    "WhatsAppMessage",
]

PROSE_HELP = _(
    "Baris kosong memisahkan paragraf. “- ” atau “1. ” di awal baris membuat daftar, “## ” membuat judul, "
    "**teks** menebalkan, [teks](alamat) membuat tautan."
)


class Localised(models.Model):
    """A text with an optional English twin; Indonesian counts, and stands in for an empty twin."""

    class Meta:
        abstract = True

    def localised(self, field: str) -> str:
        """The field in the reader's language, in Indonesian when there is no translation."""
        english = str(getattr(self, f"{field}_en", "")) if (get_language() or "id").startswith("en") else ""
        return english or str(getattr(self, field))

    def language_of(self, field: str) -> str:
        """Language code of what ``localised`` returns, for the ``lang`` attribute."""
        in_english = (get_language() or "id").startswith("en") and bool(getattr(self, f"{field}_en", ""))
        return "en" if in_english else "id"


class PublishedQuerySet(models.QuerySet):
    """Reads shared by everything that editors can take off the site."""

    def published(self) -> "PublishedQuerySet":
        """What visitors may see."""
        return self.filter(is_published=True)


class Faq(Localised):
    """One question with its answer on the page Informasi."""

    slug = models.SlugField(
        _("jangkar"),
        max_length=60,
        unique=True,
        help_text=_("Bagian alamat setelah tanda #. Jangan diubah setelah terbit."),
    )
    question = models.CharField(_("pertanyaan"), max_length=200)
    question_en = models.CharField(_("pertanyaan (Inggris)"), max_length=200, blank=True)
    answer = models.TextField(_("jawaban"), help_text=PROSE_HELP)
    answer_en = models.TextField(_("jawaban (Inggris)"), blank=True)
    order = models.PositiveSmallIntegerField(_("urutan"), default=100, db_index=True)
    is_open = models.BooleanField(_("terbuka sejak awal"), default=False)
    is_published = models.BooleanField(_("terbit"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        verbose_name = _("pertanyaan")
        verbose_name_plural = pgettext_lazy("jamak", "pertanyaan yang sering diajukan")
        ordering: ClassVar = ["order", "pk"]

    def __str__(self) -> str:
        return self.question

    @property
    def shown_question(self) -> str:
        """The question in the reader's language."""
        return self.localised("question")

    @property
    def shown_answer(self) -> str:
        """The answer in the reader's language."""
        return self.localised("answer")

    @property
    def shown_language(self) -> str:
        """Language code of the answer shown."""
        return self.language_of("answer")


class Guide(models.Model):
    """A document that visitors may download from the page Informasi."""

    class Language(models.TextChoices):
        INDONESIAN = "id", _("Bahasa Indonesia")
        ENGLISH = "en", _("Bahasa Inggris")

    class Audience(models.TextChoices):
        AGENCY = "agency", _("Informasi (instansi)")
        PUBLIC = "public", _("Info Layanan (masyarakat)")

    title = models.CharField(_("judul"), max_length=150)
    slug = models.SlugField(_("alamat"), max_length=60, unique=True)
    summary = models.CharField(_("keterangan"), max_length=250, blank=True)
    language = models.CharField(_("bahasa"), max_length=2, choices=Language, default=Language.INDONESIAN)
    version = models.CharField(_("versi"), max_length=20, default="1.0")
    issued_on = models.DateField(_("tanggal terbit"))
    file = models.FileField(
        _("berkas"),
        upload_to=private_path("guides"),
        validators=[FileExtensionValidator(["pdf"])],
        help_text=_("PDF"),
    )
    #: When given, the application typesets the file from it (public_site.hub.guides).
    body = models.TextField(_("teks panduan"), blank=True, help_text=PROSE_HELP)
    audience = models.CharField(_("tampil di"), max_length=10, choices=Audience, default=Audience.AGENCY)
    order = models.PositiveSmallIntegerField(_("urutan"), default=100)
    is_published = models.BooleanField(_("terbit"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        verbose_name = _("panduan")
        verbose_name_plural = pgettext_lazy("jamak", "dokumen panduan pengguna")
        ordering: ClassVar = ["order", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where the document is downloaded."""
        return reverse("public_site:guide_download", args=[self.slug])

    @property
    def size(self) -> int:
        """Size in bytes; 0 when the file is missing, which the page then says."""
        try:
            return int(self.file.size)
        except (OSError, ValueError):
            return 0


class Page(Localised):
    """A page of text at ``/halaman/<slug>/``: privacy, accessibility and whatever an editor adds."""

    slug = models.SlugField(_("alamat"), max_length=60, unique=True)
    title = models.CharField(_("judul"), max_length=150)
    title_en = models.CharField(_("judul (Inggris)"), max_length=150, blank=True)
    lead = models.CharField(_("pengantar"), max_length=300, blank=True)
    lead_en = models.CharField(_("pengantar (Inggris)"), max_length=300, blank=True)
    body = models.TextField(_("isi"), help_text=PROSE_HELP)
    body_en = models.TextField(_("isi (Inggris)"), blank=True)
    in_footer = models.BooleanField(_("tautan di kaki halaman"), default=False)
    is_published = models.BooleanField(_("terbit"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    objects = PublishedQuerySet.as_manager()

    class Meta:
        verbose_name = _("halaman")
        verbose_name_plural = pgettext_lazy("jamak", "halaman")
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Address of the page."""
        return reverse("public_site:page", args=[self.slug])

    @property
    def shown_title(self) -> str:
        """The title in the reader's language."""
        return self.localised("title")

    @property
    def shown_lead(self) -> str:
        """The introduction in the reader's language."""
        return self.localised("lead")

    @property
    def shown_body(self) -> str:
        """The text in the reader's language."""
        return self.localised("body")

    @property
    def shown_language(self) -> str:
        """Language code of the text shown."""
        return self.language_of("body")


class SiteContact(Localised):
    """The one card of addresses and hours; its defaults are the manual's, so it speaks unedited."""

    #: What this process last read, so that error pages can show it without asking the database.
    last_known: ClassVar["SiteContact | None"] = None

    address = models.TextField(
        _("alamat"),
        default="Jl. H. R. Rasuna Said Kav. X-6 Kuningan\nJakarta Selatan, DKI Jakarta, Indonesia",
    )
    email = models.EmailField(_("email"), default="subdit_pdp@imigrasi.go.id")
    whatsapp = models.CharField(
        _("WhatsApp"),
        max_length=20,
        default="6281214157060",
        validators=[
            RegexValidator(
                r"^[1-9]\d{7,14}$", _("Tulis angka saja, diawali kode negara, misalnya 6281214157060")
            )
        ],
        help_text=_("Angka saja, diawali kode negara tanpa +, misalnya 6281214157060."),
    )
    hours = models.CharField(_("jam layanan"), max_length=100, default="Senin–Jumat 08.00–16.00 WIB")
    hours_en = models.CharField(
        _("jam layanan (Inggris)"),
        max_length=100,
        blank=True,
        default="Monday–Friday 08:00–16:00 WIB (UTC+7)",
    )
    map_url = models.URLField(
        _("tautan peta"),
        blank=True,
        default="https://www.openstreetmap.org/search?query=Direktorat%20Jenderal%20Imigrasi%20Rasuna%20Said%20Jakarta",
    )
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    class Meta:
        verbose_name = _("kontak")
        verbose_name_plural = pgettext_lazy("jamak", "kontak")

    def __str__(self) -> str:
        return self.email

    def save(self, *args: object, **kwargs: object) -> None:
        """There is one card: whatever is saved becomes it."""
        self.pk = 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @classmethod
    def current(cls) -> "SiteContact":
        """The saved card, or the manual's values while nobody has saved one."""
        cls.last_known = cls.objects.filter(pk=1).first() or cls()
        return cls.last_known

    @classmethod
    def without_database(cls) -> "SiteContact":
        """The card as this process last saw it; for pages that must work while the database does not."""
        return cls.last_known or cls()

    @property
    def shown_hours(self) -> str:
        """Opening hours in the reader's language."""
        return self.localised("hours")

    @property
    def whatsapp_display(self) -> str:
        """The number as people read it: ``+62 812 1415 7060``."""
        digits = self.whatsapp
        if not digits.startswith("62"):
            return f"+{digits}"
        local = digits[2:]
        return " ".join(["+62", local[:3], *(local[at : at + 4] for at in range(3, len(local), 4))])

    @property
    def whatsapp_menu_link(self) -> str:
        """Opens a chat with the word that brings the menu."""
        return f"https://wa.me/{self.whatsapp}?text=MENU"

    @property
    def whatsapp_link(self) -> str:
        """Opens a chat; the text is only a draft which the person sends, and never holds personal data."""
        draft = str(_("Halo, saya ingin bertanya tentang Layanan Data Keimigrasian."))
        return f"https://wa.me/{self.whatsapp}?text={quote(draft)}"
