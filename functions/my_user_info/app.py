"""GET my_user_info: sends the caller on to their own page, and counts it as a login. (mobile-users.md 2)"""

from lms.usecases.my_user_info import record_login
from lms.web.endpoint import endpoint
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.user_detail import user_path


@endpoint("My User Info", methods=("GET", "OPTIONS"))
def handler(request: Request, caller: Caller) -> Response:
    """302 to `/api/mobile/{version}/users/{username}`, a path without a host."""
    username = record_login(caller.username, request.now, request.observation)
    return Response(302, headers={"Location": user_path(request.version, username)})
