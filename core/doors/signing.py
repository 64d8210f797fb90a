"""The door to keyed hashes and random names: what must be unguessable or unlinkable is made here."""

import hashlib
import hmac
import secrets

from django.conf import settings

#: No look-alikes (domain.md §0.10): 0/O, 1/I/L, 2/Z, 5/S, 8/B.
NUMBER_ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"


def keyed_hash(purpose: str, value: str) -> str:
    """HMAC-SHA256 of ``value`` under the ledger key, as hex; ``purpose`` keeps the uses apart."""
    return hmac.new(settings.LEDGER_KEY.encode(), f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def random_number(length: int = 10) -> str:
    """A public number such as XF1TBZNL8D, from the alphabet without look-alikes."""
    return "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(length))


def random_token() -> str:
    """An unguessable URL part (128 bits)."""
    return secrets.token_urlsafe(16)
