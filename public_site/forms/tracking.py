"""The form of Lacak: one request number, forgiving about spaces, dashes and case."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from public_site.forms.base import SiteForm
from requests_app.references import NUMBER_LENGTH, compact


class TrackForm(SiteForm):
    """Sent by GET as ``?no=``."""

    no = forms.CharField(
        label=_("No Permohonan"),
        max_length=100,
        help_text=_("10 huruf dan angka pada email konfirmasi, contoh XF1TBZNL8D"),
        error_messages={
            "max_length": _("No Permohonan terdiri dari 10 huruf dan angka. Anda menulis %(show_value)d")
        },
        widget=forms.TextInput(
            attrs={
                "class": "ref w-m",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )

    def clean_no(self) -> str:
        number = compact(self.cleaned_data["no"])
        if len(number) != NUMBER_LENGTH:
            raise ValidationError(
                _("No Permohonan terdiri dari 10 huruf dan angka. Anda menulis %(count)d"),
                params={"count": len(number)},
            )
        if not re.fullmatch(r"[A-Z0-9]+", number, re.ASCII):
            raise ValidationError(
                _("No Permohonan hanya terdiri dari huruf dan angka. Periksa kembali tanda lain di dalamnya")
            )
        return number
