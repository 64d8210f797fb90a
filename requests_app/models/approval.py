"""The second pair of approving eyes: what makes a request risky, who approved second, and the emergency way round."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.rules.models import LONGEST_REASON, Reason, in_readers_language


class Risk(models.TextChoices):
    """Why one approver is not enough."""

    ROWS = "rows", _("banyak baris")
    SENSITIVE = "sensitive", _("layanan sangat peka")
    NEW_AGENCY = "new_agency", _("instansi baru")


class Approvals(models.Model):
    """What a request keeps beside ``approved_by``, who is the first approver, or the only one."""

    #: Risk codes joined by commas, empty: one approval is enough. They are only ever added to.
    risks = models.CharField(_("alasan persetujuan kedua"), max_length=60, blank=True, editable=False)
    second_approved_by = models.ForeignKey(
        User,
        verbose_name=_("disetujui kedua oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    second_approved_at = models.DateTimeField(
        _("disetujui kedua pada"), null=True, blank=True, editable=False
    )
    #: Who had it issued in an emergency without the second approval.
    override_by = models.ForeignKey(
        User,
        verbose_name=_("diterbitkan mendesak oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    override_at = models.DateTimeField(_("diterbitkan mendesak pada"), null=True, blank=True, editable=False)
    override_reason = models.ForeignKey(
        Reason,
        verbose_name=_("alasan mendesak"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    #: The words of the reason when it was chosen.
    override_reason_said = models.CharField(max_length=LONGEST_REASON, blank=True, editable=False)
    override_reason_said_en = models.CharField(max_length=LONGEST_REASON, blank=True, editable=False)
    override_note = models.TextField(_("keterangan keadaan mendesak"), blank=True, editable=False)

    class Meta:
        abstract = True

    def override_with(self, reason: Reason | None, note: str) -> None:
        """Keeps why it was issued in an emergency, in the words of today; None: it was not, after all."""
        self.override_reason = reason
        self.override_reason_said = reason.text if reason else ""
        self.override_reason_said_en = reason.text_en if reason else ""
        self.override_note = note

    @property
    def shown_override_reason(self) -> str:
        """The chosen reason as it was said, in the reader's language."""
        return in_readers_language(self.override_reason_said, self.override_reason_said_en)

    @property
    def risk_list(self) -> list[Risk]:
        """The stored risks in the order of ``Risk``."""
        stored = set(self.risks.split(","))
        return [risk for risk in Risk if risk.value in stored]


def needs_second_approval(request: Any) -> bool:
    """Whether a second approver has to agree before a document is issued."""
    return bool(request.risks)


def awaits_first_of_two(request: Any) -> bool:
    """Whether two have to approve and nobody has yet."""
    return bool(request.risks) and request.approved_by_id is None


def _differs(who: str, *others: str) -> Q:
    condition = Q()
    for other in others:
        condition &= Q(**{f"{other}__isnull": True}) | ~Q(**{who: F(other)})
    return condition


def approval_constraints(issued: tuple[Any, ...]) -> list[models.BaseConstraint]:
    """What the database itself holds; ``issued`` are the states in which a document exists or is being made."""
    others = ("verified_by", "processed_by", "entered_by")
    return [
        models.CheckConstraint(
            condition=Q(approved_by__isnull=False) | ~Q(status__in=issued), name="issued_has_an_approver"
        ),
        models.CheckConstraint(
            condition=Q(second_approved_by__isnull=True)
            | (Q(approved_by__isnull=False) & _differs("second_approved_by", "approved_by", *others)),
            name="second_pair_of_eyes",
        ),
        models.CheckConstraint(
            condition=Q(override_by__isnull=True)
            | (Q(override_reason__isnull=False) & _differs("override_by", *others)),
            name="override_by_another_person",
        ),
        models.CheckConstraint(
            condition=Q(risks="")
            | ~Q(status__in=issued)
            | (
                Q(approved_by__isnull=False)
                & (Q(second_approved_by__isnull=False) | Q(override_by__isnull=False))
            ),
            name="risk_needs_two_approvals",
        ),
    ]
