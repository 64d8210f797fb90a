"""A service as plain data: taking a snapshot, putting one onto rows, and telling two of them apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.catalogue.models import Service, ServiceField

#: Not part of what is published: identity, and what only the verbs set.
OF_THE_SERVICE = frozenset({"id", "draft_of", "used_at", "is_published"})
OF_THE_FIELD = frozenset({"id", "service"})

Snapshot = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One value that differs: which column of the service it belongs to (empty: the service itself), old and new."""

    field: str
    label: str
    old: str
    new: str


def take(service: Service) -> Snapshot:
    """Everything an officer can set, in the order of the columns."""
    return {
        "service": _values(service, OF_THE_SERVICE),
        "fields": [_values(field, OF_THE_FIELD) for field in service.fields.order_by("position", "id")],
    }


def put(snapshot: Snapshot, service: Service) -> None:
    """Makes the rows of ``service`` equal to ``snapshot``; columns are known by their keys.

    A column that the snapshot does not know is deleted, or retired once the service is in use: stored answers need
    it. Values a newer program knows and the snapshot does not stay as they are.
    """
    for name, value in snapshot["service"].items():
        setattr(service, name, value)
    service.save()
    rows = {field.key: field for field in service.fields.all()}
    for values in snapshot["fields"]:
        row = rows.pop(values["key"], None) or ServiceField(service=service)
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    for row in rows.values():
        if service.used_at is None:
            row.delete()
        elif not row.is_retired:
            row.is_retired = True
            row.save(update_fields=["is_retired"])


def differences(old: Snapshot, new: Snapshot) -> list[Difference]:
    """Old and new value of everything that differs, the service first, then its columns in their order."""
    found = list(_compared("", Service, old["service"], new["service"]))
    before = {values["key"]: values for values in old["fields"]}
    after = {values["key"]: values for values in new["fields"]}
    for key in [*after, *(key for key in before if key not in after)]:
        values = after.get(key) or before[key]
        name = f"{values['label']} ({key})"
        if key not in before:
            kind = _shown(ServiceField, "kind", values["kind"])
            found.append(Difference(name, _("Kolom"), "", _("ditambahkan, jenis %(kind)s") % {"kind": kind}))
        elif key not in after:
            found.append(Difference(name, _("Kolom"), values["label"], _("dihapus")))
        else:
            found += _compared(name, ServiceField, before[key], after[key])
    return found


def _values(row: models.Model, left_out: frozenset[str]) -> dict[str, Any]:
    return {
        column.name: column.value_from_object(row)
        for column in row._meta.concrete_fields
        if column.name not in left_out
    }


def _compared(
    field: str, model: type[models.Model], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name, value in new.items():
        if name in old and old[name] != value:
            label = getattr(model._meta.get_field(name), "verbose_name", name)
            yield Difference(
                field, capfirst(str(label)), _shown(model, name, old[name]), _shown(model, name, value)
            )


def _shown(model: type[models.Model], name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Ya") if value else _("Tidak")
    if value in (None, "", [], {}):
        return ""
    choices = dict(getattr(model._meta.get_field(name), "flatchoices", ()))
    if value in choices if isinstance(value, str | int) else False:
        return str(choices[value])
    if isinstance(value, list):
        return "; ".join(
            " = ".join(map(str, item)) if isinstance(item, list) else str(item) for item in value
        )
    if isinstance(value, dict):
        return "; ".join(f"{key}: {item}" for key, item in sorted(value.items()))
    return str(value)
