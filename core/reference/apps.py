"""Django's registration of the reference data app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferenceConfig(AppConfig):
    """Regions, offices, countries, the working calendar and letterheads."""

    name = "core.reference"
    label = "reference"
    verbose_name = _("Data acuan")
