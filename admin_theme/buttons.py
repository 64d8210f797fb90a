"""Buttons that run an operation on one record: offered, greyed with reasons or hidden; asked, then POSTed.

The bridge between the console and the ``operations.py`` of the apps::

    class DataRequestAdmin(OperationButtonsMixin, OfficerModelAdmin):
        operation_buttons = [
            OperationButton(
                "accept",
                label=_("Setujui berkas"),
                operation=operations.accept,
                permission="requests_app.verify_datarequest",
                reasons=workflow.reasons_for("accept"),
            ),
        ]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import Model
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_fsm import ConcurrentTransition, TransitionNotAllowed
from unfold.admin import ModelAdmin
from unfold.dataclasses import UnfoldAction
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from admin_theme.base import CHANGED_MEANWHILE
from admin_theme.weighty import ask_again

#: ``reasons(obj, user)``: None hides the button, an empty list offers it, texts grey it out and say why.
Reasons = Callable[[Any, Any], Sequence[Any] | None]
#: A text, marked for translation or not.
Text = Any


@dataclass(frozen=True)
class OperationButton:
    """One verb on a record's page.

    ``operation(pk, by=user, **cleaned)`` (or its dotted path) does the work and may raise ``ValidationError``
    (shown to the person) or ``PermissionDenied`` (403). ``permission`` is a full code ("app.codename").
    ``confirm`` is the sentence asked before acting, or ``f(obj)`` that gives it; ``success`` the message after it
    ("%(object)s" allowed).
    ``variant``: default, primary, success, info, warning or danger.
    """

    verb: str
    _: KW_ONLY
    label: Text
    operation: Callable[..., Any] | str
    permission: str
    reasons: Reasons | None = None
    icon: str = ""
    variant: ActionVariant | str = ActionVariant.DEFAULT
    form_class: type[BaseDialogForm] | str | None = None
    confirm: Text | Callable[[Any], Text] = ""
    submit_label: Text = ""
    success: Text = ""
    #: Asks again who is there when the last confirmation is too old (admin_theme.weighty).
    is_weighty: bool = False
    #: Address to go to with what the operation returned; without it back to the record.
    leads_to: Callable[[Any], str] | None = None

    def run(self, obj: Model, user: Any, cleaned: Mapping[str, Any]) -> Any:
        """Call the operation for this record on behalf of ``user``."""
        operation = import_string(self.operation) if isinstance(self.operation, str) else self.operation
        return operation(obj.pk, by=user, **cleaned)

    def question(self, obj: Model) -> Text:
        """The sentence asked before acting on this record."""
        return self.confirm(obj) if callable(self.confirm) else self.confirm

    def reasons_against(self, obj: Model, user: Any) -> list[str] | None:
        """None: does not belong to this state. Empty: may be pressed. Else the reasons why not yet."""
        if self.reasons is None:
            return []
        found = self.reasons(obj, user)
        return None if found is None else [str(reason) for reason in found]

    def build_form(self, request: HttpRequest, object_id: str) -> BaseDialogForm:
        """The dialog's form, bound when the request is a POST."""
        form_class = self.form_class or BaseDialogForm
        if isinstance(form_class, str):
            form_class = import_string(form_class)
        bound = request.method == "POST"
        form = form_class(
            request=request,
            object_id=object_id,
            data=request.POST if bound else None,
            files=request.FILES if bound else None,
        )
        # The method already tells whether the form was sent; Unfold's marker field would reach the operation.
        form.fields.pop("_form_submitted", None)
        return form


