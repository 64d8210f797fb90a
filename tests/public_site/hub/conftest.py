"""The world of the tests of Info Layanan: the pages of a fresh site, its files in a folder of their own."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management.color import no_style
from django.db import connection

from core.reference.models import ImmigrationOffice
from public_site.hub.loading import load_hub
from public_site.hub.models import GuideFact, GuideVersion, Hub, HubLink, Sop, SopStep
from public_site.models import Guide

MODELS = (GuideFact, Guide, GuideVersion, Hub, HubLink, Sop, SopStep)


@pytest.fixture(scope="session")
def typeset(tmp_path_factory) -> dict[str, Any]:
    """What the first load made, rows and files: the four guides are typeset once for all tests."""
    return {"folder": tmp_path_factory.mktemp("hub")}


@pytest.fixture
def hub(base_data, settings, tmp_path, typeset) -> Hub:
    """The page of Yogyakarta as a fresh site has it."""
    settings.PRIVATE_ROOT = tmp_path
    settings.HUB_CHECK_OUTBOUND = False
    office = ImmigrationOffice.objects.create(
        slug="yogyakarta",
        short_name="Yogyakarta",
        full_name="Kantor Imigrasi Kelas I TPI Yogyakarta",
        kind="KANIM",
    )
    if "rows" in typeset:
        put_back(typeset, tmp_path, office)
    else:
        load_hub()
        typeset["rows"] = serializers.serialize(
            "json", (row for model in MODELS for row in model.objects.all())
        )
        shutil.copytree(tmp_path, typeset["folder"], dirs_exist_ok=True)
    return Hub.objects.get(slug="yogyakarta")


def put_back(typeset: dict[str, Any], folder: Path, office: ImmigrationOffice) -> None:
    """Rows and files of the first load, in a test's own database and folder."""
    shutil.copytree(typeset["folder"], folder, dirs_exist_ok=True)
    for row in serializers.deserialize("json", typeset["rows"]):
        if isinstance(row.object, Hub) and row.object.office_id is not None:
            row.object.office = office
        row.save()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(MODELS)):
            cursor.execute(statement)
