"""Rows of an upload between its check and Simpan: kept slice by slice, then moved into the request at one stroke."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connections
from django.db.models import Max

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from requests_app.excel import CheckError, GoodRow, split_cell
from requests_app.models import DataRequest, FaultyRow, RequestRow, RowUpload, StagedRow

BATCH = 500
#: What a row of the request has from the staged one.
_COPIED = {field.name for field in StagedRow._meta.concrete_fields} - {"id", "upload", "number", "row"}


def keep_rows(
    upload: RowUpload, rows: Iterable[GoodRow], services: Mapping[str, tuple[Service, Schema]], *, after: int
) -> None:
    """Store good rows behind the ``after`` ones that are there already."""
    staged = []
    for number, row in enumerate(rows, start=after + 1):
        service, schema = services[row.service]
        kept = StagedRow(upload=upload, number=number, row=row.row, service=service, values=row.values)
        kept.identify(schema, row.values)
        staged.append(kept)
    StagedRow.objects.bulk_create(staged, batch_size=BATCH)


def kept_rows(upload: RowUpload) -> Iterator[GoodRow]:
    """Yield the good rows that an earlier run has stored."""
    rows = upload.staged.order_by("number").values_list("service__key", "row", "values")
    for key, row, values in rows.iterator(chunk_size=2000):
        yield GoodRow(key, row, values)


def keep_errors(upload: RowUpload, errors: Iterable[CheckError]) -> None:
    """Store errors by sheet and row; those of the whole file stand in the table of errors only."""
    faulty: dict[tuple[str, int], FaultyRow] = {}
    for error in errors:
        if error["sheet"]:
            letters, row = split_cell(error["cell"])
            place = (error["sheet"], row)
            found = faulty.setdefault(place, FaultyRow(upload=upload, sheet=place[0], row=row))
            found.errors.append([letters, error["message"]])
    FaultyRow.objects.bulk_create(faulty.values(), batch_size=BATCH)


def forget(upload: RowUpload) -> None:
    """Drop what was kept of the rows, good and faulty."""
    upload.staged.all().delete()
    upload.faulty.all().delete()


def move_into(request: DataRequest, upload: RowUpload) -> int:
    """Make all staged rows rows of the request, in one statement, and return how many; within a transaction.

    The request is locked by the caller, so that the positions are free.
    """
    last = request.rows.aggregate(last=Max("position"))["last"] or 0
    connection = connections[RequestRow.objects.db]
    quote = connection.ops.quote_name
    columns: list[str] = []
    sources: list[str] = []
    parameters: list[Any] = []
    for field in RequestRow._meta.concrete_fields:
        if field.primary_key:
            continue
        value: Any = field.get_default()
        if field.name in _COPIED:
            source = quote(str(field.column))
        elif field.name == "request":
            source, value = "%s", request.pk
        elif field.name == "position":
            source = f"{quote('number')} + {int(last)}"
        elif value is None:
            continue
        else:
            source = "%s"
        if source == "%s":
            parameters.append(field.get_db_prep_save(value, connection))
        columns.append(quote(str(field.column)))
        sources.append(source)
    # Names of our own columns only; every value is a parameter.
    statement = (
        f"INSERT INTO {quote(RequestRow._meta.db_table)} ({', '.join(columns)}) "  # noqa: S608
        f"SELECT {', '.join(sources)} FROM {quote(StagedRow._meta.db_table)} "
        f"WHERE {quote('upload_id')} = %s ORDER BY {quote('number')}"
    )
    parameters.append(StagedRow._meta.get_field("upload").get_db_prep_save(upload.pk, connection))
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
