"""Who may ask and who answers: agencies, their agreements (PKS), registrations and users."""

import uuid
from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, transition
from django_otp.models import Device

from accounts.managers import UserManager
from accounts.terms import AgreementService, Purpose
from core.catalogue.models import Service
from core.doors import clock
from core.doors.storage import private_path
from core.reference.models import ImmigrationOffice, Region


class Agency(models.Model):
    """A ministry or agency (instansi) that may ask for data."""

    name = models.CharField(_("Nama Instansi"), max_length=150, unique=True)
    #: Letters and digits that start its user ids: BADANIT -> BADANIT_005.
    code = models.SlugField(_("kode"), max_length=20, unique=True)
    address = models.CharField(_("Alamat Kantor"), max_length=300, blank=True)
    is_active = models.BooleanField(_("aktif"), default=True)
    #: Last number given to a user id; raised under a row lock.
    last_user_number = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)

    class Meta:
        verbose_name = _("instansi")
        verbose_name_plural = pgettext_lazy("jamak", "instansi")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Reads of agreements by validity."""

    def in_force(self, on: date) -> "AgreementQuerySet":
        """Versions whose dates include ``on``, not terminated by then and not yet replaced by an amendment."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=on),
            Q(terminated_on__isnull=True) | Q(terminated_on__gt=on),
            Q(amended_by__isnull=True) | Q(amended_by__valid_from__gt=on),
            valid_from__lte=on,
        )

    def newest_versions(self) -> "AgreementQuerySet":
        """The newest version of each agreement."""
        return self.filter(amended_by__isnull=True)

    def ending(self, on: date, days: int) -> "AgreementQuerySet":
        """In force and over within so many days; not when an amendment that carries on is recorded already."""
        last = on + timedelta(days=days)
        return (
            self.in_force(on)
            .newest_versions()
            .filter(Q(valid_until__lte=last) | Q(terminated_on__lte=last + timedelta(days=1)))
        )


