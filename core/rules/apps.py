"""App configuration of core.rules."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RulesConfig(AppConfig):
    name = "core.rules"
    label = "rules"
    verbose_name = _("Aturan kerja")
