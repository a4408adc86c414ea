"""Where a learner is in a course, and the visits that say so. (mobile-users.md 5)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lms.domain.access import mobile_access_error
from lms.domain.errors import ConditionFailedError, CoursewareAccessError, NotEnrolledError, UnavailableError
from lms.domain.keys import CourseKey
from lms.domain.learners import LearnerInCourse
from lms.domain.outline import current_path, moves_course_block, positions_after_visit, viewer_of, visited_block
from lms.domain.progress import CourseStatus, Visit, is_stale
from lms.domain.site import Features
from lms.observation import Observation
from lms.table.learners import read_learner_in_course, save_visit

_ATTEMPTS = 5
"""Times that a visit is decided anew because another one was saved in between."""


def course_status(
    username: str, course: CourseKey, features: Features, now: datetime, observation: Observation
) -> CourseStatus:
    """Where the learner is. Raises what `_admit` does."""
    return _status(_admit(username, course, features, now, observation), now)


def record_visit(
    username: str,
    course: CourseKey,
    read_visit: Callable[[], Visit],
    features: Features,
    now: datetime,
    observation: Observation,
) -> CourseStatus:
    """Move the learner to the block that a visit names, and say where the learner is then.

    `read_visit` is called once the learner is admitted: a body that cannot be read is refused after a course that may
    not be entered. Raises what it and `_admit` raise, UnknownBlockError, and UnavailableError where the visit lost
    every race for its item.
    """
    learner = _admit(username, course, features, now, observation)
    visit = read_visit()
    for _ in range(_ATTEMPTS):
        positions = _new_positions(learner, visit, now)
        if not positions:
            return _status(learner, now)
        try:
            save_visit(username, learner.progress, positions, moves_course_block(positions), now)
        except ConditionFailedError:
            learner = _admit(username, course, features, now, observation)
            continue
        moved = replace(learner.progress, positions={**learner.progress.positions, **positions})
        return _status(replace(learner, progress=moved), now)
    raise UnavailableError("a visit lost every race for its item")


def _admit(
    username: str, course: CourseKey, features: Features, now: datetime, observation: Observation
) -> LearnerInCourse:
    """The learner in the course, who may load it on mobile and is enrolled, or is its staff.

    Raises UserNotFoundError, CourseNotFoundError, CoursewareAccessError, NotEnrolledError. (mobile-users.md 5.2)
    """
    learner = read_learner_in_course(username, course)
    observation.identify_user(learner.user.id)
    # Staff passes everything, enrolled or not; also where the chain itself refuses staff, as for the oldest courses.
    if learner.roles.has_staff_access(learner.course.key):
        return learner
    access_error = mobile_access_error(
        learner.course, learner.user, learner.enrollment, learner.roles, learner.site, features, now
    )
    if access_error is not None:
        raise CoursewareAccessError(access_error)
    if learner.enrollment is None or not learner.enrollment.active:
        raise NotEnrolledError
    return learner


def _new_positions(learner: LearnerInCourse, visit: Visit, now: datetime) -> dict[str, int]:
    """The positions that the visit changes; none for one that names no block, or is older than what is stored."""
    if visit.block_id is None:
        return {}
    block = visited_block(learner.outline, visit.block_id)
    if is_stale(learner.progress, visit.modified):
        return {}
    viewer = viewer_of(learner.course, learner.outline, learner.roles, learner.enrollment, now)
    return positions_after_visit(learner.outline, block, learner.progress.positions, viewer)


def _status(learner: LearnerInCourse, now: datetime) -> CourseStatus:
    viewer = viewer_of(learner.course, learner.outline, learner.roles, learner.enrollment, now)
    path = current_path(learner.outline, learner.progress.positions, viewer)
    return CourseStatus([learner.outline.usage_key(index) for index in path], learner.progress.last_completed_block)
