"""One function per access pattern. docs/data-model.md lists them with their requests and units; a test counts them."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.courses import CourseOverview, default_enrollment_mode
from lms.domain.enrollments import Enrollment
from lms.domain.keys import CourseKey, parse_course_key
from lms.domain.outline import Block, Outline
from lms.domain.progress import Progress
from lms.domain.roles import INSTRUCTOR, STAFF, Roles
from lms.domain.site import Site
from lms.domain.users import User
from lms.table import items
from lms.table.cache import TtlCache
from lms.table.client import (
    ConditionFailedError,
    UnavailableError,
    call,
    in_parallel,
    persist,
    table_name,
)
from lms.table.items import ItemType, Key

_BATCH = 100
"""Keys in one BatchGetItem at the most."""

_courses = TtlCache(2000)
_outlines = TtlCache(20)
_sites = TtlCache(1)


@dataclass(frozen=True, slots=True)
class Learner:
    """A user with everything that the list of courses needs."""

    user: User
    roles: Roles
    enrollments: Sequence[Enrollment]
    progress: Mapping[str, Progress]


@dataclass(frozen=True, slots=True)
class LearnerInCourse:
    """A user and one course."""

    user: User
    roles: Roles
    enrollment: Enrollment | None
    progress: Progress
    course: CourseOverview
    outline: Outline
    site: Site


class CourseNotFoundError(Exception):
    """There is no such course."""


class UserNotFoundError(Exception):
    """There is no such user."""


def forget_cached() -> None:
    """Forget the courses, outlines and configuration that this environment keeps."""
    for memory in (_courses, _outlines, _sites):
        memory.clear()


# --- Users ------------------------------------------------------------------------------------------------------------


def get_user(username: str, consistent: bool = False) -> User | None:
    """The user with that name, in any letter case."""
    item = _get(items.user_key(username), consistent)
    return items.read_user(item) if item else None


def record_login(username: str, now: datetime) -> User | None:
    """Set the user's last login to `now`; the user, or None where there is none to set it for."""
    if not items.is_storable(items.user_key(username)):
        return None
    values = items.USER.write({"last_login": now})
    try:
        answer = call(
            "update_item",
            TableName=table_name(),
            Key=items.user_key(username),
            UpdateExpression="SET last_login = :now",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeValues={":now": values["last_login"]},
            ReturnValues="ALL_NEW",
        )
    except ConditionFailedError:
        return None
    return items.read_user(answer["Attributes"])


@dataclass(frozen=True, slots=True)
class Account:
    """A user, if there is one, and all that the user holds."""

    user: User | None
    roles: Roles


@dataclass(frozen=True, slots=True)
class CourseScope:
    """Which courses to list: every one, or those of some organizations (in any letter case) and some single ones."""

    every: bool = False
    orgs: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


def read_account_and_find(
    caller: str, username: str | None = None, email: str | None = None, user_id: int | None = None
) -> tuple[Account, str | None]:
    """The caller's account, and the name of the user with that e-mail (in any letter case) or id; one round trip."""

    def find() -> str | None:
        if email is None and user_id is None:
            return username
        key = items.email_key(email) if email is not None else items.user_id_key(user_id or 0)
        item = _get(key, consistent=True)
        return items.LOOKUP.read(item)["username"] if item else None

    user, roles, found = _together(*_account_reads(caller), find)
    return Account(user, items.read_roles(roles, user)), found


def read_account_and_list(username: str, scope: CourseScope) -> tuple[Account, list["ListedCourse"]]:
    """A user's account, and the courses in scope, each once, in the order of their ids; one round trip."""
    singles = _course_reads(scope.ids)
    user, roles, *found = _together(*_account_reads(username), *singles, *_listing(scope))
    listed = {
        course.id: ListedCourse(course.key, course.name, course.end)
        for courses in found[: len(singles)]
        for course in courses.values()
    }
    listed |= {str(course.key): course for courses in found[len(singles) :] for course in courses}
    return Account(user, items.read_roles(roles, user)), [listed[course_id] for course_id in sorted(listed)]


def read_user_and_courses(username: str, course_ids: Iterable[str]) -> tuple[User | None, dict[str, CourseOverview]]:
    """A user as last written, and the courses that exist among these; one round trip."""
    user, *courses = _together(lambda: get_user(username, consistent=True), *_course_reads(course_ids))
    return user, {course_id: course for found in courses for course_id, course in found.items()}


def _course_reads(course_ids: Iterable[str]) -> list[Callable[[], dict[str, CourseOverview]]]:
    ids = sorted(set(course_ids))
    return [functools.partial(get_courses, ids[at : at + _BATCH]) for at in range(0, len(ids), _BATCH)]


