"""The door to the WhatsApp Cloud API: is a delivery genuine, and send one text. Nothing else speaks to the Graph API."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

from django.conf import settings

#: The API takes 4096 characters in a text message.
TEXT_LENGTH = 4096
_MOST_BYTES = 64 * 1024
#: Codes of the API that pass by themselves: busy, limits of throughput, of the pair and of the account.
_PASSING_CODES = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 133004})


class WhatsAppError(Exception):
    """A message that was not taken; ``code`` is the API's own or a short word, never text of the message."""

    def __init__(self, code: str, *, is_passing: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_passing = is_passing


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def is_receiving() -> bool:
    """Whether deliveries are taken at all: both secrets of the webhook are set."""
    return bool(settings.WHATSAPP_APP_SECRET and settings.WHATSAPP_VERIFY_TOKEN)


def is_sending() -> bool:
    """Whether replies can leave."""
    return bool(settings.WHATSAPP_ACCESS_TOKEN and settings.WHATSAPP_PHONE_NUMBER_ID)


def is_verify_token(given: str) -> bool:
    """Compares the word of the subscription in constant time."""
    return hmac.compare_digest(given.encode(), settings.WHATSAPP_VERIFY_TOKEN.encode())


def signature(raw: bytes) -> str:
    """What ``X-Hub-Signature-256`` has to say about a body: ``sha256=<hex>`` under the app secret."""
    return "sha256=" + hmac.new(settings.WHATSAPP_APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()


def is_genuine(raw: bytes, header: str) -> bool:
    """Whether the body was signed with our app secret; constant time, False without a secret."""
    if not settings.WHATSAPP_APP_SECRET:
        return False
    return hmac.compare_digest(signature(raw).encode(), header.encode())


def send_text(to: str, text: str) -> str:
    """Sends one text to a number (digits with country code) and returns the message id; WhatsAppError if not taken."""
    if not is_sending():
        raise WhatsAppError("not-configured", is_passing=True)
    payload = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "text",
        "text": {"body": text[:TEXT_LENGTH], "preview_url": False},
    }
    answer = _post(f"{settings.WHATSAPP_PHONE_NUMBER_ID}/messages", payload)
    try:
        return str(answer["messages"][0]["id"])[:128]
    except (KeyError, IndexError, TypeError) as error:
        # Taken, but without an id: sending again would reach the person twice.
        raise WhatsAppError("no-id", is_passing=False) from error


def _post(path: str, payload: dict[str, Any]) -> Any:
    base = settings.WHATSAPP_API_URL.rstrip("/")
    if not base.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise WhatsAppError("address", is_passing=False)
    request = urllib.request.Request(  # noqa: S310  the scheme was checked above
        f"{base}/{path}",
        data=json.dumps(payload).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.WHATSAPP_ACCESS_TOKEN}",
        },
        method="POST",
    )
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(request, timeout=settings.WHATSAPP_TIMEOUT) as response:
            return json.loads(response.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.code, error.read(_MOST_BYTES)) from None
    except json.JSONDecodeError as error:
        raise WhatsAppError("no-id", is_passing=False) from error
    except OSError as error:  # no network, timeout, closed connection
        raise WhatsAppError(type(error).__name__, is_passing=True) from None


def _refusal(status: int, body: bytes) -> WhatsAppError:
    try:
        code = int(json.loads(body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        code = 0
    passing = (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR
        or status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.UNAUTHORIZED)
        or code in _PASSING_CODES
    )
    return WhatsAppError(f"{status}/{code}" if code else str(status), is_passing=passing)
