"""The import-export resource of the holdings: columns and rules come from the service's schema."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import resources, widgets
from import_export.fields import Field as ResourceField
from import_export.instance_loaders import CachedInstanceLoader
from tablib import Dataset

from core.catalogue.kinds import Kind, Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field
from core.doors.excel import Cell, Row
from core.holdings.loading import Places, save_records
from core.holdings.models import ImportRun, Record

#: Heading of the column with the source system's own key, in every import file.
KEY_LABEL = "Kunci sumber"
KEY_LENGTH = 64


class KeyWidget(widgets.Widget):
    """The source key as text, whether Excel made a number of it or not."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Never raises: a bad key is reported by ``import_instance`` with the other cells."""
        return Kind().from_cell(value.value if isinstance(value, Cell) else value).strip()


class RecordResource(resources.ModelResource):
    """Adds and replaces records of one service by source key; unchanged rows are skipped.

    Rows carry ``Cell`` objects, so that a number Excel has mangled is refused instead of stored.
    """

    source_key = ResourceField(attribute="source_key", column_name=KEY_LABEL, widget=KeyWidget())

    class Meta:
        model = Record
        fields = ("source_key",)
        import_id_fields = ("source_key",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        #: One batch a call: callers slice.
        batch_size = None
        use_transactions = False
        skip_diff = True
        skip_html_diff = True
        report_skipped = False

    def __init__(self, service: Service, run: ImportRun | None = None) -> None:
        super().__init__()
        self.service, self.run = service, run
        self.schema = service.schema()
        self.lookups, self.places = Lookups(), Places()
        self.columns: tuple[Field, ...] = self.schema.answered
        for item in self.columns:
            self.fields[item.key] = ResourceField(column_name=item.label)

    @property
    def headers(self) -> list[str]:
        """The headings of an import file, in order."""
        return [KEY_LABEL, *(item.label for item in self.columns)]

    def dataset(self, rows: Iterable[Sequence[Cell]]) -> Dataset:
        """Rows in the order of ``headers`` as import-export takes them."""
        data = Dataset(headers=self.headers)
        for row in rows:
            data.append(row)
        return data

    def get_queryset(self) -> Any:
        """Only this service: another may use the same keys."""
        return Record.objects.filter(service=self.service)

    def import_instance(self, instance: Record, row: dict[str, Any], **kwargs: Any) -> None:
        """Fills the record from the row's cells; ValidationError by column key when any is not good."""
        errors: dict[str, list[str]] = {}
        key = self.fields["source_key"].clean(row)
        if not key:
            errors["source_key"] = [_("Isi %(label)s") % {"label": KEY_LABEL}]
        elif len(key) > KEY_LENGTH:
            errors["source_key"] = [
                _("%(label)s paling banyak %(limit)d karakter") % {"label": KEY_LABEL, "limit": KEY_LENGTH}
            ]
        texts: dict[str, str] = {}
        for item in self.columns:
            try:
                texts[item.key] = cell_text(row[item.label], item)
            except ValidationError as error:
                errors[item.key] = error.messages
        values, wrong = self.schema.clean_answered(texts, self.lookups)
        errors.update({name: texts for name, texts in wrong.items() if name not in errors})
        if errors:
            raise ValidationError(errors)
        instance.is_unchanged = instance.pk is not None and instance.values == values  # type: ignore[attr-defined]
        instance.service, instance.source_key = self.service, key
        instance.values, instance.import_run = values, self.run
        instance.identify(self.schema, values)
        self.places.fill(instance, self.schema)

    def skip_row(
        self, instance: Record, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Rows that would change nothing."""
        return not import_validation_errors and bool(getattr(instance, "is_unchanged", False))

    def validate_instance(
        self, instance: Record, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """The schema has checked everything; the database keeps keys unique."""
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
        """Writes added records, nothing in a dry run."""
        self._write(self.create_instances, dry_run)

    def bulk_update(
        self,
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        batch_size: Any = None,
        result: Any = None,
    ) -> None:
        """Writes replaced records in the same way: Django's own is slower than row by row."""
        self._write(self.update_instances, dry_run)

    def _write(self, records: list[Record], dry_run: bool) -> None:
        if records and not dry_run:
            save_records(records)
        records.clear()


def cell_text(cell: Any, item: Field) -> str:
    """What a person would have typed for a cell; ValidationError when Excel holds something else."""
    if not isinstance(cell, Cell):
        return item.kind.from_cell(cell)
    if cell.is_error:
        raise ValidationError(
            _("%(label)s berisi kesalahan rumus Excel. Tulis nilainya") % {"label": item.label}
        )
    if cell.is_formula and cell.value is None:
        raise ValidationError(_("%(label)s berisi rumus tanpa hasil. Tulis nilainya") % {"label": item.label})
    if cell.precision_lost:
        raise ValidationError(
            _("%(label)s terbaca sebagai bilangan sehingga angka terakhir hilang. Format kolom sebagai Teks")
            % {"label": item.label}
        )
    return item.kind.from_cell(cell.value)


def find_columns(header: Row, resource: RecordResource) -> list[int]:
    """The place (from 1) of each of the resource's headings; ValidationError names what is wrong."""
    places: dict[str, int] = {}
    unknown = []
    known = {" ".join(label.upper().split()): label for label in resource.headers}
    for cell in header.cells:
        if not cell.text:
            continue
        label = known.get(" ".join(cell.text.upper().rstrip(" *").split()))
        if label is None:
            unknown.append(cell.text[:40])
        elif label in places:
            raise ValidationError(_("Kolom %(label)s ada dua kali") % {"label": label})
        else:
            places[label] = cell.column
    missing = [label for label in resource.headers if label not in places]
    if missing or unknown:
        parts = []
        if missing:
            parts.append(_("Kolom tidak ada: %(labels)s") % {"labels": ", ".join(missing)})
        if unknown:
            parts.append(_("Kolom tidak dikenal: %(labels)s") % {"labels": ", ".join(unknown)})
        raise ValidationError(
            [
                *parts,
                _("Unduh templat impor layanan %(service)s lalu salin data ke sana")
                % {"service": resource.service.label},
            ]
        )
    return [places[label] for label in resource.headers]


def template_rows(resource: RecordResource) -> Iterator[Sequence[str]]:
    """The explanation of each column for the second sheet of the import template."""
    yield (
        KEY_LABEL,
        _("Teks"),
        _("Kunci unik dari sistem asal. Kunci yang sama menggantikan catatan lama."),
        "A-0001",
    )
    for item in resource.columns:
        options = item.kind.column(item, resource.lookups).options or ()
        note = ", ".join(options) if 0 < len(options) <= 12 else item.help
        yield item.label, str(item.kind.label), note, item.example
