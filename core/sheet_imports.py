"""What imports of officers' workbooks share: rows of ``Cell`` objects, checked without writing, then written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import resources, widgets
from import_export.instance_loaders import CachedInstanceLoader
from import_export.results import Result
from tablib import Dataset

from core.catalogue.kinds import Kind
from core.doors.excel import Cell, Row, read_csv, read_rows, staff_limits


class KeyWidget(widgets.Widget):
    """The key of a row as text, whether Excel made a number of it or not."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Never raises: a bad key is reported by ``import_instance`` with the other cells."""
        return Kind().from_cell(value.value if isinstance(value, Cell) else value).strip()


class SheetResource(resources.ModelResource):
    """Adds and replaces rows by the key in the first column; subclasses name ``headers`` and fill one instance.

    Rows carry ``Cell`` objects, so that a number Excel has mangled is refused instead of stored.
    ``import_instance`` raises ValidationError by heading.
    """

    class Meta:
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        #: One batch a call: callers slice.
        batch_size = None
        use_transactions = False
        skip_diff = True
        skip_html_diff = True
        report_skipped = False

    @property
    def headers(self) -> list[str]:
        """The headings of an import file, the key first."""
        raise NotImplementedError

    def write(self, instances: list[Any]) -> None:
        """Adds or replaces the instances by key."""
        raise NotImplementedError

    def before_replacing(self, instances: list[Any]) -> None:
        """What has to be kept of stored rows before these instances replace them; nothing unless said."""

    def key_of(self, cell: Cell) -> str:
        """The key a first cell holds, as it is stored."""
        return str(self.fields[self._meta.import_id_fields[0]].widget.clean(cell))

    def dataset(self, rows: Iterable[Sequence[Cell]]) -> Any:
        """Rows in the order of ``headers`` as import-export takes them."""
        data = Dataset(headers=self.headers)
        for row in rows:
            data.append(row)
        return data

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Everything was checked cell by cell; the database keeps keys unique."""
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
        self._write(self.create_instances, dry_run)

    def bulk_update(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: Any = None,
        result: Any = None,
    ) -> None:
        """Writes replaced rows in the same way: Django's own is slower than row by row."""
        if self.update_instances and not dry_run:
            self.before_replacing(self.update_instances)
        self._write(self.update_instances, dry_run)

    def _write(self, instances: list[Any], dry_run: bool) -> None:
        if instances and not dry_run:
            self.write(instances)
        instances.clear()


@dataclass(frozen=True)
class CellError:
    """What stands against one cell: its place as Excel names it, its heading, and the sentence."""

    cell: str
    header: str
    message: str


class SheetCheck:
    """Checks a file slice by slice in runs that write nothing; remembers keys, because none may come twice."""

    def __init__(self, resource: SheetResource) -> None:
        self.resource = resource
        self.rows_by_key: dict[str, int] = {}

    def check(self, rows: Sequence[Sequence[Cell]]) -> tuple[Result, list[CellError]]:
        """What import-export counted and what is wrong, each row in the order of the resource's ``headers``."""
        resource, headers = self.resource, self.resource.headers
        result: Result = resource.import_data(resource.dataset(rows), dry_run=True)
        for failed in (*result.base_errors, *(row.errors[0] for row in result.error_rows)):
            raise failed.error
        errors = []
        for invalid in result.invalid_rows:
            cells = dict(zip(headers, rows[invalid.number - 1], strict=True))
            for header, messages in invalid.field_specific_errors.items():
                errors += [CellError(cells[header].reference, header, text) for text in messages]
        for first, *_others in rows:
            key = resource.key_of(first)
            if key and self.rows_by_key.setdefault(key, first.row) != first.row:
                text = _("%(label)s sama dengan baris %(row)d")
                values = {"label": headers[0], "row": self.rows_by_key[key]}
                errors.append(CellError(first.reference, headers[0], text % values))
        return result, errors


def lost_digits(label: str) -> str:
    """The sentence about a number whose last digits Excel has rounded away."""
    return _(
        "%(label)s terbaca sebagai bilangan sehingga angka terakhir hilang. Format kolom sebagai Teks"
    ) % {"label": label}


def heading(text: str) -> str:
    """A heading as it is compared: blanks, case and the star of required columns make no difference."""
    return " ".join(text.upper().rstrip(" *").split())


def find_columns(
    header: Row | None, headers: Sequence[str], *, remedy: str, allow_others: bool = False
) -> list[int]:
    """The place (from 1) of each of ``headers``; ValidationError names what is wrong and ends with ``remedy``."""
    known: Mapping[str, str] = {heading(label): label for label in headers}
    places: dict[str, int] = {}
    unknown = []
    for cell in header.cells if header else ():
        if not cell.text:
            continue
        label = known.get(heading(cell.text))
        if label is None:
            unknown.append(cell.text[:40])
        elif label in places:
            raise ValidationError(_("Kolom %(label)s ada dua kali") % {"label": label})
        else:
            places[label] = cell.column
    parts = []
    if missing := [label for label in headers if label not in places]:
        parts.append(_("Kolom tidak ada: %(labels)s") % {"labels": ", ".join(missing)})
    if unknown and not allow_others:
        parts.append(_("Kolom tidak dikenal: %(labels)s") % {"labels": ", ".join(unknown)})
    if parts:
        raise ValidationError([*parts, remedy])
    return [places[label] for label in headers]


def first_sheet(file: IO[bytes] | Any, name: str) -> Iterator[Row]:
    """The rows of a .csv file or of the first sheet of a workbook, one by one; ``WorkbookError`` when unreadable."""
    limits = staff_limits()
    if PurePosixPath(name).suffix.lower() == ".csv":
        yield from read_csv(file, limits=limits, name=name).rows
        return
    first = ""
    for sheet, row in read_rows(file, limits=limits, name=name):
        first = first or sheet
        if sheet != first:
            return
        if row is not None:
            yield row
