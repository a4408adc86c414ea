"""Faults written down one by one: what was seen or thought of, and must never come back."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.api import Answer, Api, Clock
from tests.faults import faults
from tests.faults.conftest import RightAnswers
from tests.faults.faults import every_fault
from tests.faults.proxy import Call, Exchange, Fault, FaultProxy, NoFaults
from tests.faults.schedule import Script, always, is_read, writes_of
from tests.faults.site import (
    MAYBE_SAVED,
    NOT_SAVED,
    READS,
    TEAM_COURSES,
    TEAM_PATH,
    Operation,
    Site,
    TeamState,
    ask_until_answered,
    block_in,
    chapter_in,
    content_of,
    is_honest_refusal,
    new_learner,
    path_at,
    status_path,
    team_state,
)
from tests.world import COURSE_A

pytestmark = pytest.mark.faults

COURSE = TEAM_COURSES[0]
ROLE = f"ROLE#{COURSE}"
PROGRESS = f"PROGRESS#{COURSE_A}"
STAFF = TeamState(frozenset({"staff"}), enrolled=True)
NOBODY = TeamState()


def name_of(value: Any) -> str | None:
    return value.name.replace(" ", "-") if isinstance(value, Fault) else None


def operation(action: str = "assign", role: str = "staff", course_id: str = COURSE) -> Operation:
    return {"course_id": course_id, "role": role, "action": action}


def put(api: Api, username: str, *operations: Operation) -> list[str | None]:
    """The errors of the operations' results, None for a success."""
    body = {"email": f"{username}@example.org", "bulk_role_operations": list(operations)}
    answer = api.send_json("PUT", TEAM_PATH, body, "sam")
    assert answer.status == 200, answer.body
    return [result.get("error") for result in answer.json["results"]]


def visit(api: Api, username: str, chapter: int, **more: str) -> Answer:
    return api.send_json("PATCH", status_path(username), {"last_visited_module_id": block_in(chapter)} | more, username)


def delivered_and_lost() -> list[Fault]:
    """The faults that carry a write out and lose its answer."""
    return [
        *(make(True) for make in (faults.reset, faults.closed, faults.hanging, faults.failure)),
        *(faults.html(True, status) for status in (200, 403, 502, 503)),
        faults.cut_off(),
        faults.cut_off(chunked=True),
        faults.stalled(),
        faults.shortened(),
        faults.wrong_checksum(),
        faults.garbage(),
        faults.empty(),
        faults.not_http(),
    ]


def turned_away() -> list[Fault]:
    """The faults after which a transaction cannot have been carried out."""
    return [
        *(faults.throttled(code) for code in ("ProvisionedThroughputExceededException", "ThrottlingException")),
        faults.throttled("RequestLimitExceeded"),
        *(faults.cancelled(reason) for reason in faults.PASSING_REASONS),
    ]


@pytest.fixture
def nora(site: Site) -> str:
    """A user without roles; the username."""
    world = site.world()
    username = site.new_user(world)
    site.load(world)
    return username


def stored(site: Site, username: str) -> TeamState:
    return team_state(site.items_of(username), COURSE)


# --- Results of role changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", delivered_and_lost(), ids=name_of)
def test_a_change_whose_answer_was_lost_and_whose_repetition_is_throttled_may_have_been_saved(
    site: Site, api: Api, proxy: FaultProxy, nora: str, lost: Fault
) -> None:
    proxy.schedule = Script().on(writes_of(ROLE), [lost], then=faults.throttled())

    errors = put(api, nora, operation())

    assert errors == [MAYBE_SAVED]
    assert stored(site, nora) == STAFF


@pytest.mark.parametrize("action", ["assign", "revoke"])
@pytest.mark.parametrize("away", turned_away(), ids=name_of)
def test_a_change_that_is_always_turned_away_could_not_be_saved(
    site: Site, api: Api, proxy: FaultProxy, nora: str, away: Fault, action: str
) -> None:
    put(api, nora, operation())
    proxy.schedule = Script().on(writes_of(ROLE), then=away)

    errors = put(api, nora, operation(action, "instructor"), operation("assign", "staff", TEAM_COURSES[1]))

    assert errors == [NOT_SAVED, None]
    assert stored(site, nora) == STAFF


