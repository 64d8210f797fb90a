"""Which rows of a request an officer looks at: by outcome, by holder, by service; as an address and as a query."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.catalogue.models import Service
from requests_app.models import Outcome
from requests_app.models.rows import RowQuerySet

#: Whose rows; the key of the address and what people read.
HOLDERS = {"saya": _("Baris saya"), "bebas": _("Belum diambil"), "lain": _("Dipegang petugas lain")}


@dataclass(frozen=True)
class RowFilter:
    """What the officer asked for; unknown values of the address count as nothing asked."""

    outcome: str = ""
    holder: str = ""
    service: str = ""

    @classmethod
    def read(cls, query: Any) -> "RowFilter":
        """From the address or a form (``hasil``, ``milik``, ``layanan``)."""
        outcome, holder = query.get("hasil", ""), query.get("milik", "")
        service = query.get("layanan", "")
        return cls(
            outcome if outcome in Outcome.values else "",
            holder if holder in HOLDERS else "",
            service if len(service) <= 50 and service.replace("-", "").replace("_", "").isalnum() else "",
        )

    @property
    def parts(self) -> dict[str, str]:
        """The parts that narrow, as in the address."""
        parts = {"hasil": self.outcome, "milik": self.holder, "layanan": self.service}
        return {key: value for key, value in parts.items() if value}

    @property
    def query(self) -> str:
        """For the address, with a closing "&" so that more may follow; empty when nothing narrows."""
        return f"{urlencode(self.parts)}&" if self.parts else ""

    def without(self, key: str) -> str:
        """The address with one part left out, ready for another value of it."""
        rest = {name: value for name, value in self.parts.items() if name != key}
        return f"{urlencode(rest)}&" if rest else ""

    def apply(self, rows: Any, user: User) -> RowQuerySet:
        """The rows that fit."""
        if self.outcome:
            rows = rows.filter(outcome=self.outcome)
        if self.service:
            rows = rows.filter(service__key=self.service)
        if self.holder == "saya":
            rows = rows.filter(assignee=user)
        elif self.holder == "bebas":
            rows = rows.filter(assignee__isnull=True)
        elif self.holder == "lain":
            rows = rows.filter(assignee__isnull=False).exclude(assignee=user)
        narrowed: RowQuerySet = rows
        return narrowed

    def words(self) -> list[str]:
        """The filter in words."""
        words = []
        if self.outcome:
            words.append(str(Outcome(self.outcome).label))
        if self.holder:
            words.append(str(HOLDERS[self.holder]))
        if self.service:
            service = Service.objects.filter(key=self.service).first()
            words.append(service.shown_label if service else self.service)
        return words
