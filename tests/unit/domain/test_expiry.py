"""Audit access that runs out, and deadlines to upgrade. (mobile-users.md 7.4, 7.5)"""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms.domain.courses import CourseMode, CourseOverview, DurationLimit, UpgradeDeadlineConfig
from lms.domain.enrollments import Enrollment
from lms.domain.expiry import access_duration, audit_access_expires, dynamic_upgrade_deadline, stacked_duration_limit
from lms.domain.roles import Roles
from lms.domain.site import Features, Site
from tests.unit.builders import (
    AUDIT_AND_VERIFIED,
    COURSE_ID,
    LIMITED,
    NOW,
    PLAIN,
    at,
    cases,
    course,
    course_role,
    enrollment,
    org_role,
)

LIMITED_SITE = Site(duration_limit=LIMITED)
DEADLINE = at("2026-05-01T23:59:59")
JUST_BEFORE = at("2026-04-01T11:59:59.999999")


def limited_course(**fields: Any) -> CourseOverview:
    return course(**{"modes": AUDIT_AND_VERIFIED, **fields})


def expires(
    of: CourseOverview | None = None,
    enrolled: Enrollment | None = None,
    roles: Roles = PLAIN,
    site: Site = LIMITED_SITE,
) -> str | None:
    moment = audit_access_expires(of or limited_course(), enrolled or enrollment(), roles, site, Features())
    return moment.isoformat() if moment else None


@cases(
    "start, weeks, expected",
    {
        "four weeks from the start without planned weeks": ("2026-03-16", None, "2026-04-13T00:00:00+00:00"),
        "four weeks at the least": ("2026-03-16", 2, "2026-04-13T00:00:00+00:00"),
        "zero planned weeks are four": ("2026-03-16", 0, "2026-04-13T00:00:00+00:00"),
        "the planned weeks within the bounds": ("2026-03-16", 6, "2026-04-27T00:00:00+00:00"),
        "eighteen weeks at the most": ("2026-03-16", 30, "2026-07-20T00:00:00+00:00"),
        "from the enrollment where the course began before": ("2026-01-01", None, "2026-03-30T09:30:15.123456+00:00"),
        "from the enrollment where the course has no start": (None, None, "2026-03-30T09:30:15.123456+00:00"),
    },
)
def test_when_audit_access_ends(start: str | None, weeks: int | None, expected: str) -> None:
    assert expires(limited_course(start=at(start) if start else None, weeks_to_complete=weeks)) == expected


def test_the_captured_response_of_the_ios_app() -> None:
    enrolled = enrollment(created=at("2024-02-06T05:23:03"))
    site = Site(duration_limit=DurationLimit(True, at("2020-01-01")))

    assert expires(limited_course(start=at("2024-02-05")), enrolled, site=site) == "2024-03-05T05:23:03+00:00"


@cases(
    "enrolled, expected",
    {
        "an audit enrollment ends": (enrollment(), True),
        "an inactive one counts too": (enrollment(active=False), True),
        "a verified one never ends": (enrollment(mode="verified"), False),
        "an honor one never ends": (enrollment(mode="honor"), False),
        "a professional one never ends": (enrollment(mode="professional"), False),
        "a credit one never ends": (enrollment(mode="credit"), False),
        "an excluded one never ends": (enrollment(excluded_from_fbe=True), False),
        "one without date never ends": (enrollment(created=None), False),
    },
)
def test_which_enrollments_lose_audit_access(enrolled: Enrollment, expected: bool) -> None:
    assert (expires(enrolled=enrolled) is not None) is expected


def test_somebody_who_never_enrolled_has_no_audit_access_to_lose() -> None:
    assert audit_access_expires(limited_course(), None, PLAIN, LIMITED_SITE, Features()) is None


@cases(
    "slugs, expected",
    {
        "audit and verified": (("audit", "verified"), True),
        "in any order, among others": (("verified", "credit", "audit"), True),
        "audit alone is not enough": (("audit",), False),
        "verified alone is not enough": (("verified",), False),
        "professional is not verified": (("audit", "professional"), False),
        "no rows are not enough": ((), False),
    },
)
def test_the_modes_that_a_course_must_have(slugs: tuple[str, ...], expected: bool) -> None:
    assert (expires(limited_course(modes=tuple(map(CourseMode, slugs)))) is not None) is expected


def test_modes_that_have_expired_count() -> None:
    assert (
        expires(limited_course(modes=(CourseMode("audit"), CourseMode("verified", 49, at("2020-01-01"))))) is not None
    )


@cases(
    "roles, expected",
    {
        "a learner": (PLAIN, True),
        "staff of the course": (course_role("staff"), False),
        "limited staff of the course": (course_role("limited_staff"), False),
        "an instructor of the organization": (org_role("instructor"), False),
        "global staff": (Roles(global_staff=True), False),
        "a beta tester": (course_role("beta_testers"), False),
        "a forum moderator": (Roles(in_forums={COURSE_ID: frozenset({"Moderator"})}), False),
        "a forum's student": (Roles(in_forums={COURSE_ID: frozenset({"Student"})}), True),
        "staff whose account is not active": (course_role("staff", active=False), True),
    },
)
def test_whose_audit_access_ends(roles: Roles, expected: bool) -> None:
    assert (expires(roles=roles) is not None) is expected


