"""Why a course does not load on mobile, and what the learner is told. (mobile-users.md 7.1, 7.2, 7.10)"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from lms.domain import access
from lms.domain.access import AccessError, early_start, has_started, mobile_access_error
from lms.domain.courses import MilestoneRequirement
from lms.domain.keys import CourseKey
from lms.domain.roles import Roles
from lms.domain.site import Features, Site
from tests.unit.builders import (
    AUDIT_AND_VERIFIED,
    COURSE_ID,
    LIMITED,
    MONA,
    NOW,
    PLAIN,
    at,
    cases,
    course,
    course_role,
    enrollment,
    org_role,
)

MILESTONES = Features(milestones=True)
PREREQUISITES = Features(milestones=True, prerequisite_courses=True)
BY_COURSE = MilestoneRequirement(7, by_course=True)
BY_CONTENT = MilestoneRequirement(7, by_content=True)
BY_NOTHING = MilestoneRequirement(7)
STAFF, TESTER = course_role("staff"), course_role("beta_testers")
LEGACY = CourseKey("DemoX", "DX101", "2026_T1", legacy=True)
LIMITED_SITE = Site(duration_limit=LIMITED)
# Each is kept from by one step of the chain, and by every later one.
STEPS: dict[str, dict[str, Any]] = {
    "old_mongo": {"key": LEGACY},
    "not_visible_to_user": {"visible_to_staff_only": True},
    "course_not_started": {"start": at("2026-09-01")},
    "unfulfilled_milestones": {"requires": (BY_COURSE,)},
    "audit_expired": {"modes": AUDIT_AND_VERIFIED, "start": at("2026-01-01")},
    "mobile_unavailable": {"mobile_available": False},
}


def error_code(
    fields: dict[str, Any],
    roles: Roles = PLAIN,
    site: Site = LIMITED_SITE,
    features: Features = PREREQUISITES,
    now: datetime = NOW,
) -> str | None:
    error = mobile_access_error(course(**fields), MONA, enrollment(), roles, site, features, now)
    return error.code if error else None


@cases("code", {f"{code} comes before everything after it": code for code in STEPS})
def test_the_first_failure_wins(code: str) -> None:
    steps = list(STEPS)
    fields: dict[str, Any] = {}
    for step in reversed(steps[steps.index(code) :]):
        fields |= STEPS[step]

    assert error_code(fields) == code


def test_a_course_that_nothing_keeps_from_loads() -> None:
    assert error_code({}) is None


@cases(
    "code, roles, expected",
    {
        "a legacy course does not even load for staff": ("old_mongo", STAFF, "old_mongo"),
        "a legacy course does not even load for global staff": ("old_mongo", Roles(global_staff=True), "old_mongo"),
        "staff sees a course for staff": ("not_visible_to_user", STAFF, None),
        "a beta tester does not see a course for staff": ("not_visible_to_user", TESTER, "not_visible_to_user"),
        "staff enters before the start": ("course_not_started", STAFF, None),
        "staff of the organization enters before the start": ("course_not_started", org_role("staff"), None),
        "staff needs no milestone": ("unfulfilled_milestones", STAFF, None),
        "staff's access does not expire": ("audit_expired", STAFF, None),
        "a beta tester's access does not expire": ("audit_expired", TESTER, None),
        "staff has what is not on mobile": ("mobile_unavailable", STAFF, None),
        "a beta tester has what is not on mobile": ("mobile_unavailable", TESTER, None),
        "an inactive account has no role": (
            "not_visible_to_user",
            course_role("staff", active=False),
            "not_visible_to_user",
        ),
    },
)
def test_what_a_role_opens(code: str, roles: Roles, expected: str | None) -> None:
    assert error_code(STEPS[code], roles) == expected


@cases(
    "now, expected",
    {
        "before it": ("2026-03-15T23:59:59.999999", "course_not_started"),
        "at the very moment": ("2026-03-16T00:00:00", "course_not_started"),
        "after it": ("2026-03-16T00:00:00.000001", None),
    },
)
def test_a_course_opens_after_its_start(now: str, expected: str | None) -> None:
    assert error_code({}, site=Site(), now=at(now)) == expected


@cases(
    "now, expected",
    {
        "before it": ("2026-04-12T23:59:59.999999", None),
        "at the very moment": ("2026-04-13T00:00:00", None),
        "after it": ("2026-04-13T00:00:00.000001", "audit_expired"),
    },
)
def test_audit_access_is_over_after_its_expiry(now: str, expected: str | None) -> None:
    assert error_code({"modes": AUDIT_AND_VERIFIED}, now=at(now)) == expected


@cases(
    "start, days, roles, features, expected",
    {
        "a course without start has": (None, None, PLAIN, Features(), True),
        "a later start has not come": ("2026-04-03", None, PLAIN, Features(), False),
        "start dates may be disabled": ("2026-04-03", None, PLAIN, Features(disable_start_dates=True), True),
        "a beta tester comes some days early": ("2026-04-03", 2, TESTER, Features(), True),
        "a day may be broken": ("2026-04-02", 0.5, TESTER, Features(), False),
        "a little more of a broken day is enough": ("2026-04-02", 0.51, TESTER, Features(), True),
        "a beta tester does not come early without days": ("2026-04-03", None, TESTER, Features(), False),
        "others do not come early": ("2026-04-03", 2, PLAIN, Features(), False),
    },
)
def test_whether_a_course_has_started(
    start: str | None, days: float | None, roles: Roles, features: Features, expected: bool
) -> None:
    tried = course(start=at(start) if start else None, days_early_for_beta=days)

    assert has_started(tried, roles, features, NOW) is expected


@cases(
    "days, tester, expected",
    {
        "a tester's is some days sooner": (2, True, "2026-03-30T12:00:00"),
        "hours count": (0.25, True, "2026-04-01T06:00:00"),
        "a learner's is the start": (2, False, "2026-04-01T12:00:00"),
        "no days change nothing": (None, True, "2026-04-01T12:00:00"),
        "zero days change nothing": (0, True, "2026-04-01T12:00:00"),
        "days from before the calendar change nothing": (1e6, True, "2026-04-01T12:00:00"),
        "days beyond every duration change nothing": (1e300, True, "2026-04-01T12:00:00"),
        "days that are no number change nothing": (float("nan"), True, "2026-04-01T12:00:00"),
        "endless days change nothing": (float("inf"), True, "2026-04-01T12:00:00"),
    },
)
def test_the_start_that_holds_for_a_user(days: float | None, tester: bool, expected: str) -> None:
    assert early_start(NOW, days, tester) == at(expected)


@cases(
    "need, earned, features, expected",
    {
        "a prerequisite course is missing": (BY_COURSE, set(), PREREQUISITES, True),
        "an entrance exam is missing": (BY_CONTENT, set(), PREREQUISITES, True),
        "an entrance exam is missing without prerequisite courses": (BY_CONTENT, set(), MILESTONES, True),
        "a prerequisite course is missing without that feature": (BY_COURSE, set(), MILESTONES, True),
        "a milestone that nothing fulfils never blocks": (BY_NOTHING, set(), PREREQUISITES, False),
        "an earned milestone does not block": (BY_COURSE, {7}, PREREQUISITES, False),
        "another milestone does not help": (BY_COURSE, {8}, PREREQUISITES, True),
        "without the milestones app nothing blocks": (
            BY_COURSE,
            set(),
            Features(prerequisite_courses=True),
            False,
        ),
    },
)
def test_the_milestones_that_block(
    need: MilestoneRequirement, earned: set[int], features: Features, expected: bool
) -> None:
    user = replace(MONA, milestones=frozenset(earned))
    error = mobile_access_error(course(requires=(need,)), user, enrollment(), PLAIN, Site(), features, NOW)

    assert (error == access.unfulfilled_milestones()) is expected
    assert (error is None) is not expected


def test_every_milestone_must_be_earned() -> None:
    user = replace(MONA, milestones=frozenset({7}))
    tried = course(requires=(BY_COURSE, MilestoneRequirement(8, by_content=True)))

    error = mobile_access_error(tried, user, enrollment(), PLAIN, Site(), PREREQUISITES, NOW)

    assert error == access.unfulfilled_milestones()


@cases(
    "need, features, expected",
    {
        "a missing prerequisite course comes before mobile availability": (
            *(BY_COURSE, PREREQUISITES),
            "unfulfilled_milestones",
        ),
        "a missing entrance exam comes after it": (BY_CONTENT, PREREQUISITES, "mobile_unavailable"),
        "without the feature a prerequisite course comes after it": (BY_COURSE, MILESTONES, "mobile_unavailable"),
    },
)
def test_the_two_places_of_milestones_in_the_chain(
    need: MilestoneRequirement, features: Features, expected: str
) -> None:
    assert error_code({"requires": (need,), "mobile_available": False}, features=features) == expected


@cases(
    "error, expected",
    {
        "a course for its staff": (
            access.not_visible(),
            AccessError(
                "not_visible_to_user", "Course is not visible to this user", "You do not have access to this course"
            ),
        ),
        "a start that lies ahead": (
            access.not_started(course(start=at("2026-09-01"))),
            AccessError(
                "course_not_started",
                "Course does not start until 2026-09-01 00:00:00+00:00",
                "Course does not start until September 01, 2026",
            ),
        ),
        "a start on a day of one digit, with a fraction": (
            access.not_started(course(start=at("2026-04-05T09:08:07.654321"))),
            AccessError(
                "course_not_started",
                "Course does not start until 2026-04-05 09:08:07.654321+00:00",
                "Course does not start until April 05, 2026",
            ),
        ),
        "a start that was never set": (
            access.not_started(course(start=at("2030-01-01"))),
            AccessError("course_not_started", "Course has not started", "Course has not started"),
        ),
        "a milestone": (
            access.unfulfilled_milestones(),
            AccessError("unfulfilled_milestones", "User has unfulfilled milestones", "You have unfulfilled milestones"),
        ),
        "audit access that is over": (
            access.audit_expired(course(), MONA, at("2026-04-13")),
            AccessError(
                "audit_expired",
                f"User mona had access to {COURSE_ID} until 2026-04-13 00:00:00+00:00",
                "Access expired on Apr 13, 2026",
                "Access to Demo 101 expired on Apr 13, 2026",
            ),
        ),
        "audit access that is over on a day of one digit, in a course without name": (
            access.audit_expired(course(name=None), MONA, at("2026-05-04T09:30:15.123456")),
            AccessError(
                "audit_expired",
                f"User mona had access to {COURSE_ID} until 2026-05-04 09:30:15.123456+00:00",
                "Access expired on May 04, 2026",
                "Access to DX101 expired on May 04, 2026",
            ),
        ),
        "a course that is not on mobile": (
            access.mobile_unavailable(),
            AccessError(
                "mobile_unavailable",
                "Course is not available on mobile for this user",
                "You do not have access to this course on a mobile device",
            ),
        ),
        "a course of the older kind": (
            access.old_mongo(course(key=LEGACY)),
            AccessError("old_mongo", "Access to Old Mongo courses is unsupported", "Demo 101 is no longer available."),
        ),
        "a course of the older kind without name": (
            access.old_mongo(course(key=LEGACY, name=None)),
            AccessError("old_mongo", "Access to Old Mongo courses is unsupported", "2026 T1 is no longer available."),
        ),
    },
)
def test_the_texts_of_an_error(error: AccessError, expected: AccessError) -> None:
    assert error == expected
