"""The data platform's own app: doors, limits, outgoing mail."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Sistem")

    def ready(self) -> None:
        """Keep the triggers of the content version over migrations."""
        from core import checks, content_version  # noqa: F401  registers the system checks

        pre_migrate.connect(
            content_version.before_migrations, sender=self, dispatch_uid="content_version_before"
        )
        post_migrate.connect(
            content_version.after_migrations, sender=self, dispatch_uid="content_version_after"
        )
