"""What leaves as Excel/CSV from the lists of registrations, users, agencies and agreements; never a secret."""

from django.utils.translation import gettext_lazy as _
from import_export import fields, resources

from accounts.models import Agency, Agreement, Registration, User
from core.export_fields import Answer, Choice, Day, Moment


class RegistrationResource(resources.ModelResource):
    """One line for each registration."""

    agency_name = fields.Field(column_name=_("Nama Instansi"), attribute="agency_name")
    unit = fields.Field(column_name=_("Unit Kerja"), attribute="unit")
    full_name = fields.Field(column_name=_("Nama"), attribute="full_name")
    employee_number = fields.Field(column_name=_("NIP/NRP"), attribute="employee_number")
    email = fields.Field(column_name=_("Email"), attribute="email")
    phone = fields.Field(column_name=_("No. Telp"), attribute="phone")
    status = Choice(column_name=_("Status"), attribute="status")
    email_confirmed_at = Moment(column_name=_("Email dikonfirmasi"), attribute="email_confirmed_at")
    created_at = Moment(column_name=_("Didaftarkan"), attribute="created_at")
    decided_at = Moment(column_name=_("Diputuskan"), attribute="decided_at")

    class Meta:
        model = Registration
        fields = (
            "agency_name", "unit", "full_name", "employee_number", "email", "phone", "status",
            "email_confirmed_at", "created_at", "decided_at",
        )  # fmt: skip
        export_order = fields


class UserResource(resources.ModelResource):
    """One line for each account; no password, no session."""

    username = fields.Field(column_name=_("ID pengguna"), attribute="username")
    full_name = fields.Field(column_name=_("Nama"), attribute="full_name")
    email = fields.Field(column_name=_("Email"), attribute="email")
    phone = fields.Field(column_name=_("No. Telp"), attribute="phone")
    agency = fields.Field(column_name=_("Instansi"), attribute="agency__name")
    unit = fields.Field(column_name=_("Unit Kerja"), attribute="unit")
    is_staff = Answer(column_name=_("Petugas"), attribute="is_staff")
    is_active = Answer(column_name=_("Aktif"), attribute="is_active")
    date_joined = Moment(column_name=_("Dibuat"), attribute="date_joined")
    last_login = Moment(column_name=_("Terakhir masuk"), attribute="last_login")

    class Meta:
        model = User
        fields = (
            "username", "full_name", "email", "phone", "agency", "unit", "is_staff", "is_active",
            "date_joined", "last_login",
        )  # fmt: skip
        export_order = fields


class AgencyResource(resources.ModelResource):
    """One line for each agency."""

    name = fields.Field(column_name=_("Nama Instansi"), attribute="name")
    code = fields.Field(column_name=_("Kode"), attribute="code")
    address = fields.Field(column_name=_("Alamat"), attribute="address")
    is_active = Answer(column_name=_("Aktif"), attribute="is_active")
    created_at = Moment(column_name=_("Dibuat"), attribute="created_at")

    class Meta:
        model = Agency
        fields = ("name", "code", "address", "is_active", "created_at")
        export_order = fields


class AgreementResource(resources.ModelResource):
    """One line for each version of an agreement."""

    number = fields.Field(column_name=_("Nomor PKS"), attribute="number")
    agency = fields.Field(column_name=_("Instansi"), attribute="agency__name")
    title = fields.Field(column_name=_("Judul"), attribute="title")
    version = fields.Field(column_name=_("Versi"), attribute="version")
    valid_from = Day(column_name=_("Berlaku Sejak"), attribute="valid_from")
    valid_until = Day(column_name=_("Berlaku Sampai"), attribute="valid_until")
    terminated_on = Day(column_name=_("Diakhiri pada"), attribute="terminated_on")

    class Meta:
        model = Agreement
        fields = ("number", "agency", "title", "version", "valid_from", "valid_until", "terminated_on")
        export_order = fields
