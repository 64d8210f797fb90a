"""The end of an issued document before its time: who asked for it and why, and who agreed."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.rules.models import LONGEST_REASON, in_readers_language


class Revocation(models.Model):
    """What a document keeps about its revocation; empty while nobody has asked for one."""

    revocation_asked_by = models.ForeignKey(
        User,
        verbose_name=_("pencabutan diminta oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    revocation_asked_at = models.DateTimeField(_("pencabutan diminta pada"), null=True, blank=True)
    #: The words of the reason when it was chosen.
    revocation_said = models.CharField(_("alasan pencabutan"), max_length=LONGEST_REASON, blank=True)
    revocation_said_en = models.CharField(max_length=LONGEST_REASON, blank=True)
    #: Read by the applicant beside the reason.
    revocation_note = models.TextField(_("penjelasan pencabutan"), blank=True)
    revoked_by = models.ForeignKey(
        User,
        verbose_name=_("dicabut oleh"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    revoked_at = models.DateTimeField(_("dicabut pada"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def awaits_revocation(self) -> bool:
        """Whether somebody has asked for it and nobody has decided yet."""
        return self.revocation_asked_by_id is not None and self.revoked_by_id is None

    @property
    def shown_revocation(self) -> str:
        """The reason in the reader's language, then what was written for the applicant."""
        said = in_readers_language(self.revocation_said, self.revocation_said_en)
        return f"{said}. {self.revocation_note}" if self.revocation_note else said


def revocation_constraints(revoked: str) -> list[models.BaseConstraint]:
    """Two persons for each revocation, and none without them; ``revoked`` is the state it leads to."""
    return [
        models.CheckConstraint(
            condition=Q(revoked_by__isnull=True)
            | (Q(revocation_asked_by__isnull=False) & ~Q(revoked_by=F("revocation_asked_by"))),
            name="revoked_by_another_person",
        ),
        models.CheckConstraint(
            condition=~Q(state=revoked) | Q(revoked_by__isnull=False, revoked_at__isnull=False),
            name="revoked_says_who_and_when",
        ),
    ]


#: Documents whose revocation was asked for and not decided.
AWAITS_REVOCATION = Q(revocation_asked_by__isnull=False, revoked_by__isnull=True)
