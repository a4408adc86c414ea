"""The query of the course-team API, and its refusals. (course-team.md 3.1, 4.2)"""

from collections.abc import Mapping
from typing import Any

from lms.domain.course_team import NO_PERMISSION, USER_NOT_FOUND
from lms.domain.users import UserIdentifier
from lms.web.errors import missing_identifier
from lms.web.response import Response
from lms.web.shapes.course_team import role_changes_refused_json

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
    raise missing_identifier()


def refused(body: Any, error: str) -> Response:
    """A whole PUT refused, in the shape that its clients expect. (course-team.md 4.2)"""
    status = {NO_PERMISSION: 403, USER_NOT_FOUND: 404}.get(error, 400)
    return Response(status, role_changes_refused_json(body, error))


def _user_id(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return _NO_USER
