"""The list of result documents in the console; files leave through ``requests_app.admin.files``."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButtonsMixin
from admin_theme.filters import ChoicesDropdownFilter, RangeDateFilter
from core.access_log.exporting import RecordedExportAdmin
from core.doors.storage import file_size
from requests_app.admin import revoking
from requests_app.admin.signatures import signature_words
from requests_app.models import ResultDocument
from requests_app.resources import ResultDocumentResource

STATE_COLOURS = {
    ResultDocument.State.PREPARING: "warning",
    ResultDocument.State.ISSUED: "success",
    ResultDocument.State.SUPERSEDED: "",
    ResultDocument.State.REVOKED: "danger",
}


@admin.register(ResultDocument)
class ResultDocumentAdmin(OperationButtonsMixin, RecordedExportAdmin, ReadOnlyAdmin):
    """Every answer document, newest first; the only thing done here is to revoke one."""

    operation_buttons = revoking.BUTTONS

    list_display = ("number", "display_request", "display_agency", "display_state", "issued_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        revoking.AwaitsRevocationFilter,
        ("issued_at", RangeDateFilter),
    )
    search_fields = ("number", "request__number__startswith", "request__agency__name")
    search_help_text = _("Cari menurut nomor dokumen, nomor permohonan, atau instansi")
    list_select_related = ("request__agency",)
    resource_classes = [ResultDocumentResource]
    more_columns = ("numbered_at", "pdf_sha256")
    empty_text = _("Dokumen jawaban muncul di sini setelah permohonan pertama disetujui.")
    fields = (
        "number",
        "display_request",
        "display_agency",
        "display_state_name",
        "display_revocation",
        "numbered_at",
        "issued_at",
        "display_files",
        "display_signature",
        "pdf_sha256",
        "xlsx_sha256",
    )
    readonly_fields = fields

    @display(description=_("No. Permohonan"), ordering="request__number")
    def display_request(self, document: ResultDocument) -> SafeString:
        """The request it answers, as a link."""
        url = reverse("admin:requests_app_datarequest_change", args=[document.request_id])
        return format_html('<a href="{}">{}</a>', url, document.request.number)

    @display(description=_("instansi"), ordering="request__agency__name")
    def display_agency(self, document: ResultDocument) -> str:
        """Who receives it."""
        return document.request.agency.name

    @display(description=_("keadaan"), label=STATE_COLOURS, ordering="state")
    def display_state(self, document: ResultDocument) -> tuple[str, str]:
        """Coloured word."""
        return document.state, str(ResultDocument.State(document.state).label)

    @display(description=_("keadaan"))
    def display_state_name(self, document: ResultDocument) -> str:
        """The state on the document's own page, where labels are not drawn."""
        return str(ResultDocument.State(document.state).label)

    @display(description=_("pencabutan"))
    def display_revocation(self, document: ResultDocument) -> str:
        """Who asked for its end, why, and who agreed."""
        return revoking.told(document)

    @display(description=_("tanda tangan elektronik"))
    def display_signature(self, document: ResultDocument) -> str:
        """With which certificate the PDF is signed, or why it could not be."""
        return document.failure or signature_words(document.electronic_signature)

    @display(description=_("berkas"))
    def display_files(self, document: ResultDocument) -> SafeString | str:
        """Links to the files; each download is recorded."""
        if not document.pdf or document.state == ResultDocument.State.REVOKED:
            return "–"
        pdf = reverse("admin:requests_app_datarequest_result", args=[document.pk, "pdf"])
        xlsx = reverse("admin:requests_app_datarequest_result", args=[document.pk, "xlsx"])
        return format_html(
            '<a href="{}">PDF ({})</a> · <a href="{}">XLSX ({})</a>',
            pdf,
            file_size(document.pdf_size),
            xlsx,
            file_size(document.xlsx_size),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResultDocument]:
        """With the request it belongs to."""
        found = super().get_queryset(request)
        return found.select_related("request__agency", "revocation_asked_by", "revoked_by")
