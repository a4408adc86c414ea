"""The answers of manage_course_team: courses of a GET, results of a PUT. (course-team.md 3.3, 4.2 to 4.6)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from lms.domain.course_team import EMAIL_REQUIRED, INVALID_COURSE, MAX_OPERATIONS, NOT_AN_OBJECT, USER_NOT_FOUND
from lms.domain.courses import CourseSummary
from lms.domain.roles import Roles, TeamRole
from lms.settings import Settings
from lms.web.shapes.schema import COURSE, CourseId, Schema, TypedDict, Url


class TeamCourseJson(TypedDict):
    """A course that the caller sees, and the queried user's role in it."""

    course_id: CourseId
    course_name: Annotated[str, Schema(examples=["Gardening for Beginners"])]
    course_url: Annotated[
        Url, Schema("The course in Studio.", examples=[f"https://studio.example.org/course/{COURSE}"])
    ]
    role: Annotated[TeamRole | None, Schema("Of the queried user.", examples=["staff"])]
    status: Annotated[Literal["active", "archived"], Schema("`archived` once the course has ended.")]
    org: Annotated[str, Schema(examples=["SampleX"])]
    run: Annotated[str, Schema(examples=["2026"])]
    number: Annotated[str, Schema(examples=["GARDEN"])]


class _Echo(TypedDict):
    course_id: Annotated[Any, Schema("As it was sent; null where it was not.", examples=[COURSE])]
    role: Annotated[Any, Schema("As it was sent; null where it was not.", examples=["staff"])]
    action: Annotated[Any, Schema("As it was sent; null where it was not.", examples=["assign"])]


class OperationDoneJson(_Echo):
    """A role change that is saved."""

    status: Literal["success"]


class OperationFailedJson(_Echo):
    """A role change that is refused, or that could not be saved."""

    status: Literal["failed"]
    error: Annotated[str, Schema(minLength=1, examples=[INVALID_COURSE])]


class RoleResultsJson(TypedDict):
    """One result for each operation, in order."""

    email: Annotated[str, Schema("As it was sent.", examples=["ivan@example.com"])]
    results: Annotated[list[OperationDoneJson | OperationFailedJson], Schema(minItems=1, maxItems=MAX_OPERATIONS)]


class RefusalJson(TypedDict):
    status: Literal["failed"]
    error: Annotated[str, Schema(minLength=1, examples=[USER_NOT_FOUND])]


class RoleChangesRefusedJson(TypedDict):
    """Why none of the operations was carried out."""

    email: Annotated[str, Schema("As it was sent; empty where none was.", examples=["ivan@example.com"])]
    results: Annotated[list[RefusalJson], Schema(minItems=1, maxItems=1)]


def team_course_json(course: CourseSummary, target: Roles, settings: Settings, now: datetime) -> TeamCourseJson:
    """One course, and the queried user's role in it; only the role is ever null. (course-team.md 3.3, 3.5)"""
    return {
        "course_id": course.id,
        "course_name": course.display_name_with_default,
        "course_url": f"{'https' if settings.https else 'http'}://{settings.cms_base}/course/{course.id}",
        "role": target.team_role(course.id),
        "status": "archived" if course.has_ended(now) else "active",
        "org": course.key.org,
        "run": course.key.run,
        "number": course.key.number,
    }


def role_results_json(email: str, operations: Sequence[Any], errors: Sequence[str | None]) -> RoleResultsJson:
    """What became of each operation, with its fields as they were sent; an error of None means that it is saved."""
    return {"email": email, "results": [_result(*pair) for pair in zip(operations, errors, strict=True)]}


def _result(operation: Any, error: str | None) -> OperationDoneJson | OperationFailedJson:
    sent = operation if isinstance(operation, dict) else {}
    echo: _Echo = {"course_id": sent.get("course_id"), "role": sent.get("role"), "action": sent.get("action")}
    if error is None:
        return {**echo, "status": "success"}
    return {**echo, "status": "failed", "error": error}


def role_changes_refused_json(body: Any, error: str) -> RoleChangesRefusedJson:
    """A whole PUT refused, in the shape that its clients expect; the e-mail is echoed once it is known to be one."""
    email = "" if error in (NOT_AN_OBJECT, EMAIL_REQUIRED) else body["email"]
    return {"email": email, "results": [{"status": "failed", "error": error}]}