@pytest.mark.parametrize("lost", delivered_and_lost(), ids=name_of)
def test_a_change_whose_answer_was_lost_once_is_a_success(
    site: Site, api: Api, proxy: FaultProxy, nora: str, lost: Fault
) -> None:
    proxy.schedule = Script().on(writes_of(ROLE), [lost, None, lost])

    errors = put(api, nora, operation(), operation("revoke"))

    assert errors == [None, None]
    assert stored(site, nora) == TeamState(frozenset(), enrolled=True)


@pytest.mark.parametrize("reason", faults.LASTING_REASONS)
def test_a_change_that_dynamodb_can_never_make_fails_alone(
    site: Site, api: Api, proxy: FaultProxy, nora: str, reason: str
) -> None:
    proxy.schedule = Script().on(writes_of(ROLE), then=faults.cancelled(reason))

    errors = put(api, nora, operation(), operation("assign", "staff", TEAM_COURSES[1]))

    assert errors[0] in (NOT_SAVED, MAYBE_SAVED)
    assert errors[1] is None
    assert stored(site, nora) == NOBODY


@pytest.mark.parametrize("fault", [faults.conflict(), faults.cancelled(), faults.throttled()], ids=name_of)
def test_a_change_outlives_seconds_of_conflicts(
    site: Site, api: Api, proxy: FaultProxy, nora: str, fault: Fault
) -> None:
    proxy.schedule = During(2.0, fault)

    assert put(api, nora, operation()) == [None]
    assert stored(site, nora) == STAFF


def test_a_revoke_that_is_held_up_does_not_take_away_what_was_assigned_after_it(
    site: Site, api: Api, proxy: FaultProxy, nora: str
) -> None:
    put(api, nora, operation())
    proxy.forget()
    proxy.schedule = Script().on(writes_of(ROLE), [faults.held_up(1.5)])

    revoked = put(api, nora, operation("revoke"))
    assigned = put(api, nora, operation("assign"))

    assert (revoked, assigned) == ([None], [None])
    assert arrivals(proxy, nora) == [False, True, True], "the first attempt should be on its way still"
    proxy.settle()
    assert arrivals(proxy, nora) == [True, True, True]
    assert stored(site, nora) == STAFF


def test_a_revoke_that_is_held_up_does_not_undo_an_assignment_of_the_same_request(
    site: Site, api: Api, proxy: FaultProxy, nora: str
) -> None:
    put(api, nora, operation())
    proxy.schedule = Script().on(writes_of(ROLE), [faults.held_up(1.5)])

    errors = put(api, nora, operation("revoke"), operation("assign"))

    assert errors == [None, None]
    proxy.settle()
    assert stored(site, nora) == STAFF


def test_an_assignment_that_is_held_up_does_not_undo_a_revoke(
    site: Site, api: Api, proxy: FaultProxy, nora: str
) -> None:
    proxy.schedule = Script().on(writes_of(ROLE), [faults.held_up(1.5)])

    errors = [put(api, nora, operation("assign")), put(api, nora, operation("revoke"))]

    assert errors == [[None], [None]]
    proxy.settle()
    assert stored(site, nora) == TeamState(frozenset(), enrolled=True)


def test_a_change_that_arrives_while_it_is_repeated_is_made_once(
    site: Site, api: Api, proxy: FaultProxy, nora: str
) -> None:
    proxy.schedule = Script().on(writes_of(ROLE), [faults.delayed(1.2), faults.in_progress(), None])

    assert put(api, nora, operation()) == [None]
    wait_until(lambda: all(each.reply or each.fault == "in progress" for each in proxy.exchanges))
    assert len(proxy.applied((f"USER#{nora}", ROLE))) == 1
    assert stored(site, nora) == STAFF


def test_a_request_whose_reads_fail_changes_nothing(site: Site, api: Api, proxy: FaultProxy, nora: str) -> None:
    proxy.schedule = Script().on(is_read, then=faults.cut_off())

    body = {"email": f"{nora}@example.org", "bulk_role_operations": [operation()]}
    answer = api.send_json("PUT", TEAM_PATH, body, "sam")

    assert is_honest_refusal(answer)
    assert not any(each.call.is_write for each in proxy.exchanges)


