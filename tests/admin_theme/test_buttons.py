"""Buttons that run operations: asking changes nothing, rules and rights hold on every road."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.admin_theme.cast import SignIn, make_officer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.admin_theme.urls")]
HX = {"HX-Request": "true"}


@pytest.fixture
def group() -> Group:
    return Group.objects.create(name="baru")


@pytest.fixture
def approver(sign_in: SignIn) -> Client:
    return sign_in(Client(), make_officer("ratna", permissions=("auth.view_group", "auth.delete_group")))


@pytest.fixture
def reader(sign_in: SignIn) -> Client:
    return sign_in(Client(), make_officer("budi", permissions=("auth.view_group",)))


def step(group: Group) -> str:
    return f"/admin/auth/group/{group.pk}/rename/"


def page(group: Group) -> str:
    return f"/admin/auth/group/{group.pk}/change/"


@pytest.mark.parametrize("headers", [{}, HX])
def test_get_asks_and_changes_nothing(approver: Client, group: Group, headers: dict[str, str]) -> None:
    response = approver.get(step(group), {"note": "terima"}, headers=headers)
    assert response.status_code == 200
    assert 'name="note"' in response.text
    assert ("<html" in response.text) is not bool(headers)
    group.refresh_from_db()
    assert group.name == "baru"


def test_post_runs_operation_for_the_person(approver: Client, group: Group) -> None:
    response = approver.post(step(group), {"note": "terima"}, follow=True)
    group.refresh_from_db()
    assert group.name == "terima oleh ratna"
    assert "“Setujui” sudah dilakukan" in response.text


def test_post_from_dialog_sends_browser_back_to_record(approver: Client, group: Group) -> None:
    response = approver.post(step(group), {"note": "terima"}, headers=HX)
    assert response.headers["HX-Redirect"] == page(group)


@pytest.mark.parametrize("method", ["get", "post"])
def test_button_without_permission_is_forbidden(reader: Client, group: Group, method: str) -> None:
    assert getattr(reader, method)(step(group), {"note": "terima"}).status_code == 403
    group.refresh_from_db()
    assert group.name == "baru"


def test_button_without_permission_is_not_shown(reader: Client, approver: Client, group: Group) -> None:
    assert step(group) in approver.get(page(group)).text
    assert step(group) not in reader.get(page(group)).text


def test_button_needs_right_to_see_the_record(sign_in: SignIn, group: Group) -> None:
    client = sign_in(Client(), make_officer("rina", permissions=("auth.delete_group",)))
    assert client.post(step(group), {"note": "terima"}).status_code == 403


def test_missing_record_is_not_found(approver: Client) -> None:
    assert approver.post("/admin/auth/group/99/rename/", {"note": "terima"}).status_code == 404
    assert approver.post("/admin/auth/group/x/rename/", {"note": "terima"}).status_code == 404


def test_post_without_csrf_token_is_refused(sign_in: SignIn, group: Group) -> None:
    officer = make_officer("ratna", permissions=("auth.view_group", "auth.delete_group"))
    client = sign_in(Client(enforce_csrf_checks=True), officer)
    assert client.post(step(group), {"note": "terima"}).status_code == 403
    group.refresh_from_db()
    assert group.name == "baru"


def test_guard_reasons_are_shown_before_the_click(approver: Client) -> None:
    own = Group.objects.create(name="milik ratna")
    response = approver.get(page(own))
    assert "Menunggu petugas lain: Anda yang memverifikasi." in response.text
    assert 'aria-disabled="true"' in response.text
    assert f'href="{step(own)}"' not in response.text


def test_guard_reasons_hold_on_post(approver: Client) -> None:
    own = Group.objects.create(name="milik ratna")
    response = approver.post(step(own), {"note": "terima"})
    assert response.status_code == 409
    assert "Menunggu petugas lain" in response.text
    own.refresh_from_db()
    assert own.name == "milik ratna"


def test_step_that_does_not_fit_the_state_is_hidden_and_refused(approver: Client) -> None:
    done = Group.objects.create(name="selesai")
    response = approver.get(page(done))
    assert step(done) not in response.text
    assert "aria-disabled" not in response.text
    assert "tidak berlaku untuk status" in approver.post(step(done), {"note": "terima"}, follow=True).text
    done.refresh_from_db()
    assert done.name == "selesai"


def test_operation_errors_are_all_shown(approver: Client, group: Group) -> None:
    response = approver.post(step(group), {"note": "salah"})
    assert response.status_code == 422
    assert "Berkas belum lengkap." in response.text
    assert "Kop surat belum sesuai." in response.text
    assert 'value="salah"' in response.text


def test_form_errors_keep_the_dialog(approver: Client, group: Group) -> None:
    response = approver.post(step(group), {"note": ""}, headers=HX)
    assert response.status_code == 200
    assert "HX-Redirect" not in response.headers
    assert 'id="dialog-form"' in response.text


def test_change_by_somebody_else_becomes_a_message(approver: Client, group: Group) -> None:
    response = approver.post(step(group), {"note": "tabrakan"}, follow=True)
    assert response.status_code == 200
    assert "sudah diubah petugas lain" in response.text
