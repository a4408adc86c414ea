"""GET users/{username}/course_enrollments: the caller's courses. (contract/mobile-users.md 4)"""

from typing import Any

from lms.domain.enrollments import in_organization, is_on_mobile, join_courses
from lms.domain.timezones import shown_time_zone
from lms.settings import settings
from lms.table import access
from lms.web.endpoint import endpoint
from lms.web.enrollments import View, enrollment_json, expiry_of
from lms.web.errors import user_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response

_LIST_VERSIONS = ("v0.5", "v1")


@endpoint("User Course Enrollments List", methods=("GET", "HEAD", "OPTIONS"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the courses, newest enrollment first: a bare array in v0.5 and v1, an object from v2 on."""
    try:
        learner, site = access.read_learner_and_site(caller.username)
    except access.UserNotFound:
        if request.version in _LIST_VERSIONS:
            return Response(200, [])
        raise user_not_found() from None
    request.observation.caller(learner.user.id)
    view = View(learner.user, learner.roles, site, settings().features, request.now, request.base_url, request.version)
    courses = access.get_courses(one.course_id for one in learner.enrollments if one.active)
    listed = in_organization(join_courses(learner.enrollments, courses), site, request.query.get("org"))
    listed = [one for one in listed if is_on_mobile(one.course, view.roles, site)]
    if request.version == "v0.5":
        listed = [one for one in listed if (ends := expiry_of(one, view)) is None or ends >= request.now]
    items = [enrollment_json(one, view) for one in listed]
    return Response(200, items if request.version in _LIST_VERSIONS else _with_configs(items, view))


def _with_configs(items: list[dict[str, Any]], view: View) -> dict[str, Any]:
    configs: dict[str, Any] = {"iap_configs": {}}
    for name, value in view.site.mobile_configs.items():
        (configs["iap_configs"] if name.startswith("iap_") else configs)[name] = value
    return {
        "configs": configs,
        "user_timezone": shown_time_zone(view.user.time_zone),
        "enrollments": items,
    }
