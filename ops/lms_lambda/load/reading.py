"""What the readers of dumps and of course exports do alike: unpack files, read JSON and dates, refuse broken text."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn, cast

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def open_unpacked(path: Path) -> Iterator[tuple[BinaryIO, IO[bytes]]]:
    """The file at `path`, and its content: unpacked where it is gzipped, whatever it is called.

    Reading the content raises EOFError, zlib.error or gzip.BadGzipFile where the archive is damaged.
    """
    with path.open("rb") as file:
        is_gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        file.seek(0)
        if not is_gzipped:
            yield file, file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield file, cast(IO[bytes], unpacked)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


json_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
"""Reads JSON by its standard: NaN and Infinity, which Python knows, are a ValueError."""


def parse_json(text: str | bytes) -> Any:
    """The JSON value of `text`. Raises ValueError for anything else, also for a nesting too deep to parse."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; one without offset is in UTC already. Raises OverflowError at the ends of the calendar."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_utf8(text: str) -> str:
    """The text, which can be stored. Raises ValueError for one with half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8") from None
    return text
