"""GET users/{username}/enrollments_status: which courses the caller is active in. (contract/mobile-users.md 6)"""

from lms.domain.enrollments import is_on_mobile, is_recent, status_order
from lms.table import access
from lms.web.endpoint import endpoint
from lms.web.errors import user_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response


@endpoint("User Enrollments Status", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with a bare array, by course id: the Android app deletes the calendar of any course that is not in it."""
    try:
        learner, site = access.read_learner_and_site(caller.username)
    except access.UserNotFoundError:
        raise user_not_found() from None
    request.observation.caller(learner.user.id)
    courses = access.get_courses(one.course_id for one in learner.enrollments if one.active)
    listed = [
        one for one in status_order(learner.enrollments, courses) if is_on_mobile(one.course, learner.roles, site)
    ]
    return Response(
        200,
        [
            {
                "course_id": one.course.id,
                "course_name": one.course.display_name_with_default,
                "recently_active": is_recent(
                    one.enrollment,
                    progress.latest_completion_created if (progress := learner.progress.get(one.course.id)) else None,
                    request.now,
                ),
            }
            for one in listed
        ],
    )
