"""Users in the console: officers are made here, applicants register; no password is ever shown."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from accounts import authenticator, operations
from accounts.admin.authenticator import AuthenticatorPages
from accounts.models import User
from accounts.resources import UserResource
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import RangeDateFilter, RelatedDropdownFilter
from admin_theme.several import BulkOperation, BulkOperationsMixin
from admin_theme.weighty import weighty
from core.access_log.exporting import RecordedExportAdmin
from core.doors import clock

CHANGE = "accounts.change_user"


class UserForm(forms.ModelForm):
    """Roles belong to officers, an agency to applicants."""

    def clean_email(self) -> str:
        """Lower case; taken by one account only."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Sudah ada akun dengan alamat email ini."))
        return email

    def clean(self) -> dict[str, Any]:
        """An applicant needs an agency; roles without the console would be dead letters."""
        cleaned = super().clean() or {}
        is_staff = cleaned.get("is_staff", self.instance.is_staff)
        if not is_staff and "agency" in self.fields and not cleaned.get("agency"):
            self.add_error("agency", _("Pilih instansi"))
        if not is_staff and cleaned.get("groups"):
            self.add_error("groups", _("Peran hanya untuk petugas. Centang status staf atau kosongkan peran"))
        return cleaned


class DeactivateForm(BaseDialogForm):
    """Why the account is shut; says what the person still has on the desk."""

    reason = forms.CharField(
        label=_("Alasan"),
        min_length=5,
        max_length=250,
        help_text=_("Tercatat di riwayat akun, misalnya pindah tugas."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        known = str(object_id or "")
        user = User.objects.filter(pk=known).first() if known.isdecimal() else None
        work = [line for path in settings.OPEN_WORK for line in import_string(path)(user)] if user else []
        if work:
            link = '<a class="text-primary-600 dark:text-primary-500 font-semibold" href="{}">{}</a>'
            self.fields["reason"].help_text = format_html_join(
                " ", "{} " + link, ((text, page, _("Serahkan dahulu")) for text, page in work)
            )


def _is_above(user: User, by: User) -> bool:
    """A superuser's account is looked after by superusers only."""
    return user.is_superuser and not by.is_superuser


def _sessions_reasons(user: User, by: User) -> list[str] | None:
    if user.pk == by.pk or not user.is_active or _is_above(user, by):
        return None
    return [] if user.signed_in_devices.exists() else [str(_("Pengguna ini tidak sedang masuk."))]


def _authenticator_reasons(user: User, by: User) -> list[str] | None:
    if user.pk == by.pk or _is_above(user, by) or not authenticator.is_asked_of(user):
        return None
    return []


def _deactivate_reasons(user: User, by: User) -> list[str] | None:
    if not user.is_active or _is_above(user, by):
        return None
    return [str(_("Anda tidak dapat menonaktifkan akun Anda sendiri."))] if user.pk == by.pk else []


def _activate_reasons(user: User, by: User) -> list[str] | None:
    return None if user.is_active or _is_above(user, by) else []


def _temporary_reasons(user: User, by: User) -> list[str] | None:
    if not user.is_active or _is_above(user, by):
        return None
    return [str(_("Untuk akun Anda sendiri, pilih Ganti kata sandi."))] if user.pk == by.pk else []


@admin.register(User)
class UserAdmin(AuthenticatorPages, BulkOperationsMixin, OperationButtonsMixin, RecordedExportAdmin):
    """People who may sign in."""

    logs_values = False
    logged_even_so = ("is_staff", "groups", "agency")
    form = UserForm
    list_display = (
        "username",
        "full_name",
        "email",
        "agency",
        "display_kind",
        "is_active",
        "display_last_login",
    )
    list_filter = (
        "is_staff",
        "is_active",
        ("groups", RelatedDropdownFilter),
        ("agency", RelatedDropdownFilter),
        ("last_login", RangeDateFilter),
        ("date_joined", RangeDateFilter),
    )
    search_fields = ("username", "full_name", "email")
    list_select_related = ("agency",)
    autocomplete_fields = ("agency",)
    actions = ()
    ordering = ("username",)
    resource_classes = [UserResource]
    more_columns = ("employee_number", "phone", "unit", "date_joined")
    empty_text = _("Petugas dibuat di sini. Pemohon muncul setelah pendaftarannya disetujui.")
    bulk_operations = [
        BulkOperation(
            "deactivate",
            label=_("Nonaktifkan yang dipilih"),
            operation=operations.deactivate_user,
            permission=CHANGE,
            is_weighty=True,
            variant="danger",
            form_class=DeactivateForm,
            confirm=_("Pengguna ini langsung dikeluarkan dari semua perangkat dan tidak dapat masuk lagi."),
        ),
    ]
    readonly_fields = ("is_active", "display_last_login", "display_password")
    fieldsets = (
        (
            _("Orang"),
            {"fields": ("username", "full_name", "email", "employee_number", "phone", "agency", "unit")},
        ),
        (_("Hak"), {"fields": ("is_staff", "groups")}),
        (_("Akun"), {"fields": ("is_active", "display_last_login", "display_password")}),
    )
    operation_buttons = [
        OperationButton(
            "temporary_password",
            label=_("Kirim ulang kata sandi sementara"),
            operation=operations.send_temporary_password,
            permission=CHANGE,
            reasons=_temporary_reasons,
            is_weighty=True,
            icon="key",
            confirm=_(
                "Kata sandi sekarang dan semua perangkat yang masuk tidak berlaku lagi. "
                "Kata sandi sementara dikirim ke email pengguna; petugas tidak melihatnya."
            ),
            success=_("Kata sandi sementara untuk %(object)s sedang dikirim."),
        ),
        OperationButton(
            "reset_authenticator",
            label=_("Atur ulang autentikator"),
            operation=authenticator.reset,
            permission=CHANGE,
            reasons=_authenticator_reasons,
            is_weighty=True,
            icon="phonelink_erase",
            variant="warning",
            confirm=_(
                "Aplikasi autentikator dan kode pemulihan pengguna ini tidak berlaku lagi, dan ia dikeluarkan "
                "dari semua perangkat. Pastikan dahulu, misalnya lewat telepon, bahwa permintaan ini darinya. "
                "Pengguna diberi tahu lewat email."
            ),
            success=_("Autentikator %(object)s sudah diatur ulang."),
        ),
        OperationButton(
            "end_sessions",
            label=_("Keluarkan dari semua perangkat"),
            operation=operations.end_sessions,
            permission=CHANGE,
            reasons=_sessions_reasons,
            is_weighty=True,
            icon="logout",
            confirm=_("Pengguna ini harus masuk lagi di setiap perangkat. Kata sandinya tidak berubah."),
            success=_("%(object)s sudah dikeluarkan dari semua perangkat."),
        ),
        OperationButton(
            "deactivate",
            label=_("Nonaktifkan"),
            operation=operations.deactivate_user,
            permission=CHANGE,
            reasons=_deactivate_reasons,
            is_weighty=True,
            icon="person_off",
            variant="danger",
            form_class=DeactivateForm,
            confirm=_("Pengguna ini langsung dikeluarkan dari semua perangkat dan tidak dapat masuk lagi."),
            success=_("Akun %(object)s dinonaktifkan."),
        ),
        OperationButton(
            "activate",
            label=_("Aktifkan"),
            operation=operations.activate_user,
            permission=CHANGE,
            reasons=_activate_reasons,
            is_weighty=True,
            icon="person_check",
            variant="success",
            confirm=_("Pengguna ini dapat masuk lagi dengan kata sandinya."),
            success=_("Akun %(object)s diaktifkan."),
        ),
    ]

    @weighty(_("Mengubah pengguna dan perannya"), methods=("POST",))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; saving it may give rights, so it asks again who is there."""
        response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        return response

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The few roles as boxes to tick."""
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            field = super().formfield_for_manytomany(db_field, request, **kwargs)
            field.help_text = _("Hak setiap peran ada di Peran, Siapa boleh apa.")
            return field
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody changes their own rights; a user id stays what it is."""
        fields: tuple[str, ...] = self.readonly_fields
        if obj is not None:
            fields = (*fields, "username")
            if obj.pk == request.user.pk:
                fields = (*fields, "is_staff", "groups")
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A superuser's account is changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Accounts are shut, never deleted: histories point at them."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new account gets its temporary password by mail, like an approved registration."""
        if not change:
            obj.set_unusable_password()
            obj.must_change_password = True
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """After roles are saved: welcome a new person, tell an old one that the rights changed."""
        super().save_related(request, form, formsets, change)
        if change and "email" in form.changed_data:
            operations.email_changed(form.instance.pk, before=form.initial.get("email", ""))
        if not change:
            operations.welcome_user(form.instance.pk)
        elif {"groups", "is_staff", "agency"} & set(form.changed_data):
            operations.rights_changed(form.instance.pk)

    @display(description=_("jenis"), label={True: "info", False: "success"})
    def display_kind(self, user: User) -> tuple[bool, str]:
        """Officer or applicant."""
        return user.is_staff, str(_("Petugas") if user.is_staff else _("Pemohon"))

    @display(description=_("terakhir masuk"), ordering="last_login")
    def display_last_login(self, user: User) -> str:
        """When the person last signed in."""
        return clock.short_datetime(user.last_login) if user.last_login else str(_("Belum pernah"))

    @display(description=_("kata sandi"))
    def display_password(self, user: User) -> str:
        """The state of the password, never the password."""
        if user.pk is None:
            return str(_("Kata sandi sementara dikirim lewat email setelah disimpan."))
        if user.must_change_password:
            until = user.temporary_password_until
            text = _("Sementara, berlaku sampai %(time)s") if until else _("Sementara, sedang dikirim")
            return str(text) % {"time": clock.short_datetime(until)} if until else str(text)
        changed = user.password_changed_at
        return (
            str(_("Dibuat sendiri pada %(time)s")) % {"time": clock.short_datetime(changed)}
            if changed
            else "–"
        )
