"""The list of confirmations in the console: who was asked again before which deed, and what came of it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.models import IdentityCheck
from admin_theme.base import ReadOnlyAdmin
from admin_theme.filters import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter


@admin.register(IdentityCheck)
class IdentityCheckAdmin(ReadOnlyAdmin):
    """Newest first; nothing is changed here."""

    list_display = ("at", "display_person", "deed", "way", "display_passed", "address")
    list_filter = (
        "passed",
        ("way", ChoicesDropdownFilter),
        ("user", AutocompleteSelectFilter),
        ("at", RangeDateFilter),
    )
    list_select_related = ("user",)
    search_fields = ("deed",)
    search_help_text = _("Cari menurut tindakan")
    empty_text = _("Konfirmasi muncul di sini setelah petugas diminta membuktikan identitasnya sekali lagi.")
    fields = ("at", "display_person", "deed", "way", "passed_text", "address")
    readonly_fields = fields
    actions = None

    @display(description=_("petugas"), ordering="user__full_name")
    def display_person(self, check: IdentityCheck) -> str:
        """The officer's name."""
        return check.user.get_full_name()

    @display(description=_("hasil"), label={True: "success", False: "danger"}, ordering="passed")
    def display_passed(self, check: IdentityCheck) -> tuple[bool, str]:
        """Coloured word."""
        return check.passed, str(_("Berhasil") if check.passed else _("Gagal"))

    @admin.display(description=_("hasil"))
    def passed_text(self, check: IdentityCheck) -> str:
        """The word alone: a page draws no colours."""
        return self.display_passed(check)[1]
