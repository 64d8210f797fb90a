"""Run as ``python -m tests.story.prepare``: fills the story's own database like a fresh install with officers."""

import os

import django
from django.core.management import call_command

HOLDINGS = 2000
#: The manual's village lies in this regency; all 83 762 villages of the country would take longer than the story.
REGENCY = "31.74"
LOADERS = ("load_offices", "load_countries", "load_holidays", "load_catalogue", "load_roles", "load_content")


def load_few_regions() -> None:
    """All provinces and regencies, districts and villages of one regency only."""
    from lokal import wilayah

    from core.reference.loading import load_regions
    from core.reference.models import Region

    load_regions(max_level=2)
    districts = list(wilayah.list_wilayah(REGENCY))
    villages = [village for district in districts for village in wilayah.list_wilayah(district.code)]
    Region.objects.bulk_create(
        Region(
            code=region.code,
            parent_id=region.code.rpartition(".")[0],
            level=region.level,
            kind=region.type,
            name=region.name,
            short_name=region.name.upper(),
            postal_code=region.postal_code or "",
        )
        for region in [*districts, *villages]
    )


def main() -> None:
    """Migrations, reference data, invented holdings and the officers: no agency, no applicant, no request."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.story.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    load_few_regions()
    for name in LOADERS:
        call_command(name, verbosity=0)
    call_command("load_demo_holdings", count=HOLDINGS, verbosity=0)
    call_command("load_schedules", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    # Only after setup: the demo's tables of persons come with the models.
    from unittest.mock import patch

    from public_site import demo_data

    with patch.object(demo_data, "AGENCIES", []), patch.object(demo_data, "APPLICANTS", []):
        demo_data.load_people()


if __name__ == "__main__":
    main()
