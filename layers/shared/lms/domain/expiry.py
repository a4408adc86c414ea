"""Audit access that runs out, and the deadlines to upgrade from it. (mobile-users.md 7.4, 7.5)"""

from datetime import datetime, timedelta

from lms.domain.courses import CourseOverview, DurationLimit
from lms.domain.enrollments import Enrollment
from lms.domain.roles import Roles
from lms.domain.site import Features, Site

UPGRADEABLE_MODES = ("audit", "honor", "unpaid-executive-education", "unpaid-bootcamp")


def audit_access_expires(
    course: CourseOverview, enrollment: Enrollment | None, roles: Roles, site: Site, features: Features
) -> datetime | None:
    """The moment after which a learner's audit access to the course is over, or None. (mobile-users.md 7.4)

    An inactive enrollment counts too. A moment that has passed is still the answer.
    """
    if enrollment is None or enrollment.created is None or enrollment.mode != "audit" or enrollment.excluded_from_fbe:
        return None
    if not {"audit", "verified"} <= {mode.slug for mode in course.modes}:
        return None
    if roles.has_staff_access(course.key) or roles.is_beta_tester(course.key) or roles.moderates_forum(course.key):
        return None
    limit = stacked_duration_limit(course, site)
    if not limit.enabled or limit.enabled_as_of is None or limit.enabled_as_of > enrollment.created:
        return None
    # Open edX fails on a course without start; the enrollment's own date is all that is left to count from.
    begins = max(enrollment.created, course.start or enrollment.created)
    try:
        return begins + access_duration(course.weeks_to_complete, features)
    except OverflowError:
        return None  # beyond the end of the calendar


def access_duration(weeks_to_complete: int | None, features: Features) -> timedelta:
    """How long audit access lasts: the course's planned weeks within the site's bounds. (mobile-users.md 7.4)"""
    weeks = features.min_access_weeks if weeks_to_complete is None else weeks_to_complete
    return timedelta(weeks=max(features.min_access_weeks, min(weeks, features.max_access_weeks)))


def stacked_duration_limit(course: CourseOverview, site: Site) -> DurationLimit:
    """The limit in force: global, site, organization, course, run; the later one wins, field by field."""
    enabled, enabled_as_of = None, None
    for limit in (
        site.duration_limit,
        site.site_duration_limit,
        site.org_duration_limits.get(course.key.org),
        site.org_course_duration_limits.get(f"{course.key.org}+{course.key.number}"),
        course.duration_limit,
    ):
        if limit is not None:
            enabled = limit.enabled if limit.enabled is not None else enabled
            enabled_as_of = limit.enabled_as_of if limit.enabled_as_of is not None else enabled_as_of
    return DurationLimit(enabled, enabled_as_of)


def dynamic_upgrade_deadline(
    course: CourseOverview, enrollment: Enrollment, site: Site, now: datetime
) -> datetime | None:
    """The last moment to upgrade from a free mode, or None. (mobile-users.md 7.5)"""
    if enrollment.mode not in UPGRADEABLE_MODES:
        return None
    # `no-id-professional` is none of these, although it is paid for.
    offered = {mode.slug: mode for mode in course.offered_modes(now)}
    verified = offered.get("professional") or offered.get("verified")
    if enrollment.upgrade_deadline is not None and _grants_personal_deadline(course, site):
        if enrollment.upgrade_deadline <= now or verified is None or verified.slug == "professional":
            return None
        return enrollment.upgrade_deadline
    return verified.expiration if verified else None


def _grants_personal_deadline(course: CourseOverview, site: Site) -> bool:
    if not course.self_paced or not site.upgrade_deadlines_enabled:
        return False
    of_course = course.upgrade_deadline_config
    if of_course is not None and of_course.enabled:
        return not of_course.opt_out
    of_org = site.org_upgrade_deadlines.get(course.key.org)
    return of_org is None or not (of_org.enabled and of_org.opt_out)
