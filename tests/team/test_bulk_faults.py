"""A table that throttles, answers nothing or too late: every result of a PUT still says what happened.

(course-team.md 4.4, 4.7, 4.3, row 6; deviations 8)
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from lms.domain.errors import ConditionFailedError
from lms.table.answers import AttemptFailedError, DynamoDBError
from lms.table.client import table_name
from lms_lambda.dynamodb.tables import sdk_client
from tests.team.conftest import (
    COURSE_0,
    COURSE_1,
    COURSE_2,
    PATH,
    CourseTeamFunction,
    Operation,
    Tamper,
    Team,
    failed,
    operation,
    succeeded,
)
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

NOT_SAVED = "The change could not be saved. Try again."
OUTCOME_UNKNOWN = "The change may not have been saved: the database did not answer. Reload to see the current role."
INVALID_COURSE = "Invalid course_id or course not found."

SECONDS = 3
"""Of which the function keeps 2 back for its answer."""

Install = Callable[[Tamper], None]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads are given up soon."""
    monkeypatch.setattr("lms.table.client.read_seconds", lambda: 0.1)


WRITE = "TransactWriteItems"


@pytest.fixture
def knows_tokens(request: pytest.FixtureRequest) -> None:
    """A DynamoDB that carries out one write of each ClientRequestToken; moto carries out every one."""
    if not request.config.getoption("--dynamodb-local"):
        pytest.skip("needs DynamoDB Local: make test-integration")


def course_of(name: str, arguments: dict[str, Any]) -> str | None:
    """The id of the course that a call writes a role on; None for a read."""
    if name != WRITE:
        return None
    keys = [action["Update"]["Key"] for action in arguments["TransactItems"] if "Update" in action]
    sort_key: str = keys[0]["SK"]["S"]
    return sort_key.removeprefix("ROLE#")


def one_of_each() -> list[Operation]:
    """An operation for each of the three courses; the one in the middle is the one that meets a fault."""
    return [operation(COURSE_0), operation(COURSE_1, "instructor"), operation(COURSE_2)]


def unavailable(course_id: str, outcome_unknown: bool = False) -> Tamper:
    """Every write on the course is turned away."""

    def what(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) == course_id:
            raise AttemptFailedError("a test's fault", maybe_done=outcome_unknown)
        return real()

    return what


