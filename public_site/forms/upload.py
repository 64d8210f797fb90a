"""The form that takes a filled workbook, as the site draws it."""

from public_site.forms.base import SiteForm
from requests_app.forms.upload import UploadForm as SharedUploadForm


class UploadForm(SharedUploadForm, SiteForm):
    """One .xlsx file; its cells are checked in the queue."""