def _account_reads(username: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    return (
        lambda: get_user(username, consistent=True),
        lambda: _query_user(username, "begins_with(SK, :sort)", "ROLE#", consistent=True),
    )


def _together(*reads: Callable[[], Any]) -> list[Any]:
    """What the reads found, made side by side; none of them may itself need more than one request at a time."""
    return in_parallel(lambda read: read(), reads)


# --- Learners ---------------------------------------------------------------------------------------------------------


def read_learner_and_site(username: str) -> tuple[Learner, Site]:
    """A user with enrollments, progress and roles, in one Query, and the site's configuration; one round trip.

    Raises UserNotFoundError.
    """
    # All of the partition but the completions, whose COMPLETION# comes before.
    found, site = _together(lambda: _query_user(username, "SK >= :sort", "ENROLL#", consistent=False), get_site)
    return _learner(found), site


def _learner(found: Iterable[Any]) -> Learner:
    user, enrollments, progress, roles = None, [], {}, []
    for item in found:
        kind = item["SK"]["S"].partition("#")[0]
        if kind == "PROFILE":
            user = items.read_user(item)
        elif kind == "ENROLL" and (enrollment := items.read_enrollment(item)):
            enrollments.append(enrollment)
        elif kind == "PROGRESS":
            of_course = items.read_progress(item)
            progress[of_course.course_id] = of_course
        elif kind == "ROLE":
            roles.append(item)
    if user is None:
        raise UserNotFoundError
    return Learner(user, items.read_roles(roles, user), enrollments, progress)


def read_learner_in_course(username: str, course: CourseKey) -> LearnerInCourse:
    """A user and a course, in one BatchGetItem, as last written. Raises UserNotFoundError, then CourseNotFoundError."""
    course_id = str(course)
    cached_course, cached_outline, cached_site = _courses.get(course_id), _outlines.get(course_id), _sites.get("site")
    profile, enroll, progress, role, org_role = (
        items.user_key(username),
        items.enrollment_key(username, course_id),
        items.progress_key(username, course_id),
        items.course_role_key(username, course_id),
        items.org_role_key(username, course.org),
    )
    overview, blocks, site = items.course_key(course_id), items.outline_key(course_id), items.site_key()
    wanted = [profile, enroll, progress, role, org_role]
    wanted += [
        key
        for key, cached in ((overview, cached_course), (blocks, cached_outline), (site, cached_site))
        if cached is None
    ]
    found = get_items(wanted, consistent=True)

    def at(key: Key) -> Any:
        return found.get(items.key_name(key))

    user = items.read_user(at(profile)) if at(profile) else None
    if user is None:
        raise UserNotFoundError
    if cached_course is None:
        cached_course = _keep_course(at(overview)) if at(overview) else None
    if cached_course is None:
        raise CourseNotFoundError
    if cached_outline is None:
        cached_outline = _keep_outline(course, at(blocks))
    if cached_site is None:
        cached_site = _keep_site(at(site))
    return LearnerInCourse(
        user=user,
        roles=items.read_roles([item for item in (at(role), at(org_role)) if item], user),
        enrollment=items.read_enrollment(at(enroll)) if at(enroll) else None,
        progress=items.read_progress(at(progress)) if at(progress) else Progress(course_id),
        course=cached_course,
        outline=cached_outline,
        site=cached_site,
    )


@dataclass(frozen=True, slots=True)
class Study:
    """A course's outline, and the blocks of it that a learner has completed (digests)."""

    outline: Outline
    completed: frozenset[bytes]


def read_courses_and_studies(
    username: str, course_ids: Iterable[str], studied: Iterable[str]
) -> tuple[dict[str, CourseOverview], dict[str, Study]]:
    """The courses that exist among these, and a learner's study of some; one round trip."""
    reads = _course_reads(course_ids)
    *courses, studies = _together(*reads, lambda: read_studies(username, studied))
    return {course_id: course for found in courses for course_id, course in found.items()}, studies


def read_studies(username: str, course_ids: Iterable[str]) -> dict[str, Study]:
    """A learner's study of some courses, by course id, for at most 50 courses. Outlines may come from memory."""
    keys = {course_id: key for course_id in course_ids if (key := parse_course_key(course_id)) is not None}
    outlines = {course_id: _outlines.get(course_id) for course_id in keys}
    done = [items.completion_key(username, course_id) for course_id in keys]
    firsts = [items.outline_key(course_id) for course_id, outline in outlines.items() if outline is None]
    found = get_items([*done, *firsts], consistent=False)
    studies = {}
    for course_id, key in keys.items():
        outline = outlines[course_id] or _keep_outline(key, found.get(items.key_name(items.outline_key(course_id))))
        item = found.get(items.key_name(items.completion_key(username, course_id)), {})
        studies[course_id] = Study(outline, items.COMPLETION.read(item).get("completed", frozenset()))
    return studies


def save_visit(username: str, seen: Progress, positions: Mapping[str, int], now: datetime) -> None:
    """Write positions that a visit changed, if nobody wrote them since `seen` was read. Raises ConditionFailedError.

    Only a new position of the course block itself moves `course_state_modified`, the date that later visits are
    compared with.
    """
    values: dict[str, Any] = {"course_id": seen.course_id, "latest_state_modified": now, "changed": now}
    values |= {f"position:{block}": position for block, position in positions.items()}
    if any(block.startswith("course@") for block in positions):
        values["course_state_modified"] = now
    before = {f"position:{block}": seen.positions.get(block) for block in positions} | {
        "course_state_modified": seen.course_state_modified
    }
    call("update_item", **_update(items.PROGRESS, items.progress_key(username, seen.course_id), values, before=before))


# --- Courses and the site ---------------------------------------------------------------------------------------------


def get_courses(course_ids: Iterable[str]) -> dict[str, CourseOverview]:
    """The courses that exist among these, by id; from memory where this environment read them lately."""
    found: dict[str, CourseOverview] = {}
    missing = []
    for course_id in dict.fromkeys(course_ids):
        course = _courses.get(course_id)
        if course is None:
            missing.append(course_id)
        else:
            found[course_id] = course
    for item in get_items([items.course_key(course_id) for course_id in missing], consistent=False).values():
        course = _keep_course(item)
        if course is not None:
            found[course.id] = course
    return found


def get_site() -> Site:
    """The site's configuration; from memory where this environment read it lately."""
    site: Site | None = _sites.get("site")
    return site if site is not None else _keep_site(_get(items.site_key(), consistent=False))


@dataclass(frozen=True, slots=True)
class ListedCourse:
    """A course as the `courses` index lists it."""

    key: CourseKey
    name: str | None
    end: datetime | None


def _listing(scope: CourseScope) -> list[Callable[[], list[ListedCourse]]]:
    """The reads that list the courses in scope: one Query per shard, and per organization."""
    prefixes: list[str | None] = (
        [None] if scope.every else [items.org_prefix(org) for org in sorted({org.lower() for org in scope.orgs})]
    )

    def read(shard: int, prefix: str | None) -> list[ListedCourse]:
        # By placeholders: "shard" is a reserved word.
        condition, names = "#shard = :shard", {"#shard": "shard"}
        values = {":shard": {"S": items.shard_name(shard)}}
        if prefix is not None:
            condition, names = f"{condition} AND begins_with(#org, :org)", names | {"#org": "org_course"}
            values |= {":org": {"S": prefix}}
        listed = _query(condition, values, False, IndexName="courses", ExpressionAttributeNames=names)
        found = [items.COURSE.read(item) for item in listed]
        keys = [(parse_course_key(one["course_id"]), one) for one in found]
        return [ListedCourse(key, one.get("name"), one.get("end")) for key, one in keys if key is not None]

    return [functools.partial(read, shard, prefix) for prefix in prefixes for shard in range(items.SHARDS)]


# --- Course teams -----------------------------------------------------------------------------------------------------


def assign_role(username: str, course: CourseOverview, role: str, now: datetime, token: str, deadline: float) -> None:
    """Give the user the team role, instead of another one, and enroll the user: both or neither.

    An enrollment that exists is made active and keeps its mode (design 7.8). `token` makes a repetition of the same
    call harmless for ten minutes. Raises CourseNotFoundError, or UnavailableError after `deadline`.
    """
    other = STAFF if role == INSTRUCTOR else INSTRUCTOR
    mode = default_enrollment_mode(course.offered_modes(now))
    enrolled = _update(
        items.ENROLLMENT,
        items.enrollment_key(username, course.id),
        {"course_id": course.id, "active": True, "changed": now, "mode": mode, "created": now},
        keep=("mode", "created"),
    )
    held = _update(
        items.ROLE,
        items.course_role_key(username, course.id),
        {"course_id": course.id, f"role:{role}": course.key.org, "changed": now},
        remove=[f"role:{other}"],
    )
    exists = {
        "TableName": table_name(),
        "Key": items.course_key(course.id),
        "ConditionExpression": "attribute_exists(PK)",
    }
    actions = [{"ConditionCheck": exists}, {"Update": held}, {"Update": enrolled}]
    try:
        persist(lambda: call("transact_write_items", TransactItems=actions, ClientRequestToken=token), deadline)
    except ConditionFailedError:
        raise CourseNotFoundError from None


def revoke_role(username: str, course_id: str, now: datetime, deadline: float) -> None:
    """Take every team role on the course from the user; one who holds none is left as is. Raises UnavailableError."""
    arguments = _update(
        items.ROLE,
        items.course_role_key(username, course_id),
        {"changed": now},
        remove=[f"role:{INSTRUCTOR}", f"role:{STAFF}"],
    )
    arguments["ConditionExpression"] = "attribute_exists(PK)"
    try:
        persist(lambda: call("update_item", **arguments), deadline)
    except ConditionFailedError:
        return


# --- Requests ---------------------------------------------------------------------------------------------------------


def _get(key: Key, consistent: bool) -> Any:
    if not items.is_storable(key):
        return None
    return call("get_item", TableName=table_name(), Key=key, ConsistentRead=consistent).get("Item")


def _query(condition: str, values: Mapping[str, Any], consistent: bool, **more: Any) -> Iterable[Any]:
    arguments = {
        "TableName": table_name(),
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        **more,
    }
    if consistent:
        arguments["ConsistentRead"] = True
    while True:
        page = call("query", **arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _query_user(username: str, condition: str, sort: str, consistent: bool) -> list[Any]:
    """The items of a user's partition whose sort key meets the condition on `:sort`."""
    key = items.user_key(username)
    if not items.is_storable(key):
        return []
    return list(_query(f"PK = :pk AND {condition}", {":pk": key["PK"], ":sort": {"S": sort}}, consistent))


def get_items(keys: Sequence[Key], consistent: bool) -> dict[tuple[str, str], Any]:
    """The items that exist, by their names: 100 keys per request, requests side by side."""

    def read(chunk: Sequence[Key]) -> list[Any]:
        found: list[Any] = []
        for _ in range(8):
            asked = {table_name(): {"Keys": chunk, "ConsistentRead": consistent}}
            answer = call("batch_get_item", RequestItems=asked)
            found += answer["Responses"].get(table_name(), [])
            chunk = answer.get("UnprocessedKeys", {}).get(table_name(), {}).get("Keys", [])
            if not chunk:
                return found
        raise UnavailableError("DynamoDB keeps leaving keys of a batch unread")

    keys = [key for key in keys if items.is_storable(key)]
    chunks = [keys[at : at + _BATCH] for at in range(0, len(keys), _BATCH)]
    return {items.key_name(item): item for found in in_parallel(read, chunks) for item in found}


def _keep_course(item: Any) -> CourseOverview | None:
    course = items.read_course(item)
    if course is not None:
        _courses.put(course.id, course)
    return course


def _keep_outline(course: CourseKey, first: Any) -> Outline:
    if first is None:
        outline = Outline(course, [Block("course", "course", None)])
    else:
        rest = [items.outline_key(str(course), part) for part in range(1, int(first["parts"]["N"]))]
        others = get_items(rest, consistent=True)
        outline = Outline(course, items.read_outline([first, *(others[items.key_name(key)] for key in rest)]))
    _outlines.put(str(course), outline)
    return outline


def _keep_site(item: Any) -> Site:
    site = items.read_site(item or {})
    _sites.put("site", site)
    return site


def _update(
    item_type: ItemType,
    key: Key,
    values: Mapping[str, Any],
    keep: Iterable[str] = (),
    remove: Iterable[str] = (),
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of an UpdateItem that sets `values`, but those in `keep` only where there is none yet.

    `before` gives the values that fields must still have; None: that they must be absent.
    """
    return update_arguments(
        key,
        item_type.write(values),
        keep,
        remove,
        before and {name: item_type.write({name: value}).get(name) for name, value in before.items()},
    )


def update_arguments(
    key: Key,
    attributes: Mapping[str, Any],
    keep: Iterable[str] = (),
    remove: Iterable[str] = (),
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of an UpdateItem, from attributes as DynamoDB writes them. Every name is a placeholder."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    @functools.cache
    def name(attribute: str) -> str:
        names[f"#n{len(names)}"] = attribute
        return f"#n{len(names) - 1}"

    def value(attribute: Any) -> str:
        values[f":v{len(values)}"] = attribute
        return f":v{len(values) - 1}"

    kept = set(keep)
    sets = [
        f"{name(one)} = if_not_exists({name(one)}, {value(what)})" if one in kept else f"{name(one)} = {value(what)}"
        for one, what in attributes.items()
    ]
    expression = f"SET {', '.join(sets)}" if sets else ""
    if removed := [name(one) for one in remove]:
        expression += f" REMOVE {', '.join(removed)}"
    arguments = {"TableName": table_name(), "Key": key, "UpdateExpression": expression.strip()}
    if before:
        arguments["ConditionExpression"] = " AND ".join(
            f"attribute_not_exists({name(one)})" if what is None else f"{name(one)} = {value(what)}"
            for one, what in before.items()
        )
    arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = values
    return arguments
