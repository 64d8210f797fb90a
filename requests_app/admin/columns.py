"""Columns of the list of requests that are offered besides the standard ones; see ``admin_theme.lists``."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.doors import clock
from requests_app.models import DataRequest


class MoreColumns:
    """Facts of the letter and who signed what."""

    more_columns: tuple[str, ...] = (
        "display_submitted",
        "letter_number",
        "display_letter_date",
        "unit",
        "display_requester",
        "display_verifier",
        "display_processor",
        "display_approver",
        "display_completed",
    )
    empty_text: Any = _(
        "Permohonan muncul di sini begitu pemohon mengirimnya. Draf tidak terlihat oleh petugas sebelum dikirim."
    )

    @display(description=_("Tanggal Surat"), ordering="letter_date", empty_value="–")
    def display_letter_date(self, request: DataRequest) -> str | None:
        """As in lists."""
        return clock.short_date(request.letter_date) if request.letter_date else None

    @display(description=_("pemohon"), ordering="requester__full_name")
    def display_requester(self, request: DataRequest) -> str:
        """Who asks for the agency."""
        return str(request.requester.get_full_name())

    @display(description=_("diverifikasi oleh"), ordering="verified_by__full_name", empty_value="–")
    def display_verifier(self, request: DataRequest) -> str | None:
        """Who checked it."""
        return request.verified_by.get_full_name() if request.verified_by else None

    @display(description=_("diproses oleh"), ordering="processed_by__full_name", empty_value="–")
    def display_processor(self, request: DataRequest) -> str | None:
        """Who handed the answers over."""
        return request.processed_by.get_full_name() if request.processed_by else None

    @display(description=_("disetujui oleh"), ordering="approved_by__full_name", empty_value="–")
    def display_approver(self, request: DataRequest) -> str | None:
        """Who approved it (first)."""
        return request.approved_by.get_full_name() if request.approved_by else None

    @display(description=_("selesai pada"), ordering="completed_at", empty_value="–")
    def display_completed(self, request: DataRequest) -> str | None:
        """The day the document was ready."""
        return clock.short_date(request.completed_at) if request.completed_at else None
