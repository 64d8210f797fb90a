"""Two people with one form open: whoever saves second is told who was first, keeps what was typed, and chooses.

The form carries a mark of what it showed. Saving locks the row and compares: a form whose row (or lines) meanwhile
holds something else is refused, and offers the present one. Lists with editable columns save only what was changed
in them, and refuse a value that somebody else changed too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import router, transaction
from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

#: The form's mark, and the one of the newer content that a person decided to replace.
SHOWN, REPLACED = "_shown", "_replaced"


@dataclass
class Edit:
    """One form that is open for saving: what it showed, and what became of that."""

    shown: str
    replaced: str
    formsets: list[Any] = field(default_factory=list)
    #: The mark of what is stored now, once the two differ; empty: nobody else was here.
    newer: str = ""

    def check(self, form: Any) -> None:
        """ValidationError when the form showed something else than what is stored, unless that is to be replaced.

        A form without a mark was opened before there were marks; it saves as it always did.
        """
        now = mark(form, self.formsets)
        if not self.shown or constant_time_compare(self.shown, now):
            return
        self.newer = now
        if not constant_time_compare(self.replaced, now):
            raise ValidationError(_told(form.instance), code="changed_meanwhile")


def mark(form: Any, formsets: Iterable[Any]) -> str:
    """A keyed digest of what the form and its lines hold in the database, whatever was typed into them."""
    lines = [
        (
            formset.prefix,
            [
                {"pk": row.pk, **model_to_dict(row, formset.form.base_fields)}
                for row in formset.get_queryset()
            ],
        )
        for formset in formsets
    ]
    held = {name: value for name, value in form.initial.items() if name in form.fields}
    text = json.dumps([held, lines], cls=_Plain, sort_keys=True)
    return salted_hmac("admin_theme.edits", text).hexdigest()


class _Plain(DjangoJSONEncoder):
    """Files by name, rows by key, everything else by its text."""

    def default(self, o: Any) -> Any:
        if isinstance(o, FieldFile):
            return o.name
        if isinstance(o, Model):
            return o.pk
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def _told(row: Model) -> str:
    last = (
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(row, for_concrete_model=False), object_id=row.pk
        )
        .select_related("user")
        .first()
    )
    if last is None:
        return _(
            "Belum disimpan: isi halaman ini sudah berubah sejak Anda membukanya. Isian Anda masih ada di bawah."
        )
    return _(
        "Belum disimpan: halaman ini diubah oleh %(name)s pada %(time)s, sesudah Anda membukanya. "
        "Isian Anda masih ada di bawah."
    ) % {
        "name": last.user.get_full_name() or last.user.get_username(),
        "time": date_format(timezone.localtime(last.action_time), "SHORT_DATETIME_FORMAT"),
    }


class _Guarded:
    """Put in front of a form: it asks the request's edit whether it may be saved."""

    edit: Edit

    def clean(self) -> Any:
        """The form's own checks, then ours."""
        values = super().clean()  # type: ignore[misc]  # a mix-in for forms
        self.edit.check(self)
        return values


class _ListLine(forms.ModelForm):
    """A row of a list with editable columns: what was not changed here stays as it is stored."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in self.fields.values():
            column.show_hidden_initial = True

    def clean(self) -> Any:
        """ValidationError at a column that somebody else changed as well."""
        values = super().clean() or self.cleaned_data
        for name, column in self.fields.items():
            if name not in self.initial or self.add_initial_prefix(name) not in self.data:
                continue
            if name not in self.changed_data:
                values[name] = self.initial[name]
            elif column.has_changed(self.initial[name], self.data[self.add_initial_prefix(name)]):
                self.add_error(name, _("Sudah diubah orang lain. Muat ulang daftar ini, lalu ulangi"))
        return values


class EditsAtOnce(ModelAdmin):
    """For ModelAdmins: what this module's first lines say."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The form; saving holds the row from before it is read until it is written."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.edit = Edit(request.POST.get(SHOWN, ""), request.POST.get(REPLACED, ""))  # type: ignore[attr-defined]
        with transaction.atomic(using=router.db_for_write(self.model)):
            _lock(self.model, [unquote(object_id)])
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form; one that saves is compared with what is stored."""
        form = super().get_form(request, obj, change=change, **kwargs)
        edit = getattr(request, "edit", None)
        return form if edit is None or not change else type(form.__name__, (_Guarded, form), {"edit": edit})

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)
        if (edit := getattr(request, "edit", None)) is not None:
            edit.formsets = formsets
        return formsets, inlines

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """With the mark of what the form shows, and the choice when somebody else was quicker."""
        edit = getattr(request, "edit", None)
        if edit is not None:
            context["shown_mark"], context["newer_mark"] = edit.shown, edit.newer
        elif context.get("original") is not None:
            sets = [line.formset for line in context["inline_admin_formsets"]]
            context["shown_mark"] = mark(context["adminform"].form, sets)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- lists ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; saving its editable columns holds the rows from before they are read."""
        if request.method != "POST" or "_save" not in request.POST:
            return super().changelist_view(request, extra_context)
        with transaction.atomic(using=router.db_for_write(self.model)):
            return super().changelist_view(request, extra_context)

    def _get_list_editable_queryset(self, request: HttpRequest, prefix: str) -> Any:
        _lock(self.model, self._get_edited_object_pks(request, prefix))
        return super()._get_list_editable_queryset(request, prefix)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        """The form of one row of the list."""
        return super().get_changelist_form(request, **{"form": _ListLine, **kwargs})


def _lock(model: type[Model], keys: Iterable[str]) -> None:
    """Holds the rows until the transaction ends; a senseless key holds nothing and is answered by Django."""
    try:
        wanted = [model._meta.pk.to_python(key) for key in keys]
    except ValidationError:
        return
    list(
        model._base_manager.select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
        .values_list("pk")
    )
