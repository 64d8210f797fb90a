"""Typed rows (Data Detail) and statistics questions of a draft or a request under correction."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.catalogue.models import Service
from requests_app import agreements
from requests_app.corrections import Unlocked
from requests_app.models import DataRequest, RequestRow, StatisticsItem
from requests_app.operations.locking import lock_editable, touch
from requests_app.twins import twin_of_question, twin_of_row


def refuse_same_question(item: StatisticsItem) -> None:
    """ValidationError when the request already asks for this count."""
    twin = twin_of_question(item)
    if twin is not None:
        raise ValidationError(
            _("Data statistik ini sama dengan nomor %(number)d. Ubah isian atau batalkan")
            % {"number": twin.position}
        )


def check_allowed(request: DataRequest, service: Service) -> None:
    """ValidationError when the agreement does not include the service."""
    refusal = agreements.service_refusal(request, service)
    if refusal:
        raise ValidationError(refusal)


def check_quota(request: DataRequest, service: Service, more: int) -> None:
    """ValidationError when ``more`` rows of the service are beyond the agreement's quota."""
    quota = agreements.quota_of(request, service)
    refusal = quota.refusal(more) if quota else ""
    if refusal:
        raise ValidationError(refusal)


def next_position(queryset: Any) -> int:
    """One more than the highest position in use."""
    return (queryset.aggregate(highest=Max("position"))["highest"] or 0) + 1


def close_gaps(items: QuerySet[Any]) -> None:
    """Number the rows (or questions) of one request 1, 2, 3 … in their order, with a statement for each gap.

    Only when it is sent: while a draft is open in two windows, a number has to stay with its person.
    """
    positions = list(items.order_by("position").values_list("position", flat=True))
    if positions == list(range(1, len(positions) + 1)):
        return
    # First out of the way: no two rows may have one number, not even in the middle of a statement.
    away = positions[-1]
    items.update(position=F("position") + away)
    starts = [i for i, number in enumerate(positions) if i == 0 or number != positions[i - 1] + 1]
    for start, end in zip(starts, [*starts[1:], len(positions)], strict=True):
        run = items.filter(position__range=(positions[start] + away, positions[end - 1] + away))
        run.update(position=F("position") - (positions[start] + away - start - 1))


def refuse_duplicate(request: DataRequest, row: RequestRow) -> None:
    """ValidationError when the same person is already asked for with the same entries."""
    twin = twin_of_row(request, row.service, row)
    if twin is not None:
        raise ValidationError(
            _("Data ini sama dengan baris %(number)d. Ubah isian atau batalkan") % {"number": twin.position}
        )


@transaction.atomic
def add_row(pk: uuid.UUID | str, *, by: User, service: Service, values: Mapping[str, Any]) -> RequestRow:
    """Adds a typed row; ``values`` come clean out of the service's schema."""
    request = lock_editable(pk, by)
    Unlocked.of(request).check_adding_rows()
    check_allowed(request, service)
    if request.rows.count() >= settings.TYPED_ROWS_MAX:
        text = _(
            "Anda sudah memasukkan %(limit)d data. Untuk menambah, ubah jawaban menjadi YA lalu unggah Excel."
        )
        if by.is_staff:
            text = _("Sudah ada %(limit)d data atau lebih. Untuk menambah, unggah Excel.")
        raise ValidationError(text % {"limit": settings.TYPED_ROWS_MAX})
    row = RequestRow(
        request=request, service=service, values=dict(values), position=next_position(request.rows)
    )
    row.identify(request.schema_for(service), values)
    refuse_duplicate(request, row)
    check_quota(request, service, 1)
    row.save()
    touch(request)
    return row


@transaction.atomic
def change_row(
    pk: uuid.UUID | str, position: int, *, by: User, service: Service, values: Mapping[str, Any]
) -> RequestRow:
    """Replaces what a row asks for; an earlier outcome is forgotten."""
    request = lock_editable(pk, by)
    check_allowed(request, service)
    row = request.rows.select_related("service", "released_in").get(position=position)
    refuse_closed(row)
    Unlocked.of(request).check_row(row, service, values)
    if row.service_id != service.pk:
        check_quota(request, service, 1)
    row.service = service
    row.values = dict(values)
    row.identify(request.schema_for(service), values)
    refuse_duplicate(request, row)
    reset_answer(row)
    row.save()
    touch(request)
    return row


def refuse_closed(row: RequestRow) -> None:
    """ValidationError for a row whose answer is in a document."""
    if row.closed_reason:
        raise ValidationError(row.closed_reason)


def reset_answer(row: RequestRow) -> None:
    """A changed question has no answer yet."""
    row.outcome = "pending"
    row.outcome_reason = ""
    row.decided_by = None
    row.decided_at = None
    if row.pk:
        row.answers.all().delete()
        row.candidates.all().delete()


@transaction.atomic
def remove_row(pk: uuid.UUID | str, position: int, *, by: User) -> str:
    """Removes a row and returns the name it asked for."""
    request = lock_editable(pk, by)
    row = request.rows.select_related("released_in").get(position=position)
    refuse_closed(row)
    Unlocked.of(request).check_row_removal(row)
    name = row.name
    row.delete()
    touch(request)
    return name


@transaction.atomic
def add_statistics(pk: uuid.UUID | str, *, by: User, values: Mapping[str, Any]) -> StatisticsItem:
    """Adds a statistics question; ``values`` are StatisticsItem fields."""
    request = lock_editable(pk, by)
    Unlocked.of(request).check_statistics(None)
    item = StatisticsItem(request=request, position=next_position(request.statistics), **values)
    check_allowed(request, item.service)
    item.clean()
    refuse_same_question(item)
    item.save()
    touch(request)
    return item


@transaction.atomic
def change_statistics(
    pk: uuid.UUID | str, position: int, *, by: User, values: Mapping[str, Any]
) -> StatisticsItem:
    """Replaces a statistics question; an earlier table is forgotten."""
    request = lock_editable(pk, by)
    item = request.statistics.get(position=position)
    Unlocked.of(request).check_statistics(item)
    for name, value in values.items():
        setattr(item, name, value)
    check_allowed(request, item.service)
    item.clean()
    refuse_same_question(item)
    item.answer, item.answered_at, item.answered_by = None, None, None
    item.save()
    touch(request)
    return item


@transaction.atomic
def remove_statistics(pk: uuid.UUID | str, position: int, *, by: User) -> None:
    """Removes a statistics question."""
    request = lock_editable(pk, by)
    item = request.statistics.get(position=position)
    Unlocked.of(request).check_statistics(item)
    item.delete()
    touch(request)
