"""Whether a user may load a course on mobile, and the error that says why not. (mobile-users.md 7.1, 7.2)"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lms.domain.courses import CourseOverview
from lms.domain.dates import UNSET_START
from lms.domain.enrollments import Enrollment, is_on_mobile
from lms.domain.expiry import audit_access_expires
from lms.domain.roles import Roles
from lms.domain.site import Features, Site
from lms.domain.users import User

AccessErrorCode = Literal[
    "not_visible_to_user",
    "course_not_started",
    "unfulfilled_milestones",
    "audit_expired",
    "mobile_unavailable",
    "old_mongo",
]


@dataclass(frozen=True, slots=True)
class AccessError:
    """Why a course does not load: Open edX's word; it is a value, not an exception. (mobile-users.md 7.2)"""

    code: AccessErrorCode
    """Stable: clients may act on it."""
    developer_message: str
    user_message: str
    """For the learner."""
    additional_context: str | None = None
    """For the learner, more at length."""


def mobile_access_error(
    course: CourseOverview,
    user: User,
    enrollment: Enrollment | None,
    roles: Roles,
    site: Site,
    features: Features,
    now: datetime,
) -> AccessError | None:
    """The first thing that keeps the user from loading the course on mobile, or None. (mobile-users.md 7.1)"""
    if course.key.legacy:
        return old_mongo(course)
    if not roles.has_staff_access(course.key):
        if course.visible_to_staff_only:
            return not_visible()
        if not has_started(course, roles, features, now):
            return not_started(course)
        if lacks_prerequisite(course, user.milestones, features):
            return unfulfilled_milestones()
        expires = audit_access_expires(course, enrollment, roles, site, features)
        if expires is not None and now > expires:
            return audit_expired(course, user, expires)
    if not is_on_mobile(course, roles, site):
        return mobile_unavailable()
    if not roles.has_staff_access(course.key) and lacks_milestone(course, user.milestones, features):
        return unfulfilled_milestones()
    return None


def has_started(course: CourseOverview, roles: Roles, features: Features, now: datetime) -> bool:
    """Whether the course is open by date; beta testers are some days early. (mobile-users.md 7.1)"""
    if features.disable_start_dates or course.start is None:
        return True
    return now > early_start(course.start, course.days_early_for_beta, roles.is_beta_tester(course.key))


def early_start(start: datetime, days_early_for_beta: float | None, beta_tester: bool) -> datetime:
    """The start that holds for a user: `days_early_for_beta` days sooner for a beta tester."""
    if not beta_tester or not days_early_for_beta:
        return start
    try:
        return start - timedelta(days=days_early_for_beta)
    except (OverflowError, ValueError):
        return start


def lacks_prerequisite(course: CourseOverview, earned: Set[int], features: Features) -> bool:
    """Whether a milestone is missing that another course can fulfil. (mobile-users.md 7.1, 7.10)"""
    if not (features.milestones and features.prerequisite_courses):
        return False
    return any(need.by_course and need.milestone not in earned for need in course.requires)


def lacks_milestone(course: CourseOverview, earned: Set[int], features: Features) -> bool:
    """Whether a milestone is missing that anything can fulfil; one that nothing can never blocks.

    (mobile-users.md 7.1, 7.10)
    """
    if not features.milestones:
        return False
    return any((need.by_course or need.by_content) and need.milestone not in earned for need in course.requires)


def not_visible() -> AccessError:
    """The course is for its staff only."""
    return AccessError(
        "not_visible_to_user", "Course is not visible to this user", "You do not have access to this course"
    )


def not_started(course: CourseOverview) -> AccessError:
    """The course's start lies ahead; a start that was never set is not shown."""
    if course.start is None or course.start == UNSET_START:
        return AccessError("course_not_started", "Course has not started", "Course has not started")
    return AccessError(
        "course_not_started",
        f"Course does not start until {course.start}",
        f"Course does not start until {course.start:%B %d, %Y}",
    )


def unfulfilled_milestones() -> AccessError:
    """A prerequisite course or an entrance exam is not passed."""
    return AccessError("unfulfilled_milestones", "User has unfulfilled milestones", "You have unfulfilled milestones")


def audit_expired(course: CourseOverview, user: User, expires: datetime) -> AccessError:
    """Free access is over."""
    day = f"{expires:%b %d, %Y}"
    return AccessError(
        "audit_expired",
        f"User {user.username} had access to {course.id} until {expires}",
        f"Access expired on {day}",
        f"Access to {course.display_name_with_default} expired on {day}",
    )


def mobile_unavailable() -> AccessError:
    """The course is not offered in the apps."""
    return AccessError(
        "mobile_unavailable",
        "Course is not available on mobile for this user",
        "You do not have access to this course on a mobile device",
    )


def old_mongo(course: CourseOverview) -> AccessError:
    """A course of the older kind, which no longer loads."""
    name = course.name if course.name is not None else course.key.run.replace("_", " ")
    return AccessError("old_mongo", "Access to Old Mongo courses is unsupported", f"{name} is no longer available.")
