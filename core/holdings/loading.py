"""Writing records of the holdings in bulk: added or replaced by the source system's key."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import connections, models, transaction

from core.catalogue.models import Service
from core.catalogue.schema import Schema, Values
from core.doors import clock
from core.holdings.models import FormerRecord, ImportRun, Record
from core.holdings.queries import chunks
from core.reference.models import Checkpoint, ImmigrationOffice

BATCH = 1000
#: (key of the source system, cleaned values by column key)
SourceRow = tuple[str, Values]

WRITTEN = [field for field in Record._meta.concrete_fields if not field.primary_key]
WRITTEN_COLUMNS = [str(field.column) for field in WRITTEN]
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
    record = Record(
        service_id=service.pk,
        source_key=source_key,
        values=values,
        import_run_id=None if run is None else run.pk,
    )
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
            lock_holdings(service.pk)
            known = stored_values(service, fresh)
            changed = [
                build_record(service, schema, key, values, places, import_run)
                for key, values in fresh.items()
                if known.get(key) != values
            ]
            if import_run is not None:
                keep_former(
                    import_run, _keys_of(service, [r.source_key for r in changed if r.source_key in known])
                )
            save_records(changed, known=known)
        count.updated += sum(record.source_key in known for record in changed)
        count.created += sum(record.source_key not in known for record in changed)
        count.unchanged += len(fresh) - len(changed)
    return count


def stored_values(service: Service, keys: Iterable[str]) -> dict[str, Any]:
    """The stored values of those ``keys`` that exist."""
    return dict(
        Record.objects.filter(service=service, source_key__in=list(keys)).values_list("source_key", "values")
    )


def lock_holdings(service_id: int) -> None:
    """One writer a service until the transaction ends, so that each sees what the other has replaced.

    SQLite has one writer anyway. Who only refers to the service does not wait.
    """
    Service.objects.select_for_update(no_key=True).values_list("pk").get(pk=service_id)


def keep_former(run: ImportRun, keys: Sequence[int]) -> None:
    """Copies what the records ``keys`` hold now, before ``run`` replaces it; once a record and run."""
    connection = connections[Record.objects.db]
    quote = connection.ops.quote_name
    key = run._meta.pk.get_db_prep_value(run.pk, connection)
    for chunk in chunks(keys):
        # Names of our own columns only; every value is a parameter.
        statement = (
            f"INSERT INTO {quote(FormerRecord._meta.db_table)} "  # noqa: S608
            f"(run_id, record_id, {quote('values')}, former_run_id) "
            f"SELECT %s, id, {quote('values')}, import_run_id FROM {quote(Record._meta.db_table)} "
            f"WHERE id IN ({', '.join(['%s'] * len(chunk))}) "
            "AND (import_run_id IS NULL OR import_run_id <> %s)"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [key, *chunk, key])


def _keys_of(service: Service, source_keys: Sequence[str]) -> list[int]:
    if not source_keys:
        return []
    found = Record.objects.filter(service=service, source_key__in=source_keys)
    return list(found.values_list("pk", flat=True))


def save_records(records: Sequence[Record], *, known: Collection[str] | None = None) -> None:
    """Inserts or replaces ``records``, each source key once, many times faster than ``bulk_create``.

    ``known`` are the source keys that exist, when the caller has looked for them under ``lock_holdings``: what is new
    then goes straight into the table, which costs a third. IntegrityError when one of the others exists after all.
    """
    if known is None:
        _replace(records)
        return
    _insert([record for record in records if record.source_key not in known])
    _replace([record for record in records if record.source_key in known])


def _insert(records: Sequence[Record]) -> None:
    insert_rows(WRITTEN_COLUMNS, _database_rows(records, connections[Record.objects.db]))


def _replace(records: Sequence[Record]) -> None:
    if records:
        replace_rows(WRITTEN_COLUMNS, _database_rows(records, connections[Record.objects.db]))


def insert_rows(columns: Sequence[str], rows: bytes | Iterable[Sequence[Any]]) -> None:
    """Adds records, ``rows`` being what the database takes in ``columns``; bytes are COPY's text format (PostgreSQL).

    IntegrityError when one exists.
    """
    if not rows:
        return
    connection = connections[Record.objects.db]
    table, names = connection.ops.quote_name(Record._meta.db_table), _quoted(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, table, names, rows)
        else:
            marks = ", ".join(["%s"] * len(columns))
            # Names of our own columns only; every value is a parameter.
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", _whole(rows))  # noqa: S608


def replace_rows(columns: Sequence[str], rows: bytes | Iterable[Sequence[Any]]) -> None:
    """Adds records or replaces those of the same source key; as ``insert_rows``."""
    if not rows:
        return
    connection = connections[Record.objects.db]
    quote = connection.ops.quote_name
    table, names = quote(Record._meta.db_table), _quoted(columns)
    # Names of our own columns only; every value is a parameter.
    replacing = (
        f"ON CONFLICT ({quote('service_id')}, {quote('source_key')}) "
        f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in map(quote, REPLACED))}"
    )
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            shape = f"SELECT {_quoted(WRITTEN_COLUMNS)} FROM {table} WITH NO DATA"  # noqa: S608
            cursor.execute(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS incoming_record ON COMMIT DELETE ROWS AS {shape}"
            )
            _copy(cursor, "incoming_record", names, rows)
            statement = f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming_record {replacing}"  # noqa: S608
            cursor.execute(statement)
            cursor.execute("TRUNCATE incoming_record")
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}) {replacing}", _whole(rows))  # noqa: S608


def _whole(rows: bytes | Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    if isinstance(rows, bytes):
        msg = "COPY's text format is PostgreSQL's alone"
        raise TypeError(msg)
    return list(rows)


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(map(connections[Record.objects.db].ops.quote_name, columns))


def _copy(cursor: Any, table: str, names: str, rows: bytes | Iterable[Sequence[Any]]) -> None:
    with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        if isinstance(rows, bytes):
            copy.write(rows)
        else:
            for row in rows:
                copy.write_row(row)


def _database_rows(records: Sequence[Record], connection: Any) -> Iterator[list[Any]]:
    """What the database takes for each record, in the order of ``WRITTEN``.

    Texts and numbers go as they are; what is the same in most records of a load is prepared once for each value.
    """
    now = clock.now()
    prepared: dict[tuple[str, Any], Any] = {}
    plain = [isinstance(field, models.CharField) for field in WRITTEN]
    single = [isinstance(field, models.JSONField) for field in WRITTEN]
    names = [field.attname for field in WRITTEN]
    for record in records:
        record.updated_at = now
        line = []
        for field, name, is_plain, is_single in zip(WRITTEN, names, plain, single, strict=True):
            value = getattr(record, name)
            if is_plain:
                line.append(value)
            elif is_single:
                line.append(field.get_db_prep_save(value, connection))
            else:
                if (name, value) not in prepared:
                    prepared[name, value] = field.get_db_prep_save(value, connection)
                line.append(prepared[name, value])
        yield line


def refresh_plans() -> None:
    """To be called after a load: lets SQLite look at how the records are spread; PostgreSQL does so by itself.

    Without it SQLite believes that a service has ten records, and reads all of them instead of an index.
    """
    connection = connections[Record.objects.db]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute(f"ANALYZE {connection.ops.quote_name(Record._meta.db_table)}")


def batches(rows: Iterable[SourceRow]) -> Iterator[list[SourceRow]]:
    """``rows`` in lists of at most ``BATCH``."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
