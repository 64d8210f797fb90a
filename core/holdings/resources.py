"""The import files of the holdings: columns and rules come from the service's schema."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field, Values
from core.doors.excel import Cell
from core.holdings.loading import Places
from core.sheet_imports import KeyWidget, lost_digits

#: Heading of the column with the source system's own key, in every import file.
KEY_LABEL = "Kunci sumber"
KEY_LENGTH = 64


class RecordResource:
    """The import file of one service: its headings, and the rules of its cells by the schema and places of today."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.schema = service.schema()
        self.lookups, self.places = Lookups(), Places()
        self.columns: tuple[Field, ...] = self.schema.answered
        self._key = KeyWidget()

    @property
    def headers(self) -> list[str]:
        """The headings of an import file, in order."""
        return [KEY_LABEL, *(item.label for item in self.columns)]

    def key_of(self, cell: Cell) -> str:
        """The key a first cell holds, as it is stored."""
        return self._key.clean(cell)

    def read(self, cells: Sequence[Cell]) -> tuple[str, Values, dict[str, list[str]]]:
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
