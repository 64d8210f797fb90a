"""The officers' pages of requests and result documents; importing it registers them."""

from requests_app.admin import documents, requests

__all__ = ["documents", "requests"]
