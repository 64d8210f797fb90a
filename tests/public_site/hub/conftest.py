"""The world of the tests of Info Layanan: the pages of a fresh site, its files in a folder of their own."""

import pytest

from core.reference.models import ImmigrationOffice
from public_site.hub.loading import load_hub
from public_site.hub.models import Hub


@pytest.fixture
def hub(base_data, settings, tmp_path) -> Hub:
    """The page of Yogyakarta as a fresh site has it."""
    settings.PRIVATE_ROOT = tmp_path
    settings.HUB_CHECK_OUTBOUND = False
    ImmigrationOffice.objects.create(
        slug="yogyakarta",
        short_name="Yogyakarta",
        full_name="Kantor Imigrasi Kelas I TPI Yogyakarta",
        kind="KANIM",
    )
    load_hub()
    return Hub.objects.get(slug="yogyakarta")
