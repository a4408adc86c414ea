"""GET users/{username}: who the caller is. (contract/mobile-users.md 3)"""

from lms.table import access
from lms.web.endpoint import endpoint
from lms.web.enrollments import user_path
from lms.web.errors import user_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response


@endpoint("User Detail", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with id, username, email, name and the address of the user's enrollments."""
    user = access.get_user(caller.username)
    if user is None:
        raise user_not_found()
    request.observation.caller(user.id)
    return Response(
        200,
        {
            "id": user.id,
            "username": user.username,
            "email": user.email,
            "name": user.name,
            "course_enrollments": (
                f"{request.base_url}{user_path(request.version, user.username)}/course_enrollments/"
            ),
        },
    )
