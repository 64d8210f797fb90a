"""Agreements (PKS) in the console: versions, the end and its warnings; and the purposes they may be limited to."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import DateField, Exists, OuterRef, QuerySet, Value
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSingleDateWidget

from accounts import operations
from accounts.admin.agreement_form import AgreementForm, fields_of_services
from accounts.models import Agreement, Purpose, User
from accounts.resources import AgreementResource
from admin_theme.base import OfficerModelAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import RangeDateFilter, RelatedDropdownFilter, YesNoFilter
from core.access_log.exporting import RecordedExportAdmin
from core.catalogue.models import Service
from core.doors import clock
from core.doors.storage import PDF, send_file
from core.rules.models import WorkRules, day_list


def first_warning() -> timedelta:
    """How long before its end an agreement is announced as ending soon."""
    return timedelta(days=day_list(WorkRules.current().agreement_warnings)[0])


class AgreementStateFilter(YesNoFilter):
    """Whether the agreement is in force today."""

    title = _("berlaku hari ini")
    parameter_name = "berlaku"

    def narrow(self, rows: Any, yes: bool) -> Any:
        """Rows in force, or the others."""
        in_force = Agreement.objects.in_force(clock.today()).values("pk")
        return rows.filter(pk__in=in_force) if yes else rows.exclude(pk__in=in_force)


class EndingSoonFilter(YesNoFilter):
    """In force, and within the first warning before its end."""

    title = _("akan berakhir")
    parameter_name = "akan_berakhir"

    def narrow(self, rows: Any, yes: bool) -> Any:
        """Rows that end soon, or the others."""
        soon = Agreement.objects.ending(clock.today(), first_warning().days).values("pk")
        return rows.filter(pk__in=soon) if yes else rows.exclude(pk__in=soon)


class TerminationForm(BaseDialogForm):
    """The day an agreement ends early."""

    terminated_on = forms.DateField(label=_("diakhiri pada"), widget=UnfoldAdminSingleDateWidget())


def _termination_reasons(agreement: Agreement, user: User) -> list[str] | None:
    if agreement.terminated_on is not None:
        return None
    following = Agreement.objects.filter(amends=agreement).first()
    if following is None:
        return []
    if following.valid_from <= clock.today():
        return None
    return [
        gettext(
            "Adendum %(number)s sudah dicatat mulai %(day)s. Hapus adendum itu dahulu, lalu akhiri PKS ini"
        )
        % {"number": following.number, "day": clock.long_date(following.valid_from)}
    ]


@admin.register(Purpose)
class PurposeAdmin(OfficerModelAdmin):
    """Purposes by their order; a used one is taken out of use, not deleted."""

    empty_text = _("Tambahkan tujuan permintaan data yang dapat dipilih dalam PKS.")
    list_display = ("label", "code", "position", "active")
    list_filter = ("active",)
    search_fields = ("label", "label_en", "code")
    fields = ("label", "label_en", "code", "position", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Purpose | None = None) -> tuple[str, ...]:
        """The code stays: lists outside may know it."""
        return ("code",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Agreements and requests point at it."""
        return False


