"""Brings equal errors together for the page: one line for “C4–C90 (87 sel)”."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_CELL = re.compile(r"([A-Z]+)(\d+)\Z")
#: So many stretches of cells are named; the rest is in the marked workbook.
_STRETCHES = 3


@dataclass
class MergedError:
    """One line of the table of errors. ``stretches`` are the first rows from–to, ``count`` counts all cells."""

    sheet: str
    column: str
    value: str
    message: str
    stretches: list[list[int]] = field(default_factory=list)
    count: int = 0

    def meet(self, row: int) -> None:
        """One more cell of the same kind; rows come in their order."""
        self.count += 1
        if not row:
            return
        if self.stretches and row == self.stretches[-1][1] + 1:
            self.stretches[-1][1] = row
        elif len(self.stretches) <= _STRETCHES:
            self.stretches.append([row, row])

    @property
    def place(self) -> str:
        """Return the cells as people read them: ``C4``, ``C4–C90 (87 sel)``, empty for a whole sheet."""
        names = [
            f"{self.column}{first}" if first == last else f"{self.column}{first}–{self.column}{last}"
            for first, last in self.stretches
        ]
        text = ", ".join(names[:_STRETCHES]) + (" …" if len(names) > _STRETCHES else "")
        if self.stretches and self.count > 1:
            text += " " + _("(%(count)s sel)") % {"count": number_format(self.count, force_grouping=True)}
        return text


class ErrorTable:
    """Errors on their way into a table of at most ``most`` lines; those of the whole file are all kept."""

    def __init__(self, most: int, lines: Iterable[Mapping[str, Any]] = ()) -> None:
        self.most = most
        self._lines: dict[tuple[str, str, str, str], MergedError] = {}
        for line in lines:
            found = MergedError(**line)
            self._lines[(found.sheet, found.column, found.value, found.message)] = found

    def add(self, error: Mapping[str, Any]) -> None:
        """Take one error in; beyond the last line only those that equal an earlier one."""
        column, row = split_cell(error["cell"])
        key = (error["sheet"], column, error["value"], error["message"])
        found = self._lines.get(key)
        if found is None:
            if error["sheet"] and len(self._lines) >= self.most:
                return
            found = self._lines[key] = MergedError(*key)
        found.meet(row)

    def lines(self) -> list[MergedError]:
        """Return the lines in the order in which they were first met."""
        return list(self._lines.values())


def split_cell(cell: str) -> tuple[str, int]:
    """Return column letters and row of ``C4``; ("", 0) for anything else."""
    match = _CELL.match(cell)
    return (match[1], int(match[2])) if match else ("", 0)


def merge_errors(errors: Iterable[Mapping[str, Any]]) -> list[MergedError]:
    """Return the errors, those of equal sheet, column, content and message as one, in their first order."""
    table = ErrorTable(most=10**9)
    for error in errors:
        table.add(error)
    return table.lines()
