"""The named cast and the world every test starts from.

Siti applies (BADAN IT NASIONAL), Sari is her colleague, Budi verifies, Rina processes, Ratna approves,
Puti heads the approvers, Kartika administers, Dewi edits content, Umar audits; Joko (another agency) must
never get in.
"""

import gc
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from accounts.models import Agency, Agreement, CodeDevice, User
from core.catalogue.models import Service
from core.reference.models import ImmigrationOffice, Region
from tests import factories
from tests.browser import OpenPage, signed_in_pages
from tests.database import Template

REGIONS = [
    ("31", None, 1, "provinsi", "DKI JAKARTA", ""),
    ("31.74", "31", 2, "kota", "JAKARTA SELATAN", ""),
    ("31.74.09", "31.74", 3, "kecamatan", "JAGAKARSA", ""),
    ("31.74.09.1005", "31.74.09", 4, "kelurahan", "JAGAKARSA", "12620"),
    ("32", None, 1, "provinsi", "JAWA BARAT", ""),
    ("32.73", "32", 2, "kota", "BANDUNG", ""),
]


#: The suite makes few cycles and keeps millions of objects: looking for garbage less often saves a twentieth.
gc.set_threshold(100_000, 50, 100)


# Properties are tried with the same examples each time, and nobody judges how quick the machine makes them up.
hypothesis.settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups first, so that two workers end at about the same time.

    Tests that empty the database stay where pytest-django puts them: last.
    """
    long = {"story", "routes_public", "routes_console", "burst", "regions"}

    def is_long(item: pytest.Item) -> bool:
        marker = item.get_closest_marker("xdist_group")
        return marker is not None and marker.args[0] in long

    items.sort(key=lambda item: not is_long(item))


def load_base_data() -> None:
    """Roles, catalogue and a handful of reference rows; does nothing when they are there."""
    if Group.objects.filter(name="Verifikator").exists():
        return
    call_command("load_roles", verbosity=0)
    call_command("load_catalogue", verbosity=0)
    call_command("load_reasons", verbosity=0)
    for code, parent, level, kind, name, postal_code in REGIONS:
        Region.objects.get_or_create(
            code=code,
            defaults={
                "parent_id": parent,
                "level": level,
                "kind": kind,
                "name": name,
                "short_name": name,
                "postal_code": postal_code,
            },
        )
    ImmigrationOffice.objects.get_or_create(
        slug="jakarta-selatan",
        defaults={
            "short_name": "Jakarta Selatan",
            "full_name": "Kantor Imigrasi Kelas I Khusus Jakarta Selatan",
            "kind": "KANIM",
        },
    )


@pytest.fixture(scope="session")
def database_template(pytestconfig) -> Iterator[Template | None]:
    """The empty migrated database that is copied; None on PostgreSQL."""
    if connection.vendor != "sqlite":
        yield None
        return
    template = Template(pytestconfig.cache.mkdir("database"))
    yield template
    template.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, database_template) -> None:
    """Before pytest-django migrates: a copy of the template, on which it finds nothing to do."""
    if database_template is not None:
        database_template.fill()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, database_template):
    """The test database with the base data, loaded once."""
    if database_template is not None:
        database_template.keep()
    with django_db_blocker.unblock():
        load_base_data()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """No test sees a page that another one had drawn under other settings."""
    caches["pieces"].clear()


@pytest.fixture
def base_data(db) -> None:
    """The base data, loaded again when a transactional test before this one has emptied the tables."""
    load_base_data()


@pytest.fixture
def catalogue(base_data) -> dict[str, Service]:
    """The services of fixtures/catalogue.json by key."""
    return {service.key: service for service in Service.objects.all()}


@pytest.fixture
def reference(base_data) -> dict[str, Any]:
    """A few real regions and one immigration office."""
    return {
        "province": Region.objects.get(pk="31"),
        "regency": Region.objects.get(pk="31.74"),
        "district": Region.objects.get(pk="31.74.09"),
        "village": Region.objects.get(pk="31.74.09.1005"),
        "office": ImmigrationOffice.objects.get(slug="jakarta-selatan"),
    }


@pytest.fixture
def agency(base_data) -> Agency:
    """Siti's agency."""
    return factories.make_agency()


