"""Whether a course's discussion is open to a learner. (mobile-users.md 7.9)"""

from lms.domain.courses import CourseOverview
from lms.domain.site import Features

LTI_PROVIDERS = frozenset({"ed-discuss", "inscribe", "piazza", "yellowdig"})
"""Discussion providers that are reached by LTI; `legacy` and `openedx` are the platform's own."""


def is_lti_discussion(provider_type: str | None, has_lti_configuration: bool) -> bool:
    """Whether an LTI tool takes the place of the course's discussion tab. (mobile-users.md 7.9)

    An LTI configuration that is left over from another provider counts for nothing.
    """
    return has_lti_configuration and provider_type in LTI_PROVIDERS


def has_discussion(course: CourseOverview, features: Features, may_enter: bool) -> bool:
    """Whether the course has a discussion tab that works; `may_enter`: enrolled, or staff of the course."""
    return (
        features.discussion_service
        and may_enter
        and course.discussion_tab
        and course.discussion_enabled
        and not course.discussion_lti
    )
