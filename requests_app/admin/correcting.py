"""Pins in the console: marking places, the tab "Perbaikan" with old and new, ticking off or asking again."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.rules.models import Reason
from requests_app import corrections, operations, workflow
from requests_app.admin.buttons import NOTE_ERRORS, officer_of
from requests_app.admin.timing import ReasonField
from requests_app.models import Correction, DataRequest
from requests_app.models.request import HEADER_FIELDS
from requests_app.operations.correcting import LONGEST_TEXT, reasons_against_marking

Kind = Correction.Kind
State = Correction.State
TEMPLATES = "admin/requests_app/datarequest"


class AskForm(BaseDialogForm):
    """Sends the collected marks with a note about the whole."""

    note = forms.CharField(
        label=gettext_lazy("Catatan untuk pemohon"),
        help_text=gettext_lazy("Dibaca pemohon di halaman permohonan. Jangan menulis data orang di sini."),
        min_length=5,
        error_messages=NOTE_ERRORS,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    whole = forms.BooleanField(
        label=gettext_lazy("Seluruh permohonan boleh diubah"), required=False, widget=UnfoldBooleanWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        marked = _marked(self.object_id)
        if marked:
            self.fields["whole"].help_text = ngettext(
                "%(count)d bagian sudah ditandai; hanya bagian itu yang dapat diubah pemohon. "
                "Centang hanya bila semuanya boleh diubah; tandanya lalu dihapus.",
                "%(count)d bagian sudah ditandai; hanya bagian itu yang dapat diubah pemohon. "
                "Centang hanya bila semuanya boleh diubah; tandanya lalu dihapus.",
                marked,
            ) % {"count": marked}
        else:
            self.fields["whole"].help_text = _(
                "Belum ada bagian yang ditandai. Batalkan lalu tandai isian pada tab Ringkasan, Data Detail, "
                "atau Statistik; atau centang di sini bila semuanya boleh diubah."
            )


def _marked(object_id: Any) -> int:
    try:
        return Correction.objects.marked().filter(request=uuid.UUID(str(object_id))).count()
    except ValueError:
        return 0


# --- marking ------------------------------------------------------------------------------------------------------


class WordsForm(forms.Form):
    """Why a place must be put right: a reason of the list, free words, or both."""

    reason = ReasonField(
        label=gettext_lazy("Alasan"),
        required=False,
        empty_label=gettext_lazy("Pilih alasan"),
        queryset=Reason.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )
    text = forms.CharField(
        label=gettext_lazy("Penjelasan"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=gettext_lazy("Dibaca pemohon di halaman permohonannya, tidak di email."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Reason.objects.offered(Reason.Purpose.CORRECTION)


class MarkForm(WordsForm):
    """Which fields of a place, and why."""

    places = forms.MultipleChoiceField(
        label=gettext_lazy("Bagian yang perlu diperbaiki"),
        error_messages={"required": gettext_lazy("Pilih paling sedikit satu bagian")},
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    field_order = ["places", "reason", "text"]

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["places"]
        if isinstance(field, forms.ChoiceField):
            field.choices = list(choices)


#: In the list of a row's columns: the row as a whole.
WHOLE_ROW = "-"


@dataclass
class Target:
    """What the marking page is about."""

    title: str
    kind: str
    choices: list[tuple[str, str]]
    back: str
    row_pk: int | None = None
    statistics_pk: int | None = None
    with_letter: bool = False


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)


def _target(request: HttpRequest, found: DataRequest) -> Target:
    """The place named by the address; 404 when there is none. A row shown is in the access log before."""
    kind = request.GET.get("jenis", "")
    change = reverse("admin:requests_app_datarequest_change", args=[found.pk])
    words = corrections.Words(found)
    if kind == "surat":
        shadow = [Correction(request=found, kind=Kind.HEADER, field_key=name) for name in HEADER_FIELDS]
        choices = [
            (
                pin.field_key,
                f"{words.place(pin)}: {words.shown(pin, corrections.value_at(found, pin))[0][1]}",
            )
            for pin in shadow
        ]
        choices.append(("letter", f"{Kind.LETTER.label}: {found.letter_name or '–'}"))
        return Target(_("Tandai surat dan isiannya"), Kind.HEADER, choices, change, with_letter=True)
    if kind == "baris":
        if not request.user.has_perm("requests_app.view_requestrow"):
            raise PermissionDenied
        row = found.rows.select_related("service").filter(pk=_number(request.GET.get("baris", ""))).first()
        if row is None:
            raise Http404
        _record(request, found, [row])
        schema = found.schema_for(row.service)
        choices = [(WHOLE_ROW, _("Seluruh baris (boleh diubah atau dihapus)"))]
        choices += [
            (item.key, f"{item.shown_label}: {item.display(row.values, words.lookups) or '–'}")
            for item in schema.asked
        ]
        title = _("Tandai baris %(number)d (%(service)s)") % {
            "number": row.position,
            "service": schema.shown_label,
        }
        page = request.GET.get("halaman", "")
        page = page if page.isascii() and page.isdigit() else "1"
        back = f"{change}?tab=data&halaman={page}#baris-{row.position}"
        return Target(title, Kind.CELL, choices, back, row_pk=row.pk)
    if kind == "statistik":
        item = found.statistics.filter(pk=_number(request.GET.get("statistik", ""))).first()
        if item is None:
            raise Http404
        title = _("Tandai Data Statistik %(number)d") % {"number": item.position}
        return Target(title, Kind.STATISTICS, [], f"{change}?tab=statistik", statistics_pk=item.pk)
    if kind == "kurang":
        return Target(str(Kind.ROWS_MISSING.label), Kind.ROWS_MISSING, [], f"{change}?tab=data")
    raise Http404


def _record(request: HttpRequest, found: DataRequest, persons: Any) -> None:
    record_access(
        Action.VIEW_ROWS,
        actor=request.user,
        purpose=found.number or "",
        object_type="DataRequest",
        object_id=found.pk,
        persons=persons,
        request=request,
    )


def _refuse_marking(request: HttpRequest, found: DataRequest) -> HttpResponse | None:
    """None: the officer may mark now. Otherwise back to the request with the reasons; 403 without any right."""
    standing = reasons_against_marking(found, officer_of(request))
    if standing == []:
        return None
    if not workflow.has_some_right(workflow.VERBS["ask_correction"], officer_of(request)):
        raise PermissionDenied
    for text in standing or [_("Permohonan ini tidak dapat ditandai pada status sekarang.")]:
        messages.error(request, text)
    return HttpResponseRedirect(reverse("admin:requests_app_datarequest_change", args=[found.pk]))


def mark(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """GET shows the place with its fields, POST collects the marks."""
    from requests_app.admin import pages  # the pages show the tab of this module

    refused = _refuse_marking(request, found)
    if refused is not None:
        return refused
    target = _target(request, found)
    data = request.POST if request.method == "POST" else None
    asked = request.GET.getlist("kolom")
    form: WordsForm = (
        MarkForm(data, choices=target.choices, initial={"places": asked})
        if target.choices
        else WordsForm(data)
    )
    if request.method == "POST" and form.is_valid():
        try:
            pins = _collect(found, officer_of(request), target, form.cleaned_data)
        except operations.StateConflict as conflict:
            messages.error(request, conflict.messages[0])
            return HttpResponseRedirect(target.back)
        except ObjectDoesNotExist as gone:
            raise Http404 from gone
        except ValidationError as error:
            _attach(form, error)
        else:
            messages.success(
                request,
                ngettext(
                    "%(count)d bagian ditandai. Kirim semuanya dengan Minta perbaikan.",
                    "%(count)d bagian ditandai. Kirim semuanya dengan Minta perbaikan.",
                    pins,
                )
                % {"count": pins},
            )
            return HttpResponseRedirect(target.back)
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "perbaikan"),
        "target": target,
        "form": form,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, f"{TEMPLATES}/tandai.html", context, status=status)


def _collect(found: DataRequest, by: Any, target: Target, cleaned: dict[str, Any]) -> int:
    places = list(cleaned.get("places", ()))
    words = {"reason": cleaned["reason"], "text": cleaned["text"]}
    if target.kind == Kind.CELL and WHOLE_ROW in places:
        return len(operations.mark(found.pk, by=by, kind=Kind.ROW, row_pk=target.row_pk, **words))
    return len(
        operations.mark(
            found.pk,
            by=by,
            kind=target.kind,
            keys=places,
            row_pk=target.row_pk,
            statistics_pk=target.statistics_pk,
            **words,
        )
    )


def _attach(form: forms.Form, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, texts in error.message_dict.items():
        form.add_error(name if name in form.fields else None, texts)


# --- looking at answers -------------------------------------------------------------------------------------------


@dataclass
class ShownPin:
    """A pin in words: where, why, what it held and what it holds."""

    pin: Correction
    place: str
    reason: str
    old: list[corrections.Pair]
    new: list[corrections.Pair]
    by: str
    resolved: str
    is_waiting: bool
    is_marked: bool


def tab(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """Marks not sent, answers with old and new, and what was settled; everybody shown is in the access log."""
    may_read = request.user.has_perm("requests_app.view_requestrow")
    pins = list(corrections.pins_of(found).order_by("round", "id"))
    words = corrections.Words(found)
    persons = words.persons(pins) if may_read else []
    if persons:
        _record(request, found, persons)
    shown = [_shown(words, found, pin, may_read) for pin in pins]
    return {
        "marked": [item for item in shown if item.is_marked],
        "asked": [item for item in shown if item.pin.state == State.OPEN],
        "answered": [item for item in shown if item.is_waiting],
        "settled": [item for item in shown if item.pin.state in (State.TICKED, State.REOPENED)],
        "may_mark": may_mark(request, found),
    }


def _shown(words: corrections.Words, found: DataRequest, pin: Correction, may_read: bool) -> ShownPin:
    is_marked = pin.state == State.MARKED
    old = corrections.value_at(found, pin) if is_marked else pin.old
    hidden = pin.kind in (Kind.ROW, Kind.CELL) and not may_read
    has_new = pin.state not in (State.MARKED, State.OPEN)
    return ShownPin(
        pin=pin,
        place=words.place(pin),
        reason=corrections.reason_text(pin),
        old=[] if hidden else words.shown(pin, old),
        new=words.shown(pin, pin.new) if has_new and not hidden else [],
        by=pin.by.get_full_name(),
        resolved=f"{pin.resolved_by.get_full_name()}, {clock.short_datetime(pin.resolved_at)}"
        if pin.resolved_by and pin.resolved_at
        else "",
        is_waiting=pin.state in (State.CHANGED, State.EXPLAINED),
        is_marked=is_marked,
    )


def act(request: HttpRequest, found: DataRequest, correction_pk: int, verb: str) -> HttpResponse:
    """One verb on a pin, by POST: take the mark away, or tick the answer off (0: all of them)."""
    if verb not in ("hapus", "centang"):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by = officer_of(request)
    try:
        if verb == "hapus":
            operations.unmark(found.pk, by=by, correction_pk=correction_pk)
            text = _("Tanda dihapus.")
        elif correction_pk:
            operations.tick(found.pk, by=by, correction_pk=correction_pk)
            text = _("Perbaikan dicentang.")
        else:
            number = operations.tick_all(found.pk, by=by)
            text = ngettext("%(count)d perbaikan dicentang.", "%(count)d perbaikan dicentang.", number) % {
                "count": number
            }
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    except ObjectDoesNotExist as gone:
        raise Http404 from gone
    else:
        messages.success(request, text)
    return HttpResponseRedirect(address(found))


def address(found: DataRequest) -> str:
    """The tab "Perbaikan"."""
    return reverse("admin:requests_app_datarequest_change", args=[found.pk]) + "?tab=perbaikan"


def again(model_admin: Any, request: HttpRequest, found: DataRequest, correction_pk: int) -> HttpResponse:
    """Not right yet: GET asks why, POST marks the place anew."""
    from requests_app.admin import pages  # see ``mark``

    refused = _refuse_marking(request, found)
    if refused is not None:
        return refused
    pin = corrections.pins_of(found).answered().filter(pk=correction_pk).first()
    if pin is None:
        raise Http404
    words = corrections.Words(found)
    form = WordsForm(request.POST if request.method == "POST" else None, initial={"reason": pin.reason_id})
    if request.method == "POST" and form.is_valid():
        try:
            operations.pin_again(found.pk, by=officer_of(request), correction_pk=pin.pk, **form.cleaned_data)
        except ObjectDoesNotExist as gone:
            raise Http404 from gone
        except ValidationError as error:
            _attach(form, error)
        else:
            messages.success(request, _("Bagian ditandai lagi. Kirim dengan Minta perbaikan."))
            return HttpResponseRedirect(address(found))
    title = _("Minta lagi: %(place)s") % {"place": words.place(pin)}
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "perbaikan"),
        "target": Target(title, pin.kind, [], address(found)),
        "form": form,
    }
    return TemplateResponse(request, f"{TEMPLATES}/tandai.html", context, status=422 if form.errors else 200)


# --- what other tabs show of the pins -----------------------------------------------------------------------------


@dataclass
class ShownCell:
    """A column of a row with its text and, when it is pinned, why."""

    key: str
    label: str
    text: str
    why: str


def pinned_rows(request: HttpRequest, found: DataRequest, shown_rows: Iterable[Any]) -> dict[str, Any]:
    """Gives each shown row its columns with their pins: one query; ``may_mark`` for the links."""
    why: dict[tuple[int | None, str], str] = {}
    for pin in found.corrections.filter(state__in=[State.MARKED, State.OPEN], row__isnull=False):
        why[(pin.row_id, pin.field_key)] = corrections.reason_text(pin)
    words = corrections.Words(found)
    for shown in shown_rows:
        row = shown.row
        shown.why = why.get((row.pk, ""), "")
        shown.cells = [
            ShownCell(item.key, item.shown_label, text, why.get((row.pk, item.key), ""))
            for item in found.schema_for(row.service).asked
            if (text := item.display(row.values, words.lookups)) or (row.pk, item.key) in why
        ]
    return {"may_mark": may_mark(request, found)}


def pinned_header(request: HttpRequest, found: DataRequest) -> dict[str, Any]:
    """Reasons of the pins on the letter's fields by name, for the facts beside the letter."""
    pins = found.corrections.filter(state__in=[State.MARKED, State.OPEN], kind__in=[Kind.HEADER, Kind.LETTER])
    return {
        "pinned": {pin.field_key or "letter": corrections.reason_text(pin) for pin in pins},
        "may_mark": may_mark(request, found),
    }


def may_mark(request: HttpRequest, found: DataRequest) -> bool:
    """Whether this officer may collect marks now."""
    return reasons_against_marking(found, officer_of(request)) == []


def urls(own: Callable[[str, Any, str], URLPattern], model_admin: Any) -> list[URLPattern]:
    """The addresses of marking and looking at answers."""

    def found(request: HttpRequest, pk: uuid.UUID) -> DataRequest:
        request_found: DataRequest = model_admin._found(request, pk)
        return request_found

    def mark_view(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        return mark(model_admin, request, found(request, pk))

    def again_view(request: HttpRequest, pk: uuid.UUID, correction_pk: int) -> HttpResponse:
        return again(model_admin, request, found(request, pk), correction_pk)

    def act_view(request: HttpRequest, pk: uuid.UUID, correction_pk: int, verb: str) -> HttpResponse:
        return act(request, found(request, pk), correction_pk, verb)

    return [
        own("<uuid:pk>/perbaikan/tandai/", mark_view, "mark"),
        own("<uuid:pk>/perbaikan/<int:correction_pk>/ulang/", again_view, "pin_again"),
        own("<uuid:pk>/perbaikan/<int:correction_pk>/<slug:verb>/", act_view, "pin"),
    ]
