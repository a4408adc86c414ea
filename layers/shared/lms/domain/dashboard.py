"""The home screen of the apps: which courses a filter keeps, and which one comes first. (mobile-users.md 4.4)"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from lms.domain.enrollments import EnrolledCourse, Enrollment
from lms.domain.progress import Progress

STATUSES = ("all", "in_progress", "completed", "expired")
_NEVER = datetime.min.replace(tzinfo=UTC)


def with_status(courses: Iterable[EnrolledCourse], status: str, now: datetime) -> list[EnrolledCourse]:
    """The courses that have the status; a course that has not begun has none but `all`. (4.4, rule 2)"""
    return [one for one in courses if status == "all" or _status(one, now) == status]


def _status(one: EnrolledCourse, now: datetime) -> str | None:
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
    latest = max(enrollments, key=lambda one: _latest_state_modified(one, progress))
    latest_state_modified = _latest_state_modified(latest, progress)
    return newest if latest_state_modified is _NEVER or (newest.created or _NEVER) > latest_state_modified else latest


def _latest_state_modified(enrollment: Enrollment, progress: Mapping[str, Progress]) -> datetime:
    of_course = progress.get(enrollment.course_id)
    return (
        of_course.latest_state_modified
        if of_course is not None and of_course.latest_state_modified is not None
        else _NEVER
    )
