"""Reads of regions for dependent select boxes and address lines, as plain values ready for JSON."""

from django.db import models

from core.reference.models import Region


def provinces() -> list[tuple[str, str]]:
    """(code, display name) of the provinces in use, by name."""
    return _pairs(Region.objects.provinces())


def children(code: str) -> list[tuple[str, str]]:
    """(code, display name) of the regions in use directly under ``code``, by name; none if it is unknown."""
    return _pairs(Region.objects.children_of(code))


def postal_code(village_code: str) -> str:
    """The village's postal code, or an empty string when the code is unknown or no village."""
    return Region.objects.filter(code=village_code).values_list("postal_code", flat=True).first() or ""


def by_postal_code(digits: str) -> list[tuple[str, str]]:
    """(code, display name) of the villages in use that share a postal code."""
    return _pairs(Region.objects.filter(postal_code=digits, active=True).exclude(postal_code=""))


def path(code: str) -> list[tuple[str, str]]:
    """(code, display name) from the province down to ``code``; unknown steps are left out."""
    parts = code.split(".")
    codes = [".".join(parts[: n + 1]) for n in range(len(parts))]
    return sorted(Region.objects.filter(code__in=codes).values_list("code", "short_name"))


def _pairs(regions: models.QuerySet[Region]) -> list[tuple[str, str]]:
    # Sorted here, not by the database: collations differ between the engines we run on.
    return sorted(regions.order_by().values_list("code", "short_name"), key=lambda pair: (pair[1], pair[0]))
