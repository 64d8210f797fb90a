"""The world and the walk of the role x URL table: every route of the URL configuration, asked by everybody."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.timezone import now
from django_q.models import Failure, Schedule, Success
from django_q.tasks import async_task

from accounts.models import IdentityCheck
from admin_theme.changes import record_change
from core.access_log.models import Action
from core.access_log.record import record_access
from core.doors import clock
from core.holdings.models import ImportRun, Record
from core.models import MailText
from core.reference.models import Checkpoint, Country, Holiday, ImmigrationOffice, RegionalOffice
from requests_app import answering, operations
from requests_app.models import DataRequest, DestructionCertificate, Outcome
from tests import factories

ROLES = ("anonymous", "siti", "sari", "joko", "budi", "rina", "ratna", "puti", "kartika", "dewi", "umar")
#: Where the applicant's objects stand when a route is asked for one of them.
STATES = ("draft", "sent", "done")


@dataclass(frozen=True)
class Route:
    """One pattern: its full name, its template, the names of its parameters."""

    name: str
    pattern: str
    parameters: tuple[str, ...]


def all_routes() -> list[Route]:
    """Every named route of the project, the console's included, each once."""
    found: dict[tuple[str, str], Route] = {}
    for names, pattern, parameters in _walk(get_resolver(), (), ""):
        name = ":".join(names)
        found.setdefault((name, pattern), Route(name, pattern, parameters))
    return list(found.values())


def _walk(
    resolver: URLResolver, spaces: tuple[str, ...], prefix: str
) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry, inside, pattern)
        elif isinstance(entry, URLPattern) and (entry.name or not prefix.startswith("admin/")):
            # The console's nameless patterns only redirect old addresses or answer 404.
            label = entry.name or pattern
            yield (
                (*spaces, label),
                pattern,
                tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex),
            )


@dataclass
class World:
    """Objects for the parameters of the routes, by state where it matters."""

    requests: dict[str, DataRequest]
    parameters: dict[str, Any]
    console_objects: dict[str, Any] = field(default_factory=dict)


def fill_request(applicant: Any, service: Any, letter_number: str) -> DataRequest:
    """A draft with everything that sending asks for, and one row: the manual's John Doe."""
    request = operations.create_draft(by=applicant)
    header = {
        "letter_number": letter_number,
        "letter_date": clock.today(),
        "subject": "PERMOHONAN DATA",
        "unit": "ANALISIS",
        "phone": "08123456789",
        "purpose": "Pemeriksaan data pegawai yang bertugas di luar negeri",
        "legal_basis": "c",
    }
    operations.save_header(request.pk, by=applicant, values=header, letter=factories.pdf_file())
    operations.answer_more_than_ten(request.pk, by=applicant, value=False)
    values = {"nama": "John Doe", "no_paspor": "A123123", "tanggal_lahir": "2000-12-31"}
    operations.add_row(request.pk, by=applicant, service=service, values=values)
    return DataRequest.objects.get(pk=request.pk)


def build_requests(
    siti: Any, budi: Any, rina: Any, ratna: Any, service: Any, drain: Any
) -> dict[str, DataRequest]:
    """Siti's requests: a draft, a sent one, and one answered to the end."""
    requests = {}
    for state in STATES:
        request = fill_request(siti, service, f"1234/{state}")
        row = request.rows.get()
        if state != "draft":
            operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
            operations.write_message(request.pk, by=siti, text="Halo", attachment=factories.pdf_file())
        if state == "done":
            operations.start_verification(request.pk, by=budi)
            operations.accept(request.pk, by=budi)
            answering.set_outcome(row.pk, by=rina, outcome=Outcome.NOT_FOUND)
            operations.send_for_approval(request.pk, by=rina)
            operations.approve(request.pk, by=ratna)
            drain()
        requests[state] = DataRequest.objects.get(pk=request.pk)
    record_access(
        Action.VIEW_ROWS, actor=rina, purpose="uji", object_type="datarequest", object_id="uji", persons=[row]
    )
    return requests


def build_console_objects(service: Any, rina: Any) -> None:
    """One object for each list of the console that would be empty otherwise."""
    factories.make_registration()
    run = ImportRun.objects.create(
        service=service, by=rina, file_name="uji.xlsx", stage=ImportRun.Stage.READY
    )
    Record.objects.create(service=service, source_key="UJI-1", values={"nama": "John Doe"}, import_run=run)
    regional = RegionalOffice.objects.create(
        slug="dki", name="Kantor Wilayah DKI Jakarta", official_name="Kanwil DKI"
    )
    assert regional.pk
    yogyakarta = {
        "short_name": "Yogyakarta",
        "full_name": "Kantor Imigrasi Kelas I TPI Yogyakarta",
        "kind": "KANIM",
    }
    ImmigrationOffice.objects.get_or_create(slug="yogyakarta", defaults=yogyakarta)
    Checkpoint.objects.create(key="uji", code="UJI", name="TPI Uji", kind="UDARA")
    Country.objects.get_or_create(
        alpha3="IDN", defaults={"alpha2": "ID", "name": "Indonesia", "name_en": "Indonesia"}
    )
    Holiday.objects.get_or_create(
        date=date(2026, 8, 17), defaults={"name": "Hari Kemerdekaan", "kind": "national"}
    )
    Success.objects.create(
        id="a" * 32, name="uji", func="core.tasks.clean_up", started=now(), stopped=now(), success=True
    )
    Failure.objects.create(
        id="b" * 32, name="gagal", func="core.tasks.clean_up", started=now(), stopped=now(), success=False
    )
    Schedule.objects.create(name="uji", func="core.tasks.clean_up", schedule_type=Schedule.DAILY)
    async_task("core.tasks.clean_up")
    MailText.objects.get_or_create(kind="accounts.sign_in_code")
    DestructionCertificate.objects.create(started_at=now(), state="done")
    IdentityCheck.objects.create(user=rina, way="password", deed="uji", passed=True)
    record_change(rina, Country.objects.get(pk="IDN"), "Diubah")
    for command in ("load_content", "load_hub", "load_whatsapp"):
        call_command(command, verbosity=0)


def console_models() -> dict[str, Any]:
    """The models registered in the console, by "app_model"."""
    return {
        f"{model._meta.app_label}_{model._meta.model_name}": model
        for model in sorted(admin.site._registry, key=lambda m: m._meta.label)
    }


def address(route: Route, world: World, state: str) -> str | None:
    """The route's address for the object of that state; None when there is no such object to ask for."""
    values: dict[str, Any] = {}
    for name in route.parameters:
        value = parameter(route, name, world, state)
        if value is None:
            return None
        values[name] = value
    return reverse(route.name, kwargs=values) if values else reverse(route.name)


def parameter(route: Route, name: str, world: World, state: str) -> Any:
    """A value for one URL parameter."""
    if route.name.startswith("admin:") and name in ("object_id", "pk"):
        short = route.name.removeprefix("admin:")
        for label, model in console_models().items():
            if short.startswith(label + "_"):
                if model is DataRequest:
                    return str(world.requests[state].pk)
                first = model._default_manager.order_by("pk").first()
                return None if first is None else str(first.pk)
        return None
    if name in ("message", "message_pk"):
        written = world.requests[state].messages.first()
        return written.pk if written else 0
    if name == "pk":
        return world.requests[state].pk
    return world.parameters.get(f"{route.name}.{name}", world.parameters.get(name))
