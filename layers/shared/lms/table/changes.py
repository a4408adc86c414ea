"""What a load knows of one item of the table: one function per type of item makes the change that writes it.

Callers name fields as the domain does; how an item is keyed, and which attributes it has besides, is known here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lms.domain.keys import CourseKey
from lms.domain.outline import Block
from lms.domain.partitions import UserPartition
from lms.table import keys
from lms.table.items import (
    COMPLETION,
    COURSE,
    COURSE_DATES,
    ENROLLMENT,
    OUTLINE,
    PROGRESS,
    ROLE,
    SITE,
    USER,
    ItemType,
)
from lms.table.keys import Key
from lms.table.outlines import from_blocks, from_content_dates

Fields = Mapping[str, Any]
"""Values by the names of the domain value's fields; None removes."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a load knows of one item, and the rows that said so."""

    key: Key
    item_type: ItemType
    values: Fields
    sources: Sequence[Any]
    """The rows, in the loader's own form: for its report."""
    lookups: tuple[Key, ...] = ()
    """For a user: the e-mail's and the id's items, which are written with it or not at all."""
    revise: Callable[[Fields], Fields] | None = None
    """Gives further values, from those that are there: for a field that several loads fill together."""
    from_export: bool = False
    """Whether it comes from a course export, which gives way to the overview of a dump."""

    @property
    def account_id(self) -> int | None:
        """The id of the user whose account this is; None where it is none, or a part of one."""
        return self.values["id"] if self.lookups else None


def user(username: str, fields: Fields, sources: Sequence[Any]) -> Change:
    """Fields of `lms.domain.users.User`; with an `id`, the account as a whole."""
    lookups: tuple[Key, ...] = ()
    if "id" in fields:
        lookups = (keys.user_id(fields["id"]), *([keys.email(fields["email"])] if fields["email"] else []))
    return Change(keys.user(username), USER, fields, sources, lookups)


def enrollment(username: str, course_id: str, fields: Fields, sources: Sequence[Any]) -> Change:
    """Fields of `lms.domain.enrollments.Enrollment`."""
    values = {"course_id": course_id, **fields}
    return Change(keys.enrollment(username, course_id), ENROLLMENT, values, sources)


def course_roles(
    username: str,
    course_id: str,
    roles: Mapping[str, str | None],
    forum_roles: Iterable[str],
    sources: Sequence[Any],
) -> Change:
    """The user's roles on a course, with the organization stored with each (None: the role ends), and in its forum."""
    values: dict[str, Any] = {"course_id": course_id}
    values |= {f"role:{role}": org for role, org in roles.items()}
    values |= {f"forum:{role}": True for role in forum_roles}
    return Change(keys.course_role(username, course_id), ROLE, values, sources)


def org_roles(username: str, org: str, roles: Mapping[str, str | None], sources: Sequence[Any]) -> Change:
    """The user's roles on all courses of an organization."""
    values = {"org": org} | {f"role:{role}": stored for role, stored in roles.items()}
    return Change(keys.org_role(username, org), ROLE, values, sources)


def progress(
    username: str,
    course_id: str,
    positions: Mapping[str, int],
    selected: Mapping[str, tuple[str, ...]],
    fields: Fields,
    sources: Sequence[Any],
) -> Change:
    """The learner's place in a course; `fields`: the others of `lms.domain.progress.Progress`."""
    values = {"course_id": course_id, **fields}
    values |= {f"position:{block}": position for block, position in positions.items()}
    values |= {f"selected:{block}": children for block, children in selected.items()}
    return Change(keys.progress(username, course_id), PROGRESS, values, sources)


def completion(username: str, course_id: str, completed: Mapping[bytes, bool], sources: Sequence[Any]) -> Change:
    """Whether blocks are complete, by digest; what is stored of other blocks stays."""

    def revise(stored: Fields) -> Fields:
        kept = {digest for digest in stored.get("completed", frozenset()) if completed.get(digest, True)}
        return {"completed": kept | {digest for digest, complete in completed.items() if complete}}

    key = keys.completion(username, course_id)
    return Change(key, COMPLETION, {"course_id": course_id}, sources, revise=revise)


def course(course_id: str, fields: Fields, sources: Sequence[Any]) -> Change:
    """Fields of `lms.domain.courses.CourseOverview` that do not come from the overview itself."""
    return Change(keys.course(course_id), COURSE, {"course_id": course_id, **fields}, sources)


def course_overview(
    course_key: CourseKey, fields: Fields, sources: Sequence[Any], read_from: Literal["dump", "export"]
) -> Change:
    """Fields of `lms.domain.courses.CourseOverview`, its overview among them; `org` decides how it is listed."""
    listing = keys.course_listing(course_key, fields["org"] or course_key.org)
    values = {**listing, "source": read_from, **fields}
    return Change(keys.course(str(course_key)), COURSE, values, sources, from_export=read_from == "export")


def outline(
    course_key: CourseKey, blocks: Iterable[Block], partitions: Sequence[UserPartition], sources: Sequence[Any]
) -> list[Change]:
    """The course's blocks, in as many items as they need, and the user partitions that its author made."""
    return [Change(key, OUTLINE, fields, sources) for key, fields in from_blocks(str(course_key), blocks, partitions)]


def course_dates(course_id: str, fields: Fields, sources: Sequence[Any]) -> Change:
    """What `lms.domain.course_dates.CourseDates` is made of."""
    values = dict(fields)
    if "content_dates" in values:
        values["content_dates"] = from_content_dates(values["content_dates"])
    return Change(keys.course_dates(course_id), COURSE_DATES, values, sources)


def site(fields: Fields, sources: Sequence[Any]) -> Change:
    """Fields of `lms.domain.site.Site`."""
    return Change(keys.site(), SITE, fields, sources)
