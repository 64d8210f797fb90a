"""The formats of exported lists: what a cell holds is never run by the program that opens the file."""

from typing import Any

from import_export.formats.base_formats import CSV, XLSX


class _Inert:
    """Puts an apostrophe before text that a spreadsheet would take for a formula; numbers stay numbers.

    import-export only drops one "=", so "==…" and "+…" would get through. Source: OWASP, CSV Injection.
    """

    STARTS: tuple[str, ...] = ()

    def _escape_formulae(self, dataset: Any) -> None:
        rows = [[self._inert(cell) for cell in row] for row in dataset]
        del dataset[0 : len(dataset)]
        for row in rows:
            dataset.append(row)

    def _inert(self, cell: Any) -> Any:
        return f"'{cell}" if isinstance(cell, str) and cell.startswith(self.STARTS) else cell


class InertXLSX(_Inert, XLSX):
    """Excel: a cell is a formula when its text begins with "="."""

    STARTS = ("=",)


class InertCSV(_Inert, CSV):
    """CSV: the program that opens it decides, so every sign that may begin a formula counts."""

    STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
