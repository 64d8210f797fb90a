"""The flow of a request on one page: verbs, who may use them, from where, what must be true, public phases."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_fsm import can_proceed

from accounts.models import User
from core.catalogue.models import Service
from requests_app import agreements, corrections, risk
from requests_app.models import DataRequest, Outcome, RequestEvent, ResultDocument, Status
from requests_app.models.rows import ANSWERED_OUTCOMES

Guard = Callable[[DataRequest, User], list[str]]

REQUESTER = "requester"
#: The officer who enters a draft on behalf of an applicant who wrote by letter.
ON_BEHALF = "on_behalf"
SYSTEM = "system"
VERIFY = "requests_app.verify_datarequest"
PROCESS = "requests_app.process_datarequest"
APPROVE = "requests_app.approve_datarequest"
OVERRIDE = "requests_app.override_approval"
ENTER = "requests_app.enter_datarequest"
ASK_REVOCATION = "requests_app.ask_revocation"
REVOKE = "requests_app.revoke_resultdocument"


@dataclass(frozen=True)
class Verb:
    """One thing that can be done to a request: the transition's name, who may, and what must be true."""

    name: str
    label: Any
    #: Permissions of which one is enough; REQUESTER = the applicant who owns it; ON_BEHALF = who enters the draft
    #: for that person; SYSTEM = a worker only.
    rights: tuple[str, ...]
    sources: tuple[Status, ...]
    target: Status
    guards: tuple[Guard, ...] = ()
    note_required: bool = False
    #: Whether the applicant reads the note.
    note_public: bool = False
    #: Whether the risks that ask for a second approval are weighed (requests_app.risk).
    weighs_risk: bool = False


def is_complete(request: DataRequest, user: User) -> list[str]:
    """The header, the letter and at least one row or statistics question must be there."""
    missing = []
    if not request.letter_number:
        missing.append(_("Isi No. Surat sesuai surat permohonan Anda"))
    if not request.letter_date:
        missing.append(_("Isi Tanggal Surat"))
    if not request.subject:
        missing.append(_("Isi Perihal"))
    if not request.unit:
        missing.append(_("Isi Satuan Kerja"))
    if not request.phone:
        missing.append(_("Isi No. Telp Pemohon"))
    if not request.letter:
        missing.append(_("Unggah Surat Permohonan Resmi"))
    if not request.purpose:
        missing.append(_("Isi Tujuan Permintaan Data"))
    if not request.legal_basis:
        missing.append(_("Pilih Dasar hukum"))
    if not request.rows.exists() and not request.statistics.exists():
        missing.append(_("Tambahkan paling sedikit satu Data Detail atau Data Statistik sebelum mengirim"))
    return missing


def has_no_running_upload(request: DataRequest, user: User) -> list[str]:
    """What the queue still checks or saves would be missing from the request."""
    running = request.uploads.running().only("file_name", "stage").first()
    if running is None:
        return []
    if running.stage == running.Stage.SAVING:
        text = _("Data dari berkas %(name)s sedang disimpan. Kirim setelah selesai")
    else:
        text = _("Berkas %(name)s sedang diperiksa. Tunggu sampai selesai, atau batalkan unggahannya")
    return [text % {"name": running.file_name}]


def has_no_running_job(request: DataRequest, user: User) -> list[str]:
    """What the queue is doing with the rows would go on under the approver's eyes."""
    job = request.row_jobs.filter(stage="running").first()
    if job is None:
        return []
    text = _("%(work)s masih berjalan untuk %(total)d baris. Tunggu sampai selesai, atau batalkan")
    return [text % {"work": job.get_kind_display(), "total": job.total}]


def is_within_agreement(request: DataRequest, user: User) -> list[str]:
    """Services, grounds, purpose and number of rows must be inside one agreement of the agency."""
    return agreements.refusals(request)


def is_agreement_alive(request: DataRequest, user: User) -> list[str]:
    """The agency is not shut; the agreement has neither ended beyond the days of grace nor been terminated."""
    refusal = agreements.approval_refusal(request)
    return [refusal] if refusal else []


def requested_services(request: DataRequest) -> list[Service]:
    """The services asked for by rows or statistics, with their fields."""
    return agreements.asked_services(request)


