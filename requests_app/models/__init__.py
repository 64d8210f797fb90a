"""Data requests and all that belongs to them."""

from requests_app.models.answer import Answer, Candidate
from requests_app.models.answer_import import AnswerImport
from requests_app.models.approval import Risk
from requests_app.models.clock_entry import ClockEntry
from requests_app.models.correction import Correction
from requests_app.models.destruction import DestructionCertificate, DestructionItem, DestructionKind
from requests_app.models.event import RequestEvent
from requests_app.models.message import (
    InternalNote,
    Message,
    MessageRead,
    MessageRetraction,
    SavedReply,
)
from requests_app.models.presence import RequestPresence
from requests_app.models.request import DataRequest, LegalBasis, Status
from requests_app.models.result import DocumentCounter, ResultDocument
from requests_app.models.row_event import RowEvent
from requests_app.models.row_job import RowJob
from requests_app.models.rows import Outcome, RequestRow, StatisticsItem
from requests_app.models.upload import FaultyRow, RowUpload, StagedRow

__all__ = [
    "Answer",
    "AnswerImport",
    "Candidate",
    "ClockEntry",
    "Correction",
    "DataRequest",
    "DestructionCertificate",
    "DestructionItem",
    "DestructionKind",
    "DocumentCounter",
    "FaultyRow",
    "InternalNote",
    "LegalBasis",
    "Message",
    "MessageRead",
    "MessageRetraction",
    "Outcome",
    "RequestEvent",
    "RequestPresence",
    "RequestRow",
    "ResultDocument",
    "Risk",
    "RowEvent",
    "RowJob",
    "RowUpload",
    "SavedReply",
    "StagedRow",
    "StatisticsItem",
    "Status",
]
