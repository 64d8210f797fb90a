"""Documents of a request: the number of a result, its PDF and XLSX, and the receipt.

Documents are official letters: always in Indonesian, whatever the reader's language.
"""

import hashlib
import tempfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import segno
from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import translation

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service
from core.catalogue.schema import Field, Schema
from core.doors import clock, pdf_signing
from core.doors.excel_writer import SheetData, write_rows
from core.doors.pdf import merge_pdfs, render_in_chunks, render_pdf
from core.reference.models import Letterhead
from requests_app import document_parts
from requests_app.models import DataRequest, DocumentCounter, Outcome, RequestRow, ResultDocument
from requests_app.models.rows import RowQuerySet

#: So many records stand in the letter itself; more go to an annex, rendered in pieces to keep memory flat.
RECORDS_IN_LETTER = 40
_CHUNK = 500
_TEMPLATES = "requests_app/documents/"

Pair = tuple[str, str]


@dataclass
class Entry:
    """One asked row as the documents show it: texts only."""

    position: int
    name: str
    outcome: str
    #: The sentence about the outcome, with the reason or the moment of the search.
    sentence: str
    asked: list[Pair]
    answers: list[list[Pair]]
    #: Label of the service on its first row, otherwise empty.
    heading: str = ""

    @property
    def grids(self) -> list[list[tuple[Pair, ...]]]:
        """The answers with two columns side by side, as the letter prints them."""
        return [
            [tuple(answer[start : start + 2]) for start in range(0, len(answer), 2)]
            for answer in self.answers
        ]


@dataclass
class Section:
    """The rows of one service."""

    label: str
    total: int
    found: int
    entries: list[Entry] = field(default_factory=list)


def draw_number(request: DataRequest, at: datetime) -> ResultDocument:
    """Gives ``request`` the next document number of the calendar year of ``at``, without gaps.

    To be called inside the transaction of the approval: the counter's row stays locked until it ends, and a
    rollback gives the number back. A document still being prepared keeps its number.
    """
    waiting = request.documents.filter(state=ResultDocument.State.PREPARING).first()
    if waiting is not None:
        return waiting
    day = clock.local_date(at)
    scope = str(day.year)
    DocumentCounter.objects.bulk_create([DocumentCounter(scope=scope)], ignore_conflicts=True)
    counter = DocumentCounter.objects.select_for_update().get(scope=scope)
    counter.last += 1
    counter.save(update_fields=["last"])
    number = settings.DOCUMENT_NUMBER_TEMPLATE.format(
        unit=settings.DOCUMENT_NUMBER_UNIT,
        classification=settings.DOCUMENT_NUMBER_CLASS,
        ddmmyyyy=f"{day:%d%m%Y}",
        sequence=counter.last,
    )
    return ResultDocument.objects.create(
        request=request, number=number, scope=scope, sequence=counter.last, numbered_at=at
    )


def make_files(document: ResultDocument) -> None:
    """Builds, signs and stores PDF and XLSX with SHA-256 and sizes in bytes; does nothing when they are there.

    What is fingerprinted and handed out is the signed PDF. SigningError when it could not be signed; nothing is kept
    then.
    """
    if ResultDocument.objects.filter(pk=document.pk).exclude(pdf_sha256="").exists():
        document.refresh_from_db()
        return
    request = DataRequest.objects.select_related("agency", "agreement", "requester", "approved_by").get(
        pk=document.request_id
    )
    document.request = request
    with (
        translation.override("id"),
        tempfile.TemporaryFile() as book,
        tempfile.TemporaryFile() as paper,
    ):
        sentence = pdf_signing.sentence()
        write_rows(book, _sheets(document, request))
        xlsx_sha256 = file_sha256(book)
        paper.write(result_pdf(document, request, xlsx_sha256=xlsx_sha256, signature=sentence))
        signature = pdf_signing.sign(paper, reason=f"Penerbitan dokumen {document.number}")
        facts = {"signature": signature.to_json() if signature else {}, "failure": "", "is_halted": False}
        _keep(document, {"pdf": paper, "xlsx": book}, facts)
    document.refresh_from_db()