def has_its_content(request: DataRequest, user: User) -> list[str]:
    """What was destroyed when its time was over cannot be answered anew."""
    if request.erased_at is None:
        return []
    return [_("Isi permohonan ini sudah dimusnahkan karena masa simpannya berakhir")]


def is_corrected(request: DataRequest, user: User) -> list[str]:
    """Every pinned place was changed or explained."""
    return corrections.unanswered_reasons(request)


def is_checked(request: DataRequest, user: User) -> list[str]:
    """No answer of the applicant waits for a tick, no mark waits to be sent."""
    return corrections.unchecked_reasons(request)


def is_answered(request: DataRequest, user: User) -> list[str]:
    """Every row has an outcome and every statistics question a table."""
    reasons = []
    waiting = request.rows.exclude(outcome__in=ANSWERED_OUTCOMES).count()
    if waiting:
        reasons.append(_("%(count)d baris belum dijawab") % {"count": waiting})
    empty = request.rows.filter(outcome=Outcome.FOUND, answers__isnull=True).count()
    if empty:
        reasons.append(_("%(count)d baris ditandai Ditemukan tetapi belum berisi jawaban") % {"count": empty})
    uncounted = request.statistics.filter(answered_at__isnull=True).count()
    if uncounted:
        reasons.append(_("%(count)d permintaan statistik belum dihitung") % {"count": uncounted})
    return reasons


def is_uninvolved(request: DataRequest, user: User) -> list[str]:
    """Four eyes: who entered or verified the request approves no part of it."""
    if user.pk == request.entered_by_id:
        return [_("Menunggu persetujuan petugas lain: Anda yang memasukkan permohonan ini")]
    # After a correction somebody else may have verified it again: the trail remembers the first one too.
    if user.pk == request.verified_by_id or _did(request, user, "accept"):
        return [_("Menunggu persetujuan petugas lain: Anda yang memverifikasi permohonan ini")]
    return []


def _did(request: DataRequest, user: User, verb: str) -> bool:
    return request.events.filter(actor=user, verb=verb).exists()


def has_no_part_in_preparation(request: DataRequest, user: User) -> list[str]:
    """One document at a time: the next waits until the worker has made the part before it."""
    if request.status == Status.ISSUING:
        return []
    waiting = request.documents.filter(state=ResultDocument.State.PREPARING, part__isnull=False).first()
    return [_("%(part)s masih disiapkan. Tunggu beberapa menit") % {"part": waiting.name}] if waiting else []


def has_no_revoked_rows(request: DataRequest, user: User) -> list[str]:
    """Rows of a part that was revoked have to be answered anew before the last document says all is told."""
    revoked = request.documents.filter(state=ResultDocument.State.REVOKED, rows__isnull=False).first()
    if revoked is None:
        return []
    return [
        _("%(part)s sudah dicabut. Kembalikan ke petugas agar barisnya diperiksa lagi")
        % {"part": revoked.name}
    ]


def is_another_person(request: DataRequest, user: User) -> list[str]:
    """Four eyes: who entered, verified, answered or processed it cannot approve it."""
    if involved := is_uninvolved(request, user):
        return involved
    if user.pk == request.processed_by_id or _did(request, user, "send_for_approval"):
        return [_("Menunggu persetujuan petugas lain: Anda yang memproses permohonan ini")]
    # Whoever handed it over signs for the whole; the answers may be somebody else's.
    if (
        request.rows.filter(Q(decided_by=user) | Q(answers__by=user)).exists()
        or request.statistics.filter(answered_by=user).exists()
    ):
        return [_("Menunggu persetujuan petugas lain: Anda yang mengisi jawaban permohonan ini")]
    return []


def is_not_who_entered(request: DataRequest, user: User) -> list[str]:
    """Four eyes: who entered the letter for the applicant does not check it."""
    if user.pk == request.entered_by_id:
        return [_("Anda yang memasukkan permohonan ini. Pemeriksaan dilakukan petugas lain")]
    return []


