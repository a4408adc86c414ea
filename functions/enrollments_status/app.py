"""GET users/{username}/enrollments_status: which courses the caller is active in. (mobile-users.md 6)"""

from lms.usecases.enrollments_status import enrollments_status
from lms.web.endpoint import endpoint
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.enrollments_status import enrollment_status_json


@endpoint("User Enrollments Status", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with a bare array, by course id: the Android app deletes the calendar of any course that is not in it."""
    statuses = enrollments_status(caller.username, request.now, request.observation)
    return Response(200, [enrollment_status_json(status) for status in statuses])
