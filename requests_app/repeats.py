"""Persons an agency asked for before under the same service: told while asking and while answering."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from requests_app.models import DataRequest, Outcome, RequestRow, ResultDocument, Status

#: A person of these requests got no answer and will get none.
UNANSWERED = (Status.DRAFT, Status.REJECTED, Status.WITHDRAWN, Status.LAPSED)


@dataclass(frozen=True)
class Earlier:
    """The latest earlier row about the same person, and how many there are."""

    request_id: UUID
    number: str
    submitted_at: datetime
    status: str
    #: Outcome of that row; empty as long as its request is open, and once the document that told it was revoked.
    outcome: str
    count: int = 1

    @property
    def standing(self) -> str:
        """What people read of it: the outcome, or where its request stands as long as there is none."""
        return self.outcome or self.status


def asked_before(found: DataRequest, rows: Iterable[RequestRow]) -> dict[int, Earlier]:
    """For each of ``rows`` (a page of them) that the same agency asked for before: the latest of those, by row id.

    The same person is who bears the same passport number or NIK, or sounds alike and was born on the same day.
    Three queries, however many rows. Only earlier requests count, never a colleague's draft.
    """
    rows = list(rows)
    passports = {row.passport_no for row in rows if row.passport_no}
    national_ids = {row.national_id for row in rows if row.national_id}
    births = {row.birth_date for row in rows if row.birth_date and row.sound_key}
    sounds = {row.sound_key for row in rows if row.birth_date and row.sound_key}
    others = (
        RequestRow.objects.filter(
            request__agency_id=found.agency_id,
            request__submitted_at__isnull=False,
            service__in={row.service_id for row in rows},
        )
        .exclude(request__status__in=UNANSWERED)
        .exclude(request_id=found.pk)
    )
    if found.submitted_at:
        others = others.filter(request__submitted_at__lt=found.submitted_at)
    seen: dict[int, dict[str, Any]] = {}
    # The negations are those of the partial indexes: SQLite uses one only when it reads them in the query.
    for narrowed in (
        others.filter(passport_no__in=passports).exclude(passport_no="") if passports else None,
        others.filter(national_id__in=national_ids).exclude(national_id="") if national_ids else None,
        others.filter(birth_date__in=births, sound_key__in=sounds).exclude(sound_key="") if births else None,
    ):
        if narrowed is not None:
            seen |= {other["id"]: other for other in narrowed.values(*_FIELDS)}
    return {row.pk: earlier for row in rows if (earlier := _latest(row, seen.values()))}


_FIELDS = (
    "id",
    "service_id",
    "passport_no",
    "national_id",
    "birth_date",
    "sound_key",
    "outcome",
    "released_in__state",
    "request_id",
    "request__number",
    "request__status",
    "request__submitted_at",
)


def _latest(row: RequestRow, others: Iterable[dict[str, Any]]) -> Earlier | None:
    same = [other for other in others if other["service_id"] == row.service_id and _is_same(row, other)]
    if not same:
        return None
    latest = max(same, key=lambda other: other["request__submitted_at"])
    is_revoked = latest["released_in__state"] == ResultDocument.State.REVOKED
    is_told = latest["request__status"] == Status.COMPLETED and not is_revoked
    return Earlier(
        request_id=latest["request_id"],
        number=latest["request__number"],
        submitted_at=latest["request__submitted_at"],
        status=str(Status(latest["request__status"]).label),
        outcome=str(Outcome(latest["outcome"]).label) if is_told else "",
        count=len({other["request_id"] for other in same}),
    )


def _is_same(row: RequestRow, other: dict[str, Any]) -> bool:
    if row.passport_no and row.passport_no == other["passport_no"]:
        return True
    if row.national_id and row.national_id == other["national_id"]:
        return True
    return bool(row.sound_key and row.birth_date) and (
        (row.sound_key, row.birth_date) == (other["sound_key"], other["birth_date"])
    )
