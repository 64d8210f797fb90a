"""Role x URL: who gets which answer from every route, as one table that a new route must join.

Every answer is also asked for its security headers. tests/tables/routes.csv is read by people: one line a route,
method and state of the applicant's object, one column a person.
``WRITE_ROUTES_TABLE=1 pytest -n0 tests/test_routes_table.py`` writes it anew; what changes shows in the diff and
wants a look.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template import Template
from django.test import Client

from public_site.hub.models import GuideVersion, HubLink
from requests_app.models import DestructionCertificate, ResultDocument
from tests.routes import (
    ROLES,
    STATES,
    Route,
    World,
    address,
    all_routes,
    build_console_objects,
    build_requests,
)

TABLE = Path(__file__).parent / "tables" / "routes.csv"
KEYS = ("route", "method", "state")
#: Reached by POST only through forms that other tests fill in; asking them blindly would change the world.
STATEFUL_POST = ("admin:",)
#: Reference lists without anything personal may be cached.
SAME_FOR_EVERYBODY = (
    "public_site:region_options",
    "public_site:kanim_options",
    "public_site:checkpoint_options",
)
#: Routes whose POST would sign the asking person out or change the session.
OF_THE_SESSION = ("public_site:sign_out", "public_site:devices", "public_site:session_extend", "set_language")


@pytest.fixture
def world(
    db,
    siti,
    sari,
    joko,
    budi,
    rina,
    ratna,
    puti,
    kartika,
    dewi,
    umar,
    agreement,
    catalogue,
    reference,
    drain_queue,
    settings,
):
    """Siti's requests in three states and a value for every URL parameter."""
    settings.DEMO_MAIL_DIR = settings.VAR_DIR / "no-mail"
    requests = build_requests(siti, budi, rina, ratna, catalogue["paspor"], drain_queue)
    build_console_objects(catalogue["paspor"], rina)
    done = requests["done"].documents.get()
    published = GuideVersion.objects.order_by("pk")[0]
    ResultDocument.objects.create(
        request=requests["done"],
        part=1,
        number="BAGIAN-UJI",
        scope="uji",
        sequence=1,
        state=ResultDocument.State.ISSUED,
        numbered_at=done.numbered_at,
        pdf=done.pdf.name,
    )
    return World(
        requests=requests,
        parameters={
            "position": 1,
            "officer_pk": rina.pk,
            "admin:list_settings.app_label": "requests_app",
            "admin:list_settings.model_name": "datarequest",
            "token": done.token,
            "slug": "privasi",
            "kind": "pdf",
            "part": 1,
            "key": "tidak-ada",
            "uid": "MQ",
            "row_pk": requests["done"].rows.get().pk,
            "verb": "cocokkan",
            "correction": 1,
            "correction_pk": 0,
            "admin:requests_app_datarequest_pin.verb": "centang",
            "app_label": "requests_app",
            "upload": "00000000-0000-4000-8000-000000000000",
            "public_site:register_confirm.token": "bukan-token",
            "public_site:register_correct.token": "bukan-token",
            "public_site:reset_confirm.token": "bukan-token",
            "public_site:kanim_options.slug": "dki",
            "public_site:checkpoint_options.slug": "jakarta-selatan",
            "public_site:guide_download.slug": "tidak-ada",
            "office": "yogyakarta",
            "paper": "a4",
            "guide": "tidak-ada",
            "version": "1",
            "admin:public_site_guide_version.guide": published.guide_id,
            "admin:public_site_guide_version.version": published.pk,
            "number": "1",
            "certificate": DestructionCertificate.objects.get().pk,
            "link": HubLink.objects.filter(hub__slug="yogyakarta").order_by("pk")[0].pk,
        },
    )


@pytest.fixture
def clients(
    world, sign_in, siti, sari, joko, budi, rina, ratna, puti, kartika, dewi, umar
) -> dict[str, Client]:
    """One browser for each person."""
    people = {
        "siti": siti, "sari": sari, "joko": joko, "budi": budi, "rina": rina,
        "ratna": ratna, "puti": puti, "kartika": kartika, "dewi": dewi, "umar": umar,
    }  # fmt: skip
    found = {"anonymous": Client(raise_request_exception=True)}
    found.update({name: sign_in(Client(raise_request_exception=True), user) for name, user in people.items()})
    return found


@pytest.fixture
def blank_pages(monkeypatch) -> None:
    """Django's templates stay blank: status and headers are asked here, other tests read every page."""
    monkeypatch.setattr(Template, "render", lambda self, context: "")


def walk(world: World, clients: dict[str, Client], *, keep: str) -> list[dict[str, str]]:
    """Asks every route (its name starting with ``keep``, or all others when it starts with "!")."""
    lines = []
    for route in all_routes():
        chosen = not route.name.startswith(keep[1:]) if keep.startswith("!") else route.name.startswith(keep)
        if not chosen:
            continue
        states = STATES if "pk" in route.parameters and route.name.startswith("public_site:") else ("",)
        for state in states:
            url = address(route, world, state or "done")
            for method in ("GET", "POST") if not route.name.startswith(STATEFUL_POST) else ("GET",):
                line = {
                    "route": route.name,
                    "method": method,
                    "state": state,
                }
                for role in ROLES:
                    line[role] = "-" if url is None else str(ask(clients, role, route, method, url))
                lines.append(line)
    return lines


def ask(clients: dict[str, Client], role: str, route: Route, method: str, url: str) -> int:
    """The status of one answer.

    A POST is sent empty: by strangers with everything a browser would send; by Siti, who owns the objects, and on
    routes that change the asking session itself, without the CSRF token, so that it must be refused.
    """
    client = clients[role]
    if method == "GET":
        response = client.get(url)
        check_headers(response, route, role, url)
        return status_of(response)
    if role == "siti" or route.name in OF_THE_SESSION:
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = client.cookies
        return status_of(strict.post(url, {}))
    return status_of(client.post(url, {}))


