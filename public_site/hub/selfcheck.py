"""The SOP's duty "make sure the site works and is complete", done by the machine and recorded with its date."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from core.doors import clock, mail, reach
from core.doors.scanning import judge_pdf
from public_site.hub import drawing
from public_site.hub.models import PHONE, WHATSAPP, GuideFact, Hub, HubCheck, HubLink, Sop
from public_site.models import Guide

OK, WARNING, FAILED, SKIPPED = "ok", "warning", "failed", "skipped"
#: What a page of ours may weigh with its style sheet (ux.md J12), in bytes.
MOST_BYTES = 20_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whose (address of the office or ""), what, how it stands, and the sentence about it."""

    hub: str
    what: str
    state: str
    text: str


def run(*, by: Any = None) -> HubCheck:
    """Look at everything, record it, and mail the editors when something failed."""
    started_at = clock.now()
    with translation.override("id"):
        findings = list(_all())
    failed = sum(finding.state == FAILED for finding in findings)
    check = HubCheck.objects.create(
        started_at=started_at,
        is_green=not failed,
        checked=sum(finding.state != SKIPPED for finding in findings),
        failed=failed,
        warned=sum(finding.state == WARNING for finding in findings),
        findings=[asdict(finding) for finding in findings],
        by=by,
    )
    if failed:
        mail.post("hub.check_is_red", check.pk)
    return check


def _all() -> Iterator[Finding]:
    hubs = list(Hub.objects.published())
    if not hubs:
        yield Finding("", _("Halaman"), FAILED, _("Belum ada halaman Info Layanan yang terbit."))
    linked: set[int] = set()
    for hub in hubs:
        links = [link for link in hub.links.select_related("guide", "guide_other") if link.is_published]
        linked |= {guide.pk for link in links for guide in _guides(link)}
        yield from _pages(hub, links)
        yield from _numbers(hub)
        yield from _age(hub)
        for link in links:
            if link.kind in (HubLink.Kind.ADDRESS, HubLink.Kind.SOCIAL):
                yield _link(hub, link)
            for guide in _guides(link):
                if not guide.is_published:
                    text = _("Tombol ini tidak membuka “%(title)s”: panduan itu tidak terbit.")
                    yield _finding(hub, link.label, FAILED, text % {"title": guide.title})
    if hubs:
        yield _page("", reverse("public_site:hub"))
        yield _page("", reverse("public_site:hub_offices"))
    handed_out = Q(audience=Guide.Audience.PUBLIC) | Q(pk__in=linked)
    for guide in Guide.objects.published().filter(handed_out):
        yield _file(guide)
        yield from _guide_age(guide)
    yield from _facts()


# --- pages ------------------------------------------------------------------------------------------


def answer_of(path: str) -> tuple[int, bytes]:
    """Status and body of a page of ours, asked through all middleware but without the network."""
    site = urlsplit(settings.SITE_URL)
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    bare, _mark, query = path.partition("?")
    environ.update(
        {
            "PATH_INFO": bare.partition("#")[0],
            "QUERY_STRING": query.partition("#")[0],
            "HTTP_HOST": site.netloc,
            "SERVER_NAME": site.hostname or "localhost",
            "wsgi.url_scheme": "https" if settings.HTTPS else "http",
            "HTTP_X_FORWARDED_PROTO": "https" if settings.HTTPS else "http",
            "HTTP_USER_AGENT": "layanan-data-check/1.0",
        }
    )
    handler = BaseHandler()
    handler.load_middleware()
    response = handler.get_response(WSGIRequest(environ))
    try:
        return response.status_code, bytes(getattr(response, "content", b""))
    finally:
        for closer in getattr(response, "_resource_closers", []):
            closer()  # not response.close(): that would also end the worker's database connection


def _pages(hub: Hub, links: list[HubLink]) -> Iterator[Finding]:
    for path in (hub.get_absolute_url(), reverse("public_site:hub_office_en", args=[hub.slug])):
        status, body = answer_of(path)
        if status != 200:
            yield _finding(hub, path, FAILED, _("Halaman menjawab %(status)d.") % {"status": status})
            continue
        page = body.decode()
        language = "en" if path.endswith("/en/") else "id"
        lost = [link.label for link in links if escape(link.text("label", language)) not in page]
        if lost:
            text = _("Tombol tidak tampil: %(labels)s.") % {"labels": ", ".join(lost)}
            yield _finding(hub, path, FAILED, text)
        elif len(body) > MOST_BYTES:
            text = _("Halaman terlalu berat: %(size)d byte.") % {"size": len(body)}
            yield _finding(hub, path, WARNING, text)
        else:
            yield _finding(hub, path, OK, _("Halaman terbuka dan semua tombol tampil."))
    yield _page(hub.slug, reverse("public_site:hub_office_qr", args=[hub.slug]))
    yield _page(hub.slug, reverse("public_site:hub_qr_svg", args=[hub.slug]))
    if Sop.objects.filter(hub=hub, is_published=True).exists():
        yield _page(hub.slug, reverse("public_site:hub_sop", args=[hub.slug]))


