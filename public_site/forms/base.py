"""How every form of the public site looks and speaks: renderer, bound field and the ``SiteForm`` base."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from core.plain_text import visible_text
from requests_app.forms.texts import say_what_is_missing


class SiteBoundField(BoundField):
    """A field that knows where its error link leads and how wide it stands in the grid."""

    @property
    def data(self) -> Any:
        """What was sent; texts without signs nobody sees, passwords (``strip=False``) as they are."""
        sent = super().data
        if isinstance(sent, str) and getattr(self.field, "strip", False):
            return visible_text(sent)
        return sent

    @property
    def anchor(self) -> str:
        """Id of the first control: what a link in the error summary points at."""
        if self.kind == "choices":
            return f"{self.auto_id}_0"
        return self.id_for_label or self.auto_id

    @property
    def kind(self) -> str:
        """``check`` (one box beside its label), ``choices``, ``file`` or ``line``: the template's switch."""
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxInput):
            return "check"
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return "choices"
        return "file" if isinstance(widget, forms.FileInput) else "line"

    @property
    def is_wide(self) -> bool:
        """Whether the field takes the whole row of a two-column grid."""
        wide: frozenset[str] | set[str] = getattr(self.form, "wide_fields", frozenset())
        return self.name in wide or self.kind != "line" or isinstance(self.field.widget, forms.Textarea)

    @property
    def described_by(self) -> str:
        """Ids of hint and error, in the order they are read."""
        return self.aria_describedby or ""


PLAIN_INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("text", "number", "email", "password", "hidden", "date", "url", "tel", "search")
)


class SiteRenderer(DjangoTemplates):
    """Draws forms with ``templates/forms``; widgets stay Django's own."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    formset_template_name = "forms/formset.html"
    bound_field_class = SiteBoundField

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        """Django's drawing; plain inputs, which are most of all controls, without going through three templates."""
        if template_name in PLAIN_INPUTS:
            return plain_input(context["widget"])
        return mark_safe(super().render(template_name, context, request))  # noqa: S308  Django's templates escape


def plain_input(widget: dict[str, Any]) -> SafeString:
    """Character for character what ``django/forms/widgets/input.html`` draws of a widget's context."""
    value = widget["value"]
    parts = [
        ("type", widget["type"]),
        ("name", widget["name"]),
        *([] if value is None else [("value", value)]),
    ]
    parts += [(name, value) for name, value in widget["attrs"].items() if value is not False]
    drawn = (
        f" {conditional_escape(name)}"
        if value is True
        else f' {conditional_escape(name)}="{_escaped(value)}"'
        for name, value in parts
    )
    return mark_safe(f"<input{''.join(drawn)}>")  # noqa: S308  every part is escaped above


def _escaped(value: Any) -> str:
    return conditional_escape(value if isinstance(value, str) else str(value))


@dataclass(frozen=True)
class ErrorItem:
    """One line of the error summary: the words, and the id of their field ("" for the whole form)."""

    message: str
    anchor: str


@dataclass(frozen=True)
class FieldGroup:
    """A titled block of a form; an untitled group is drawn without a frame."""

    legend: str
    fields: list[BoundField]


class SiteForm(forms.Form):
    """Base of every form: our templates, no browser validation, errors as a list of links.

    ``fieldsets`` names the groups as ``(legend, [field names])``; fields that no group names follow untitled.
    ``wide_fields`` take the whole row. Works as a mixin before ``ModelForm`` too.
    """

    default_renderer = SiteRenderer()
    use_required_attribute = False
    fieldsets: tuple[tuple[Any, list[str]], ...] = ()
    wide_fields: frozenset[str] | set[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            say_what_is_missing(field)

    def groups(self) -> Iterator[FieldGroup]:
        """The visible fields in their blocks, ready for the template."""
        named: set[str] = set()
        for legend, names in self.fieldsets:
            present = [name for name in names if name in self.fields]
            named.update(present)
            if present:
                yield FieldGroup(str(legend), [self[name] for name in present])
        rest = [field for field in self.visible_fields() if field.name not in named]
        if rest:
            yield FieldGroup("", rest)

    @cached_property
    def error_items(self) -> list[ErrorItem]:
        """All messages in the order of the page, for ``parts/error_summary.html``; may be empty."""
        if not self.is_bound or not self.errors:
            return []
        items = [ErrorItem(str(message), "") for message in self.non_field_errors()]
        ordered = [field for group in self.groups() for field in group.fields] + self.hidden_fields()
        for field in ordered:
            anchor = "" if field.is_hidden else getattr(field, "anchor", field.auto_id)
            items.extend(ErrorItem(str(message), anchor) for message in field.errors)
        return items

    def draw(self) -> SafeString:
        """The form's fields without the summary, for templates that place both themselves."""
        return self.render("forms/fields.html")


class SiteModelForm(SiteForm, forms.ModelForm):
    """The same look for a form bound to a model."""