class FirstTimes:
    """The first `times` writes on the course fail, `performed` or not; `tokens`: those of all attempts, by course."""

    def __init__(self, times: int, course_id: str = COURSE_1, performed: bool = False) -> None:
        self.left, self.course_id, self.performed = times, course_id, performed
        self.tokens: dict[str, list[str]] = {}
        self.lock = threading.Lock()

    def __call__(self, name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        course_id = course_of(name, arguments)
        with self.lock:
            if course_id is not None:
                self.tokens.setdefault(course_id, []).append(arguments.get("ClientRequestToken", ""))
            fails = course_id == self.course_id and self.left > 0
            self.left -= fails
        if not fails:
            return real()
        if self.performed:
            real()
        raise AttemptFailedError("a test's fault", maybe_done=self.performed)


@pytest.mark.parametrize(
    ("outcome_unknown", "error"), [(False, NOT_SAVED), (True, OUTCOME_UNKNOWN)], ids=["refused", "unknown"]
)
@pytest.mark.parametrize("action", ["assign", "revoke"])
def test_a_write_that_the_table_never_takes_fails_alone(
    team: Team,
    people: World,
    course_team: CourseTeamFunction,
    tamper: Install,
    action: str,
    outcome_unknown: bool,
    error: str,
) -> None:
    people.role("nora", "staff", COURSE_1)
    people.load()
    operations = one_of_each()
    operations[1]["action"] = action
    tamper(unavailable(COURSE_1, outcome_unknown))

    answer = course_team.put(*operations, seconds=SECONDS)

    assert answer.status == 200
    assert answer.json["results"] == [
        succeeded(operations[0]),
        failed(operations[1], error),
        succeeded(operations[2]),
    ]
    assert [team.stored_roles("nora", course) for course in (COURSE_0, COURSE_1, COURSE_2)] == [
        {"staff"},
        {"staff"},
        {"staff"},
    ]
    assert team.stored_enrollment("nora", COURSE_1) is None


def test_a_write_that_was_carried_out_but_never_confirmed_is_not_called_a_failure(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    tamper(FirstTimes(1000, performed=True))

    answer = course_team.put(*one_of_each(), seconds=SECONDS)

    assert answer.json["results"][1] == failed(operation(COURSE_1, "instructor"), OUTCOME_UNKNOWN)
    assert team.stored_roles("nora", COURSE_1) == {"instructor"}


def test_an_unknown_outcome_stays_unknown_when_later_attempts_are_refused(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    attempts: list[bool] = []

    def first_unknown(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) is None:
            return real()
        attempts.append(True)
        raise AttemptFailedError("a test's fault", maybe_done=len(attempts) == 1)

    tamper(first_unknown)

    answer = course_team.put(operation(), seconds=SECONDS)

    assert len(attempts) > 1
    assert answer.json["results"] == [failed(operation(), OUTCOME_UNKNOWN)]


@pytest.mark.parametrize("performed", [False, True], ids=["throttled", "unconfirmed"])
@pytest.mark.parametrize("action", ["assign", "revoke"])
def test_a_write_that_succeeds_at_the_third_attempt_is_a_success(
    team: Team, people: World, course_team: CourseTeamFunction, tamper: Install, action: str, performed: bool
) -> None:
    people.role("nora", "staff", COURSE_1)
    people.load()
    operations = one_of_each()
    operations[1]["action"] = action
    fault = FirstTimes(2, performed=performed)
    tamper(fault)

    answer = course_team.put(*operations, seconds=20)

    assert answer.json["results"] == [succeeded(one) for one in operations]
    assert len(fault.tokens[COURSE_1]) == 3
    assert team.stored_roles("nora", COURSE_1) == ({"instructor"} if action == "assign" else set())


def test_attempts_at_one_operation_leave_one_role_item_and_one_enrollment(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    tamper(FirstTimes(2, performed=True))

    course_team.put(operation(COURSE_1), seconds=20)

    found = sdk_client().query(
        TableName=table_name(),
        KeyConditionExpression="PK = :user",
        ExpressionAttributeValues={":user": {"S": "USER#nora"}},
    )
    assert sorted(item["SK"]["S"] for item in found["Items"]) == [
        "ENROLL#course-v1:TestOrg+C1+R",
        "PROFILE",
        "ROLE#course-v1:TestOrg+C1+R",
    ]


def test_every_attempt_at_an_operation_carries_the_same_token_and_no_other_operation_does(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    fault = FirstTimes(2)
    tamper(fault)

    course_team.put(operation(COURSE_0), operation(COURSE_0), operation(COURSE_1), seconds=20, request_id="one")
    course_team.put(operation(COURSE_0), seconds=20, request_id="two")

    first, duplicate, later = fault.tokens[COURSE_0]
    retried = fault.tokens[COURSE_1]
    assert len(retried) == 3
    assert len(set(retried)) == 1
    assert len({first, duplicate, later, retried[0]}) == 4
    assert all(1 <= len(token) <= 36 for token in (first, duplicate, later, retried[0]))


def test_a_course_that_is_gone_when_it_is_written_fails_as_not_found(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    def vanished(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) == COURSE_1:
            raise ConditionFailedError([True, False, False])
        return real()

    tamper(vanished)

    answer = course_team.put(*one_of_each(), seconds=SECONDS)

    assert (answer.status, answer.json["results"]) == (
        200,
        [
            succeeded(operation(COURSE_0)),
            failed(operation(COURSE_1, "instructor"), INVALID_COURSE),
            succeeded(operation(COURSE_2)),
        ],
    )
    assert team.stored_roles("nora", COURSE_1) == set()


def test_a_course_deleted_while_a_warm_function_remembers_it_gets_neither_role_nor_enrollment(
    team: Team, site: World
) -> None:
    team.results(operation(COURSE_1, "staff", "revoke"))
    key = {"PK": {"S": f"COURSE#{COURSE_1}"}, "SK": {"S": "OVERVIEW"}}
    sdk_client().delete_item(TableName=table_name(), Key=key)

    results = team.results(*one_of_each())

    assert [one["status"] for one in results] == ["success", "failed", "success"]
    assert results[1]["error"] == INVALID_COURSE
    assert team.stored_roles("nora", COURSE_1) == set()
    assert team.stored_enrollment("nora", COURSE_1) is None


@pytest.mark.parametrize("action", ["assign", "revoke"])
def test_an_error_that_nobody_expects_fails_its_operation_and_the_rest_still_runs(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install, action: str
) -> None:
    def surprise(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) == COURSE_0:
            raise DynamoDBError("ValidationException", "Item size to update has exceeded the limit")
        return real()

    tamper(surprise)

    answer = course_team.put(operation(COURSE_0, action=action), operation(COURSE_1), seconds=SECONDS)

    assert answer.status == 200, answer.body
    bad, good = answer.json["results"]
    assert (bad["course_id"], bad["status"], bool(bad["error"])) == (COURSE_0, "failed", True)
    assert good == succeeded(operation(COURSE_1))
    assert team.stored_roles("nora", COURSE_1) == {"staff"}


def test_operations_after_a_failed_one_on_the_same_course_still_run(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    attempts: list[str] = []

    def refuse_the_first_operation(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        token = arguments.get("ClientRequestToken")
        if token is None:
            return real()
        attempts.append(token)
        if token == attempts[0]:
            raise ConditionFailedError([True, False, False])
        return real()

    tamper(refuse_the_first_operation)

    answer = course_team.put(operation(role="instructor"), operation(role="staff"), seconds=SECONDS)

    assert answer.json["results"] == [
        failed(operation(role="instructor"), INVALID_COURSE),
        succeeded(operation(role="staff")),
    ]
    assert team.stored_roles() == {"staff"}


def test_operations_that_the_deadline_overtakes_are_reported_and_not_begun(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    operations = [operation(COURSE_0, "owner"), *one_of_each()]
    written: list[str] = []

    def watched(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if name == WRITE:
            written.append(name)
        answer = real()
        if name == "BatchGetItem":  # the last read
            time.sleep(SECONDS - 2)
        return answer

    tamper(watched)

    answer = course_team.put(*operations, seconds=SECONDS)

    assert answer.status == 200
    assert answer.json["results"][0]["error"] == "Invalid role. Must be 'instructor' or 'staff'."
    assert answer.json["results"][1:] == [failed(one, NOT_SAVED) for one in one_of_each()]
    assert written == []
    assert team.stored_roles() == set()


def test_a_course_that_uses_up_the_time_costs_the_other_courses_nothing(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    operations = [operation(COURSE_0), operation(COURSE_1), operation(COURSE_0, "instructor"), operation(COURSE_2)]
    tamper(unavailable(COURSE_0))
    started = time.monotonic()

    answer = course_team.put(*operations, seconds=SECONDS)

    assert time.monotonic() - started < SECONDS
    assert answer.json["results"] == [
        failed(operations[0], NOT_SAVED),
        succeeded(operations[1]),
        failed(operations[2], NOT_SAVED),
        succeeded(operations[3]),
    ]
    assert team.stored_roles("nora", COURSE_0) == set()
    assert team.stored_roles("nora", COURSE_1) == {"staff"}


def test_a_request_that_has_no_time_left_is_503_and_nothing_is_begun(
    course_team: CourseTeamFunction, tamper: Install
) -> None:
    begun: list[str] = []

    def watched(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        begun.append(name)
        return real()

    tamper(watched)

    # All of the function's time is what it keeps back for its answer.
    answer = course_team.put(operation(), seconds=2)

    assert (answer.status, begun) == (503, [])


def test_when_every_write_is_refused_every_result_says_so(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    def refuse(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if name == WRITE:
            raise AttemptFailedError("a test's fault", maybe_done=False)
        return real()

    operations = [
        operation(course, action=action) for course in (COURSE_0, COURSE_1) for action in ("assign", "revoke")
    ]
    tamper(refuse)

    answer = course_team.put(*operations, seconds=SECONDS)

    assert (answer.status, answer.json["results"]) == (200, [failed(one, NOT_SAVED) for one in operations])


def test_operations_on_one_course_run_one_after_the_other(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    running, together, order = 0, 0, []
    lock = threading.Lock()

    def watched(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        nonlocal running, together
        if course_of(name, arguments) != COURSE_0:
            return real()
        with lock:
            running += 1
            together = max(together, running)
            order.append("assign" if "ConditionCheck" in arguments["TransactItems"][0] else "revoke")
        time.sleep(0.02)
        answer = real()
        with lock:
            running -= 1
        return answer

    tamper(watched)
    actions = ["assign", "revoke", "assign", "assign", "revoke", "revoke", "assign"]
    operations = [operation(COURSE_0, action=action) for action in actions]

    answer = course_team.put(*operations, operation(COURSE_1), seconds=60)

    assert answer.json["results"] == [succeeded(one) for one in (*operations, operation(COURSE_1))]
    assert together == 1
    assert order == actions


def test_a_retried_operation_holds_up_the_later_ones_on_its_course(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    tamper(FirstTimes(3, COURSE_0))
    operations = [operation(role="instructor"), operation(role="staff"), operation(role="instructor")]

    answer = course_team.put(*operations, seconds=20)

    assert answer.json["results"] == [succeeded(one) for one in operations]
    assert team.stored_roles() == {"instructor"}


def test_different_courses_are_written_side_by_side(
    people: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    ids = [f"course-v1:TestOrg+P{number}+R" for number in range(8)]
    for course_id in ids:
        people.course(course_id)
    people.load()
    all_at_once = threading.Barrier(8)

    def meet(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) is not None:
            # Broken, and so a failure of the test, unless all eight are in here together.
            all_at_once.wait(timeout=20)
        return real()

    tamper(meet)

    answer = course_team.put(*(operation(course_id) for course_id in ids), seconds=60)

    assert answer.json["results"] == [succeeded(operation(course_id)) for course_id in ids]


@pytest.mark.parametrize("name", ["GetItem", "Query", "BatchGetItem"])
@pytest.mark.parametrize("outcome_unknown", [False, True])
def test_a_table_that_cannot_be_read_is_503_and_nothing_is_written(
    team: Team, site: World, tamper: Install, impatient: None, name: str, outcome_unknown: bool
) -> None:
    wrote: list[str] = []

    def unreadable(called: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if called == name:
            raise AttemptFailedError("a test's fault", maybe_done=outcome_unknown)
        wrote.extend([called] if called == WRITE else [])
        return real()

    tamper(unreadable)

    answer = team.put(operation())

    assert answer.status == 503
    assert answer.json == {"detail": "Service temporarily unavailable, try again later."}
    assert answer.headers["retry-after"] == "1"
    assert wrote == []


def test_a_table_that_cannot_be_read_is_503_for_get_as_well(
    team: Team, site: World, tamper: Install, impatient: None
) -> None:
    def unreadable(called: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if called == "Query":
            raise AttemptFailedError("a test's fault", maybe_done=False)
        return real()

    tamper(unreadable)

    answer = team.api.get(f"{PATH}?username=nora", "sam")

    assert (answer.status, answer.json) == (503, {"detail": "Service temporarily unavailable, try again later."})


# --- Attempts that arrive late ----------------------------------------------------------------------------------------


class HeldUp:
    """The first write on the course is held up on its way, and arrives when `arrive` is called."""

    def __init__(self, course_id: str = COURSE_0) -> None:
        self.course_id = course_id
        self.arrive: Callable[[], Any] | None = None

    def __call__(self, name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) == self.course_id and self.arrive is None:
            self.arrive = real
            raise AttemptFailedError("no answer", maybe_done=True)
        return real()


@pytest.mark.parametrize("held", [True, False], ids=["a role", "nothing"])
def test_a_revoke_that_arrives_after_a_later_assignment_takes_nothing(
    team: Team, people: World, course_team: CourseTeamFunction, tamper: Install, knows_tokens: None, held: bool
) -> None:
    if held:
        people.role("nora", "staff", COURSE_0)
    people.load()
    late = HeldUp()
    tamper(late)
    revoked = course_team.put(operation(action="revoke"), seconds=20)
    assigned = course_team.put(operation(role="instructor"), seconds=20)

    with suppress(DynamoDBError):  # its token is another write's by now
        assert late.arrive is not None
        late.arrive()

    assert revoked.json["results"] == [succeeded(operation(action="revoke"))]
    assert assigned.json["results"] == [succeeded(operation(role="instructor"))]
    assert team.stored_roles() == {"instructor"}


def test_an_assignment_that_arrives_after_a_later_revoke_gives_nothing(
    team: Team, site: World, course_team: CourseTeamFunction, tamper: Install, knows_tokens: None
) -> None:
    late = HeldUp()
    tamper(late)
    course_team.put(operation(), seconds=20)
    course_team.put(operation(action="revoke"), seconds=20)

    assert late.arrive is not None
    late.arrive()

    assert team.stored_roles() == set()


def test_an_assignment_whose_course_went_away_between_its_attempts_may_have_been_saved(
    site: World, course_team: CourseTeamFunction, tamper: Install
) -> None:
    attempts: list[str] = []

    def vanishing(name: str, arguments: dict[str, Any], real: Callable[[], Any]) -> Any:
        if course_of(name, arguments) is None:
            return real()
        attempts.append(name)
        if len(attempts) == 1:
            raise AttemptFailedError("no answer", maybe_done=True)
        raise ConditionFailedError([True, False, False])

    tamper(vanishing)

    answer = course_team.put(operation(), seconds=SECONDS)

    assert answer.json["results"] == [failed(operation(), OUTCOME_UNKNOWN)]
