"""Request numbers: drawn at random, written like XF1TBZNL8D, looked up forgivingly."""

import re

from django.db import IntegrityError, transaction

from core.doors.signing import random_number
from requests_app.models import DataRequest

_LOOK_ALIKES = str.maketrans({"5": "S", "0": "O", "1": "I", "8": "B", "2": "Z"})
NUMBER_LENGTH = 10


def compact(text: str) -> str:
    """What was typed, in upper case without spaces and dashes."""
    return re.sub(r"[\s\-–.]", "", text).upper()


def find_by_number(text: str) -> DataRequest | None:
    """The submitted request with this number; look-alike characters are folded when the exact one is unknown."""
    number = compact(text)
    if not re.fullmatch(r"[A-Z0-9]{10}", number, re.ASCII):
        return None
    exact = DataRequest.objects.filter(number=number).first()
    if exact is not None:
        return exact
    folded = number.translate(_LOOK_ALIKES)
    if folded == number:
        return None
    return DataRequest.objects.filter(number=folded).first()


def give_number(request: DataRequest, *, tries: int = 5) -> None:
    """Sets a fresh number and saves it; draws again when another request has it (inside a transaction)."""
    for attempt in range(tries):
        request.number = random_number(NUMBER_LENGTH)
        try:
            with transaction.atomic():
                request.save(update_fields=["number", "updated_at"])
            return
        except IntegrityError:
            if attempt == tries - 1:
                raise
