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
    STARTS_SOME_DAY,
    access_denied,
    assert_body,
    expire_audit_access,
    require_milestone,
    show_every_course_on_mobile,
    status_path,
)
from tests.world import COURSE_A, COURSE_B, WORKED_TREE, World, usage_key

METHODS = pytest.mark.parametrize("method", ["GET", "PATCH"])
FUTURE = "2026-09-01T00:00:00Z"
STAFF_ROLES = ["staff", "limited_staff", "instructor"]


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
def test_an_unenrolled_learner_whose_audit_access_ran_out_is_told_so(world: World, api: Api, method: str) -> None:
    world.user("mona")
    world.export(WORKED_TREE)
    expire_audit_access(world, {}, is_active=False)
    world.load()

    refused(ask(api, method), AUDIT_EXPIRED)


@METHODS
def test_an_inactive_user_who_is_enrolled_is_served(world: World, api: Api, method: str) -> None:
    world.user("mona", is_active=False)
    world.course()
    world.export(WORKED_TREE)
    world.enroll()
    world.load()

    assert ask(api, method).status == 200


# --- What keeps a learner out (mobile-users.md 5.6, cases 5 to 9) -----------------------------------------------------


@METHODS
@pytest.mark.parametrize(
    ("start", "access"),
    [
        (FUTURE, STARTS_IN_SEPTEMBER),
        ("2030-01-01T00:00:00Z", STARTS_SOME_DAY),
        # The very moment of the start is still before it.
        (
            "2026-04-01T12:00:00Z",
            access_denied(
                "course_not_started",
                "Course does not start until 2026-04-01 12:00:00+00:00",
                "Course does not start until April 01, 2026",
            ),
        ),
    ],
)
def test_a_course_that_has_not_started_is_404_with_the_not_started_json(
    world: World, api: Api, method: str, start: str, access: dict[str, Any]
) -> None:
    set_up(world, start=start)
    world.load()

    refused(ask(api, method), access)


@METHODS
@pytest.mark.parametrize("start", ["2026-04-01T11:59:59.999Z", None])
def test_a_course_that_has_started_or_has_no_start_is_served(
    world: World, api: Api, method: str, start: str | None
) -> None:
    set_up(world, start=start)
    world.load()

    assert ask(api, method).status == 200


def test_start_dates_can_be_disabled(world: World, api: Api, features: Callable[..., None]) -> None:
    features(DISABLE_START_DATES=True)
    set_up(world, start=FUTURE)
    world.load()

    assert ask(api, "GET").status == 200


@pytest.mark.parametrize(
    ("days", "status"), [(153.0, 200), (152.51, 200), (152.5, 404), (152.0, 404), (0.0, 404), (None, 404)]
)
def test_a_course_begins_some_days_sooner_for_a_beta_tester(
    world: World, api: Api, days: float | None, status: int
) -> None:
    # From noon of 1 April to midnight of 1 September it is 152.5 days.
    set_up(world, start=FUTURE, days_early_for_beta=days)
    world.role("mona", "beta_testers", COURSE_A)
    world.load()

    assert ask(api, "GET").status == status


@METHODS
def test_a_course_that_is_not_on_mobile_is_404_with_the_mobile_json(world: World, api: Api, method: str) -> None:
    set_up(world, mobile_available=False)
    world.load()

    refused(ask(api, method), NOT_ON_MOBILE)


@METHODS
@pytest.mark.parametrize("role", ["beta_testers", *STAFF_ROLES])
def test_a_course_that_is_not_on_mobile_is_served_to_its_team(world: World, api: Api, method: str, role: str) -> None:
    set_up(world, mobile_available=False)
    world.role("mona", role, COURSE_A)
    world.load()

    assert ask(api, method).status == 200


@METHODS
def test_the_ignore_flag_puts_every_course_on_mobile(world: World, api: Api, method: str) -> None:
    set_up(world, mobile_available=False)
    show_every_course_on_mobile(world)
    world.load()

    assert ask(api, method).status == 200


@METHODS
def test_a_staff_only_course_is_404_with_the_visibility_json(world: World, api: Api, method: str) -> None:
    set_up(world, visible_to_staff_only=True)
    world.load()

    refused(ask(api, method), NOT_VISIBLE)


