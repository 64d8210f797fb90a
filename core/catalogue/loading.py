"""Fills the catalogue from fixtures/catalogue.json without ever touching what an officer changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from core.catalogue.models import Service, ServiceField

SOURCE = Path(settings.BASE_DIR) / "fixtures" / "catalogue.json"
#: Distance between columns, so that an officer can put a new one in between.
STEP = 10


@dataclass
class CatalogueReport:
    """What one load added; everything else stayed as it was."""

    services: int = 0
    fields: int = 0

    def __str__(self) -> str:
        return f"Katalog: {self.services} layanan baru, {self.fields} kolom baru"


def load_catalogue(source: Path = SOURCE) -> CatalogueReport:
    """Adds the services and columns of ``source`` that are missing, found by key.

    Existing rows are never written, because an officer may have edited them. Raises ValidationError, and
    writes nothing, when an entry would not pass the console's own checks.
    """
    report = CatalogueReport()
    entries: list[dict[str, Any]] = json.loads(source.read_text("utf-8"))
    with transaction.atomic():
        for entry in entries:
            _load_service(entry, report)
    return report


def _load_service(entry: dict[str, Any], report: CatalogueReport) -> None:
    columns = entry["fields"]
    service = Service.objects.filter(key=entry["key"]).first()
    if service is None:
        service = Service(**{name: value for name, value in entry.items() if name != "fields"})
        _check(service, entry["key"])
        service.save()
        report.services += 1
    known = set(service.fields.values_list("key", flat=True))
    for number, column in enumerate(columns, start=1):
        if column["key"] in known:
            continue
        field = ServiceField(service=service, position=number * STEP, **column)
        _check(field, f"{entry['key']}.{column['key']}")
        field.save()
        report.fields += 1


def _check(row: Service | ServiceField, place: str) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise ValidationError([f"{place}: {message}" for message in error.messages]) from error
