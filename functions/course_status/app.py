"""GET and PATCH users/{username}/course_status_info/{course_id}: where the caller was. (mobile-users.md 5)"""

from lms.settings import settings
from lms.usecases.course_status import course_status, record_visit
from lms.web.bodies import read_body
from lms.web.endpoint import endpoint
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.course_status import course_status_json, course_status_v1_json
from lms.web.visits import read_visit


@endpoint("Course Status", methods=("GET", "PATCH"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the last visited subsection and its path, bottom-up; in v1's GET the last completed block as well."""
    features, now, observation = settings().features, request.now, request.observation
    if request.method == "PATCH":
        status = record_visit(
            caller.username, request.course, lambda: read_visit(read_body(request)), features, now, observation
        )
    else:
        status = course_status(caller.username, request.course, features, now, observation)
    if request.method == "GET" and request.version == "v1":
        return Response(200, course_status_v1_json(status))
    return Response(200, course_status_json(status))