def _page(office: str, path: str) -> Finding:
    status, _body = answer_of(path)
    text = _("Halaman menjawab %(status)d.") % {"status": status}
    return Finding(office, path, OK if status == 200 else FAILED, text)


def _guides(link: HubLink) -> list[Guide]:
    """The guides a button hands out."""
    if link.kind != HubLink.Kind.GUIDE:
        return []
    return [guide for guide in (link.guide, link.guide_other) if guide is not None]


def _link(hub: Hub, link: HubLink) -> Finding:
    if link.url.startswith("/"):
        status, _body = answer_of(link.url)
        state = OK if status in (200, 301, 302) else FAILED
        return _finding(hub, link.label, state, _("Tautan menjawab %(status)d.") % {"status": status})
    if not settings.HUB_CHECK_OUTBOUND:
        return _finding(hub, link.label, SKIPPED, _("Tautan keluar tidak diperiksa di pemasangan ini."))
    answer = reach.reach(link.url)
    texts = {
        reach.ANSWERS: (OK, _("Tautan keluar menjawab.")),
        reach.GONE: (FAILED, _("Halaman tujuan tautan sudah tidak ada.")),
        reach.UNSURE: (WARNING, _("Tautan keluar belum dapat dipastikan.")),
        reach.NO_NETWORK: (SKIPPED, _("Jaringan keluar tidak tersedia.")),
    }
    return _finding(hub, link.label, *texts[answer])


# --- content ----------------------------------------------------------------------------------------


def _file(guide: Guide) -> Finding:
    try:
        with guide.file.open("rb") as file:
            content = file.read()
    except (OSError, ValueError):
        return Finding("", guide.title, FAILED, _("Berkas panduan tidak ada."))
    if not content.startswith(b"%PDF-") or judge_pdf(content) != "ok":
        return Finding("", guide.title, FAILED, _("Berkas panduan bukan PDF yang dapat dibuka."))
    return Finding("", guide.title, OK, _("Berkas panduan terbuka."))


def _numbers(hub: Hub) -> Iterator[Finding]:
    digits = drawing.digits_of(hub)
    is_number = bool(WHATSAPP.match(digits))
    text = _("Nomor WhatsApp benar bentuknya.") if is_number else _("Nomor WhatsApp keliru bentuknya.")
    yield _finding(hub, "WhatsApp", OK if is_number else FAILED, text)
    if hub.phone:
        is_number = bool(PHONE.match(hub.phone) and drawing.phone_link(hub.phone))
        text = _("Nomor telepon benar bentuknya.") if is_number else _("Nomor telepon keliru bentuknya.")
        yield _finding(hub, _("Telepon"), OK if is_number else FAILED, text)
    if hub.confirmed_on is None:
        text = _("Alamat, jam, telepon, dan tautan belum dipastikan petugas.")
        yield _finding(hub, _("Kontak"), WARNING, text)


def _age(hub: Hub) -> Iterator[Finding]:
    days = (clock.now() - hub.updated_at).days
    if days > settings.HUB_CONTENT_MAX_DAYS:
        text = _("Isi halaman berumur %(days)d hari. Periksa, lalu simpan.") % {"days": days}
        yield _finding(hub, _("Umur isi"), FAILED, text)


def _guide_age(guide: Guide) -> Iterator[Finding]:
    if clock.now() - guide.updated_at > timedelta(days=settings.HUB_CONTENT_MAX_DAYS):
        days = (clock.now() - guide.updated_at).days
        text = _("Panduan berumur %(days)d hari. Periksa, lalu simpan.") % {"days": days}
        yield Finding("", guide.title, FAILED, text)


def _facts() -> Iterator[Finding]:
    unconfirmed = GuideFact.objects.filter(confirmed_on=None).count()
    if unconfirmed:
        text = _("%(count)d biaya atau tanggal belum dipastikan petugas.") % {"count": unconfirmed}
        yield Finding("", _("Biaya dan tanggal"), WARNING, text)


def _finding(hub: Hub, what: str, state: str, text: str) -> Finding:
    return Finding(hub.slug, what, state, text)
