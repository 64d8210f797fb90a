"""The content version: renewed by every way of writing, seen by other connections with the commit, never reused."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from core import content_version, triggers
from core.doors import clock
from core.models import ContentVersion
from core.problems import platform_problems
from core.rules.models import WorkRules
from public_site.models import Faq, Page, SiteContact


@pytest.fixture
def pair(
    settings: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[list[BaseDatabaseWrapper]]:
    """Two connections as two processes have them: to the test database, on SQLite to a file with the two tables."""
    if connection.vendor == "postgresql":
        request.getfixturevalue("transactional_db")
        two = [connection.copy(), connection.copy()]
    else:
        request.getfixturevalue("db")
        settings.CONTENT_MODELS = ["public_site.SiteContact"]
        values = {**connection.settings_dict, "NAME": str(tmp_path / "db.sqlite3")}
        two = [connections["default"].__class__(values, f"file{number}") for number in range(2)]
        with two[0].schema_editor(atomic=False) as editor:
            editor.create_model(ContentVersion)
            editor.create_model(SiteContact)
        content_version.create_triggers(two[0])
        content_version.renew(two[0])
    with closing(two[0]), closing(two[1]):
        yield two


def write(on: BaseDatabaseWrapper, email: str) -> None:
    """Saves the card of contact through a connection."""
    with on.cursor() as cursor:
        cursor.execute("DELETE FROM public_site_sitecontact")
        cursor.execute(
            "INSERT INTO public_site_sitecontact "
            "(id, email, address, whatsapp, hours, hours_en, map_url, updated_at) VALUES (1, %s, '', '', '', '', '', %s)",
            [email, on.ops.adapt_datetimefield_value(clock.now())],
        )


def seen(on: BaseDatabaseWrapper) -> tuple[str, str]:
    """The version and the address, as another process reads them."""
    word = content_version.current(on)
    with on.cursor() as cursor:
        cursor.execute("SELECT email FROM public_site_sitecontact")
        row = cursor.fetchone()
    return word, row[0] if row else ""


def test_another_process_sees_version_and_content_change_at_the_same_moment(pair) -> None:
    writer, reader = pair
    write(writer, "lama@demo.example")
    before = seen(reader)
    writer.set_autocommit(False)
    write(writer, "baru@demo.example")
    assert seen(reader) == before
    writer.commit()
    writer.set_autocommit(True)
    word, email = seen(reader)
    assert (word != before[0], email) == (True, "baru@demo.example")
    assert seen(writer) == (word, email)


def test_version_of_an_edit_that_was_rolled_back_never_comes_again(pair) -> None:
    writer, reader = pair
    write(writer, "lama@demo.example")
    before = seen(reader)
    words = {before[0]}
    for email in ("satu@demo.example", "dua@demo.example"):
        writer.set_autocommit(False)
        write(writer, email)
        words.add(seen(writer)[0])
        writer.rollback()
        writer.set_autocommit(True)
        assert seen(reader) == before
    write(writer, "tiga@demo.example")
    words.add(seen(reader)[0])
    assert len(words) == 4


@pytest.mark.django_db
def test_every_way_of_writing_renews_it() -> None:
    page = Page.objects.create(slug="uji", title="Uji", body="Isi")

    def by_sql() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE public_site_page SET title = 'Lain'")

    words = [content_version.current()]
    for write_it in (
        page.save,
        lambda: Page.objects.update(title="Diubah"),
        lambda: Page.objects.bulk_update([page], ["title"]),
        lambda: Faq.objects.bulk_create([Faq(slug="a", question="A?", answer="A")]),
        lambda: Faq.objects.bulk_create([Faq(slug="a", question="A?"), Faq(slug="b")], ignore_conflicts=True),
        lambda: WorkRules(pk=1).save(),
        lambda: WorkRules.objects.update(answer_working_days=F("answer_working_days") + 1),
        by_sql,
        page.delete,
        lambda: Faq.objects.all().delete(),
    ):
        write_it()
        words.append(content_version.current())
    assert len(set(words)) == len(words)


@pytest.mark.django_db
def test_it_comes_back_with_a_savepoint() -> None:
    before = content_version.current()
    with transaction.atomic():
        SiteContact().save()
        assert content_version.current() != before
        transaction.set_rollback(True)
    assert content_version.current() == before


@pytest.mark.django_db
def test_every_table_of_content_has_its_triggers_and_a_lost_one_is_told() -> None:
    assert content_version.missing(connection) == []
    triggers.drop(connection, content_version.PREFIX)
    assert len(content_version.missing(connection)) >= len(content_version.watched_tables())
    assert "core.W004" in {found.id for found in run_checks(databases=["default"])}
    assert "Penjaga pembaruan halaman publik" in " ".join(problem.text for problem in platform_problems())
    before = content_version.current()
    call_command("migrate", verbosity=0, interactive=False)
    assert content_version.missing(connection) == []
    assert content_version.current() not in ("", before)
