"""The console speaks Indonesian, also where libraries draw it."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override

from tests.admin_theme.cast import SignIn, make_officer

pytestmark = pytest.mark.django_db
#: English words that are no Indonesian words; product names and technical terms are not among them.
ENGLISH = frozenset(
    re.findall(
        r"[a-z]+",
        """
        the and to from for with by is are was were be this that these you your it not yes
        please select search filters save delete add change view show hide close open
        remove clear apply reset cancel submit run next previous back history site user
        users groups permission permissions today yesterday tomorrow now created
        updated started stopped task tasks failed successful queued scheduled result
        results counts all row rows record records choose download import export general
        light dark error errors below above hold down more than one edit out welcome field
        fields required active can has have been any items action actions type title value
        order empty unknown
        """,
    )
)


class VisibleText(HTMLParser):
    """Collects what a person can read or hear: text, titles, placeholders and labels."""

    SKIPPED = {"script", "style", "code", "textarea"}

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        is_icon = "material-symbols-outlined" in (attributes.get("class") or "")
        if tag in self.SKIPPED or (is_icon and tag == "span"):
            self.skipping.append(tag)
        for name in ("title", "placeholder", "aria-label", "alt"):
            self.words.append(attributes.get(name) or "")

    def handle_endtag(self, tag: str) -> None:
        if self.skipping and self.skipping[-1] == tag:
            self.skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.words.append(data)


def english_in(html: str) -> set[str]:
    parser = VisibleText()
    parser.feed(html)
    # Addresses and dotted paths are no prose.
    prose = re.sub(r"\S+[./=_]\S+", " ", " ".join(parser.words).lower())
    return {word for word in re.findall(r"[a-z]+", prose) if word in ENGLISH}


@pytest.fixture
def superuser(sign_in: SignIn) -> Client:
    return sign_in(Client(), make_officer("ratna", is_superuser=True))


def test_first_page_has_no_english(superuser: Client) -> None:
    assert english_in(superuser.get("/admin/").text) == set()


@pytest.mark.slow
def test_lists_and_forms_have_no_english(superuser: Client) -> None:
    found = {}
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for page in ("changelist", "add"):
            response = superuser.get(reverse(f"{name}_{page}"), follow=page == "changelist")
            if page == "add" and response.status_code in {302, 403}:  # nobody adds such a row here
                continue
            assert response.status_code == 200, (name, page, model_admin)
            if words := english_in(response.text):
                found[f"{model._meta.label} {page}"] = words
    assert found == {}


@pytest.mark.parametrize(
    ("text", "indonesian"),
    [
        ("Apply Filters", "Terapkan saringan"),
        ("Confirm import", "Simpan hasil impor"),
        ("Invalid token. Please make sure you have entered it correctly.", None),
        (
            "Your session has timed out. Please login again.",
            "Sesi Anda sudah berakhir. Silakan masuk kembali.",
        ),
        ("Failed tasks", "Pekerjaan gagal"),
    ],
)
def test_library_texts_are_indonesian(text: str, indonesian: str | None) -> None:
    with override("id"):
        assert gettext(text) == indonesian if indonesian else gettext(text) != text


def test_vendor_catalogue_is_compiled_from_its_source() -> None:
    folder = settings.BASE_DIR / "locale_vendor/id/LC_MESSAGES"
    with (folder / "django.po").open("rb") as source, (folder / "django.mo").open("rb") as compiled:
        wanted = {_first(message.id): _first(message.string) for message in read_po(source)}
        found = {_first(message.id): _first(message.string) for message in read_mo(compiled)}
    assert all(wanted.values())
    assert {key: text for key, text in found.items() if key} == {
        key: text for key, text in wanted.items() if key
    }


def _first(text: Any) -> str:
    return str(text if isinstance(text, str) else text[0])
