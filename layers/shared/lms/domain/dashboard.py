"""The home screen of the apps: which courses a filter keeps, which one comes first, which page is shown.

(mobile-users.md 4.2, 4.4)
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from lms.domain.assignments import Assignment, CourseProgress, assignments_of, course_progress
from lms.domain.course_dates import learner_dates
from lms.domain.enrollments import EnrolledCourse, Enrollment, newest_first
from lms.domain.errors import InvalidPageError
from lms.domain.learners import Learner, OutlineCompletion
from lms.domain.outline import Outline, last_completed_path, viewer_of
from lms.domain.paging import Page, page_of
from lms.domain.progress import Progress
from lms.domain.site import Site

STATUSES = ("all", "in_progress", "completed", "expired")
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DashboardQuery:
    """What a request asks of the home screen. (mobile-users.md 4.2)"""

    page: str | None
    """As sent: a number, `last`, or None for the first."""
    page_size: int
    org: str | None = None
    """Only courses of this organization, in any letter case; None: of all."""
    status: str | None = None
    """One of STATUSES: only such courses, and no primary one."""
    with_primary: bool = False
    """Whether the course to go on with is shown apart from the others. (v4)"""
    with_progress: bool = False
    """Whether each course of the page comes with its progress."""

    @property
    def wants_primary(self) -> bool:
        return self.with_primary and self.status is None


@dataclass(frozen=True, slots=True)
class DashboardSelection:
    """The courses that an answer shows: the primary one, if it was asked for, and a page of the others."""

    primary: EnrolledCourse | None
    page: Page[EnrolledCourse]


@dataclass(frozen=True, slots=True)
class CourseWork:
    """A course with what the learner has done in it."""

    enrolled: EnrolledCourse
    outline: Outline
    assignments: Sequence[Assignment]
    """In course order."""
    last_completed: Sequence[int] | None
    """Path, top-down, to the block that was completed last; None where that is nowhere in a unit of the course."""

    @property
    def progress(self) -> CourseProgress:
        return course_progress(self.assignments)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the home screen shows: a page of a learner's courses, and the one to go on with, if it was asked for."""

    learner: Learner
    site: Site
    page: Page[EnrolledCourse]
    primary: CourseWork | None
    work: Mapping[str, CourseWork]
    """What the learner has done in the courses of the page, by course id; empty if it was not asked for."""


def select(
    courses: Sequence[EnrolledCourse], query: DashboardQuery, learner: Learner, now: datetime
) -> DashboardSelection:
    """What the answer shows of the courses, which come newest enrollment first. Raises InvalidPageError."""
    primary = None
    if query.status is not None:
        courses = with_status(courses, query.status, now)
    elif query.wants_primary:
        newest = primary_of([enrolled.enrollment for enrolled in courses], learner.progress)
        primary = next((enrolled for enrolled in courses if enrolled.enrollment is newest), None)
        courses = [enrolled for enrolled in courses if enrolled is not primary]
    return DashboardSelection(primary, page_of(courses, query.page, query.page_size))


def courses_with_work(selection: DashboardSelection, query: DashboardQuery) -> list[EnrolledCourse]:
    """The courses whose outlines and completions the answer needs."""
    shown = [selection.primary] if selection.primary else []
    return [*shown, *selection.page.items] if query.with_progress else shown


def expected_courses_with_work(learner: Learner, query: DashboardQuery) -> list[str]:
    """Ids of the courses whose outlines and completions the answer will need, guessed before the courses are read.

    It is right unless a course is missing, not on mobile or filtered out; then some are read later, or in vain.
    """
    shown: list[Enrollment] = []
    others = newest_first(learner.enrollments)
    if query.wants_primary:
        primary = primary_of(others, learner.progress)
        shown = [enrollment for enrollment in others if enrollment is primary]
        others = [enrollment for enrollment in others if enrollment is not primary]
    if query.with_progress and query.status in (None, "all"):
        with suppress(InvalidPageError):
            shown += page_of(others, query.page, query.page_size).items
    return [enrollment.course_id for enrollment in shown]


def course_work(
    enrolled: EnrolledCourse, content: OutlineCompletion, learner: Learner, site: Site, now: datetime
) -> CourseWork:
    """What the learner has done in a course, out of its outline and the completed blocks. (mobile-users.md 7.8)"""
    course, outline, progress = enrolled.course, content.outline, learner.progress_in(enrolled.course.id)
    dates = learner_dates(course, outline.dates, enrolled.enrollment, learner.user, site)
    viewer = viewer_of(course, outline, learner.roles, enrolled.enrollment, dates, now)
    course_block = outline.blocks[0]
    course_end = dates.date((course_block.type, course_block.name, "end"), course.end)
    return CourseWork(
        enrolled,
        outline,
        assignments_of(outline, viewer, content.completed, progress.selected, course_end),
        last_completed_path(outline, progress.last_completed_block),
    )


def with_status(courses: Iterable[EnrolledCourse], status: str, now: datetime) -> list[EnrolledCourse]:
    """The courses that have the status; one that has not begun has none but `all`. (mobile-users.md 4.4, rule 2)"""
    return [enrolled for enrolled in courses if status == "all" or _status(enrolled, now) == status]


def _status(enrolled: EnrolledCourse, now: datetime) -> str | None:
    # Any certificate record counts, also one of a learner who did not pass.
    if enrolled.enrollment.certificate is not None:
        return "completed"
    if enrolled.course.has_ended(now):
        return "expired"
    return "in_progress" if enrolled.course.start is None or enrolled.course.start <= now else None


def primary_of(enrollments: Sequence[Enrollment], progress: Mapping[str, Progress]) -> Enrollment | None:
    """The course to go on with: the latest enrollment, unless the learner did something elsewhere since.

    `enrollments` are the candidates, newest first. (mobile-users.md 4.4, rule 7)
    """
    if not enrollments:
        return None
    newest = enrollments[0]
    latest = max(enrollments, key=lambda enrollment: _last_active(enrollment, progress))
    last_active = _last_active(latest, progress)
    return newest if last_active is _NEVER or (newest.created or _NEVER) > last_active else latest


def _last_active(enrollment: Enrollment, progress: Mapping[str, Progress]) -> datetime:
    in_course = progress.get(enrollment.course_id)
    return in_course.latest_state_modified or _NEVER if in_course is not None else _NEVER