class Agreement(models.Model):
    """A version of a cooperation agreement (PKS): which services an agency may ask for, how much, and for how long.

    An amendment is a version of its own that follows the one it amends; a version a request was judged under
    no longer changes.
    """

    agency = models.ForeignKey(
        Agency, verbose_name=_("instansi"), on_delete=models.PROTECT, related_name="agreements"
    )
    number = models.CharField(_("Nomor PKS"), max_length=100)
    title = models.CharField(_("judul"), max_length=200, blank=True)
    #: The version this one amends.
    amends = models.OneToOneField(
        "self",
        verbose_name=_("mengubah"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="amended_by",
        editable=False,
    )
    version = models.PositiveSmallIntegerField(_("versi"), default=1, editable=False)
    change_note = models.CharField(_("Yang berubah"), max_length=500, blank=True)
    services = models.ManyToManyField(
        Service,
        verbose_name=_("layanan yang diizinkan"),
        related_name="agreements",
        through=AgreementService,
    )
    #: Letters of Pasal 15 ayat (1) a request may name; empty: all five.
    legal_bases = models.CharField(_("dasar hukum yang diizinkan"), max_length=5, blank=True)
    purposes = models.ManyToManyField(
        Purpose, verbose_name=_("tujuan yang diizinkan"), related_name="agreements", blank=True
    )
    valid_from = models.DateField(_("Berlaku Sejak"))
    valid_until = models.DateField(_("Berlaku Sampai"), null=True, blank=True)
    terminated_on = models.DateField(_("diakhiri pada"), null=True, blank=True)
    document = models.FileField(
        _("dokumen PKS"),
        upload_to=private_path("agreements"),
        blank=True,
        validators=[FileExtensionValidator(["pdf"])],
    )
    legal_basis = models.CharField(_("dasar hukum bawaan"), max_length=1, blank=True)
    note = models.CharField(_("catatan"), max_length=250, blank=True)
    #: When a request was first judged under this version; from then on its terms are closed.
    used_at = models.DateTimeField(_("mulai dipakai pada"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("perjanjian kerja sama (PKS)")
        verbose_name_plural = pgettext_lazy("jamak", "perjanjian kerja sama (PKS)")
        ordering: ClassVar[list[str]] = ["agency__name", "-valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "number"], name="agreement_number_once_per_agency"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
                name="agreement_ends_after_it_starts",
                violation_error_message=_("Berlaku Sampai lebih awal daripada Berlaku Sejak."),
            ),
            models.CheckConstraint(
                condition=Q(amends__isnull=True, version=1) | Q(amends__isnull=False, version__gt=1),
                name="amendment_has_a_higher_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} – {self.agency}"

    @property
    def last_day(self) -> date | None:
        """The last day on which it covers anything, by validity or termination; None: no end."""
        terminated = self.terminated_on - timedelta(days=1) if self.terminated_on else None
        return min((day for day in (self.valid_until, terminated) if day is not None), default=None)

    def is_in_force(self, on: date) -> bool:
        """Whether ``on`` lies within the validity of this version; one query when it may have been amended."""
        return (
            (self.terminated_on is None or on < self.terminated_on)
            and self.valid_from <= on
            and (self.valid_until is None or on <= self.valid_until)
            and not Agreement.objects.filter(amends=self, valid_from__lte=on).exists()
        )

    def mark_used(self) -> None:
        """Closes the terms from now on: a request is judged under this version."""
        if self.used_at is None:
            self.used_at = clock.now()
            self.save(update_fields=["used_at"])

    def newest_version(self) -> "Agreement":
        """The last amendment of this version, itself when there is none; a query for each step."""
        newest = self
        while (following := Agreement.objects.filter(amends=newest).first()) is not None:
            newest = following
        return newest

    def all_versions(self) -> list["Agreement"]:
        """Every version of the same agreement, the first one first; a query for each step."""
        first = self
        while first.amends is not None:
            first = first.amends
        versions = [first]
        while (following := Agreement.objects.filter(amends=versions[-1]).first()) is not None:
            versions.append(following)
        return versions


class User(AbstractUser):
    """A person who signs in: an applicant of an agency, or an officer (is_staff) with roles as groups."""

    email = models.EmailField(_("Email"), unique=True)
    full_name = models.CharField(_("Nama"), max_length=100)
    employee_number = models.CharField(_("NIP/NRP"), max_length=21, blank=True)
    phone = models.CharField(_("No. Telp"), max_length=16, blank=True)
    unit = models.CharField(_("Unit Kerja"), max_length=150, blank=True)
    agency = models.ForeignKey(
        Agency,
        verbose_name=_("instansi"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
    )
    #: Mails to this person are written in it; follows the choice made on the pages.
    language = models.CharField(
        _("bahasa surel"), max_length=2, choices=[("id", "Indonesia"), ("en", "English")], default="id"
    )
    must_change_password = models.BooleanField(_("harus mengganti kata sandi"), default=False)
    #: End of the temporary password's life; null once the person has chosen an own password.
    temporary_password_until = models.DateTimeField(null=True, blank=True, editable=False)
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()  # type: ignore[misc]  # narrower than AbstractUser's manager on purpose

    class Meta:
        verbose_name = _("pengguna")
        verbose_name_plural = pgettext_lazy("jamak", "pengguna")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(is_staff=True) | Q(agency__isnull=False),
                name="applicant_belongs_to_an_agency",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name or self.username} ({self.username})"

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.username

    @property
    def is_applicant(self) -> bool:
        """A person of an agency, not of the directorate."""
        return not self.is_staff


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Reads of registrations by what has to be done."""

    def open(self) -> "RegistrationQuerySet":
        """Registrations that wait for an officer."""
        return self.filter(status__in=[Registration.Status.SUBMITTED, Registration.Status.VERIFYING])


class Registration(models.Model):
    """An application for user access, with the official letter, as the manual's chapter 3 asks for it."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("Baru")
        VERIFYING = "verifying", _("Diverifikasi")
        NEEDS_CORRECTION = "needs_correction", _("Perlu Perbaikan")
        APPROVED = "approved", _("Disetujui")
        REJECTED = "rejected", _("Ditolak")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = FSMField(_("status"), default=Status.SUBMITTED, choices=Status.choices, protected=True)
    agency_name = models.CharField(_("Nama Instansi"), max_length=150)
    unit = models.CharField(_("Unit Kerja"), max_length=150)
    full_name = models.CharField(_("Nama"), max_length=100)
    employee_number = models.CharField(_("NIP/NRP"), max_length=21)
    phone = models.CharField(_("No. Telp"), max_length=16)
    email = models.EmailField(_("Email"), max_length=254)
    address = models.CharField(_("Alamat Kantor"), max_length=300)
    postal_code = models.CharField(_("Kode Pos"), max_length=5)
    province = models.ForeignKey(
        Region, verbose_name=_("Provinsi"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    regency = models.ForeignKey(
        Region, verbose_name=_("Kota"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    district = models.ForeignKey(
        Region, verbose_name=_("Kecamatan"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    village = models.ForeignKey(
        Region, verbose_name=_("Desa"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    immigration_office = models.ForeignKey(
        ImmigrationOffice,
        verbose_name=_("Kantor Imigrasi"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    letter = models.FileField(_("Dokumen Tambahan"), upload_to=private_path("registrations"))
    letter_name = models.CharField(_("nama berkas"), max_length=120)
    email_confirmed_at = models.DateTimeField(
        _("email terkonfirmasi pada"), null=True, blank=True, editable=False
    )
    checklist = models.JSONField(_("daftar periksa"), default=dict, blank=True, editable=False)
    note = models.TextField(_("catatan untuk pemohon"), blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("diputuskan oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    decided_at = models.DateTimeField(_("diputuskan pada"), null=True, blank=True, editable=False)
    #: When person, letter and notes were destroyed (accounts.retention); None while they are there.
    erased_at = models.DateTimeField(_("isi dimusnahkan pada"), null=True, blank=True, editable=False)
    #: Raised with each return for correction, so that an older link in a mail stops working.
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("akun"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="registration",
        editable=False,
    )
    created_at = models.DateTimeField(_("didaftarkan pada"), auto_now_add=True)
    updated_at = models.DateTimeField(_("diperbarui pada"), auto_now=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("pendaftaran")
        verbose_name_plural = pgettext_lazy("jamak", "pendaftaran")
        ordering: ClassVar[list[str]] = ["created_at"]
        permissions = [
            ("verify_registration", _("Dapat memeriksa dan memutuskan pendaftaran")),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["status", "created_at"], name="registration_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.agency_name} – {self.full_name}"

    @transition(field=status, source=[Status.SUBMITTED], target=Status.VERIFYING)
    def start_verification(self) -> None:
        """An officer takes the registration up."""

    @transition(field=status, source=[Status.SUBMITTED, Status.VERIFYING], target=Status.NEEDS_CORRECTION)
    def ask_correction(self) -> None:
        """The applicant has to mend something."""

    @transition(field=status, source=[Status.NEEDS_CORRECTION], target=Status.SUBMITTED)
    def resubmit(self) -> None:
        """The applicant has mended it."""

    @transition(field=status, source=[Status.SUBMITTED, Status.VERIFYING], target=Status.APPROVED)
    def approve(self) -> None:
        """An account is opened."""

    @transition(field=status, source=[Status.SUBMITTED, Status.VERIFYING], target=Status.REJECTED)
    def reject(self) -> None:
        """No account is opened."""


class RegistrationEvent(models.Model):
    """What happened to a registration, by whom: append-only."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("waktu"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("oleh"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    verb = models.CharField(_("tindakan"), max_length=40)
    source = models.CharField(_("dari"), max_length=20, blank=True)
    target = models.CharField(_("menjadi"), max_length=20, blank=True)
    note = models.TextField(_("catatan"), blank=True)

    class Meta:
        verbose_name = _("riwayat pendaftaran")
        verbose_name_plural = pgettext_lazy("jamak", "riwayat pendaftaran")
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{clock.short_datetime(self.at)} {self.verb}"


class CodeDevice(Device):
    """The second factor of an account: codes to its e-mail address (accounts.otp); holds no secret."""

    #: One device a user; without a way back, since only django-otp asks for it.
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("kode lewat email")
        verbose_name_plural = pgettext_lazy("jamak", "kode lewat email")

    def is_interactive(self) -> bool:
        """A code has to be sent before one can be typed."""
        return True

    def verify_token(self, token: str) -> bool:
        """Refuses: a code belongs to a sign-in attempt and is checked by ``accounts.otp.check_code`` only."""
        return False


class SignInCode(models.Model):
    """A mailed one-time code, kept only as a keyed hash and bound to one attempt to sign in."""

    class State(models.TextChoices):
        OPEN = "open", _("Berlaku")
        USED = "used", _("Dipakai")
        SUPERSEDED = "superseded", _("Diganti")
        VOID = "void", _("Dibatalkan")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: Random name of the attempt, known to the browser's session only.
    attempt = models.CharField(max_length=32)
    code_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("kode masuk")
        verbose_name_plural = pgettext_lazy("jamak", "kode masuk")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "sent_at"], name="sign_in_code_of_user"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SignedInDevice(models.Model):
    """A browser that is signed in: what its owner sees under "Perangkat yang masuk" and can end."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signed_in_devices"
    )
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(_("peramban"), max_length=80, blank=True)
    address = models.CharField(_("alamat jaringan"), max_length=45, blank=True)
    started_at = models.DateTimeField(_("masuk pada"))
    seen_at = models.DateTimeField(_("terakhir dipakai"))

    class Meta:
        verbose_name = _("perangkat yang masuk")
        verbose_name_plural = pgettext_lazy("jamak", "perangkat yang masuk")
        ordering: ClassVar[list[str]] = ["-seen_at"]

    def __str__(self) -> str:
        return self.browser


class IdentityCheck(models.Model):
    """An officer was asked again who it is before a weighty deed, and what came of it; append-only."""

    class Way(models.TextChoices):
        APP = "app", _("Aplikasi autentikator")
        MAIL = "mail", _("Kode lewat email")
        PASSWORD = "password", _("Kata sandi")

    at = models.DateTimeField(_("waktu"), auto_now_add=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("petugas"), on_delete=models.PROTECT, related_name="+"
    )
    way = models.CharField(_("cara"), max_length=10, choices=Way)
    #: The deed's label as it stood on the button, in Indonesian.
    deed = models.CharField(_("untuk tindakan"), max_length=120)
    passed = models.BooleanField(_("berhasil"))
    address = models.CharField(_("alamat jaringan"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("konfirmasi identitas")
        verbose_name_plural = pgettext_lazy("jamak", "konfirmasi identitas")
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "at"], name="identity_check_of_user"),
        ]

    def __str__(self) -> str:
        return f"{clock.short_datetime(self.at)} {self.way}"
