"""Pins on places that must be put right: officers mark, send, tick or ask again; the applicant explains."""

import uuid
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from core.doors import clock
from core.rules.models import Reason
from requests_app import corrections, workflow
from requests_app.models import Correction, DataRequest, Status
from requests_app.models.request import HEADER_FIELDS
from requests_app.operations.locking import conflict, lock_editable, lock_request

Kind = Correction.Kind
State = Correction.State
#: More places than that are "the whole request".
MOST_MARKS = 300
LONGEST_TEXT = 500


def reasons_against_marking(request: DataRequest, user: User) -> list[str] | None:
    """None: not for this person or state. Empty: may be done. Otherwise: why not."""
    verb = workflow.VERBS["ask_correction"]
    if not workflow.fits_state(verb, request) or not workflow.has_right(verb, request, user):
        return None
    return workflow.is_not_own_agency(request, user)


def _lock_for_marking(pk: uuid.UUID | str, by: User) -> DataRequest:
    request = lock_request(pk, by)
    standing = reasons_against_marking(request, by)
    if standing is None:
        verb = workflow.VERBS["ask_correction"]
        raise conflict(request) if workflow.has_some_right(verb, by) else PermissionDenied
    if standing:
        raise ValidationError(standing)
    return request


def _check_words(reason: Reason | None, text: str) -> str:
    text = " ".join(text.split())
    if reason is not None and (reason.purpose != Reason.Purpose.CORRECTION or not reason.active):
        raise ValidationError({"reason": _("Pilih alasan yang tersedia")})
    if reason is None and len(text) < 5:
        raise ValidationError({"reason": _("Pilih alasan, atau tulis penjelasan paling sedikit 5 karakter")})
    if len(text) > LONGEST_TEXT:
        raise ValidationError(
            {"text": _("Penjelasan paling banyak %(most)d karakter") % {"most": LONGEST_TEXT}}
        )
    return text


@transaction.atomic
def mark(
    pk: uuid.UUID | str,
    *,
    by: User,
    kind: str,
    keys: Sequence[str] = (),
    row_pk: int | None = None,
    statistics_pk: int | None = None,
    reason: Reason | None = None,
    text: str = "",
) -> list[Correction]:
    """Collects pins on one place or, with ``keys``, on several fields of the letter or columns of a row.

    Nothing reaches the applicant before ``ask_correction``. Marking a place again replaces reason and text.
    """
    request = _lock_for_marking(pk, by)
    text = _check_words(reason, text)
    places = _places(request, kind, keys, row_pk, statistics_pk)
    marked = []
    for place in places:
        standing = request.corrections.filter(
            state=State.MARKED,
            kind=place.kind,
            field_key=place.field_key,
            row=place.row,
            statistics=place.statistics,
        ).first()
        pin = standing or place
        pin.say(reason)
        pin.text, pin.by = text, by
        pin.save()
        marked.append(pin)
    if request.corrections.filter(state=State.MARKED).count() > MOST_MARKS:
        raise ValidationError(
            _("Sudah ada %(most)d tanda. Minta perbaikan seluruh permohonan saja") % {"most": MOST_MARKS}
        )
    return marked


def _places(
    request: DataRequest, kind: str, keys: Sequence[str], row_pk: int | None, statistics_pk: int | None
) -> list[Correction]:
    """Unsaved pins on existing places; ValidationError or DoesNotExist for others."""
    wrong = ValidationError({"places": _("Pilih bagian yang perlu diperbaiki")})
    if kind == Kind.HEADER:
        if not keys or not set(keys) <= {*HEADER_FIELDS, "letter"}:
            raise wrong
        return [
            Correction(request=request, kind=Kind.LETTER)
            if key == "letter"
            else Correction(request=request, kind=Kind.HEADER, field_key=key)
            for key in dict.fromkeys(keys)
        ]
    if kind in (Kind.ROW, Kind.CELL):
        row = request.rows.select_related("service").get(pk=row_pk or 0)
        place = {"request": request, "row": row, "position": row.position, "service_key": row.service.key}
        if kind == Kind.ROW:
            return [Correction(kind=Kind.ROW, **place)]
        known = {item.key for item in request.schema_for(row.service).asked}
        if not keys or not set(keys) <= known:
            raise wrong
        return [Correction(kind=Kind.CELL, field_key=key, **place) for key in dict.fromkeys(keys)]
    if kind == Kind.STATISTICS:
        item = request.statistics.select_related("service").get(pk=statistics_pk or 0)
        return [
            Correction(
                request=request,
                kind=Kind.STATISTICS,
                statistics=item,
                position=item.position,
                service_key=item.service.key,
            )
        ]
    if kind == Kind.ROWS_MISSING:
        return [Correction(request=request, kind=Kind.ROWS_MISSING)]
    raise wrong


