"""Corrections, extensions and emergencies keep the words of their reason; older ones get those it has now."""

from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    reasons = apps.get_model("rules", "Reason").objects
    for name, key in (("Correction", "reason"), ("ClockEntry", "reason"), ("DataRequest", "override_reason")):
        chosen = reasons.filter(pk=OuterRef(f"{key}_id"))
        apps.get_model("requests_app", name).objects.filter(**{f"{key}__isnull": False}).update(
            **{
                f"{key}_said": Subquery(chosen.values("text")[:1]),
                f"{key}_said_en": Subquery(chosen.values("text_en")[:1]),
            }
        )


class Migration(migrations.Migration):

    dependencies = [
        ('requests_app', '0013_rows_asked_before'),
        ('rules', '0003_extensions_and_reminders'),
    ]

    operations = [
        migrations.AddField(
            model_name='clockentry',
            name='reason_said',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='bunyi alasan'),
        ),
        migrations.AddField(
            model_name='clockentry',
            name='reason_said_en',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='bunyi alasan dalam bahasa Inggris'),
        ),
        migrations.AddField(
            model_name='correction',
            name='reason_said',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='bunyi alasan'),
        ),
        migrations.AddField(
            model_name='correction',
            name='reason_said_en',
            field=models.CharField(blank=True, editable=False, max_length=150, verbose_name='bunyi alasan dalam bahasa Inggris'),
        ),
        migrations.AddField(
            model_name='datarequest',
            name='override_reason_said',
            field=models.CharField(blank=True, editable=False, max_length=150),
        ),
        migrations.AddField(
            model_name='datarequest',
            name='override_reason_said_en',
            field=models.CharField(blank=True, editable=False, max_length=150),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