@METHODS
@pytest.mark.parametrize("by", ["by_course", "by_content"])
def test_an_unfulfilled_prerequisite_or_entrance_exam_is_404_with_the_milestone_json(
    world: World, api: Api, features: Callable[..., None], method: str, by: str
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    set_up(world)
    require_milestone(world, 7, **{by: COURSE_B})
    world.load()

    refused(ask(api, method), MILESTONES_UNFULFILLED)


@METHODS
@pytest.mark.parametrize("by", ["by_course", "by_content"])
def test_a_fulfilled_prerequisite_or_entrance_exam_lets_the_learner_in(
    world: World, api: Api, features: Callable[..., None], method: str, by: str
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    set_up(world)
    require_milestone(world, 7, **{by: COURSE_B})
    world.row("milestones.usermilestone", user_id=4711, milestone=7, active=True)
    world.load()

    assert ask(api, method).status == 200


@METHODS
@pytest.mark.parametrize("by", ["by_course", "by_content"])
def test_global_staff_need_no_milestone(
    world: World, api: Api, features: Callable[..., None], method: str, by: str
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.user("mona", is_staff=True)
    world.course()
    world.export(WORKED_TREE)
    require_milestone(world, 7, **{by: COURSE_B})
    world.load()

    assert ask(api, method).status == 200


@METHODS
def test_a_learner_whose_audit_access_ran_out_is_404_with_the_expiry_json(world: World, api: Api, method: str) -> None:
    world.user("mona")
    world.export(WORKED_TREE)
    expire_audit_access(world, {})
    world.load()

    refused(ask(api, method), AUDIT_EXPIRED)


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
@pytest.mark.parametrize("role", STAFF_ROLES)
@pytest.mark.parametrize("where", ["course", "organization"])
def test_staff_of_the_course_or_its_organization_pass_everything_without_an_enrollment(
    world: World, api: Api, features: Callable[..., None], method: str, role: str, where: str
) -> None:
    world.user("mona")
    set_up_every_obstacle(world, features)
    if where == "course":
        world.role("mona", role, COURSE_A)
    else:
        world.role("mona", role, org="DemoX")
    world.load()

    assert ask(api, method).status == 200


@METHODS
@pytest.mark.parametrize("active", [True, False])
def test_global_staff_pass_everything_without_an_enrollment(world: World, api: Api, method: str, active: bool) -> None:
    world.user("mona", is_staff=True, is_active=active)
    world.course(visible_to_staff_only=True, start=FUTURE)
    world.export(WORKED_TREE)
    world.load()

    assert ask(api, method).status == 200


@pytest.mark.parametrize(
    "role",
    [
        {"role": "staff", "course_id": COURSE_A, "org": "demox"},
        {"role": "staff", "course_id": COURSE_A, "org": "OtherX"},
        {"role": "staff", "course_id": COURSE_A, "org": ""},
        {"role": "staff", "org": "demox"},
        {"role": "staff", "org": "OtherX"},
        {"role": "staff", "course_id": COURSE_B},
        {"role": "beta_testers", "course_id": COURSE_A},
        {"role": "data_researcher", "course_id": COURSE_A},
        {"role": "finance_admin", "org": "DemoX"},
    ],
)
def test_a_role_elsewhere_of_another_organization_or_of_another_kind_is_no_staff_access(
    world: World, api: Api, role: dict[str, str]
) -> None:
    set_up(world, visible_to_staff_only=True)
    world.role("mona", **role)
    world.load()

    refused(ask(api, "GET"), NOT_VISIBLE)


def test_an_inactive_users_roles_give_nothing(world: World, api: Api) -> None:
    world.user("mona", is_active=False)
    world.course(visible_to_staff_only=True)
    world.export(WORKED_TREE)
    world.enroll()
    world.role("mona", "staff", COURSE_A)
    world.role("mona", "instructor", org="DemoX")
    world.load()

    refused(ask(api, "GET"), NOT_VISIBLE)


# --- Courses of the older kind (mobile-users.md 5.1, 7.1) -------------------------------------------------------------


@METHODS
@pytest.mark.parametrize(
    ("course_id", "name", "shown"), [("a/b/c", "Old course", "Old course"), ("a/b/Fall_2012", None, "Fall 2012")]
)
def test_a_course_of_the_older_kind_is_404_with_the_old_mongo_json(
    world: World, api: Api, method: str, course_id: str, name: str | None, shown: str
) -> None:
    world.user("mona")
    world.course(course_id, display_name=name)
    world.enroll(course_id=course_id)
    world.load()

    answer = ask(api, method, course_id)

    refused(
        answer,
        access_denied("old_mongo", "Access to Old Mongo courses is unsupported", f"{shown} is no longer available."),
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
