"""A reason as it was said: the words it had when somebody chose it, which later edits of the list do not rewrite."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.rules.models import LONGEST_REASON, Reason, in_readers_language

#: What a row has to hold: whoever points at a reason keeps its words.
HAS_WORDS = Q(reason__isnull=True) | ~Q(reason_said="")


class SaidReason(models.Model):
    """Something that was done for a reason from the list."""

    reason = models.ForeignKey(
        Reason, verbose_name=_("alasan"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason_said = models.CharField(_("bunyi alasan"), max_length=LONGEST_REASON, blank=True, editable=False)
    reason_said_en = models.CharField(
        _("bunyi alasan dalam bahasa Inggris"), max_length=LONGEST_REASON, blank=True, editable=False
    )

    class Meta:
        abstract = True

    def say(self, reason: Reason | None) -> Self:
        """Gives the row its reason (None: none) in the words of today; the caller saves."""
        self.reason = reason
        self.reason_said = reason.text if reason else ""
        self.reason_said_en = reason.text_en if reason else ""
        return self

    @property
    def shown_reason(self) -> str:
        """What was said, in the reader's language; empty when no reason was chosen."""
        return in_readers_language(self.reason_said, self.reason_said_en)
