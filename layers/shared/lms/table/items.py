"""The items of the table: each type's key, its attributes, and the way to the domain's values and back.

An attribute is named like the field of the domain value that it holds. Every item is written attribute by attribute, so
a writer that knows only some of them leaves the others alone. docs/data-model.md shows the same as a table.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from lms.domain.completions import DIGEST_BYTES
from lms.domain.courses import (
    CourseMode,
    CourseOverview,
    DurationLimit,
    MilestoneRequirement,
    UpgradeDeadlineConfig,
)
from lms.domain.enrollments import Certificate, Enrollment
from lms.domain.keys import CourseKey, parse_course_key
from lms.domain.outline import Block
from lms.domain.progress import Progress
from lms.domain.roles import Roles
from lms.domain.site import Site
from lms.domain.users import User

AttributeValue = Mapping[str, Any]
Item = Mapping[str, AttributeValue]
Key = dict[str, AttributeValue]

SHARDS = 16
"""Partitions of the `courses` index: 50,000 courses make 16 reads of under 1 MB that run in parallel."""


def key_name(key: Mapping[str, Any]) -> tuple[str, str]:
    """A key, or the key of an item, as something to look up by."""
    return key["PK"]["S"], key["SK"]["S"]


def is_storable(key: Key) -> bool:
    """Whether an item could have this key: DynamoDB takes 2,048 and 1,024 bytes of UTF-8."""
    try:
        return len(key["PK"]["S"].encode()) <= 2048 and len(key["SK"]["S"].encode()) <= 1024
    except UnicodeEncodeError:
        return False


def _key(partition: str, sort: str) -> Key:
    return {"PK": {"S": partition}, "SK": {"S": sort}}


def _user_partition(username: str) -> str:
    # Usernames compare without regard to case (design 7.5); the spelling that counts is an attribute.
    return f"USER#{username.lower()}"


def user_key(username: str) -> Key:
    return _key(_user_partition(username), "PROFILE")


def enrollment_key(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"ENROLL#{course_id}")


def progress_key(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"PROGRESS#{course_id}")


def completion_key(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"COMPLETION#{course_id}")


def course_role_key(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"ROLE#{course_id}")


def org_role_key(username: str, org: str) -> Key:
    return _key(_user_partition(username), f"ROLE#org:{org}")


def email_key(email: str) -> Key:
    return _key(f"EMAIL#{email.lower()}", "USER")


def user_id_key(user_id: int) -> Key:
    return _key(f"USERID#{user_id}", "USER")


def course_key(course_id: str) -> Key:
    return _key(f"COURSE#{course_id}", "OVERVIEW")


def outline_key(course_id: str, part: int = 0) -> Key:
    return _key(f"COURSE#{course_id}", f"OUTLINE#{part:02}")


def site_key() -> Key:
    return _key("SITE", "CONFIG#SITE")


# --- How a field is written -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Form:
    write: Callable[[Any], AttributeValue]
    read: Callable[[AttributeValue], Any]


def _write_moment(moment: datetime) -> AttributeValue:
    # Of fixed width, so that the text order of two moments is their order in time.
    return {"S": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")}


def _json(to: Callable[[Any], Any], back: Callable[[Any], Any]) -> _Form:
    return _Form(
        lambda value: {"S": json.dumps(to(value), separators=(",", ":"), ensure_ascii=False)},
        lambda stored: back(json.loads(stored["S"])),
    )


def _plain(value: Any) -> Any:
    """A dataclass as JSON: moments as text, defaults left out."""
    return {
        one.name: part.isoformat() if isinstance(part, datetime) else part
        for one in fields(value)
        if (part := getattr(value, one.name)) != one.default
    }


def _moments(stored: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name in names else value for name, value in stored.items()}


def _duration_limit(stored: dict[str, Any]) -> DurationLimit:
    return DurationLimit(**_moments(stored, "enabled_as_of"))


def _by_name(to: Callable[[Any], Any], back: Callable[[Any], Any]) -> _Form:
    return _json(
        lambda value: {name: to(part) for name, part in value.items()},
        lambda stored: {name: back(part) for name, part in stored.items()},
    )


_TEXT = _Form(lambda value: {"S": value}, lambda stored: stored["S"])
_INTEGER = _Form(lambda value: {"N": str(value)}, lambda stored: int(stored["N"]))
_NUMBER = _Form(lambda value: {"N": repr(value)}, lambda stored: float(stored["N"]))
_FLAG = _Form(lambda value: {"BOOL": value}, lambda stored: stored["BOOL"])
_BYTES = _Form(lambda value: {"B": value}, lambda stored: bytes(stored["B"]))
_DIGESTS = _Form(
    lambda value: {"B": b"".join(sorted(value))},
    lambda stored: frozenset(
        bytes(stored["B"][at : at + DIGEST_BYTES]) for at in range(0, len(stored["B"]), DIGEST_BYTES)
    ),
)
_MOMENT = _Form(_write_moment, lambda stored: datetime.fromisoformat(stored["S"]))
_IDS = _json(sorted, frozenset)
_CERTIFICATE = _json(_plain, lambda stored: Certificate(**stored))
_MODES = _json(
    # Not `_plain`: an empty SKU and no SKU are told apart on the wire.
    lambda modes: [{**asdict(mode), "expiration": mode.expiration and mode.expiration.isoformat()} for mode in modes],
    lambda stored: tuple(
        CourseMode(**{**mode, "expiration": mode["expiration"] and datetime.fromisoformat(mode["expiration"])})
        for mode in stored
    ),
)
_DURATION_LIMIT = _json(_plain, _duration_limit)
_UPGRADE_CONFIG = _json(_plain, lambda stored: UpgradeDeadlineConfig(**stored))
_REQUIREMENTS = _json(
    lambda needs: [_plain(need) for need in needs],
    lambda stored: tuple(MilestoneRequirement(**need) for need in stored),
)


@dataclass(frozen=True, slots=True)
class ItemType:
    """One type of item: its fields, and the fields that the API itself may have changed since a dump was made."""

    fields: Mapping[str, _Form]
    prefixed: Mapping[str, _Form] = field(default_factory=dict)
    """Attributes of the form `<prefix><name>`: many small values that are written one by one."""
    latest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Moments that a load only moves forward, and the fields that go with each."""
    owned_by_api: frozenset[str] = frozenset()
    """Fields, or prefixes, that a load leaves alone on an item that bears `changed`, the mark of the API's writes."""

    def write(self, values: Mapping[str, Any]) -> dict[str, AttributeValue]:
        """The attributes that hold `values`, by field name; a value of None has no attribute."""
        return {name: self._form(name).write(value) for name, value in values.items() if value is not None}

    def read(self, item: Item) -> dict[str, Any]:
        """The fields that the item holds, by name; those with a prefix as a dict under the prefix."""
        found: dict[str, Any] = {prefix: {} for prefix in self.prefixed}
        for name, stored in item.items():
            if name in self.fields:
                found[name] = self.fields[name].read(stored)
            elif ":" in name:
                prefix, _, rest = name.partition(":")
                if f"{prefix}:" in self.prefixed:
                    found[f"{prefix}:"][rest] = self.prefixed[f"{prefix}:"].read(stored)
        return found

    def is_owned_by_api(self, name: str) -> bool:
        """Whether a load leaves the attribute alone once the API has changed the item."""
        return name in self.owned_by_api or f"{name.partition(':')[0]}:" in self.owned_by_api

    def _form(self, name: str) -> _Form:
        return self.fields.get(name) or self.prefixed[f"{name.partition(':')[0]}:"]


