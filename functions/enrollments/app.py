"""GET users/{username}/course_enrollments: the caller's courses. (mobile-users.md 4)"""

from typing import Any

from lms.domain.errors import UserNotFoundError
from lms.domain.timezones import shown_time_zone
from lms.settings import settings
from lms.usecases.enrollments import list_enrollments, show_dashboard
from lms.web.dashboard import dashboard_json, read_dashboard_query
from lms.web.endpoint import endpoint
from lms.web.enrollments import EnrollmentContext, configs_json, context_of, enrollment_json
from lms.web.request import Caller, Request
from lms.web.response import Response

_BARE_LISTS = ("v0.5", "v1")
_PAGED = ("v3", "v4")


@endpoint("User Course Enrollments List", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the courses, newest enrollment first: an array up to v1, an object from v2 on, paged from v3 on."""
    try:
        return Response(200, _paged(request, caller) if request.version in _PAGED else _listed(request, caller))
    except UserNotFoundError:
        if request.version in _BARE_LISTS:
            return Response(200, [])
        raise


def _listed(request: Request, caller: Caller) -> Any:
    listed = list_enrollments(
        caller.username,
        org=request.query.get("org"),
        hides_expired=request.version == "v0.5",
        features=settings().features,
        now=request.now,
        observation=request.observation,
    )
    context = context_of(request, listed.learner, listed.site)
    items = [enrollment_json(enrolled, context) for enrolled in listed.courses]
    return items if request.version in _BARE_LISTS else _with_configs({"enrollments": items}, context)


def _paged(request: Request, caller: Caller) -> dict[str, Any]:
    dashboard = show_dashboard(caller.username, read_dashboard_query(request), request.now, request.observation)
    context = context_of(request, dashboard.learner, dashboard.site)
    return _with_configs(dashboard_json(request, dashboard, context), context)


def _with_configs(answer: dict[str, Any], context: EnrollmentContext) -> dict[str, Any]:
    return {
        "configs": configs_json(context.site),
        "user_timezone": shown_time_zone(context.user.time_zone),
        **answer,
    }
