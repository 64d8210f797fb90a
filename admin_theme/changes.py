"""What was changed in the console: messages of the log with old and new values, and how they are read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import construct_change_message
from django.core.files.base import File
from django.db.models import Manager, Model, QuerySet
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

#: Characters kept of one value; a whole page of text is told by its beginning.
MOST_CHARACTERS = 300
EMPTY = "–"


@dataclass(frozen=True)
class Value:
    """One column: its name, what stood there and what stands there now; empty text for nothing."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Part:
    """One thing in an entry: what happened ("Diubah"), to which line of the page if not to the row itself."""

    deed: str
    subject: str = ""
    fields: str = ""
    values: list[Value] = field(default_factory=list)


def message_of(form: Any, formsets: Iterable[Any] | None, *, add: bool) -> list[dict[str, Any]]:
    """Django's message of a saved form, with old and new values beside the names of the columns."""
    sets = list(formsets or ())
    message: list[dict[str, Any]] = construct_change_message(form, sets, add)
    values = list(_values(form, add=add))
    if message and values and "name" not in next(iter(message[0].values())):
        next(iter(message[0].values()))["values"] = values
    lines = {id(line.instance): line for formset in sets for line in formset.forms if line.is_bound}
    told = iter(message[1:] if message and "name" not in next(iter(message[0].values())) else message)
    for formset in sets:
        rows = [(row, True) for row in formset.new_objects]
        rows += [(row, False) for row, _names in formset.changed_objects]
        for (row, is_new), entry in zip(rows, told, strict=False):
            line = lines.get(id(row))
            if line is not None:
                next(iter(entry.values()))["values"] = list(_values(line, add=is_new))
        for _row in formset.deleted_objects:
            next(told, None)
    return message


def with_values_of(
    message: list[dict[str, Any]], form: Any, names: Iterable[str], *, add: bool
) -> list[dict[str, Any]]:
    """Django's message of a saved form, with old and new values of these columns only."""
    values = list(_values(form, add=add, only=set(names)))
    if message and values and "name" not in next(iter(message[0].values())):
        told = next(iter(message[0].values()))
        told["values"] = values
        told["others"] = sorted({_label(form, name) for name in form.changed_data} - {v[0] for v in values})
    return message


def record_change(by: Any, row: Model, deed: str, values: Iterable[tuple[str, str, str]] = ()) -> None:
    """Writes what a verb did to ``row`` into the log; ``deed`` and the labels are untranslated source texts."""
    part = {"deed": deed, "values": [list(value) for value in values]}
    LogEntry.objects.log_actions(
        user_id=by.pk,
        queryset=[row],
        action_flag=CHANGE,
        change_message=json.dumps([{"verb": part}]),
        single_object=True,
    )


def parts_of(entry: LogEntry) -> list[Part]:
    """What an entry tells, in the reader's language; older entries and libraries' own are one text."""
    try:
        message = json.loads(entry.change_message) if entry.change_message.startswith("[") else None
    except json.JSONDecodeError:
        message = None
    if not isinstance(message, list):
        text = _(entry.change_message) if entry.change_message else ""
        return [Part(text or _deed_of(entry))]
    return [_part(kind, told) for item in message for kind, told in item.items()] or [Part(_("Disimpan"))]


def _deed_of(entry: LogEntry) -> str:
    if entry.is_addition():
        return _("Ditambahkan")
    return _("Dihapus") if entry.is_deletion() else _("Diubah")


def _part(kind: str, told: Mapping[str, Any]) -> Part:
    words = {"added": _("Ditambahkan"), "changed": _("Diubah"), "deleted": _("Dihapus")}
    subject = f"{_(told['name'])} “{told['object']}”" if told.get("name") else ""
    values = [Value(capfirst(_(label)), old, new) for label, old, new in told.get("values", ())]
    told_by_name = told.get("others", ()) if values else told.get("fields", ())
    names = ", ".join(capfirst(_(name)) for name in told_by_name)
    deed = words.get(kind) or _(told.get("deed") or "Diubah")
    return Part(deed, subject, names, values)


def _values(form: forms.ModelForm, *, add: bool, only: set[str] | None = None) -> Iterator[list[str]]:
    """Label, old and new text of each changed column; of a new row only what was filled in."""
    changed = form.changed_data
    for name in changed:
        if name not in form.fields or name in ("DELETE", "id") or (only is not None and name not in only):
            continue
        column = form.fields[name]
        old = "" if add else shown(column, _before(form, name))
        new = shown(column, _after(form, name))
        if old == new:
            continue
        yield [_label(form, name), old, new]


def _label(form: forms.ModelForm, name: str) -> str:
    """The column's name as it stands in the source, translated when the log is read."""
    model: type[Model] = form._meta.model
    with override(None):
        if name in _columns(model):
            return str(getattr(model._meta.get_field(name), "verbose_name", name))
        return str(form.fields[name].label or name)


def _columns(model: type[Model]) -> set[str]:
    return {column.name for column in model._meta.get_fields()}


def _before(form: forms.ModelForm, name: str) -> Any:
    return form.get_initial_for_field(form.fields[name], name)


def _after(form: forms.ModelForm, name: str) -> Any:
    """What was saved; of columns that exist in the form alone what was typed, like what stood there before."""
    if name in _columns(form._meta.model):
        return form.cleaned_data.get(name)
    return form[name].value()


def shown(column: forms.Field, value: Any) -> str:
    """A value as people read it in the log, in Indonesian, cut where it is long."""
    with override("id"):
        return Truncator(_text(column, value)).chars(MOST_CHARACTERS)


def _text(column: forms.Field, value: Any) -> str:
    if value is None or value in ("", [], ()):
        return ""
    if isinstance(column, forms.BooleanField):
        return _("Ya") if value not in (False, "False", "0") else _("Tidak")
    if isinstance(column, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(_names(column, _rows(value))))
    if isinstance(column, forms.ModelChoiceField):
        return ", ".join(_names(column, [value]))
    if isinstance(value, File):
        return value.name or ""
    if isinstance(column, forms.ChoiceField):
        words = {str(key): str(word) for key, word in _flat(column.choices)}
        chosen = value if isinstance(value, list | tuple | set) else [value]
        return ", ".join(words.get(str(item), str(item)) for item in chosen)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value).replace("\r\n", "\n").strip()


def _rows(value: Any) -> list[Any]:
    return list(value.all() if isinstance(value, Manager | QuerySet) else value)


def _names(column: forms.ModelChoiceField, rows: list[Any]) -> list[str]:
    """Names of rows, some of them known by their key only."""
    key = column.to_field_name or "pk"
    keys = [row for row in rows if not isinstance(row, Model)]
    found = list(_model_of(column)._default_manager.filter(**{f"{key}__in": keys})) if keys else []
    return [column.label_from_instance(row) for row in (*(r for r in rows if isinstance(r, Model)), *found)]


def _model_of(column: forms.ModelChoiceField) -> type[Model]:
    queryset: Any = column.queryset
    model: type[Model] = queryset.model
    return model


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, word in choices:
        if isinstance(word, list | tuple):
            yield from word
        else:
            yield key, word
