"""Enrollments: which of a learner's courses a list shows, and in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lms.domain.collation import collation_key
from lms.domain.courses import CourseOverview
from lms.domain.roles import Roles
from lms.domain.site import Site

RECENT = timedelta(days=30)
STATUS_LIMIT = 500
_NO_DATE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate record of a learner in a course, whatever its status."""

    status: str
    mode: str = ""
    download_url: str = ""
    verify_uuid: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a learner set out in a course: relative dates count from then. (mobile-users.md 7.12)"""

    start: datetime
    created: datetime
    """When the schedule was made, which later changes of its start leave alone."""


@dataclass(frozen=True, slots=True)
class UserDate:
    """An extension: a learner's own date, in place of a content date of the course. (mobile-users.md 7.12)"""

    content_date: int
    """The id of that `lms.domain.course_dates.ContentDate`."""
    abs_date: datetime | None = None
    rel_date: timedelta | None = None
    """How much later than the course's date, where it gives none of its own."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A learner's enrollment in a course."""

    course_id: str
    created: datetime | None = None
    mode: str = "audit"
    active: bool = True
    certificate: Certificate | None = None
    upgrade_deadline: datetime | None = None
    """The learner's own deadline to upgrade, from the schedule."""
    excluded_from_fbe: bool = False
    """Whether the enrollment is excluded from feature-based enrollment, so that its audit access never expires."""
    cohort: int | None = None
    """The learner's cohort, by id."""
    random_groups: Mapping[str, int] = field(default_factory=dict)
    """Partition id -> the group that the learner was assigned to at random, as for an experiment."""
    schedule: Schedule | None = None
    user_dates: tuple[UserDate, ...] = ()
    """The learner's extensions, the latest last: it wins."""


@dataclass(frozen=True, slots=True)
class EnrolledCourse:
    """An active enrollment together with its course."""

    enrollment: Enrollment
    course: CourseOverview


@dataclass(frozen=True, slots=True)
class EnrollmentStatus:
    """An enrollment, and whether the learner is active in it. (mobile-users.md 6.3)"""

    enrolled: EnrolledCourse
    recently_active: bool


def join_courses(enrollments: Iterable[Enrollment], courses: Mapping[str, CourseOverview]) -> list[EnrolledCourse]:
    """The active enrollments whose course exists, newest first; the course id decides ties. (mobile-users.md 4.4)"""
    return [
        EnrolledCourse(enrollment, courses[enrollment.course_id])
        for enrollment in newest_first(enrollments)
        if enrollment.course_id in courses
    ]


def newest_first(enrollments: Iterable[Enrollment]) -> list[Enrollment]:
    """The active enrollments, newest first; the course id decides ties. (mobile-users.md 4.4)"""
    by_course = sorted(
        (enrollment for enrollment in enrollments if enrollment.active), key=lambda enrollment: enrollment.course_id
    )
    return sorted(by_course, key=lambda enrollment: enrollment.created or _NO_DATE, reverse=True)


def in_organization(courses: Iterable[EnrolledCourse], site: Site, org: str | None) -> list[EnrolledCourse]:
    """Those of the site's organizations (exact case), then of `org` in any case. (mobile-users.md 4.2, 4.4)

    `org` None asks for all; an empty one matches nothing.
    """
    return [
        enrolled
        for enrolled in courses
        if (not site.org_filter or enrolled.course.org in site.org_filter)
        and (org is None or enrolled.course.org.lower() == org.lower())
    ]


def status_order(enrollments: Iterable[Enrollment], courses: Mapping[str, CourseOverview]) -> list[EnrolledCourse]:
    """The active enrollments whose course exists, in MySQL's order of ids, the first 500. (mobile-users.md 6.4)"""
    joined = join_courses(enrollments, courses)
    return sorted(joined, key=lambda enrolled: collation_key(enrolled.enrollment.course_id))[:STATUS_LIMIT]


def is_recent(enrollment: Enrollment, latest_completion_created: datetime | None, now: datetime) -> bool:
    """Whether the learner joined within 30 days, or completed a first-time block in them. (mobile-users.md 6.4)

    `latest_completion_created`: when the newest of the learner's completions in the course was created.
    """
    cutoff = now - RECENT
    joined = enrollment.created is not None and enrollment.created > cutoff
    return joined or (latest_completion_created is not None and latest_completion_created >= cutoff)


def is_on_mobile(course: CourseOverview, roles: Roles, site: Site) -> bool:
    """Whether the user may have the course in an app. (mobile-users.md 4.4)"""
    return (
        course.mobile_available
        or site.ignores_mobile_available
        or roles.is_beta_tester(course.key)
        or roles.has_staff_access(course.key)
    )
