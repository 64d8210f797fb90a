"""Brings equal errors together for the page: one line for “C4–C90 (87 sel)”."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_CELL = re.compile(r"([A-Z]+)(\d+)\Z")
#: So many stretches of cells are named; the rest is in the marked workbook.
_STRETCHES = 3


@dataclass
class MergedError:
    """One line of the table of errors."""

    sheet: str
    column: str
    value: str
    message: str
    rows: list[int] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Return the cells as people read them: ``C4``, ``C4–C90 (87 sel)``, empty for a whole sheet."""
        stretches: list[list[int]] = []
        for row in self.rows:
            if stretches and row == stretches[-1][1] + 1:
                stretches[-1][1] = row
            else:
                stretches.append([row, row])
        names = [
            f"{self.column}{first}" if first == last else f"{self.column}{first}–{self.column}{last}"
            for first, last in stretches
        ]
        text = ", ".join(names[:_STRETCHES]) + (" …" if len(names) > _STRETCHES else "")
        if len(self.rows) > 1:
            text += " " + _("(%(count)s sel)") % {"count": number_format(len(self.rows), force_grouping=True)}
        return text


def split_cell(cell: str) -> tuple[str, int]:
    """Return column letters and row of ``C4``; ("", 0) for anything else."""
    match = _CELL.match(cell)
    return (match[1], int(match[2])) if match else ("", 0)


def merge_errors(errors: Iterable[Mapping[str, str]]) -> list[MergedError]:
    """Return the errors, those of equal sheet, column, content and message as one, in their first order."""
    merged: dict[tuple[str, str, str, str], MergedError] = {}
    for error in errors:
        column, row = split_cell(error["cell"])
        key = (error["sheet"], column, error["value"], error["message"])
        found = merged.setdefault(key, MergedError(error["sheet"], column, error["value"], error["message"]))
        if row:
            found.rows.append(row)
    return list(merged.values())