def has_first_of_two(request: DataRequest, user: User) -> list[str]:
    """Where two have to approve, somebody else has approved first."""
    if not request.risks:
        return []
    if request.approved_by_id is None:
        return [_("Permohonan ini memerlukan dua persetujuan, dan persetujuan pertama belum diberikan")]
    if request.approved_by_id == user.pk:
        return [_("Anda sudah memberi persetujuan pertama. Persetujuan kedua harus dari petugas lain")]
    return []


def is_not_own_agency(request: DataRequest, user: User) -> list[str]:
    """Nobody decides about a request of the own agency."""
    if user.agency_id is not None and user.agency_id == request.agency_id:
        return [_("Anda terdaftar pada instansi pemohon. Serahkan kepada petugas lain")]
    return []


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "submit",
            gettext_lazy("Kirim"),
            (REQUESTER, ON_BEHALF),
            (Status.DRAFT,),
            Status.SUBMITTED,
            (is_complete, has_no_running_upload, is_within_agreement),
            weighs_risk=True,
        ),
        Verb(
            "start_verification",
            gettext_lazy("Mulai verifikasi"),
            (VERIFY,),
            (Status.SUBMITTED,),
            Status.VERIFYING,
            (is_not_own_agency, is_not_who_entered),
        ),
        Verb(
            "accept",
            gettext_lazy("Berkas lengkap, proses"),
            (VERIFY,),
            (Status.VERIFYING,),
            Status.PROCESSING,
            (is_not_own_agency, is_not_who_entered, is_checked),
        ),
        Verb(
            "ask_correction",
            gettext_lazy("Minta perbaikan"),
            (VERIFY, PROCESS),
            (Status.VERIFYING, Status.PROCESSING),
            Status.NEEDS_CORRECTION,
            (is_not_own_agency, is_not_who_entered),
            note_required=True,
            note_public=True,
        ),
        Verb(
            "resubmit",
            gettext_lazy("Kirim ulang"),
            (REQUESTER,),
            (Status.NEEDS_CORRECTION,),
            Status.VERIFYING,
            (is_complete, has_no_running_upload, is_within_agreement, is_corrected),
            weighs_risk=True,
        ),
        Verb(
            "send_for_approval",
            gettext_lazy("Ajukan persetujuan"),
            (PROCESS,),
            (Status.PROCESSING,),
            Status.AWAITING_APPROVAL,
            (is_not_own_agency, has_no_running_job, is_answered, is_checked),
            weighs_risk=True,
        ),
        Verb(
            "send_back",
            gettext_lazy("Kembalikan ke petugas"),
            (APPROVE,),
            (Status.AWAITING_APPROVAL,),
            Status.PROCESSING,
            (is_not_own_agency,),
            note_required=True,
        ),
        Verb(
            "approve_first",
            gettext_lazy("Setujui (1 dari 2)"),
            (APPROVE,),
            (Status.AWAITING_APPROVAL,),
            Status.AWAITING_APPROVAL,
            (is_not_own_agency, is_another_person, is_agreement_alive, is_answered, has_no_revoked_rows),
            weighs_risk=True,
        ),
        Verb(
            "approve",
            gettext_lazy("Setujui dan terbitkan"),
            (APPROVE,),
            (Status.AWAITING_APPROVAL,),
            Status.ISSUING,
            (
                is_not_own_agency,
                is_another_person,
                has_first_of_two,
                is_agreement_alive,
                is_answered,
                has_no_part_in_preparation,
                has_no_revoked_rows,
            ),
            weighs_risk=True,
        ),
        Verb(
            "override_approval",
            gettext_lazy("Terbitkan mendesak"),
            (OVERRIDE,),
            (Status.AWAITING_APPROVAL,),
            Status.ISSUING,
            (
                is_not_own_agency,
                is_another_person,
                is_agreement_alive,
                is_answered,
                has_no_part_in_preparation,
                has_no_revoked_rows,
            ),
            note_required=True,
            weighs_risk=True,
        ),
        Verb("document_ready", gettext_lazy("Dokumen siap"), (SYSTEM,), (Status.ISSUING,), Status.COMPLETED),
        Verb(
            "reopen",
            gettext_lazy("Buka kembali"),
            (APPROVE,),
            (Status.COMPLETED,),
            Status.PROCESSING,
            (is_not_own_agency, has_its_content),
            note_required=True,
        ),
        Verb(
            "reject",
            gettext_lazy("Tolak"),
            (VERIFY, APPROVE),
            (Status.VERIFYING, Status.AWAITING_APPROVAL),
            Status.REJECTED,
            (is_not_own_agency, is_not_who_entered),
            note_required=True,
            note_public=True,
        ),
        Verb(
            "withdraw",
            gettext_lazy("Batalkan permohonan"),
            (REQUESTER,),
            (Status.SUBMITTED, Status.VERIFYING, Status.NEEDS_CORRECTION, Status.PROCESSING),
            Status.WITHDRAWN,
            note_required=True,
            note_public=True,
        ),
        Verb("lapse", gettext_lazy("Kedaluwarsa"), (SYSTEM,), (Status.NEEDS_CORRECTION,), Status.LAPSED),
    )
}
#: In which state which right counts, where a verb has more than one.
STATE_RIGHTS: dict[tuple[str, Status], str] = {
    ("ask_correction", Status.VERIFYING): VERIFY,
    ("ask_correction", Status.PROCESSING): PROCESS,
    ("reject", Status.VERIFYING): VERIFY,
    ("reject", Status.AWAITING_APPROVAL): APPROVE,
}

