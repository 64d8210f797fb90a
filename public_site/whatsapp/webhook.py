"""The address the WhatsApp Cloud API calls: proves itself, takes deliveries in and leaves the work to the queue."""

import json
import logging
import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.doors import whatsapp
from public_site.whatsapp import adapter, operations

logger = logging.getLogger(__name__)


# The sender is no browser of ours: the signature over the raw body stands in for the CSRF token.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest) -> HttpResponse:
    """GET answers the challenge of the subscription, POST keeps deliveries; 404 while WhatsApp is switched off.

    Anything but 200 makes the API deliver again, which the unique ids make harmless.
    """
    if not whatsapp.is_receiving():
        raise Http404
    return _challenge(request) if request.method == "GET" else _delivery(request)


def _challenge(request: HttpRequest) -> HttpResponse:
    challenge = request.GET.get("hub.challenge", "")
    is_right = whatsapp.is_verify_token(request.GET.get("hub.verify_token", ""))
    if request.GET.get("hub.mode") != "subscribe" or not is_right:
        return HttpResponseForbidden(content_type="text/plain")
    if not re.fullmatch(r"[\w-]{1,200}", challenge, re.ASCII):
        return HttpResponseBadRequest(content_type="text/plain")
    return HttpResponse(challenge, content_type="text/plain")


def _delivery(request: HttpRequest) -> HttpResponse:
    raw = request.body
    if not whatsapp.is_genuine(raw, request.headers.get("X-Hub-Signature-256", "")):
        logger.warning("whatsapp delivery with a wrong signature")
        return HttpResponseForbidden(content_type="text/plain")
    try:
        payload = json.loads(raw)
    except (ValueError, RecursionError):
        return HttpResponseBadRequest(content_type="text/plain")
    for item in adapter.parse(payload):
        if isinstance(item, adapter.Incoming):
            operations.receive(item)
        else:
            adapter.record_report(item)
    return HttpResponse("OK", content_type="text/plain")