@transaction.atomic
def _keep(document: ResultDocument, files: dict[str, IO[bytes]], facts: dict[str, Any]) -> None:
    """Stores the files and what is known of them, unless another worker's are there: those may be downloaded already.

    Each file has one possible name, so whatever a killed worker left behind is replaced, never left beside it.
    """
    kept = ResultDocument.objects.select_for_update().get(pk=document.pk)
    if kept.pdf_sha256:
        return
    folder = f"results/{clock.local_date(kept.numbered_at):%Y/%m}"
    for kind, file in files.items():
        storage, name = getattr(kept, kind).storage, f"{folder}/{kept.pk}.{kind}"
        facts[f"{kind}_sha256"] = file_sha256(file)
        storage.delete(name)
        facts[kind] = storage.save(name, File(file))
        facts[f"{kind}_size"] = storage.size(name)
    ResultDocument.objects.filter(pk=kept.pk).update(**facts)


def file_sha256(file: IO[bytes]) -> str:
    """The SHA-256 of a whole file as hex; afterwards the file stands at its beginning."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1024 * 1024):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def verification_url(document: ResultDocument) -> str:
    """The public address where the document's authenticity is checked."""
    return f"{settings.SITE_URL}{reverse('public_site:verify', args=[document.token])}"


def result_pdf(
    document: ResultDocument, request: DataRequest, *, xlsx_sha256: str, signature: str = ""
) -> bytes:
    """The answer as the manual's chapter 6 lays it out; long lists follow as an annex.

    ``signature`` is what the foot of each page says of the electronic signature that will be made.
    """
    sections, shown, total = _sections(document, request)
    url = verification_url(document)
    records = sum(max(1, len(entry.answers)) for section in sections for entry in section.entries)
    in_annex = records > RECORDS_IN_LETTER
    context = {
        **_head(document.numbered_at),
        "document": document,
        "data_request": request,
        "applicant": _applicant(request),
        "question": _question(request),
        "sections": sections,
        "in_annex": in_annex,
        "shown": shown,
        "total": total,
        "is_cut": total > shown,
        "some_not_found": document.carried_rows().filter(outcome=Outcome.NOT_FOUND).exists(),
        "statistics": [] if document.part else _statistics(request),
        "parts": document_parts.overview(document),
        "approvers": document_parts.approvers(document),
        "xlsx_sha256": xlsx_sha256,
        "signature": signature,
        "verification_url": url,
        "qr": segno.make(url, error="m").svg_data_uri(border=0, dark="#061d3c"),
        "place_and_date": f"Jakarta, {clock.long_date(document.numbered_at)}",
    }
    letter = render_pdf(f"{_TEMPLATES}result.html", context)
    if not in_annex:
        return letter
    entries: list[Entry] = []
    for section in sections:
        section.entries[0].heading = section.label
        entries.extend(section.entries)
    return merge_pdfs([letter, render_in_chunks(f"{_TEMPLATES}annex.html", context, entries)])


def receipt_pdf(request: DataRequest) -> bytes:
    """Tanda terima of a submitted request: number, time to the second, counts, fingerprint of the letter."""
    with translation.override("id"):
        submitted_at = request.submitted_at or clock.now()
        counts = [
            (label, number)
            for label, number in request.rows.order_by("service__position", "service__label")
            .values_list("service__label")
            .annotate(number=Count("pk"))
        ]
        facts = [
            ("INSTANSI/SATUAN KERJA", _agency_and_unit(request)),
            ("PEMOHON", request.requester.full_name),
            ("NO. SURAT", request.letter_number),
            ("TANGGAL SURAT", clock.long_date(request.letter_date) if request.letter_date else "–"),
            ("PERIHAL", request.subject),
            ("DITERIMA", f"{clock.long_date(submitted_at)} {_time_with_seconds(submitted_at)}"),
        ]
        if request.due_on:
            facts.append(("BATAS WAKTU JAWABAN", clock.long_date(request.due_on)))
        letter_sha256 = ""
        if request.letter:
            with request.letter.open("rb") as letter:
                letter_sha256 = file_sha256(letter.file)
        context = {
            **_head(submitted_at),
            "data_request": request,
            "facts": facts,
            "counts": counts,
            "statistics_count": request.statistics.count(),
            "letter_sha256": letter_sha256,
            "site_url": settings.SITE_URL,
        }
        return render_pdf(f"{_TEMPLATES}receipt.html", context)


