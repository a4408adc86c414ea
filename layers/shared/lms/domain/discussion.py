"""Whether a course's discussion is open to a learner. (mobile-users.md 7.9)"""

from lms.domain.courses import CourseOverview
from lms.domain.site import Features


def has_discussion(course: CourseOverview, features: Features, may_enter: bool) -> bool:
    """Whether the course has a discussion tab that works; `may_enter`: enrolled, or staff of the course."""
    return (
        features.discussion_service
        and may_enter
        and course.discussion_tab
        and course.discussion_enabled
        and not course.discussion_lti
    )
