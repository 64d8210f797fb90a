"""The console's pages of the holdings: search with a stated purpose, and imports by staff."""

import tempfile
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import RangeDateFilter
from core import throttle
from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.doors import clock
from core.doors.excel_writer import write_rows
from core.doors.storage import XLSX, send_file
from core.holdings import importing, undoing
from core.holdings.forms import MOST_RESULTS, ImportForm, RecordSearchForm, SendBackForm
from core.holdings.models import ImportRun, Record
from core.holdings.purposes import clean_purpose, purpose_refusal
from core.holdings.resources import RecordResource, template_rows

#: More look-ups by one officer in an hour are not case work any more (security.md S-32).
LOOKUPS_PER_HOUR = 200

Stage = ImportRun.Stage


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    """No list: records are found by search for a request in work, and every one shown is recorded."""

    list_display = ("source_key",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the detail page shows."""
        return super().get_queryset(request).select_related("service", "office", "checkpoint", "import_run")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The search form; a POST, so that no name or number gets into addresses and logs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        given = clean_purpose(request.GET.get("keperluan", ""))
        form = RecordSearchForm(request.POST or None, user=request.user, initial={"purpose": given})
        table = None
        if request.method == "POST" and form.is_valid() and self._within_limit(request, form):
            table = self._results(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Basis Data Keimigrasian"),
            "opts": self.opts,
            "form": form,
            "table": table,
            "most": MOST_RESULTS,
        }
        return TemplateResponse(request, "holdings/record_search.html", context)

    def _within_limit(self, request: HttpRequest, form: RecordSearchForm | None) -> bool:
        verdict = throttle.hit(
            f"holdings:{request.user.pk}", limit=LOOKUPS_PER_HOUR, window=timedelta(hours=1)
        )
        if not verdict.allowed and form is not None:
            form.add_error(None, _("Terlalu banyak pencarian dalam satu jam. Coba lagi nanti"))
        return verdict.allowed

    def _results(self, request: HttpRequest, form: RecordSearchForm) -> dict[str, Any]:
        purpose = form.cleaned_data["purpose"]
        found = list(form.found())
        service = form.cleaned_data["service"]
        record_access(
            Action.SEARCH,
            actor=request.user,
            purpose=purpose,
            object_type="record",
            object_id=service.key if service else "",
            persons=found,
            request=request,
        )
        return {
            "headers": [_("Layanan"), _("Nama"), _("Tanggal Lahir"), _("Nomor"), _("Tanggal kejadian"), ""],
            "rows": [
                [
                    record.service.shown_label,
                    record.name,
                    clock.short_date(record.birth_date) if record.birth_date else "–",
                    record.identity_number or "–",
                    clock.short_date(record.event_on) if record.event_on else "–",
                    format_html(
                        '<a class="text-primary-600 dark:text-primary-500" href="{}?keperluan={}">{}</a>',
                        reverse("admin:holdings_record_change", args=[record.pk]),
                        purpose,
                        _("Buka"),
                    ),
                ]
                for record in found
            ],
        }

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """One record with all its values; asks for the purpose when the address names none that holds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        purpose = clean_purpose(request.GET.get("keperluan", ""))
        if purpose_refusal(purpose, request.user) or not self._within_limit(request, None):
            return HttpResponseRedirect(reverse("admin:holdings_record_changelist"))
        record = self.get_object(request, unquote(object_id or ""))
        if record is None:
            raise Http404
        record_access(
            Action.VIEW_RECORD,
            actor=request.user,
            purpose=purpose,
            object_type="record",
            object_id=record.pk,
            persons=[record],
            request=request,
        )
        lookups = Lookups()
        context = {
            **self.admin_site.each_context(request),
            "title": record.service.shown_label,
            "subtitle": record.name,
            "opts": self.opts,
            "record": record,
            "purpose": purpose,
            "pairs": [
                (item.shown_label, item.display(record.values, lookups) or "–")
                for item in record.service.schema().answered
            ],
        }
        return TemplateResponse(request, "holdings/record_detail.html", context)


@admin.register(ImportRun)
class ImportRunAdmin(OperationButtonsMixin, ReadOnlyAdmin):
    """Imports: the file is checked in the queue; who brought it asks or drops it, another officer has it written."""

    form = ImportForm
    empty_text = gettext_lazy(
        "Setiap unggahan data acuan dicatat di sini. Mulai dengan Impor pada Basis Data Keimigrasian."
    )
    list_display = (
        "file_name",
        "service",
        "display_stage",
        "total",
        "created_count",
        "updated_count",
        "by",
        "approved_by",
        "created_at",
    )
    list_filter = ("service", "stage", ("created_at", RangeDateFilter))
    search_fields = ("file_name",)
    list_select_related = ("service", "by", "approved_by")
    operation_buttons = (
        OperationButton(
            "ask",
            label=gettext_lazy("Minta persetujuan"),
            operation=importing.ask_to_save,
            permission=importing.RIGHT,
            reasons=importing.reasons_against_asking,
            variant="primary",
            icon="send",
            confirm=gettext_lazy("Petugas lain memeriksa ringkasan ini lalu menyimpannya. Lanjutkan?"),
            success=gettext_lazy("%(object)s menunggu persetujuan petugas lain."),
        ),
        OperationButton(
            "save",
            label=gettext_lazy("Simpan ke basis data"),
            operation=importing.save_import,
            permission=importing.APPROVE,
            reasons=importing.reasons_against_saving,
            variant="primary",
            icon="save",
            is_weighty=True,
            confirm=gettext_lazy("Catatan dengan kunci sumber yang sama akan diganti. Lanjutkan?"),
            success=gettext_lazy("%(object)s sedang disimpan."),
        ),
        OperationButton(
            "save_alone",
            label=gettext_lazy("Simpan tanpa petugas kedua"),
            operation=importing.save_alone,
            permission=importing.RIGHT,
            reasons=lambda run, user: importing.reasons_against_saving_alone(run),
            variant="primary",
            icon="save",
            is_weighty=True,
            confirm=gettext_lazy("Catatan dengan kunci sumber yang sama akan diganti. Lanjutkan?"),
            success=gettext_lazy("%(object)s sedang disimpan."),
        ),
        OperationButton(
            "send_back",
            label=gettext_lazy("Kembalikan"),
            operation=importing.send_back,
            permission=importing.APPROVE,
            reasons=lambda run, user: importing.obstacles(run, Stage.ASKED),
            icon="undo",
            form_class=SendBackForm,
            success=gettext_lazy("%(object)s dikembalikan kepada pengunggah."),
        ),
        OperationButton(
            "discard",
            label=gettext_lazy("Batalkan impor"),
            operation=importing.discard_import,
            permission=importing.RIGHT,
            reasons=lambda run, user: importing.obstacles(run, *importing.DISCARDABLE),
            variant="danger",
            icon="delete",
            confirm=gettext_lazy("Berkas dihapus dan tidak ada yang disimpan. Lanjutkan?"),
            success=gettext_lazy("%(object)s dibatalkan."),
        ),
        OperationButton(
            "undo",
            label=gettext_lazy("Urungkan impor"),
            operation=undoing.undo_import,
            permission=undoing.RIGHT,
            reasons=lambda run, user: undoing.reasons_against_undoing(run),
            variant="danger",
            icon="undo",
            is_weighty=True,
            confirm=undoing.question,
            success=gettext_lazy("%(object)s sedang dibatalkan."),
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may import."""
        return bool(request.user.has_perm(importing.RIGHT))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new import asks for service and file; a started one shows its findings."""
        if obj is None:
            return ((None, {"fields": ("service", "file")}),)
        undone: tuple[Any, ...] = ()
        if obj.undone_by_id is not None:
            counts = ("removed_count", "restored_count", "kept_count")
            undone = ((gettext_lazy("Pembatalan"), {"fields": (("undone_by", "undone_at"), counts)}),)
        asked: tuple[Any, ...] = (("asked_at", "note"),) if obj.asked_at else ()
        if obj.approved_by_id is not None:
            asked = (*asked, ("approved_by", "approved_at"), "is_alone")
        return (
            *undone,
            (
                None,
                {
                    "fields": (
                        ("service", "file_name"),
                        ("display_stage_name", "by"),
                        ("created_at", "finished_at"),
                        *asked,
                        "sha256",
                    )
                },
            ),
            (
                gettext_lazy("Hasil"),
                {
                    "fields": (
                        ("total", "done"),
                        ("created_count", "updated_count"),
                        "display_errors",
                        "display_preview",
                    )
                },
            ),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything of a started import."""
        if obj is None:
            return ()
        return tuple(
            name
            for _title, options in self.get_fieldsets(request, obj)
            for line in options["fields"]
            for name in (line if isinstance(line, tuple) else (line,))
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """With the links to the templates under the file."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "service" in form.base_fields:
            for choice in ("add", "change", "delete", "view"):
                setattr(form.base_fields["service"].widget, f"can_{choice}_related", False)
        if "file" in form.base_fields:
            links = format_html_join(
                " · ",
                '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
                (
                    (reverse("admin:holdings_importrun_template", args=[service.key]), service.shown_label)
                    for service in Service.objects.all()
                ),
            )
            form.base_fields["file"].required = True
            form.base_fields["file"].help_text = format_html(
                "{} {}", _("Berkas .xlsx atau .csv menurut templat. Unduh templat:"), links
            )
        return form

    def get_urls(self) -> list[Any]:
        """With the templates."""
        return [
            path(
                "templat/<slug:key>/",
                self.admin_site.admin_view(self.template_view),
                name="holdings_importrun_template",
            ),
            *super().get_urls(),
        ]

    def template_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """The empty workbook of a service with an explanation of its columns."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        resource = RecordResource(get_object_or_404(Service, key=key))
        file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response
        write_rows(
            file,
            [
                (resource.service.label, resource.headers, ()),
                (
                    _("Petunjuk"),
                    [_("Kolom"), _("Jenis"), _("Keterangan"), _("Contoh")],
                    template_rows(resource),
                ),
            ],
        )
        file.seek(0)
        return send_file(_Opened(file), name=f"templat-impor-{resource.service.key}.xlsx", content_type=XLSX)

    def save_model(self, request: HttpRequest, obj: ImportRun, form: Any, change: bool) -> None:
        """Starts the import; the page that follows is the started run's."""
        run = importing.start_import(obj.service, form.cleaned_data["file"], by=request.user)
        obj.pk, obj.file_name = run.pk, run.file_name

    def response_add(
        self, request: HttpRequest, obj: ImportRun, post_url_continue: Any = None
    ) -> HttpResponse:
        """To the run, where its check can be followed."""
        return HttpResponseRedirect(reverse("admin:holdings_importrun_change", args=[obj.pk]))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page quotes the file (first rows, entries that are wrong): who sees them is recorded first."""
        context = {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            **(extra_context or {}),
        }
        run = self.get_object(request, unquote(object_id)) if object_id else None
        if run is not None and (run.preview or run.errors) and self.has_view_permission(request, run):
            record_access(
                Action.IMPORT,
                actor=request.user,
                purpose=_("Memeriksa berkas impor"),
                object_type="importrun",
                object_id=run.pk,
                count=len(run.preview),
                request=request,
            )
        return super().changeform_view(request, object_id, form_url, context)

    @display(
        description=gettext_lazy("tahap"),
        ordering="stage",
        label={
            Stage.CHECKING: "info",
            Stage.READY: "warning",
            Stage.ASKED: "warning",
            Stage.WRITING: "info",
            Stage.DONE: "success",
            Stage.REFUSED: "danger",
            Stage.UNDOING: "info",
        },
    )
    def display_stage(self, run: ImportRun) -> tuple[str, str]:
        """The stage with its colour."""
        return run.stage, str(Stage(run.stage).label)

    @admin.display(description=gettext_lazy("tahap"))
    def display_stage_name(self, run: ImportRun) -> str:
        """The stage on the run's own page, where labels are not drawn."""
        if run.stage == Stage.ASKED:
            return _("Menunggu persetujuan petugas lain daripada pengunggah")
        return str(Stage(run.stage).label)

    @admin.display(description=gettext_lazy("kesalahan"))
    def display_errors(self, run: ImportRun) -> SafeString | str:
        """What has to be mended, by cell."""
        if not run.errors:
            return (
                _("Berkas masih diperiksa. Muat ulang halaman ini.") if run.stage == Stage.CHECKING else "–"
            )
        shown = table(
            (_("Sel"), _("Kolom"), _("Yang perlu diperbaiki")),
            [(item["cell"], item["column"], item["message"]) for item in run.errors],
        )
        if run.error_count > len(run.errors):
            more = _("Ditampilkan %(shown)d dari %(count)d kesalahan.") % {
                "shown": len(run.errors),
                "count": run.error_count,
            }
            return format_html("{}<p>{}</p>", shown, more)
        return shown

    @admin.display(description=gettext_lazy("baris pertama"))
    def display_preview(self, run: ImportRun) -> SafeString | str:
        """The first rows as they were read."""
        if not run.preview:
            return "–"
        return table(RecordResource(run.service).headers, run.preview)


def waiting_badge(request: HttpRequest) -> str:
    """The number beside "Impor" in the sidebar: files that this officer may have written."""
    if not request.user.has_perm(importing.APPROVE):
        return ""
    return str(importing.waiting_for(request.user).count() or "")


def dashboard_notices(request: HttpRequest) -> list[dict[str, Any]]:
    """The line on the desk of those who may have an import written that waits; one query."""
    if not request.user.has_perm(importing.APPROVE):
        return []
    number = importing.waiting_for(request.user).count()
    if not number:
        return []
    text = ngettext(
        "%(count)d impor basis data menunggu persetujuan Anda.",
        "%(count)d impor basis data menunggu persetujuan Anda.",
        number,
    )
    link = reverse("admin:holdings_importrun_changelist") + f"?stage__exact={Stage.ASKED}"
    return [{"tone": "amber", "text": text % {"count": number}, "link": link}]


class _Opened(File):
    """A temporary file handed to a response, which closes it."""

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "_Opened":
        self.seek(0)
        return self


def table(headers: Any, rows: Any) -> SafeString:
    """A plain table of texts."""
    head = format_html_join("", "<th>{}</th>", ((text,) for text in headers))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((text,) for text in row)),) for row in rows)
    )
    return format_html(
        '<div class="console-scroll"><table class="console-preview"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        head,
        body,
    )
