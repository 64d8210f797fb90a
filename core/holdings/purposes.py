"""Purpose limitation (UU PDP Pasal 28): holdings open only for a request the officer is working on."""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

#: The model with ``number``, ``status`` and ``assignee``; a name only, because core knows no upper layer.
REQUEST_MODEL = "requests_app.DataRequest"
WORKING_STATE = "processing"


def clean_purpose(number: str) -> str:
    """A request number as it is stored."""
    return "".join(character for character in number.upper() if character.isalnum())[:10]


def purpose_refusal(number: str, user: Any) -> str:
    """Why ``user`` may not look into the holdings for the request ``number``; empty when allowed."""
    model: Any = apps.get_model(REQUEST_MODEL)
    request = model.objects.visible_to(user).filter(number=clean_purpose(number)).first() if number else None
    if request is None:
        return _("Nomor permohonan tidak ditemukan. Periksa kembali 10 karakternya")
    if request.status != WORKING_STATE:
        return _("Permohonan %(number)s tidak sedang diproses") % {"number": request.number}
    if request.assignee_id != user.pk:
        return _("Permohonan %(number)s belum Anda ambil. Ambil dahulu di halaman permohonan") % {
            "number": request.number
        }
    return ""
