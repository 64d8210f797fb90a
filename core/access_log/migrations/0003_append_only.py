"""Closes the access log: rows are only ever added."""

from typing import ClassVar

from django.db import migrations

from core.append_only import append_only


class Migration(migrations.Migration):
    dependencies: ClassVar = [("access_log", "0002_initial")]
    operations: ClassVar = [append_only("access_log_accessentry", "access_log_accesssubject")]