USER = ItemType(
    {
        "id": _INTEGER,
        "username": _TEXT,
        "email": _TEXT,
        "name": _TEXT,
        "active": _FLAG,
        "staff": _FLAG,
        "superuser": _FLAG,
        "time_zone": _TEXT,
        "last_login": _MOMENT,
        "milestones": _IDS,
    },
    latest={"last_login": ()},
)
LOOKUP = ItemType({"username": _TEXT})
ENROLLMENT = ItemType(
    {
        "course_id": _TEXT,
        "created": _MOMENT,
        "mode": _TEXT,
        "active": _FLAG,
        "certificate": _CERTIFICATE,
        "upgrade_deadline": _MOMENT,
        "excluded_from_fbe": _FLAG,
        "changed": _MOMENT,
    },
    owned_by_api=frozenset({"created", "mode", "active"}),
)
PROGRESS = ItemType(
    {
        "course_id": _TEXT,
        "course_state_modified": _MOMENT,
        "latest_state_modified": _MOMENT,
        "last_completed_block": _TEXT,
        "last_completed_at": _MOMENT,
        "latest_completion_created": _MOMENT,
        "changed": _MOMENT,
    },
    prefixed={"position:": _INTEGER, "selected:": _json(sorted, frozenset)},
    latest={
        "latest_state_modified": (),
        "last_completed_at": ("last_completed_block",),
        "latest_completion_created": (),
    },
    owned_by_api=frozenset({"position:", "course_state_modified", "latest_state_modified"}),
)
COMPLETION = ItemType({"course_id": _TEXT, "completed": _DIGESTS})
ROLE = ItemType(
    {"course_id": _TEXT, "org": _TEXT, "changed": _MOMENT},
    prefixed={"role:": _TEXT, "forum:": _FLAG},
    owned_by_api=frozenset({"role:staff", "role:instructor"}),
)
COURSE = ItemType(
    {
        "course_id": _TEXT,
        "shard": _TEXT,
        "org_course": _TEXT,
        "source": _TEXT,
        "name": _TEXT,
        "org": _TEXT,
        "display_number": _TEXT,
        "display_org": _TEXT,
        "start": _MOMENT,
        "end": _MOMENT,
        "advertised_start": _TEXT,
        "image_url": _TEXT,
        "social_sharing_url": _TEXT,
        "marketing_url": _TEXT,
        "logo": _TEXT,
        "self_paced": _FLAG,
        "mobile_available": _FLAG,
        "visible_to_staff_only": _FLAG,
        "days_early_for_beta": _NUMBER,
        "certificates_display_behavior": _TEXT,
        "certificates_show_before_end": _FLAG,
        "certificate_available_date": _MOMENT,
        "html_certificates": _FLAG,
        "discussion_tab": _FLAG,
        "discussion_enabled": _FLAG,
        "discussion_lti": _FLAG,
        "weeks_to_complete": _INTEGER,
        "modes": _MODES,
        "duration_limit": _DURATION_LIMIT,
        "upgrade_deadline_config": _UPGRADE_CONFIG,
        "requires": _REQUIREMENTS,
    }
)
OUTLINE = ItemType({"blocks": _BYTES, "parts": _INTEGER})
SITE = ItemType(
    {
        "mobile_configs": _json(dict, dict),
        "ignores_mobile_available": _FLAG,
        "org_filter": _json(sorted, frozenset),
        "duration_limit": _DURATION_LIMIT,
        "site_duration_limit": _DURATION_LIMIT,
        "org_duration_limits": _by_name(_plain, _duration_limit),
        "org_course_duration_limits": _by_name(_plain, _duration_limit),
        "upgrade_deadlines_enabled": _FLAG,
        "org_upgrade_deadlines": _by_name(_plain, lambda stored: UpgradeDeadlineConfig(**stored)),
    }
)

