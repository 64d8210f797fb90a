"""Passport steps from an officer's workbook: read behind the guard, checked as a whole, written in one go."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from import_export.fields import Field as ResourceField

from core.access_log.models import Action
from core.access_log.record import record_access
from core.catalogue.dates import parse_date
from core.doors import clock
from core.doors.excel import Cell, WorkbookError
from core.doors.storage import safe_name
from core.reference.models import ImmigrationOffice
from core.sheet_imports import KeyWidget, SheetCheck, SheetResource, find_columns, first_sheet, lost_digits
from public_site.whatsapp.models import PassportStatus, mask_name

RIGHT = "public_site.add_passportstatus"
NUMBER, NAME, STEP, DAY, OFFICE = ("No. Permohonan", "Nama", "Tahap", "Tanggal", "Kantor Imigrasi")
HEADERS = (NUMBER, NAME, STEP, DAY, OFFICE)
#: Read, checked and written within one request of the officer.
MOST_ROWS = 5000
MOST_ERRORS = 50


class NumberWidget(KeyWidget):
    """The number as people copy it; bad ones are reported with the other cells."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Without blanks and dashes."""
        return re.sub(r"[\s-]", "", super().clean(value, row, **kwargs))


class PassportStatusResource(SheetResource):
    """Adds and replaces steps by number."""

    number = ResourceField(attribute="number", column_name=NUMBER, widget=NumberWidget())

    class Meta:
        model = PassportStatus
        fields = ("number",)
        import_id_fields = ("number",)

    def __init__(self) -> None:
        super().__init__()
        self.steps = {str(step.label).upper(): step for step in PassportStatus.Step}
        self.offices: dict[str, ImmigrationOffice] = {}
        for office in ImmigrationOffice.objects.all():
            for name in (office.slug, office.short_name, office.full_name):
                self.offices.setdefault(_key(name), office)

    @property
    def headers(self) -> list[str]:
        """The five headings."""
        return list(HEADERS)

    def import_instance(self, instance: PassportStatus, row: dict[str, Any], **kwargs: Any) -> None:
        """Fills a status from its cells; ValidationError by heading when any is not good."""
        errors: dict[str, str] = {}
        number = self.fields["number"].clean(row)
        if row[NUMBER].precision_lost:
            errors[NUMBER] = lost_digits(NUMBER)
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

    def write(self, instances: list[PassportStatus]) -> None:
        """Told apart by number; a batch of added and replaced rows would need two statements."""
        for status in instances:
            status.pk = None
        PassportStatus.objects.bulk_create(
            instances,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["number"],
            update_fields=["masked_name", "step", "step_on", "office", "updated_at"],
        )


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
    rows = _rows(uploaded)
    resource = PassportStatusResource()
    _result, errors = SheetCheck(resource).check(rows)
    if errors:
        shown = [f"{error.cell}: {error.message}" for error in errors[:MOST_ERRORS]]
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
            count=len(rows),
        )
        resource.import_data(resource.dataset(rows), raise_errors=True)
    return len(rows)


def _rows(uploaded: UploadedFile) -> list[list[Cell]]:
    """The data rows in the order of ``HEADERS``, other columns left out."""
    found = first_sheet(uploaded, safe_name(uploaded.name))
    places = find_columns(
        next(found, None), HEADERS, remedy=_("Unduh templat lalu salin data ke sana"), allow_others=True
    )
    rows = [[row.cell(place) for place in places] for row in islice(found, MOST_ROWS + 1)]
    if not rows:
        raise WorkbookError("no_rows")
    if len(rows) > MOST_ROWS:
        most = number_format(MOST_ROWS, force_grouping=True)
        raise WorkbookError("rows_more", rows=most, limit=most)
    return rows


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
