"""One line of the bench saved: an answer, or another outcome with its reason, never both."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.catalogue.kinds import Lookups
from core.rules.models import Reason
from requests_app import answering
from requests_app.models import Answer, Outcome, RequestRow


@dataclass(frozen=True)
class Line:
    """What stood in a line of the grid: texts by field key, the chosen outcome, the answer it showed."""

    values: Mapping[str, str]
    outcome: str = ""
    reason: Reason | None = None
    text: str = ""
    answer_pk: int | None = None

    @property
    def entered(self) -> dict[str, str]:
        """The filled fields."""
        return {key: text for key, text in self.values.items() if text.strip()}


@transaction.atomic
def save_line(
    row_pk: int, *, by: User, line: Line, version: int, lookups: Lookups | None = None
) -> tuple[RequestRow, Answer | None]:
    """Saves a line; returns the row as it is now and the answer, when there is one.

    RowConflict when the row changed since ``version``; ValidationError by field key, or for the whole line.
    """
    if line.outcome not in ("", Outcome.FOUND):
        if line.entered:
            raise ValidationError(
                _("Kosongkan kolom jawaban, atau pilih Ditemukan: hasil lain tidak memuat jawaban")
            )
        others = Answer.objects.filter(row=row_pk).exclude(pk=line.answer_pk or 0).count()
        if others:
            raise ValidationError(
                _("Baris ini memuat %(count)d catatan lain. Hapus dahulu di halaman permohonan")
                % {"count": others}
            )
        row = answering.set_outcome(
            row_pk,
            by=by,
            outcome=line.outcome,
            reason=answering.reason_text(line.reason, line.text),
            version=version,
        )
        return row, None
    if not line.entered:
        raise ValidationError(_("Isi paling sedikit satu kolom jawaban, atau pilih hasil lain"))
    answer = answering.type_answer(
        row_pk, by=by, values=line.entered, version=version, answer_pk=line.answer_pk, lookups=lookups
    )
    return RequestRow.objects.get(pk=row_pk), answer