# --- From items to the domain -----------------------------------------------------------------------------------------


def read_user(item: Item) -> User | None:
    """The user, or None where the item holds no account yet, only rows that refer to one."""
    values = USER.read(item)
    return User(**values) if "id" in values else None


def read_enrollment(item: Item) -> Enrollment | None:
    """The enrollment, or None where the item holds only rows that refer to one."""
    values = ENROLLMENT.read(item)
    values.pop("changed", None)
    return Enrollment(**values) if "active" in values else None


def read_progress(item: Item) -> Progress:
    values = PROGRESS.read(item)
    values.pop("changed", None)
    return Progress(positions=values.pop("position:"), selected=values.pop("selected:"), **values)


def read_roles(items: Iterable[Item], user: User | None) -> Roles:
    """All that the user holds, from the ROLE# items of the user."""
    on_courses, on_orgs, in_forums = {}, {}, {}
    for item in items:
        values = ROLE.read(item)
        held, forums = values["role:"], frozenset(values["forum:"])
        if "course_id" in values:
            on_courses[values["course_id"]] = held
            in_forums[values["course_id"]] = forums
        else:
            on_orgs[values.get("org", "")] = frozenset(held)
    return Roles(
        active=user is not None and user.active,
        global_staff=user is not None and user.staff,
        superuser=user is not None and user.superuser,
        on_courses={course: held for course, held in on_courses.items() if held},
        on_orgs={org: held for org, held in on_orgs.items() if held},
        in_forums={course: held for course, held in in_forums.items() if held},
    )