# --- what the templates show ---


def _head(moment: datetime) -> dict[str, Any]:
    head = Letterhead.on(clock.local_date(moment))
    logo = ""
    if head.logo:
        kind = "png" if str(head.logo.name).lower().endswith(".png") else "jpeg"
        with head.logo.open("rb") as file:
            logo = f"data:image/{kind};base64,{b64encode(file.read()).decode()}"
    return {"head": head, "logo": logo}


def _agency_and_unit(request: DataRequest) -> str:
    return f"{request.agency.name} / {request.unit}" if request.unit else request.agency.name


def _applicant(request: DataRequest) -> list[Pair]:
    day = clock.long_date(request.submitted_at) if request.submitted_at else "–"
    return [
        ("INSTANSI/SATUAN KERJA", _agency_and_unit(request)),
        ("EMAIL", request.requester.email),
        ("NO. HP", request.phone or request.requester.phone),
        ("NO. SURAT PERMOHONAN", request.number or "–"),
        ("PERIHAL", request.subject),
        ("TANGGAL PERMOHONAN", day),
    ]


def _question(request: DataRequest) -> list[Pair]:
    pairs = [
        ("NO. SURAT", request.letter_number),
        ("TANGGAL SURAT", clock.long_date(request.letter_date) if request.letter_date else "–"),
        ("TUJUAN PERMINTAAN DATA", request.purpose),
    ]
    if request.legal_basis:
        basis = f"UU Nomor 27 Tahun 2022 Pasal 15 ayat (1) huruf {request.get_legal_basis_display()}"
        pairs.append(("DASAR HUKUM", basis))
    if request.agreement:
        pairs.append(("PKS", request.agreement.number))
    return pairs


def _sections(document: ResultDocument, request: DataRequest) -> tuple[list[Section], int, int]:
    """The sections, how many rows they show, and how many rows exist.

    At most ``RESULT_PDF_MAX_ROWS`` rows and answers are shown.
    """
    lookups = Lookups()
    sections: list[Section] = []
    shown, room = 0, settings.RESULT_PDF_MAX_ROWS
    carried = document.carried_rows()
    total = carried.count()
    for service in _services(carried):
        schema = request.schema_for(service)
        rows = carried.filter(service=service)
        section = Section(schema.service_label, rows.count(), rows.filter(outcome=Outcome.FOUND).count())
        for row in rows.prefetch_related("answers").iterator(chunk_size=_CHUNK):
            if room <= 0:
                break
            entry = _entry(row, schema, lookups, most_answers=room)
            room -= max(1, len(entry.answers))
            shown += 1
            section.entries.append(entry)
        if section.entries:
            sections.append(section)
    return sections, shown, total


def _services(rows: RowQuerySet) -> list[Service]:
    ids = rows.order_by().values_list("service_id", flat=True).distinct()
    return list(Service.objects.filter(pk__in=ids).with_fields())


def _entry(row: RequestRow, schema: Schema, lookups: Lookups, *, most_answers: int) -> Entry:
    answers: list[list[Pair]] = []
    if row.outcome == Outcome.FOUND:
        answers = [_pairs(schema.answered, answer.values, lookups) for answer in row.answers.all()]
    sentence = _sentence(row)
    if len(answers) > most_answers:
        answers = answers[:most_answers]
        sentence += " (selebihnya dalam berkas XLSX)"
    return Entry(
        position=row.position,
        name=row.name,
        outcome=row.outcome,
        sentence=sentence,
        # The name is the entry's title.
        asked=_pairs((item for item in schema.asked if item.identifies != "name"), row.values, lookups),
        answers=answers,
    )


