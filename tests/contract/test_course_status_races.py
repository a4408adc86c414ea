"""Visits of one learner that arrive together: the place ends up where the last of them was. (mobile-users.md 5.4)"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from lms.table import client
from lms.table.answers import AttemptFailedError
from lms.table.learners import read_learner_and_site
from tests.api import NOW
from tests.functions import FunctionOfTemplate
from tests.world import COURSE_A, World, usage_key

pytestmark = pytest.mark.dynamodb_local

VISITS = 64
PATH = f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}"

Write = dict[str, Any]


@pytest.fixture
def site(world: World) -> None:
    """A course of 8 sections with 8 subsections each."""
    world.user("mona")
    world.course()
    world.enroll()
    world.export(
        [
            ("chapter", f"c{section}", [("sequential", f"s{section}{part}", [("vertical", f"v{section}{part}")])
             for part in range(8)])
            for section in range(8)
        ]
    )  # fmt: skip
    world.load()


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Write]:
    """The values of each UpdateItem that was carried out, in their order."""
    real, one_at_a_time, written = client._attempt, threading.Lock(), list[Write]()

    def attempt(operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "UpdateItem":
            return real(operation, arguments)
        with one_at_a_time:
            answer = real(operation, arguments)
            names, values = arguments["ExpressionAttributeNames"], arguments["ExpressionAttributeValues"]
            set_to = (part.split(" = ") for part in arguments["UpdateExpression"].removeprefix("SET ").split(", "))
            written.append({names[name]: next(iter(values[value].values())) for name, value in set_to})
        return answer

    monkeypatch.setattr(client, "_attempt", attempt)
    return written


def place(number: int) -> str:
    """The unit that the visit with this number names: all over the course."""
    at = number * 27 % 64
    return usage_key(COURSE_A, "vertical", f"v{at // 8}{at % 8}")


@pytest.mark.parametrize("dated", [False, True], ids=["without dates", "with rising dates"])
def test_64_visits_at_once_are_all_answered_and_the_last_to_arrive_has_the_place(
    site: None, writes: list[Write], dated: bool
) -> None:
    function = FunctionOfTemplate("CourseStatusFunction", seconds=60)
    together = threading.Barrier(VISITS)

    def visit(number: int) -> tuple[int, Any]:
        arrived = NOW + timedelta(milliseconds=number)
        body = {"last_visited_module_id": place(number)}
        if dated:  # by a clock that is ahead: on its own, no date is older than what is saved
            body["modification_date"] = (arrived + timedelta(hours=1)).isoformat()
        together.wait(30)
        answer = function.send_json(
            "PATCH", PATH, body, "mona", arrived, version="v1", username="mona", course_id=COURSE_A
        )
        return answer.status, answer.json

    with ThreadPoolExecutor(VISITS) as threads:
        answers = list(threads.map(visit, range(VISITS)))

    assert [status for status, _ in answers] == [200] * VISITS
    last = place(VISITS - 1).replace("vertical", "sequential").replace("block@v", "block@s")
    assert answers[-1][1]["last_visited_module_id"] == last
    for name in ("course_state_modified", "latest_state_modified", "changed"):
        dates = [write[name] for write in writes]
        assert dates == sorted(dates)
    progress = read_learner_and_site("mona")[0].progress[COURSE_A]
    at = (VISITS - 1) * 27 % 64
    assert (progress.positions["course@course"], progress.positions[f"chapter@c{at // 8}"]) == (at // 8 + 1, at % 8 + 1)
    assert progress.changed == NOW + timedelta(milliseconds=VISITS - 1)


def test_a_visit_whose_answer_was_lost_is_not_undone_by_its_own_repetition(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, lost = client._attempt, list[str]()

    def attempt(operation: str, arguments: dict[str, Any]) -> Any:
        answer = real(operation, arguments)
        if operation == "UpdateItem" and not lost:
            lost.append(operation)
            raise AttemptFailedError("no answer", maybe_done=True)
        return answer

    monkeypatch.setattr(client, "_attempt", attempt)
    function = FunctionOfTemplate("CourseStatusFunction", seconds=60)

    answer = function.send_json(
        "PATCH", PATH, {"last_visited_module_id": place(5)}, "mona", version="v1", username="mona", course_id=COURSE_A
    )

    assert lost
    assert answer.status == 200
    assert answer.json["last_visited_module_id"] == place(5).replace("vertical", "sequential").replace("@v", "@s")
