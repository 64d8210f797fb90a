"""Requests and workbooks for the tests of the answer bench."""

import io
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from core.catalogue.models import Service
from requests_app.models import DataRequest, Outcome, RequestRow, Status
from tests.requests_app import results

BENCH = "/admin/requests_app/datarequest/meja-jawab/"


def open_request(
    siti: User, service: Service, numbers: list[str], assignee: User | None = None, **changes: Any
) -> DataRequest:
    """A request being processed with one open row for each passport number."""
    request = results.make_request(
        siti, status=Status.PROCESSING, approved_at=None, assignee=assignee, **changes
    )
    request.schemas = {service.key: service.schema().to_json()}
    request.save()
    schema = service.schema()
    rows = []
    for position, number in enumerate(numbers, start=1):
        asked = {**results.ASKED, "nama": f"Orang {chr(64 + position % 26 + 1)}", "no_paspor": number}
        row = RequestRow(
            request=request, position=position, service=service, values=asked, outcome=Outcome.PENDING
        )
        row.identify(schema, asked)
        rows.append(row)
    RequestRow.objects.bulk_create(rows, batch_size=500)
    return request


def sheet_of(content: bytes) -> Any:
    """The workbook of an export, opened."""
    return openpyxl.load_workbook(io.BytesIO(content))


def upload(book: Any, name: str = "jawaban.xlsx") -> SimpleUploadedFile:
    """The workbook as an upload."""
    output = io.BytesIO()
    book.save(output)
    return SimpleUploadedFile(name, output.getvalue())


def columns_of(sheet: Any) -> dict[str, int]:
    """Column numbers (from 1) by heading."""
    return {cell.value: cell.column for cell in sheet[1] if cell.value}
