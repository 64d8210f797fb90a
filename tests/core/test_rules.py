"""The rules of work: lists of days and terms that fit together."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.utils.formats import number_format
from environ import Env

from admin_theme.bounds import bounds_of
from core.rules.models import Reason, WorkRules
from core.settings.numbers import whole_number


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("agreement_warnings", {"agreement_warnings": "7, 30"}),
        ("agreement_warnings", {"agreement_warnings": "30, 30"}),
        ("agreement_warnings", {"agreement_warnings": "٩٠"}),
        ("correction_reminders", {"correction_reminders": "lima"}),
        ("correction_reminders", {"correction_reminders": "10, 2"}),
        ("correction_reminders", {"correction_working_days": 2}),
        ("work_ends", {"work_ends": "07:00"}),
    ],
)
def test_senseless_rules_are_refused_at_their_field(db: None, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        WorkRules(pk=1, **changes).full_clean()
    assert list(refused.value.message_dict) == [field]


def test_rules_as_delivered_fit_together(db: None) -> None:
    WorkRules(pk=1).full_clean()


NUMBERS = [column.name for column in WorkRules._meta.fields if bounds_of(column) and column.name != "id"]


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_the_rules_has_two_bounds_and_names_them(db: None, name: str) -> None:
    bounds = bounds_of(WorkRules._meta.get_field(name))
    assert bounds is not None
    for number in (-1, bounds.high + 1, 10**12):
        with pytest.raises(ValidationError) as refused:
            WorkRules(pk=1, **{name: number}).clean_fields()
        most = number_format(bounds.high, force_grouping=True)
        assert f"Isi angka {bounds.low} sampai {most}" in refused.value.message_dict[name]


def test_no_second_approval_for_more_rows_than_anybody_sends(db: None) -> None:
    WorkRules(pk=1, second_approval_rows=10_000).clean_fields()
    with pytest.raises(ValidationError, match=r"Isi angka 1 sampai 10\.000"):
        WorkRules(pk=1, second_approval_rows=10_001).clean_fields()


@pytest.mark.parametrize("text", ["0", "-1", "9999999999", "banyak"])
def test_a_senseless_number_from_the_environment_refuses_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("OTP_TRIES", text)
    with pytest.raises(ImproperlyConfigured, match=r"OTP_TRIES.*isi angka 1 sampai 20"):
        whole_number(Env(), "OTP_TRIES", default=5, low=1, high=20)


def test_a_sensible_number_from_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTP_TRIES", "7")
    assert whole_number(Env(), "OTP_TRIES", default=5, low=1, high=20) == 7


def test_new_list_of_reasons_is_loaded_beside_lists_that_were_edited(base_data: None) -> None:
    Reason.objects.filter(purpose=Reason.Purpose.REVOCATION).delete()
    Reason.objects.filter(purpose=Reason.Purpose.REJECTION).exclude(text="Surat tidak sah").delete()
    call_command("load_reasons")
    assert Reason.objects.offered(Reason.Purpose.REVOCATION).count() == 4
    assert [reason.text for reason in Reason.objects.offered(Reason.Purpose.REJECTION)] == ["Surat tidak sah"]
    call_command("load_reasons")
    assert Reason.objects.offered(Reason.Purpose.REVOCATION).count() == 4
