"""Writing records of the holdings in bulk: added or replaced by the source system's key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import connections, transaction

from core.catalogue.models import Service
from core.catalogue.schema import Schema, Values
from core.holdings.models import ImportRun, Record
from core.reference.models import Checkpoint, ImmigrationOffice

BATCH = 1000
#: (key of the source system, cleaned values by column key)
SourceRow = tuple[str, Values]

WRITTEN = [field for field in Record._meta.concrete_fields if not field.primary_key]
REPLACED = [str(field.column) for field in WRITTEN if field.name not in ("service", "source_key")]


@dataclass
class LoadCount:
    """What became of the rows of one load."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All rows seen."""
        return self.created + self.updated + self.unchanged


class Places:
    """Offices and checkpoints by the keys that values carry, read once for a load."""

    def __init__(self) -> None:
        self.offices: dict[str, int] = dict(ImmigrationOffice.objects.values_list("slug", "pk"))
        self.checkpoints: dict[str, tuple[int, int | None]] = {
            key: (pk, office)
            for key, pk, office in Checkpoint.objects.values_list("key", "pk", "immigration_office_id")
        }

    def fill(self, record: Record, schema: Schema) -> None:
        """Sets the statistics columns of ``record`` from its values.

        A crossing without its own office counts for the office of its checkpoint.
        """
        found = schema.measuring(record.values)
        record.event_on = date.fromisoformat(found["event_on"]) if "event_on" in found else None
        record.checkpoint_id, office = self.checkpoints.get(found.get("checkpoint", ""), (None, None))
        record.office_id = self.offices.get(found.get("office", ""), office)
        record.direction = found.get("direction", "")[:10]


def build_record(
    service: Service,
    schema: Schema,
    source_key: str,
    values: Values,
    places: Places,
    run: ImportRun | None = None,
) -> Record:
    """An unsaved record with all typed columns filled from ``values``."""
    record = Record(service=service, source_key=source_key, values=values, import_run=run)
    record.identify(schema, values)
    places.fill(record, schema)
    return record


def load_records(
    service: Service, rows: Iterable[SourceRow], *, import_run: ImportRun | None = None
) -> LoadCount:
    """Adds or replaces records of ``service`` in batches, each in its own transaction; returns the counts.

    ``rows`` hold values that the schema has cleaned. Running the same rows again changes nothing; of two rows
    with one key in the same batch the last wins.
    """
    count = LoadCount()
    schema, places = service.schema(), Places()
    service.mark_used()
    for batch in batches(rows):
        fresh = dict(batch)
        with transaction.atomic():
            known = stored_values(service, fresh)
            changed = [
                build_record(service, schema, key, values, places, import_run)
                for key, values in fresh.items()
                if known.get(key) != values
            ]
            save_records(changed)
        count.updated += sum(record.source_key in known for record in changed)
        count.created += sum(record.source_key not in known for record in changed)
        count.unchanged += len(fresh) - len(changed)
    return count


def stored_values(service: Service, keys: Iterable[str]) -> dict[str, Any]:
    """The stored values of those ``keys`` that exist."""
    return dict(
        Record.objects.filter(service=service, source_key__in=list(keys)).values_list("source_key", "values")
    )


def save_records(records: list[Record]) -> None:
    """Inserts or replaces ``records`` in one prepared statement, much faster than ``bulk_create``."""
    connection = connections[Record.objects.db]
    quote = connection.ops.quote_name
    columns = [quote(str(field.column)) for field in WRITTEN]
    # Names of our own columns only; every value is a parameter.
    statement = (
        f"INSERT INTO {quote(Record._meta.db_table)} ({', '.join(columns)}) "  # noqa: S608
        f"VALUES ({', '.join(['%s'] * len(columns))}) "
        f"ON CONFLICT ({quote('service_id')}, {quote('source_key')}) "
        f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in map(quote, REPLACED))}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                [field.get_db_prep_save(field.pre_save(record, True), connection) for field in WRITTEN]
                for record in records
            ],
        )


def batches(rows: Iterable[SourceRow]) -> Iterator[list[SourceRow]]:
    """``rows`` in lists of at most ``BATCH``."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
