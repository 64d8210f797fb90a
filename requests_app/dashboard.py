"""What the officers' first page shows."""

from typing import Any

from django.http import HttpRequest


def dashboard_callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds ``cards`` and ``queues`` (see ``admin_theme/templates/admin/index.html``) to the first page."""
    return context
