"""What the shapes of enrollments depend on besides the enrollments. (mobile-users.md 4.3)"""

from dataclasses import dataclass
from datetime import datetime

from lms.domain.learners import Learner
from lms.domain.roles import Roles
from lms.domain.site import Features, Site
from lms.domain.users import User
from lms.settings import settings
from lms.web.request import Request


@dataclass(frozen=True, slots=True)
class EnrollmentContext:
    """Everything that the shapes depend on besides the enrollment itself."""

    user: User
    roles: Roles
    site: Site
    features: Features
    now: datetime
    base_url: str
    version: str
    language: str
    """The code of the language to write dates in."""
    media_url: str = "/media/"
    """MEDIA_URL: what the LMS's files are below."""


def context_of(request: Request, learner: Learner, site: Site) -> EnrollmentContext:
    """What the shapes of the learner's enrollments depend on, in this request."""
    return EnrollmentContext(
        user=learner.user,
        roles=learner.roles,
        site=site,
        features=settings().features,
        now=request.now,
        base_url=request.base_url,
        version=request.version,
        media_url=settings().media_url,
        language=request.language,
    )
