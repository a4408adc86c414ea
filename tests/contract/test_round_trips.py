"""How many requests each access pattern sends, and how many one after the other. (docs/data-model.md)"""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

import pytest
from tests.api import Api
from tests.world import COURSE_A, WORKED_TREE, World, usage_key

from lms.table import access


class Requests:
    """Requests to the table, by operation, and rounds: requests of one round are sent side by side."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.rounds = 0

    def forget(self) -> None:
        self.sent, self.rounds = [], 0


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    counted, lock, inside = Requests(), Lock(), [False]
    call = access.call

    def count(operation: str, **arguments: Any) -> Any:
        with lock:
            counted.sent.append(operation)
            counted.rounds += 0 if inside[0] else 1
        return call(operation, **arguments)

    def side_by_side(work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        # One after the other, so that each piece of work's requests can be told apart; the longest makes the rounds.
        results, longest = [], 0
        outer, inside[0] = inside[0], True
        for item in items:
            before = len(counted.sent)
            results.append(work(item))
            longest = max(longest, len(counted.sent) - before)
        inside[0] = outer
        counted.rounds += 0 if outer else longest
        return results

    monkeypatch.setattr(access, "call", count)
    monkeypatch.setattr(access, "in_parallel", side_by_side)
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

    assert requests.sent == ["get_item"]


def test_my_user_info_is_one_request(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/my_user_info")

    assert requests.sent == ["update_item"]


def test_cold_enrollments_are_two_rounds(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona/course_enrollments/")

    assert sorted(requests.sent) == ["batch_get_item", "get_item", "query"]
    assert requests.rounds == 2


def test_warm_enrollments_are_one_query(api: Api, requests: Requests) -> None:
    api.get("/api/mobile/v1/users/mona/course_enrollments/")
    requests.forget()

    answer = api.get("/api/mobile/v2/users/mona/course_enrollments/")

    assert requests.sent == ["query"]
    assert len(answer.json["enrollments"]) == 13


@pytest.mark.parametrize("warm", [False, True])
def test_a_course_status_is_one_request(api: Api, requests: Requests, warm: bool) -> None:
    if warm:
        api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}")
        requests.forget()

    api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}")

    assert requests.sent == ["batch_get_item"]


def test_a_visit_is_a_read_and_a_conditional_write(api: Api, requests: Requests) -> None:
    body = {"last_visited_module_id": usage_key(COURSE_A, "vertical", "v211")}

    api.send_json("PATCH", f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}", body)

    assert requests.sent == ["batch_get_item", "update_item"]


@pytest.mark.parametrize(("caller", "listing"), [("sam", ["query"] * 16), ("mona", ["batch_get_item"])])
def test_a_course_team_is_two_rounds(api: Api, requests: Requests, caller: str, listing: list[str]) -> None:
    answer = api.get("/api/support/v1/manage_course_team/?email=mona@example.org", caller=caller)

    assert answer.status == 200
    assert sorted(requests.sent) == sorted(["get_item", "query", "get_item", "get_item", "query", *listing])
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
    assert sorted(reads) == ["batch_get_item", "get_item", "get_item", "get_item", "query"]
    assert sorted(writes) == ["transact_write_items", "transact_write_items", "update_item"]
