"""What leaves as Excel/CSV from the list of requests: the header only, never a row about a person."""

from django.utils.translation import gettext_lazy as _
from import_export import fields, resources

from core.doors import clock
from core.export_fields import Choice, Moment
from requests_app.models import DataRequest, ResultDocument, Status


class DataRequestResource(resources.ModelResource):
    """One line for each request of the list; needs the annotation ``row_count`` and the related rows."""

    number = fields.Field(column_name=_("No. Permohonan"), attribute="number")
    agency = fields.Field(column_name=_("Instansi"), attribute="agency__name")
    subject = fields.Field(column_name=_("Perihal"), attribute="subject")
    status = fields.Field(column_name=_("Status"), dehydrate_method="dehydrate_status")
    row_count = fields.Field(column_name=_("Jumlah baris"), attribute="row_count", default=0)
    assignee = fields.Field(column_name=_("Petugas"), dehydrate_method="dehydrate_assignee")
    due_on = fields.Field(column_name=_("Batas waktu"), dehydrate_method="dehydrate_due_on")
    submitted_at = fields.Field(column_name=_("Tgl Permohonan"), dehydrate_method="dehydrate_submitted_at")
    completed_at = fields.Field(column_name=_("Selesai pada"), dehydrate_method="dehydrate_completed_at")

    class Meta:
        model = DataRequest
        fields = (
            "number",
            "agency",
            "subject",
            "status",
            "row_count",
            "assignee",
            "due_on",
            "submitted_at",
            "completed_at",
        )
        export_order = fields

    def dehydrate_status(self, request: DataRequest) -> str:
        """The word people read."""
        return str(Status(request.status).label)

    def dehydrate_assignee(self, request: DataRequest) -> str:
        """The officer's name."""
        return request.assignee.get_full_name() if request.assignee else ""

    def dehydrate_due_on(self, request: DataRequest) -> str:
        """dd/mm/yyyy."""
        return clock.grid_date(request.due_on) if request.due_on else ""

    def dehydrate_submitted_at(self, request: DataRequest) -> str:
        """dd/mm/yyyy in Jakarta."""
        return clock.grid_date(request.submitted_at) if request.submitted_at else ""

    def dehydrate_completed_at(self, request: DataRequest) -> str:
        """dd/mm/yyyy in Jakarta."""
        return clock.grid_date(request.completed_at) if request.completed_at else ""


class ResultDocumentResource(resources.ModelResource):
    """One line for each answer document; the fingerprint, never the answer."""

    number = fields.Field(column_name=_("Nomor dokumen"), attribute="number")
    request = fields.Field(column_name=_("No. Permohonan"), attribute="request__number")
    agency = fields.Field(column_name=_("Instansi"), attribute="request__agency__name")
    state = Choice(column_name=_("Status"), attribute="state")
    issued_at = Moment(column_name=_("Diterbitkan"), attribute="issued_at")
    pdf_sha256 = fields.Field(column_name=_("Sidik jari PDF"), attribute="pdf_sha256")

    class Meta:
        model = ResultDocument
        fields = ("number", "request", "agency", "state", "issued_at", "pdf_sha256")
        export_order = fields
