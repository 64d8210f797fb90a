"""The data request: its letter, its state, who handled it, and the schema it was submitted under."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, transition

from accounts.models import Agency, Agreement, Purpose, User
from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.doors import clock
from core.doors.storage import private_path
from requests_app.models.approval import (
    Approvals,
    approval_constraints,
    awaits_first_of_two,
    needs_second_approval,
)
from requests_app.models.destruction import LegalHold

if TYPE_CHECKING:
    from accounts.models import User as UserType


class Status(models.TextChoices):
    """States of a request (architecture.md §6); labels are what people read."""

    DRAFT = "draft", _("Draf")
    SUBMITTED = "submitted", _("Baru")
    VERIFYING = "verifying", _("Diverifikasi")
    NEEDS_CORRECTION = "needs_correction", _("Perlu Perbaikan")
    PROCESSING = "processing", _("Diproses")
    AWAITING_APPROVAL = "awaiting_approval", _("Menunggu Persetujuan")
    ISSUING = "issuing", _("Dokumen Disiapkan")
    COMPLETED = "completed", _("Selesai")
    REJECTED = "rejected", _("Ditolak")
    WITHDRAWN = "withdrawn", _("Dibatalkan")
    LAPSED = "lapsed", _("Kedaluwarsa")


OPEN_STATES = (
    Status.SUBMITTED,
    Status.VERIFYING,
    Status.NEEDS_CORRECTION,
    Status.PROCESSING,
    Status.AWAITING_APPROVAL,
    Status.ISSUING,
)
OFFICER_STATES = (
    Status.SUBMITTED,
    Status.VERIFYING,
    Status.PROCESSING,
    Status.AWAITING_APPROVAL,
    Status.ISSUING,
)
EDITABLE_STATES = (Status.DRAFT, Status.NEEDS_CORRECTION)
#: The version of a request in which nobody has written anything yet.
FIRST_VERSION = 1
#: What the applicant fills in about the letter, besides the letter itself.
HEADER_FIELDS = ("letter_number", "letter_date", "subject", "unit", "phone", "purpose", "legal_basis")


class LegalBasis(models.TextChoices):
    """The grounds of UU PDP Pasal 15 ayat (1)."""

    A = "a", _("a. kepentingan pertahanan dan keamanan nasional")
    B = "b", _("b. kepentingan proses penegakan hukum")
    C = "c", _("c. kepentingan umum dalam rangka penyelenggaraan negara")
    D = (
        "d",
        _(
            "d. kepentingan pengawasan sektor jasa keuangan, moneter, sistem pembayaran, dan stabilitas sistem keuangan"
        ),
    )
    E = "e", _("e. kepentingan statistik dan penelitian ilmiah")


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    """Reads of requests."""

    def visible_to(self, user: "UserType") -> "DataRequestQuerySet":
        """An applicant sees the requests of the own agency, drafts only the own; an officer sees what was submitted."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            if not user.has_perm("requests_app.view_datarequest"):
                return self.none()
            return self.exclude(status=Status.DRAFT)
        if user.agency_id is None:
            return self.none()
        own_draft = Q(requester=user, entered_by__isnull=True)
        return self.filter(agency_id=user.agency_id).filter(~Q(status=Status.DRAFT) | own_draft)

    def entered_by(self, user: "UserType") -> "DataRequestQuerySet":
        """What this officer enters or entered on behalf of applicants; a draft of it is seen by nobody else."""
        if not user.is_authenticated or not user.is_active or not user.is_staff:
            return self.none()
        if not user.has_perm("requests_app.enter_datarequest"):
            return self.none()
        return self.filter(entered_by=user)

    def in_reach_of(self, user: "UserType") -> "DataRequestQuerySet":
        """What a verb may be asked for: all that is visible, and an officer's own entries."""
        if user.is_authenticated and user.is_staff:
            return self.visible_to(user) | self.entered_by(user)
        return self.visible_to(user)

    def open(self) -> "DataRequestQuerySet":
        """Submitted and not yet ended."""
        return self.filter(status__in=OPEN_STATES)

    def overdue(self) -> "DataRequestQuerySet":
        """Waiting for officers beyond the due date."""
        return self.filter(status__in=OFFICER_STATES, due_on__lt=clock.today())

    def matching(self, text: str) -> "DataRequestQuerySet":
        """By request number, letter number or subject."""
        text = text.strip()
        if not text:
            return self
        compact = "".join(text.split()).replace("-", "").upper()
        return self.filter(
            Q(number__startswith=compact[:10]) | Q(letter_number__icontains=text) | Q(subject__icontains=text)
        )


