"""App configuration of core.holdings."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class HoldingsConfig(AppConfig):
    name = "core.holdings"
    label = "holdings"
    verbose_name = _("Basis data keimigrasian")

    def ready(self) -> None:
        """Keeps the counts by month through every migration."""
        from core.holdings import checks, counts  # noqa: F401  registers the system check

        pre_migrate.connect(counts.before_migrations, sender=self, dispatch_uid="counts_before")
        post_migrate.connect(counts.after_migrations, sender=self, dispatch_uid="counts_after")
