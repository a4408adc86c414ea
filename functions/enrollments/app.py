"""GET users/{username}/course_enrollments: the caller's courses. (mobile-users.md 4)"""

from lms.domain.errors import UserNotFoundError
from lms.domain.paging import PAGE_SIZE
from lms.settings import settings
from lms.usecases.enrollments import list_enrollments, show_dashboard
from lms.web.dashboard import read_dashboard_query
from lms.web.endpoint import endpoint
from lms.web.enrollments import context_of
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.shapes.dashboard import EnrollmentsV3Json, EnrollmentsV4Json, dashboard_v3_json, dashboard_v4_json
from lms.web.shapes.enrollments import (
    EnrollmentJson,
    EnrollmentsV2Json,
    EnrollmentV05Json,
    enrollment_json,
    enrollment_v05_json,
    enrollments_v2_json,
)

_BARE_LISTS = ("v0.5", "v1")


@endpoint("User Course Enrollments List", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the courses, newest enrollment first: an array up to v1, an object from v2 on, paged from v3 on."""
    try:
        return Response(200, _paged(request, caller) if request.version in PAGE_SIZE else _listed(request, caller))
    except UserNotFoundError:
        if request.version in _BARE_LISTS:
            return Response(200, [])
        raise


def _listed(request: Request, caller: Caller) -> list[EnrollmentV05Json] | list[EnrollmentJson] | EnrollmentsV2Json:
    listed = list_enrollments(
        caller.username,
        org=request.query.get("org"),
        hides_expired=request.version == "v0.5",
        features=settings().features,
        now=request.now,
        observation=request.observation,
    )
    context = context_of(request, listed.learner, listed.site)
    if request.version == "v0.5":
        return [enrollment_v05_json(enrolled, context) for enrolled in listed.courses]
    if request.version == "v1":
        return [enrollment_json(enrolled, context) for enrolled in listed.courses]
    return enrollments_v2_json(listed.courses, context)


def _paged(request: Request, caller: Caller) -> EnrollmentsV3Json | EnrollmentsV4Json:
    dashboard = show_dashboard(caller.username, read_dashboard_query(request), request.now, request.observation)
    context = context_of(request, dashboard.learner, dashboard.site)
    if request.version == "v3":
        return dashboard_v3_json(request, dashboard, context)
    return dashboard_v4_json(request, dashboard, context)
