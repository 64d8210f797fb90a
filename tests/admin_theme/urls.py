"""A console with one page whose buttons run operations on groups, as the apps' own pages will."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django_fsm import ConcurrentTransition
from unfold.forms import BaseDialogForm

from admin_theme.base import ImportExportOfficerAdmin, OfficerModelAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.sites import OfficerAdminSite
from core.reference.models import Country


class NoteForm(BaseDialogForm):
    """What the operation is told."""

    note = forms.CharField(label="Catatan", min_length=3)


def rename(pk: int, *, by: Any, note: str) -> None:
    """An operation with rules of its own."""
    if note == "tabrakan":
        raise ConcurrentTransition
    if note == "salah":
        raise ValidationError(["Berkas belum lengkap.", "Kop surat belum sesuai."])
    Group.objects.filter(pk=pk).update(name=f"{note} oleh {by.username}")


def reasons_to_wait(group: Group, user: Any) -> list[str] | None:
    """Greyed for its own maker, hidden when done."""
    if group.name.startswith("selesai"):
        return None
    return (
        ["Menunggu petugas lain: Anda yang memverifikasi."] if group.name == f"milik {user.username}" else []
    )


class GroupStepsAdmin(OperationButtonsMixin, OfficerModelAdmin):
    """Groups with one button."""

    list_filter = ("name",)
    operation_buttons = (
        OperationButton(
            "rename",
            label="Setujui",
            icon="check",
            variant="primary",
            permission="auth.delete_group",
            operation="tests.admin_theme.urls.rename",
            form_class=NoteForm,
            reasons=reasons_to_wait,
        ),
    )

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        """Another officer was faster."""
        if obj.name == "tabrakan":
            raise ConcurrentTransition
        super().save_model(request, obj, form, change)


class CountryTableAdmin(ImportExportOfficerAdmin):
    """A small table with import and export."""


site = OfficerAdminSite(name="admin")
site.register(Group, GroupStepsAdmin)
site.register(Country, CountryTableAdmin)


def _stub(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Halaman umum")


_public = [
    path("", _stub, name="home"),
    path("masuk/", _stub, name="sign_in"),
    path("keluar/", _stub, name="sign_out"),
    path("akun/kata-sandi/", _stub, name="password_change"),
]
urlpatterns = [path("admin/", site.urls), path("", include((_public, "public_site")))]


def count_waiting(request: HttpRequest) -> str:
    """A badge beside a link."""
    return "3"
