"""Filled templates for the tests of Data Detail from Excel."""

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from requests_app.excel import build_template

JOHN: dict[str, Any] = {"Nama": "John Doe", "Tanggal Lahir": "31-12-2000", "No. Paspor": "A123123"}


def paspor(number: int, **changes: Any) -> dict[str, Any]:
    """A row of the sheet Paspor, each number another person."""
    return {"Nama": "John Doe", "Tanggal Lahir": "31-12-2000", "No. Paspor": f"A{number:06}", **changes}


def schemas() -> list[Schema]:
    """The schemas of all published services."""
    return [service.schema() for service in Service.objects.published().with_fields()]


def filled(
    rows: dict[str, Sequence[dict[str, Any]]],
    *,
    change: Callable[[Any], None] | None = None,
    template: bytes | None = None,
) -> bytes:
    """The template with rows by service label, each a dict by column title; ``change`` gets the workbook."""
    book = openpyxl.load_workbook(io.BytesIO(template or build_template(schemas())))
    for label, entries in rows.items():
        sheet = book[f"Upload Detail {label}"]
        titles = {cell.value: cell.column for cell in sheet[1]}
        for number, entry in enumerate(entries, start=2):
            for title, value in entry.items():
                sheet.cell(number, titles[title]).value = value
    if change:
        change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def as_upload(content: bytes, name: str = "data.xlsx") -> SimpleUploadedFile:
    """The bytes as a browser sends them."""
    return SimpleUploadedFile(name, content)
