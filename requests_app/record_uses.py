"""Where answers rest on records of the holdings, told before records change (``settings.RECORD_USES``)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from core.holdings.models import Record
from requests_app.models import Answer, Candidate


def answers_on(records: QuerySet[Record], since: datetime) -> QuerySet[Any]:
    """Answers copied from ``records`` since then: ``record_id`` and the request's ``number``."""
    found = Answer.objects.filter(record__in=records, at__gte=since).order_by()
    return found.annotate(number=F("row__request__number"))


def forget_proposals(keys: Sequence[int]) -> None:
    """Drops proposals nobody decided yet: their reasons compare with what the records held before."""
    Candidate.objects.filter(record__in=list(keys), decision=Candidate.Decision.OPEN).delete()
