"""How many requests each access pattern sends, and how many one after the other. (docs/data-model.md)"""

from collections.abc import Callable, Iterable
from threading import Lock, local
from typing import Any

import pytest

from lms.table import client
from tests.api import Api
from tests.table_calls import replace_call
from tests.world import COURSE_A, WORKED_TREE, World, usage_key

pytestmark = pytest.mark.dynamodb_local


class Requests:
    """Requests to the table, by operation, and rounds: requests of one round are sent side by side."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.rounds = 0

    def forget(self) -> None:
        self.sent, self.rounds = [], 0


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    counted, lock, here = Requests(), Lock(), local()
    call = client.call

    def count(operation: str, **arguments: Any) -> Any:
        with lock:
            counted.sent.append(operation)
            counted.rounds += 0 if getattr(here, "inside", False) else 1
        return call(operation, **arguments)

    def side_by_side(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        # One after the other, so that each piece of work's requests can be told apart; the longest makes the rounds.
        results, longest = [], 0
        outer, here.inside = getattr(here, "inside", False), True
        for item in items:
            before = len(counted.sent)
            results.append(work(item))
            longest = max(longest, len(counted.sent) - before)
        here.inside = outer
        counted.rounds += 0 if outer else longest
        return results

    replace_call(monkeypatch, count)
    monkeypatch.setattr("lms.table.requests.in_parallel", side_by_side)
    return counted


@pytest.fixture(autouse=True)
def site(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_SECONDS", "60")
    world.user("mona")
    world.user("sam", is_staff=True)
    for number in range(12):
        course_id = f"course-v1:DemoX+DX{number}+R"
        world.course(course_id)
        world.enroll("mona", course_id)
    world.course()
    world.enroll()
    world.export(WORKED_TREE)
    world.role("mona", "instructor", COURSE_A)
    world.load()


def test_user_detail_is_one_request(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona")

    assert requests.sent == ["GetItem"]


def test_my_user_info_is_one_request(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/my_user_info")

    assert requests.sent == ["UpdateItem"]


def test_the_home_screen_of_v4_is_two_rounds_cold_and_warm(api: Api, requests: Requests) -> None:
    cold = api.get("/api/mobile/v4/users/mona/course_enrollments/?requested_fields=course_progress").json
    assert sorted(requests.sent) == ["BatchGetItem", "BatchGetItem", "GetItem", "Query"]
    assert requests.rounds == 2
    requests.forget()

    warm = api.get("/api/mobile/v4/users/mona/course_enrollments/?requested_fields=course_progress").json

    assert sorted(requests.sent) == ["BatchGetItem", "Query"]
    assert warm == cold


def test_a_learner_with_1000_enrollments_gets_a_page_in_two_rounds(world: World, api: Api, requests: Requests) -> None:
    world.user("rita")
    for number in range(1000):
        course_id = f"course-v1:BigX+B{number:04}+R"
        world.course(course_id)
        world.enroll("rita", course_id, created=f"2020-01-01T{number // 60:02}:{number % 60:02}:00Z")
    world.load()
    requests.forget()

    first = api.get("/api/mobile/v4/users/rita/course_enrollments/", caller="rita").json
    assert requests.rounds == 2
    last = api.get("/api/mobile/v4/users/rita/course_enrollments/?page=last", caller="rita").json

    assert first["primary"]["course"]["id"] == "course-v1:BigX+B0999+R"
    assert (first["enrollments"]["count"], first["enrollments"]["num_pages"]) == (999, 200)
    assert [one["course"]["id"] for one in last["enrollments"]["results"]] == [
        f"course-v1:BigX+B{number:04}+R" for number in (3, 2, 1, 0)
    ]


def test_progress_in_51_courses_is_two_rounds(world: World, api: Api, requests: Requests) -> None:
    world.user("rita")
    for number in range(60):
        course_id = f"course-v1:BigX+B{number:04}+R"
        world.course(course_id)
        world.enroll("rita", course_id)
    world.load()
    requests.forget()

    path = "/api/mobile/v4/users/rita/course_enrollments/?page_size=50&requested_fields=course_progress"
    page = api.get(path, caller="rita").json["enrollments"]["results"]

    assert ["course_progress" in shown for shown in page] == [True] * 50
    # The courses, and completions with outlines in two requests: 100 keys each at the most.
    assert sorted(requests.sent) == ["BatchGetItem", "BatchGetItem", "BatchGetItem", "GetItem", "Query"]
    assert requests.rounds == 2


def test_enrollments_status_is_two_rounds(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona/enrollments_status/")

    assert sorted(requests.sent) == ["BatchGetItem", "GetItem", "Query"]
    assert requests.rounds == 2


def test_cold_enrollments_are_two_rounds(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona/course_enrollments/")

    assert sorted(requests.sent) == ["BatchGetItem", "GetItem", "Query"]
    assert requests.rounds == 2


def test_warm_enrollments_are_one_query(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona/course_enrollments/")
    requests.forget()

    answer = api.get("/api/mobile/v2/users/mona/course_enrollments/")

    assert requests.sent == ["Query"]
    assert len(answer.json["enrollments"]) == 13


@pytest.mark.parametrize("warm", [False, True])
def test_a_course_status_is_one_request(api: Api, requests: Requests, warm: bool) -> None:
    if warm:
        api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}")
        requests.forget()

    api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}")

    assert requests.sent == ["BatchGetItem"]


def test_a_visit_is_a_read_and_a_conditional_write(api: Api, requests: Requests) -> None:
    body = {"last_visited_module_id": usage_key(COURSE_A, "vertical", "v211")}

    api.send_json("PATCH", f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}", body)

    assert requests.sent == ["BatchGetItem", "UpdateItem"]


@pytest.mark.parametrize(("caller", "listing"), [("sam", ["Query"] * 16), ("mona", ["BatchGetItem"])])
def test_a_course_team_is_two_rounds(api: Api, requests: Requests, caller: str, listing: list[str]) -> None:
    answer = api.get("/api/support/v1/manage_course_team/?email=mona@example.org", caller=caller)

    assert answer.status == 200
    assert sorted(requests.sent) == sorted(["GetItem", "Query", "GetItem", "GetItem", "Query", *listing])
    assert requests.rounds == 2


def test_each_role_change_is_one_write_after_two_rounds_of_reads(api: Api, requests: Requests) -> None:
    operations = [
        {"course_id": f"course-v1:DemoX+DX{number}+R", "role": "staff", "action": action}
        for number, action in enumerate(["assign", "assign", "revoke"])
    ]
    body = {"email": "mona@example.org", "bulk_role_operations": operations}

    answer = api.send_json("PUT", "/api/support/v1/manage_course_team/", body, caller="sam")

    assert [result["status"] for result in answer.json["results"]] == ["success"] * 3
    reads, writes = requests.sent[:5], requests.sent[5:]
    assert sorted(reads) == ["BatchGetItem", "GetItem", "GetItem", "GetItem", "Query"]
    assert writes == ["TransactWriteItems"] * 3
