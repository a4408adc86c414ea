"""A visit as a PATCH of the course status reports it. (contract/mobile-users.md 5.2)"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.dates import parse_zoned
from lms.domain.keys import parse_usage_key
from lms.domain.outline import Outline
from lms.web.errors import HttpError, detail, mobile_error


@dataclass(frozen=True, slots=True)
class Visit:
    """What the client says: the block where the learner is, and since when; either may be missing."""

    block_id: str | None
    modified: datetime | None


def read_visit(body: Any) -> Visit:
    """The visit in a PATCH's body. Raises 400 for a date that cannot be read; the block is looked up later."""
    if not isinstance(body, dict):
        raise detail(400, "Invalid data. Expected a JSON object.")
    modified = None
    if sent := body.get("modification_date"):
        modified = parse_zoned(sent) if isinstance(sent, str) else None
        if modified is None:
            raise mobile_error("invalid-modification-date", "Could not parse modification_date")
    block_id = body.get("last_visited_module_id")
    if not block_id:
        return Visit(None, modified)
    if not isinstance(block_id, str):
        raise _unknown_block()
    return Visit(block_id, modified)


def visited_block(block_id: str, outline: Outline) -> int:
    """Index of the block in the outline. Raises 400 for one that is not in this course (design 7.7)."""
    key = parse_usage_key(block_id)
    index = outline.find(key.block_type, key.block_id) if key and key.course_key == outline.key else None
    if index is None:
        raise _unknown_block()
    return index


def _unknown_block() -> HttpError:
    return mobile_error("invalid-module-id", "Could not find module for module_id")
