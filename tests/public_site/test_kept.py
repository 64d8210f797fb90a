"""Pages kept in memory: the same as drawn anew, changed with the content at once, and without a visitor's values."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection, transaction
from django.template import TemplateSyntaxError, engines
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from core import content_version
from core.models import ContentVersion
from public_site.kept import render_kept
from public_site.models import Hub, Page, SiteContact
from tests.public_site.request_steps import sent_request

pytestmark = pytest.mark.slow

KEPT = ["/", "/informasi/", "/hubungi-kami/", "/halaman/privasi/", "/lacak/"]
HUB = ["/info/", "/info/en/", "/info/?s=qr", "/info/?bahasa=en"]


@pytest.fixture
def content(db, settings, tmp_path) -> None:
    """Texts and the information hub, without their files."""
    settings.PRIVATE_ROOT = tmp_path
    call_command("load_content", verbosity=0)
    call_command("load_hub", verbosity=0)


def shown(client: Client, path: str) -> str:
    """The page without what is made anew for each request."""
    page = client.get(path).content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


@pytest.fixture
def siti_number(siti, agreement, sign_in) -> str:
    """The number of a request that was sent."""
    return sent_request(sign_in(Client(), siti)).number or ""


@pytest.mark.parametrize("language", ["id", "en"])
def test_page_from_memory_is_the_page_drawn_anew(content, siti_number, language) -> None:
    visitor, with_session = Client(), Client()
    for client in (visitor, with_session):
        client.cookies[site_settings.LANGUAGE_COOKIE_NAME] = language
    with_session.cookies[site_settings.SESSION_COOKIE_NAME] = "sudah-berakhir"
    for path in [*KEPT, f"/lacak/?no={siti_number}"]:
        first, second = shown(visitor, path), shown(visitor, path)
        assert first == second
        assert first == shown(with_session, path)
    for path in HUB:
        first = shown(visitor, path)
        assert first == shown(visitor, path)
        caches["pieces"].clear()
        assert first == shown(visitor, path)


def test_page_from_memory_reads_the_version_and_what_is_live(
    content, siti_number, django_assert_num_queries
) -> None:
    client = Client()
    for path, queries in (
        ("/", 1),
        ("/informasi/", 2),
        ("/hubungi-kami/", 1),
        ("/halaman/privasi/", 1),
        ("/lacak/", 1),
        (f"/lacak/?no={siti_number}", 2),
    ):
        client.get(path)
        with django_assert_num_queries(queries):
            assert client.get(path).status_code == 200


def test_what_is_drawn_to_be_kept_comes_from_the_watched_tables(content, siti_number) -> None:
    free = {"core_limit", "requests_app_datarequest", "requests_app_requestevent", "public_site_hubcount"}
    watched = {*content_version.watched_tables(), ContentVersion._meta.db_table}
    client = Client()
    for path in [*KEPT, *HUB, f"/lacak/?no={siti_number}"]:
        caches["pieces"].clear()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(path)
        sql = " ".join(query["sql"] for query in captured.captured_queries)
        tables = set(re.findall(r'(?:FROM|JOIN|UPDATE|INTO) "?([a-z_]+)"?', sql))
        assert tables - free <= watched, path
        assert len(tables) > 1, path


@pytest.mark.django_db(transaction=True)
def test_edit_of_another_process_is_on_the_next_page() -> None:
    client = Client()
    assert "baru@demo.example" not in shown(client, "/")

    def edit() -> None:
        SiteContact(email="baru@demo.example").save()
        connection.close()

    other = threading.Thread(target=edit)
    other.start()
    other.join()
    assert "baru@demo.example" in shown(client, "/")
    assert "baru@demo.example" in shown(client, "/lacak/")


@pytest.mark.django_db(transaction=True)
def test_edit_that_was_rolled_back_is_on_no_page() -> None:
    client = Client()
    before = shown(client, "/")
    for _time in range(2):
        with transaction.atomic():
            SiteContact(email="batal@demo.example").save()
            assert "batal@demo.example" in shown(client, "/")
            transaction.set_rollback(True)
        assert shown(client, "/") == before
    SiteContact(email="jadi@demo.example").save()
    assert "jadi@demo.example" in shown(client, "/")


def test_page_that_was_taken_off_is_gone_at_once(content) -> None:
    client = Client()
    assert client.get("/halaman/privasi/").status_code == 200
    Page.objects.filter(slug="privasi").update(is_published=False)
    assert client.get("/halaman/privasi/").status_code == 404
    Hub.objects.update(notice="Tutup hari ini")
    assert "Tutup hari ini" in shown(client, "/info/")


def test_nothing_is_kept_without_a_version(content) -> None:
    ContentVersion.objects.all().delete()
    client = Client()
    shown(client, "/")
    SiteContact.objects.update(email="baru@demo.example")
    ContentVersion.objects.all().delete()
    assert "baru@demo.example" in shown(client, "/")


def test_two_visitors_share_no_token_and_no_number(content, siti_number) -> None:
    pages = [Client().get(f"/lacak/?no={siti_number}").content.decode() for _visitor in range(2)]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page) for page in pages]
    assert tokens[0] != tokens[1]
    assert siti_number not in shown(Client(), "/lacak/")


@pytest.fixture
def draw(db, settings, tmp_path) -> Callable[..., str]:
    """Draws a template of the test's own for somebody at ``/``."""
    engine = engines["django"].engine

    def drawn(text: str, name: str, **values: Any) -> str:
        loader = engine.template_loaders[0]
        loader.get_template_cache[name] = engine.from_string(text)
        request = RequestFactory().get("/", {"q": "rahasia"})
        request.user = None  # type: ignore[assignment]
        return render_kept(request, name, **values).content.decode()

    return drawn


def test_live_value_outside_its_place_is_a_hole_and_not_the_first_visitors(draw) -> None:
    text = (
        "{% load kept %}[{{ number }}{{ request.GET.q }}{{ csrf_token }}]{% live %}{{ number }}{% endlive %}"
    )
    for number in ("ABC", "DEF"):
        assert draw(text, "hole.html", vary={}, live={"number": number}) == f"[]{number}"


def test_kept_page_depends_on_the_values_it_names(draw) -> None:
    text = "{{ kind }} {{ read }}"
    asked: list[str] = []

    def read() -> str:
        asked.append("once")
        return "isi"

    for kind in ("a", "b", "a"):
        assert draw(text, "kinds.html", vary={"kind": kind}, content={"read": read}) == f"{kind} isi"
    assert len(asked) == 2


def test_editors_text_cannot_pass_for_a_live_part(draw) -> None:
    assert draw("{{ text }}", "mark.html", vary={"text": "<live 0>"}) == "&lt;live 0&gt;"


def test_kept_piece_with_a_live_part_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        engines["django"].from_string("{% load kept %}{% kept %}{% live %}{% endlive %}{% endkept %}")
