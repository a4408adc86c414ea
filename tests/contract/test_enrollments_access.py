"""GET users/{username}/course_enrollments: which courses load, until when. (mobile-users.md 4.4, 7)"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api import Api
from tests.contract.wire import (
    AUDIT_EXPIRED,
    GRANTED,
    LIST_VERSIONS,
    MILESTONES_UNFULFILLED,
    NOT_VISIBLE,
    STARTS_IN_SEPTEMBER,
    access_denied,
    courses_in,
    enrollments_in,
    enrollments_path,
    expire_audit_access,
    limit_audit_access,
    offer_audit_and_verified,
    require_milestone,
    show_every_course_on_mobile,
)
from tests.world import COURSE_A, COURSE_B, World, usage_key

VERSIONS = pytest.mark.parametrize("version", LIST_VERSIONS)
CREATED = "2026-03-02T09:30:15.123456Z"
EXAM = usage_key(COURSE_A, "chapter", "exam")


def access_by_course(api: Api, version: str = "v1") -> dict[str, dict[str, Any]]:
    listed = enrollments_in(api.get(enrollments_path(version)))
    return {item["course"]["id"]: item["course"]["courseware_access"] for item in listed}


def access_to_a(api: Api, version: str = "v1") -> dict[str, Any]:
    return access_by_course(api, version)[COURSE_A]


def expiry_of_a(world: World, api: Api) -> object:
    world.load()
    (item,) = enrollments_in(api.get(enrollments_path("v1")))
    return item["audit_access_expires"]


def enroll_in_a(world: World, **course: Any) -> None:
    world.user("mona", 4711)
    world.course(**course)
    world.enroll()


# --- courseware_access (mobile-users.md 7.1, 7.2, 4.6, cases 6 and 7) -------------------------------------------------


def test_four_courses_give_their_error_codes_newest_first(
    world: World, api: Api, features: Callable[..., None]
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.user("mona")
    needs, future, hidden, fine = (f"course-v1:DemoX+{name}+R" for name in ("needs", "future", "hidden", "fine"))
    world.course(needs)
    require_milestone(world, 7, needs, by_course=COURSE_B)
    world.course(future, start="2026-09-01T00:00:00Z")
    world.course(hidden, visible_to_staff_only=True)
    world.course(fine)
    for day, course_id in enumerate((needs, future, hidden, fine), start=1):
        world.enroll(course_id=course_id, created=f"2026-03-0{day}T00:00:00Z")
    world.load()

    assert list(access_by_course(api).items()) == [
        (fine, GRANTED),
        (hidden, NOT_VISIBLE),
        (future, STARTS_IN_SEPTEMBER),
        (needs, MILESTONES_UNFULFILLED),
    ]


def test_start_dates_can_be_disabled(world: World, api: Api, features: Callable[..., None]) -> None:
    features(DISABLE_START_DATES=True)
    enroll_in_a(world, start="2030-01-01T00:00:00Z")
    world.load()

    assert access_to_a(api) == GRANTED


def test_a_beta_tester_starts_some_days_early(world: World, api: Api) -> None:
    enroll_in_a(world, start="2026-09-01T00:00:00Z", days_early_for_beta=152.6)
    world.role("mona", "beta_testers", COURSE_A)
    world.load()

    assert access_to_a(api) == GRANTED


def test_expired_audit_access_is_told_with_the_course_and_the_moment(world: World, api: Api) -> None:
    world.user("mona")
    expire_audit_access(world, {})
    world.load()

    assert access_to_a(api) == AUDIT_EXPIRED


def test_a_course_of_the_older_kind_is_listed_and_does_not_load(world: World, api: Api) -> None:
    world.user("mona", is_staff=True)
    world.course("a/b/c", display_name="Old course")
    world.enroll(course_id="a/b/c")
    world.load()

    assert access_by_course(api) == {
        "a/b/c": access_denied(
            "old_mongo", "Access to Old Mongo courses is unsupported", "Old course is no longer available."
        )
    }


def test_staff_load_what_learners_do_not(world: World, api: Api, features: Callable[..., None]) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.user("mona")
    expire_audit_access(world, {"visible_to_staff_only": True, "mobile_available": False})
    require_milestone(world, 7, by_course=COURSE_B, by_content=EXAM)
    world.role("mona", "staff", COURSE_A)
    world.load()

    assert access_to_a(api) == GRANTED


# --- Milestones (mobile-users.md 7.10, 4.6, case 7) -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "access"), [({"MILESTONES_APP": True}, MILESTONES_UNFULFILLED), ({}, GRANTED)], ids=["on", "off"]
)
def test_an_outstanding_milestone_blocks_when_milestones_are_on(
    world: World, api: Api, features: Callable[..., None], flags: dict[str, bool], access: dict[str, Any]
) -> None:
    features(**flags)
    enroll_in_a(world)
    require_milestone(world, 7, by_content=EXAM)
    world.load()

    assert access_to_a(api) == access


def test_a_milestone_that_the_user_has_is_not_outstanding(
    world: World, api: Api, features: Callable[..., None]
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    enroll_in_a(world)
    require_milestone(world, 7, by_course=COURSE_B)
    world.row("milestones.usermilestone", user_id=4711, milestone=7, active=True)
    world.load()

    assert access_to_a(api) == GRANTED


# --- Mobile availability (mobile-users.md 4.4, rule 4; mobile-users.md 4.6, case 8) -----------------------------------


@VERSIONS
def test_a_course_that_is_not_on_mobile_is_listed_for_its_team_only(world: World, api: Api, version: str) -> None:
    enroll_in_a(world, mobile_available=False)
    world.load()
    for_a_learner = courses_in(api.get(enrollments_path(version)))
    world.role("mona", "beta_testers", COURSE_A)
    world.load()

    assert for_a_learner == []
    assert courses_in(api.get(enrollments_path(version))) == [COURSE_A]


def test_an_inactive_users_roles_give_nothing(world: World, api: Api) -> None:
    world.user("mona", is_active=False)
    world.course(mobile_available=False)
    world.enroll()
    world.role("mona", "staff", COURSE_A)
    world.load()

    assert courses_in(api.get(enrollments_path())) == []


def test_the_ignore_flag_lists_every_course_for_all(world: World, api: Api) -> None:
    enroll_in_a(world, mobile_available=False)
    show_every_course_on_mobile(world)
    world.load()

    assert courses_in(api.get(enrollments_path())) == [COURSE_A]


# --- Audit access that expires (mobile-users.md 7.4, 4.6, cases 13 and 14) --------------------------------------------


@VERSIONS
def test_three_years_after_an_audit_enrollment_v05_leaves_the_course_out_and_the_others_say_when_access_ended(
    world: World, api: Api, version: str
) -> None:
    world.user("mona")
    expire_audit_access(world, {"start": "2023-04-01T00:00:00Z"}, created="2023-04-01T12:00:00Z", mode="audit")
    limit_audit_access(world, enabled_as_of="2018-01-01T00:00:00Z")
    world.load()

    listed = enrollments_in(api.get(enrollments_path(version)))

    expiries = [item["audit_access_expires"] for item in listed]
    assert expiries == ([] if version == "v0.5" else ["2023-04-29T12:00:00Z"])


def test_at_the_moment_of_expiry_access_still_holds_and_just_after_it_does_not(world: World, api: Api) -> None:
    world.user("mona")
    expire_audit_access(world, {}, created="2026-03-04T12:00:00Z")
    world.load()

    at_the_moment = (courses_in(api.get(enrollments_path("v0.5"))), access_to_a(api)["error_code"])
    api.clock.advance(milliseconds=1)
    after = (courses_in(api.get(enrollments_path("v0.5"))), access_to_a(api)["error_code"])

    assert at_the_moment == ([COURSE_A], None)
    assert after == ([], "audit_expired")


def test_access_of_those_who_moderate_the_courses_forum_does_not_expire(world: World, api: Api) -> None:
    world.user("mona", 4711)
    expire_audit_access(world, {})
    world.row("django_comment_common.role", name="Moderator", course_id=COURSE_A, users=[4711])

    assert expiry_of_a(world, api) is None


def test_an_excluded_enrollment_does_not_expire(world: World, api: Api) -> None:
    world.user("mona")
    world.course(start="2026-01-01T00:00:00Z")
    offer_audit_and_verified(world)
    limit_audit_access(world)
    enrollment = world.enroll(created=CREATED)
    world.row("student.fbeenrollmentexclusion", enrollment=enrollment)

    assert expiry_of_a(world, api) is None


OFF = {"enabled": False}


@pytest.mark.parametrize(
    ("limits", "limited"),
    [
        ([], False),
        ([{"site": 1}], True),
        ([{"org": "DemoX"}], True),
        ([{"org_course": "DemoX+DX101"}], True),
        ([{"course": COURSE_A}], True),
        ([{"org": "DemoX"}, {"course": COURSE_A} | OFF], False),
    ],
)
def test_duration_limits_are_stacked_from_the_site_down_to_the_run(
    world: World, api: Api, limits: list[dict[str, Any]], limited: bool
) -> None:
    world.user("mona")
    world.course(start="2026-01-01T00:00:00Z")
    offer_audit_and_verified(world)
    world.enroll(created=CREATED)
    for limit in limits:
        limit_audit_access(world, **limit)

    assert expiry_of_a(world, api) == ("2026-03-30T09:30:15.123456Z" if limited else None)


def test_the_bounds_of_the_duration_are_settings(
    world: World, api: Api, features: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_ACCESS_DURATION_MIN_WEEKS", "6")
    features()
    world.user("mona")
    expire_audit_access(world, {"start": "2026-03-16T00:00:00Z"})

    assert expiry_of_a(world, api) == "2026-04-27T00:00:00Z"
