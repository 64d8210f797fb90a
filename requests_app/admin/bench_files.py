"""The bench's workbook: out with the open rows, in with their answers, after a look at what it would write."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from accounts.models import User
from admin_theme.weighty import weighty
from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.models import Service
from core.doors import clock
from core.doors.storage import XLSX, file_headers
from requests_app.admin.bench import require_right
from requests_app.admin.buttons import officer_of
from requests_app.bench import book, importing, reading
from requests_app.bench.reading import BenchFilter
from requests_app.models import AnswerImport

TEMPLATES = "admin/requests_app/datarequest"
Stage = AnswerImport.Stage
#: So many of one's own uploads are listed.
SHOWN = 10


@weighty(gettext_lazy("Unduh buku kerja"))
def export(request: HttpRequest) -> HttpResponse:
    """The rows of the view as a workbook; recorded with everybody in it."""
    require_right(request)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    user, asked = officer_of(request), BenchFilter.read(request.GET)
    service = get_object_or_404(Service.objects.with_fields(), key=asked.service)
    rows = reading.in_order(reading.bench_rows(user, asked).filter(service=service))
    members = list(rows.select_related("request").prefetch_related("answers")[: book.MOST_ROWS])
    if not members:
        messages.warning(request, _("Tidak ada baris dengan saringan ini."))
        return HttpResponseRedirect(f"{reverse('admin:requests_app_datarequest_bench')}?{asked.query()}")
    record_access(
        Action.EXPORT,
        actor=user,
        purpose=_("Meja jawab: %(service)s") % {"service": service.label},
        object_type="Service",
        object_id=service.key,
        persons=members,
        request=request,
    )
    content = book.build(service, members, by=user, at=clock.now())
    response = HttpResponse(content, content_type=XLSX)
    name = f"meja-jawab-{service.key}-{clock.today():%Y-%m-%d}.xlsx"
    for header, value in file_headers(name, inline=False).items():
        response[header] = value
    return response


class UploadForm(forms.Form):
    """A filled workbook and the service it answers."""

    service = forms.ModelChoiceField(
        label=gettext_lazy("Layanan"),
        queryset=Service.objects.none(),
        empty_label=gettext_lazy("Pilih layanan"),
        to_field_name="key",
        error_messages={"required": gettext_lazy("Pilih layanan")},
        widget=UnfoldAdminSelectWidget(),
    )
    file = forms.FileField(
        label=gettext_lazy("Berkas jawaban (.xlsx atau .csv)"),
        error_messages={"required": gettext_lazy("Pilih berkas Excel yang akan diunggah")},
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        field = self.fields["service"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Service.objects.all()


def upload(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Takes a filled workbook; the page that follows shows what it would write."""
    require_right(request)
    user = officer_of(request)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                run = importing.start_import(form.cleaned_data["service"], form.cleaned_data["file"], by=user)
            except ValidationError as error:
                form.add_error("file", error.messages)
            else:
                return HttpResponseRedirect(_address(run))
    elif request.method in ("GET", "HEAD"):
        form = UploadForm(initial={"service": request.GET.get("layanan", "")[:50]})
    else:
        return HttpResponseNotAllowed(["GET", "POST"])
    runs = AnswerImport.objects.filter(by=user).exclude(stage=Stage.DISCARDED).select_related("service")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Unggah jawaban"),
        "form": form,
        "runs": [
            {"run": run, "at": clock.short_datetime(run.created_at), "link": _address(run)}
            for run in runs[:SHOWN]
        ],
        "bench": reverse("admin:requests_app_datarequest_bench"),
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, f"{TEMPLATES}/bench_import.html", context, status=status)


def run_page(model_admin: Any, request: HttpRequest, pk: Any) -> HttpResponse:
    """What an upload would write; POST writes or drops it. One's own only: the page quotes persons."""
    require_right(request)
    user = officer_of(request)
    run = get_object_or_404(AnswerImport.objects.select_related("service"), pk=pk, by=user)
    if request.method == "POST":
        return _act(request, run, user)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if run.preview or run.errors or run.unmatched:
        record_access(
            Action.IMPORT,
            actor=user,
            purpose=_("Memeriksa berkas impor"),
            object_type="answerimport",
            object_id=run.pk,
            count=len(run.preview),
            request=request,
        )
    stamped = run.counts.get("stamp_by")
    other = User.objects.filter(pk=stamped).exclude(pk=user.pk).first() if stamped else None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Unggah jawaban"),
        "run": run,
        "counts": run.counts,
        "stage": Stage(run.stage).label,
        "is_waiting": run.stage in (Stage.CHECKING, Stage.WRITING),
        "more_errors": max(0, run.counts.get("errors", 0) - len(run.errors)),
        "more_left": max(0, run.counts.get("left", 0) - len(run.unmatched)),
        "stamped_by": other.get_full_name() if other else "",
        "bench": f"{reverse('admin:requests_app_datarequest_bench')}?layanan={run.service.key}",
        "again": f"{reverse('admin:requests_app_datarequest_bench_import')}?layanan={run.service.key}",
    }
    return TemplateResponse(request, f"{TEMPLATES}/bench_run.html", context)


def _act(request: HttpRequest, run: AnswerImport, user: User) -> HttpResponse:
    verb = request.POST.get("tindakan", "")
    try:
        if verb == "simpan":
            run = importing.save_import(run.pk, by=user)
            if run.stage == Stage.DONE:
                text = _("%(count)d baris dijawab dari %(name)s.")
                messages.success(request, text % {"count": run.counts["rows"], "name": run.file_name})
        elif verb == "batalkan":
            importing.discard_import(run.pk, by=user)
            messages.success(request, _("Unggahan dibatalkan, tidak ada yang disimpan."))
            return HttpResponseRedirect(reverse("admin:requests_app_datarequest_bench_import"))
        else:
            raise Http404
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    return HttpResponseRedirect(_address(run))


def _address(run: AnswerImport) -> str:
    return reverse("admin:requests_app_datarequest_bench_run", args=[run.pk])