#: What the officer who processes may do too with a request that was returned while it was processed.
RETURNED_VERBS = ("accept", "ask_correction")


def has_right(verb: Verb, request: DataRequest, user: User | None) -> bool:
    """Whether ``user`` may use the verb on this request at all (None: the system itself)."""
    if user is None:
        return SYSTEM in verb.rights
    if not user.is_active:
        return False
    if REQUESTER in verb.rights:
        return owns(request, user) or (ON_BEHALF in verb.rights and enters(request, user))
    if not user.is_staff:
        return False
    # Who asked while processing gets it back and need not wait for a verifier.
    is_back = request.status == Status.VERIFYING and request.correction_from == Status.PROCESSING
    if is_back and verb.name in RETURNED_VERBS and user.has_perm(PROCESS):
        return True
    narrowed = STATE_RIGHTS.get((verb.name, Status(request.status)))
    rights = (narrowed,) if narrowed else verb.rights
    return any(right != SYSTEM and user.has_perm(right) for right in rights)


def owns(request: DataRequest, user: User) -> bool:
    """Whether it is the applicant's own; a draft an officer enters becomes the applicant's when it is sent."""
    if user.is_staff or user.agency_id != request.agency_id or user.pk != request.requester_id:
        return False
    return not (request.is_draft and request.entered_by_id)


def may_enter(user: User) -> bool:
    """Whether the officer may enter requests on behalf of applicants."""
    return user.is_active and user.is_staff and user.has_perm(ENTER)


def enters(request: DataRequest, user: User) -> bool:
    """Whether the officer is entering this draft; once sent it is nobody's to enter any more."""
    return request.is_draft and request.entered_by_id == user.pk and may_enter(user)


def may_work(user: User) -> bool:
    """Whether the person is an active officer with any right that moves requests."""
    if not user.is_active or not user.is_staff:
        return False
    return any(user.has_perm(right) for right in (VERIFY, PROCESS, APPROVE))


def has_some_right(verb: Verb, user: User | None) -> bool:
    """Whether an officer may use the verb in another state than the present one."""
    return (
        user is not None
        and user.is_active
        and user.is_staff
        and any(right not in (SYSTEM, REQUESTER, ON_BEHALF) and user.has_perm(right) for right in verb.rights)
    )


def fits_state(verb: Verb, request: DataRequest) -> bool:
    """Whether the request stands where the verb starts."""
    if verb.weighs_risk and request.status == Status.AWAITING_APPROVAL:
        risk.settle(request)
    return bool(can_proceed(getattr(request, verb.name)))


def guard_reasons(verb: Verb, request: DataRequest, user: User | None) -> list[str]:
    """Everything that stands against the verb now, all at once."""
    if user is None:
        return []
    return [reason for guard in verb.guards for reason in guard(request, user)]


def reasons(name: str, request: DataRequest, user: User) -> list[str] | None:
    """None: not for this person or state. Empty: may be done. Otherwise: why not yet, in words for the person."""
    verb = VERBS[name]
    if not fits_state(verb, request) or not has_right(verb, request, user):
        return None
    return guard_reasons(verb, request, user)


