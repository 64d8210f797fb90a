"""Health of the process (live) and of what it needs (ready); no detail for outsiders."""

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; does not touch the database."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and the private folder are usable, otherwise 503."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("unavailable", status=503, content_type="text/plain")
    writable = os.access(
        settings.PRIVATE_ROOT if settings.PRIVATE_ROOT.exists() else settings.VAR_DIR, os.W_OK
    )
    if pending or not writable:
        return HttpResponse("unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
