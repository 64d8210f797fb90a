"""App configuration of requests_app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class RequestsConfig(AppConfig):
    name = "requests_app"
    verbose_name = _("Pekerjaan")

    def ready(self) -> None:
        """Keep the database's own guard over migrations."""
        from requests_app import checks, four_eyes  # noqa: F401  registers the system check

        pre_migrate.connect(four_eyes.before_migrations, sender=self, dispatch_uid="four_eyes_before")
        post_migrate.connect(four_eyes.after_migrations, sender=self, dispatch_uid="four_eyes_after")
