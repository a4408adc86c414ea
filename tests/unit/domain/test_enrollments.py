"""Which of a learner's courses a list shows, and in which order. (mobile-users.md 4.2, 4.4)"""

from typing import Any

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import (
    EnrolledCourse,
    Enrollment,
    in_organization,
    is_on_mobile,
    is_recent,
    join_courses,
    newest_first,
    status_order,
)
from lms.domain.keys import CourseKey
from lms.domain.roles import Roles
from lms.domain.site import Site
from tests.unit.builders import COURSE_ID, NOW, PLAIN, at, cases, course, course_role, enrollment, org_role

COURSES: dict[str, CourseOverview] = {
    str(key): course(key=key, org=key.org) for key in (CourseKey("X", number, "r") for number in "abcd")
}


def enrolled(number: str, created: str | None, **fields: Any) -> Enrollment:
    moment = at(created) if created else None
    return Enrollment(f"course-v1:X+{number}+r", created=moment, **fields)


def of_org(org: str) -> EnrolledCourse:
    return EnrolledCourse(enrollment(), course(org=org))


@cases(
    "enrollments, expected",
    {
        "the newest comes first": ([enrolled("a", "2026-01-01"), enrolled("b", "2026-01-02")], "ba"),
        "a microsecond decides": (
            [enrolled("a", "2026-01-01"), enrolled("b", "2026-01-01T00:00:00.000001")],
            "ba",
        ),
        "the course id decides between equal dates": (
            [enrolled("c", "2026-01-01"), enrolled("a", "2026-01-01"), enrolled("b", "2026-01-01")],
            "abc",
        ),
        "an enrollment without date comes last": ([enrolled("a", None), enrolled("b", "2020-01-01")], "ba"),
        "enrollments without date are ordered by course id": ([enrolled("b", None), enrolled("a", None)], "ab"),
        "an inactive enrollment is left out": ([enrolled("a", "2026-01-01", active=False)], ""),
        "a course that does not exist is left out": ([enrolled("z", "2026-01-01"), enrolled("a", None)], "a"),
        "nothing gives nothing": ([], ""),
    },
)
def test_the_order_of_active_enrollments(enrollments: list[Enrollment], expected: str) -> None:
    joined = join_courses(enrollments, COURSES)

    assert "".join(one.course.key.number for one in joined) == expected
    assert all(one.enrollment.course_id == one.course.id for one in joined)


@cases(
    "org_filter, org, expected",
    {
        "without a filter all are shown": (None, None, ["edX", "MITx", "edx"]),
        "an asked organization matches in any letter case": (None, "EDX", ["edX", "edx"]),
        "an empty organization matches nothing": (None, "", []),
        "an unknown organization matches nothing": (None, "HarvardX", []),
        "a part of a name matches nothing": (None, "ed", []),
        "two names match nothing": (None, "edX,MITx", []),
        "a blank more matches nothing": (None, "edX ", []),
        "the site's filter takes the exact case": (frozenset({"edX"}), None, ["edX"]),
        "the site's filter may name several": (frozenset({"edX", "MITx"}), None, ["edX", "MITx"]),
        "both filters hold": (frozenset({"edX"}), "edx", ["edX"]),
        "what the site does not show cannot be asked for": (frozenset({"edX"}), "MITx", []),
        "an empty filter of the site is none": (frozenset(), None, ["edX", "MITx", "edx"]),
    },
)
def test_the_organizations_that_are_listed(
    org_filter: frozenset[str] | None, org: str | None, expected: list[str]
) -> None:
    courses = [of_org("edX"), of_org("MITx"), of_org("edx")]

    assert [one.course.org for one in in_organization(courses, Site(org_filter=org_filter), org)] == expected


