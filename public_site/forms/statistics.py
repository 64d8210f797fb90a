"""The form of a statistics question as the site draws it."""

from public_site.forms.base import SiteForm
from requests_app.forms.statistics import StatisticsForm as SharedStatisticsForm


class StatisticsForm(SharedStatisticsForm, SiteForm):
    """Period, offices from the whole to the part, citizenship and direction."""