@transaction.atomic
def unmark(pk: uuid.UUID | str, *, by: User, correction_pk: int) -> None:
    """Takes a mark away that has not been sent."""
    request = _lock_for_marking(pk, by)
    request.corrections.filter(state=State.MARKED).get(pk=correction_pk).delete()


def send_pins(request: DataRequest, by: User, *, whole: bool) -> int:
    """Opens the collected pins to the applicant; called by ``ask_correction``. Returns how many."""
    pins = list(corrections.pins_of(request).marked())
    if whole:
        request.corrections.filter(state=State.MARKED).delete()
        pins = [Correction(request=request, kind=Kind.WHOLE, by=by)]
    if not pins:
        raise ValidationError(
            {
                "whole": _(
                    "Tandai dahulu bagian yang perlu diperbaiki, atau centang bahwa seluruh permohonan boleh diubah"
                )
            }
        )
    last = request.corrections.aggregate(last=Max("round"))["last"] or 0
    for pin in pins:
        pin.round = last + 1
        pin.state = State.OPEN
        pin.old = corrections.value_at(request, pin)
        pin.save()
    return len(pins)


def answer_pins(request: DataRequest) -> None:
    """The applicant sends again: each pin keeps what its place holds now; called by ``resubmit``."""
    for pin in corrections.pins_of(request).asked():
        changed = corrections.is_changed(request, pin)
        pin.new = corrections.value_at(request, pin)
        pin.state = State.CHANGED if changed else State.EXPLAINED
        pin.answered_at = clock.now()
        pin.save(update_fields=["new", "state", "answered_at"])


@transaction.atomic
def explain(pk: uuid.UUID | str, *, by: User, correction_pk: int, text: str) -> Correction:
    """The applicant says why a place stays as it is; an empty text takes the explanation back."""
    request = lock_editable(pk, by)
    pin: Correction = request.corrections.asked().get(pk=correction_pk)
    text = " ".join(text.split())
    if text and not 5 <= len(text) <= LONGEST_TEXT:
        raise ValidationError(
            {"text": _("Tulis penjelasan 5 sampai %(most)d karakter") % {"most": LONGEST_TEXT}}
        )
    pin.explanation = text
    pin.save(update_fields=["explanation"])
    return pin


# --- looking at the answers --------------------------------------------------------------------------------------


def _resolve(pin: Correction, by: User, state: str) -> None:
    pin.state, pin.resolved_by, pin.resolved_at = state, by, clock.now()
    pin.save(update_fields=["state", "resolved_by", "resolved_at"])


@transaction.atomic
def tick(pk: uuid.UUID | str, *, by: User, correction_pk: int) -> Correction:
    """The officer has looked: this point is settled."""
    request = _lock_for_marking(pk, by)
    pin: Correction = request.corrections.answered().get(pk=correction_pk)
    _resolve(pin, by, State.TICKED)
    return pin


@transaction.atomic
def tick_all(pk: uuid.UUID | str, *, by: User) -> int:
    """Settles every answered point; returns how many."""
    request = _lock_for_marking(pk, by)
    pins = list(request.corrections.answered())
    for pin in pins:
        _resolve(pin, by, State.TICKED)
    return len(pins)


@transaction.atomic
def pin_again(
    pk: uuid.UUID | str, *, by: User, correction_pk: int, reason: Reason | None = None, text: str = ""
) -> Correction:
    """Not right yet: the same place is marked anew, to be sent with the next return."""
    request = _lock_for_marking(pk, by)
    text = _check_words(reason, text)
    pin: Correction = corrections.pins_of(request).answered().get(pk=correction_pk)
    if pin.kind == Kind.WHOLE or (pin.kind in (Kind.ROW, Kind.CELL) and pin.row is None):
        raise ValidationError(_("Bagian ini tidak dapat ditandai lagi. Tandai bagian lain atau centang"))
    if pin.kind == Kind.STATISTICS and pin.statistics is None:
        raise ValidationError(_("Bagian ini tidak dapat ditandai lagi. Tandai bagian lain atau centang"))
    _resolve(pin, by, State.REOPENED)
    again = Correction(
        request=request,
        kind=pin.kind,
        field_key=pin.field_key,
        row=pin.row,
        statistics=pin.statistics,
        position=pin.position,
        service_key=pin.service_key,
        text=text,
        by=by,
    ).say(reason)
    again.save()
    return again


def is_returned_from_processing(request: DataRequest) -> bool:
    """Whether the officer who processes asked for the correction and gets it back."""
    return request.correction_from == Status.PROCESSING
