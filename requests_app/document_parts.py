"""Which document carries which rows of a request, in the words of the documents (always Indonesian)."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from requests_app.models import ResultDocument

#: Stretches of rows named in the letter; the workbook names them all.
_STRETCHES = 25


@dataclass
class Parts:
    """What a document says about itself and the other documents of its request."""

    sentence: str
    #: Document, number, rows: one line for each document, this one first.
    lines: list[tuple[str, str, str]]
    #: The same with long lists of rows cut, for the letter.
    short_lines: list[tuple[str, str, str]]


def stretches(positions: Iterable[int]) -> list[str]:
    """ "1–3" and "7" for 1, 2, 3 and 7."""
    found: list[list[int]] = []
    for position in sorted(positions):
        if found and position == found[-1][1] + 1:
            found[-1][1] = position
        else:
            found.append([position, position])
    return [str(first) if first == last else f"{first}–{last}" for first, last in found]


def overview(document: ResultDocument) -> Parts | None:
    """What is in which document; None when the request was answered by one document alone."""
    positions: dict[object, list[int]] = {}
    rows = document.request.rows.order_by("position").values_list("released_in", "position")
    for key, position in rows:
        positions.setdefault(key, []).append(position)
    others = [
        other
        for other in document.request.documents.order_by("numbered_at", "sequence")
        if other.pk != document.pk and other.pk in positions
    ]
    if document.part is None and not others:
        return None
    own = positions.get(document.pk, [])
    lines = [
        (_title(each), each.number, stretches(positions.get(each.pk, []))) for each in (document, *others)
    ]
    waiting = len(positions.get(None, []))
    if document.part is None:
        sentence = (
            f"Dokumen ini memuat {len(own)} baris yang belum disampaikan; baris lain telah disampaikan "
            "dalam dokumen bagian yang tercantum di bawah dan tetap berlaku."
        )
    else:
        sentence = f"Dokumen ini adalah bagian {document.part} dan memuat {len(own)} baris."
        if waiting:
            sentence += f" {waiting} baris lain masih diproses dan disampaikan dalam dokumen berikutnya."
    return Parts(
        sentence,
        [(title, number, ", ".join(ranges)) for title, number, ranges in lines],
        [(title, number, _short(ranges)) for title, number, ranges in lines],
    )


def _title(document: ResultDocument) -> str:
    return f"Bagian {document.part}" if document.part else "Dokumen terakhir"


def _short(ranges: list[str]) -> str:
    if len(ranges) <= _STRETCHES:
        return ", ".join(ranges)
    return ", ".join(ranges[:_STRETCHES]) + " … (selengkapnya dalam berkas XLSX)"


def approvers(document: ResultDocument) -> list[User]:
    """Who approved it electronically: of a part its own approvers, otherwise those of the request."""
    request = document.request
    if document.part is not None:
        people = [document.approved_by, document.second_approved_by]
    else:
        people = [request.approved_by, request.second_approved_by]
    return [person for person in people if person is not None]