class DataRequest(Approvals, LegalHold, models.Model):
    """A request for data by an agency (permohonan data)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Ten characters; given when submitted.
    number = models.CharField(
        _("No. Permohonan"), max_length=10, unique=True, null=True, blank=True, editable=False
    )
    status = FSMField(_("status"), default=Status.DRAFT, choices=Status.choices, protected=True)
    requester = models.ForeignKey(
        User, verbose_name=_("pemohon"), on_delete=models.PROTECT, related_name="data_requests"
    )
    agency = models.ForeignKey(
        Agency, verbose_name=_("instansi"), on_delete=models.PROTECT, related_name="data_requests"
    )
    #: The very version of the agreement it was judged under when submitted.
    agreement = models.ForeignKey(
        Agreement, verbose_name=_("PKS"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    letter_number = models.CharField(_("No. Surat"), max_length=60, blank=True)
    letter_date = models.DateField(_("Tanggal Surat"), null=True, blank=True)
    subject = models.CharField(_("Perihal"), max_length=150, blank=True)
    unit = models.CharField(_("Satuan Kerja"), max_length=150, blank=True)
    phone = models.CharField(_("No. Telp Pemohon"), max_length=16, blank=True)
    letter = models.FileField(_("Surat Permohonan Resmi"), upload_to=private_path("letters"), blank=True)
    letter_name = models.CharField(_("nama berkas surat"), max_length=120, blank=True)
    purpose = models.TextField(_("Tujuan Permintaan Data"), max_length=1000, blank=True)
    legal_basis = models.CharField(_("Dasar hukum"), max_length=1, choices=LegalBasis, blank=True)
    #: Asked for where the agreement is limited to certain purposes.
    purpose_code = models.ForeignKey(
        Purpose,
        verbose_name=_("Jenis tujuan"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    #: The manual's question; None until answered.
    more_than_ten = models.BooleanField(_("lebih dari 10 data detail"), null=True, blank=True)
    #: Schemas by service key, copied at submission: later edits of the catalogue never change this request.
    schemas = models.JSONField(default=dict, blank=True, editable=False)
    #: Given by the first Kirim; a second one with the same key gets the same answer.
    submit_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    #: Raised with every change, so that a form opened earlier is noticed.
    version = models.PositiveIntegerField(default=FIRST_VERSION, editable=False)
    assignee = models.ForeignKey(
        User,
        verbose_name=_("petugas"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_requests",
    )
    verified_by = models.ForeignKey(
        User,
        verbose_name=_("diverifikasi oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    processed_by = models.ForeignKey(
        User,
        verbose_name=_("diproses oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    approved_by = models.ForeignKey(
        User,
        verbose_name=_("disetujui oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    #: The officer who entered it on behalf of the requester, who had written by letter; None: the requester did.
    entered_by = models.ForeignKey(
        User,
        verbose_name=_("dimasukkan oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    #: What an officer last wrote to the applicant (correction or rejection).
    officer_note = models.TextField(_("catatan petugas"), blank=True, editable=False)
    #: In which state the last correction was asked: from there it comes back to the officer who asked.
    correction_from = models.CharField(max_length=20, choices=Status, blank=True, editable=False)
    #: None while the clock stands or nothing is promised; the ledger is ``clock_entries``.
    due_on = models.DateField(_("batas waktu"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("dibuat pada"), auto_now_add=True)
    updated_at = models.DateTimeField(_("diperbarui pada"), auto_now=True)
    submitted_at = models.DateTimeField(_("Tgl Permohonan"), null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(_("disetujui pada"), null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(_("selesai pada"), null=True, blank=True, editable=False)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("permohonan data")
        verbose_name_plural = pgettext_lazy("jamak", "permohonan data")
        ordering: ClassVar[list[str]] = ["-submitted_at", "-created_at"]
        permissions: ClassVar[list[tuple[str, Any]]] = [
            ("verify_datarequest", _("Dapat memverifikasi permohonan")),
            ("process_datarequest", _("Dapat memproses permohonan")),
            ("approve_datarequest", _("Dapat menyetujui permohonan")),
            ("override_approval", _("Dapat menerbitkan tanpa persetujuan kedua dalam keadaan mendesak")),
            ("enter_datarequest", _("Dapat memasukkan permohonan atas nama pemohon")),
            ("distribute_datarequest", _("Dapat membagi pekerjaan petugas")),
            ("hold_datarequest", _("Dapat menahan pemusnahan permohonan")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True)
                | (
                    (Q(verified_by__isnull=True) | ~Q(approved_by=F("verified_by")))
                    & (Q(processed_by__isnull=True) | ~Q(approved_by=F("processed_by")))
                ),
                name="four_eyes",
            ),
            models.CheckConstraint(
                condition=Q(entered_by__isnull=True)
                | (
                    (Q(verified_by__isnull=True) | ~Q(entered_by=F("verified_by")))
                    & (Q(approved_by__isnull=True) | ~Q(entered_by=F("approved_by")))
                    & (Q(second_approved_by__isnull=True) | ~Q(entered_by=F("second_approved_by")))
                    & (Q(override_by__isnull=True) | ~Q(entered_by=F("override_by")))
                ),
                name="entered_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT) | Q(number__isnull=False), name="submitted_has_a_number"
            ),
            *approval_constraints(issued=(Status.ISSUING, Status.COMPLETED)),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["agency", "-submitted_at"], name="request_agency"),
            models.Index(fields=["status", "due_on"], name="request_queue"),
            models.Index(fields=["submitted_at"], name="request_sent"),
            models.Index(fields=["completed_at"], name="request_done"),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Draf"))

    @property
    def is_draft(self) -> bool:
        return self.status == Status.DRAFT

    @property
    def is_editable(self) -> bool:
        """Whether the applicant may change it now."""
        return self.status in EDITABLE_STATES

    @property
    def is_overdue(self) -> bool:
        """Whether officers have kept it beyond the due date."""
        return self.due_on is not None and self.status in OFFICER_STATES and self.due_on < clock.today()

    def schema_for(self, service: Service) -> Schema:
        """The schema this request was submitted under; the catalogue's present one while it is a draft."""
        stored = self.schemas.get(service.key)
        return Schema.from_json(stored) if stored else service.schema()

    # The graph. Only operations.py calls these: it locks, checks rights and guards, and writes the event.
    @transition(field=status, source=[Status.DRAFT], target=Status.SUBMITTED)
    def submit(self) -> None: ...

    @transition(field=status, source=[Status.SUBMITTED], target=Status.VERIFYING)
    def start_verification(self) -> None: ...

    @transition(field=status, source=[Status.VERIFYING], target=Status.PROCESSING)
    def accept(self) -> None: ...

    @transition(field=status, source=[Status.VERIFYING, Status.PROCESSING], target=Status.NEEDS_CORRECTION)
    def ask_correction(self) -> None: ...

    @transition(field=status, source=[Status.NEEDS_CORRECTION], target=Status.VERIFYING)
    def resubmit(self) -> None: ...

    @transition(field=status, source=[Status.PROCESSING], target=Status.AWAITING_APPROVAL)
    def send_for_approval(self) -> None: ...

    @transition(field=status, source=[Status.AWAITING_APPROVAL], target=Status.PROCESSING)
    def send_back(self) -> None: ...

    @transition(
        field=status,
        source=[Status.AWAITING_APPROVAL],
        target=Status.AWAITING_APPROVAL,
        conditions=[awaits_first_of_two],
    )
    def approve_first(self) -> None: ...

    @transition(field=status, source=[Status.AWAITING_APPROVAL], target=Status.ISSUING)
    def approve(self) -> None: ...

    @transition(
        field=status,
        source=[Status.AWAITING_APPROVAL],
        target=Status.ISSUING,
        conditions=[needs_second_approval],
    )
    def override_approval(self) -> None: ...

    @transition(field=status, source=[Status.ISSUING], target=Status.COMPLETED)
    def document_ready(self) -> None: ...

    @transition(field=status, source=[Status.COMPLETED], target=Status.PROCESSING)
    def reopen(self) -> None: ...

    @transition(field=status, source=[Status.VERIFYING, Status.AWAITING_APPROVAL], target=Status.REJECTED)
    def reject(self) -> None: ...

    @transition(
        field=status,
        source=[Status.SUBMITTED, Status.VERIFYING, Status.NEEDS_CORRECTION, Status.PROCESSING],
        target=Status.WITHDRAWN,
    )
    def withdraw(self) -> None: ...

    @transition(field=status, source=[Status.NEEDS_CORRECTION], target=Status.LAPSED)
    def lapse(self) -> None: ...