def check_headers(response: Any, route: Route, role: str, url: str) -> None:
    """CSP without unsafe-inline and unsafe-eval for scripts, nosniff, frames denied, nothing personal cached."""
    headers = response.headers
    policy = headers["Content-Security-Policy"]
    where = f"{route.name} as {role}: {policy}"
    assert "unsafe-eval" not in policy, where
    scripts = [part for part in policy.split(";") if part.strip().startswith("script-src")]
    assert not any("unsafe-inline" in part for part in scripts), where
    if not url.startswith("/admin/"):
        assert "unsafe-inline" not in policy, where
    assert "default-src 'none'" in policy, where
    assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy, where
    assert headers["X-Content-Type-Options"] == "nosniff", where
    assert headers["X-Frame-Options"] in ("DENY", "SAMEORIGIN"), where
    assert headers["Referrer-Policy"] == "same-origin", where
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert "Permissions-Policy" in headers, where
    if role != "anonymous" and not route.name.startswith(SAME_FOR_EVERYBODY):
        assert "no-store" in headers["Cache-Control"], where


def status_of(response: Any) -> int:
    """The status; an open file is closed, but not the response, which would take the database connection along."""
    for close in response._resource_closers:
        close()
    response._resource_closers.clear()
    return response.status_code


def stored_table() -> list[dict[str, str]]:
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def write_table(found: list[dict[str, str]], mine: Callable[[dict[str, str]], bool]) -> None:
    """Replaces the lines of one half of the table."""
    lines = [line for line in (stored_table() if TABLE.exists() else []) if not mine(line)] + found
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*KEYS, *ROLES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(lines, key=lambda line: [line[key] for key in KEYS]))


def compare(found: list[dict[str, str]], keep: str) -> None:
    """Every line equal, none missing, none left over."""
    negated = keep.startswith("!")
    name = keep.lstrip("!")

    def mine(line: dict[str, str]) -> bool:
        return (not line["route"].startswith(name)) if negated else line["route"].startswith(name)

    if os.environ.get("WRITE_ROUTES_TABLE"):
        write_table(found, mine)
    wanted = {tuple(line[key] for key in KEYS): line for line in stored_table() if mine(line)}
    seen = {tuple(line[key] for key in KEYS): line for line in found}
    assert sorted(seen.keys() - wanted.keys()) == [], "routes without a line in tests/tables/routes.csv"
    assert sorted(wanted.keys() - seen.keys()) == [], "lines of routes that are gone"
    wrong = [
        f"{' '.join(key)}: {role} wants {wanted[key][role]}, got {seen[key][role]}"
        for key in seen
        for role in ROLES
        if wanted[key][role] != seen[key][role]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(1200)
@pytest.mark.xdist_group("routes_public")
def test_routes_answer_each_role_as_the_table_says_on_the_public_site(world, clients, blank_pages):
    compare(walk(world, clients, keep="!admin:"), "!admin:")


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.xdist_group("routes_console")
def test_routes_answer_each_role_as_the_table_says_in_the_console(world, clients, blank_pages):
    compare(walk(world, clients, keep="admin:"), "admin:")


def test_table_keeps_strangers_out():
    """What must hold whatever the table says: read from the table itself."""
    for line in stored_table():
        where = f"{line['route']} {line['method']} {line['state']}"
        if line["route"].startswith("admin:"):
            for role in ("anonymous", "siti", "sari", "joko"):
                assert line[role] in ("302", "404", "403", "-", "301"), where
        if line["state"]:
            assert line["joko"] in ("404", "403", "405"), where
            assert line["anonymous"] in ("302", "403", "405"), where
            if line["method"] == "GET" and line["state"] == "draft":
                assert line["sari"] in ("404", "405"), where
        if line["state"] and line["method"] == "POST":
            assert line["siti"] == "403", where
            for role in ROLES:
                assert not line[role].startswith("2"), where


def test_unknown_and_foreign_objects_answer_alike(world, clients, joko):
    """404 with the same page for a request that is not there and one that is somebody else's."""
    foreign = clients["joko"].get(f"/permohonan/{world.requests['sent'].pk}/")
    unknown = clients["joko"].get("/permohonan/00000000-0000-4000-8000-000000000000/")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    code = foreign.headers["X-Request-Id"], unknown.headers["X-Request-Id"]
    assert foreign.content.replace(code[0].encode(), b"") == unknown.content.replace(code[1].encode(), b"")


def test_cookies_are_secure_outside_demo():
    """The production settings name and close the cookies (read in a process of their own)."""
    program = (
        "import django, json; django.setup(); from django.conf import settings as s; "
        "print(json.dumps([s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY, "
        "s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, "
        "s.SECURE_HSTS_SECONDS, s.DEBUG, s.DEMO]))"
    )
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DEMO", "DJANGO_SETTINGS_MODULE")
    }
    environment |= {
        "DJANGO_SETTINGS_MODULE": "core.settings.base",
        "SECRET_KEY": "k" * 60,
        "ALLOWED_HOSTS": "layanan.example",
        "SITE_URL": "https://layanan.example",
        "EMAIL_URL": "smtp+ssl://user:password@mail.example:465",
    }
    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(output.stdout.splitlines()[-1]) == [
        "__Host-sesi", True, True, "Lax", "__Host-csrf", True, True, 31536000, False, False,
    ]  # fmt: skip
