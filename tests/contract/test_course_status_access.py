"""Who may read and change the course status. (mobile-users.md 5.2, 7.1 to 7.3, 5.6, cases 3 to 9, 18)"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api import Answer, Api
from tests.contract.wire import (
    AUDIT_EXPIRED,
    DENIED,
    MILESTONES_UNFULFILLED,
    NO_USER,
    NOT_FOUND,
    NOT_ON_MOBILE,
    NOT_PROVIDED,
    NOT_VISIBLE,
    STARTS_IN_SEPTEMBER,
    access_denied,
    assert_body,
    expire_audit_access,
    require_milestone,
    status_path,
)
from tests.world import COURSE_A, COURSE_B, WORKED_TREE, World, usage_key

METHODS = pytest.mark.parametrize("method", ["GET", "PATCH"])
FUTURE = "2026-09-01T00:00:00Z"


def ask(
    api: Api, method: str, course_id: str = COURSE_A, caller: str | None = "mona", username: str = "mona"
) -> Answer:
    """A GET, or a PATCH of the kind that the reference's tests send."""
    path = status_path(course_id, username=username)
    if method == "GET":
        return api.get(path, caller)
    fields = {"last_visited_module_id": usage_key(COURSE_A, "vertical", "v121")}
    return api.send_multipart("PATCH", path, fields, caller)


def refused(answer: Answer, access: dict[str, Any]) -> None:
    """404 with exactly this as the whole body."""
    assert answer.status == 404
    assert_body(answer, access)


def set_up(world: World, **course: Any) -> None:
    """Mona, a plain learner, in course A."""
    world.user("mona", 4711)
    world.course(**course)
    world.export(WORKED_TREE)
    world.enroll()


# --- Who (mobile-users.md 5.6, case 3) --------------------------------------------------------------------------------


@METHODS
def test_an_anonymous_request_is_401(world: World, api: Api, method: str) -> None:
    set_up(world)
    world.load()

    answer = ask(api, method, caller=None)

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)


@METHODS
@pytest.mark.parametrize("username", ["nora", "nobody"])
def test_another_or_unknown_user_is_403(world: World, api: Api, method: str, username: str) -> None:
    set_up(world)
    world.user("nora")
    world.load()

    answer = ask(api, method, username=username)

    assert (answer.status, answer.json) == (403, DENIED)


@METHODS
def test_the_token_of_a_user_who_is_not_loaded_yet_is_404(world: World, api: Api, method: str) -> None:
    set_up(world)
    world.load()

    answer = ask(api, method, caller="late", username="late")

    assert (answer.status, answer.json) == (404, NO_USER)


@METHODS
@pytest.mark.parametrize("course_id", ["course-v1:a+b+c", "a/b/c"])
def test_a_course_that_does_not_exist_is_404_with_its_id(world: World, api: Api, method: str, course_id: str) -> None:
    set_up(world)
    world.load()

    refused(ask(api, method, course_id), {"detail": f"Course not found: {course_id}."})


@METHODS
@pytest.mark.parametrize("enrolled", [True, False], ids=["unenrolled", "never enrolled"])
def test_a_learner_who_is_not_enrolled_gets_a_plain_404(world: World, api: Api, method: str, enrolled: bool) -> None:
    world.user("mona")
    world.course()
    world.export(WORKED_TREE)
    if enrolled:
        world.enroll(is_active=False)
    world.load()

    refused(ask(api, method), NOT_FOUND)


@METHODS
def test_an_inactive_user_who_is_enrolled_is_served(world: World, api: Api, method: str) -> None:
    world.user("mona", is_active=False)
    world.course()
    world.export(WORKED_TREE)
    world.enroll()
    world.load()

    assert ask(api, method).status == 200


# --- What keeps a learner out (mobile-users.md 5.6, cases 5 to 9) -----------------------------------------------------


