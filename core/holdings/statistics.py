"""Counts of the holdings for statistics questions, small cells suppressed so that nobody is found in them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, TypedDict

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.catalogue.models import Service
from core.doors import clock
from core.holdings.differencing import Counted, Days, Shown, tells_a_small_number
from core.holdings.models import MonthCount, Record
from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice

WNI, WNA = "WNI", "WNA"
#: Stands where showing the number would give a small one away.
HIDDEN = "*"


class StatisticsTable(TypedDict):
    """A table as it is stored and printed: JSON-ready, small cells already suppressed."""

    columns: list[str]
    #: Labels, then the count as number, or as text when it is suppressed.
    rows: list[list[str | int]]
    #: The sum; when a cell is suppressed only a lower bound such as "≥ 1.230".
    total: int | str
    note: str
    source: str
    #: ISO text of the moment of counting.
    counted_at: str


class Cell(NamedTuple):
    """How many there are, and how many are left over by the citizenship filter (0 without one)."""

    number: int
    rest: int = 0
    #: Whether a small number follows from it and an earlier table whose period overlaps.
    is_telling: bool = False


class MonthOf(TruncMonth):
    """The first day of the month; on SQLite by its own function, which Django's detour through Python makes slow."""

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        """ISO text of the day."""
        sql, params = compiler.compile(self.lhs)
        return f"strftime('%%Y-%%m-01', {sql})", params


def count(
    service: Service,
    *,
    period_from: date,
    period_until: date,
    regional_office: RegionalOffice | None = None,
    office: ImmigrationOffice | None = None,
    checkpoint: Checkpoint | None = None,
    citizenship: str = "",
    direction: str = "",
    earlier: Iterable[Shown] = (),
) -> StatisticsTable:
    """Counts records of ``service`` by month, place and direction, both days of the period included.

    The place is the checkpoint where the service has that dimension, otherwise the office. Months and places
    without any record are left out. A cell from which, together with the tables in ``earlier``, a small number
    could be computed is suppressed.
    """
    dimensions = set(service.statistics_dimensions or ())
    # Only where the checkpoint is the place of a line. Elsewhere it would bring lines of other offices in with a part
    # of their number, and the rest would follow by subtraction.
    by_checkpoint = "checkpoint" in dimensions
    meant = Q(service=service)
    if regional_office is not None:
        narrowed = Q(office__regional_office=regional_office)
        if by_checkpoint:
            narrowed |= Q(checkpoint__immigration_office__regional_office=regional_office)
        meant &= narrowed
    if office is not None:
        narrowed = Q(office=office)
        if by_checkpoint:
            narrowed |= Q(checkpoint__immigration_office=office)
        meant &= narrowed
    if checkpoint is not None:
        meant &= Q(checkpoint=checkpoint)
    if direction:
        meant &= Q(direction=direction)
    records = Record.objects.filter(meant)

    groups: dict[str, Any] = {"month": MonthOf("event_on")}
    with translation.override("id"):
        columns = [_("Bulan")]
        if "checkpoint" in dimensions:
            columns.append(_("TPI"))
            groups["place"] = F("checkpoint__name")
        elif "office" in dimensions:
            columns.append(_("Kantor Imigrasi"))
            groups["place"] = F("office__full_name")
        if "direction" in dimensions:
            columns.append(_("Arah"))
            groups["way"] = F("direction")
        columns.append(_("Jumlah"))
        counted = _counted(meant, groups, Days(period_from, period_until))
        labels: list[list[str]] = []
        months: list[date] = []
        cells: list[Cell] = []
        for group in counted:
            cell = _cell(group, citizenship)
            if cell.number:
                labels.append(_labels(group))
                months.append(group["month"])
                cells.append(cell)
        own = Shown(Days(period_from, period_until), bool(citizenship), [])
        telling = _telling(records, groups, dict(zip(map(tuple, labels), months, strict=True)), own, earlier)
        for index, label in enumerate(labels):
            if tuple(label) in telling:
                cells[index] = cells[index]._replace(is_telling=True)
        shown, total = suppress(cells, settings.SMALL_CELL_THRESHOLD)
        return StatisticsTable(
            columns=columns,
            rows=[[*label, value] for label, value in zip(labels, shown, strict=True)],
            total=total,
            note=_note(shown),
            source=_("Basis Data Keimigrasian, layanan %(service)s") % {"service": service.label},
            counted_at=clock.now().isoformat(timespec="seconds"),
        )


def suppress(cells: Iterable[Cell], threshold: int) -> tuple[list[int | str], int | str]:
    """What may be shown of ``cells``, and of their sum.

    A count from 1 to ``threshold`` - 1 becomes "<5". A count whose left-over part (the other citizenship)
    is that small, or that tells together with an earlier table, becomes "*": subtraction would give the small
    one away. With anything suppressed the sum is only told as a lower bound, the sum of the numbers shown,
    which adds no knowledge.
    """
    shown: list[int | str] = []
    for cell in cells:
        if 0 < cell.number < threshold:
            shown.append(f"<{threshold}")
        elif 0 < cell.rest < threshold or cell.is_telling:
            shown.append(HIDDEN)
        else:
            shown.append(cell.number)
    open_sum = sum(value for value in shown if isinstance(value, int))
    if all(isinstance(value, int) for value in shown):
        return shown, open_sum
    return shown, f"≥ {number_format(open_sum, use_l10n=True, force_grouping=True)}" if open_sum else HIDDEN


