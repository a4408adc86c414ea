"""GET users/{username}/course_enrollments: which courses load, until when. (mobile-users.md 4.4, 7)"""

from collections.abc import Callable
from typing import Any

import pytest

from lms.table import keys
from lms.table.client import call, table_name
from tests.api import Api
from tests.contract.wire import (
    AUDIT_EXPIRED,
    GRANTED,
    LIST_VERSIONS,
    MILESTONES_UNFULFILLED,
    NOT_VISIBLE,
    STARTS_IN_SEPTEMBER,
    STARTS_SOME_DAY,
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


@VERSIONS
def test_four_courses_give_their_error_codes_newest_first(
    world: World, api: Api, features: Callable[..., None], version: str
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

    assert list(access_by_course(api, version).items()) == [
        (fine, GRANTED),
        (hidden, NOT_VISIBLE),
        (future, STARTS_IN_SEPTEMBER),
        (needs, MILESTONES_UNFULFILLED),
    ]


@pytest.mark.parametrize(
    ("start", "access"),
    [
        ("2030-01-01T00:00:00Z", STARTS_SOME_DAY),
        (
            "2026-04-05T09:08:07.654321Z",
            access_denied(
                "course_not_started",
                "Course does not start until 2026-04-05 09:08:07.654321+00:00",
                "Course does not start until April 05, 2026",
            ),
        ),
        (
            "2026-04-01T12:00:00Z",
            access_denied(
                "course_not_started",
                "Course does not start until 2026-04-01 12:00:00+00:00",
                "Course does not start until April 01, 2026",
            ),
        ),
        ("2026-04-01T11:59:59.999999Z", GRANTED),
        (None, GRANTED),
    ],
)
def test_a_course_starts_only_after_its_start(
    world: World, api: Api, start: str | None, access: dict[str, Any]
) -> None:
    enroll_in_a(world, start=start)
    world.load()

    assert access_to_a(api) == access


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


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_expired_audit_access_is_told_with_the_course_and_the_moment(world: World, api: Api, version: str) -> None:
    world.user("mona")
    expire_audit_access(world, {})
    world.load()

    assert access_to_a(api, version) == AUDIT_EXPIRED


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


@VERSIONS
@pytest.mark.parametrize(
    "role", [("staff", COURSE_A), ("limited_staff", COURSE_A), ("instructor", COURSE_A), ("staff", ""), None]
)
def test_staff_load_what_learners_do_not(
    world: World, api: Api, features: Callable[..., None], version: str, role: tuple[str, str] | None
) -> None:
    features(MILESTONES_APP=True, ENABLE_PREREQUISITE_COURSES=True)
    world.user("mona", is_staff=role is None)
    expire_audit_access(world, {"visible_to_staff_only": True, "mobile_available": False})
    require_milestone(world, 7, by_course=COURSE_B, by_content=EXAM)
    if role is not None:
        world.role("mona", role[0], role[1], org="DemoX")
    world.load()

    assert access_to_a(api, version) == GRANTED


# --- Milestones (mobile-users.md 7.10, 4.6, case 7) -------------------------------------------------------------------

BOTH = {"MILESTONES_APP": True, "ENABLE_PREREQUISITE_COURSES": True}


@pytest.mark.parametrize(
    ("flags", "paths", "access"),
    [
        (BOTH, {"by_course": COURSE_B}, MILESTONES_UNFULFILLED),
        (BOTH, {"by_content": EXAM}, MILESTONES_UNFULFILLED),
        (BOTH, {"by_course": COURSE_B, "by_content": EXAM}, MILESTONES_UNFULFILLED),
        (BOTH, {}, GRANTED),
        ({"MILESTONES_APP": True}, {"by_course": COURSE_B}, MILESTONES_UNFULFILLED),
        ({"MILESTONES_APP": True}, {"by_content": EXAM}, MILESTONES_UNFULFILLED),
        ({"MILESTONES_APP": True}, {}, GRANTED),
        ({"ENABLE_PREREQUISITE_COURSES": True}, {"by_course": COURSE_B}, GRANTED),
        ({"ENABLE_PREREQUISITE_COURSES": True}, {"by_content": EXAM}, GRANTED),
        ({}, {"by_course": COURSE_B, "by_content": EXAM}, GRANTED),
        (BOTH, {"by_course": COURSE_B, "active": False}, GRANTED),
    ],
)
def test_an_outstanding_milestone_blocks_when_anything_can_fulfil_it_and_milestones_are_on(
    world: World,
    api: Api,
    features: Callable[..., None],
    flags: dict[str, bool],
    paths: dict[str, Any],
    access: dict[str, Any],
) -> None:
    features(**flags)
    enroll_in_a(world)
    require_milestone(world, 7, **paths)
    world.load()

    assert access_to_a(api) == access


@pytest.mark.parametrize("active", [True, False])
def test_a_milestone_that_the_user_has_is_not_outstanding(
    world: World, api: Api, features: Callable[..., None], active: bool
) -> None:
    features(**BOTH)
    enroll_in_a(world)
    require_milestone(world, 7, by_course=COURSE_B)
    world.row("milestones.usermilestone", user_id=4711, milestone=7, active=active)
    world.load()

    assert access_to_a(api) == (GRANTED if active else MILESTONES_UNFULFILLED)


def test_every_milestone_must_be_fulfilled(world: World, api: Api, features: Callable[..., None]) -> None:
    features(**BOTH)
    enroll_in_a(world)
    require_milestone(world, 7, by_course=COURSE_B)
    require_milestone(world, 8, by_content=EXAM)
    world.row("milestones.usermilestone", user_id=4711, milestone=7, active=True)
    world.load()

    assert access_to_a(api) == MILESTONES_UNFULFILLED


# --- Mobile availability (mobile-users.md 4.4, rule 4; mobile-users.md 4.6, case 8) -----------------------------------


@VERSIONS
@pytest.mark.parametrize(
    ("role", "listed"),
    [
        (None, []),
        ({"role": "beta_testers", "course_id": COURSE_A}, [COURSE_A]),
        ({"role": "staff", "course_id": COURSE_A}, [COURSE_A]),
        ({"role": "limited_staff", "course_id": COURSE_A}, [COURSE_A]),
        ({"role": "instructor", "course_id": COURSE_A}, [COURSE_A]),
        ({"role": "staff", "org": "DemoX"}, [COURSE_A]),
        ({"role": "instructor", "org": "DemoX"}, [COURSE_A]),
        ({"role": "staff", "org": "demox"}, []),
        ({"role": "staff", "org": "OtherX"}, []),
        ({"role": "staff", "course_id": COURSE_A, "org": "demox"}, []),
        ({"role": "staff", "course_id": COURSE_B}, []),
        ({"role": "data_researcher", "course_id": COURSE_A}, []),
    ],
)
def test_a_course_that_is_not_on_mobile_is_listed_for_its_team_only(
    world: World, api: Api, version: str, role: dict[str, str] | None, listed: list[str]
) -> None:
    enroll_in_a(world, mobile_available=False)
    if role is not None:
        world.role("mona", **role)
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == listed


@VERSIONS
def test_a_course_that_is_not_on_mobile_is_listed_for_global_staff(world: World, api: Api, version: str) -> None:
    world.user("mona", is_staff=True)
    world.course(mobile_available=False)
    world.enroll()
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == [COURSE_A]


@pytest.mark.parametrize("role", ["beta_testers", "staff", "instructor"])
def test_an_inactive_users_roles_give_nothing(world: World, api: Api, role: str) -> None:
    world.user("mona", is_active=False)
    world.course(mobile_available=False)
    world.enroll()
    world.role("mona", role, COURSE_A)
    world.load()

    assert courses_in(api.get(enrollments_path())) == []


@VERSIONS
@pytest.mark.parametrize("rows", [[True], [False, True], [True, False]])
def test_the_newest_row_of_the_ignore_flag_lists_every_course_for_all(
    world: World, api: Api, version: str, rows: list[bool]
) -> None:
    enroll_in_a(world, mobile_available=False)
    for enabled in rows:
        show_every_course_on_mobile(world, enabled)
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == ([COURSE_A] if rows[-1] else [])


# --- Audit access that expires (mobile-users.md 7.4, 4.6, cases 13 and 14) --------------------------------------------


@pytest.mark.parametrize(
    ("created", "start", "weeks", "expires"),
    [
        (CREATED, "2026-03-16T00:00:00Z", None, "2026-04-13T00:00:00Z"),
        (CREATED, "2026-03-16T00:00:00Z", 2, "2026-04-13T00:00:00Z"),
        (CREATED, "2026-03-16T00:00:00Z", 6, "2026-04-27T00:00:00Z"),
        (CREATED, "2026-03-16T00:00:00Z", 30, "2026-07-20T00:00:00Z"),
        (CREATED, "2026-01-01T00:00:00Z", None, "2026-03-30T09:30:15.123456Z"),
        ("2024-02-06T05:23:03Z", "2024-02-05T00:00:00Z", None, "2024-03-05T05:23:03Z"),
        # Open edX fails on a course without start; the enrollment's own date is what remains.
        (CREATED, None, None, "2026-03-30T09:30:15.123456Z"),
    ],
)
def test_audit_access_lasts_the_courses_weeks_from_the_later_of_enrollment_and_start(
    world: World, api: Api, created: str, start: str | None, weeks: int | None, expires: str
) -> None:
    world.user("mona")
    expire_audit_access(world, {"start": start}, created=created)
    world.load()
    if weeks is not None:
        know_weeks_to_complete(weeks)

    assert expiry_of_a(world, api) == expires


def know_weeks_to_complete(weeks: int) -> None:
    """What the catalog service says of course A, which no dump holds."""
    call(
        "update_item",
        TableName=table_name(),
        Key=keys.course(COURSE_A),
        UpdateExpression="SET weeks_to_complete = :weeks",
        ExpressionAttributeValues={":weeks": {"N": str(weeks)}},
    )


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


@VERSIONS
def test_a_fresh_audit_enrollment_is_listed_in_every_version(world: World, api: Api, version: str) -> None:
    world.user("mona")
    expire_audit_access(world, {"start": "2023-04-01T00:00:00Z"}, created="2026-04-01T12:00:00Z")
    world.load()

    (item,) = enrollments_in(api.get(enrollments_path(version)))

    assert item.get("audit_access_expires") == (None if version == "v0.5" else "2026-04-29T12:00:00Z")
    assert item["course"]["courseware_access"] == GRANTED


@VERSIONS
def test_without_limits_the_course_is_listed_and_its_expiry_is_null(world: World, api: Api, version: str) -> None:
    world.user("mona")
    world.course(start="2023-04-01T00:00:00Z")
    offer_audit_and_verified(world)
    world.enroll(created="2023-04-01T12:00:00Z")
    world.load()

    (item,) = enrollments_in(api.get(enrollments_path(version)))

    if version == "v0.5":
        assert "audit_access_expires" not in item
        assert "course_modes" not in item
    else:
        assert item["audit_access_expires"] is None
        assert [list(mode) for mode in item["course_modes"]] == [
            ["slug", "sku", "android_sku", "ios_sku", "min_price"],
            ["slug", "sku", "android_sku", "ios_sku", "min_price"],
        ]


def test_at_the_moment_of_expiry_access_still_holds_and_just_after_it_does_not(world: World, api: Api) -> None:
    world.user("mona")
    expire_audit_access(world, {}, created="2026-03-04T12:00:00Z")
    world.load()

    at_the_moment = (courses_in(api.get(enrollments_path("v0.5"))), access_to_a(api)["error_code"])
    api.clock.advance(milliseconds=1)
    after = (courses_in(api.get(enrollments_path("v0.5"))), access_to_a(api)["error_code"])

    assert at_the_moment == ([COURSE_A], None)
    assert after == ([], "audit_expired")


@pytest.mark.parametrize("mode", ["verified", "honor", "professional", "no-id-professional", "credit"])
def test_only_audit_access_expires(world: World, api: Api, mode: str) -> None:
    world.user("mona")
    expire_audit_access(world, {}, mode=mode)

    assert expiry_of_a(world, api) is None


@pytest.mark.parametrize(
    ("modes", "expires"),
    [
        ([], None),
        ([("audit", None)], None),
        ([("verified", None)], None),
        ([("audit", None), ("honor", None)], None),
        ([("audit", None), ("verified", "2026-01-01T00:00:00Z")], "2026-03-30T09:30:15.123456Z"),
        ([("audit", "2026-01-01T00:00:00Z"), ("verified", None)], "2026-03-30T09:30:15.123456Z"),
    ],
)
def test_access_expires_only_where_audit_and_verified_have_rows_expired_or_not(
    world: World, api: Api, modes: list[tuple[str, str | None]], expires: str | None
) -> None:
    world.user("mona")
    world.course(start="2026-01-01T00:00:00Z")
    for slug, expiration in modes:
        world.mode(slug, _expiration_datetime=expiration)
    limit_audit_access(world)
    world.enroll(created=CREATED)

    assert expiry_of_a(world, api) == expires


@pytest.mark.parametrize(
    "role", ["staff", "limited_staff", "instructor", "beta_testers", "organization staff", "global staff"]
)
def test_access_of_the_courses_team_does_not_expire(world: World, api: Api, role: str) -> None:
    world.user("mona", is_staff=role == "global staff")
    expire_audit_access(world, {})
    if role == "organization staff":
        world.role("mona", "staff", org="DemoX")
    elif role != "global staff":
        world.role("mona", role, COURSE_A)

    assert expiry_of_a(world, api) is None


@pytest.mark.parametrize(
    ("name", "course_id", "keeps_access"),
    [
        ("Administrator", COURSE_A, True),
        ("Moderator", COURSE_A, True),
        ("Group Moderator", COURSE_A, True),
        ("Community TA", COURSE_A, True),
        ("Student", COURSE_A, False),
        ("Moderator", COURSE_B, False),
    ],
)
def test_access_of_those_who_moderate_the_courses_forum_does_not_expire(
    world: World, api: Api, name: str, course_id: str, keeps_access: bool
) -> None:
    world.user("mona", 4711)
    expire_audit_access(world, {})
    world.row("django_comment_common.role", name=name, course_id=course_id, users=[4711])

    assert expiry_of_a(world, api) == (None if keeps_access else "2026-03-30T09:30:15.123456Z")


def test_an_excluded_enrollment_does_not_expire(world: World, api: Api) -> None:
    world.user("mona")
    world.course(start="2026-01-01T00:00:00Z")
    offer_audit_and_verified(world)
    limit_audit_access(world)
    enrollment = world.enroll(created=CREATED)
    world.row("student.fbeenrollmentexclusion", enrollment=enrollment)

    assert expiry_of_a(world, api) is None


JUST_BEFORE, JUST_AFTER = "2026-03-02T09:30:15.123455Z", "2026-03-02T09:30:15.123457Z"
ON, OFF, EARLY = {"enabled": True}, {"enabled": False}, {"enabled_as_of": "2018-01-01T00:00:00Z"}
SILENT: dict[str, Any] = {"enabled": None, "enabled_as_of": None}
RUN: dict[str, Any] = {"course": COURSE_A}
NUMBER: dict[str, Any] = {"org_course": "DemoX+DX101"}
ORG: dict[str, Any] = {"org": "DemoX"}
SITE: dict[str, Any] = {"site": 1}


@pytest.mark.parametrize(
    ("limits", "limited"),
    [
        ([], False),
        # enabled_as_of counts from its own moment on.
        ([{"enabled_as_of": CREATED}], True),
        ([{"enabled_as_of": JUST_BEFORE}], True),
        ([{"enabled_as_of": JUST_AFTER}], False),
        ([{"enabled_as_of": None}], False),
        ([OFF], False),
        ([SILENT], False),
        # Any one level suffices.
        ([SITE], True),
        ([ORG], True),
        ([NUMBER], True),
        ([RUN], True),
        # Levels of other sites, organizations, courses and runs say nothing.
        ([{"site": 2}], False),
        ([{"org": "demox"}], False),
        ([{"org": "OtherX"}], False),
        ([{"org_course": "DemoX+DX102"}], False),
        ([{"course": COURSE_B}], False),
        # The narrower level wins.
        ([{}, SITE | OFF], False),
        ([SITE, ORG | OFF], False),
        ([ORG, NUMBER | OFF], False),
        ([NUMBER, RUN | OFF], False),
        ([RUN, NUMBER | OFF], True),
        ([OFF, RUN], True),
        # Field by field, where it is not null.
        ([OFF, RUN | SILENT | ON], True),
        ([{"enabled_as_of": JUST_AFTER}, ORG | SILENT | EARLY], True),
        ([EARLY, ORG | SILENT | {"enabled_as_of": JUST_AFTER}], False),
        ([{}, RUN | SILENT], True),
        # Of one level, the newest row.
        ([ON, OFF], False),
        ([OFF, ON], True),
        ([RUN | OFF, RUN | ON], True),
        ([ORG | ON, ORG | OFF], False),
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
