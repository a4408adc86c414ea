"""GET users/{username}/course_enrollments: the caller's courses. (contract/mobile-users.md 4)"""

from collections.abc import Mapping
from typing import Any

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import EnrolledCourse, in_organization, is_on_mobile, join_courses
from lms.domain.timezones import shown_time_zone
from lms.settings import settings
from lms.table import access
from lms.web.dashboard import dashboard_json, dashboard_of, likely_studied
from lms.web.endpoint import endpoint
from lms.web.enrollments import EnrollmentContext, configs_json, enrollment_json, expiry_of
from lms.web.errors import user_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response

_LISTS = ("v0.5", "v1")
_PAGED = ("v3", "v4")


@endpoint("User Course Enrollments List", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the courses, newest enrollment first: an array up to v1, an object from v2 on, paged from v3 on."""
    try:
        learner, site = access.read_learner_and_site(caller.username)
    except access.UserNotFoundError:
        if request.version in _LISTS:
            return Response(200, [])
        raise user_not_found() from None
    request.observation.caller(learner.user.id)
    view = EnrollmentContext(
        learner.user, learner.roles, site, settings().features, request.now, request.base_url, request.version
    )
    if request.version in _PAGED:
        return Response(200, _with_configs(_paged(request, learner, view), view))
    courses = access.get_courses(one.course_id for one in learner.enrollments if one.active)
    listed = _listed(request, learner, courses, view)
    if request.version == "v0.5":
        listed = [one for one in listed if (ends := expiry_of(one, view)) is None or ends >= request.now]
    items = [enrollment_json(one, view) for one in listed]
    return Response(200, items if request.version in _LISTS else _with_configs({"enrollments": items}, view))


def _listed(
    request: Request, learner: access.Learner, courses: Mapping[str, CourseOverview], view: EnrollmentContext
) -> list[EnrolledCourse]:
    """The courses that the list shows, newest enrollment first."""
    listed = in_organization(join_courses(learner.enrollments, courses), view.site, request.query.get("org"))
    return [one for one in listed if is_on_mobile(one.course, view.roles, view.site)]


def _paged(request: Request, learner: access.Learner, view: EnrollmentContext) -> dict[str, Any]:
    """A page, with the outlines and completions that it needs: guessed, so that they come with the courses."""
    active = [one for one in learner.enrollments if one.active]
    guess = likely_studied(request, active, learner.progress)
    courses, studies = access.read_courses_and_studies(learner.user.username, [one.course_id for one in active], guess)
    shown = dashboard_of(request, _listed(request, learner, courses, view), learner.progress)
    missing = [course_id for course_id in shown.studied if course_id not in studies]
    if missing:
        studies |= access.read_studies(learner.user.username, missing)
    return dashboard_json(request, shown, view, learner.progress, studies)


def _with_configs(answer: dict[str, Any], view: EnrollmentContext) -> dict[str, Any]:
    return {
        "configs": configs_json(view.site),
        "user_timezone": shown_time_zone(view.user.time_zone),
        **answer,
    }
