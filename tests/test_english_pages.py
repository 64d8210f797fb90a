"""What an English reader sees: every page asked with the language cookie, none with Indonesian left in it."""

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages import pofile
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import Client
from django.urls import reverse

from tests import test_routes_table
from tests.routes import STATES, address, all_routes

world = test_routes_table.world

#: Written in Indonesian whatever the reader's language: documents, what editors wrote, the QR posters.
INDONESIAN_BY_DESIGN = {
    "public_site:hub_sop": "the SOP is an official document",
    "public_site:hub_poster": "printed for the public",
    "public_site:hub_qr": "Info Layanan is Indonesian but for the pages of buttons, whose address names the language",
    "public_site:hub_office_qr": "as hub_qr",
    "public_site:hub_offices": "as hub_qr",
    "admin:public_site_hub_preview": "the page as visitors get it",
    "admin:django_q_ormq_change": "the raw task of the queue",
    "admin:public_site_conversationrule_changelist": "keywords that people send, joined and cut",
}
#: The head of letters and mails, the same in both languages.
HEAD = ["DIREKTORAT JENDERAL IMIGRASI", "LAYANAN DATA KEIMIGRASIAN"]
#: Proper names and words of the law that stay, and words of both languages.
KEPT = {"surat", "info", "menu", "kantor", "imigrasi"}
ATTRIBUTES = ("title", "alt", "placeholder", "aria-label", "data-l", "content")
WITHOUT_END = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class Reader(HTMLParser):
    """Collects what a page says, without scripts and without parts marked as Indonesian."""

    def __init__(self) -> None:
        super().__init__()
        self.language: str | None = None
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "html":
            self.language = found.get("lang")
        silent = (
            self._is_silent
            or tag in ("script", "style", "textarea")
            or (tag != "html" and found.get("lang") == "id")
        )
        if not silent:
            self.texts += [value for name in ATTRIBUTES if (value := found.get(name))]
            if tag == "input" and found.get("type") in ("submit", "button"):
                self.texts.append(found.get("value") or "")
        if tag not in WITHOUT_END:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == opened for opened, _silent in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self.texts.append(data)


def words_of(text: str) -> set[str]:
    """The words of a text in lower case, without placeholders and tags."""
    return set(re.findall(r"[a-z]{3,}", re.sub(r"%\(\w+\)s|<[^>]*>|\{\w+\}", " ", text).lower()))


@cache
def indonesian_words() -> frozenset[str]:
    """Words of the source texts that no English translation contains."""
    with (settings.BASE_DIR / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
        entries = [entry for entry in pofile.read_po(file, locale="en") if entry.id]
    sources: set[str] = set()
    english: set[str] = set(KEPT)
    for entry in entries:
        for text in [entry.id] if isinstance(entry.id, str) else entry.id:
            sources |= words_of(text)
        for text in [entry.string] if isinstance(entry.string, str) else entry.string or ():
            english |= words_of(text)
    return frozenset(sources - english)


def stored_texts() -> list[str]:
    """Everything people wrote into the database, longest first: data is shown as it was written."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                found.add(str(key))
                collect(item)
        elif isinstance(value, list | tuple):
            for item in value:
                collect(item)
        elif isinstance(value, str):
            # The console cuts long texts of a row's name after 60 characters.
            found.update({value, value[:60], *value.splitlines()})

    for model in apps.get_models():
        if not model._meta.managed or model._meta.app_label in ("contenttypes", "sessions", "admin"):
            continue
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField)
            and not field.attname.endswith("_en")
        ]
        for row in model._default_manager.values_list(*names) if names else ():
            collect(row)
    return sorted((text.strip() for text in found if len(text.strip()) > 3), key=len, reverse=True)


def left_overs(texts: list[str], data: list[str]) -> list[str]:
    """The texts that hold Indonesian words once data and addresses are taken out."""
    wrong = []
    for text in texts:
        shown = re.sub(r"https?://\S+", "", " ".join(text.split()))
        if not words_of(shown) & indonesian_words():
            continue
        rest = shown.lower()
        for value in data:
            if value.lower() in rest:
                rest = re.sub(rf"(?<!\w){re.escape(value.lower())}(?!\w)", " ", rest)
        if words_of(rest) & indonesian_words():
            wrong.append(shown)
    return wrong


def read(client: Client, url: str) -> Reader | None:
    """The page at ``url`` as read; None when it is no page or not for this person."""
    response: Any = client.get(url)
    # Open files are closed, but not the response, which would take the database connection along.
    for close in response._resource_closers:
        close()
    response._resource_closers.clear()
    if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):
        return None
    page = Reader()
    page.feed(response.content.decode())
    return page


def english_client() -> Client:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def walk(world, clients: list[Client], *, console: bool) -> tuple[int, dict[str, list[str]], set[str]]:
    """Number of pages read, left-overs by route, and routes whose page does not say that it is English."""
    data = [*HEAD, *stored_texts()]
    pages = 0
    wrong: dict[str, list[str]] = {}
    mute: set[str] = set()
    for route in all_routes():
        if route.name.startswith("admin:") != console or route.name in INDONESIAN_BY_DESIGN:
            continue
        for state in STATES if "pk" in route.parameters else ("done",):
            url = address(route, world, state)
            if url is None:
                continue
            if route.name.startswith("public_site:hub"):
                url += "?bahasa=en"
            page = next((found for client in clients if (found := read(client, url))), None)
            if page is None:
                continue
            pages += 1
            if page.language not in (None, "en"):
                mute.add(route.name)
            if foreign := left_overs(page.texts, data):
                wrong.setdefault(route.name, []).extend(foreign)
    return pages, wrong, mute


@pytest.mark.slow
def test_public_pages_speak_english(world, sign_in, siti):
    """Strangers' and applicants' pages, whatever the state of the request."""
    pages, wrong, mute = walk(world, [english_client(), sign_in(english_client(), siti)], console=False)
    assert pages > 25
    assert mute == set()
    assert wrong == {}


@pytest.mark.slow
def test_console_speaks_english(world, sign_in, kartika, rina, dewi):
    """Lists and forms of the console, each read by the first of three officers who may."""
    clients = [sign_in(english_client(), officer) for officer in (kartika, rina, dewi)]
    pages, wrong, mute = walk(world, clients, console=True)
    assert pages > 60
    assert mute == set()
    assert wrong == {}


def test_language_switch_keeps_the_page(base_data):
    """A POST from the foot of the page; the cookie answers from then on."""
    client = Client()
    page = reverse("public_site:sign_in") + "?next=/permohonan/"
    first = client.get(page)
    assert '<html lang="id">' in first.content.decode()
    assert 'name="next" value="/masuk/?next=/permohonan/"' in first.content.decode()
    answer = client.post(reverse("set_language"), {"language": "en", "next": page})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    second = client.get(page)
    assert '<html lang="en">' in second.content.decode()
    assert "<h1>Sign in</h1>" in second.content.decode()
    client.post(reverse("set_language"), {"language": "id", "next": page})
    assert "<h1>Masuk</h1>" in client.get(page).content.decode()


def test_language_switch_leads_nowhere_else(base_data):
    """No open redirect, no change by a link, no unknown language."""
    client = Client()
    answer = client.post(reverse("set_language"), {"language": "en", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"
    client = Client()
    client.get(reverse("set_language"), {"language": "en"})
    client.post(reverse("set_language"), {"language": "xx"})
    assert settings.LANGUAGE_COOKIE_NAME not in client.cookies
