"""Bulk role changes on course teams: which are accepted, and what each one means. (course-team.md 4)"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lms.domain.keys import CourseKey, parse_course_key
from lms.domain.roles import TEAM_ROLES, Roles

MAX_OPERATIONS = 1000

NOT_AN_OBJECT = "Request data must be a JSON object with 'email' and 'bulk_role_operations' fields."
EMAIL_REQUIRED = "Missing required field: 'email' is required."
OPERATIONS_REQUIRED = "Missing or empty 'bulk_role_operations' field. Must be a non-empty list."
TOO_MANY_OPERATIONS = f"Too many operations. At most {MAX_OPERATIONS} 'bulk_role_operations' are allowed per request."
NO_PERMISSION = "You do not have permission to perform bulk role operations."
USER_NOT_FOUND = "User not found."
USER_NOT_ACTIVE = "User is not active."

FIELDS_REQUIRED = "Missing required fields: 'course_id', 'role', and 'action' are all required."
INVALID_ROLE = "Invalid role. Must be 'instructor' or 'staff'."
INVALID_ACTION = "Invalid action. Must be 'assign' or 'revoke'."
INVALID_COURSE = "Invalid course_id or course not found."
NOT_SAVED = "The change could not be saved. Try again."
OUTCOME_UNKNOWN = "The change may not have been saved: the database did not answer. Reload to see the current role."


@dataclass(frozen=True, slots=True)
class Operation:
    """One accepted role change."""

    course: CourseKey
    role: str
    action: Literal["assign", "revoke"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request or an operation is refused."""

    error: str


@dataclass(frozen=True, slots=True)
class CourseScope:
    """Which courses to list."""

    every: bool = False
    orgs: frozenset[str] = frozenset()
    """All courses of these organizations, in any letter case."""
    ids: frozenset[str] = frozenset()


def scope_of(roles: Roles) -> CourseScope:
    """The courses that the holder of these roles sees on the support page. (course-team.md 3.4)"""
    if roles.sees_every_course:
        return CourseScope(every=True)
    return CourseScope(orgs=roles.instructed_orgs, ids=roles.instructed_courses)


def request_shape_error(body: Any) -> Refusal | None:
    """Checks 1 to 3 of a PUT's body, in that order, and the cap on operations. (course-team.md 4.2)"""
    if not isinstance(body, dict):
        return Refusal(NOT_AN_OBJECT)
    if not body.get("email") or not isinstance(body["email"], str):
        return Refusal(EMAIL_REQUIRED)
    operations = body.get("bulk_role_operations")
    if not isinstance(operations, list) or not operations:
        return Refusal(OPERATIONS_REQUIRED)
    return Refusal(TOO_MANY_OPERATIONS) if len(operations) > MAX_OPERATIONS else None


def named_course(operation: Any) -> CourseKey | None:
    """The course that an operation names, or None where its other fields already refuse it or the key is none."""
    if _field_error(operation) is not None or not isinstance(operation["course_id"], str):
        return None
    return parse_course_key(operation["course_id"])


def check_operation(operation: Any, roles: Roles, course_exists: Callable[[CourseKey], bool]) -> Operation | Refusal:
    """Checks 1 to 5 of one operation, in the contract's order; `roles` are the caller's. (course-team.md 4.3)"""
    error = _field_error(operation)
    if error is not None:
        return Refusal(error)
    course_id = operation["course_id"]
    course = named_course(operation)
    if course is None or not course_exists(course):
        return Refusal(INVALID_COURSE)
    if not roles.may_change_roles_on(course_id, course):
        return Refusal(f"You do not have instructor access to course '{course_id}' or org '{course.org}'.")
    return Operation(course, operation["role"], operation["action"])


def _field_error(operation: Any) -> str | None:
    if not isinstance(operation, dict) or not all(operation.get(name) for name in ("course_id", "role", "action")):
        return FIELDS_REQUIRED
    # A list or an object is no role at all; comparing by value keeps an unhashable one from raising.
    if not isinstance(operation["role"], str) or operation["role"] not in TEAM_ROLES:
        return INVALID_ROLE
    if operation["action"] not in ("assign", "revoke"):
        return INVALID_ACTION
    return None
