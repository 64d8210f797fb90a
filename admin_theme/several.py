"""Operations on several ticked lines of a list: chosen below the list, looked at on a page, then done one by one."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.forms import BaseDialogForm

from admin_theme.weighty import ask_again

#: Lines of one go: each is a transaction of its own, and a person has looked at them.
MOST = 200
#: Lines named on the page that asks, and reasons told afterwards.
NAMED = 20
CONFIRMED = "bulk_confirmed"


@dataclass(frozen=True)
class BulkOperation:
    """One verb for several lines; ``operation(pk, by=user, **cleaned)`` or its path, as for ``OperationButton``.

    ``permission`` is a full code ("app.codename"), ``confirm`` the sentence above the lines.
    """

    verb: str
    _: KW_ONLY
    label: Any
    operation: Callable[..., Any] | str
    permission: str
    form_class: type[BaseDialogForm] | None = None
    confirm: Any = ""
    variant: str = "primary"
    #: Asks again who is there when the last confirmation is too old (admin_theme.weighty).
    is_weighty: bool = False


class BulkOperationsMixin(ModelAdmin):
    """Adds ``bulk_operations`` to the list's actions; stands before the ModelAdmin in the bases."""

    bulk_operations: Sequence[BulkOperation] = ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's own actions and ours, by right."""
        actions = dict(super().get_actions(request))
        if "_popup" in request.GET:
            return actions
        for operation in self.bulk_operations:
            if request.user.has_perm(operation.permission):
                name = f"bulk_{operation.verb}"
                actions[name] = (_action_of(operation, name), name, operation.label)
        return actions


def _action_of(operation: BulkOperation, name: str) -> Callable[..., HttpResponse | None]:
    def act(model_admin: Any, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        if not request.user.has_perm(operation.permission):
            raise PermissionDenied
        lines = list(chosen.order_by("pk")[: MOST + 1])
        if len(lines) > MOST:
            messages.error(
                request,
                _("Pilih paling banyak %(most)d baris sekaligus. Persempit dengan saringan.")
                % {"most": MOST},
            )
            return None
        if operation.is_weighty and (page := ask_again(request, operation.label)) is not None:
            return page
        confirmed = CONFIRMED in request.POST
        form = (operation.form_class or BaseDialogForm)(request, None, request.POST if confirmed else None)
        form.fields.pop("_form_submitted", None)
        if confirmed and form.is_valid():
            _run(operation, request, lines, form)
            return None
        return _ask(model_admin, operation, name, request, lines, form)

    act.__name__ = name
    return act


def _run(operation: BulkOperation, request: HttpRequest, lines: list[Model], form: Any) -> None:
    done, refused = 0, []
    verb = operation.operation
    perform = import_string(verb) if isinstance(verb, str) else verb
    for line in lines:
        try:
            perform(line.pk, by=request.user, **form.cleaned_data)
        except ValidationError as error:
            refused.append(f"{line}: {'; '.join(error.messages)}")
        except (PermissionDenied, ObjectDoesNotExist):
            refused.append(_("%(line)s: Anda tidak berwenang") % {"line": line})
        else:
            done += 1
    if done:
        messages.success(
            request,
            ngettext(
                "“%(verb)s” dilakukan pada %(count)d baris.",
                "“%(verb)s” dilakukan pada %(count)d baris.",
                done,
            )
            % {"verb": operation.label, "count": done},
        )
    for reason in refused[:NAMED]:
        messages.warning(request, reason)
    if len(refused) > NAMED:
        messages.warning(request, _("… dan %(count)d lagi") % {"count": len(refused) - NAMED})


def _ask(
    model_admin: Any, operation: BulkOperation, name: str, request: HttpRequest, lines: list[Model], form: Any
) -> HttpResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": operation.label,
        "operation": operation,
        "form": form,
        "lines": lines[:NAMED],
        "more": max(len(lines) - NAMED, 0),
        "total": len(lines),
        "keys": [line.pk for line in lines],
        "action": name,
        "checkbox": ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
        "back_url": request.get_full_path(),
    }
    return TemplateResponse(
        request, "admin_theme/several_confirm.html", context, status=422 if form.is_bound else 200
    )
