"""The officers' pages of requests and result documents; importing it registers them."""

from requests_app.admin import destruction, documents, requests, saved_replies

__all__ = ["destruction", "documents", "requests", "saved_replies"]
