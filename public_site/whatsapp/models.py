"""What WhatsApp keeps: rules of the conversation, conversations, messages in and out, and passport steps.

A sender's number stands in ``Conversation.phone`` and nowhere else, and only while the 24-hour window of the API lets
us reply (longer while an officer is talking to the person); after that ``forget_old`` leaves the keyed hash, which
recognises a sender but cannot be turned back. Texts go with the number. Names of passport holders are masked on import.
"""

import re
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from admin_theme.bounds import Between
from core.doors import clock
from core.doors.signing import keyed_hash

#: How long after a person's last message the API takes free texts.
WINDOW = timedelta(hours=24)
TEXT_MOST = 4096
#: Kinds of messages people send, by the API's words.
KINDS = {
    "text": _("Teks"),
    "image": _("Gambar"),
    "audio": _("Suara"),
    "video": _("Video"),
    "document": _("Dokumen"),
    "sticker": _("Stiker"),
    "location": _("Lokasi"),
    "contacts": _("Kontak"),
    "reaction": _("Reaksi"),
    "system": _("Pemberitahuan WhatsApp"),
}
#: What cannot be read but deserves a word; everything else without text (a thumbs-up, a note of the system) does not.
UNREADABLE = frozenset({"image", "audio", "video", "document", "sticker", "location", "contacts"})
BOLD = re.compile(r"(?<![\w*])\*([^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])")


def sender_key(phone: str) -> str:
    """The keyed hash by which a sender is recognised; ``phone`` as the API gives it."""
    return keyed_hash("whatsapp-sender", phone)


def plain_words(text: str) -> str:
    """Upper case, one space between words, no punctuation around them: how keywords are compared."""
    return " ".join(re.sub(r"[^\w]+", " ", text.upper()).split())