def _counted(meant: Q, groups: dict[str, Any], days: Days) -> list[dict[str, Any]]:
    """The groups of the records that are ``meant``, month after month.

    Whole months come from the counts that are kept beside the records, the days of a month begun or cut off at the
    end from the records themselves.
    """
    whole, cut = days.months()
    parts: dict[date, Iterable[dict[str, Any]]] = {}
    for part in cut:
        records = Record.objects.filter(meant, event_on__range=part)
        parts[part.first] = _numbers(records.annotate(**groups), groups)
    if whole is not None:
        kept = MonthCount.objects.filter(meant, month__range=whole)
        places = {name: what for name, what in groups.items() if name != "month"}
        parts[whole.first] = (
            kept.values("month", **places)
            .annotate(n=Sum("number"), own=Sum("wni"), foreign=Sum("wna"))
            .values("month", *places, "n", wni=F("own"), wna=F("foreign"))
            .order_by(*groups)
        )
    return [group for first in sorted(parts) for group in parts[first]]


def _numbers(records: QuerySet[Record], groups: Iterable[str]) -> QuerySet[Record, dict[str, Any]]:
    """Records, WNI and WNA among them, by ``groups``."""
    wni = Q(nationality="IDN")
    return (
        records.values(*groups)
        .annotate(
            wni=Count("pk", filter=wni), wna=Count("pk", filter=~wni & ~Q(nationality="")), n=Count("pk")
        )
        .order_by(*groups)
    )


def _telling(
    records: QuerySet[Record],
    groups: dict[str, Any],
    months: dict[tuple[str, ...], date],
    own: Shown,
    earlier: Iterable[Shown],
) -> set[tuple[str, ...]]:
    """The labels of those cells that, with the ``earlier`` tables, would tell a small number.

    ``months`` names the month of each cell. One query for each month that an earlier table cuts otherwise.
    """
    periods: dict[tuple[str, ...], set[Days]] = defaultdict(set)
    by_citizenship: set[tuple[str, ...]] = set(months) if own.is_by_citizenship else set()
    for table in earlier:
        for *words, value in table.rows:
            label = tuple(map(str, words))
            # A suppressed cell tells no number to subtract.
            if (
                label in months
                and isinstance(value, int)
                and (days := table.days.within_month(months[label]))
            ):
                periods[label].add(days)
                if table.is_by_citizenship:
                    by_citizenship.add(label)
    cut: dict[date, list[tuple[str, ...]]] = defaultdict(list)
    for label, known in periods.items():
        mine = own.days.within_month(months[label])
        if mine and known != {mine}:
            known.add(mine)
            cut[months[label]].append(label)
    telling: set[tuple[str, ...]] = set()
    for labels in cut.values():
        span = Days(
            min(d.first for n in labels for d in periods[n]), max(d.last for n in labels for d in periods[n])
        )
        per_day: dict[tuple[str, ...], dict[date, Counted]] = defaultdict(dict)
        daily = _numbers(records.filter(event_on__range=span).annotate(**groups), [*groups, "event_on"])
        for group in daily:
            per_day[tuple(_labels(group))][group["event_on"]] = Counted(
                group["n"], group["wni"], group["wna"]
            )
        for label in labels:
            if tells_a_small_number(
                periods[label],
                per_day[label],
                settings.SMALL_CELL_THRESHOLD,
                by_citizenship=label in by_citizenship,
            ):
                telling.add(label)
    return telling


def _cell(group: dict[str, Any], citizenship: str) -> Cell:
    if citizenship == WNI:
        return Cell(group["wni"], group["n"] - group["wni"])
    if citizenship == WNA:
        return Cell(group["wna"], group["n"] - group["wna"])
    return Cell(group["n"])


def _labels(group: dict[str, Any]) -> list[str]:
    labels = [f"{clock.MONTHS[group['month'].month - 1]} {group['month'].year}"]
    if "place" in group:
        labels.append(group["place"] or _("Tidak tercatat"))
    if "way" in group:
        labels.append(group["way"].capitalize() or _("Tidak tercatat"))
    return labels


def _note(shown: list[int | str]) -> str:
    if not shown:
        return _("Tidak ada data pada periode dan saringan ini.")
    parts = []
    if any(isinstance(value, str) and value != HIDDEN for value in shown):
        parts.append(
            _("Jumlah di bawah %(limit)d tidak ditampilkan untuk melindungi data pribadi.")
            % {"limit": settings.SMALL_CELL_THRESHOLD}
        )
    if HIDDEN in shown:
        parts.append(_("Tanda * menggantikan angka yang akan membuka jumlah kecil pada tabel lain."))
    return " ".join(parts)
