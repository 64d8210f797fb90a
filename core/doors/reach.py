"""The door to other people's sites: asks whether a public https address answers, and takes nothing from it."""

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

ANSWERS, GONE, UNSURE, NO_NETWORK = "answers", "gone", "unsure", "no-network"
_AGENT = "layanan-data-check/1.0"


def reach(url: str, *, seconds: float = 5.0) -> str:
    """How ``url`` answers a HEAD request: ``answers``, ``gone`` (404, 410), ``unsure`` or ``no-network``.

    Only https and only public addresses are asked, redirects are not followed, the body is not read: an
    editor's link can neither reach our own network nor bring anything in. ``no-network`` means that not even
    the name could be looked up.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return UNSURE
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return NO_NETWORK
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(address).is_global for address in addresses):
        return UNSURE
    try:
        status = _head(
            parts.hostname, addresses[0], parts.port or 443, parts.path or "/", parts.query, seconds
        )
    except (OSError, http.client.HTTPException, ValueError):
        return UNSURE
    if status in (404, 410):
        return GONE
    return ANSWERS if status < 400 else UNSURE


def _head(host: str, address: str, port: int, path: str, query: str, seconds: float) -> int:
    # Connected to the address that was judged: a second look-up could lead elsewhere.
    connection = http.client.HTTPSConnection(host, port, timeout=seconds)
    plain = socket.create_connection((address, port), timeout=seconds)
    connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    try:
        target = f"{path}?{query}" if query else path
        connection.request("HEAD", target, headers={"User-Agent": _AGENT})
        return connection.getresponse().status
    finally:
        connection.close()
