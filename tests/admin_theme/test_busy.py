"""A deed of the console that lost against other work: a sentence and the way back, no error page."""

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.urls import reverse
from psycopg import errors

from core.holdings.models import ImportRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def discard(client, sign_in, rina, catalogue):
    """Presses *Batalkan impor* while the database refuses every change of imports with this error."""
    run = ImportRun.objects.create(
        service=catalogue["paspor"], by=rina, file_name="uji.xlsx", stage=ImportRun.Stage.READY
    )
    sign_in(client, rina)
    page = reverse("admin:holdings_importrun_operation_discard", args=[run.pk])

    def press(error, cause, **headers):
        def refuse(execute, sql, params, many, context):
            if sql.startswith("UPDATE") and "holdings_importrun" in sql:
                raise error from cause
            return execute(sql, params, many, context)

        with connection.execute_wrapper(refuse):
            return client.post(page, headers={"Referer": f"http://testserver{page}", **headers})

    press.page = page
    return press


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("deadlock detected"), errors.DeadlockDetected()),
        (OperationalError("database is locked"), None),
        (IntegrityError("violates foreign key"), errors.ForeignKeyViolation()),
    ],
)
def test_officer_is_led_back_with_a_sentence(client, discard, page_text, error, cause):
    answer = discard(error, cause)
    assert (answer.status_code, answer.url) == (302, f"http://testserver{discard.page}")
    assert "Data sedang diubah oleh pekerjaan lain" in page_text(client.get(discard.page))
    assert ImportRun.objects.get().stage == ImportRun.Stage.READY
    assert discard(error, cause, **{"HX-Request": "true"}).headers["HX-Redirect"].endswith(discard.page)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OperationalError("disk full"), errors.DiskFull()),
        (IntegrityError("duplicate key"), errors.UniqueViolation()),
    ],
)
def test_other_errors_of_the_database_stay_errors(discard, error, cause):
    with pytest.raises(type(error)):
        discard(error, cause)
