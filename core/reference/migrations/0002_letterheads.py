"""The heads a fresh install starts with: the manual's, and the one in force since the ministry was divided."""

from datetime import date

from django.db import migrations

COMMON = {
    "directorate": "DIREKTORAT JENDERAL IMIGRASI",
    "service_name": "LAYANAN DATA KEIMIGRASIAN",
    "address": "Jalan H.R.Rasuna Said Kav.X-6 No 8 Kuningan Jakarta Selatan",
    "website": "www.layanandata.imigrasi.go.id",
}


def add_letterheads(apps, schema_editor):
    Letterhead = apps.get_model("reference", "Letterhead")
    Letterhead.objects.create(
        valid_from=date(2014, 10, 27), ministry="KEMENTERIAN HUKUM DAN HAM RI", is_default=True, **COMMON
    )
    Letterhead.objects.create(
        valid_from=date(2024, 10, 21), ministry="KEMENTERIAN IMIGRASI DAN PEMASYARAKATAN", **COMMON
    )


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]

    operations = [migrations.RunPython(add_letterheads, migrations.RunPython.noop)]
