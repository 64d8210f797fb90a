"""Large tables are paged without a full count."""

import pytest
from django.contrib.auth.models import Permission
from django.core.paginator import EmptyPage
from django.db import connection

from admin_theme import paginators
from admin_theme.paginators import LargeTablePaginator, estimated_rows

pytestmark = pytest.mark.django_db


def test_small_tables_are_counted_exactly() -> None:
    rows = Permission.objects.order_by("pk")
    assert LargeTablePaginator(rows, 25).count == len(rows)


def test_large_filtered_lists_are_counted_up_to_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginators, "COUNT_CAP", 5)
    assert LargeTablePaginator(Permission.objects.filter(pk__gt=0).order_by("pk"), 25).count == 5


def test_large_unfiltered_lists_use_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paginators, "COUNT_CAP", 5)
    assert LargeTablePaginator(Permission.objects.order_by("pk"), 25).count >= 5
    if connection.vendor == "sqlite":
        assert estimated_rows(Permission.objects.all()) == Permission.objects.order_by("-pk")[0].pk


def test_plain_lists_are_paged_as_usual() -> None:
    assert LargeTablePaginator([1, 2, 3], 2).num_pages == 2


def test_pages_end_before_the_database_has_to_skip_too_many_rows(db, monkeypatch):
    monkeypatch.setattr(paginators, "MOST_SKIPPED", 20)
    pages = LargeTablePaginator(Permission.objects.order_by("pk"), 5)
    assert pages.count > 20
    assert pages.num_pages == 4
    assert len(pages.page(4)) == 5
    with pytest.raises(EmptyPage):
        pages.page(5)