@cases(
    "limit, expected",
    {
        "without a limit it never ends": (None, False),
        "a limit that says nothing is none": (DurationLimit(), False),
        "a limit without date is none": (DurationLimit(enabled=True), False),
        "a limit that is off is none": (DurationLimit(False, at("2020-01-01")), False),
        "a limit from before the enrollment holds": (DurationLimit(True, at("2026-03-02")), True),
        "a limit from the very moment of the enrollment holds": (
            DurationLimit(True, at("2026-03-02T09:30:15.123456")),
            True,
        ),
        "a limit from just after the enrollment does not": (
            DurationLimit(True, at("2026-03-02T09:30:15.123457")),
            False,
        ),
    },
)
def test_the_limit_that_must_be_in_force(limit: DurationLimit | None, expected: bool) -> None:
    assert (expires(site=Site(duration_limit=limit)) is not None) is expected


def test_a_course_that_starts_when_the_calendar_ends_never_takes_audit_access_away() -> None:
    assert expires(limited_course(start=at("9999-12-31T23:59:59"))) is None


@cases(
    "levels, expected",
    {
        "nothing said is nothing in force": ({}, DurationLimit()),
        "the global row": ({"every": DurationLimit(True, NOW)}, DurationLimit(True, NOW)),
        "the site wins over the global row": (
            {"every": DurationLimit(True, NOW), "site": DurationLimit(False, DEADLINE)},
            DurationLimit(False, DEADLINE),
        ),
        "the organization wins over the site": (
            {"site": DurationLimit(True), "org": DurationLimit(False)},
            DurationLimit(False),
        ),
        "the organization's course wins over the organization": (
            {"org": DurationLimit(True), "org_course": DurationLimit(False)},
            DurationLimit(False),
        ),
        "the run wins over the organization's course": (
            {"org_course": DurationLimit(True), "run": DurationLimit(False)},
            DurationLimit(False),
        ),
        "each field is overridden for itself": (
            {"every": DurationLimit(True, NOW), "run": DurationLimit(None, DEADLINE)},
            DurationLimit(True, DEADLINE),
        ),
        "off is said, not unsaid": (
            {"every": DurationLimit(False, NOW), "org": DurationLimit(None, DEADLINE), "run": DurationLimit(True)},
            DurationLimit(True, DEADLINE),
        ),
    },
)
def test_the_stack_of_duration_limits(levels: dict[str, DurationLimit], expected: DurationLimit) -> None:
    site = Site(
        duration_limit=levels.get("every"),
        site_duration_limit=levels.get("site"),
        org_duration_limits={"DemoX": levels["org"]} if "org" in levels else {},
        org_course_duration_limits={"DemoX+DX101": levels["org_course"]} if "org_course" in levels else {},
    )

    assert stacked_duration_limit(course(duration_limit=levels.get("run")), site) == expected


def test_limits_of_other_organizations_and_courses_say_nothing() -> None:
    site = Site(
        org_duration_limits={"demox": LIMITED, "Other": LIMITED},
        org_course_duration_limits={"DemoX+DX200": LIMITED},
    )

    assert stacked_duration_limit(course(), site) == DurationLimit()


@given(st.none() | st.integers(-5, 2000), st.integers(0, 60), st.integers(0, 60))
def test_access_lasts_within_the_sites_bounds(weeks: int | None, least: int, more: int) -> None:
    duration = access_duration(weeks, Features(min_access_weeks=least, max_access_weeks=least + more))

    assert timedelta(weeks=least) <= duration <= timedelta(weeks=least + more)
    if weeks is not None and least <= weeks <= least + more:
        assert duration == timedelta(weeks=weeks)


# --- Deadlines to upgrade ---------------------------------------------------------------------------------------------

VERIFIED = CourseMode("verified", 49, DEADLINE)
PROFESSIONAL = CourseMode("professional", 99, at("2026-06-01"))
PERSONAL = at("2026-04-20")
SELF_PACED = course(self_paced=True, modes=(VERIFIED,))
WITH_DEADLINES = Site(upgrade_deadlines_enabled=True)
OPTED_OUT = UpgradeDeadlineConfig(enabled=True, opt_out=True)


def org_says(config: UpgradeDeadlineConfig) -> Site:
    return Site(upgrade_deadlines_enabled=True, org_upgrade_deadlines={"DemoX": config})


@cases(
    "mode, expected",
    {
        "audit": ("audit", True),
        "honor": ("honor", True),
        "unpaid executive education": ("unpaid-executive-education", True),
        "unpaid bootcamp": ("unpaid-bootcamp", True),
        "verified is paid for": ("verified", False),
        "credit is paid for": ("credit", False),
        "an empty mode is none of them": ("", False),
    },
)
def test_the_modes_that_can_be_upgraded(mode: str, expected: bool) -> None:
    deadline = dynamic_upgrade_deadline(course(modes=(VERIFIED,)), enrollment(mode=mode), Site(), NOW)

    assert deadline == (DEADLINE if expected else None)


