"""When two entries of one request ask for the same: rows by what they say, statistics by all that narrows them."""

import json
from collections.abc import Mapping
from typing import Any

from core.catalogue.models import Service
from requests_app.models import DataRequest, RequestRow, StatisticsItem


def entry_key(service_key: str, values: Mapping[str, Any]) -> str:
    """What two rows have in common that ask for the same; upper and lower case make no difference."""
    entries = sorted(
        (key, value.casefold() if isinstance(value, str) else value) for key, value in values.items()
    )
    return json.dumps([service_key, entries])


def twin_of_row(request: DataRequest, service: Service, row: RequestRow) -> RequestRow | None:
    """Another row of the request that asks for the same as ``row``, which knows its values and typed columns."""
    # The name's key is the same for all spellings in upper and lower case: few rows are left to compare.
    near = request.rows.filter(service=service, name_key=row.name_key, birth_date=row.birth_date)
    wanted = entry_key(service.key, row.values)
    for other in near.exclude(pk=row.pk).only("position", "values"):
        if entry_key(service.key, other.values) == wanted:
            return other
    return None


def twin_of_question(item: StatisticsItem) -> StatisticsItem | None:
    """Another question of the same request with the same service, period and filters."""
    names = (
        "service_id", "period_from", "period_until", "regional_office_id", "office_id", "checkpoint_id",
        "citizenship", "direction",
    )  # fmt: skip
    same = {name: getattr(item, name) for name in names}
    return StatisticsItem.objects.filter(request_id=item.request_id, **same).exclude(pk=item.pk).first()
