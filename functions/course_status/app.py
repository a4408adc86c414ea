"""GET and PATCH users/{username}/course_status_info/{course_id}: where the caller was. (contract/mobile-users.md 5)"""

from dataclasses import replace
from typing import Any

from lms.domain.access import mobile_access_error
from lms.domain.outline import current_path, positions_after_visit, viewer_of
from lms.domain.progress import is_stale
from lms.settings import settings
from lms.table import access
from lms.table.client import ConditionFailedError, UnavailableError
from lms.web.bodies import read_body
from lms.web.endpoint import endpoint
from lms.web.enrollments import access_json
from lms.web.errors import HttpError, not_found, user_not_found
from lms.web.request import Caller, Request
from lms.web.response import Response
from lms.web.visits import read_visit, visited_block

_ATTEMPTS = 5


@endpoint("Course Status", methods=("GET", "PATCH"), own_user=True)
def handler(request: Request, caller: Caller) -> Response:
    """200 with the last visited section and its path, bottom-up; in v1's GET the last completed block as well."""
    learner = _admitted(request, caller)
    if request.method == "PATCH":
        learner = _visit(request, caller, learner)
    status = _status(request, learner)
    if request.method == "GET" and request.version == "v1":
        status["last_visited_block_id"] = learner.progress.last_completed_block or ""
    return Response(200, status)


def _admitted(request: Request, caller: Caller) -> access.LearnerInCourse:
    """The caller in the course, if the caller may load it on mobile and is enrolled, or is its staff."""
    try:
        learner = access.read_learner_in_course(caller.username, request.course)
    except access.UserNotFoundError:
        raise user_not_found() from None
    except access.CourseNotFoundError:
        raise not_found(f"Course not found: {request.course}.") from None
    request.observation.caller(learner.user.id)
    # Staff passes everything, enrolled or not; also where the chain itself refuses staff, as for the oldest courses.
    if learner.roles.has_staff_access(learner.course.key):
        return learner
    error = mobile_access_error(
        learner.course,
        learner.user,
        learner.enrollment,
        learner.roles,
        learner.site,
        settings().features,
        request.now,
    )
    if error is not None:
        raise HttpError(404, access_json(error))
    if learner.enrollment is None or not learner.enrollment.active:
        raise not_found()
    return learner


def _visit(request: Request, caller: Caller, learner: access.LearnerInCourse) -> access.LearnerInCourse:
    """Move the learner to the block that the body names, and the learner after that."""
    visit = read_visit(read_body(request))
    for _ in range(_ATTEMPTS):
        if visit.block_id is None:
            return learner
        block = visited_block(visit.block_id, learner.outline)
        if is_stale(learner.progress, visit.modified):
            return learner
        viewer = viewer_of(learner.course, learner.roles, learner.enrollment, request.now)
        positions = positions_after_visit(learner.outline, block, learner.progress.positions, viewer)
        if not positions:
            return learner
        try:
            access.save_visit(caller.username, learner.progress, positions, request.now)
        except ConditionFailedError:
            learner = _admitted(request, caller)
            continue
        moved = replace(learner.progress, positions={**learner.progress.positions, **positions})
        return replace(learner, progress=moved)
    raise UnavailableError("a visit lost every race for its item")


def _status(request: Request, learner: access.LearnerInCourse) -> dict[str, Any]:
    viewer = viewer_of(learner.course, learner.roles, learner.enrollment, request.now)
    path = current_path(learner.outline, learner.progress.positions, viewer)
    keys = [learner.outline.usage_key(index) for index in path]
    return {"last_visited_module_id": keys[0], "last_visited_module_path": keys}
