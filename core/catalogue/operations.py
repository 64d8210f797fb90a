"""The verbs of the catalogue: prepare changes on a draft, publish them at once, take back, restore an earlier version."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from admin_theme.changes import record_change
from core.catalogue import versions
from core.catalogue.models import Identifies, Service, ServiceVersion

RIGHT = "catalogue.change_service"
#: What a row must be known by, at least one of them.
PERSON = (
    Identifies.NAME,
    Identifies.NATIONAL_ID,
    Identifies.PASSPORT_NO,
    Identifies.DOCUMENT_NO,
    Identifies.NIORA,
)


def obstacles(service: Service) -> list[str]:
    """Why nobody can be asked for yet: without a person's column the access log could name nobody."""
    asked = [field for field in service.fields.all() if field.asked and not field.is_retired]
    if not asked:
        return [_("Layanan belum memiliki kolom yang diminta. Simpan kolomnya dahulu, lalu terbitkan.")]
    if not any(field.identifies in PERSON for field in asked):
        return [
            _(
                "Belum ada kolom diminta yang mengenali orang. Buka kolom nama atau nomor, isi Mengenali, "
                "lalu terbitkan."
            )
        ]
    return []


@transaction.atomic
def start_draft(service_id: int, *, by: Any) -> Service:
    """A copy of a published service to change in peace; the one that exists when somebody began already."""
    service = _locked(service_id, by)
    if service.draft_of is not None:
        return service
    if not service.is_published:
        raise ValidationError(_("Layanan ini belum diterbitkan dan dapat diubah langsung."))
    found = Service.with_drafts.filter(draft_of=service).first()
    return found or _draft_from(service, versions.take(service))


@transaction.atomic
def publish(service_id: int, *, by: Any, note: str = "") -> Service:
    """Puts a draft, or a service that was not published yet, into force; from now on everybody sees it.

    Requests keep the schema they were begun with. Raises ValidationError with every reason against it.
    """
    given = _locked(service_id, by)
    if against := obstacles(given):
        raise ValidationError(against)
    live = given.draft_of or given
    snapshot = versions.take(given)
    if given.draft_of is not None:
        live = Service.objects.select_for_update().get(pk=given.draft_of_id)
        before = versions.take(live)
        if not live.versions.exists():
            _remember(live, before, by=None, note=_("Keadaan sebelum perubahan pertama"))
        changes = versions.differences(before, snapshot)
        if not changes:
            raise ValidationError(_("Draf ini sama dengan layanan yang terbit. Belum ada yang berubah."))
        _check_against(live, snapshot)
        if Service.objects.exclude(pk=live.pk).filter(label__iexact=given.label).exists():
            raise ValidationError(_("Nama layanan ini sudah dipakai."))
        _delete(given)
        versions.put(snapshot, live)
        values = [(f"{change.field} {change.label}".strip(), change.old, change.new) for change in changes]
    else:
        values = []
    live.is_published = True
    live.save(update_fields=["is_published"])
    live.full_clean()
    number = _remember(live, versions.take(live), by=by, note=note).number
    told = [(gettext_noop("versi"), "", str(number)), (gettext_noop("catatan"), "", note)]
    record_change(by, live, gettext_noop("Diterbitkan"), [*told, *values])
    return live


@transaction.atomic
def discard_draft(service_id: int, *, by: Any) -> Service:
    """Throws a draft away; what is published stays."""
    draft = _locked(service_id, by)
    live = draft.draft_of
    if live is None:
        raise ValidationError(_("Ini bukan draf."))
    _delete(draft)
    record_change(by, live, gettext_noop("Draf dibuang"))
    return live


@transaction.atomic
def withdraw(service_id: int, *, by: Any, note: str) -> Service:
    """Takes a service off the site: nobody can ask for it any more, requests already sent go on."""
    service = _locked(service_id, by)
    if service.draft_of is not None or not service.is_published:
        raise ValidationError(_("Layanan ini tidak sedang diterbitkan."))
    draft = Service.with_drafts.filter(draft_of=service).first()
    if draft is not None:
        raise ValidationError(_("Layanan ini mempunyai draf. Terbitkan atau buang drafnya dahulu."))
    service.is_published = False
    service.save(update_fields=["is_published"])
    record_change(by, service, gettext_noop("Ditarik dari situs"), [(gettext_noop("catatan"), "", note)])
    return service


@transaction.atomic
def restore(service_id: int, *, number: int, by: Any) -> Service:
    """An earlier version as a draft, to be looked at and published; nothing changes for applicants yet."""
    service = _locked(service_id, by)
    version = ServiceVersion.objects.filter(service=service, number=number).first()
    if version is None:
        raise ValidationError(_("Versi ini tidak ada."))
    if Service.with_drafts.filter(draft_of=service).exists():
        raise ValidationError(_("Layanan ini mempunyai draf. Terbitkan atau buang drafnya dahulu."))
    if not service.is_published:
        _check_against(service, version.snapshot)
        versions.put(version.snapshot, service)
        record_change(by, service, gettext_noop("Dipulihkan"), [(gettext_noop("versi"), "", str(number))])
        return service
    return _draft_from(service, version.snapshot)


def _locked(service_id: int, by: Any) -> Service:
    if not by.is_active or not by.has_perm(RIGHT):
        raise PermissionDenied
    return Service.with_drafts.select_for_update(of=("self",)).select_related("draft_of").get(pk=service_id)


def _draft_from(service: Service, snapshot: versions.Snapshot) -> Service:
    draft = Service(draft_of=service)
    versions.put({**snapshot, "service": {**snapshot["service"], "key": service.key}}, draft)
    return draft


def _delete(draft: Service) -> None:
    draft.fields.all().delete()
    Service.with_drafts.filter(pk=draft.pk).delete()


def _remember(service: Service, snapshot: versions.Snapshot, *, by: Any, note: str) -> ServiceVersion:
    last = service.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return ServiceVersion.objects.create(
        service=service, number=last + 1, snapshot=snapshot, by=by, note=note[:250]
    )


def _check_against(live: Service, snapshot: versions.Snapshot) -> None:
    """What was used keeps its meaning, however the new state came to be."""
    if live.used_at is None:
        return
    rows = {field.key: field for field in live.fields.all()}
    for values in snapshot["fields"]:
        row = rows.get(values["key"])
        if row is None:
            continue
        if row.kind != values["kind"]:
            raise ValidationError(
                _("Jenis kolom %(label)s sudah dipakai dan tidak dapat diubah.") % {"label": row.label}
            )
        if {value for value, _label in row.choices} - {value for value, _label in values["choices"]}:
            raise ValidationError(
                _("Pilihan kolom %(label)s yang sudah dipakai tidak dapat dihapus.") % {"label": row.label}
            )