# --- Visits and logins ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", delivered_and_lost(), ids=name_of)
def test_a_visit_whose_answer_was_lost_once_is_made(
    site: Site, api: Api, clock: Clock, proxy: FaultProxy, lost: Fault
) -> None:
    username = new_learner(site)
    proxy.schedule = Script().on(writes_of(PROGRESS), [lost])

    answer = visit(api, username, 5)

    assert (answer.status, answer.json) == (200, path_at(5))
    assert chapter_in(site.items_of(username)[PROGRESS]) == 5


def test_a_visit_that_is_held_up_does_not_undo_a_later_one(
    site: Site, api: Api, clock: Clock, proxy: FaultProxy
) -> None:
    username = new_learner(site)
    proxy.watch(lambda key: key == (f"USER#{username}", PROGRESS))
    proxy.schedule = Script().on(writes_of(PROGRESS), [faults.held_up(1.5)])

    first = visit(api, username, 5)
    clock.advance(minutes=1)
    second = visit(api, username, 6)

    assert [first.json, second.json] == [path_at(5), path_at(6)]
    proxy.settle()
    assert chapter_in(site.items_of(username)[PROGRESS]) == 6
    assert [chapter_in(item) for item in proxy.history[f"USER#{username}", PROGRESS]] == [5, 6]


def test_a_visit_that_is_held_up_and_refused_elsewhere_does_not_undo_a_return(
    site: Site, api: Api, clock: Clock, proxy: FaultProxy
) -> None:
    # A to B, held up; B made; back to A: the stored positions are those that the late write expects.
    username = new_learner(site)
    proxy.schedule = Script().on(writes_of(PROGRESS), [faults.held_up(2.5)])

    visit(api, username, 5)
    for chapter in (1, 6, 1):
        clock.advance(minutes=1)
        assert visit(api, username, chapter).json == path_at(chapter)

    proxy.settle()
    assert chapter_in(site.items_of(username)[PROGRESS]) == 1


def test_an_overtaken_visit_is_stale(site: Site, api: Api, clock: Clock, proxy: FaultProxy) -> None:
    username = new_learner(site)
    earlier = clock.now
    overtaken: list[Answer] = []

    def overtake(exchange: Exchange) -> None:
        # Between the first visit's read and its write, a later one comes and is done.
        if exchange.call.operation == "BatchGetItem" and not overtaken:
            overtaken.append(Answer(0, {}, b""))
            clock.advance(minutes=1)
            overtaken[0] = visit(api, username, 6)

    proxy.on_delivered = overtake
    answer = visit(api, username, 5, modification_date=(earlier - timedelta(seconds=1)).isoformat())

    assert [overtaken[0].json, answer.json] == [path_at(6), path_at(6)]
    assert chapter_in(site.items_of(username)[PROGRESS]) == 6


@pytest.mark.parametrize("fault", [faults.conflict(), faults.throttled()], ids=name_of)
def test_a_visit_outlives_seconds_of_conflicts(site: Site, api: Api, proxy: FaultProxy, fault: Fault) -> None:
    username = new_learner(site)
    proxy.schedule = During(1.5, fault, writes_of(PROGRESS))

    assert visit(api, username, 5).json == path_at(5)


def test_a_login_that_is_held_up_does_not_take_back_a_later_one(
    site: Site, api: Api, clock: Clock, proxy: FaultProxy
) -> None:
    username = new_learner(site)
    proxy.schedule = Script().on(writes_of("PROFILE"), [faults.held_up(1.0)])

    for _ in range(2):
        clock.advance(minutes=1)
        assert api.get("/api/mobile/v1/my_user_info", username).status == 302

    proxy.settle()
    assert site.items_of(username)["PROFILE"]["last_login"]["S"].startswith(clock.now.strftime("%Y-%m-%dT%H:%M"))


# --- Reads ------------------------------------------------------------------------------------------------------------


def losing_answers() -> list[Fault]:
    """The faults of reads after which there is no answer to go by."""
    some_read = Call("GetItem", {"Key": {"PK": {"S": ""}, "SK": {"S": ""}}})
    return [fault for fault in every_fault(0.2) if fault.loses_answer and fault.suits(some_read)]


