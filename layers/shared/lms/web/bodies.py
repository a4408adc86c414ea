"""Request bodies: JSON, form-encoded and multipart, as DRF takes them. (contract/mobile-users.md 1.4)"""

import codecs
import json
import math
import re
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from lms.web.errors import HttpError, detail
from lms.web.request import Request

_MAX_DEPTH = 64
_MAX_FIELDS = 1000
_JSON_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def read_body(request: Request) -> Any:
    """The body's value: any JSON value, or the fields of a form. No body at all is an empty object.

    Raises 400 for a body that does not parse, 415 for a media type that is not taken.
    """
    if not request.body:
        return {}
    media_type, parameters = _content_type(request.headers.get("content-type", ""))
    match media_type:
        case "application/json":
            return _read_json(request.body, parameters.get("charset", "utf-8"))
        case "application/x-www-form-urlencoded":
            return _read_form(request.body)
        case "multipart/form-data":
            return _read_multipart(request.body, request.headers["content-type"])
    sent = request.headers.get("content-type", "")
    raise detail(415, f'Unsupported media type "{sent}" in request.')


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
        raise _json_error(str(error)) from None


def _json_error(text: str) -> HttpError:
    return detail(400, f"JSON parse error - {text}")


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
        return codecs.lookup(charset)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _read_form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise detail(400, "Too many form fields.") from None


def _read_multipart(body: bytes, content_type: str) -> dict[str, str]:
    # Imported here: only a PATCH from a form needs it, and a cold start should not pay for it.
    from email.errors import MessageError
    from email.parser import BytesParser
    from email.policy import HTTP

    try:
        header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
        message = BytesParser(policy=HTTP).parsebytes(header + body)
        boundary = message.get_boundary()
        parts = list(message.iter_parts()) if message.is_multipart() else []
    except (MessageError, ValueError, TypeError, IndexError, AttributeError):
        raise detail(400, "Multipart form parse error - Invalid multipart body.") from None
    if boundary and body.strip() == f"--{boundary}--".encode("latin-1", "replace"):
        return {}  # a form without fields, which the parser takes for no form at all
    if not boundary or not message.is_multipart():
        raise detail(400, f"Multipart form parse error - Invalid boundary in multipart: {boundary}")
    fields: dict[str, str] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and part.get_filename() is None:
            fields[name] = content.decode("utf-8", "replace")
    return fields
