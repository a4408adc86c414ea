"""Course teams: who holds which role, and up to a thousand role changes at once. (course-team.md)

Operations on the same course are carried out in order, different courses side by side. Each accepted operation is a
conditional write of its own, and its result is what became of that write.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms import deadline
from lms.domain.course_team import (
    INVALID_COURSE,
    NO_PERMISSION,
    NOT_SAVED,
    OUTCOME_UNKNOWN,
    USER_NOT_ACTIVE,
    USER_NOT_FOUND,
    Operation,
    Refusal,
    check_operation,
    named_course,
    scope_of,
)
from lms.domain.courses import CourseOverview, CourseSummary, default_enrollment_mode
from lms.domain.errors import CourseNotFoundError, RoleChangesRefusedError, UnavailableError, UserNotFoundError
from lms.domain.roles import Roles
from lms.domain.users import User, UserIdentifier
from lms.observation import Observation
from lms.table.client import in_parallel
from lms.table.course_team import assign_role, read_account_and_list, read_user_and_courses, revoke_role
from lms.table.users import read_account_and_find


@dataclass(frozen=True, slots=True)
class TeamCourses:
    """The courses that the caller sees, and the roles of the user who is asked about."""

    courses: Sequence[CourseSummary]
    roles: Roles


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the writes of one request depend on besides the request."""

    id: str
    """The same for all attempts of this request, and of no other."""
    now: datetime
    observation: Observation


def list_team_courses(username: str, wanted: UserIdentifier, observation: Observation) -> TeamCourses:
    """The courses that the caller sees, with the roles of the user `wanted`. (course-team.md 3)

    Raises UserNotFoundError where that user is not known, or not active.
    """
    account, found = read_account_and_find(username, wanted)
    if account.user is not None:
        observation.identify_user(account.user.id)
    if found is None:
        raise UserNotFoundError
    target, courses = read_account_and_list(found, scope_of(account.roles))
    if target.user is None or not target.user.active:
        raise UserNotFoundError
    return TeamCourses(courses, target.roles)


def change_roles(username: str, email: str, operations: Sequence[Any], invocation: Invocation) -> list[str | None]:
    """Carry out what is accepted of the operations on the user with that e-mail. (course-team.md 4.2 to 4.7)

    Exactly one outcome per operation, in order: None where it is done, else the error for its result. Raises
    RoleChangesRefusedError where none is carried out.
    """
    account, found = read_account_and_find(username, UserIdentifier(email=email))
    if account.user is not None:
        invocation.observation.identify_user(account.user.id)
    if not account.roles.may_change_roles:
        raise RoleChangesRefusedError(NO_PERMISSION)
    if found is None:
        raise RoleChangesRefusedError(USER_NOT_FOUND)
    named = (named_course(operation) for operation in operations)
    target, courses = read_user_and_courses(found, (str(course) for course in named if course))
    if target is None:
        raise RoleChangesRefusedError(USER_NOT_FOUND)
    if not target.active:
        raise RoleChangesRefusedError(USER_NOT_ACTIVE)
    checked = [check_operation(operation, account.roles, lambda key: str(key) in courses) for operation in operations]
    errors = _carry_out(checked, target, courses, invocation)
    _count(errors, invocation.observation)
    return errors


def _carry_out(
    checked: Sequence[Operation | Refusal], target: User, courses: Mapping[str, CourseOverview], invocation: Invocation
) -> list[str | None]:
    by_course: dict[str, list[tuple[int, Operation]]] = {}
    for index, operation in enumerate(checked):
        if isinstance(operation, Operation):
            by_course.setdefault(str(operation.course), []).append((index, operation))

    def change_course(course_id: str) -> list[tuple[int, str | None]]:
        return [
            (index, _change(target, courses[course_id], operation, index, invocation))
            for index, operation in by_course[course_id]
        ]

    outcomes = dict(outcome for course in in_parallel(change_course, by_course) for outcome in course)
    return [
        operation.error if isinstance(operation, Refusal) else outcomes[index]
        for index, operation in enumerate(checked)
    ]


def _change(
    target: User, course: CourseOverview, operation: Operation, index: int, invocation: Invocation
) -> str | None:
    """Write one operation; None when it is done, else the error for its result."""
    if deadline.seconds_left() <= 0:
        return NOT_SAVED
    # The same for every attempt at this operation: DynamoDB carries out one of them.
    token = hashlib.sha256(f"{invocation.id}/{index}".encode()).hexdigest()[:36]
    try:
        if operation.action == "revoke":
            revoke_role(target.username, course.id, invocation.now, token)
        else:
            mode = default_enrollment_mode(course.offered_modes(invocation.now))
            assign_role(target.username, course, operation.role, mode, invocation.now, token)
    except CourseNotFoundError:
        return INVALID_COURSE
    except UnavailableError as error:
        invocation.observation.warn(
            "operation not saved", operation=index, reason=str(error), unknown=error.outcome_unknown
        )
        return OUTCOME_UNKNOWN if error.outcome_unknown else NOT_SAVED
    except Exception as error:
        # Whatever it is, the other operations are written or will be, and their results must reach the client.
        invocation.observation.error("operation failed", operation=index, error=type(error).__name__)
        return OUTCOME_UNKNOWN
    return None


def _count(errors: Sequence[str | None], observation: Observation) -> None:
    failures = [error for error in errors if error is not None]
    observation.count("OperationSuccess", len(errors) - len(failures))
    observation.count("OperationFailed", len(failures))
    # Ours to mend, unlike an operation that had to be refused: an alarm watches it.
    observation.count("OperationUnsaved", sum(error in (NOT_SAVED, OUTCOME_UNKNOWN) for error in failures))
