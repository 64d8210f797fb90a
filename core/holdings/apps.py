"""App configuration of core.holdings."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HoldingsConfig(AppConfig):
    name = "core.holdings"
    label = "holdings"
    verbose_name = _("Basis data keimigrasian")
