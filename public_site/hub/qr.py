"""QR codes of the offices' pages as SVG and PNG, and the poster that hangs in the waiting room."""

import hashlib
import io

import segno
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import translation

from core.doors import clock
from core.doors.pdf import render_sheet
from core.reference.models import Letterhead
from public_site.hub.models import Hub, HubCount, HubLink

#: Paper sizes of the poster with their source marks.
PAPERS = {"a4": HubCount.Source.POSTER_A4, "a5": HubCount.Source.POSTER_A5}
#: Changes whenever the poster's template does, so that kept files are made anew.
_DESIGN = "2"
_FOLDER = "hub/posters"


def code(hub: Hub, source: str = HubCount.Source.QR) -> segno.QRCode:
    """The code of a page; level Q still reads when a quarter of it is worn off."""
    return segno.make(hub.scanned_url(source), error="q", micro=False)


def svg(hub: Hub) -> bytes:
    """The code as SVG with a quiet zone of four modules, as the standard (ISO/IEC 18004) asks."""
    target = io.BytesIO()
    code(hub).save(target, kind="svg", scale=10, border=4, xmldecl=True, light="#fff", title=hub.name)
    return target.getvalue()


def png(hub: Hub) -> bytes:
    """The code as PNG, about 800 pixels wide: enough for 7 cm in print at 300 dpi."""
    made = code(hub)
    scale = max(1, 800 // (made.symbol_size()[0]))
    target = io.BytesIO()
    made.save(target, kind="png", scale=scale, border=4)
    return target.getvalue()


def poster(hub: Hub, paper: str) -> bytes:
    """The poster "Pindai untuk informasi layanan" on ``a4`` or ``a5``; kept until anything printed on it changes.

    KeyError for another paper; ``PdfUnavailableError`` where the machine lacks Pango.
    """
    address = hub.scanned_url(PAPERS[paper])
    labels = list(
        hub.links.filter(is_published=True).exclude(kind=HubLink.Kind.SOCIAL).values_list("label", flat=True)
    )
    letterhead = Letterhead.on(clock.today())
    printed = "\0".join([_DESIGN, paper, address, hub.name, hub.hours, letterhead.directorate, *labels])
    name = f"{_FOLDER}/{hashlib.sha256(printed.encode()).hexdigest()}.pdf"
    if default_storage.exists(name):
        with default_storage.open(name, "rb") as file:
            return bytes(file.read())
    context = {
        "hub": hub,
        "paper": paper,
        "letterhead": letterhead,
        "code": code(hub, PAPERS[paper]).svg_data_uri(border=4, dark="#0b2347"),
        "address": address.partition("?")[0].partition("://")[2],
    }
    with translation.override("id"):
        # A poster is one sheet: buttons that find no room on it are left to the page it leads to.
        fewer = [len(labels), *(number for number in (6, 4, 2, 0) if number < len(labels))]
        sheets = ({**context, "labels": labels[:number]} for number in fewer)
        content = render_sheet("public_site/hub/poster.html", sheets)
    default_storage.save(name, ContentFile(content))
    return content