@cases(
    "available, ignored, roles, expected",
    {
        "a course that is available is": (True, False, PLAIN, True),
        "one that is not available is not": (False, False, PLAIN, False),
        "one that is not available is where the site ignores that": (False, True, PLAIN, True),
        "a beta tester has it": (False, False, course_role("beta_testers"), True),
        "staff of the course has it": (False, False, course_role("staff"), True),
        "an instructor has it": (False, False, course_role("instructor"), True),
        "staff of the organization has it": (False, False, org_role("staff"), True),
        "global staff has it": (False, False, Roles(global_staff=True), True),
        "inactive course staff does not": (False, False, course_role("staff", active=False), False),
        "an inactive beta tester does not": (False, False, course_role("beta_testers", active=False), False),
    },
)
def test_whether_a_course_is_on_mobile(available: bool, ignored: bool, roles: Roles, expected: bool) -> None:
    site = Site(ignores_mobile_available=ignored)

    assert is_on_mobile(course(mobile_available=available), roles, site) is expected


def test_an_enrollment_is_active_and_in_audit_unless_it_says_otherwise() -> None:
    assert Enrollment(COURSE_ID) == Enrollment(COURSE_ID, None, "audit", True, None, None, False)


# --- The list of statuses (mobile-users.md 6.4) -----------------------------------------------------------------------


def test_newest_first_needs_no_courses() -> None:
    listed = newest_first([enrolled("y", None), enrolled("z", "2026-01-01"), enrolled("x", "2026-01-01", active=False)])

    assert [one.course_id for one in listed] == ["course-v1:X+z+r", "course-v1:X+y+r"]


def test_statuses_are_in_the_order_of_course_ids_whatever_their_dates() -> None:
    enrollments = [
        enrolled("c", "2026-03-01"),
        enrolled("a", "2026-01-01"),
        enrolled("b", "2026-02-01", active=False),
        enrolled("z", "2026-02-01"),
    ]

    assert [one.course.key.number for one in status_order(enrollments, COURSES)] == ["a", "c"]


def test_the_order_of_ids_is_mysqls_without_regard_to_case() -> None:
    keys = [CourseKey(org, "n", "r") for org in ("aX", "Bx", "cX", "C_x", "C-x", "C.x", "C1x", "Éx", "Fx", "日")]
    courses = {str(key): course(key=key) for key in keys}

    listed = status_order([Enrollment(course_id) for course_id in courses], courses)

    assert [one.course.key.org for one in listed] == ["aX", "Bx", "C_x", "C-x", "C.x", "C1x", "cX", "Éx", "Fx", "日"]


def test_the_order_decides_which_are_the_first_500() -> None:
    keys = [*(CourseKey("x", f"n{number:03}", "r") for number in range(500)), CourseKey("Y", "n", "r")]
    courses = {str(key): course(key=key) for key in keys}

    listed = status_order([Enrollment(course_id) for course_id in courses], courses)

    assert [one.course.id for one in listed] == list(courses)[:500]


def test_there_are_500_statuses_at_the_most() -> None:
    keys = [CourseKey("X", f"n{number:03}", "r") for number in range(501)]
    courses = {str(key): course(key=key) for key in keys}

    listed = status_order([Enrollment(course_id) for course_id in reversed(courses)], courses)

    assert [one.course.id for one in listed] == list(courses)[:500]


@cases(
    "created, completed, expected",
    {
        "joined thirty days ago is not": ("2026-03-02T12:00:00", None, False),
        "joined a moment later is": ("2026-03-02T12:00:00.000001", None, True),
        "the worked example's enrollment by itself is not": ("2026-03-02T09:30:15", None, False),
        "with a completion since then it is": ("2026-03-02T09:30:15", "2026-03-20", True),
        "a completion thirty days ago is": ("2025-01-01", "2026-03-02T12:00:00", True),
        "a completion a moment before is not": ("2025-01-01", "2026-03-02T11:59:59.999999", False),
        "an enrollment without date is not": (None, None, False),
        "an enrollment without date but with a completion is": (None, "2026-03-20", True),
    },
)
def test_whether_a_course_is_recently_active(created: str | None, completed: str | None, expected: bool) -> None:
    one = enrollment(created=at(created) if created else None)

    assert is_recent(one, at(completed) if completed else None, NOW) is expected
