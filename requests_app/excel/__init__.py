"""The workbook of Data Detail: its template, the check of what returns, the copy with marked errors."""

from requests_app.excel.check import CheckedWorkbook, CheckError, check_workbook
from requests_app.excel.marks import mark_errors
from requests_app.excel.merging import MergedError, merge_errors
from requests_app.excel.template import build_template, sheet_names

__all__ = [
    "CheckError",
    "CheckedWorkbook",
    "MergedError",
    "build_template",
    "check_workbook",
    "mark_errors",
    "merge_errors",
    "sheet_names",
]
