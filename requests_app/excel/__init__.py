"""The workbook of Data Detail: its template, the check of what returns, the copy with marked errors."""

from requests_app.excel.check import (
    PREVIEW_ROWS,
    CheckedWorkbook,
    CheckError,
    GoodRow,
    Slice,
    check_slices,
    check_workbook,
)
from requests_app.excel.marks import Mark, mark_errors
from requests_app.excel.merging import ErrorTable, MergedError, merge_errors, split_cell
from requests_app.excel.template import build_template, sheet_names

__all__ = [
    "PREVIEW_ROWS",
    "CheckError",
    "CheckedWorkbook",
    "ErrorTable",
    "GoodRow",
    "Mark",
    "MergedError",
    "Slice",
    "build_template",
    "check_slices",
    "check_workbook",
    "mark_errors",
    "merge_errors",
    "sheet_names",
    "split_cell",
]
