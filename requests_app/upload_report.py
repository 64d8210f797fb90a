"""What pages say about a checked workbook: progress, first rows, table of errors, the copy with marks."""

from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.catalogue.models import Service
from core.doors import clock
from requests_app import uploads
from requests_app.excel import MergedError
from requests_app.models import RowUpload

Stage = RowUpload.Stage


def whole(number: int) -> str:
    """Return a count as people read it: 1.000."""
    return number_format(number, force_grouping=True)


def preview(upload: RowUpload) -> list[dict[str, str]]:
    """Return the first rows as the page shows them."""
    shown: list[dict[str, str]] = []
    for row in upload.preview:
        born = row["birth_date"]
        shown.append({**row, "birth_date": clock.short_date(date.fromisoformat(born)) if born else ""})
    return shown


def per_service(upload: RowUpload) -> str:
    """Return ``Paspor 600, Visa 400``."""
    labels = {service.key: service.shown_label for service in Service.objects.filter(key__in=upload.counts)}
    return ", ".join(f"{labels.get(key, key)} {whole(count)}" for key, count in upload.counts.items())


def faulty_context(upload: RowUpload) -> dict[str, Any]:
    """Return what the page of errors shows: whole-file messages, the table, and how many rows are right."""
    lines = [MergedError(**line) for line in upload.errors]
    general = [line.message for line in lines if not line.sheet]
    table = [line for line in lines if line.sheet]
    left = upload.error_count - sum(line.count for line in lines)
    good = sum(upload.counts.values())
    return {
        "form_has_errors": True,
        "general": general,
        "lines": table,
        "more": whole(left) if left > 0 else "",
        "has_rows": uploads.faulty_cells(upload),
        "faulty": whole(upload.total - good),
        "faulty_rows": upload.total - good,
        "good": whole(good),
        "good_rows": good,
    }


def progress_text(upload: RowUpload) -> str:
    """Return how far the check, or the saving, is."""
    if upload.stage == Stage.SAVING:
        return _("Menyimpan %(total)s baris…") % {"total": whole(upload.total)}
    if not upload.total:
        return _("Membaca berkas…")
    return _("Memeriksa %(done)s dari %(total)s baris…") % {
        "done": whole(upload.done),
        "total": whole(upload.total),
    }
