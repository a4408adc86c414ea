"""GET users/{username}/enrollments_status: which courses the caller is active in. (mobile-users.md 6)"""

from lms.usecases.enrollments_status import enrollments_status
from lms.web.endpoint import endpoint
from lms.web.request import Caller, Request
from lms.web.response import Response


@endpoint("User Enrollments Status", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with a bare array, by course id: the Android app deletes the calendar of any course that is not in it."""
    return Response(
        200,
        [
            {
                "course_id": status.enrolled.course.id,
                "course_name": status.enrolled.course.display_name_with_default,
                "recently_active": status.recently_active,
            }
            for status in enrollments_status(caller.username, request.now, request.observation)
        ],
    )
