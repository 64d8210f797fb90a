"""Passport steps from an officer's workbook: read behind the guard, checked as a whole, written in one go."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from import_export import resources, widgets
from import_export.fields import Field as ResourceField
from import_export.instance_loaders import CachedInstanceLoader
from tablib import Dataset

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.dates import parse_date
from core.doors import clock
from core.doors.excel import Cell, Row, WorkbookError, read_csv, read_rows, staff_limits
from core.doors.excel_guard import column_letters
from core.doors.storage import safe_name
from core.reference.models import ImmigrationOffice
from public_site.whatsapp.models import PassportStatus, mask_name

RIGHT = "public_site.add_passportstatus"
NUMBER, NAME, STEP, DAY, OFFICE = ("No. Permohonan", "Nama", "Tahap", "Tanggal", "Kantor Imigrasi")
HEADERS = (NUMBER, NAME, STEP, DAY, OFFICE)
#: Read, checked and written within one request of the officer.
MOST_ROWS = 5000
MOST_ERRORS = 50


class NumberWidget(widgets.Widget):
    """The key as text, whether Excel made a number of it or not; bad ones are reported with the other cells."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Without blanks and dashes."""
        text = value.text if isinstance(value, Cell) else str(value)
        return text.removesuffix(".0").replace(" ", "").replace("-", "")


