"""Every verb in every state by every role: the table below says what must happen, the operations are asked."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import User
from core.rules.models import Reason
from requests_app import operations, workflow
from requests_app.models import DataRequest, Status
from tests.requests_app import results

S = Status
SYSTEM = "system"
#: verb -> state it starts from -> (who may, where it leads). Nobody else, nowhere else.
TABLE: dict[str, dict[Status, tuple[set[str], Status]]] = {
    "submit": {S.DRAFT: ({"siti"}, S.SUBMITTED)},
    "start_verification": {S.SUBMITTED: ({"budi"}, S.VERIFYING)},
    "accept": {S.VERIFYING: ({"budi"}, S.PROCESSING)},
    "ask_correction": {
        S.VERIFYING: ({"budi"}, S.NEEDS_CORRECTION),
        S.PROCESSING: ({"rina"}, S.NEEDS_CORRECTION),
    },
    "resubmit": {S.NEEDS_CORRECTION: ({"siti"}, S.VERIFYING)},
    "send_for_approval": {S.PROCESSING: ({"rina"}, S.AWAITING_APPROVAL)},
    "send_back": {S.AWAITING_APPROVAL: ({"ratna", "puti"}, S.PROCESSING)},
    # Of a risky request: see the tests of its own below.
    "approve_first": {S.AWAITING_APPROVAL: ({"ratna", "puti"}, S.AWAITING_APPROVAL)},
    "approve": {S.AWAITING_APPROVAL: ({"ratna", "puti"}, S.ISSUING)},
    "override_approval": {S.AWAITING_APPROVAL: ({"puti"}, S.ISSUING)},
    "document_ready": {S.ISSUING: ({SYSTEM}, S.COMPLETED)},
    "reopen": {S.COMPLETED: ({"ratna", "puti"}, S.PROCESSING)},
    "reject": {
        S.VERIFYING: ({"budi"}, S.REJECTED),
        S.AWAITING_APPROVAL: ({"ratna", "puti"}, S.REJECTED),
    },
    "withdraw": {
        S.SUBMITTED: ({"siti"}, S.WITHDRAWN),
        S.VERIFYING: ({"siti"}, S.WITHDRAWN),
        S.NEEDS_CORRECTION: ({"siti"}, S.WITHDRAWN),
        S.PROCESSING: ({"siti"}, S.WITHDRAWN),
    },
    "lapse": {S.NEEDS_CORRECTION: ({SYSTEM}, S.LAPSED)},
}
PEOPLE = ("siti", "sari", "joko", "budi", "rina", "ratna", "puti", "kartika", "dewi", "umar")
#: Verbs that a request asks for only while two approvals are needed.
RISKY_ONLY = {"approve_first", "override_approval"}
#: Applicants of the agency see what was sent; of officers those with the right to view requests.
SEES_SENT = {"siti", "sari", "budi", "rina", "ratna", "puti", "umar", SYSTEM}
SEES_DRAFT = {"siti", SYSTEM}
NOTE = "Catatan yang cukup panjang"


def perform(verb: str, pk: uuid.UUID, by: User | None) -> DataRequest:
    """Calls the operation of the verb as its caller would."""
    if verb == "submit" and by is not None:
        return operations.submit(pk, by=by, submit_key=uuid.uuid4())
    if by is None or any(SYSTEM in who for who, _target in TABLE[verb].values()):
        with transaction.atomic():
            return operations.move(pk, verb, by=by, note=NOTE)
    operation: Callable[..., DataRequest] = getattr(operations, verb)
    arguments: dict[str, Any] = {} if verb == "resubmit" else {"note": NOTE}
    if verb == "ask_correction":
        arguments["whole"] = True
    if verb == "override_approval":
        arguments["reason"] = Reason.objects.offered(Reason.Purpose.OVERRIDE)[0]
    return operation(pk, by=by, **arguments)


def expected(verb: str, state: Status, person: str) -> object:
    """The new state, or the kind of refusal."""
    sees = SEES_DRAFT if state == S.DRAFT else SEES_SENT
    if person not in sees:
        return DataRequest.DoesNotExist
    cells = TABLE[verb]
    if state in cells and person in cells[state][0] and verb not in RISKY_ONLY:
        return cells[state][1]
    # Who holds the right in another state comes too late, others have no right at all.
    holders = {name for who, _target in cells.values() for name in who}
    return operations.StateConflict if person in holders else PermissionDenied


class _Undo(Exception):
    """Rolls a successful cell back."""


def outcome(verb: str, pk: uuid.UUID, by: User | None) -> object:
    """What really happened; the database is as before afterwards."""
    moved: list[str] = []
    try:
        with transaction.atomic():
            moved.append(perform(verb, pk, by).status)
            raise _Undo
    except _Undo:
        return moved[0]
    except (PermissionDenied, DataRequest.DoesNotExist, operations.StateConflict) as error:
        return type(error)


def test_table_has_a_row_for_every_verb() -> None:
    assert set(TABLE) == set(workflow.VERBS)
    for name, cells in TABLE.items():
        verb = workflow.VERBS[name]
        assert set(verb.sources) == set(cells), name
        assert {verb.target} == {target for _who, target in cells.values()}, name


@pytest.fixture
def people(request: pytest.FixtureRequest, agreement: Any) -> dict[str, User | None]:
    return {SYSTEM: None, **{name: request.getfixturevalue(name) for name in PEOPLE}}


@pytest.mark.parametrize("state", list(Status))
def test_verb_does_what_the_table_says(
    state: Status, people: dict[str, User | None], siti: User, agreement: Any, catalogue: Any
) -> None:
    found = results.make_request(siti, status=state, agreement=agreement)
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
    wrong = []
    for verb in TABLE:
        for person, user in people.items():
            really, wanted = outcome(verb, found.pk, user), expected(verb, state, person)
            if really != wanted:
                wrong.append((verb, person, really, wanted))
    assert wrong == []
    assert DataRequest.objects.get(pk=found.pk).status == state
    assert not found.events.exists()


@pytest.mark.parametrize("state", list(Status))
def test_offered_verbs_are_exactly_those_that_succeed(
    state: Status, people: dict[str, User | None], siti: User, agreement: Any, catalogue: Any
) -> None:
    found = results.make_request(siti, status=state, agreement=agreement)
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
    for person, user in people.items():
        if user is None or expected("submit", state, person) is DataRequest.DoesNotExist:
            continue
        offered = {verb.name for verb in workflow.available_verbs(found, user)}
        assert offered == {verb for verb in TABLE if expected(verb, state, person) in list(Status)}, person


def test_graph_of_the_model_is_the_graph_of_the_table() -> None:
    transitions = DataRequest().get_all_status_transitions()  # type: ignore[attr-defined]  # made by FSMField
    graph = {(item.name, item.source, item.target) for item in transitions}
    assert graph == {
        (verb, state, target) for verb, cells in TABLE.items() for state, (_who, target) in cells.items()
    }


#: Of a risky request that waits for approval: verb -> (who, where to) before the first approval and after it.
RISKY: dict[str, tuple[tuple[set[str], Status], tuple[set[str], Status]]] = {
    "approve_first": (
        ({"ratna", "puti"}, S.AWAITING_APPROVAL),
        (set(), S.AWAITING_APPROVAL),
    ),
    "approve": ((set(), S.ISSUING), ({"puti"}, S.ISSUING)),
    "override_approval": (({"puti"}, S.ISSUING), ({"puti"}, S.ISSUING)),
    "send_back": (({"ratna", "puti"}, S.PROCESSING), ({"ratna", "puti"}, S.PROCESSING)),
    "reject": (({"ratna", "puti"}, S.REJECTED), ({"ratna", "puti"}, S.REJECTED)),
}


@pytest.mark.parametrize("half", [False, True])
def test_risky_request_moves_as_its_own_table_says(
    half: bool, people: dict[str, User | None], siti: User, ratna: User, agreement: Any, catalogue: Any
) -> None:
    given = {"approved_by": ratna} if half else {"approved_by": None, "approved_at": None}
    found = results.make_request(siti, status=S.AWAITING_APPROVAL, agreement=agreement, risks="rows", **given)
    results.add_row(found, catalogue["paspor"], results.ASKED, (results.ANSWER,))
    really: dict[str, set[str]] = {verb: set() for verb in TABLE}
    for verb in TABLE:
        for person, user in people.items():
            try:
                target = outcome(verb, found.pk, user)
            except ValidationError:
                continue
            if target in list(S):
                really[verb].add(person)
                assert target == RISKY[verb][half][1]
    assert really == {verb: RISKY[verb][half][0] if verb in RISKY else set() for verb in TABLE}
    for person, user in people.items():
        if user is not None:
            offered = {verb.name for verb in workflow.available_verbs(found, user)}
            assert offered == {verb for verb, cells in RISKY.items() if person in cells[half][0]}, person