class OperationButtonsMixin(ModelAdmin):
    """Adds ``operation_buttons`` to a record's page; stands before the ModelAdmin in the bases."""

    operation_buttons: Sequence[OperationButton] = ()
    actions_detail: Sequence[Any] = ()

    def __init__(self, model: type[Model], admin_site: Any) -> None:
        super().__init__(model, admin_site)
        names = []
        for button in self.operation_buttons:
            name = f"operation_{button.verb}"
            setattr(self, name, self._view_of(button, name))
            names.append(name)
        self.actions_detail = (*self.actions_detail, *names)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Offer the buttons this person may press on this record now."""
        offered = super().get_actions_detail(request, object_id)
        verdicts = self._verdicts(request, str(object_id))
        return [
            action
            for action in offered
            if (button := getattr(action.method, "operation_button", None)) is None
            or verdicts.get(button.verb) == []
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Add the greyed buttons and their reasons to the page."""
        context = dict(extra_context or {})
        if object_id:
            verdicts = self._verdicts(request, object_id)
            context["operation_obstacles"] = [
                {"button": button, "reasons": verdicts[button.verb]}
                for button in self.operation_buttons
                if verdicts.get(button.verb)
            ]
        return super().changeform_view(request, object_id, form_url, context)

    def _verdicts(self, request: HttpRequest, object_id: str) -> dict[str, list[str] | None]:
        """Verb -> reasons, computed once a request; verbs without the permission are left out."""
        cache: dict[tuple[int, str], dict[str, list[str] | None]]
        cache = request.__dict__.setdefault("_operation_verdicts", {})
        key = (id(self), object_id)
        if key not in cache:
            obj = self.get_object(request, unquote(object_id))
            cache[key] = (
                {}
                if obj is None
                else {
                    button.verb: button.reasons_against(obj, request.user)
                    for button in self.operation_buttons
                    if request.user.has_perm(button.permission)
                }
            )
        return cache[key]

    def _view_of(self, button: OperationButton, name: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return self._operation_view(request, object_id, button)

        # What Unfold reads from an action; ``dialog`` makes it fetch the page into its modal window.
        view.__name__ = name
        vars(view).update(
            operation_button=button,
            short_description=button.label,
            url_path=button.verb.replace("_", "-"),
            icon=button.icon or None,
            variant=ActionVariant(button.variant),
            attrs={},
            dialog={"title": button.label},
        )
        return view

    def _operation_view(self, request: HttpRequest, object_id: str, button: OperationButton) -> HttpResponse:
        """GET asks, POST acts; a dialog for the console's script, a page of its own without it."""
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        reasons = button.reasons_against(obj, request.user)
        if reasons is None:
            messages.error(request, self.misplaced_text(request, obj, button))
            return self._leave(request, object_id)
        if button.is_weighty and not reasons and (page := ask_again(request, button.label)) is not None:
            return page
        form = button.build_form(request, object_id)
        if request.method == "POST" and not reasons and form.is_valid():
            try:
                result = button.run(obj, request.user, form.cleaned_data)
            except ValidationError as error:
                _add_errors(form, error)
            except (ConcurrentTransition, TransitionNotAllowed):
                messages.error(request, CHANGED_MEANWHILE)
                return self._leave(request, object_id)
            else:
                messages.success(request, _success_text(button, obj))
                return self._leave(request, object_id, button.leads_to(result) if button.leads_to else "")
        return self._ask(request, obj, button, form, reasons)

    def misplaced_text(self, request: HttpRequest, obj: Model, button: OperationButton) -> str:
        """What a person reads whose step does not start where the record stands; PermissionDenied may be raised."""
        return _("“%(step)s” tidak berlaku untuk status data saat ini.") % {"step": button.label}

    def _ask(
        self, request: HttpRequest, obj: Model, button: OperationButton, form: Form, reasons: list[str]
    ) -> HttpResponse:
        in_dialog = _is_htmx(request)
        context = {
            **({} if in_dialog else self.admin_site.each_context(request)),
            "title": button.label,
            "subtitle": str(obj),
            "button": button,
            "question": "" if reasons else button.question(obj),
            "form": form,
            "object": obj,
            "opts": self.opts,
            "reasons": reasons,
            "back_url": self._change_url(obj),
        }
        template = "admin_theme/operation_dialog.html" if in_dialog else "admin_theme/operation_page.html"
        # htmx shows only 2xx answers; a browser gets the honest status.
        refused = request.method == "POST" and not in_dialog
        return TemplateResponse(
            request, template, context, status=(409 if reasons else 422) if refused else 200
        )

    def _leave(self, request: HttpRequest, object_id: str, target: str = "") -> HttpResponse:
        """To ``target``, else back to the record, or to the list when the person no longer sees it."""
        target = target or self._place_of(request, object_id)
        if _is_htmx(request):
            return HttpResponse(headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)

    def _place_of(self, request: HttpRequest, object_id: str) -> str:
        obj = self.get_object(request, unquote(object_id))
        if obj is not None and self.has_view_or_change_permission(request, obj):
            return self._change_url(obj)
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _change_url(self, obj: Model) -> str:
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[obj.pk])


def _is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _success_text(button: OperationButton, obj: Model) -> str:
    if button.success:
        return str(button.success) % {"object": obj}
    return _("“%(step)s” sudah dilakukan untuk %(object)s.") % {"step": button.label, "object": obj}


def _add_errors(form: Form, error: ValidationError) -> None:
    """Put an operation's reasons next to the fields they name, all others on top of the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        is_own = field != NON_FIELD_ERRORS and field in form.fields
        form.add_error(field if is_own else None, errors)
