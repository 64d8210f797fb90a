"""Preparing, looking at and publishing a service in the console: the verbs as buttons, preview, versions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from admin_theme.buttons import OperationButton, OperationButtonsMixin
from core.catalogue import operations, versions
from core.catalogue.forms import SchemaForm
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors.excel_guard import column_letters


class NoteForm(BaseDialogForm):
    """What was changed and why, for colleagues."""

    note = forms.CharField(
        label=gettext_lazy("Catatan perubahan (boleh kosong)"),
        required=False,
        max_length=250,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ReasonForm(BaseDialogForm):
    """Why nobody shall ask for it any more."""

    note = forms.CharField(
        label=gettext_lazy("Alasan"),
        min_length=5,
        max_length=250,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def page_of(service: Service) -> str:
    """The console's page of a service or of its draft."""
    return reverse("admin:catalogue_service_change", args=[service.pk])


def draft_of(service: Service) -> Service | None:
    """The draft of a published service."""
    return Service.with_drafts.filter(draft_of_id=service.pk).first()


def _start_reasons(service: Service, user: Any) -> list[str] | None:
    return [] if service.is_in_force and draft_of(service) is None else None


def _publish_reasons(service: Service, user: Any) -> list[str] | None:
    return None if service.is_in_force else operations.obstacles(service)


def _discard_reasons(service: Service, user: Any) -> list[str] | None:
    return [] if service.is_draft else None


def _withdraw_reasons(service: Service, user: Any) -> list[str] | None:
    if not service.is_in_force:
        return None
    if draft_of(service) is None:
        return []
    return [_("Layanan ini mempunyai draf. Terbitkan atau buang drafnya dahulu.")]


BUTTONS = (
    OperationButton(
        "start_draft",
        label=gettext_lazy("Ubah layanan"),
        operation=operations.start_draft,
        permission=operations.RIGHT,
        reasons=_start_reasons,
        icon="edit",
        variant="primary",
        confirm=gettext_lazy(
            "Perubahan disiapkan pada draf. Pemohon tetap memakai versi yang terbit sampai Anda menekan Terbitkan."
        ),
        success=gettext_lazy("Draf siap diubah."),
        leads_to=page_of,
    ),
    OperationButton(
        "publish",
        label=gettext_lazy("Terbitkan"),
        operation=operations.publish,
        permission=operations.RIGHT,
        reasons=_publish_reasons,
        icon="publish",
        variant="success",
        form_class=NoteForm,
        confirm=gettext_lazy(
            "Simpan dahulu isian di halaman ini. Versi baru langsung berlaku bagi semua pemohon; permohonan "
            "yang sudah ada tetap memakai susunan kolomnya."
        ),
        success=gettext_lazy("Layanan diterbitkan dan langsung berlaku."),
        leads_to=page_of,
    ),
    OperationButton(
        "discard_draft",
        label=gettext_lazy("Buang draf"),
        operation=operations.discard_draft,
        permission=operations.RIGHT,
        reasons=_discard_reasons,
        icon="delete",
        variant="danger",
        confirm=gettext_lazy("Semua perubahan pada draf ini hilang. Layanan yang terbit tidak berubah."),
        success=gettext_lazy("Draf dibuang."),
        leads_to=page_of,
    ),
    OperationButton(
        "withdraw",
        label=gettext_lazy("Tarik dari situs"),
        operation=operations.withdraw,
        permission=operations.RIGHT,
        reasons=_withdraw_reasons,
        icon="visibility_off",
        variant="warning",
        form_class=ReasonForm,
        confirm=gettext_lazy(
            "Pemohon tidak dapat meminta layanan ini lagi. Permohonan yang sudah dikirim tetap diproses."
        ),
        success=gettext_lazy("Layanan ditarik dari situs."),
    ),
)


class VersionsMixin(OperationButtonsMixin):
    """Adds the pages of preview and versions to the page of a service."""

    operation_buttons = BUTTONS

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Form, Excel template and answer grid as they would be."""
        service = self._service(request, object_id)
        schema = service.schema()
        context = {
            **self._page(request, service, _("Pratinjau %(service)s") % {"service": service}),
            "asked": SchemaForm(schema),
            "template": _columns(schema.asked),
            "answered": _columns(schema.answered),
            "sheet": f"Upload Detail {schema.service_label}",
        }
        return TemplateResponse(request, "catalogue/preview.html", context)

    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What was published when, by whom, and what each time differed; a draft against what is in force."""
        service = self._service(request, object_id)
        live = service.draft_of or service
        draft = draft_of(live)
        told = []
        rows = list(live.versions.select_related("by").order_by("number"))
        for before, row in zip([None, *rows], rows, strict=False):
            changes = versions.differences(before.snapshot, row.snapshot) if before else []
            told.append({"version": row, "changes": changes, "is_first": before is None})
        context = {
            **self._page(request, service, _("Riwayat versi %(service)s") % {"service": live}),
            "told": told[::-1],
            "draft": draft,
            "draft_changes": versions.differences(versions.take(live), versions.take(draft)) if draft else [],
            "may_restore": draft is None and request.user.has_perm(operations.RIGHT),
        }
        return TemplateResponse(request, "catalogue/versions.html", context)

    def get_urls(self) -> list[Any]:
        """With preview, versions and the address that restores one."""
        guard = self.admin_site.admin_view
        own = "<path:object_id>"
        return [
            path(f"{own}/lihat/", guard(self.preview), name="catalogue_service_preview"),
            path(f"{own}/versi/", guard(self.versions), name="catalogue_service_versions"),
            path(f"{own}/versi/<int:number>/", guard(self.restore_view), name="catalogue_service_restore"),
            *super().get_urls(),
        ]

    def restore_view(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """POST: an earlier version as a draft."""
        service = self._service(request, object_id)
        if not request.user.has_perm(operations.RIGHT):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            draft = operations.restore(service.pk, number=number, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(page_of(service))
        messages.success(
            request,
            _("Versi %(number)d dipulihkan sebagai draf. Periksa, lalu terbitkan.") % {"number": number},
        )
        return HttpResponseRedirect(page_of(draft))

    def _service(self, request: HttpRequest, object_id: str) -> Service:
        service = self.get_object(request, object_id)
        if service is None:
            raise Http404
        if not self.has_view_permission(request, service):
            raise PermissionDenied
        return service

    def _page(self, request: HttpRequest, service: Service, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "service": service,
            "back_url": page_of(service),
        }


def _columns(fields: tuple[Field, ...]) -> list[dict[str, Any]]:
    """The columns as the Excel sheet has them: A is the number, then one letter each."""
    return [{"letter": column_letters(index), "field": field} for index, field in enumerate(fields, start=1)]
