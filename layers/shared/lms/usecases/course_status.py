"""Where a learner is in a course, and the visits that say so. (mobile-users.md 5)"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lms import deadline
from lms.domain.access import mobile_access_error
from lms.domain.course_dates import learner_dates
from lms.domain.errors import ConditionFailedError, CoursewareAccessError, NotEnrolledError, UnavailableError
from lms.domain.keys import CourseKey
from lms.domain.learners import LearnerInCourse
from lms.domain.outline import (
    Viewer,
    current_path,
    moves_course_block,
    positions_after_visit,
    viewer_of,
    visited_block,
)
from lms.domain.progress import CourseStatus, Progress, Visit, is_stale, moved
from lms.domain.site import Features
from lms.observation import Observation
from lms.table.learners import read_learner_in_course, save_visit


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
    not be entered. A visit that lost a race is decided anew, until it is saved, or stale, or out of time. Raises what
    `read_visit` and `_admit` raise, UnknownBlockError, and UnavailableError for one that is out of time.
    """
    learner = _admit(username, course, features, now, observation)
    visit = read_visit()
    for attempt in deadline.attempts():
        if attempt > 1:
            learner = _admit(username, course, features, now, observation)
        progress = _moved(learner, visit, now)
        if progress is None:
            return _status(learner, now)
        try:
            save_visit(username, learner.progress, progress)
        except ConditionFailedError:
            continue
        return _status(replace(learner, progress=progress), now)
    raise UnavailableError("a visit lost every race for its item until its time was over")


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


def _moved(learner: LearnerInCourse, visit: Visit, now: datetime) -> Progress | None:
    """Where the visit moves the learner; None for one that names no block, is stale, or changes nothing."""
    if visit.block_id is None:
        return None
    block = visited_block(learner.outline, visit.block_id)
    if is_stale(learner.progress, visit.modified, now):
        return None
    positions = positions_after_visit(learner.outline, block, learner.progress.positions, _viewer(learner, now))
    return moved(learner.progress, positions, moves_course_block(positions), now) if positions else None


def _status(learner: LearnerInCourse, now: datetime) -> CourseStatus:
    path = current_path(learner.outline, learner.progress.positions, _viewer(learner, now))
    return CourseStatus([learner.outline.usage_key(index) for index in path], learner.progress.last_completed_block)


def _viewer(learner: LearnerInCourse, now: datetime) -> Viewer:
    dates = learner_dates(learner.course, learner.outline.dates, learner.enrollment, learner.user, learner.site)
    return viewer_of(learner.course, learner.outline, learner.roles, learner.enrollment, dates, now)