class PassportStatusResource(resources.ModelResource):
    """Adds and replaces steps by number; rows carry ``Cell`` objects, so a number Excel has rounded is refused."""

    number = ResourceField(attribute="number", column_name=NUMBER, widget=NumberWidget())

    class Meta:
        model = PassportStatus
        fields = ("number",)
        import_id_fields = ("number",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        batch_size = None
        use_transactions = False
        skip_diff = True
        skip_html_diff = True
        report_skipped = False

    def __init__(self) -> None:
        super().__init__()
        self.steps = {str(step.label).upper(): step for step in PassportStatus.Step}
        self.offices: dict[str, ImmigrationOffice] = {}
        for office in ImmigrationOffice.objects.all():
            for name in (office.slug, office.short_name, office.full_name):
                self.offices.setdefault(_key(name), office)

    def import_instance(self, instance: PassportStatus, row: dict[str, Any], **kwargs: Any) -> None:
        """Fills a status from its cells; ValidationError by heading when any is not good."""
        errors: dict[str, str] = {}
        number = self.fields["number"].clean(row)
        if row[NUMBER].precision_lost:
            errors[NUMBER] = _(
                "No. Permohonan terbaca sebagai bilangan sehingga angka terakhir hilang. Format kolom sebagai Teks"
            )
        elif not number:
            errors[NUMBER] = _("Isi No. Permohonan")
        elif not re.fullmatch(r"[0-9]{16}", number):
            errors[NUMBER] = _("No. Permohonan terdiri dari 16 angka")
        step = self.steps.get(" ".join(row[STEP].text.upper().replace(" / ", "/").split()))
        if step is None:
            names = ", ".join(str(item.label) for item in PassportStatus.Step)
            errors[STEP] = _("Tahap tidak dikenal. Pilih salah satu: %(names)s") % {"names": names}
        day = cell_day(row[DAY])
        if row[DAY].text and day is None:
            errors[DAY] = _("Tanggal tidak ada di kalender. Tulis misalnya 31-12-2026")
        elif day is not None and day > clock.today():
            errors[DAY] = _("Tanggal belum terjadi. Tulis tanggal tahap itu dicapai")
        office = self.offices.get(_key(row[OFFICE].text))
        if row[OFFICE].text and office is None:
            errors[OFFICE] = _("Kantor Imigrasi tidak dikenal. Tulis seperti di daftar Kantor Imigrasi")
        if errors:
            raise ValidationError(errors)
        instance.number, instance.step, instance.step_on, instance.office = number, step or "", day, office
        # The full name is not needed to tell a step, so it is not kept.
        instance.masked_name = mask_name(row[NAME].text)
        instance.updated_at = clock.now()

    def validate_instance(
        self,
        instance: PassportStatus,
        import_validation_errors: Any = None,
        validate_unique: bool = True,
    ) -> None:
        """Everything was checked cell by cell."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def bulk_create(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: Any = None,
        result: Any = None,
    ) -> None:
        """Writes added rows, nothing in a dry run."""
        _write(self.create_instances, dry_run)

    def bulk_update(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: Any = None,
        result: Any = None,
    ) -> None:
        """Writes replaced rows in the same way."""
        _write(self.update_instances, dry_run)


def _write(statuses: list[PassportStatus], dry_run: bool) -> None:
    if statuses and not dry_run:
        for status in statuses:
            status.pk = None  # told apart by number; a mixed batch would need two statements
        PassportStatus.objects.bulk_create(
            statuses,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["masked_name", "step", "step_on", "office", "updated_at"],
        )
    statuses.clear()


def _key(name: str) -> str:
    return " ".join(name.upper().split())


def cell_day(cell: Cell) -> date | None:
    """The day a cell holds, as Excel's date or as text; None when empty or no day."""
    if isinstance(cell.value, datetime):
        return cell.value.date()
    return cell.value if isinstance(cell.value, date) else parse_date(cell.text)


def import_statuses(uploaded: UploadedFile, *, by: Any) -> int:
    """Writes every row of the workbook, or none; returns how many. ValidationError lists what is wrong by cell."""
    if not by.is_active or not by.has_perm(RIGHT) or not by.has_perm("public_site.change_passportstatus"):
        raise PermissionDenied
    data, places = _dataset(_rows(uploaded))
    resource = PassportStatusResource()
    errors = _errors(resource, data, places)
    if errors:
        shown = errors[:MOST_ERRORS]
        if len(errors) > MOST_ERRORS:
            shown.append(_("… dan %(count)d kesalahan lain") % {"count": len(errors) - MOST_ERRORS})
        raise ValidationError(shown)
    with transaction.atomic():
        record_access(
            Action.IMPORT,
            actor=by,
            purpose=_("Impor status paspor"),
            object_type="passportstatus",
            object_id="-",
            count=len(data),
        )
        resource.import_data(data, raise_errors=True)
    return len(data)


def _dataset(rows: list[Row]) -> tuple[Dataset, dict[str, int]]:
    """The data rows in the order of ``HEADERS`` and the column of each heading."""
    _check_headers(rows[0] if rows else None)
    found = {_key(cell.text.rstrip(" *")): cell.column for cell in rows[0].cells if cell.text}
    places = {header: found[_key(header)] for header in HEADERS}
    data = Dataset(headers=list(HEADERS))
    for row in rows[1:]:
        data.append([row.cell(places[header]) for header in HEADERS])
    if not len(data):
        raise WorkbookError("no_rows")
    if len(data) > MOST_ROWS:
        raise WorkbookError("rows", rows=len(data), limit=MOST_ROWS)
    return data, places


def _errors(resource: PassportStatusResource, data: Dataset, places: dict[str, int]) -> list[str]:
    """What stands against the file, by cell, from a run that writes nothing."""
    errors = []
    seen: dict[str, int] = {}
    for cells in data:
        number = NumberWidget().clean(cells[0])
        if number and seen.setdefault(number, cells[0].row) != cells[0].row:
            errors.append(
                _("%(cell)s: No. Permohonan sama dengan baris %(row)d")
                % {"cell": cells[0].reference, "row": seen[number]}
            )
    result = resource.import_data(data, dry_run=True)
    for failed in (*result.base_errors, *(row.errors[0] for row in result.error_rows)):
        raise failed.error
    for invalid in result.invalid_rows:
        line = data[invalid.number - 1][0].row
        for header, messages in invalid.field_specific_errors.items():
            cell = f"{column_letters(places[header] - 1)}{line}"
            errors += [f"{cell}: {text}" for text in messages]
    return errors


def _rows(uploaded: UploadedFile) -> list[Row]:
    name = safe_name(uploaded.name)
    if PurePosixPath(name).suffix.lower() == ".csv":
        return read_csv(uploaded, limits=staff_limits(), name=name).rows
    found: list[Row] = []
    first = ""
    for sheet, row in read_rows(uploaded, limits=staff_limits(), name=name):
        first = first or sheet
        if sheet == first and row is not None:
            found.append(row)
        if len(found) > MOST_ROWS + 1:
            raise WorkbookError("rows_more", rows=MOST_ROWS, limit=MOST_ROWS)
    return found


def _check_headers(row: Row | None) -> None:
    known = {_key(cell.text.rstrip(" *")) for cell in row.cells} if row else set()
    missing = [header for header in HEADERS if _key(header) not in known]
    if missing:
        raise ValidationError(
            _("Kolom tidak ada: %(labels)s. Unduh templat lalu salin data ke sana")
            % {"labels": ", ".join(missing)}
        )


def template_sheets() -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """The workbook officers fill in, and a sheet that explains its columns."""
    steps = ", ".join(str(step.label) for step in PassportStatus.Step)
    return [
        (_("Status Paspor"), HEADERS, []),
        (
            _("Petunjuk"),
            [_("Kolom"), _("Keterangan"), _("Contoh")],
            [
                [NUMBER, _("16 angka, kolom berformat Teks. Nomor yang sama diganti."), "1234567890123456"],
                [NAME, _("Hanya huruf pertama setiap kata yang disimpan."), "Budi Santoso"],
                [STEP, steps, str(PassportStatus.Step.READY.label)],
                [DAY, _("Tanggal tahap itu dicapai; boleh kosong."), "31-12-2025"],
                [OFFICE, _("Nama kantor; boleh kosong."), "Jakarta Selatan"],
            ],
        ),
    ]
