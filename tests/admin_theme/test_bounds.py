"""Whoever types a number in the console is told both bounds, on every page and on either database."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.test import Client, RequestFactory

from accounts.models import User
from admin_theme.bounds import Between
from core.rules.models import Reason
from tests.admin_theme.cast import make_officer

pytestmark = pytest.mark.django_db


def forms_of_the_console(request: Any) -> Any:
    for page in admin.site._registry.values():
        yield f"{page}", page.get_form(request)
        for inline in page.get_inline_instances(request):
            yield f"{page} {inline}", inline.get_formset(request).form


def test_every_number_in_the_console_has_two_bounds(rf: RequestFactory) -> None:
    request = rf.get("/admin/")
    request.user = make_officer("all", is_superuser=True)
    seen, unbounded = 0, []
    for page, form in forms_of_the_console(request):
        for name, field in form.base_fields.items():
            if type(field) is forms.IntegerField:
                seen += 1
                if not any(isinstance(check, Between) for check in field.validators):
                    unbounded.append(f"{page}: {name}")
    assert seen > 15
    assert unbounded == []


@pytest.mark.parametrize("number", ["-1", "10000", "99999999999999999999"])
def test_an_order_beyond_its_bounds_is_refused_with_both(
    client: Client, sign_in: Any, kartika: User, base_data: None, page_text: Any, number: str
) -> None:
    reason = Reason.objects.first()
    assert reason is not None
    response = sign_in(client, kartika).post(
        f"/admin/rules/reason/{reason.pk}/change/",
        {"purpose": reason.purpose, "text": reason.text, "text_en": reason.text_en, "position": number},
    )
    assert response.status_code == 200
    assert "Isi angka 0 sampai 9.999" in page_text(response)
