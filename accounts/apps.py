"""App configuration of accounts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Instansi dan pengguna")

    def ready(self) -> None:
        """Make the mailed code the only second factor two_factor knows."""
        from two_factor.plugins.registry import registry

        from accounts.methods import MailedCode

        for code in ("generator", "email"):
            registry.unregister(code)
        registry.register(MailedCode())
