"""Pages about many rows of a request: one action for chosen rows, sharing rows out, the trail of a row."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core.doors import clock
from core.rules.models import Reason
from requests_app import row_jobs, row_work, workflow
from requests_app.admin import pages, row_job_pages
from requests_app.admin.buttons import officer_of
from requests_app.answering import reason_text
from requests_app.models import DataRequest, Outcome, RowJob
from requests_app.models.rows import REASON_LENGTH, RowQuerySet
from requests_app.queues import holders
from requests_app.row_filter import RowFilter

#: Actions beside the outcomes.
CLAIM, TAKE_OVER, FREE = "ambil", "ambil-alih", "lepas"
#: Outcomes many rows may share; "found" needs an answer of its own.
SHARED_OUTCOMES = (
    Outcome.NOT_FOUND,
    Outcome.NEEDS_REVIEW,
    Outcome.WITHHELD,
    Outcome.OUT_OF_SCOPE,
    Outcome.PENDING,
)
MOST_CHOSEN = pages.ROWS_ON_A_PAGE


class ReasonField(forms.ModelChoiceField):
    """The reasons of the list kept by the administrators."""

    def label_from_instance(self, obj: Any) -> str:
        """The reason in the reader's language."""
        return str(obj.shown_text)


class ManyRowsForm(forms.Form):
    """What happens to the chosen rows."""

    action = forms.ChoiceField(
        label=gettext_lazy("Tindakan"),
        choices=[
            ("", gettext_lazy("Pilih tindakan")),
            (gettext_lazy("Hasil"), [(outcome.value, outcome.label) for outcome in SHARED_OUTCOMES]),
            (
                gettext_lazy("Petugas baris"),
                [
                    (CLAIM, gettext_lazy("Ambil untuk saya")),
                    (TAKE_OVER, gettext_lazy("Ambil alih, juga dari petugas lain")),
                    (FREE, gettext_lazy("Lepas baris saya")),
                ],
            ),
        ],
        error_messages={"required": gettext_lazy("Pilih tindakan")},
        widget=UnfoldAdminSelectWidget(),
    )
    reason = ReasonField(
        label=gettext_lazy("Alasan"),
        queryset=Reason.objects.none(),
        required=False,
        empty_label=gettext_lazy("Tanpa alasan dari daftar"),
        help_text=gettext_lazy("Wajib untuk Dikecualikan dan Di luar ruang lingkup; dibaca pemohon."),
        widget=UnfoldAdminSelectWidget(),
    )
    text = forms.CharField(
        label=gettext_lazy("Keterangan tambahan"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("Dibaca pemohon. Jangan menulis data orang di sini."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Reason.objects.offered(Reason.Purpose.OUTCOME)


class OfficersField(forms.ModelMultipleChoiceField):
    """Officers by their names."""

    def label_from_instance(self, obj: Any) -> str:
        """The officer's name."""
        return str(obj.get_full_name())


class SpreadForm(forms.Form):
    """Who gets rows."""

    officers = OfficersField(
        label=gettext_lazy("Petugas"),
        queryset=holders(workflow.PROCESS).none(),
        error_messages={"required": gettext_lazy("Pilih paling sedikit satu petugas")},
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    again = forms.BooleanField(
        label=gettext_lazy("Bagi ulang juga baris terbuka yang sudah dipegang petugas"), required=False
    )

    def __init__(self, *args: Any, found: DataRequest, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        field = self.fields["officers"]
        if isinstance(field, forms.ModelMultipleChoiceField):
            # Nobody answers the own agency's request.
            field.queryset = holders(workflow.PROCESS).exclude(agency=found.agency_id)


def _chosen(request: HttpRequest, found: DataRequest) -> tuple[RowQuerySet, RowFilter, list[str]]:
    """The rows meant by the address: the ticked ones, or all that fit the filter."""
    narrowed = RowFilter.read(request.GET)
    rows: Any = found.rows.all()
    if request.GET.get("lingkup") == "semua":
        return narrowed.apply(rows, officer_of(request)), narrowed, []
    keys = [key for key in request.GET.getlist("pilih") if key.isascii() and key.isdigit() and len(key) < 19]
    ticked = keys[:MOST_CHOSEN]
    return rows.filter(pk__in=[int(key) for key in ticked]), narrowed, ticked


def many_rows(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """GET asks what to do with how many rows, POST does it: outcome with reason, claim, free."""
    if not request.user.has_perm(workflow.PROCESS) or not pages.may_read_rows(request):
        raise PermissionDenied
    rows, narrowed, ticked = _chosen(request, found)
    number = rows.count()
    workspace = reverse("admin:requests_app_datarequest_workspace", args=[found.pk])
    back = f"{workspace}?{narrowed.query}"
    if not number:
        messages.warning(request, _("Pilih dahulu baris yang akan diubah."))
        return HttpResponseRedirect(back)
    form = ManyRowsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if not ticked and row_jobs.is_large(number):
                return _leave(request, found, narrowed, form.cleaned_data)
            text = _act(request, found, rows, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, text)
            return HttpResponseRedirect(back)
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "form": form,
        "number": number,
        "answered": rows.answered().count(),
        "closed": number - rows.unreleased().count(),
        "is_all": not ticked,
        "words": narrowed.words(),
        "back": back,
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, f"{pages.TEMPLATES}/many_rows.html", context, status=status)


def _leave(
    request: HttpRequest, found: DataRequest, narrowed: RowFilter, wanted: dict[str, Any]
) -> HttpResponse:
    """Very many rows are left to the queue."""
    action = wanted["action"]
    kinds = {CLAIM: RowJob.Kind.CLAIM, TAKE_OVER: RowJob.Kind.TAKE_OVER, FREE: RowJob.Kind.FREE}
    if action in kinds:
        return row_job_pages.start(request, found, kinds[action], narrowed=narrowed)
    return row_job_pages.start(
        request,
        found,
        RowJob.Kind.OUTCOME,
        narrowed=narrowed,
        outcome=action,
        reason=reason_text(wanted["reason"], wanted["text"]),
        expected=_expected(request),
    )


def _expected(request: HttpRequest) -> int:
    """The number of rows the officer agreed to; -1 when the form does not say."""
    text = request.POST.get("jumlah", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _act(request: HttpRequest, found: DataRequest, rows: RowQuerySet, wanted: dict[str, Any]) -> str:
    by, action = officer_of(request), wanted["action"]
    if action in (CLAIM, TAKE_OVER):
        tally = row_work.claim_rows(found.pk, by=by, rows=rows, take_over=action == TAKE_OVER)
        text = ngettext("%(count)d baris kini Anda pegang.", "%(count)d baris kini Anda pegang.", tally.done)
    elif action == FREE:
        tally = row_work.free_rows(found.pk, by=by, rows=rows)
        text = ngettext("%(count)d baris dilepas.", "%(count)d baris dilepas.", tally.done)
    else:
        tally = row_work.set_outcomes(
            found.pk,
            by=by,
            rows=rows,
            outcome=action,
            reason=reason_text(wanted["reason"], wanted["text"]),
            expected=_expected(request),
        )
        text = ngettext("%(count)d baris: %(outcome)s.", "%(count)d baris: %(outcome)s.", tally.done)
    for line in tally.left:
        messages.warning(request, line)
    return text % {"count": tally.done, "outcome": Outcome(action).label if action in Outcome.values else ""}


def spread(model_admin: Any, request: HttpRequest, found: DataRequest) -> HttpResponse:
    """Shares the open rows of a big request out among officers."""
    if not request.user.has_perm(workflow.PROCESS):
        raise PermissionDenied
    form = SpreadForm(request.POST if request.method == "POST" else None, found=found)
    workspace = reverse("admin:requests_app_datarequest_workspace", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        try:
            shares = row_work.spread_rows(found.pk, by=officer_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            told = ", ".join(f"{officer.get_full_name()} {number}" for officer, number in shares.items())
            messages.success(request, _("Baris dibagi: %(shares)s.") % {"shares": told})
            return HttpResponseRedirect(workspace)
    waiting = found.rows.filter(outcome__in=[Outcome.PENDING, Outcome.NEEDS_REVIEW]).unreleased()
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "may_process": pages.may_process(request, found),
        "form": form,
        "waiting": waiting.count(),
        "unclaimed": waiting.filter(assignee__isnull=True).count(),
        "back": workspace,
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, f"{pages.TEMPLATES}/spread.html", context, status=status)


def row_trail(model_admin: Any, request: HttpRequest, found: DataRequest, row_pk: int) -> HttpResponse:
    """What happened to one row, newest first."""
    if not request.user.has_perm("requests_app.view_requestevent") or not pages.may_read_rows(request):
        raise PermissionDenied
    row = get_object_or_404(found.rows.select_related("service", "assignee", "released_in"), pk=row_pk)
    pages.record_rows(request, found, [row])
    context = {
        **model_admin.page_context(request, found),
        "header": pages.header(found),
        "tabs": pages.tabs(found, "cocok"),
        "row": row,
        "lines": [
            {"event": event, "at": clock.short_datetime(event.at)}
            for event in row.events.select_related("actor").order_by("-id")
        ],
    }
    return TemplateResponse(request, f"{pages.TEMPLATES}/row_trail.html", context)


def claim_one(request: HttpRequest, found: DataRequest, key: str, *, take_over: bool, free: bool) -> str:
    """One row claimed, taken over or given back; 404 for a row of another request."""
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    rows: Any = found.rows.filter(pk=int(key))
    row = get_object_or_404(rows)
    if free:
        row_work.free_rows(found.pk, by=officer_of(request), rows=rows)
        return _("Baris %(number)d dilepas.") % {"number": row.position}
    tally = row_work.claim_rows(found.pk, by=officer_of(request), rows=rows, take_over=take_over)
    if tally.left:
        raise ValidationError(tally.left)
    return _("Baris %(number)d kini Anda pegang.") % {"number": row.position}