@pytest.mark.parametrize("fault", losing_answers(), ids=name_of)
def test_reads_that_always_fail_are_an_honest_503_and_leave_nothing_behind(
    api: Api, proxy: FaultProxy, right_answers: RightAnswers, fault: Fault
) -> None:
    proxy.schedule = always(fault)
    with ThreadPoolExecutor(len(READS)) as threads:
        answers = list(threads.map(lambda read: api.get(*read), READS))

    assert [read for read, answer in zip(READS, answers, strict=True) if not is_honest_refusal(answer)] == []
    proxy.schedule = NoFaults()
    for target, caller in READS:
        assert content_of(ask_until_answered(api, target, caller)) == right_answers[target, caller], target


HARMLESS = [
    faults.slow(0.2),
    faults.delayed(0.2),
    faults.dripping(0.2),
    faults.closed_afterwards(),
    faults.partial_batch(0.5),
    faults.small_page(1),
    faults.small_page(7),
]


@pytest.mark.parametrize("fault", HARMLESS, ids=name_of)
def test_what_is_only_slow_or_in_parts_is_right(
    api: Api, proxy: FaultProxy, right_answers: RightAnswers, fault: Fault
) -> None:
    for target, caller in READS:
        proxy.schedule = Script().on(fault.suits, [fault] * 6)
        assert content_of(api.get(target, caller)) == right_answers[target, caller], target


def test_keys_that_are_never_read_are_asked_for_with_pauses(api: Api, proxy: FaultProxy) -> None:
    proxy.schedule = Script().on("BatchGetItem", then=faults.partial_batch(1.0))

    answer = api.get(status_path("mona"), "mona")

    assert is_honest_refusal(answer)
    asked = [each.arrived for each in proxy.exchanges if each.call.operation == "BatchGetItem"]
    assert len(asked) < 25
    assert asked[-1] - asked[0] > 1.0


# --- Time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [faults.hanging(False), faults.hanging(True), faults.throttled()], ids=name_of)
def test_role_changes_are_answered_before_the_function_s_timeout(
    unhurried_api: Api, site: Site, proxy: FaultProxy, nora: str, fault: Fault
) -> None:
    proxy.schedule = Script().on(lambda call: call.is_write, then=fault)
    began = time.monotonic()

    errors = put(unhurried_api, nora, *(operation(course_id=course_id) for course_id in TEAM_COURSES))

    assert time.monotonic() - began < 28
    assert set(errors) <= {NOT_SAVED, MAYBE_SAVED}


@pytest.mark.parametrize("fault", [faults.hanging(False), faults.hanging(True), faults.throttled()], ids=name_of)
def test_a_visit_is_answered_before_the_function_s_timeout(
    unhurried_api: Api, site: Site, proxy: FaultProxy, fault: Fault
) -> None:
    username = new_learner(site)
    proxy.schedule = Script().on(lambda call: call.is_write, then=fault)
    began = time.monotonic()

    answer = visit(unhurried_api, username, 5)

    assert time.monotonic() - began < 10
    assert is_honest_refusal(answer)


@pytest.mark.parametrize("fault", [faults.hanging(False), faults.dripping(60.0)], ids=name_of)
def test_reads_are_answered_before_the_function_s_timeout(unhurried_api: Api, proxy: FaultProxy, fault: Fault) -> None:
    proxy.schedule = always(fault)
    began = time.monotonic()
    with ThreadPoolExecutor(len(READS)) as threads:
        answers = list(threads.map(lambda read: unhurried_api.get(*read), READS))

    assert time.monotonic() - began < 10
    assert all(map(is_honest_refusal, answers))


class During:
    """A fault that all requests of some kind meet for so many seconds from the first of them on."""

    def __init__(
        self, seconds: float, fault: Fault, wanted: Callable[[Call], bool] = lambda call: call.is_write
    ) -> None:
        self._seconds, self._fault, self._wanted = seconds, fault, wanted
        self._began: float | None = None

    def next_fault(self, call: Call) -> Fault | None:
        if not self._wanted(call):
            return None
        self._began = self._began or time.monotonic()
        return self._fault if time.monotonic() - self._began < self._seconds else None


def arrivals(proxy: FaultProxy, username: str) -> list[bool]:
    """Of the role changes since the proxy's record began, which have reached DynamoDB."""
    key = (f"USER#{username}", ROLE)
    return [each.delivered is not None for each in proxy.exchanges if key in each.call.written_keys]


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
