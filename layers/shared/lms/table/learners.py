"""Access patterns of learners: everything about one user, a user in one course, completions, and a visit's write."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Enrollment
from lms.domain.errors import CourseNotFoundError, UserNotFoundError
from lms.domain.keys import CourseKey, parse_course_key
from lms.domain.learners import Learner, LearnerInCourse, OutlineCompletion
from lms.domain.outline import Outline
from lms.domain.progress import Progress
from lms.domain.site import Site
from lms.table import keys
from lms.table.client import call
from lms.table.courses import cached_course, course_reads, keep_course
from lms.table.items import COMPLETION, ENROLLMENT, PROGRESS, Item
from lms.table.outlines import cached_outline, keep_outline, outline_keys
from lms.table.requests import BATCH, get_items, query_user, read_together, update_fields
from lms.table.site import cached_site, get_site, keep_site
from lms.table.users import to_roles, to_user

T = TypeVar("T")

_BATCH = BATCH // 3
"""Courses in one request: completions, outline and dates are an item each."""


def read_learner_and_site(username: str) -> tuple[Learner, Site]:
    """A user with enrollments, progress and roles, in one Query, and the site's configuration; one round trip.

    Raises UserNotFoundError.
    """
    found, site = read_together(
        lambda: query_user(username, "SK >= :sort", keys.FIRST_OF_LEARNER, consistent=False), get_site
    )
    return _to_learner(found), site


def read_learner_in_course(username: str, course: CourseKey) -> LearnerInCourse:
    """A user and a course, in one BatchGetItem, as last written. Raises UserNotFoundError, then CourseNotFoundError."""
    course_id = str(course)
    profile, enrollment, progress = (
        keys.user(username),
        keys.enrollment(username, course_id),
        keys.progress(username, course_id),
    )
    roles = [keys.course_role(username, course_id), keys.org_role(username, course.org)]
    overview, site = keys.course(course_id), keys.site()
    cached = cached_course(course_id), cached_outline(course_id), cached_site()
    uncached = [
        *([] if cached[0] else [overview]),
        *([] if cached[1] else outline_keys(course_id)),
        *([] if cached[2] else [site]),
    ]
    found = get_items([profile, enrollment, progress, *roles, *uncached], consistent=True)

    def item(key: keys.Key) -> Any:
        return found.get(keys.key_name(key))

    user = to_user(item(profile)) if item(profile) else None
    if user is None:
        raise UserNotFoundError
    the_course = cached[0] or (keep_course(item(overview)) if item(overview) else None)
    if the_course is None:
        raise CourseNotFoundError(course)
    return LearnerInCourse(
        user=user,
        roles=to_roles([item(key) for key in roles if item(key)], user),
        enrollment=to_enrollment(item(enrollment)) if item(enrollment) else None,
        progress=to_progress(item(progress)) if item(progress) else Progress(course_id),
        course=the_course,
        outline=cached[1] or keep_outline(course, found),
        site=cached[2] or keep_site(item(site)),
    )


def read_courses_and_completions(
    username: str, course_ids: Iterable[str], with_outline: Iterable[str]
) -> tuple[dict[str, CourseOverview], dict[str, OutlineCompletion]]:
    """The courses that exist among these, and the outlines and completions of some; one round trip."""
    courses, completions = course_reads(course_ids), _completion_reads(username, with_outline)
    found = read_together(*courses, *completions)
    return _merged(found[: len(courses)]), _merged(found[len(courses) :])


def read_completions(username: str, course_ids: Iterable[str]) -> dict[str, OutlineCompletion]:
    """Outlines, and what a learner completed of them, by course id; outlines from memory. One round trip."""
    return _merged(read_together(*_completion_reads(username, course_ids)))


def _completion_reads(username: str, course_ids: Iterable[str]) -> list[Callable[[], dict[str, OutlineCompletion]]]:
    """The reads of these courses' outlines and completions, to be made beside others: each is one request."""
    ids = list(course_ids)
    return [functools.partial(_read_completions, username, ids[at : at + _BATCH]) for at in range(0, len(ids), _BATCH)]


def _merged(found: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return {course_id: value for part in found for course_id, value in part.items()}


def _read_completions(username: str, course_ids: Iterable[str]) -> dict[str, OutlineCompletion]:
    courses = {course_id: key for course_id in course_ids if (key := parse_course_key(course_id)) is not None}
    outlines: dict[str, Outline | None] = {course_id: cached_outline(course_id) for course_id in courses}
    uncached = [key for course_id, outline in outlines.items() if outline is None for key in outline_keys(course_id)]
    found = get_items([*(keys.completion(username, course_id) for course_id in courses), *uncached], consistent=False)
    completions = {}
    for course_id, key in courses.items():
        outline = outlines[course_id] or keep_outline(key, found)
        item = found.get(keys.key_name(keys.completion(username, course_id)), {})
        completions[course_id] = OutlineCompletion(outline, COMPLETION.read(item).get("completed", frozenset()))
    return completions


def save_visit(username: str, seen: Progress, moved: Progress) -> None:
    """Write where a visit moved the learner, if nobody did since `seen` was read. Raises ConditionFailedError."""
    dates = ("course_state_modified", "latest_state_modified", "changed")
    values: dict[str, Any] = {"course_id": seen.course_id} | {name: getattr(moved, name) for name in dates}
    before: dict[str, Any] = {name: getattr(seen, name) for name in dates}
    for block, position in moved.positions.items():
        if position != seen.positions.get(block):
            values[f"position:{block}"] = position
            before[f"position:{block}"] = seen.positions.get(block)
    call("UpdateItem", **update_fields(PROGRESS, keys.progress(username, seen.course_id), values, before=before))


# --- From items to the domain -----------------------------------------------------------------------------------------


def _to_learner(found: Iterable[Item]) -> Learner:
    user, enrollments, progress, roles = None, [], {}, []
    for item in found:
        match keys.item_type_of(item):
            case "PROFILE":
                user = to_user(item)
            case "ENROLL":
                if enrollment := to_enrollment(item):
                    enrollments.append(enrollment)
            case "PROGRESS":
                in_course = to_progress(item)
                progress[in_course.course_id] = in_course
            case "ROLE":
                roles.append(item)
    if user is None:
        raise UserNotFoundError
    return Learner(user, to_roles(roles, user), enrollments, progress)


def to_enrollment(item: Item) -> Enrollment | None:
    """The enrollment, or None where the item holds only rows that refer to one."""
    values = ENROLLMENT.read(item)
    values.pop("changed", None)
    return Enrollment(**values) if "active" in values else None


def to_progress(item: Item) -> Progress:
    """The learner's place in a course."""
    values = PROGRESS.read(item)
    return Progress(positions=values.pop("position:"), selected=values.pop("selected:"), **values)
