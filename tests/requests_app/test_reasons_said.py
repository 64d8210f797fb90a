"""What was said stays said: an edited list of reasons does not rewrite corrections, extensions and emergencies."""

import importlib
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.translation import override

from accounts.models import User
from core.rules.models import Reason
from requests_app import corrections, ledger, operations
from requests_app.admin import approval
from requests_app.models import ClockEntry, Correction, DataRequest, Status
from tests.requests_app import results
from tests.routes import fill_request


def renamed(reason: Reason) -> None:
    Reason.objects.filter(pk=reason.pk).update(text="Kata yang lain", text_en="Other words")


def offered(purpose: str) -> Reason:
    reason = Reason.objects.offered(purpose).first()
    assert reason is not None
    return reason


@pytest.fixture
def checked(siti: User, budi: User, agreement: Any, catalogue: Any, base_data: None) -> DataRequest:
    request = fill_request(siti, catalogue["paspor"], "1/X")
    operations.submit(request.pk, by=siti, submit_key=uuid.uuid4())
    return operations.start_verification(request.pk, by=budi)


def marked(request: DataRequest, by: User, reason: Reason) -> Correction:
    pins = operations.mark(
        request.pk, by=by, kind="header", keys=["letter_number"], reason=reason, text="Lihat kop"
    )
    return Correction.objects.get(pk=pins[0].pk)


def test_a_correction_keeps_the_words_of_its_reason(checked, budi, siti):
    reason = offered(Reason.Purpose.CORRECTION)
    marked(checked, budi, reason)
    operations.ask_correction(checked.pk, by=budi, note="Perbaiki surat")
    renamed(reason)
    pin = checked.corrections.get()
    assert corrections.reason_text(pin) == f"{reason.text.rstrip('.')}. Lihat kop"
    with override("en"):
        assert corrections.reason_text(pin) == f"{reason.text_en.rstrip('.')}. Lihat kop"


def test_what_is_asked_again_is_asked_in_the_words_of_that_day(checked, budi, siti):
    reason = offered(Reason.Purpose.CORRECTION)
    pin = marked(checked, budi, reason)
    operations.ask_correction(checked.pk, by=budi, note="Perbaiki surat")
    operations.explain(checked.pk, by=siti, correction_pk=pin.pk, text="Sudah benar begitu")
    operations.resubmit(checked.pk, by=siti)
    renamed(reason)
    reason.refresh_from_db()
    again = operations.pin_again(checked.pk, by=budi, correction_pk=pin.pk, reason=reason)
    pin.refresh_from_db()
    assert again.shown_reason == "Kata yang lain"
    assert pin.shown_reason != "Kata yang lain"


def test_an_extension_keeps_the_words_both_sides_have_read(checked, budi):
    reason = offered(Reason.Purpose.EXTENSION)
    operations.extend(checked.pk, by=budi, days=2, reason=reason, note="Arsip diambil dari gudang")
    renamed(reason)
    assert [line.reason for line in ledger.lines(checked) if line.reason] == [reason.text]


def test_an_emergency_keeps_the_words_of_its_reason(siti, puti, ratna, agreement, catalogue, base_data):
    reason = offered(Reason.Purpose.OVERRIDE)
    found = results.make_request(siti, status=Status.AWAITING_APPROVAL, agreement=agreement, approved_at=None)
    results.add_row(found, catalogue["deportasi"], results.ASKED, (results.ANSWER,))
    operations.approve_first(found.pk, by=ratna)
    operations.override_approval(found.pk, by=puti, reason=reason, note="Diminta penyidik malam ini")
    renamed(reason)
    panel = approval.panel(DataRequest.objects.get(pk=found.pk))
    assert panel is not None
    assert panel.override_reason == f"{reason.text}: Diminta penyidik malam ini"


def test_rows_from_before_get_the_words_of_today(checked, budi):
    reason = offered(Reason.Purpose.CORRECTION)
    pin = marked(checked, budi, reason)
    operations.extend(
        checked.pk,
        by=budi,
        days=2,
        reason=offered(Reason.Purpose.EXTENSION),
        note="Arsip diambil dari gudang",
    )
    for model in (Correction, ClockEntry):
        model.objects.filter(reason__isnull=False).update(reason_said="?", reason_said_en="?")
    importlib.import_module("requests_app.migrations.0014_reasons_as_said").fill(apps, None)
    pin.refresh_from_db()
    assert (pin.reason_said, pin.reason_said_en) == (reason.text, reason.text_en)
    entry = checked.clock_entries.get(reason__isnull=False)
    assert entry.reason_said == offered(Reason.Purpose.EXTENSION).text


def test_the_database_keeps_a_reason_and_its_words_together(checked, budi):
    pin = marked(checked, budi, offered(Reason.Purpose.CORRECTION))
    with pytest.raises(IntegrityError, match="correction_keeps_its_words"), transaction.atomic():
        Correction.objects.filter(pk=pin.pk).update(reason_said="")
