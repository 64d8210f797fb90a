"""The rules of one service as matching applies them, and how a proposal says what agrees and what does not."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _
from rapidfuzz import fuzz

from core.catalogue.models import Service
from core.catalogue.schema import Schema
from core.holdings.queries import NUMBER_COLUMNS, Facts
from requests_app.matching.asked import Asked

#: From here on two names count as similar beside an equal number, 0–100 (measured: performance.md §3).
SIMILAR = 80
#: The order of domain.md §3.3 for a service without rules of its own.
DEFAULT_RULES: list[dict[str, Any]] = [
    {"keys": ["national_id"], "grade": "exact"},
    {"keys": ["niora"], "grade": "exact"},
    {"keys": ["document_no"], "grade": "exact"},
    {"keys": ["passport_no", "birth_date"], "grade": "exact"},
    {"keys": ["passport_no", "name"], "grade": "exact"},
    {"keys": ["name", "birth_date"], "grade": "candidate"},
]
#: Numbers that belong to the person: two different ones contradict each other (passports are renewed).
PERSONAL = ("national_id", "niora")
_CONTRADICTING = frozenset((*PERSONAL, "birth_date", "nationality"))
_COMPARED = (*NUMBER_COLUMNS, "birth_date", "nationality", "birth_place")
_compared: Any = attrgetter(*_COMPARED)


class Rules:
    """What settles a row of the service, what only proposes, and the service's own words for it."""

    def __init__(self, service: Service, schema: Schema) -> None:
        self.service = service
        rules = service.match_rules or DEFAULT_RULES
        self.exact_rules = [
            rule["keys"]
            for rule in rules
            # Never by name alone: a rule without a number proposes only, whatever the catalogue says.
            if rule["grade"] == "exact" and set(rule["keys"]) & set(NUMBER_COLUMNS)
        ]
        self.numbers = [column for column in NUMBER_COLUMNS if any(column in rule["keys"] for rule in rules)]
        named = [
            set(rule["keys"])
            for rule in rules
            if "name" in rule["keys"] and not set(rule["keys"]) & set(NUMBER_COLUMNS)
        ]
        self.by_birth_date = [keys for keys in named if "birth_date" in keys]
        self.by_name_only = [keys for keys in named if "birth_date" not in keys]
        self.labels = {item.identifies: item.label for item in schema.fields if item.identifies}
        self.asks_history = any(item.kind.is_day and item.key.startswith("periode") for item in schema.asked)

    def settling(self, agreed: Sequence[str]) -> Sequence[str]:
        """The first rule that these agreeing columns fulfil; empty when none does."""
        for keys in self.exact_rules:
            if set(keys) <= set(agreed):
                return list(keys)
        return []

    def same(self, columns: Sequence[str]) -> str:
        """That these columns agree."""
        return _("%(columns)s sama") % {"columns": self.listed(columns)}

    def but(self, reason: str, columns: Sequence[str]) -> str:
        """``reason``, and that these columns differ, when any does."""
        if not columns:
            return reason
        return _("%(same)s, tetapi %(different)s berbeda") % {
            "same": reason,
            "different": self.listed(columns),
        }

    def listed(self, columns: Sequence[str]) -> str:
        """The labels of these columns in a sentence."""
        labels = [self.labels.get(column, column) for column in columns]
        if len(labels) == 1:
            return labels[0]
        return _("%(first)s dan %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}


def compare(row: Asked, facts: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that agree, and those that contradict each other; a missing value does neither."""
    agreed: list[str] = []
    against: list[str] = []
    for column, asked, held in zip(_COMPARED, _compared(row), _compared(facts), strict=True):
        if asked and held:
            if asked == held:
                agreed.append(column)
            elif column in _CONTRADICTING:
                against.append(column)
    if row.name_key and facts.name_key:
        is_same = row.name_key == facts.name_key or similarity(row, facts) >= SIMILAR
        (agreed if is_same else against).append("name")
    return tuple(agreed), tuple(against)


def differing(columns: Iterable[str], row: Asked, facts: Facts) -> list[str]:
    """Those of ``columns`` that both name, and not alike."""
    return [
        column
        for column in columns
        if (asked := getattr(row, column)) and (held := getattr(facts, column)) and asked != held
    ]


def similarity(row: Asked, facts: Facts) -> float:
    """How alike two names are, 0–100: by sound with sorted words or as written without spaces, the higher."""
    return max(
        fuzz.ratio(row.sound_key, facts.sound_key),
        fuzz.ratio(row.name_key.replace(" ", ""), facts.name_key.replace(" ", "")),
    )
