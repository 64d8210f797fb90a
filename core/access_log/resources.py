"""What leaves as Excel/CSV from the access log: who read what when; never the keys of the persons."""

from django.utils.translation import gettext_lazy as _
from import_export import fields, resources

from core.access_log.models import AccessEntry
from core.export_fields import Choice, Moment


class AccessEntryResource(resources.ModelResource):
    """One line for each entry."""

    at = Moment(column_name=_("Waktu"), attribute="at")
    actor_name = fields.Field(column_name=_("Pelaku"), attribute="actor_name")
    action = Choice(column_name=_("Tindakan"), attribute="action")
    purpose = fields.Field(column_name=_("Keperluan"), attribute="purpose")
    count = fields.Field(column_name=_("Jumlah orang"), attribute="count")
    object_type = fields.Field(column_name=_("Jenis objek"), attribute="object_type")
    object_id = fields.Field(column_name=_("Objek"), attribute="object_id")
    address = fields.Field(column_name=_("Alamat jaringan"), attribute="address")

    class Meta:
        model = AccessEntry
        fields = ("at", "actor_name", "action", "purpose", "count", "object_type", "object_id", "address")
        export_order = fields
