"""The operations of one PUT: same course in order, different courses side by side, one honest result each.

Each accepted operation is a conditional write of its own, and its result is what became of that write.
(contract/course-team.md 4.3 to 4.7, design 3)
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lms.domain.course_team import (
    INVALID_COURSE,
    NOT_SAVED,
    OUTCOME_UNKNOWN,
    Operation,
    Refusal,
    check_operation,
)
from lms.domain.courses import CourseOverview
from lms.domain.roles import Roles
from lms.domain.users import User
from lms.table import access
from lms.table.client import UnavailableError, in_parallel
from lms.web.observe import logger
from lms.web.request import Request


def change_roles(
    request: Request,
    caller: Roles,
    target: User,
    operations: Sequence[Any],
    courses: Mapping[str, CourseOverview],
) -> list[dict[str, Any]]:
    """Carry out what is accepted; exactly one result per operation, in order, with its inputs as they were sent."""
    checked = [check_operation(operation, caller, lambda key: str(key) in courses) for operation in operations]
    by_course: dict[str, list[tuple[int, Operation]]] = {}
    for index, one in enumerate(checked):
        if isinstance(one, Operation):
            by_course.setdefault(str(one.course), []).append((index, one))

    def change_course(todo: Sequence[tuple[int, Operation]]) -> list[tuple[int, str | None]]:
        return [(index, _change(request, target, one, courses, index)) for index, one in todo]

    errors: dict[int, str | None] = {i: one.error for i, one in enumerate(checked) if isinstance(one, Refusal)}
    for outcomes in in_parallel(change_course, by_course.values()):
        errors.update(outcomes)
    _count(request, [error for error in errors.values() if error is not None], len(operations))
    return [_result(operation, errors[index]) for index, operation in enumerate(operations)]


def _change(
    request: Request, target: User, one: Operation, courses: Mapping[str, CourseOverview], index: int
) -> str | None:
    """Write one operation; None when it is done, else the error for its result."""
    if time.monotonic() >= request.deadline:
        return NOT_SAVED
    course = courses[str(one.course)]
    try:
        if one.action == "revoke":
            access.revoke_role(target.username, course.id, request.now, request.deadline)
        else:
            # The same for every attempt at this operation: DynamoDB carries out one of them.
            token = hashlib.sha256(f"{request.invocation}/{index}".encode()).hexdigest()[:36]
            access.assign_role(target.username, course, one.role, request.now, token, request.deadline)
    except access.CourseNotFoundError:
        return INVALID_COURSE
    except UnavailableError as error:
        logger.warning("operation not saved", operation=index, reason=str(error), unknown=error.outcome_unknown)
        return OUTCOME_UNKNOWN if error.outcome_unknown else NOT_SAVED
    except Exception as error:
        # Whatever it is, the other operations are written or will be, and their results must reach the client.
        logger.error("operation failed", operation=index, error=type(error).__name__)
        return OUTCOME_UNKNOWN
    return None


def _count(request: Request, failures: Sequence[str], total: int) -> None:
    request.observation.count("OperationSuccess", total - len(failures))
    request.observation.count("OperationFailed", len(failures))
    # Ours to mend, unlike an operation that had to be refused: an alarm watches it.
    request.observation.count("OperationUnsaved", sum(error in (NOT_SAVED, OUTCOME_UNKNOWN) for error in failures))


def _result(operation: Any, error: str | None) -> dict[str, Any]:
    sent = operation if isinstance(operation, dict) else {}
    result = {name: sent.get(name) for name in ("course_id", "role", "action")}
    if error is None:
        return result | {"status": "success"}
    return result | {"status": "failed", "error": error}
