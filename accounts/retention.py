"""Rejected registrations whose time is over: found, and emptied of everything personal."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Registration, RegistrationEvent
from core.append_only import opened
from core.doors import clock

#: What is blanked; the agency's name, dates, status and decisions stay.
_PERSONAL = (
    "unit", "full_name", "employee_number", "phone", "email", "address", "postal_code", "letter_name", "note",
)  # fmt: skip
_PLACES = ("province", "regency", "district", "village", "immigration_office")


def due_registrations(before: datetime) -> QuerySet[Registration]:
    """Rejected before that moment and not yet emptied, oldest first."""
    found = Registration.objects.filter(
        status=Registration.Status.REJECTED, decided_at__lt=before, erased_at__isnull=True
    )
    return found.order_by("decided_at")


def empty_registration(registration: Registration) -> dict[str, int]:
    """Destroy person, letter and notes; to be called on a locked row. Returns what was destroyed."""
    files = int(bool(registration.letter))
    if registration.letter:
        registration.letter.delete(save=False)
    for field in _PERSONAL:
        setattr(registration, field, "")
    for field in _PLACES:
        setattr(registration, field, None)
    registration.checklist = {}
    registration.erased_at = clock.now()
    registration.save()
    with opened(RegistrationEvent):
        registration.events.exclude(note="").update(note="")
    return {"registrations": 1, "files": files}
