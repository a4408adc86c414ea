"""Which courses a learner is active in. (mobile-users.md 6)"""

from datetime import datetime

from lms.domain.enrollments import EnrollmentStatus, is_on_mobile, is_recent, status_order
from lms.observation import Observation
from lms.table.courses import get_courses
from lms.table.learners import read_learner_and_site


def enrollments_status(username: str, now: datetime, observation: Observation) -> list[EnrollmentStatus]:
    """The learner's courses on mobile, by course id. Raises UserNotFoundError."""
    learner, site = read_learner_and_site(username)
    observation.identify_user(learner.user.id)
    courses = get_courses(enrollment.course_id for enrollment in learner.enrollments if enrollment.active)
    return [
        EnrollmentStatus(
            enrolled,
            is_recent(enrolled.enrollment, learner.progress_in(enrolled.course.id).latest_completion_created, now),
        )
        for enrolled in status_order(learner.enrollments, courses)
        if is_on_mobile(enrolled.course, learner.roles, site)
    ]