@cases(
    "modes, expected",
    {
        "the verified mode's expiration": ((CourseMode("audit"), VERIFIED), DEADLINE),
        "the professional mode's comes before the verified mode's": ((VERIFIED, PROFESSIONAL), at("2026-06-01")),
        "a professional mode without ID counts for nothing": (
            (VERIFIED, CourseMode("no-id-professional", 9, PERSONAL)),
            DEADLINE,
        ),
        "the verified mode's where the professional mode has expired": (
            (CourseMode("professional", 99, JUST_BEFORE), VERIFIED),
            DEADLINE,
        ),
        "none where the professional mode has none": ((CourseMode("professional", 99), VERIFIED), None),
        "none where the mode has none": ((CourseMode("verified", 49),), None),
        "none where the mode has expired": ((CourseMode("verified", 49, JUST_BEFORE),), None),
        "right now where it expires right now": ((CourseMode("verified", 49, NOW),), NOW),
        "none where there is no paid mode": ((CourseMode("audit"), CourseMode("credit", 5, DEADLINE)), None),
        "none where there is no mode": ((), None),
    },
)
def test_the_courses_own_deadline(modes: tuple[CourseMode, ...], expected: Any) -> None:
    assert dynamic_upgrade_deadline(course(modes=modes), enrollment(), Site(), NOW) == expected


@cases(
    "of, site, expected",
    {
        "in a self-paced course the learner's own holds": (SELF_PACED, WITH_DEADLINES, PERSONAL),
        "in an instructor-paced course the mode's holds": (course(modes=(VERIFIED,)), WITH_DEADLINES, DEADLINE),
        "where the feature is off the mode's holds": (SELF_PACED, Site(), DEADLINE),
        "where the course opted out the mode's holds": (
            course(self_paced=True, modes=(VERIFIED,), upgrade_deadline_config=OPTED_OUT),
            WITH_DEADLINES,
            DEADLINE,
        ),
        "an opting out that is not enabled says nothing": (
            course(
                self_paced=True, modes=(VERIFIED,), upgrade_deadline_config=UpgradeDeadlineConfig(False, opt_out=True)
            ),
            WITH_DEADLINES,
            PERSONAL,
        ),
        "where the organization opted out the mode's holds": (SELF_PACED, org_says(OPTED_OUT), DEADLINE),
        "an organization's opting out that is not enabled says nothing": (
            SELF_PACED,
            org_says(UpgradeDeadlineConfig(False, opt_out=True)),
            PERSONAL,
        ),
        "a course that opted in wins over its organization": (
            course(self_paced=True, modes=(VERIFIED,), upgrade_deadline_config=UpgradeDeadlineConfig(enabled=True)),
            org_says(OPTED_OUT),
            PERSONAL,
        ),
        "an opting out that is not enabled leaves it to the organization": (
            course(
                self_paced=True, modes=(VERIFIED,), upgrade_deadline_config=UpgradeDeadlineConfig(False, opt_out=True)
            ),
            org_says(OPTED_OUT),
            DEADLINE,
        ),
        "a verified mode without expiration is enough": (
            course(self_paced=True, modes=(CourseMode("verified", 49),)),
            WITH_DEADLINES,
            PERSONAL,
        ),
        "none where the course has no paid mode": (course(self_paced=True), WITH_DEADLINES, None),
        "none where the course is professional": (
            course(self_paced=True, modes=(VERIFIED, PROFESSIONAL)),
            WITH_DEADLINES,
            None,
        ),
        "a professional mode without ID beside the verified one says nothing": (
            course(self_paced=True, modes=(VERIFIED, CourseMode("no-id-professional", 9))),
            WITH_DEADLINES,
            PERSONAL,
        ),
        "none where the verified mode has expired": (
            course(self_paced=True, modes=(CourseMode("verified", 49, JUST_BEFORE),)),
            WITH_DEADLINES,
            None,
        ),
    },
)
def test_whose_deadline_holds(of: CourseOverview, site: Site, expected: Any) -> None:
    assert dynamic_upgrade_deadline(of, enrollment(upgrade_deadline=PERSONAL), site, NOW) == expected


@cases(
    "own, expected",
    {
        "one that lies ahead": ("2026-04-01T12:00:00.000001", "2026-04-01T12:00:00.000001"),
        "one that is right now is over": ("2026-04-01T12:00:00", None),
        "one that has passed is over": ("2026-03-01", None),
    },
)
def test_a_learners_own_deadline_that_is_over_is_not_replaced_by_the_courses(own: str, expected: str | None) -> None:
    deadline = dynamic_upgrade_deadline(SELF_PACED, enrollment(upgrade_deadline=at(own)), WITH_DEADLINES, NOW)

    assert deadline == (at(expected) if expected else None)


def test_without_a_deadline_of_their_own_learners_have_the_courses() -> None:
    assert dynamic_upgrade_deadline(SELF_PACED, enrollment(), WITH_DEADLINES, NOW) == DEADLINE