def read_course(item: Item) -> CourseOverview | None:
    """The course overview, or None where the item holds only rows that refer to a course."""
    values = COURSE.read(item)
    key = parse_course_key(values.pop("course_id", ""))
    if key is None or not values.pop("source", None):
        return None
    for name in ("shard", "org_course"):
        values.pop(name, None)
    return CourseOverview(key=key, **values)


def read_site(item: Item) -> Site:
    return Site(**SITE.read(item))


def course_listing(key: CourseKey, org: str) -> dict[str, Any]:
    """The fields by which the `courses` index lists a course: its shard, and in that its organization."""
    course_id = str(key)
    shard = zlib.crc32(course_id.encode()) % SHARDS
    return {"shard": shard_name(shard), "org_course": f"{org_prefix(org)}{course_id}", "course_id": course_id}


def shard_name(shard: int) -> str:
    return f"COURSES#{shard}"


def org_prefix(org: str) -> str:
    return f"{org.lower()}#"


# --- Outlines ---------------------------------------------------------------------------------------------------------

_OUTLINE_PART = 350_000
"""Bytes of compressed outline in one item, below DynamoDB's 400 KB with room for the key."""


def write_outline(course_id: str, blocks: Iterable[Block]) -> list[tuple[Key, dict[str, Any]]]:
    """The keys and fields of the items that hold a course's blocks: compressed JSON, cut to fit."""
    rows = [_block_row(block) for block in blocks]
    packed = zlib.compress(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode(), 9)
    parts = [packed[at : at + _OUTLINE_PART] for at in range(0, len(packed), _OUTLINE_PART)]
    return [
        (outline_key(course_id, number), {"blocks": part, "parts": len(parts)}) for number, part in enumerate(parts)
    ]


def read_outline(items: Iterable[Item]) -> list[Block]:
    """The blocks that `write_outline` stored, from all its items in the order of their keys."""
    packed = b"".join(OUTLINE.read(item)["blocks"] for item in items)
    return [_read_block(row) for row in json.loads(zlib.decompress(packed))]


def _block_row(block: Block) -> dict[str, Any]:
    # By identity: the parent 0 equals False.
    # Only a False that is not the default says something: `has_score`.
    row = {
        name: value
        for name, value in asdict(block).items()
        if value is not None and (value is not False or name == "has_score")
    }
    if not block.group_access:
        del row["group_access"]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _read_block(row: dict[str, Any]) -> Block:
    row.setdefault("parent", None)
    return Block(**_moments(row, "start", "due"))
