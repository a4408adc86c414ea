"""Requests of several keys or pages, and what they leave over. (lms.table.requests)"""

from collections.abc import Callable
from typing import Any

import pytest

from lms import deadline
from lms.domain.errors import UnavailableError
from lms.table import keys, requests
from lms.table.requests import get_items, query
from tests.unit.builders import StoppedTime, cases

USERS = [keys.user(f"user{number}") for number in range(250)]
Answer = Callable[[list[Any]], dict[str, Any]]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[list[Any]]]:
    """`table(answer)`: BatchGetItem is answered by it, given the keys; the keys of each request."""
    monkeypatch.setenv("TABLE_NAME", "lms")
    # Tests over HTTP that ran before in this process have more patience.
    monkeypatch.delenv("TABLE_READ_SECONDS", raising=False)
    asked: list[list[Any]] = []

    def put(answer: Answer) -> list[list[Any]]:
        def call(operation: str, **arguments: Any) -> dict[str, Any]:
            assert operation == "BatchGetItem"
            wanted = arguments["RequestItems"]["lms"]
            assert wanted["ConsistentRead"] is True
            asked.append(wanted["Keys"])
            return answer(wanted["Keys"])

        monkeypatch.setattr(requests, "call", call)
        return asked

    return put


def found(items: list[Any], left: list[Any]) -> dict[str, Any]:
    return {
        "Responses": {"lms": items},
        "UnprocessedKeys": {"lms": {"Keys": left, "ConsistentRead": True}} if left else {},
    }


def test_keys_are_asked_for_by_the_hundred_and_found_by_name(table: Callable[[Answer], list[list[Any]]]) -> None:
    asked = table(lambda wanted: found(wanted[::2], []))

    items = get_items(USERS, consistent=True)

    assert sorted(len(chunk) for chunk in asked) == [50, 100, 100]
    assert list(items) == [keys.key_name(key) for key in USERS[::2]]


def test_what_is_left_over_is_asked_for_again_with_growing_pauses(
    table: Callable[[Answer], list[list[Any]]], clock: StoppedTime
) -> None:
    asked = table(lambda wanted: found(wanted[:10], wanted[10:]))

    items = get_items(USERS[:45], consistent=True)

    assert len(items) == 45
    assert [len(chunk) for chunk in asked] == [45, 35, 25, 15, 5]
    assert len(clock.pauses) == 4
    assert clock.pauses[3] > clock.pauses[0]


@cases(
    "left",
    {
        "nothing said of it": {"Responses": {}},
        "another table's": {"Responses": {}, "UnprocessedKeys": {"other": {"Keys": [USERS[0]]}}},
    },
)
def test_nothing_is_left_over(table: Callable[[Answer], list[list[Any]]], left: dict[str, Any]) -> None:
    asked = table(lambda _: left)

    assert get_items(USERS[:1], consistent=True) == {}
    assert len(asked) == 1


@cases("limit, seconds", {"the deadline": (2.0, 2.0), "the time of a read": (60.0, 5.0)})
def test_keys_that_stay_unread_are_no_missing_items(
    table: Callable[[Answer], list[list[Any]]], clock: StoppedTime, limit: float, seconds: float
) -> None:
    asked = table(lambda wanted: found([], wanted))
    ends = clock.now + seconds

    with deadline.within(limit), pytest.raises(UnavailableError, match=r"^BatchGetItem: .* unread$"):
        get_items(USERS[:3], consistent=True)

    assert len(asked) > 5
    assert ends - 1 <= clock.now <= ends


def test_a_request_within_has_no_more_time_than_all_of_them(
    table: Callable[[Answer], list[list[Any]]], clock: StoppedTime
) -> None:
    left: list[float] = []

    def answer(wanted: list[Any]) -> dict[str, Any]:
        left.append(deadline.seconds_left())
        clock.now += 2
        return found([], wanted)

    table(answer)

    with pytest.raises(UnavailableError):
        get_items(USERS[:3], consistent=True)
    assert left[0] == 5
    assert 2.9 < left[1] < 3
    assert 0.9 < left[2] < 1


def test_a_query_goes_on_page_after_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "lms")
    pages = [{"Items": [1, 2], "LastEvaluatedKey": "a"}, {"Items": [], "LastEvaluatedKey": "b"}, {"Items": [3]}]
    starts = []

    def call(operation: str, **arguments: Any) -> Any:
        assert operation == "Query"
        starts.append(arguments.get("ExclusiveStartKey"))
        return pages[len(starts) - 1]

    monkeypatch.setattr(requests, "call", call)

    assert list(query("PK = :pk", {":pk": {"S": "a"}}, consistent=False)) == [1, 2, 3]
    assert starts == [None, "a", "b"]