def _pairs(fields: Iterable[Field], values: dict[str, Any], lookups: Lookups) -> list[Pair]:
    shown = ((item.label, item.display(values, lookups)) for item in fields)
    return [(label, text) for label, text in shown if text]


def _sentence(row: RequestRow) -> str:
    if row.outcome == Outcome.NOT_FOUND:
        moment = clock.long_datetime(row.decided_at) if row.decided_at else "–"
        return f"Data tidak ditemukan pada basis data per {moment}"
    text = str(row.get_outcome_display())
    return f"{text}: {row.outcome_reason}" if row.outcome_reason else text


def _statistics(request: DataRequest) -> list[dict[str, Any]]:
    items = request.statistics.select_related("service", "regional_office", "office", "checkpoint")
    tables = []
    for item in items:
        filters = [
            item.regional_office.label if item.regional_office else "",
            item.office.label if item.office else "",
            item.checkpoint.label if item.checkpoint else "",
            item.citizenship,
            f"Arah: {item.get_direction_display()}" if item.direction else "",
        ]
        answer = item.answer or {}
        counted_at = answer.get("counted_at")
        tables.append(
            {
                "title": f"{item.service.label}, {clock.date_range(item.period_from, item.period_until)}",
                "filters": " · ".join(text for text in filters if text),
                "answer": answer,
                "rows": [[*row[:-1], _number(row[-1])] for row in answer.get("rows", [])],
                "total": _number(answer.get("total", 0)),
                "label_columns": max(1, len(answer.get("columns", [])) - 1),
                "counted_at": clock.long_datetime(datetime.fromisoformat(counted_at)) if counted_at else "",
            }
        )
    return tables


def _number(value: Any) -> str:
    return f"{value:,}".replace(",", ".") if isinstance(value, int) else str(value)


def _time_with_seconds(moment: datetime) -> str:
    local = moment.astimezone(clock.ZONES["WIB"])
    return f"{local:%H.%M.%S} WIB"


# --- the workbook ---


def _sheets(document: ResultDocument, request: DataRequest) -> Iterator[SheetData]:
    """Every row and every answer, as text, one sheet a service, then the statistics."""
    facts = [("NOMOR", document.number), *_applicant(request), *_question(request)]
    parts = document_parts.overview(document)
    if parts is not None:
        facts.append(("BAGIAN", parts.sentence))
    yield "Ringkasan", ["Butir", "Isi"], facts
    if parts is not None:
        yield "Dokumen", ["Dokumen", "Nomor", "Baris"], parts.lines
    lookups = Lookups()
    carried = document.carried_rows()
    for service in _services(carried):
        schema = request.schema_for(service)
        header = ["No", *(f"Diminta: {item.label}" for item in schema.asked), "Hasil", "Keterangan"]
        header += [f"Jawaban: {item.label}" for item in schema.answered]
        yield schema.service_label, header, _workbook_rows(carried, service, schema, lookups)
    if document.part:
        return
    for number, table in enumerate(_statistics(request), start=1):
        answer = table["answer"]
        rows = [*table["rows"], ["Jumlah", *[""] * (table["label_columns"] - 1), table["total"]]]
        rows += [
            [],
            [table["title"]],
            [table["filters"]],
            [answer.get("note", "")],
            [answer.get("source", "")],
        ]
        yield f"Statistik {number}", answer.get("columns", []), rows


def _workbook_rows(
    carried: RowQuerySet, service: Service, schema: Schema, lookups: Lookups
) -> Iterator[list[str]]:
    rows = carried.filter(service=service).prefetch_related("answers")
    for row in rows.iterator(chunk_size=_CHUNK):
        asked = [item.display(row.values, lookups) for item in schema.asked]
        start = [str(row.position), *asked, str(row.get_outcome_display()), _sentence(row)]
        answers = [answer.values for answer in row.answers.all()] if row.outcome == Outcome.FOUND else []
        for values in answers or [{}]:
            yield [*start, *(item.display(values, lookups) for item in schema.answered)]
