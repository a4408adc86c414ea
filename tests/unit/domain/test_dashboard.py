"""Which courses the home screen keeps, and which comes first. (mobile-users.md 4.4, rules 2 and 7)"""

from typing import Any

from lms.domain.dashboard import primary_of, with_status
from lms.domain.enrollments import Certificate, EnrolledCourse
from lms.domain.progress import Progress
from tests.unit.builders import NOW, at, cases, course, enrollment

FAILED = Certificate("notpassing")
JUST_BEFORE, JUST_AFTER = at("2026-04-01T11:59:59.999999"), at("2026-04-01T12:00:00.000001")


@cases(
    "fields, certificate, status",
    {
        "an open course is in progress": ({}, None, "in_progress"),
        "a course without dates is in progress": ({"start": None, "end": None}, None, "in_progress"),
        "a course that starts right now is in progress": ({"start": NOW}, None, "in_progress"),
        "a course that ends right now is in progress": ({"end": NOW}, None, "in_progress"),
        "a course that has ended is expired": ({"end": JUST_BEFORE}, None, "expired"),
        "a course that has ended without start is expired": ({"start": None, "end": JUST_BEFORE}, None, "expired"),
        "a course that has not begun is none of them": ({"start": JUST_AFTER}, None, None),
        "a certificate of any status completes": ({}, FAILED, "completed"),
        "a certificate completes a course that has ended": ({"end": JUST_BEFORE}, FAILED, "completed"),
        "a certificate completes a course that has not begun": ({"start": JUST_AFTER}, FAILED, "completed"),
    },
)
def test_the_status_of_a_course(fields: dict[str, Any], certificate: Certificate | None, status: str | None) -> None:
    one = EnrolledCourse(enrollment(certificate=certificate), course(**fields))
    kept = {name for name in ("all", "in_progress", "completed", "expired") if with_status([one], name, NOW)}

    assert kept == {"all"} | ({status} if status else set())


@cases(
    "created, active, expected",
    {
        "the newest without progress": ({"a": "2026-03-02", "b": "2026-03-01"}, {}, "a"),
        "the one with later progress": ({"a": "2026-03-02", "b": "2026-03-01"}, {"b": "2026-03-03"}, "b"),
        "the one with progress at the same moment": ({"a": "2026-03-02", "b": "2026-03-01"}, {"b": "2026-03-02"}, "b"),
        "the newest where progress is older": ({"a": "2026-03-02", "b": "2026-03-01"}, {"b": "2026-03-01T23:59"}, "a"),
        "the latest progress of several": (
            {"a": "2026-03-02", "b": "2026-03-01", "c": "2026-02-01"},
            {"b": "2026-03-03", "c": "2026-03-04"},
            "c",
        ),
        "progress in a course that is no candidate does not count": ({"a": "2026-03-02"}, {"z": "2026-03-03"}, "a"),
        "no progress and no dates": ({"a": None, "b": None}, {}, "a"),
        "progress and no dates": ({"a": None, "b": None}, {"b": "2026-03-01"}, "b"),
    },
)
def test_the_course_that_comes_first(created: dict[str, str | None], active: dict[str, str], expected: str) -> None:
    enrollments = [
        enrollment(course_id=name, created=at(moment) if moment else None) for name, moment in created.items()
    ]
    progress = {name: Progress(name, latest_state_modified=at(moment)) for name, moment in active.items()}
    first = primary_of(enrollments, progress)

    assert first is not None
    assert first.course_id == expected


def test_progress_without_a_date_of_activity_does_not_count() -> None:
    newest, older = enrollment(course_id="a"), enrollment(course_id="b", created=at("2026-01-01"))

    assert primary_of([newest, older], {"b": Progress("b", last_completed_at=NOW)}) is newest


def test_without_candidates_none_comes_first() -> None:
    assert primary_of([], {"a": Progress("a", latest_state_modified=NOW)}) is None
