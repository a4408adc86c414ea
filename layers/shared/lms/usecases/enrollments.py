"""A learner's courses, as a list or as the home screen of the apps. (mobile-users.md 4)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lms.domain.courses import CourseOverview
from lms.domain.dashboard import (
    Dashboard,
    DashboardQuery,
    course_work,
    courses_with_work,
    expected_courses_with_work,
    select,
)
from lms.domain.enrollments import EnrolledCourse, in_organization, is_on_mobile, join_courses
from lms.domain.expiry import audit_access_expires
from lms.domain.learners import Learner
from lms.domain.site import Features, Site
from lms.observation import Observation
from lms.table.courses import get_courses
from lms.table.learners import read_completions, read_courses_and_completions, read_learner_and_site


@dataclass(frozen=True, slots=True)
class EnrollmentList:
    """All of a learner's courses that the apps show, newest enrollment first."""

    learner: Learner
    site: Site
    courses: list[EnrolledCourse]


def list_enrollments(
    username: str, org: str | None, hides_expired: bool, features: Features, now: datetime, observation: Observation
) -> EnrollmentList:
    """The learner's courses; `hides_expired` leaves out those whose audit access is over. Raises UserNotFoundError."""
    learner, site = _read_learner(username, observation)
    found = get_courses(enrollment.course_id for enrollment in learner.enrollments if enrollment.active)
    courses = _listed(learner, site, found, org)
    if hides_expired:
        courses = [enrolled for enrolled in courses if not _has_expired(enrolled, learner, site, features, now)]
    return EnrollmentList(learner, site, courses)


def show_dashboard(username: str, query: DashboardQuery, now: datetime, observation: Observation) -> Dashboard:
    """What the home screen shows. Raises UserNotFoundError, InvalidPageError."""
    learner, site = _read_learner(username, observation)
    active = [enrollment.course_id for enrollment in learner.enrollments if enrollment.active]
    # Outlines and completions come with the courses, as far as they can be guessed: one round trip less.
    expected = expected_courses_with_work(learner, query)
    found, contents = read_courses_and_completions(learner.user.username, active, expected)
    selection = select(_listed(learner, site, found, query.org), query, learner, now)
    needed = courses_with_work(selection, query)
    missing = [enrolled.course.id for enrolled in needed if enrolled.course.id not in contents]
    if missing:
        contents |= read_completions(learner.user.username, missing)
    work = {
        enrolled.course.id: course_work(enrolled, contents[enrolled.course.id], learner, site, now)
        for enrolled in needed
    }
    primary = work.pop(selection.primary.course.id) if selection.primary else None
    return Dashboard(learner, site, selection.page, primary, work)


def _read_learner(username: str, observation: Observation) -> tuple[Learner, Site]:
    learner, site = read_learner_and_site(username)
    observation.identify_user(learner.user.id)
    return learner, site


def _listed(
    learner: Learner, site: Site, courses: Mapping[str, CourseOverview], org: str | None
) -> list[EnrolledCourse]:
    listed = in_organization(join_courses(learner.enrollments, courses), site, org)
    return [enrolled for enrolled in listed if is_on_mobile(enrolled.course, learner.roles, site)]


def _has_expired(enrolled: EnrolledCourse, learner: Learner, site: Site, features: Features, now: datetime) -> bool:
    expires = audit_access_expires(enrolled.course, enrolled.enrollment, learner.roles, site, features)
    return expires is not None and expires < now
