"""Every list of the console as one table: found by search or filters, bounded by dates, says what to do when empty,
costs the same for one row and for many, and leaves as a file only with an entry in the access log."""

import csv
import io
import itertools
import uuid
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from import_export.admin import ExportMixin

from accounts.models import User
from admin_theme.filters import RangeDateFilter
from core.access_log.exporting import RecordedExportAdmin
from core.access_log.models import AccessEntry, Action
from core.models import OutgoingMail
from tests import factories
from tests.requests_app import results

#: Lists with neither search nor filters, and why that is right.
PLAIN = {
    "rules.WorkRules": "one row, opened at once",
    "holdings.Record": "a search page of its own; nothing is listed unasked",
    "public_site.HubCount": "a report page of its own",
    "public_site.SiteContact": "one row",
    "core.MailText": "as many rows as kinds of mail, all on one page",
    "django_q.OrmQ": "work that waits a moment; its columns are packed",
}
#: Pages that are no list: the address answers with another page.
NO_LIST = {"rules.WorkRules", "holdings.Record", "public_site.HubCount"}
#: Lists whose rows are made by the console itself: never empty, never longer.
FIXED = {"core.MailText"}
#: Lists with persons in them: they leave only with an entry.
PERSONAL = {
    "accounts.Agency",
    "accounts.Agreement",
    "accounts.Registration",
    "accounts.User",
    "access_log.AccessEntry",
    "requests_app.DataRequest",
    "requests_app.ResultDocument",
}
PAGES = {model._meta.label: page for model, page in admin.site._registry.items()}
LISTS = sorted(set(PAGES) - NO_LIST - FIXED)
MANY = 6
_numbers = itertools.count(1)


def address(label: str) -> str:
    model = PAGES[label].model
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.fixture
def everybody(base_data: None) -> User:
    """Who may see every list."""
    return factories.make_officer("sumi", "Sumi Astuti", is_superuser=True)


# --- what each list offers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", sorted(PAGES))
def test_list_can_be_searched_or_filtered(label: str) -> None:
    page = PAGES[label]
    assert bool(page.search_fields or page.list_filter) is (label not in PLAIN), label


@pytest.mark.parametrize("label", LISTS)
def test_empty_list_has_a_word(label: str) -> None:
    assert len(str(getattr(PAGES[label], "empty_text", ""))) > 20, label


@pytest.mark.parametrize("label", LISTS)
def test_list_of_happenings_has_a_date_range(label: str) -> None:
    """Whatever grows with every day of work can be bounded by dates."""
    grows = {
        "accounts.Registration", "accounts.Agreement", "accounts.User", "access_log.AccessEntry",
        "admin.LogEntry", "core.OutgoingMail", "django_q.Failure", "django_q.Success", "holdings.ImportRun",
        "public_site.Conversation", "public_site.HubCheck", "public_site.PassportStatus",
        "public_site.WhatsAppMessage", "reference.Holiday", "requests_app.DataRequest",
        "requests_app.ResultDocument",
    }  # fmt: skip
    ranges = [
        entry[0]
        for entry in PAGES[label].list_filter
        if isinstance(entry, tuple) and issubclass(entry[1], RangeDateFilter)
    ]
    assert bool(ranges) or label not in grows, label


def test_lists_with_persons_leave_with_an_entry_only() -> None:
    exporting = {label for label, page in PAGES.items() if isinstance(page, ExportMixin)}
    assert exporting >= PERSONAL
    assert {label for label in PERSONAL if not isinstance(PAGES[label], RecordedExportAdmin)} == set()


# --- what each list costs ---------------------------------------------------------------------------------------


def make(model: type[models.Model], depth: int = 0) -> models.Model:
    """A row of any model, written past its rules: only the list is asked."""
    number = next(_numbers)
    values: dict[str, Any] = {"is_staff": True} if model is User else {}
    for field in model._meta.concrete_fields:
        if (
            field.attname in values
            or field.has_default()
            or (field.null and not isinstance(field, models.ForeignKey))
        ):
            continue
        if isinstance(field, models.AutoField) or getattr(field, "auto_now", False):
            continue
        values[field.attname] = _value(field, number, depth)
    return model._base_manager.bulk_create([model(**values)])[0]


def _value(field: Any, number: int, depth: int) -> Any:
    if isinstance(field, models.ForeignKey):
        if field.null and (depth or field.related_model is field.model):
            return None
        related = make(field.related_model, depth + 1)
        return getattr(related, field.target_field.attname)
    if field.choices:
        return field.flatchoices[0][0]
    simple: dict[type[Any], Any] = {
        models.UUIDField: uuid.uuid4(),
        models.DateTimeField: timezone.now(),
        models.DateField: date(2020, 1, 1) + timedelta(days=number),
        models.BooleanField: True,
        models.JSONField: {},
        models.BinaryField: b"",
    }
    for kind, value in simple.items():
        if isinstance(field, kind):
            return value
    if isinstance(field, models.EmailField):
        return f"orang{number}@contoh.go.id"
    if isinstance(field, models.CharField | models.TextField | models.FileField):
        return f"x{number}"[-(field.max_length or 20) :]
    if isinstance(field, models.IntegerField | models.DecimalField | models.FloatField):
        return number
    raise AssertionError(f"no value for {field}")


