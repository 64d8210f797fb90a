"""The matrix of roles: what one can do in the console in plain words, and which roles may do it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import ForeignKey, Model
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

#: What can be done with the rows of a page, in the order of the matrix.
DEEDS = {
    "view": pgettext_lazy("hak", "melihat"),
    "add": pgettext_lazy("hak", "menambah"),
    "change": pgettext_lazy("hak", "mengubah"),
    "delete": pgettext_lazy("hak", "menghapus"),
    "import": pgettext_lazy("hak", "mengimpor"),
    "export": pgettext_lazy("hak", "mengekspor"),
}
OTHERS = gettext_lazy("Lainnya")


@dataclass(frozen=True)
class Duty:
    """One thing that can be done beyond reading and writing rows, as an app reports it (``settings.ROLE_DUTIES``).

    ``model`` ("app.Model") is the page it belongs to, ``rights`` are permission codes of which one is enough,
    ``performed_by`` says who does it besides officers, such as the applicant.
    """

    name: str
    text: str
    model: str
    rights: tuple[str, ...]
    performed_by: str = ""


@dataclass
class Line:
    """One row of the matrix: ``key`` is stable ("accounts.agency view"), ``roles`` are names of groups."""

    key: str
    text: str
    roles: frozenset[str]
    note: str = ""


@dataclass
class Area:
    """Rows that belong together, by the sidebar's groups."""

    title: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class Matrix:
    """Roles by what they may do."""

    roles: list[str]
    areas: list[Area]

    def lines(self) -> Iterator[Line]:
        """All rows."""
        for area in self.areas:
            yield from area.lines

    def roles_of(self, key: str) -> frozenset[str]:
        """Which roles may do ``key``; none when the matrix has no such row."""
        found: frozenset[str] = frozenset()
        for line in self.lines():
            if key in line.key.split(" · "):
                found |= line.roles
        return found


class RoleHolder:
    """Somebody who holds exactly one role: the console's pages are asked what this person might do."""

    pk = None
    is_active = is_staff = is_authenticated = True
    is_superuser = is_anonymous = False

    def __init__(self, name: str, codes: set[str]) -> None:
        self.name = name
        self.codes = codes

    def has_perm(self, code: str, obj: Any = None) -> bool:
        """Whether the role holds the right."""
        return code in self.codes

    def has_perms(self, codes: Iterable[str], obj: Any = None) -> bool:
        """Whether the role holds all of them."""
        return self.codes.issuperset(codes)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the role holds any right of the app."""
        return any(code.startswith(f"{app_label}.") for code in self.codes)


def matrix() -> Matrix:
    """The matrix of the roles as they are stored now; three queries."""
    holders = [
        RoleHolder(
            group.name,
            {f"{right.content_type.app_label}.{right.codename}" for right in group.permissions.all()},
        )
        for group in Group.objects.prefetch_related("permissions__content_type").order_by("pk")
    ]
    duties = [duty for path in settings.ROLE_DUTIES for duty in import_string(path)()]
    areas = {str(group["title"]): Area(str(group["title"])) for group in settings.UNFOLD["SITE_MAP"]}
    areas[str(OTHERS)] = Area(str(OTHERS))
    homes = _homes()
    told = set(_own_pages(areas, holders))
    for model in _models_in_order(homes):
        lines = areas[homes.get(model, str(OTHERS))].lines
        own = [duty for duty in duties if duty.model == model._meta.label]
        lines += _lines_of(model, holders, own, told)
    return Matrix([holder.name for holder in holders], [area for area in areas.values() if area.lines])


def _own_pages(areas: dict[str, Area], holders: list[RoleHolder]) -> Iterator[str]:
    """Puts pages that no model stands behind into their areas; gives the rights that open them."""
    for group in settings.UNFOLD["SITE_MAP"]:
        for item in group["items"]:
            right = item.get("permission", "")
            if "url" in item and right.count(".") == 1:
                roles = frozenset(holder.name for holder in holders if holder.has_perm(right))
                areas[str(group["title"])].lines.append(
                    Line(f"{item['url']} view", str(item["title"]), roles)
                )
                yield right


def _lines_of(
    model: type[Model], holders: list[RoleHolder], duties: list[Duty], elsewhere: set[str]
) -> list[Line]:
    """What can be done with a model's rows, deeds with the same roles in one line, then its verbs."""
    label, things = model._meta.label_lower, str(model._meta.verbose_name_plural)
    by_roles: dict[frozenset[str], list[str]] = {}
    for deed in DEEDS:
        roles = frozenset(holder.name for holder in holders if _may(holder, model, deed))
        if roles:
            by_roles.setdefault(roles, []).append(deed)
    lines = [
        Line(" · ".join(f"{label} {deed}" for deed in deeds), _sentence(deeds, things), roles)
        for roles, deeds in by_roles.items()
    ]
    told = set(elsewhere)
    for duty in [*duties, *_buttons(model)]:
        told.update(duty.rights)
        roles = frozenset(h.name for h in holders if h.codes.intersection(duty.rights))
        if roles or duty.performed_by:
            lines.append(Line(f"{label} {duty.name}", duty.text, roles, duty.performed_by))
    for codename, name in model._meta.permissions:
        code = f"{model._meta.app_label}.{codename}"
        roles = frozenset(holder.name for holder in holders if code in holder.codes)
        if roles and code not in told:
            lines.append(Line(f"{label} {codename}", str(name), roles))
    return lines


