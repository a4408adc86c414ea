"""GET and PUT manage_course_team: who is on which course's team. (course-team.md)"""

from typing import Any

from lms.domain.course_team import request_shape_error
from lms.domain.errors import RoleChangesRefusedError, UserNotFoundError
from lms.settings import settings
from lms.usecases.course_team import Invocation, change_roles, list_team_courses
from lms.web.bodies import read_body
from lms.web.course_team import read_identifier, refused
from lms.web.endpoint import endpoint
from lms.web.errors import identifier_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.course_team import role_results_json, team_course_json


@endpoint("Course Team Manage Api", methods=("GET", "PUT", "HEAD", "OPTIONS"), versioned=False, for_web_pages=True)
def handler(request: Request, caller: Caller) -> Response:
    """GET: 200 with the courses that the caller sees, and the user's role in each. PUT: 200 with one result each."""
    return _put(request, caller) if request.method == "PUT" else _get(request, caller)


def _get(request: Request, caller: Caller) -> Response:
    sent, identifier = read_identifier(request.query)
    try:
        team = list_team_courses(caller.username, identifier, request.observation)
    except UserNotFoundError:
        raise identifier_not_found(sent) from None
    return Response(200, [team_course_json(course, team.roles, settings(), request.now) for course in team.courses])


def _put(request: Request, caller: Caller) -> Response:
    body: Any = read_body(request)
    refusal = request_shape_error(body)
    if refusal is not None:
        return refused(body, refusal.error)
    email, operations = body["email"], body["bulk_role_operations"]
    invocation = Invocation(request.invocation, request.now, request.observation)
    try:
        errors = change_roles(caller.username, email, operations, invocation)
    except RoleChangesRefusedError as error:
        return refused(body, str(error))
    return Response(200, role_results_json(email, operations, errors))
