"""Closes the trail of the registrations: rows are only ever added."""

from typing import ClassVar

from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0001_initial")]
    operations: ClassVar = [append_only("accounts_registrationevent")]
