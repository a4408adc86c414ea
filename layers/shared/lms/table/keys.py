"""The keys of the table's items, and of its index. docs/data-model.md shows them as a table."""

import zlib
from collections.abc import Mapping
from typing import Any

from lms.domain.keys import CourseKey, parse_course_key

Key = dict[str, Mapping[str, Any]]
"""`PK` and `SK` as DynamoDB writes them: `{"PK": {"S": …}, "SK": {"S": …}}`."""

SHARDS = 16
"""Partitions of the `courses` index: 50,000 courses make 16 reads of under 1 MB that run in parallel."""

COURSES_INDEX = "courses"


def key_name(key: Mapping[str, Any]) -> tuple[str, str]:
    """A key, or the key of an item, as something to look up by."""
    return key["PK"]["S"], key["SK"]["S"]


def is_storable(key: Key) -> bool:
    """Whether an item could have this key: DynamoDB takes 2,048 and 1,024 bytes of UTF-8."""
    try:
        return len(key["PK"]["S"].encode()) <= 2048 and len(key["SK"]["S"].encode()) <= 1024
    except UnicodeEncodeError:
        return False


def item_type_of(item: Mapping[str, Any]) -> str:
    """The first part of an item's sort key: `PROFILE`, `ENROLL`, `PROGRESS`, `ROLE`, …"""
    return str(item["SK"]["S"].partition("#")[0])


# --- A user's partition. Everything that a list of courses needs sorts from FIRST_OF_LEARNER on, completions before ---

FIRST_OF_LEARNER = "ENROLL#"
ROLES = "ROLE#"


def user(username: str) -> Key:
    return _key(_user_partition(username), "PROFILE")


def enrollment(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"ENROLL#{course_id}")


def progress(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"PROGRESS#{course_id}")


def completion(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"COMPLETION#{course_id}")


def course_role(username: str, course_id: str) -> Key:
    return _key(_user_partition(username), f"{ROLES}{course_id}")


def org_role(username: str, org: str) -> Key:
    return _key(_user_partition(username), f"{ROLES}org:{org}")


# --- Lookups, courses, the site ---------------------------------------------------------------------------------------


def email(address: str) -> Key:
    return _key(f"EMAIL#{address.lower()}", "USER")


def user_id(number: int) -> Key:
    return _key(f"USERID#{number}", "USER")


def course(course_id: str) -> Key:
    return _key(f"COURSE#{course_id}", "OVERVIEW")


def outline(course_id: str, part: int = 0) -> Key:
    """The outline of a coach's course (CCX) is that of the course that it was made of: an export holds only that."""
    course_key = parse_course_key(course_id)
    return _key(f"COURSE#{course_key.master if course_key else course_id}", f"OUTLINE#{part:02}")


def course_dates(course_id: str) -> Key:
    return _key(f"COURSE#{course_id}", "DATES")


def site() -> Key:
    return _key("SITE", "CONFIG#SITE")


def course_listing(key: CourseKey, org: str) -> dict[str, str]:
    """The fields by which the index lists a course: its shard, and in that its organization."""
    course_id = str(key)
    shard = zlib.crc32(course_id.encode()) % SHARDS
    return {"shard": shard_name(shard), "org_course": f"{org_prefix(org)}{course_id}", "course_id": course_id}


def shard_name(shard: int) -> str:
    return f"COURSES#{shard}"


def org_prefix(org: str) -> str:
    return f"{org.lower()}#"


def _key(partition: str, sort: str) -> Key:
    return {"PK": {"S": partition}, "SK": {"S": sort}}


def _user_partition(username: str) -> str:
    # Usernames compare without regard to case (deviations 5); the spelling that counts is an attribute.
    return f"USER#{username.lower()}"
