"""What can go wrong, in the domain's words. `lms.web.errors` says what the client reads of each.

DomainError
├── AuthenticationError      the request's token is missing, wrong or expired (domain/tokens)
├── UserNotFoundError        there is no such user
├── CourseNotFoundError      there is no such course
├── NotEnrolledError         the user may load the course, but has no active enrollment in it
├── CoursewareAccessError    the course does not load for the user, and why (domain/access)
├── UnknownBlockError        a visit names a block that is not in its course
├── InvalidPageError         there is no page with that number (domain/paging)
├── RoleChangesRefusedError  none of the role changes of a request is carried out (usecases/course_team)
├── UnavailableError         the table did not answer in time, or is throttled
└── ConditionFailedError     a write's condition did not hold: somebody else wrote first
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lms.domain.access import AccessError
    from lms.domain.keys import CourseKey


class DomainError(Exception):
    """The root of all that is raised on purpose below the handlers."""


class AuthenticationError(DomainError):
    """A request that does not authenticate; the text is what the client reads in `detail`. (auth.md 4)"""


class UserNotFoundError(DomainError):
    """There is no such user."""


class CourseNotFoundError(DomainError):
    """There is no such course."""

    def __init__(self, course: CourseKey) -> None:
        super().__init__(f"Course not found: {course}.")


class NotEnrolledError(DomainError):
    """The user may load the course, but has no active enrollment in it."""


class CoursewareAccessError(DomainError):
    """The course does not load for the user; `access_error` says why. (mobile-users.md 7.1)"""

    def __init__(self, access_error: AccessError) -> None:
        super().__init__(access_error.developer_message)
        self.access_error = access_error


class UnknownBlockError(DomainError):
    """A visit names a block that is not in its course. (mobile-users.md 5.2, deviations 7)"""


class InvalidPageError(DomainError):
    """There is no page with that number. (mobile-users.md 4.2)"""


class RoleChangesRefusedError(DomainError):
    """None of the role changes of a request is carried out; the text is what the client reads. (course-team.md 4.2)"""


class UnavailableError(DomainError):
    """The table did not answer in time, or is throttled: trying again later makes sense."""

    def __init__(self, message: str, outcome_unknown: bool = False) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown
        """Whether it was a write, which may have happened all the same."""


class ConditionFailedError(DomainError):
    """A write's condition did not hold: somebody else wrote first."""

    def __init__(self, reasons: list[bool], item: Any = None, outcome_unknown: bool = False) -> None:
        super().__init__("The condition of a write did not hold.")
        self.reasons = reasons
        """For each action of the transaction, in order, whether its condition failed."""
        self.item = item
        """What is there instead, where the write asked for it."""
        self.outcome_unknown = outcome_unknown
        """Whether an earlier attempt at the same write may have been carried out, or may yet be."""
