"""GET users/{username}: who the caller is. (mobile-users.md 3)"""

from lms.usecases.user_detail import user_detail
from lms.web.endpoint import endpoint
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.user_detail import user_json


@endpoint("User Detail", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the caller."""
    user = user_detail(caller.username, request.observation)
    return Response(200, user_json(user, request.base_url, request.version))
