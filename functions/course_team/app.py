"""GET and PUT manage_course_team: who is on which course's team. (contract/course-team.md)"""

from typing import Any

from lms.domain.course_team import (
    NO_PERMISSION,
    USER_NOT_ACTIVE,
    USER_NOT_FOUND,
    named_course,
    request_shape_error,
)
from lms.settings import settings
from lms.table import access
from lms.web.bodies import read_body
from lms.web.course_team import Identifier, course_json, identifier, refused, scope_of
from lms.web.endpoint import endpoint
from lms.web.errors import not_found
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.role_changes import change_roles


@endpoint("Course Team Manage", methods=("GET", "PUT", "HEAD", "OPTIONS"), versioned=False, for_web_pages=True)
def handler(request: Request, caller: Caller) -> Response:
    """GET: 200 with the courses that the caller sees, and the user's role in each. PUT: 200 with one result each."""
    return _put(request, caller) if request.method == "PUT" else _get(request, caller)


def _get(request: Request, caller: Caller) -> Response:
    wanted: Identifier = identifier(request.query)
    account, username = access.read_account_and_find(caller.username, **wanted.lookup)
    if account.user is not None:
        request.observation.caller(account.user.id)
    missing = not_found(f"User with identifier '{wanted.shown}' not found or not active.")
    if username is None:
        raise missing
    target, courses = access.read_account_and_list(username, scope_of(account.roles))
    if target.user is None or not target.user.active:
        raise missing
    return Response(200, [course_json(course, target.roles, settings(), request.now) for course in courses])


def _put(request: Request, caller: Caller) -> Response:
    body: Any = read_body(request)
    refusal = request_shape_error(body)
    if refusal is not None:
        return refused(400, body, refusal.error)
    email, operations = body["email"], body["bulk_role_operations"]
    account, username = access.read_account_and_find(caller.username, email=email)
    if account.user is not None:
        request.observation.caller(account.user.id)
    if not account.roles.may_change_roles:
        return refused(403, body, NO_PERMISSION)
    if username is None:
        return refused(404, body, USER_NOT_FOUND)
    named = (named_course(operation) for operation in operations)
    user, courses = access.read_user_and_courses(username, (str(course) for course in named if course))
    if user is None:
        return refused(404, body, USER_NOT_FOUND)
    if not user.active:
        return refused(400, body, USER_NOT_ACTIVE)
    return Response(200, {"email": email, "results": change_roles(request, account.roles, user, operations, courses)})
