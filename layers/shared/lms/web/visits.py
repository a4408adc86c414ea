"""A visit as the body of a PATCH reports it. (mobile-users.md 5.2)"""

from typing import Any

from lms.domain.dates import parse_zoned
from lms.domain.progress import Visit
from lms.web.errors import not_an_object, unknown_block, unreadable_date


def read_visit(body: Any) -> Visit:
    """The visit in a PATCH's body. Raises 400 for a date that cannot be read; the block is looked up later."""
    if not isinstance(body, dict):
        raise not_an_object()
    modified = None
    if sent := body.get("modification_date"):
        modified = parse_zoned(sent) if isinstance(sent, str) else None
        if modified is None:
            raise unreadable_date()
    block_id = body.get("last_visited_module_id")
    if not block_id:
        return Visit(None, modified)
    if not isinstance(block_id, str):
        raise unknown_block()
    return Visit(block_id, modified)
