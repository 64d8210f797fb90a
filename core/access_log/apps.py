"""App configuration of core.access_log."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessLogConfig(AppConfig):
    name = "core.access_log"
    label = "access_log"
    verbose_name = _("Jejak akses")