@admin.register(Agreement)
class AgreementAdmin(OperationButtonsMixin, RecordedExportAdmin):
    """Which services an agency may ask for, how much, what for, and for how long.

    A version that was used or amended is only read; "Buat adendum" opens the form of its next version.
    """

    form = AgreementForm
    change_form_template = "admin/accounts/agreement/change_form.html"
    list_display = ("number", "agency", "display_version", "valid_from", "valid_until", "display_state")
    list_filter = (
        AgreementStateFilter,
        EndingSoonFilter,
        ("agency", RelatedDropdownFilter),
        ("valid_until", RangeDateFilter),
    )
    search_fields = ("number", "title", "agency__name")
    resource_classes = [AgreementResource]
    more_columns = ("title", "terminated_on")
    empty_text = _(
        "Tanpa PKS yang berlaku, sebuah instansi tidak dapat meminta data. Tambahkan PKS pertamanya."
    )
    list_select_related = ("agency",)
    autocomplete_fields = ("agency",)
    readonly_fields = ("state_text", "display_document", "display_terms", "display_bases", "display_versions")
    operation_buttons = [
        OperationButton(
            "terminate",
            label=_("Akhiri PKS"),
            operation=operations.terminate_agreement,
            permission="accounts.change_agreement",
            reasons=_termination_reasons,
            form_class=TerminationForm,
            icon="event_busy",
            variant="danger",
            confirm=_(
                "Sejak tanggal ini instansi tidak dapat mengajukan permohonan atas dasar PKS ini, dan permohonan "
                "yang sudah dikirim tidak dapat disetujui lagi."
            ),
            success=_("PKS %(object)s diakhiri."),
        ),
    ]

    # --- the form ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        """With the facts that the list shows of each version."""
        following = Agreement.objects.filter(amends=OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                is_replaced=Exists(following.filter(valid_from__lte=clock.today())),
                is_carried_on=Exists(following),
                soon_until=Value(clock.today() + first_warning(), output_field=DateField()),
            )
        )

    def is_closed(self, agreement: Agreement | None) -> bool:
        """Whether the terms can no longer be changed: a request was judged under them, or they were amended."""
        return agreement is not None and (
            agreement.used_at is not None or Agreement.objects.filter(amends=agreement).exists()
        )

    def get_fieldsets(self, request: HttpRequest, obj: Agreement | None = None) -> Any:
        """The terms as a form, or as a table once they are closed."""
        validity = (_("Masa berlaku"), {"fields": (("valid_from", "valid_until"), "state_text")})
        papers = (_("Dokumen"), {"fields": ("document", "display_document", "note")})
        history = [(_("Versi"), {"fields": ("display_versions",)})] if obj is not None else []
        if self.is_closed(obj) or not self._may_write(request, obj):
            grants = {"fields": ("display_terms", "display_bases", "purposes", "legal_basis")}
            return [
                (None, {"fields": ("agency", ("number", "title"), "change_note")}),
                validity,
                (_("Yang diizinkan"), grants),
                papers,
                *history,
            ]
        source = self._amended(request)
        head = ["agency", ("number", "title")]
        if source is not None or (obj is not None and obj.amends_id):
            head.append("change_note")
        if source is not None:
            head.append("amended")
        return [
            (None, {"fields": tuple(head)}),
            validity,
            *(
                (
                    service.shown_label,
                    {
                        "fields": (
                            f"on_{service.pk}",
                            (f"quota_{service.pk}", f"period_{service.pk}"),
                            f"columns_{service.pk}",
                        ),
                        "classes": ("agreement-terms",),
                    },
                )
                for service in self._services()
            ),
            (_("Dasar hukum dan tujuan"), {"fields": ("legal_bases", "legal_basis", "purposes")}),
            papers,
            *history,
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Agreement | None = None) -> tuple[str, ...]:
        """Closed terms are read; the document and a note may still be added."""
        fixed = tuple(self.readonly_fields)
        if self.is_closed(obj):
            terms = ("agency", "number", "title", "change_note", "valid_from", "valid_until")
            return (*fixed, *terms, "purposes", "legal_basis")
        if obj is not None and obj.amends_id:
            return (*fixed, "agency")
        return fixed

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form with fields for every service of the catalogue."""
        if not self.is_closed(obj) and self._may_write(request, obj):
            services = self._services()
            kwargs["form"] = type(
                "AgreementForm", (AgreementForm,), {**fields_of_services(services), "services": services}
            )
        return super().get_form(request, obj, change=change, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """An amendment starts with what it amends."""
        source = self._amended(request)
        if source is None:
            return super().get_changeform_initial_data(request)
        version = source.version + 1
        return {
            "agency": source.agency_id,
            "amended": source.pk,
            "number": gettext("%(number)s Adendum %(count)d")
            % {"number": source.all_versions()[0].number, "count": version - 1},
            "title": source.title,
            "valid_from": clock.today(),
            "valid_until": source.valid_until,
            "legal_basis": source.legal_basis,
            "purposes": list(source.purposes.all()),
            "source": source,
        }

    def _services(self) -> list[Service]:
        return list(Service.objects.with_fields())

    def _may_write(self, request: HttpRequest, obj: Agreement | None) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def _amended(self, request: HttpRequest) -> Agreement | None:
        """The version named by ``?mengubah=``, when it may be amended now."""
        text = request.GET.get("mengubah", "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return None
        return Agreement.objects.filter(
            pk=int(text), amended_by__isnull=True, terminated_on__isnull=True
        ).first()

    def save_model(self, request: HttpRequest, obj: Agreement, form: Any, change: bool) -> None:
        """An amendment follows the version it amends."""
        source = form.cleaned_data.get("amended")
        if not change and source is not None:
            obj.amends = source
            obj.version = source.version + 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The services belong to the agreement by rows of their own terms."""
        super().save_related(request, form, formsets, change)
        form.save_terms()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """With what is to be said above the form: the end, and that closed terms change by an amendment."""
        found = self.get_object(request, object_id) if object_id else None
        context = {**(extra_context or {}), "agreement_notices": self._notices(request, found)}
        return super().changeform_view(request, object_id, form_url, context)

    def _notices(self, request: HttpRequest, found: Any) -> list[dict[str, str]]:
        if found is None:
            return []
        notices = []
        today = clock.today()
        if found.is_in_force(today) and self._ends_soon(found):
            days = (found.last_day - today).days
            text = (
                gettext("PKS ini diakhiri lebih awal; hari terakhirnya %(day)s, %(days)d hari lagi.")
                if found.terminated_on
                else gettext(
                    "PKS ini berakhir %(day)s, %(days)d hari lagi. Buat adendum untuk memperpanjangnya."
                )
            )
            notices.append({"text": text % {"day": clock.long_date(found.last_day), "days": days}})
        following = Agreement.objects.filter(amends=found).first()
        if following is not None:
            text = gettext("Versi ini diganti %(number)s mulai %(day)s.") % {
                "number": following.number,
                "day": clock.long_date(following.valid_from),
            }
            link = reverse("admin:accounts_agreement_change", args=[following.pk])
            notices.append({"text": text, "link": link, "label": gettext("Buka versi itu")})
        elif found.terminated_on is None and self.has_add_permission(request):
            text = (
                gettext(
                    "Sudah ada permohonan atas dasar versi ini, sehingga ketentuannya tidak dapat diubah lagi."
                )
                if found.used_at
                else gettext("Perubahan sesudah penandatanganan dicatat sebagai adendum.")
            )
            link = reverse("admin:accounts_agreement_add") + f"?mengubah={found.pk}"
            notices.append({"text": text, "link": link, "label": gettext("Buat adendum")})
        return notices

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not once a request was judged under it or an amendment follows."""
        return super().has_delete_permission(request, obj) and not self.is_closed(obj)

    # --- the document ---

    def get_urls(self) -> list[URLPattern]:
        """The document's address before Django's catch-all."""
        document = path(
            "<int:pk>/document/",
            self.admin_site.admin_view(self.document),
            name="accounts_agreement_document",
        )
        return [document, *super().get_urls()]

    def document(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The signed agreement as a download."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        agreement = get_object_or_404(Agreement, pk=pk)
        if not agreement.document:
            raise Http404
        return send_file(agreement.document, name=f"PKS {agreement.number}.pdf", content_type=PDF)

    # --- what is shown ---

    @display(description=_("versi"), ordering="version")
    def display_version(self, agreement: Agreement) -> str:
        """Which version of its agreement it is."""
        return str(agreement.version)

    @display(
        description=_("keadaan"),
        label={
            "active": "success",
            "soon": "warning",
            "future": "info",
            "over": "danger",
            "replaced": "default",
        },
    )
    def display_state(self, agreement: Any) -> tuple[str, str]:
        """In force, ending soon, not yet begun, replaced or over."""
        today = clock.today()
        if agreement.pk is None:
            return "future", "–"
        if agreement.terminated_on is not None and agreement.terminated_on <= today:
            return "over", str(_("Diakhiri"))
        if agreement.valid_from > today:
            return "future", str(_("Belum berlaku"))
        if agreement.is_replaced:
            return "replaced", str(_("Diganti adendum"))
        if agreement.valid_until is not None and agreement.valid_until < today:
            return "over", str(_("Berakhir"))
        if self._ends_soon(agreement):
            return "soon", str(_("Segera berakhir"))
        return "active", str(_("Berlaku"))

    def _ends_soon(self, agreement: Any) -> bool:
        until = agreement.last_day
        return until is not None and until <= agreement.soon_until and not agreement.is_carried_on

    @display(description=_("keadaan"))
    def state_text(self, agreement: Agreement) -> str:
        """The same word on the agreement's own page, which draws no coloured labels; with the day of an early end."""
        word = self.display_state(agreement)[1]
        if agreement.terminated_on is None:
            return word
        day = clock.long_date(agreement.terminated_on)
        if agreement.terminated_on <= clock.today():
            return gettext("Diakhiri sejak %(day)s") % {"day": day}
        return gettext("%(state)s; diakhiri sejak %(day)s") % {"state": word, "day": day}

    @display(description=_("Lihat Dokumen"))
    def display_document(self, agreement: Agreement) -> SafeString | str:
        """A link to the document."""
        if not agreement.pk or not agreement.document:
            return "–"
        url = reverse("admin:accounts_agreement_document", args=[agreement.pk])
        return format_html('<a href="{}">{}</a>', url, _("Unduh"))

    @display(description=_("layanan yang diizinkan"))
    def display_terms(self, agreement: Agreement) -> SafeString | str:
        """Services with quota and answer columns, one a line."""
        lines = []
        for term in agreement.terms.select_related("service").prefetch_related("service__fields"):
            labels = {item.key: item.shown_label for item in term.service.schema().answered}
            columns = ", ".join(labels.get(key, key) for key in term.columns) or gettext(
                "semua kolom jawaban"
            )
            quota = (
                gettext("%(count)d baris %(period)s")
                % {"count": term.quota_rows, "period": term.get_quota_period_display()}
                if term.quota_rows
                else gettext("tanpa kuota")
            )
            lines.append((term.service.shown_label, quota, columns))
        return format_html_join("", "<p><strong>{}</strong>: {} · {}</p>", lines) if lines else "–"

    @display(description=_("dasar hukum yang diizinkan"))
    def display_bases(self, agreement: Agreement) -> str:
        """The letters, or all."""
        if not agreement.legal_bases:
            return gettext("Semua (huruf a sampai e)")
        return gettext("Huruf %(letters)s") % {"letters": ", ".join(agreement.legal_bases)}

    @display(description=_("versi"))
    def display_versions(self, agreement: Agreement) -> SafeString | str:
        """Every version with what changed, the newest first."""
        if not agreement.pk:
            return "–"
        lines = [
            (
                reverse("admin:accounts_agreement_change", args=[version.pk]),
                version.number,
                clock.short_date(version.valid_from),
                version.change_note or gettext("PKS awal"),
            )
            for version in reversed(agreement.all_versions())
        ]
        return format_html_join("", '<p><a href="{}">{}</a> · {} · {}</p>', lines)
