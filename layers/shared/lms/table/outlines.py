"""Access pattern of course outlines, and of the dates that edx-when has of their blocks. A warm function keeps both.

They are compressed JSON; an outline takes as many items as it needs.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from lms.domain.course_dates import ContentDate, CourseDates
from lms.domain.errors import UnavailableError
from lms.domain.keys import CourseKey
from lms.domain.outline import Block, Outline
from lms.domain.partitions import UserPartition
from lms.table import keys
from lms.table.codecs import decode_datetimes, decode_edx_when, encode_edx_when
from lms.table.items import COURSE_DATES, OUTLINE, Item
from lms.table.keys import Key
from lms.table.requests import get_items
from lms.table.ttl_cache import TtlCache

_PART_BYTES = 350_000
"""Bytes of compressed outline in one item, below DynamoDB's 400 KB with room for the key."""

_outlines = TtlCache(20)


def cached_outline(course_id: str) -> Outline | None:
    """The course's outline, where this environment read it lately."""
    outline: Outline | None = _outlines.get(course_id)
    return outline


def outline_keys(course_id: str) -> list[Key]:
    """The items that `keep_outline` needs, to be read in one round with others."""
    return [keys.outline(course_id), keys.course_dates(course_id)]


def keep_outline(course: CourseKey, found: Mapping[tuple[str, str], Item]) -> Outline:
    """The outline, of whose items those of `outline_keys` are found and the others are read; kept for the next request.

    Without an item, a course of the course block alone. Raises UnavailableError for parts that do not fit together,
    as while a load replaces them.
    """
    first, stored_dates = (found.get(keys.key_name(key)) for key in outline_keys(str(course)))
    dates = to_course_dates(stored_dates or {})
    if first is None:
        outline = Outline(course, [Block("course", "course", None)], dates=dates)
    else:
        rest = [keys.outline(str(course), part) for part in range(1, OUTLINE.read(first)["parts"])]
        others = get_items(rest, consistent=True)
        try:
            blocks = to_blocks([first, *(others[keys.key_name(key)] for key in rest)])
            outline = Outline(course, blocks, OUTLINE.read(first).get("partitions", ()), dates)
        except (AttributeError, KeyError, TypeError, ValueError, zlib.error) as error:
            raise UnavailableError(f"an outline's parts do not fit together: {type(error).__name__}") from error
    _outlines.put(str(course), outline)
    return outline


# --- Between items and the domain -------------------------------------------------------------------------------------


def from_blocks(
    course_id: str, blocks: Iterable[Block], partitions: Sequence[UserPartition] = ()
) -> list[tuple[Key, dict[str, Any]]]:
    """The keys and fields of the items that hold a course's blocks: compressed JSON, cut to fit.

    The first one also holds the course's user partitions.
    """
    packed = _pack([_from_block(block) for block in blocks])
    parts = [packed[at : at + _PART_BYTES] for at in range(0, len(packed), _PART_BYTES)]
    written: list[tuple[Key, dict[str, Any]]] = [
        (keys.outline(course_id, number), {"blocks": part, "parts": len(parts)}) for number, part in enumerate(parts)
    ]
    written[0][1]["partitions"] = partitions or None
    return written


def to_blocks(items: Iterable[Item]) -> list[Block]:
    """The blocks that `from_blocks` stored, from all its items in the order of their keys."""
    return [_to_block(row) for row in _unpack(b"".join(OUTLINE.read(item)["blocks"] for item in items))]


def from_content_dates(content_dates: Iterable[ContentDate]) -> bytes:
    """The attribute that holds a course's content dates."""
    return _pack(
        [
            (date.id, date.block_type, date.block_id, date.field, *encode_edx_when(date.abs_date, date.rel_date))
            for date in content_dates
        ]
    )


def to_course_dates(item: Item) -> CourseDates:
    """The dates in an item."""
    values = COURSE_DATES.read(item)
    rows = _unpack(values["content_dates"]) if "content_dates" in values else []
    return CourseDates([_to_content_date(*row) for row in rows], values.get("relative_dates"))


def _to_content_date(
    pk: int, block_type: str, block_id: str, field: str, abs_date: str | None, rel_date: int | None
) -> ContentDate:
    return ContentDate(pk, block_type, block_id, field, *decode_edx_when(abs_date, rel_date))


def _pack(rows: Any) -> bytes:
    return zlib.compress(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode(), 9)


def _unpack(packed: bytes) -> Any:
    return json.loads(zlib.decompress(packed))


def _from_block(block: Block) -> dict[str, Any]:
    # By identity: the parent 0 equals False.
    # Only a False that is not the default says something: `has_score`.
    row = {
        name: value
        for name, value in asdict(block).items()
        if value is not None and (value is not False or name == "has_score")
    }
    for mapping in ("group_access", "group_id_to_child"):
        if not row[mapping]:
            del row[mapping]
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _to_block(row: dict[str, Any]) -> Block:
    row.setdefault("parent", None)
    return Block(**decode_datetimes(row, "start", "due"))
