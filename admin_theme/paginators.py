"""Paginator for tables of millions of rows: a page never costs a full count."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Max, QuerySet

#: Filtered lists are counted up to here; nobody turns to page 400.
COUNT_CAP = 10_000
#: Rows that turning pages may leave behind: the database reads them all. What lies farther is found by a filter.
MOST_SKIPPED = 100_000


class LargeTablePaginator(Paginator):
    """Unfiltered lists use the database's own estimate, filtered ones are counted up to ``COUNT_CAP``."""

    @cached_property
    def count(self) -> int:
        """Number of rows, exact when small, else an estimate or the cap."""
        rows: Any = self.object_list
        if not isinstance(rows, QuerySet):
            return super().count
        capped = rows.order_by()[: COUNT_CAP + 1].count()
        if capped <= COUNT_CAP:
            return capped
        return COUNT_CAP if rows.query.where else max(estimated_rows(rows), COUNT_CAP)

    @cached_property
    def num_pages(self) -> int:
        """Pages that can be turned to."""
        return min(super().num_pages, max(1, MOST_SKIPPED // self.per_page))


def estimated_rows(rows: QuerySet[Any]) -> int:
    """Rough number of rows of the queryset's whole table, at the cost of one catalogue or index look-up.

    PostgreSQL keeps ``reltuples`` (from the last ANALYZE; partitions added up); elsewhere the largest key.
    """
    connection = connections[rows.db]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(SUM(GREATEST(reltuples, 0)), 0)::bigint FROM pg_class WHERE relkind = 'r' "
                "AND (oid = to_regclass(%s) OR oid IN "
                "(SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(%s)))",
                [rows.model._meta.db_table] * 2,
            )
            return int(cursor.fetchone()[0])
    largest = rows.model._default_manager.using(rows.db).aggregate(largest=Max("pk"))["largest"]
    return largest if isinstance(largest, int) else rows.order_by().count()
