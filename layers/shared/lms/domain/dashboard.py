"""The home screen of the apps: which courses a filter keeps, and which one comes first. (mobile-users.md 4.4)"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from lms.domain.enrollments import Enrolled, Enrollment
from lms.domain.progress import Progress

STATUSES = ("all", "in_progress", "completed", "expired")
_NEVER = datetime.min.replace(tzinfo=UTC)


def with_status(courses: Iterable[Enrolled], status: str, now: datetime) -> list[Enrolled]:
    """The courses that have the status; a course that has not begun has none but `all`. (4.4, rule 2)"""
    return [one for one in courses if status == "all" or _status(one, now) == status]


def _status(one: Enrolled, now: datetime) -> str | None:
    # Any certificate record counts, also one of a learner who did not pass.
    if one.enrollment.certificate is not None:
        return "completed"
    if one.course.has_ended(now):
        return "expired"
    return "in_progress" if one.course.start is None or one.course.start <= now else None


def primary_of(enrollments: Sequence[Enrollment], progress: Mapping[str, Progress]) -> Enrollment | None:
    """The course to go on with: the latest enrollment, unless the learner did something elsewhere since. (4.4, rule 7)

    `enrollments` are the candidates, newest first.
    """
    if not enrollments:
        return None
    newest = enrollments[0]
    latest = max(enrollments, key=lambda one: _active_at(one, progress))
    active_at = _active_at(latest, progress)
    return newest if active_at is _NEVER or (newest.created or _NEVER) > active_at else latest


def _active_at(enrollment: Enrollment, progress: Mapping[str, Progress]) -> datetime:
    of_course = progress.get(enrollment.course_id)
    return of_course.active_at if of_course is not None and of_course.active_at is not None else _NEVER
