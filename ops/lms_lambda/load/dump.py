"""Reads Django's `dumpdata`: JSON arrays and JSON lines, plain or gzipped, row by row in little memory."""

import codecs
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lms_lambda.load.reading import check_utf8, json_decoder, open_unpacked

_CHUNK = 1 << 20
_LONGEST_ROW = 64 << 20
"""Characters; a row that is not whole after so many is broken."""
_NEXT_ROW = re.compile(r'\{\s*"model"\s*:')
_SPACE = re.compile(r"[\s,]*")
_BEGUN = re.compile(r"\s*|-|[.eE][+-]?|t(r(u)?)?|f(a(l(s)?)?)?|n(u(l)?)?")
"""What may be left where a value was begun and cut off."""


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a dump, as it was written."""

    model: str
    """In lower case: `auth.user`."""
    pk: str
    fields: dict[str, Any]
    place: str
    """Where it stands in the file: `line 3`, `row 3`."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A piece of a dump that is no row."""

    place: str
    reason: str
    model: str = ""
    """Empty, like the pk, where it cannot be read."""
    pk: str = ""


class UnreadableDumpError(Exception):
    """A file that is no dump at all, or none to its end; the text says why."""


class _CutOffError(Exception):
    """A dump that ends in the middle."""


def read_dump(path: Path, report: Callable[[int], None] = lambda _: None) -> Iterator[Row | BadRow]:
    """The rows of a dump, in order. `report` hears how many of its bytes are read.

    Raises UnreadableDumpError; for a dump that cannot be read to its end, after the rows before.
    """
    last: Row | None = None
    with open_unpacked(path) as (file, stream):
        try:
            first = _first_character(stream)
            rows = _read_array(stream) if first == "[" else _read_lines(stream)
            for count, row in enumerate(rows):
                if count % 1000 == 0:
                    report(file.tell())
                last = row if isinstance(row, Row) else last
                yield row
        except (_CutOffError, EOFError):
            reason = f"it ends in the middle, after {_describe(last)}. Was the dump interrupted?"
            raise UnreadableDumpError(reason) from None
        except (OSError, zlib.error) as error:
            # gzip's errors, too: a damaged archive.
            raise UnreadableDumpError(f"it cannot be read after {_describe(last)}: {error}") from error
        finally:
            report(path.stat().st_size)


def _describe(last: Row | None) -> str:
    return f"{last.place} ({last.model} pk {last.pk}), the last whole one, which is loaded" if last else "no whole row"


def _first_character(stream: IO[bytes]) -> str:
    start = stream.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    stream.seek(0)
    if start[:1] not in (b"[", b"{"):
        raise UnreadableDumpError("it is neither a dump of Django (JSON) nor a course export (OLX)")
    return start[:1].decode()


def _read_lines(stream: IO[bytes]) -> Iterator[Row | BadRow]:
    number = 0
    while line := stream.readline(_LONGEST_ROW):
        number += 1
        text = line.removeprefix(codecs.BOM_UTF8).strip()
        if text:
            try:
                yield _row(json_decoder.decode(text.decode()), f"line {number}")
            except (ValueError, RecursionError) as error:
                is_last = not line.endswith(b"\n") and len(line) < _LONGEST_ROW
                if is_last and _is_cut(error, text.decode(errors="surrogateescape")):
                    raise _CutOffError from None
                yield BadRow(f"line {number}", f"not JSON: {_first_line(error)}")


def _read_array(stream: IO[bytes]) -> Iterator[Row | BadRow]:
    decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
    text, at, number, ended = "", 0, 0, False

    def more() -> None:
        nonlocal text, at, ended
        chunk = stream.read(_CHUNK)
        ended = not chunk
        text, at = text[at:] + decode(chunk, ended), 0

    more()
    at = text.index("[") + 1
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at == len(text):
            if ended:
                raise _CutOffError
            more()
            continue
        if text[at] == "]":
            at += 1
            while not ended and not text[at:].strip():
                more()
            if text[at:].strip():
                yield BadRow("the end", "more follows after the end of the list")
            return
        try:
            value, end = json_decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if not ended and len(text) - at < _LONGEST_ROW and _may_be_cut(error, text):
                more()
                continue
            if ended and _is_cut(error, text):
                raise _CutOffError from None
            number += 1
            yield BadRow(f"row {number}", f"not JSON: {_first_line(error)}")
            at += 1
            while not (found := _NEXT_ROW.search(text, at)):
                if ended and not text.rstrip().endswith("]"):
                    raise _CutOffError from None
                if ended:
                    return
                at = max(at, len(text) - 64)
                more()
            at = found.start()
            continue
        if end == len(text) and not ended and not isinstance(value, dict):
            # A number may go on in the next piece.
            more()
            continue
        number += 1
        yield _row(value, f"row {number}")
        at = end


def _may_be_cut(error: Exception, text: str) -> bool:
    """Whether the row may only seem broken because the rest of it was not read yet."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos > len(text) - 64


def _is_cut(error: Exception, text: str) -> bool:
    """Whether a row that is the last of its file is broken because the file ends in it."""
    if not isinstance(error, json.JSONDecodeError):
        # Half of a letter: what decodes bytes strictly never gets as far as the JSON.
        return isinstance(error, UnicodeDecodeError) and error.reason == "unexpected end of data"
    if error.msg.startswith(("Unterminated string", "Invalid \\u")):
        return True
    return _BEGUN.fullmatch(text, error.pos) is not None


def _row(value: Any, place: str) -> Row | BadRow:
    if not isinstance(value, dict):
        return BadRow(place, "not an object")
    model, pk, fields = value.get("model"), value.get("pk"), value.get("fields")
    if not isinstance(model, str) or not isinstance(fields, dict):
        return BadRow(place, "not a row of a dump: it must have a model and fields")
    if isinstance(pk, bool) or not isinstance(pk, str | int):
        return BadRow(place, "pk must be a number or a text", model)
    try:
        check_utf8(f"{model}{pk}")
    except ValueError:
        return BadRow(place, "its model or pk is not UTF-8")
    return Row(model.lower(), str(pk), fields, place)


def _first_line(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