def _sentence(deeds: list[str], things: str) -> str:
    words = [str(DEEDS[deed]) for deed in deeds]
    listed = (
        words[0]
        if len(words) == 1
        else _("%(first)s dan %(last)s")
        % {
            "first": ", ".join(words[:-1]),
            "last": words[-1],
        }
    )
    return capfirst(f"{listed} {things}")


def _may(holder: RoleHolder, model: type[Model], deed: str) -> bool:
    """The page's own answer where there is one; rows inside other pages go by the right itself."""
    page = admin.site._registry.get(model)
    if page is None:
        return holder.has_perm(f"{model._meta.app_label}.{deed}_{model._meta.model_name}")
    request = HttpRequest()
    request.user = holder  # type: ignore[assignment]  # stands for a person
    ask = getattr(page, f"has_{deed}_permission", None)
    return ask is not None and bool(ask(request))


def _buttons(model: type[Model]) -> Iterator[Duty]:
    """The buttons of a page that need more than the right to look; where looking is enough, the app decides."""
    for button in getattr(admin.site._registry.get(model), "operation_buttons", ()):
        if not button.permission.split(".")[1].startswith("view_"):
            yield Duty(button.verb, f"{button.label} ({model._meta.verbose_name})", "", (button.permission,))


def _homes() -> dict[type[Model], str]:
    """Model -> title of its group in the sidebar; parts go where the thing they belong to is."""
    homes: dict[type[Model], str] = {}
    for group in settings.UNFOLD["SITE_MAP"]:
        for item in group["items"]:
            if "model" in item:
                homes[apps.get_model(item["model"])] = str(group["title"])
    models = [model for model in apps.get_models() if model not in homes]
    for _step in range(3):
        for model in models:
            owner = next((other for other in _owners(model) if other in homes), None)
            if owner is not None:
                homes.setdefault(model, homes[owner])
    return homes


def _owners(model: type[Model]) -> Iterator[type[Model]]:
    """What a row is part of: references to models of the same app that cannot be missing."""
    for column in model._meta.get_fields():
        if isinstance(column, ForeignKey) and not column.null:
            other = column.related_model
            if isinstance(other, type) and other._meta.app_label == model._meta.app_label:
                yield other


def _models_in_order(homes: dict[type[Model], str]) -> list[type[Model]]:
    """The sidebar's models first in their order, then their parts, then everything else that has rights."""
    return [*homes, *(model for model in apps.get_models() if model not in homes)]
