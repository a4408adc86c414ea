"""The local server's clock, which can be set, so that what happens by date can be tried by hand."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

from lms.domain.dates import parse_zoned


def local_clock() -> Callable[[], datetime]:
    """The local gateway's clock: the machine's, or one that runs from LMS_LAMBDA_NOW on. Raises ValueError.

    Only the local server and the `token` command read that variable; a function on Lambda never does.
    """
    begins = os.environ.get("LMS_LAMBDA_NOW")
    if not begins:
        return lambda: datetime.now(UTC)
    moment = parse_zoned(begins)
    if moment is None:
        raise ValueError(f"LMS_LAMBDA_NOW must be a date-time with its offset, like 2026-04-01T12:00:00Z, not {begins}")
    ahead = moment - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead
