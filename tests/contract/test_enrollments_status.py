"""GET users/{username}/enrollments_status. (mobile-users.md 6)"""

from typing import Any

import pytest

from tests.api import Api
from tests.world import World

STATUS = "/api/mobile/v1/users/mona/enrollments_status/"
NOW_LESS = {27: "2026-03-05", 28: "2026-03-04", 29: "2026-03-03", 31: "2026-03-01", 50: "2026-02-10"}


def key(number: int) -> str:
    return f"course-v1:DemoX+C{number:03}+R"


def days_ago(days: int) -> str:
    return f"{NOW_LESS[days]}T12:00:00Z"


def enroll(world: World, *created: str, **course: Any) -> None:
    world.user("mona", 4711)
    for number, moment in enumerate(created):
        world.course(key(number), **course)
        world.enroll("mona", key(number), created=moment)


def test_courses_that_are_not_on_mobile_are_left_out(world: World, api: Api) -> None:
    enroll(world, days_ago(27), mobile_available=False)
    world.load()

    assert api.get(STATUS).json == []


def test_without_enrollments_the_list_is_empty(world: World, api: Api) -> None:
    enroll(world)
    world.load()

    assert api.get(STATUS).json == []


def test_an_enrollment_of_the_last_30_days_is_recent(world: World, api: Api) -> None:
    enroll(world, days_ago(27), days_ago(28), days_ago(29), days_ago(31))
    world.load()

    assert api.get(STATUS).json == [
        {"course_id": key(0), "course_name": "Demo C000", "recently_active": True},
        {"course_id": key(1), "course_name": "Demo C001", "recently_active": True},
        {"course_id": key(2), "course_name": "Demo C002", "recently_active": True},
        {"course_id": key(3), "course_name": "Demo C003", "recently_active": False},
    ]


@pytest.mark.parametrize(("days", "recent"), [(29, True), (31, False)])
def test_an_enrollment_or_a_new_completion_makes_a_course_recent(
    world: World, api: Api, days: int, recent: bool
) -> None:
    enroll(world, days_ago(days), days_ago(50))
    world.completion("mona", ("problem", "p"), days_ago(days), key(1), completion=0.0)
    world.load()

    assert [one["recently_active"] for one in api.get(STATUS).json] == [recent, recent]


def test_completing_an_old_block_again_is_not_recent(world: World, api: Api) -> None:
    enroll(world, days_ago(50))
    world.completion("mona", ("problem", "p"), "2026-03-31T00:00:00Z", key(0), created=days_ago(50))
    world.load()

    assert api.get(STATUS).json[0]["recently_active"] is False


def test_expired_and_staff_only_courses_stay(world: World, api: Api) -> None:
    enroll(world, days_ago(27), visible_to_staff_only=True, end="2026-03-20T00:00:00Z")
    world.load()

    assert len(api.get(STATUS).json) == 1


def test_the_first_500_are_cut_before_those_that_are_not_on_mobile_are_left_out(world: World, api: Api) -> None:
    world.user("mona")
    for number in range(510):
        world.course(key(number), mobile_available=number >= 490)
        world.enroll("mona", key(number))
    world.load()

    assert [one["course_id"] for one in api.get(STATUS).json] == [key(number) for number in range(490, 500)]


@pytest.mark.parametrize("target", [STATUS.rstrip("/"), f"{STATUS}and/more"])
def test_any_tail_is_ignored(world: World, api: Api, target: str) -> None:
    enroll(world, days_ago(27))
    world.load()

    assert len(api.get(target).json) == 1


@pytest.mark.parametrize(("caller", "status"), [(None, 401), ("nora", 403), ("nobody", 403)])
def test_others_are_refused(world: World, api: Api, caller: str | None, status: int) -> None:
    enroll(world)
    world.user("nora")
    world.load()

    assert api.get(STATUS, caller=caller).status == status


def test_a_user_who_is_not_in_the_table_is_404(world: World, api: Api) -> None:
    assert api.get(STATUS).json == {"detail": "No User matches the given query."}
