"""The shapes of the course-team API: its query, its elements, its refusals. (contract/course-team.md 3, 4.2)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.course_team import EMAIL_REQUIRED, NOT_AN_OBJECT
from lms.domain.roles import Roles
from lms.settings import Settings
from lms.table.access import CourseScope, ListedCourse
from lms.web.errors import detail
from lms.web.response import Response

_NO_USER = 0
"""An id that no user has: Open edX's begin at 1."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Which user a GET asks about: the text as sent, and how to look the user up."""

    shown: str
    lookup: Mapping[str, Any]


def identifier(query: Mapping[str, str]) -> Identifier:
    """The first of `email`, `username` and `user_id` that is not empty; it decides alone. Raises 400."""
    for name in ("email", "username", "user_id"):
        if value := query.get(name):
            return Identifier(value, {name: _user_id(value) if name == "user_id" else value})
    raise detail(
        400, "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
    )


def scope_of(caller: Roles) -> CourseScope:
    """The courses that the caller sees. (contract/course-team.md 3.4)"""
    if caller.sees_every_course:
        return CourseScope(every=True)
    return CourseScope(orgs=caller.instructed_orgs, ids=caller.instructed_courses)


def course_json(course: ListedCourse, target: Roles, settings: Settings, now: datetime) -> dict[str, Any]:
    """One course, and the queried user's role in it; only the role is ever null. (contract/course-team.md 3.3, 3.5)"""
    course_id = str(course.key)
    return {
        "course_id": course_id,
        "course_name": course.name if course.name is not None else course.key.number,
        "course_url": f"{'https' if settings.https else 'http'}://{settings.cms_base}/course/{course_id}",
        "role": target.team_role(course_id),
        "status": "archived" if course.end is not None and course.end < now else "active",
        "org": course.key.org,
        "run": course.key.run,
        "number": course.key.number,
    }


def refused(status: int, body: Any, error: str) -> Response:
    """A whole PUT refused, in the shape that its clients expect; the e-mail is echoed once it is known to be one."""
    email = "" if error in (NOT_AN_OBJECT, EMAIL_REQUIRED) else body["email"]
    return Response(status, {"email": email, "results": [{"status": "failed", "error": error}]})


def _user_id(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return _NO_USER