class ConversationRule(models.Model):
    """One thing the conversation answers: reached by keyword anywhere, or by its number in the menu it belongs to."""

    class Action(models.TextChoices):
        TEXT = "text", _("Kirim teks")
        MENU = "menu", _("Tampilkan menu")
        HOME = "home", _("Menu utama")
        STATUS = "status", _("Cek status dengan nomor")
        HUMAN = "human", _("Hubungkan dengan petugas")
        INDONESIAN = "indonesian", _("Ganti ke Bahasa Indonesia")
        ENGLISH = "english", _("Ganti ke Bahasa Inggris")

    name = models.CharField(_("nama"), max_length=80, help_text=_("Hanya terlihat di konsol."))
    action = models.CharField(_("tindakan"), max_length=12, choices=Action, default=Action.TEXT)
    keywords = models.TextField(
        _("kata kunci dan sinonim"),
        blank=True,
        max_length=1000,
        help_text=_("Satu per baris, misalnya BIAYA. Huruf besar dan kecil dianggap sama."),
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to={"action__in": ("menu", "home")},
        verbose_name=_("tampil di menu"),
        help_text=_("Kosong: hanya dicapai dengan kata kunci."),
    )
    number = models.PositiveSmallIntegerField(
        _("nomor di menu"),
        null=True,
        blank=True,
        validators=[Between(1, 99)],
        help_text=_("Angka yang dibalas orang, 1 sampai 99."),
    )
    title = models.CharField(_("judul di menu"), max_length=60, blank=True)
    title_en = models.CharField(_("judul di menu (Inggris)"), max_length=60, blank=True)
    reply = models.TextField(
        _("balasan"),
        max_length=3000,
        help_text=_(
            "Teks biasa; *tebal* seperti di WhatsApp; tautan ditulis lengkap. {situs} menjadi alamat situs ini, "
            "{jam} jam layanan, dan {kunci} menjadi biaya atau tanggal dari daftar Biaya dan tanggal."
        ),
    )
    reply_en = models.TextField(_("balasan (Inggris)"), blank=True, max_length=3000)
    is_active = models.BooleanField(_("aktif"), default=True)
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    class Meta:
        verbose_name = _("aturan WhatsApp")
        verbose_name_plural = pgettext_lazy("jamak", "aturan WhatsApp")
        ordering: ClassVar = ["parent_id", "number", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parent", "number"], name="one_rule_per_menu_number", condition=Q(is_active=True)
            ),
            models.UniqueConstraint(
                fields=["action"], name="one_home_rule", condition=Q(action="home", is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> list[str]:
        """The keywords as they are compared."""
        return [word for line in re.split(r"[\n,;]", self.keywords) if (word := plain_words(line))]

    def text(self, field: str, language: str) -> str:
        """``title`` or ``reply`` in a language, in Indonesian where there is no translation."""
        english = str(getattr(self, f"{field}_en")) if language == "en" else ""
        return english or str(getattr(self, field))

    def clean(self) -> None:
        """A menu line needs a number and a title; a keyword leads to one rule; menus do not hold themselves."""
        errors: dict[str, list[ValidationError]] = {}

        def add(field: str, message: object, **params: object) -> None:
            errors.setdefault(field, []).append(ValidationError(str(message), params=params))

        if self.parent_id and not self.number:
            add("number", _("Isi Nomor di menu"))
        if self.parent_id and not self.title:
            add("title", _("Isi Judul di menu"))
        if any(word.isdigit() for word in self.words):
            add("keywords", _("Kata kunci tidak boleh berupa angka: angka memilih baris menu"))
        taken = {
            word: other.name
            for other in ConversationRule.objects.filter(is_active=True).exclude(pk=self.pk)
            for word in other.words
        }
        for word in self.words if self.is_active else ():
            if word in taken:
                add(
                    "keywords",
                    _("Kata kunci %(word)s sudah dipakai aturan %(rule)s"),
                    word=word,
                    rule=taken[word],
                )
        above, seen = self.parent, 0
        while above is not None and seen < 20:
            if above.pk == self.pk and self.pk:
                add("parent", _("Menu tidak dapat berada di dalam dirinya sendiri"))
                break
            above, seen = above.parent, seen + 1
        if errors:
            raise ValidationError(errors)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Which conversations are meant."""

    def with_people(self) -> "ConversationQuerySet":
        """Those that wait for an officer or are with one; the simulator's are nobody's work."""
        return self.filter(mode__in=(Conversation.Mode.WAITING, Conversation.Mode.OFFICER), simulated_by=None)


class Conversation(models.Model):
    """One sender and where the talk stands."""

    class Mode(models.TextChoices):
        MENU = "menu", _("Dijawab otomatis")
        WAITING = "waiting", _("Menunggu petugas")
        OFFICER = "officer", _("Bersama petugas")

    sender = models.CharField(_("pengirim"), max_length=64, unique=True)
    #: Digits with country code; empty once forgotten.
    phone = models.CharField(_("nomor WhatsApp"), max_length=20, blank=True)
    mode = models.CharField(_("status"), max_length=10, choices=Mode, default=Mode.MENU)
    language = models.CharField(_("bahasa"), max_length=2, default="id")
    #: Whose numbers a bare digit chooses from.
    menu = models.ForeignKey(ConversationRule, models.SET_NULL, null=True, blank=True, related_name="+")
    #: The next message is read as a number to look up.
    expects_number = models.BooleanField(default=False)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("petugas"),
    )
    simulated_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    last_received_at = models.DateTimeField(_("pesan terakhir"), null=True, blank=True)
    asked_officer_at = models.DateTimeField(_("meminta petugas pada"), null=True, blank=True)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("percakapan WhatsApp")
        verbose_name_plural = pgettext_lazy("jamak", "percakapan WhatsApp")
        ordering: ClassVar = ["-last_received_at"]
        permissions: ClassVar = [
            ("answer_conversation", "Membalas percakapan WhatsApp"),
            ("simulate_conversation", "Memakai simulator WhatsApp"),
        ]
        indexes: ClassVar = [models.Index(fields=["mode", "asked_officer_at"], name="wa_inbox")]

    def __str__(self) -> str:
        return self.shown_phone

    @property
    def shown_phone(self) -> str:
        """The number as the console shows it: enough to tell people apart, not to call them."""
        return f"+{self.phone[:4]} •••• {self.phone[-3:]}" if self.phone else f"#{self.pk}"

    @property
    def window_ends_at(self) -> datetime | None:
        """Until when a reply can be sent; None when the person never wrote."""
        return self.last_received_at + WINDOW if self.last_received_at else None

    @property
    def is_window_open(self) -> bool:
        """Whether a reply would be taken now."""
        ends = self.window_ends_at
        return bool(self.phone) and ends is not None and ends > clock.now()


class WhatsAppMessage(models.Model):
    """One message of a conversation; received ones are the inbox of the queue, sent ones its outbox."""

    class Direction(models.TextChoices):
        RECEIVED = "in", pgettext_lazy("arah", "Masuk")
        SENT = "out", pgettext_lazy("arah", "Keluar")

    class State(models.TextChoices):
        NEW = "new", _("Belum dibaca mesin")
        HANDLED = "handled", _("Dijawab")
        FOR_OFFICER = "officer", _("Untuk petugas")
        IGNORED = "ignored", _("Tidak dijawab")
        WAITING = "waiting", _("Menunggu dikirim")
        SENT = "sent", _("Terkirim")
        DELIVERED = "delivered", _("Sampai")
        READ = "read", _("Dibaca")
        FAILED = "failed", _("Gagal")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("percakapan")
    )
    direction = models.CharField(_("arah"), max_length=3, choices=Direction)
    #: The API's id: each is stored once, so each is handled once.
    wamid = models.CharField(max_length=128, unique=True, null=True, blank=True)
    #: One reply for one message, whatever runs twice.
    answers = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="reply", verbose_name=_("menjawab")
    )
    state = models.CharField(_("status"), max_length=10, choices=State)
    text = models.TextField(_("teks"), blank=True, max_length=TEXT_MOST)
    #: Anything but text: a picture, a voice; shown to the officer as a word.
    kind = models.CharField(_("jenis"), max_length=20, default="text")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("petugas"),
    )
    #: The person's clock for received messages, ours for sent ones.
    written_at = models.DateTimeField(_("ditulis pada"))
    created_at = models.DateTimeField(_("dicatat pada"), auto_now_add=True)
    sent_at = models.DateTimeField(_("terkirim pada"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    next_attempt_at = models.DateTimeField(_("percobaan berikut"), null=True, blank=True)
    last_error = models.CharField(_("kendala terakhir"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("pesan WhatsApp")
        verbose_name_plural = pgettext_lazy("jamak", "pesan WhatsApp")
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "written_at"], name="wa_thread"),
            models.Index(fields=["state", "next_attempt_at"], name="wa_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.pk}"

    @property
    def shown_kind(self) -> str:
        """Text, picture, voice … in words."""
        return str(KINDS.get(self.kind, _("Lainnya")))

    @property
    def shown_text(self) -> SafeString:
        """The text as a telephone draws it: ``*word*`` in bold, everything else as it is."""
        pieces = enumerate(BOLD.split(self.text))
        return format_html_join(
            "", "{}", ((format_html("<strong>{}</strong>", x) if n % 2 else x,) for n, x in pieces)
        )


class WhatsAppDelivery(models.Model):
    """What the API told about a message of ours; kept by its id, because it may come before our own note of it."""

    wamid = models.CharField(max_length=128)
    state = models.CharField(_("status"), max_length=10)
    at = models.DateTimeField(_("waktu"))
    error = models.CharField(_("kendala"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("status pengiriman WhatsApp")
        verbose_name_plural = pgettext_lazy("jamak", "status pengiriman WhatsApp")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["wamid", "state"], name="one_whatsapp_delivery")
        ]

    def __str__(self) -> str:
        return f"{self.state} {clock.short_datetime(self.at)}"


class PassportStatus(models.Model):
    """How far a passport application is, in coarse steps; imported by officers from their own system."""

    class Step(models.TextChoices):
        RECEIVED = "received", _("Diterima")
        INTERVIEW = "interview", _("Wawancara/Foto")
        ADJUDICATION = "adjudication", _("Adjudikasi")
        PRINTING = "printing", _("Cetak")
        READY = "ready", _("Siap Diambil")
        COLLECTED = "collected", _("Sudah Diambil")

    number = models.CharField(
        _("nomor permohonan"),
        max_length=16,
        unique=True,
        validators=[RegexValidator(r"^\d{16}$", _("Nomor permohonan terdiri dari 16 angka"))],
    )
    masked_name = models.CharField(_("nama tersamar"), max_length=100, blank=True)
    step = models.CharField(_("tahap"), max_length=12, choices=Step)
    step_on = models.DateField(_("tanggal tahap"), null=True, blank=True)
    office = models.ForeignKey(
        "reference.ImmigrationOffice",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("kantor imigrasi"),
    )
    updated_at = models.DateTimeField(_("diperbarui"), auto_now=True)

    class Meta:
        verbose_name = _("status paspor")
        verbose_name_plural = pgettext_lazy("jamak", "status paspor")
        ordering: ClassVar = ["-updated_at"]

    def __str__(self) -> str:
        return self.number


def mask_name(name: str) -> str:
    """``B*** S***``: first letters only, the same number of stars for every word."""
    return " ".join(f"{word[0].upper()}***" for word in name.split() if word)[:100]