def rows_of(label: str, siti: User, catalogue: Any) -> None:
    """One more row for the list."""
    if label == "requests_app.DataRequest":
        officer = make(User)
        found = results.make_request(siti, status="processing", assignee=officer, verified_by=make(User))
        results.add_row(found, catalogue["paspor"], results.ASKED)
    elif label == "requests_app.ResultDocument":
        request = results.make_request(siti)
        make_document(request)
    elif label == "public_site.Conversation":
        number = next(_numbers)
        PAGES[label].model.objects.create(
            sender=f"x{number}", mode="officer", officer=make(User), asked_officer_at=timezone.now(),
            last_received_at=timezone.now(),
        )  # fmt: skip
    elif label == "django_q.OrmQ":
        from django_q.tasks import async_task

        async_task("core.tasks.clean_up")
    elif label in ("django_q.Success", "django_q.Failure"):
        PAGES[label].model.objects.create(
            id=uuid.uuid4().hex, name="x", func="core.tasks.clean_up", started=timezone.now(),
            stopped=timezone.now(), success=label == "django_q.Success",
        )  # fmt: skip
    elif label == "access_log.AccessEntry":
        from core.access_log.record import record_access

        record_access(Action.SEARCH, actor=siti, purpose="uji", object_type="Record", object_id="uji")
    elif label == "admin.LogEntry":
        from django.contrib.contenttypes.models import ContentType

        from core.reference.models import Country

        kind = ContentType.objects.get_for_model(Country)
        admin.models.LogEntry.objects.create(
            user=make(User),
            content_type=kind,
            object_id="1",
            object_repr="x",
            action_flag=2,
            change_message="[]",
        )
    elif label == "core.OutgoingMail":
        OutgoingMail.objects.create(
            kind="requests.completed", reference=str(uuid.uuid4()), dedupe_key=str(next(_numbers)),
            next_attempt_at=timezone.now(),
        )  # fmt: skip
    else:
        make(PAGES[label].model)


def make_document(request: Any) -> None:
    from requests_app.models import ResultDocument

    number = next(_numbers)
    ResultDocument.objects.create(
        request=request, number=f"UJI-{number}", scope="uji", sequence=number, numbered_at=timezone.now()
    )


@pytest.mark.slow
@pytest.mark.parametrize("label", LISTS)
def test_list_costs_the_same_for_one_row_and_many(
    client: Any, sign_in: Any, everybody: User, siti: User, agreement: Any, catalogue: Any, label: str
) -> None:
    sign_in(client, everybody)
    if label == "django_q.OrmQ":
        OrmQ.objects.all().delete()

    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address(label))
        assert answer.status_code == 200
        return len(queries), len(answer.context["cl"].result_list)

    rows_of(label, siti, catalogue)
    client.get(address(label))  # what is asked once in a process is asked now
    few, shown_first = cost()
    for _number in range(MANY):
        rows_of(label, siti, catalogue)
    many, shown_then = cost()
    assert shown_then > shown_first or shown_then >= 25, label
    assert many == few, label
    assert many <= 40, label


# --- what leaves as a file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", sorted(PERSONAL))
@pytest.mark.parametrize("file_format", [0, 1])
def test_export_is_recorded_and_inert(
    client: Any, sign_in: Any, everybody: User, siti: User, agreement: Any, catalogue: Any, agency: Any,
    label: str, file_format: int,
) -> None:  # fmt: skip
    for sign in ("=1+1", "==1+1", "+62", "-1", "@SUM(A1)"):
        agency.name = sign
        agency.pk = None
        agency.code = f"S{next(_numbers)}"
        agency.save()
        factories.make_registration(agency_name=sign)
        applicant = factories.make_applicant(f"uji{next(_numbers)}", sign, agency)
        results.make_request(applicant, subject=sign)
        make_document(results.make_request(applicant))
        factories.make_agreement(agency, title=sign)
    before = AccessEntry.objects.count()
    sign_in(client, everybody)
    if label == "access_log.AccessEntry":
        rows_of(label, siti, catalogue)
        before += 1
    answer = client.post(address(label) + "export/", {"format": str(file_format), "resource": "0"})
    assert answer.status_code == 200
    entry = AccessEntry.objects.latest("pk")
    assert AccessEntry.objects.count() == before + 1
    assert (entry.action, entry.actor, entry.object_type) == (
        Action.EXPORT, everybody, label.partition(".")[2],
    )  # fmt: skip
    if file_format == 0:
        sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        cells = [cell for line in sheet.iter_rows() for cell in line]
        assert not [cell for cell in cells if cell.data_type == "f"]
        texts = [str(cell.value) for cell in cells]
    else:
        texts = [cell for line in csv.reader(io.StringIO(answer.content.decode())) for cell in line]
        assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]
    assert len(texts) > 5
    assert not any("argon2" in text or "md5$" in text or "pbkdf2" in text for text in texts)


def test_export_of_too_many_lines_is_refused(
    client: Any, sign_in: Any, everybody: User, siti: User, monkeypatch: pytest.MonkeyPatch, page_text: Any
) -> None:
    monkeypatch.setattr("core.access_log.exporting.MOST_LINES", 1)
    for _number in range(2):
        results.make_request(siti)
    url = address("requests_app.DataRequest") + "export/"
    answer = sign_in(client, everybody).post(url, {"format": "0", "resource": "0"}, follow=True)
    assert "lebih dari 1 baris" in page_text(answer)
    assert not AccessEntry.objects.exists()


@pytest.mark.parametrize("number", ["9" * 20, "9" * 12])
@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("requests_app.DataRequest", "petugas"),
        ("admin.LogEntry", "user__id__exact"),
        ("reference.Holiday", "date__year"),
    ],
)
def test_number_beyond_every_column_is_a_senseless_filter(
    client: Any, sign_in: Any, everybody: User, label: str, query: str, number: str
) -> None:
    """An address typed or cut wrong is answered by the whole list, never by error 500."""
    answer = sign_in(client, everybody).get(address(label), {query: number}, follow=True)
    assert answer.status_code == 200
