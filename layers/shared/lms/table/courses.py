"""Access patterns of courses: overviews, which a warm function keeps, and the index that lists them."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from lms.domain.course_team import CourseScope
from lms.domain.courses import CourseOverview, CourseSummary
from lms.domain.keys import parse_course_key
from lms.table import keys
from lms.table.items import COURSE, Item
from lms.table.requests import BATCH, get_items, query
from lms.table.ttl_cache import TtlCache

_courses = TtlCache(2000)


def get_courses(course_ids: Iterable[str]) -> dict[str, CourseOverview]:
    """The courses that exist among these, by id; from memory where this environment read them lately."""
    found: dict[str, CourseOverview] = {}
    missing = []
    for course_id in dict.fromkeys(course_ids):
        course = cached_course(course_id)
        if course is None:
            missing.append(course_id)
        else:
            found[course_id] = course
    for item in get_items([keys.course(course_id) for course_id in missing], consistent=False).values():
        course = keep_course(item)
        if course is not None:
            found[course.id] = course
    return found


def course_reads(course_ids: Iterable[str]) -> list[Callable[[], dict[str, CourseOverview]]]:
    """The reads of these courses, to be made beside others: each is `get_courses` of a hundred."""
    ids = sorted(set(course_ids))
    return [functools.partial(get_courses, ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]


def listing_reads(scope: CourseScope) -> list[Callable[[], list[CourseSummary]]]:
    """The reads of the courses in scope but its single ones: one Query per shard, and per organization."""
    prefixes: list[str | None] = (
        [None] if scope.every else [keys.org_prefix(org) for org in sorted({org.lower() for org in scope.orgs})]
    )
    return [functools.partial(_list_shard, shard, prefix) for prefix in prefixes for shard in range(keys.SHARDS)]


def _list_shard(shard: int, prefix: str | None) -> list[CourseSummary]:
    # By placeholders: "shard" is a reserved word.
    condition, names = "#shard = :shard", {"#shard": "shard"}
    values: dict[str, Any] = {":shard": {"S": keys.shard_name(shard)}}
    if prefix is not None:
        condition, names = f"{condition} AND begins_with(#org, :org)", names | {"#org": "org_course"}
        values |= {":org": {"S": prefix}}
    listed = query(condition, values, False, IndexName=keys.COURSES_INDEX, ExpressionAttributeNames=names)
    return [summary for item in listed if (summary := _to_summary(item)) is not None]


def cached_course(course_id: str) -> CourseOverview | None:
    """The course, where this environment read it lately."""
    course: CourseOverview | None = _courses.get(course_id)
    return course


def keep_course(item: Item) -> CourseOverview | None:
    """The course in an item, kept for the next request; None as for `to_course`."""
    course = to_course(item)
    if course is not None:
        _courses.put(course.id, course)
    return course


# --- From items to the domain -----------------------------------------------------------------------------------------


def to_course(item: Item) -> CourseOverview | None:
    """The course overview, or None where the item holds only rows that refer to a course."""
    values = COURSE.read(item)
    key = parse_course_key(values.pop("course_id", ""))
    if key is None or not values.pop("source", None):
        return None
    for name in ("shard", "org_course"):
        values.pop(name, None)
    return CourseOverview(key=key, **values)


def _to_summary(item: Item) -> CourseSummary | None:
    values = COURSE.read(item)
    key = parse_course_key(values["course_id"])
    return CourseSummary(key, values.get("name"), values.get("end")) if key is not None else None
