"""The shapes of the course-team API: its query, its elements, its refusals. (course-team.md 3, 4.2)"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lms.domain.course_team import EMAIL_REQUIRED, NO_PERMISSION, NOT_AN_OBJECT, USER_NOT_FOUND
from lms.domain.courses import CourseSummary
from lms.domain.roles import Roles
from lms.domain.users import UserIdentifier
from lms.settings import Settings
from lms.web.errors import detail
from lms.web.response import Response

_NO_USER = 0
"""An id that no user has: Open edX's begin at 1."""


def read_identifier(query: Mapping[str, str]) -> tuple[str, UserIdentifier]:
    """Which user a GET asks about: the text as sent, and by what the user is looked up. Raises 400.

    The first of `email`, `username` and `user_id` that is not empty decides alone. (course-team.md 3.1)
    """
    if email := query.get("email"):
        return email, UserIdentifier(email=email)
    if username := query.get("username"):
        return username, UserIdentifier(username=username)
    if user_id := query.get("user_id"):
        return user_id, UserIdentifier(user_id=_user_id(user_id))
    raise detail(
        400, "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
    )


def course_json(course: CourseSummary, target: Roles, settings: Settings, now: datetime) -> dict[str, Any]:
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


def refused(body: Any, error: str) -> Response:
    """A whole PUT refused, in the shape that its clients expect; the e-mail is echoed once it is known to be one."""
    status = {NO_PERMISSION: 403, USER_NOT_FOUND: 404}.get(error, 400)
    email = "" if error in (NOT_AN_OBJECT, EMAIL_REQUIRED) else body["email"]
    return Response(status, {"email": email, "results": [{"status": "failed", "error": error}]})


def result_json(operation: Any, error: str | None) -> dict[str, Any]:
    """What became of one operation, with its inputs as they were sent. (course-team.md 4.4)"""
    sent = operation if isinstance(operation, dict) else {}
    result = {name: sent.get(name) for name in ("course_id", "role", "action")}
    if error is None:
        return result | {"status": "success"}
    return result | {"status": "failed", "error": error}


def _user_id(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return _NO_USER
