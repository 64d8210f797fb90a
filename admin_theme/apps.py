"""The two app configurations: this theme, and Django's admin with our officer site as the default one."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class AdminThemeConfig(AppConfig):
    """The console's templates, static files and base classes; listed before Unfold to override it."""

    name = "admin_theme"
    default = True
    verbose_name = _("Tampilan ruang kerja")


class OfficerAdminConfig(AdminConfig):
    """``django.contrib.admin`` whose default site asks for a verified one-time code."""

    default_site = "admin_theme.sites.OfficerAdminSite"
    default = False

    def ready(self) -> None:
        """Discover the admin modules, then put the libraries' own pages under our look and rights."""
        super().ready()
        from admin_theme.libraries import tidy_library_admins

        tidy_library_admins()
