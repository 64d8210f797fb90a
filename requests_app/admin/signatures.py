"""Electronic signatures in the words of the console."""

from django.utils.translation import gettext as _

from core.doors import clock
from core.doors.pdf_signing import Signature


def signature_words(signature: Signature | None) -> str:
    """Holder, serial number and issuer of the certificate, and when it signed; a dash without a signature."""
    if signature is None:
        return "–"
    return _("%(subject)s; nomor seri %(serial)s; penerbit %(issuer)s; %(moment)s") % {
        "subject": signature.subject,
        "serial": signature.shown_serial,
        "issuer": signature.issuer,
        "moment": clock.short_datetime(signature.moment("signed_at")),
    }
