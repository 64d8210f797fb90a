"""Data requests and all that belongs to them."""

from requests_app.models.answer import Answer, Candidate
from requests_app.models.event import RequestEvent
from requests_app.models.request import DataRequest, LegalBasis, Status
from requests_app.models.result import DocumentCounter, ResultDocument
from requests_app.models.rows import Outcome, RequestRow, RowUpload, StatisticsItem

__all__ = [
    "Answer",
    "Candidate",
    "DataRequest",
    "DocumentCounter",
    "LegalBasis",
    "Outcome",
    "RequestEvent",
    "RequestRow",
    "ResultDocument",
    "RowUpload",
    "StatisticsItem",
    "Status",
]
