"""Reads of offices and checkpoints for dependent select boxes, as plain values ready for JSON."""

from collections.abc import Iterable

from core.reference.models import Checkpoint, ImmigrationOffice, RegionalOffice


def regional_offices() -> list[tuple[str, str]]:
    """(slug, label) of the regional offices in use, by label."""
    return _pairs((row.slug, row.label) for row in RegionalOffice.objects.filter(active=True))


def kanim_for(regional_office_slug: str) -> list[tuple[str, str]]:
    """(slug, label) of the immigration offices in use under a regional office; an unknown slug gives none."""
    offices = ImmigrationOffice.objects.filter(
        kind=ImmigrationOffice.Kind.KANIM, active=True, regional_office__slug=regional_office_slug
    )
    return _pairs((row.slug, row.label) for row in offices)


def kanim_in(region_code: str) -> list[tuple[str, str]]:
    """(slug, label) of the immigration offices in use in the province of ``region_code`` (of any level)."""
    offices = ImmigrationOffice.objects.filter(
        kind=ImmigrationOffice.Kind.KANIM, active=True, province_id=region_code[:2]
    )
    return _pairs((row.slug, row.label) for row in offices)


def checkpoints_for(office_slug: str) -> list[tuple[str, str]]:
    """(key, label) of the checkpoints in use of an immigration office; an unknown slug gives none."""
    checkpoints = Checkpoint.objects.filter(active=True, immigration_office__slug=office_slug)
    return _pairs((row.key, row.label) for row in checkpoints)


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    # Sorted here, not by the database: collations differ between the engines we run on.
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))
