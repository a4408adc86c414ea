"""How a course is shown, whether it has ended, and its modes. (mobile-users.md 4.3, 7.6, course-team.md 3.5, 4.5)"""

from datetime import datetime
from typing import Any

from lms.domain.courses import CourseMode, default_enrollment_mode, listed_modes, start_label
from tests.unit.builders import COURSE_ID, NOW, at, cases, course

JUST_BEFORE = at("2026-04-01T11:59:59.999999")
JUST_AFTER = at("2026-04-01T12:00:00.000001")
AUDIT, HONOR, VERIFIED = CourseMode("audit"), CourseMode("honor"), CourseMode("verified", 49)


def test_a_course_is_known_by_its_printed_key() -> None:
    assert course().id == COURSE_ID


@cases(
    "fields, name, number, org",
    {
        "what is stored for display is shown": (
            {"name": "Demo 101", "display_number": "101!", "display_org": "Demo University"},
            *("Demo 101", "101!", "Demo University"),
        ),
        "the key's parts stand in for what is empty": (
            {"name": None, "display_number": "", "display_org": ""},
            *("DX101", "DX101", "DemoX"),
        ),
        "an empty name is a name": ({"name": ""}, "", "DX101", "DemoX"),
    },
)
def test_the_shown_name_number_and_organization(fields: dict[str, Any], name: str, number: str, org: str) -> None:
    shown = course(**fields)

    assert (shown.display_name_with_default, shown.display_number_with_default, shown.display_org_with_default) == (
        name,
        number,
        org,
    )


@cases(
    "end, expected",
    {
        "a course without end has not": (None, False),
        "a course that ended before has": (JUST_BEFORE, True),
        "a course that ends right now has not": (NOW, False),
        "a course that ends later has not": (JUST_AFTER, False),
    },
)
def test_whether_a_course_has_ended(end: datetime | None, expected: bool) -> None:
    assert course(end=end).has_ended(NOW) is expected


@cases(
    "advertised, start, expected",
    {
        "an advertised start is shown as it is": ("Soon", at("2026-09-01"), ("string", "Soon")),
        "an advertised start is shown for a start never set": ("Soon", at("2030-01-01"), ("string", "Soon")),
        "a date is written out": (None, at("2026-03-16"), ("timestamp", "March 16, 2026")),
        "an empty advertised start is none": ("", at("2025-09-08"), ("timestamp", "Sept. 8, 2025")),
        "a start that was never set is not shown": (None, at("2030-01-01"), ("empty", None)),
        "a start that was never set and an empty advertised one are not shown": ("", at("2030-01-01"), ("empty", None)),
        "a second past the unset start is a date": (None, at("2030-01-01T00:00:01"), ("timestamp", "Jan. 1, 2030")),
        "a missing start is an empty date": (None, None, ("timestamp", "")),
        "an advertised start is shown for a missing start": ("Some day", None, ("string", "Some day")),
    },
)
def test_how_a_start_is_announced(advertised: str | None, start: datetime | None, expected: tuple[str, str]) -> None:
    assert start_label(course(advertised_start=advertised, start=start), "en") == expected


@cases(
    "expiration, expected",
    {
        "a mode without expiration is": (None, True),
        "a mode that expired is not": (JUST_BEFORE, False),
        "a mode that expires right now still is": (NOW, True),
        "a mode that expires later is": (JUST_AFTER, True),
    },
)
def test_whether_a_mode_is_offered(expiration: datetime | None, expected: bool) -> None:
    assert CourseMode("verified", expiration=expiration).is_offered(NOW) is expected


@cases(
    "modes, expected",
    {
        "modes keep their order": ((VERIFIED, AUDIT), [VERIFIED, AUDIT]),
        "a mode that expired is left out": ((AUDIT, CourseMode("verified", 49, JUST_BEFORE)), [AUDIT]),
        "credit is listed": ((CourseMode("credit", 10),), [CourseMode("credit", 10)]),
        "without rows there is the default mode": ((), [AUDIT]),
        "when all have expired there is the default mode": ((CourseMode("verified", 49, JUST_BEFORE),), [AUDIT]),
    },
)
def test_the_modes_that_a_client_may_offer(modes: tuple[CourseMode, ...], expected: list[CourseMode]) -> None:
    assert listed_modes(course(modes=modes), NOW) == expected


@cases(
    "modes, expected",
    {
        "audit where it is offered": ([HONOR, AUDIT], "audit"),
        "honor where audit is not": ([VERIFIED, HONOR], "honor"),
        "audit where neither is": ([VERIFIED], "audit"),
        "audit where nothing is": ([], "audit"),
    },
)
def test_the_mode_of_an_enrollment_that_nobody_chose(modes: list[CourseMode], expected: str) -> None:
    assert default_enrollment_mode(modes) == expected
