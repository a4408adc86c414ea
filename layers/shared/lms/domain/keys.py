"""Opaque keys of Open edX, of courses and of their blocks: parsed and printed as edx-opaque-keys does."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_ID = re.compile(r"[\w\-~.:]+")
_SLASHED_ID = re.compile(r"[\w\-.%]+")
_BLOCK_ID = re.compile(r"[\w\-~.:%]+")
_OBJECT_ID = re.compile(r"[a-f0-9]{24}")
_SUFFIXES = (("branch", _ID), ("version", _OBJECT_ID), ("type", _ID), ("block", _BLOCK_ID))
_CCX_SUFFIXES = (*_SUFFIXES[:2], ("ccx", re.compile(r"\d+")), ("type", _ID), ("block", _ID))


@dataclass(frozen=True, slots=True)
class CourseKey:
    """A course run: organization, number (the key's "course" part) and run, with an optional branch and version.

    A custom course for a coach (CCX) is a run of its own, whose blocks are those of another: see `master`.
    """

    org: str
    number: str
    run: str
    branch: str | None = None
    version: str | None = None
    legacy: bool = False
    """True for the older `org/number/run` spelling, whose courses no longer load."""
    ccx: str | None = None
    """The number of a CCX, as it is spelled; None for all other courses."""

    def __str__(self) -> str:
        if self.legacy:
            return f"{self.org}/{self.number}/{self.run}"
        return f"{'course-v1' if self.ccx is None else 'ccx-v1'}:{self._parts()}"

    @property
    def master(self) -> "CourseKey":
        """The course whose blocks these are: that of a CCX's coach, else the course itself."""
        return self if self.ccx is None else replace(self, ccx=None)

    def _parts(self) -> str:
        parts = [self.org, self.number, self.run]
        if self.branch:
            parts.append(f"branch@{self.branch}")
        if self.version:
            parts.append(f"version@{self.version}")
        if self.ccx is not None:
            parts.append(f"ccx@{self.ccx}")
        return "+".join(parts)

    def usage_key(self, block_type: str, block_id: str) -> str:
        """The usage key, printed, of a block of this course."""
        if self.legacy:
            return f"i4x://{self.org}/{self.number}/{block_type}/{block_id}"
        namespace = "block-v1" if self.ccx is None else "ccx-block-v1"
        return f"{namespace}:{self._parts()}+type@{block_type}+block@{block_id}"


@dataclass(frozen=True, slots=True)
class UsageKey:
    """A block of a course: the course key, the block's type and its id."""

    course_key: CourseKey
    block_type: str
    block_id: str

    def __str__(self) -> str:
        return self.course_key.usage_key(self.block_type, self.block_id)


_LONGEST_COURSE_ID = 255
"""Characters; the width of Open edX's columns."""


def parse_course_key(text: str) -> CourseKey | None:
    """The course key that `text` spells, or None. Library keys are not courses. (course-team.md 4.3)"""
    return _parse_course_key(text) if len(text) <= _LONGEST_COURSE_ID else None


@lru_cache(maxsize=4096)
def _parse_course_key(text: str) -> CourseKey | None:
    namespace, colon, rest = text.partition(":")
    if not colon:
        return _parse_slashed(text)
    if namespace not in ("course-v1", "slashes", "ccx-v1"):
        return None
    parsed = _parse_parts(rest, is_ccx=namespace == "ccx-v1")
    return parsed[0] if parsed else None


def is_library_key(text: str) -> bool:
    """Whether `text` spells a content library, `library-v1:ORG+LIBRARY`: roles are held on those too."""
    namespace, _, rest = text.partition(":")
    parts = rest.split("+")
    return namespace == "library-v1" and len(parts) == 2 and all(_ID.fullmatch(part) for part in parts)


def parse_usage_key(text: str) -> UsageKey | None:
    """The usage key that `text` spells, or None. Keys without a course run (`i4x://`, libraries) are none of ours."""
    namespace, colon, rest = text.partition(":")
    if not colon or namespace not in ("block-v1", "ccx-block-v1"):
        return None
    parsed = _parse_parts(rest, is_ccx=namespace == "ccx-block-v1")
    if not parsed:
        return None
    course_key, block_type, block_id = parsed
    if not block_type or not block_id or not _ID.fullmatch(block_id):
        return None
    return UsageKey(course_key, block_type, block_id)


def _parse_slashed(text: str) -> CourseKey | None:
    parts = text.split("/")
    if len(parts) != 3:
        return None
    org, number, run = parts
    # edx-opaque-keys takes an empty run here, so a key of that kind must still print as it was spelled.
    if not all(_SLASHED_ID.fullmatch(part) for part in (org, number, run or "empty")):
        return None
    return CourseKey(org, number, run, legacy=True)


def _parse_parts(text: str, is_ccx: bool) -> tuple[CourseKey, str | None, str | None] | None:
    """`org+number+run[+branch@…][+version@…][+ccx@…][+type@…][+block@…]`, each at most once and in that order.

    `is_ccx`: `ccx@` must be there; else it must not.
    """
    ids, suffixes = text.split("+")[:3], text.split("+")[3:]
    if len(ids) != 3 or not all(_ID.fullmatch(part) for part in ids):
        return None
    found: dict[str, str] = {}
    for name, pattern in _CCX_SUFFIXES if is_ccx else _SUFFIXES:
        if suffixes and suffixes[0].startswith(f"{name}@"):
            value = suffixes.pop(0).removeprefix(f"{name}@")
            if not pattern.fullmatch(value):
                return None
            found[name] = value
    if suffixes or (is_ccx and "ccx" not in found):
        return None
    org, number, run = ids
    key = CourseKey(org, number, run, branch=found.get("branch"), version=found.get("version"), ccx=found.get("ccx"))
    return key, found.get("type"), found.get("block")