@pytest.fixture
def other_agency(base_data) -> Agency:
    """Joko's agency."""
    return factories.make_agency("KEMENTERIAN LAIN", "LAIN")


@pytest.fixture
def agreement(agency) -> Agreement:
    """The agreement of Siti's agency, in force, with every service."""
    return factories.make_agreement(agency)


@pytest.fixture
def siti(agency) -> User:
    return factories.make_applicant("BADANIT_001", "Siti Aminah", agency, email="siti@badan.go.id")


@pytest.fixture
def sari(agency) -> User:
    return factories.make_applicant("BADANIT_002", "Sari Dewanti", agency, email="sari@badan.go.id")


@pytest.fixture
def joko(other_agency) -> User:
    return factories.make_applicant("LAIN_001", "Joko Prasetyo", other_agency, email="joko@lain.go.id")


@pytest.fixture
def budi(base_data) -> User:
    return factories.make_officer("budi", "Budi Santoso", "Verifikator")


@pytest.fixture
def rina(base_data) -> User:
    return factories.make_officer("rina", "Rina Lestari", "Petugas")


@pytest.fixture
def ratna(base_data) -> User:
    return factories.make_officer("ratna", "Ratna Wulandari", "Penyetuju")


@pytest.fixture
def puti(base_data) -> User:
    return factories.make_officer("puti", "Puti Maharani", "Pimpinan")


@pytest.fixture
def kartika(base_data) -> User:
    return factories.make_officer("kartika", "Kartika Putri", "Admin")


@pytest.fixture
def dewi(base_data) -> User:
    return factories.make_officer("dewi", "Dewi Anggraini", "Pengelola Konten")


@pytest.fixture
def umar(base_data) -> User:
    return factories.make_officer("umar", "Umar Hakim", "Auditor")


@pytest.fixture
def sign_in() -> Callable[[Any, User], Any]:
    """``sign_in(client, user)``: signed in with a verified one-time code; returns the client."""

    def sign_in(client: Any, user: User) -> Any:
        client.force_login(user)
        device, _created = CodeDevice.objects.get_or_create(user=user, defaults={"name": "default"})
        session = client.session
        now = int(timezone.now().timestamp())
        session.update(
            {
                "otp_device_id": device.persistent_id,
                "started_at": now,
                "seen_at": now,
                "confirmed_at": now,
            }
        )
        session.save()
        return client

    return sign_in


@pytest.fixture
def open_page(
    transactional_db: None, sign_in: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenPage]:
    """``open_page(person)``: a page of that person's own browser; fails when a browser complained."""
    # Playwright's loop runs in this thread; the tests ask the database between the clicks all the same.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with signed_in_pages(live_server.url, sign_in) as open_page:
        yield open_page


@pytest.fixture
def drain_queue(db) -> Callable[[], int]:
    """``drain_queue()``: runs every queued task for real, also those they queue, and returns how many ran."""

    def drain_queue() -> int:
        done = 0
        while (row := OrmQ.objects.order_by("id").first()) is not None:
            task = row.task
            OrmQ.objects.filter(pk=row.pk).delete()
            import_string(task["func"])(*task["args"], **task["kwargs"])
            done += 1
            assert done < 500, "the queue does not become empty"
        return done

    return drain_queue


@pytest.fixture
def mail_text() -> Callable[..., str]:
    """``mail_text(index=-1, to=None)``: subject and plain text of a sent message (the last by default)."""

    def mail_text(index: int = -1, to: str | None = None) -> str:
        sent = [message for message in mail.outbox if to is None or to in message.to]
        message = sent[index]
        return f"{message.subject}\n\n{message.body}"

    return mail_text


@pytest.fixture
def page_text() -> Callable[[Any], str]:
    """``page_text(response)``: what a person reads on the page, without tags."""

    def page_text(response: Any) -> str:
        body = response.content.decode()
        body = re.sub(r"<(script|style)\b.*?</\1>", " ", body, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())

    return page_text
