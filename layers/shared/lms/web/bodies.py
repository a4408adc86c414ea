"""Request bodies: JSON, form-encoded and multipart, as DRF takes them. (mobile-users.md 1.4)"""

import base64
import codecs
import json
import math
import re
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from lms.web.errors import json_parse_error, multipart_parse_error, too_many_fields, unsupported_media_type
from lms.web.request import Request
from lms.web.shapes.options import PARSES

_JSON, _FORM, _MULTIPART = PARSES
_MAX_DEPTH = 64
_MAX_FIELDS = 1000
# Possessive: text that ends within a string is read once, not once for each place that a string could begin at.
_JSON_STRUCTURE = re.compile(r'"(?:[^"\\]+|\\.)*+"?|[\[\]{}]', re.DOTALL)
_MAX_PART_HEADER = 8_192
_BOUNDARY = re.compile(r';\s*boundary="?([^";\r\n]{1,70})"?', re.IGNORECASE)
_IN_PART = re.IGNORECASE | re.MULTILINE
_PART_NAME = re.compile(r'^content-disposition:\s*form-data;[^\r\n]{0,100}?\bname="([^"\r\n]*)"', _IN_PART)
_IN_BASE64 = re.compile(r"^content-transfer-encoding:\s*base64\s*$", _IN_PART)
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-32", "ascii", "iso8859-1"})
"""Charsets of JSON, by Python's names: others may take long to decode, and no client sends them."""


def read_body(request: Request) -> Any:
    """The body's value: any JSON value, or the fields of a form. No body at all is an empty object.

    Raises 400 for a body that does not parse, 415 for a media type that is not taken.
    """
    if not request.body:
        return {}
    media_type, parameters = _content_type(request.headers.get("content-type", ""))
    if media_type == _JSON:
        return _read_json(request.body, parameters.get("charset", "utf-8"))
    if media_type == _FORM:
        return _read_form(request.body)
    if media_type == _MULTIPART:
        return _read_multipart(request.body, request.headers["content-type"])
    sent = request.headers.get("content-type", "")
    raise unsupported_media_type(sent)


def _content_type(header: str) -> tuple[str, dict[str, str]]:
    media_type, *parameters = header.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return media_type.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _read_json(body: bytes, charset: str) -> Any:
    try:
        text = body.decode(charset if _is_known(charset) else "utf-8")
        if _depth(text) > _MAX_DEPTH:
            raise ValueError(f"Nested more than {_MAX_DEPTH} levels deep")
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise json_parse_error(str(error)) from None


def _depth(text: str) -> int:
    """How deep brackets nest, outside of strings: deeper than the JSON library can go must not reach it."""
    if text.count("[") + text.count("{") <= _MAX_DEPTH:
        return 0
    depth = deepest = 0
    for match in _JSON_STRUCTURE.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name}")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        _refuse_constant(repr(value))
    return value


def _is_known(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in _CHARSETS
    except (LookupError, ValueError):
        return False


def _read_form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise too_many_fields() from None


def _read_multipart(body: bytes, content_type: str) -> dict[str, str]:
    """The text fields of a form. The `email` package would read it too, but has no bounds on what a stranger sends."""
    boundary = _BOUNDARY.search(content_type)
    if not boundary:
        raise multipart_parse_error("Invalid boundary in multipart: None")
    limit = b"--" + boundary[1].encode("latin-1", "replace")
    sections = (b"\r\n" + body).split(b"\r\n" + limit, _MAX_FIELDS + 2)
    # Like Django, take a form whose end is missing.
    closing = next((n for n, section in enumerate(sections) if n and section.startswith(b"--")), len(sections))
    if closing == len(sections):
        sections[-1] = sections[-1].removesuffix(b"\r\n")
    if len(sections) == 1 or closing > _MAX_FIELDS + 1:
        raise multipart_parse_error("Invalid multipart body.")
    fields: dict[str, str] = {}
    for section in sections[1:closing]:
        header, _, content = section.partition(b"\r\n\r\n")
        part_header = header[:_MAX_PART_HEADER].decode("utf-8", "replace")
        name = _PART_NAME.search(part_header)
        if name and "filename" not in part_header.lower():
            fields[name[1]] = _part_content(part_header, content)
    return fields


def _part_content(header: str, content: bytes) -> str:
    if _IN_BASE64.search(header):
        with suppress(ValueError):
            content = base64.b64decode(content)
    return content.decode("utf-8", "replace")
