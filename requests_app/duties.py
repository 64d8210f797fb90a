"""What officers do with a request, told to the matrix of roles: the verbs of the flow, then the other buttons."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from admin_theme.roles import Duty
from requests_app import workflow
from requests_app.admin import holding
from requests_app.admin.buttons import OPERATION_BUTTONS, VIEW, WORKING_RIGHTS
from requests_app.models import DataRequest

#: Buttons beside the flow that not every working officer may press.
NARROWER = {"remake_document": (workflow.APPROVE,)}


def duties() -> Iterator[Duty]:
    """The verbs in the order of the flow, then taking, assigning and the like."""
    model = DataRequest._meta.label
    for verb in workflow.VERBS.values():
        performers = []
        if workflow.REQUESTER in verb.rights:
            performers.append(_("oleh pemohon sendiri"))
        if workflow.SYSTEM in verb.rights:
            performers.append(_("oleh sistem"))
        rights = tuple(right for right in verb.rights if right not in (workflow.REQUESTER, workflow.SYSTEM))
        text = _("%(verb)s (permohonan)") % {"verb": verb.label}
        yield Duty(verb.name, text, model, rights, ", ".join(performers))
    for button in (*OPERATION_BUTTONS, *holding.BUTTONS):
        if button.verb not in workflow.VERBS:
            rights = (button.permission,) if button.permission != VIEW else WORKING_RIGHTS
            text = _("%(verb)s (permohonan)") % {"verb": button.label}
            yield Duty(button.verb, text, model, NARROWER.get(button.verb, rights))
