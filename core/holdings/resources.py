"""The import-export resource of the holdings: columns and rules come from the service's schema."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.fields import Field as ResourceField
from import_export.results import InvalidRow, Result, RowResult

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field, Values
from core.doors.excel import Cell
from core.holdings.loading import Places, build_record, keep_former, save_records
from core.holdings.models import ImportRun, Record
from core.sheet_imports import KeyWidget, SheetResource, lost_digits

#: Heading of the column with the source system's own key, in every import file.
KEY_LABEL = "Kunci sumber"
KEY_LENGTH = 64


class RecordResource(SheetResource):
    """Adds and replaces records of one service by source key; unchanged rows are skipped.

    A file may hold a hundred thousand rows, so they go through import-export's verbs as a whole, not one by one:
    its own loop costs ten times what checking and writing a row cost.
    """

    source_key = ResourceField(attribute="source_key", column_name=KEY_LABEL, widget=KeyWidget())

    class Meta:
        model = Record
        fields = ("source_key",)
        import_id_fields = ("source_key",)

    def __init__(self, service: Service, run: ImportRun | None = None) -> None:
        super().__init__()
        self.service, self.run = service, run
        self.schema = service.schema()
        self.lookups, self.places = Lookups(), Places()
        self.columns: tuple[Field, ...] = self.schema.answered

    @property
    def headers(self) -> list[str]:
        """The headings of an import file, in order."""
        return [KEY_LABEL, *(item.label for item in self.columns)]

    def dataset(self, rows: Iterable[Sequence[Cell]]) -> Any:
        """The rows themselves: ``import_data`` below needs no table of them."""
        return list(rows)

    def import_data(
        self, dataset: Any, dry_run: bool = False, raise_errors: bool = False, **kwargs: Any
    ) -> Result:
        """Checks ``dataset`` and, unless ``dry_run``, writes it; the result counts and names what is wrong.

        ValidationError with ``raise_errors`` at the first row that is not good.
        """
        result = Result()
        good: dict[str, Values] = {}
        for number, cells in enumerate(dataset, start=1):
            key, values, errors = self._read(cells)
            if not errors:
                good[key] = values
                continue
            error = ValidationError(errors)
            if raise_errors:
                raise error
            result.invalid_rows.append(InvalidRow(number, error, cells))
        stored = self._stored(good)
        changed = [key for key, values in good.items() if key not in stored or stored[key][1] != values]
        replaced = sum(key in stored for key in changed)
        result.totals[RowResult.IMPORT_TYPE_NEW] = len(changed) - replaced
        result.totals[RowResult.IMPORT_TYPE_UPDATE] = replaced
        result.totals[RowResult.IMPORT_TYPE_SKIP] = len(good) - len(changed)
        result.totals[RowResult.IMPORT_TYPE_INVALID] = len(result.invalid_rows)
        if dry_run:
            return result
        for key in changed:
            record = build_record(self.service, self.schema, key, good[key], self.places, self.run)
            if key in stored:
                record.pk = stored[key][0]
                self.update_instances.append(record)
            else:
                self.create_instances.append(record)
        self.bulk_create(False, dry_run, raise_errors, result=result)
        self.bulk_update(False, dry_run, raise_errors, result=result)
        return result

    def _read(self, cells: Sequence[Cell]) -> tuple[str, Values, dict[str, list[str]]]:
        """Key and values of a row, and what is wrong with it by heading."""
        errors: dict[str, list[str]] = {}
        key = self.key_of(cells[0])
        if not key:
            errors[KEY_LABEL] = [_("Isi %(label)s") % {"label": KEY_LABEL}]
        elif len(key) > KEY_LENGTH:
            errors[KEY_LABEL] = [
                _("%(label)s paling banyak %(limit)d karakter") % {"label": KEY_LABEL, "limit": KEY_LENGTH}
            ]
        texts: dict[str, str] = {}
        for item, cell in zip(self.columns, cells[1:], strict=True):
            try:
                texts[item.key] = cell_text(cell, item)
            except ValidationError as error:
                errors[item.label] = error.messages
        values, wrong = self.schema.clean_answered(texts, self.lookups)
        if wrong:
            labels = {item.key: item.label for item in self.columns}
            for name, messages in wrong.items():
                errors.setdefault(labels[name], messages)
        return key, values, errors

    def _stored(self, keys: Iterable[str]) -> dict[str, tuple[int, Values]]:
        """Primary key and values of those that exist; only of this service: another may use the same keys."""
        found = Record.objects.filter(service=self.service, source_key__in=list(keys))
        return {key: (pk, values) for key, pk, values in found.values_list("source_key", "pk", "values")}

    def before_replacing(self, instances: list[Record]) -> None:
        """Keeps what the run replaces, so that it can be undone."""
        if self.run is not None:
            keep_former(self.run, [record.pk for record in instances])

    def write(self, instances: list[Record]) -> None:
        """In one statement; those with a primary key replace what is stored."""
        save_records(instances, known={record.source_key for record in instances if record.pk is not None})


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
        raise ValidationError(lost_digits(item.label))
    return item.kind.from_cell(cell.value)


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