def available_verbs(request: DataRequest, user: User) -> list[Verb]:
    """The verbs that would succeed now."""
    return [verb for verb in VERBS.values() if reasons(verb.name, request, user) == []]


# --- what the public sees ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Phase:
    """A coarse step shown without sign-in."""

    key: str
    label: Any
    explanation: Any
    #: Tone of the coloured tag (public_site/parts/tag.html).
    tag: str


PHASES: dict[str, Phase] = {
    phase.key: phase
    for phase in (
        Phase("baru", gettext_lazy("Baru"), gettext_lazy("Permohonan diterima"), "blue"),
        Phase(
            "diverifikasi", gettext_lazy("Diverifikasi"), gettext_lazy("Berkas sedang kami periksa"), "amber"
        ),
        Phase("diproses", gettext_lazy("Diproses"), gettext_lazy("Data sedang kami cocokkan"), "amber"),
        Phase(
            "selesai",
            gettext_lazy("Selesai"),
            gettext_lazy("Jawaban dapat diunduh setelah Anda masuk"),
            "green",
        ),
        Phase(
            "perbaikan",
            gettext_lazy("Perlu Perbaikan"),
            gettext_lazy("Menunggu perbaikan dari pemohon"),
            "red outline",
        ),
        Phase(
            "ditolak", gettext_lazy("Ditolak"), gettext_lazy("Alasan dapat dibaca setelah Anda masuk"), "red"
        ),
        Phase("dibatalkan", gettext_lazy("Dibatalkan"), gettext_lazy("Dibatalkan oleh pemohon"), "grey"),
        Phase(
            "kedaluwarsa",
            gettext_lazy("Kedaluwarsa"),
            gettext_lazy("Tidak diperbaiki sampai batas waktu"),
            "grey",
        ),
        Phase("draf", gettext_lazy("Draf"), gettext_lazy("Belum dikirim"), "grey"),
    )
}
_PHASE_OF: dict[str, str] = {
    Status.DRAFT: "draf",
    Status.SUBMITTED: "baru",
    Status.VERIFYING: "diverifikasi",
    Status.NEEDS_CORRECTION: "perbaikan",
    Status.PROCESSING: "diproses",
    Status.AWAITING_APPROVAL: "diproses",
    Status.ISSUING: "diproses",
    Status.COMPLETED: "selesai",
    Status.REJECTED: "ditolak",
    Status.WITHDRAWN: "dibatalkan",
    Status.LAPSED: "kedaluwarsa",
}
_MAIN_LINE = ("baru", "diverifikasi", "diproses", "selesai")
_ENDED = ("ditolak", "dibatalkan", "kedaluwarsa")


def public_phase(status: str) -> Phase:
    """The coarse phase of a state."""
    return PHASES[_PHASE_OF[status]]


@dataclass(frozen=True)
class TimelineStep:
    """One line of the timeline: done with a time, current, or still to come."""

    phase: Phase
    at: datetime | None
    is_done: bool
    is_current: bool


def timeline(request: DataRequest, events: Iterable[RequestEvent] | None = None) -> list[TimelineStep]:
    """The coarse steps with the time each was first reached since the last turn back; no personal data."""
    reached: dict[str, datetime] = {}
    trail = list(request.events.all()) if events is None else list(events)
    for event in trail:
        if event.target:
            key = _PHASE_OF[event.target]
            if key in _MAIN_LINE:
                for later in _MAIN_LINE[_MAIN_LINE.index(key) + 1 :]:
                    reached.pop(later, None)
            reached.setdefault(key, event.at)
    current = _PHASE_OF[request.status]
    keys = list(_MAIN_LINE)
    if current == "perbaikan":
        keys.insert(2, "perbaikan")
    elif current in _ENDED:
        keys = [key for key in _MAIN_LINE if key in reached] + [current]
    position = keys.index(current) if current in keys else -1
    return [
        TimelineStep(
            phase=PHASES[key],
            at=reached.get(key),
            is_done=index < position or (index == position and current == "selesai"),
            is_current=index == position,
        )
        for index, key in enumerate(keys)
    ]