# Each of these alone keeps a learner out; the order is that of the contract.
OBSTACLES: dict[str, dict[str, Any]] = {
    "staff only": NOT_VISIBLE,
    "not started": STARTS_IN_SEPTEMBER,
    "prerequisite": MILESTONES_UNFULFILLED,
    "audit expired": AUDIT_EXPIRED,
    "not on mobile": NOT_ON_MOBILE,
    "entrance exam": MILESTONES_UNFULFILLED,
    "not enrolled": NOT_FOUND,
}


@METHODS
@pytest.mark.parametrize("first", OBSTACLES)
def test_of_several_obstacles_the_first_in_the_contracts_order_is_the_answer(
    world: World, api: Api, features: Callable[..., None], method: str, first: str
) -> None:
    obstacles = list(OBSTACLES)[list(OBSTACLES).index(first) :]
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.user("mona", 4711)
    world.export(WORKED_TREE)
    course: dict[str, Any] = {
        "visible_to_staff_only": "staff only" in obstacles,
        "mobile_available": "not on mobile" not in obstacles,
    }
    if "not started" in obstacles:
        course["start"] = FUTURE
    if "audit expired" in obstacles:
        expire_audit_access(world, course, is_active=False)
    else:
        world.course(**course)
        world.enroll(is_active=False)
    if "prerequisite" in obstacles:
        require_milestone(world, 7, by_course=COURSE_B)
    if "entrance exam" in obstacles:
        require_milestone(world, 8, by_content=usage_key(COURSE_A, "chapter", "exam"))
    world.load()

    refused(ask(api, method), OBSTACLES[first])


# --- Staff pass everything (mobile-users.md 5.2, 7.3) -----------------------------------------------------------------


def set_up_every_obstacle(world: World, features: Callable[..., None]) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.export(WORKED_TREE)
    expire_audit_access(
        world, {"visible_to_staff_only": True, "start": FUTURE, "mobile_available": False}, is_active=False
    )
    require_milestone(world, 7, by_course=COURSE_B)
    require_milestone(world, 8, by_content=usage_key(COURSE_A, "chapter", "exam"))


@METHODS
@pytest.mark.parametrize("role", [{"course_id": COURSE_A}, {"org": "DemoX"}], ids=["course", "organization"])
def test_staff_of_the_course_or_its_organization_pass_everything_without_an_enrollment(
    world: World, api: Api, features: Callable[..., None], method: str, role: dict[str, str]
) -> None:
    world.user("mona")
    set_up_every_obstacle(world, features)
    world.role("mona", "staff", **role)
    world.load()

    assert ask(api, method).status == 200


@METHODS
def test_global_staff_pass_everything_without_an_enrollment_even_inactive(world: World, api: Api, method: str) -> None:
    world.user("mona", is_staff=True, is_active=False)
    world.course(visible_to_staff_only=True, start=FUTURE)
    world.export(WORKED_TREE)
    world.load()

    assert ask(api, method).status == 200


# --- Courses of the older kind (mobile-users.md 5.1, 7.1) -------------------------------------------------------------


@METHODS
def test_a_course_of_the_older_kind_is_404_with_the_old_mongo_json(world: World, api: Api, method: str) -> None:
    world.user("mona")
    world.course("a/b/c", display_name="Old course")
    world.enroll(course_id="a/b/c")
    world.load()

    refused(
        ask(api, method, "a/b/c"),
        access_denied("old_mongo", "Access to Old Mongo courses is unsupported", "Old course is no longer available."),
    )


@METHODS
def test_a_course_of_the_older_kind_is_served_to_global_staff(world: World, api: Api, method: str) -> None:
    world.user("mona", is_staff=True)
    world.course("a/b/c")
    world.load()

    answer = api.send_multipart(method, status_path("a/b/c"), {})

    assert answer.status == 200


# --- Methods (mobile-users.md 1.4) ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
def test_only_get_and_patch_are_served(world: World, api: Api, method: str) -> None:
    set_up(world)
    world.load()

    answer = api.request(method, status_path())

    assert (answer.status, answer.headers["allow"]) == (405, "GET, PATCH")
    assert answer.body.decode() == ("" if method == "HEAD" else f'{{"detail":"Method \\"{method}\\" not allowed."}}')
