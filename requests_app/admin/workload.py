"""The page "Beban kerja": who has how much, with links to the lists, and handing over an absent officer's work."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.models import User
from core.doors import clock
from requests_app import operations, queues, workflow, workload
from requests_app.admin.buttons import NOTE_ERRORS, VIEW, officer_of
from requests_app.models import DataRequest

TEMPLATES = "admin/requests_app/datarequest"
POOL = "antrean"
#: Requests named on the page that asks before handing over.
NAMED = 20


class HandOverForm(BaseDialogForm):
    """To whom, and why."""

    to = forms.ChoiceField(label=_("Penerima"), widget=UnfoldAdminSelectWidget())
    note = forms.CharField(
        label=_("Catatan untuk petugas"),
        help_text=_("Misalnya: cuti sampai 30 November. Tercatat pada riwayat setiap permohonan."),
        min_length=operations.SHORTEST_NOTE,
        error_messages=NOTE_ERRORS,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, officer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("_form_submitted", None)
        self.colleagues = {
            str(colleague.pk): colleague for colleague in queues.working_officers().exclude(pk=officer.pk)
        }
        field = self.fields["to"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [
                ("", gettext("Pilih penerima")),
                (POOL, gettext("Antrean bersama (dapat diambil siapa pun)")),
                *((key, colleague.get_full_name()) for key, colleague in self.colleagues.items()),
            ]

    @property
    def receiver(self) -> User | None:
        """The colleague chosen; None for the pool."""
        return self.colleagues.get(self.cleaned_data["to"])


def show(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The table of officers; read by everybody who may see requests."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    changelist = reverse("admin:requests_app_datarequest_changelist")
    lines = []
    for load in workload.workloads():
        who = load.officer.pk if load.officer else "kosong"
        mine = f"{changelist}?petugas={who}"
        lines.append(
            {
                "load": load,
                "name": load.officer.get_full_name() if load.officer else gettext("Belum diambil"),
                "earliest": clock.short_date(load.earliest) if load.earliest else "–",
                "open_link": f"{mine}&giliran=petugas",
                "late_link": f"{mine}&terlambat=ya",
                "returned_link": f"{mine}&giliran=pemohon",
                "hand_over": reverse("admin:requests_app_datarequest_hand_over", args=[load.officer.pk])
                if load.officer
                and (load.open or load.returned or load.rows)
                and _may_move(request, load.officer)
                else "",
            }
        )
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Beban kerja"),
        "lines": lines,
        "days": workload.DAYS,
        "may_act": any(line["hand_over"] for line in lines),
    }
    return TemplateResponse(request, f"{TEMPLATES}/workload.html", context)


def _may_move(request: HttpRequest, officer: User) -> bool:
    user = officer_of(request)
    return workflow.may_work(user) and (user.pk == officer.pk or user.has_perm(queues.DISTRIBUTE))


def hand_over(model_admin: Any, request: HttpRequest, officer_pk: int) -> HttpResponse:
    """GET names what would move and asks; POST moves it."""
    officer = get_object_or_404(User, pk=officer_pk, is_staff=True)
    if not request.user.has_perm(VIEW) or not _may_move(request, officer):
        raise PermissionDenied
    form = HandOverForm(request, officer.pk, request.POST or None, officer=officer)
    if request.method == "POST" and form.is_valid():
        try:
            moved = operations.hand_over_all(
                by=officer_of(request), officer=officer, to=form.receiver, note=form.cleaned_data["note"]
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            _tell(request, officer, moved)
            return redirect("admin:requests_app_datarequest_workload")
    charged = (
        DataRequest.objects.visible_to(officer_of(request))
        .filter(assignee=officer, status__in=list(queues.STEP_RIGHTS))
        .select_related("agency")
        .order_by("due_on", "pk")
    )
    total = charged.count()
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Serahkan pekerjaan %(name)s") % {"name": officer.get_full_name()},
        "form": form,
        "total": total,
        "rows": queues.rows_kept_by(officer).count(),
        "named": charged[:NAMED],
        "more": max(total - NAMED, 0),
        "back_url": reverse("admin:requests_app_datarequest_workload"),
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, f"{TEMPLATES}/hand_over.html", context, status=status)


def _tell(request: HttpRequest, officer: User, moved: operations.HandOver) -> None:
    parts = [
        ngettext("%(count)d permohonan", "%(count)d permohonan", moved.requests) % {"count": moved.requests}
    ]
    if moved.rows:
        parts.append(ngettext("%(count)d baris", "%(count)d baris", moved.rows) % {"count": moved.rows})
    messages.success(
        request,
        gettext("%(what)s dari %(name)s diserahkan.")
        % {"what": " + ".join(parts), "name": officer.get_full_name()},
    )
    for line in moved.left:
        messages.warning(request, gettext("Tidak diserahkan. %(reason)s") % {"reason": line})
