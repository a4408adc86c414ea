"""Translates between HTTP and what a REST API's Lambda proxy integration sends and takes (payload format 1.0).

Shapes follow AWS's developer guide (Lambda proxy integration, REQUEST authorizer input); for laptops and tests.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from zlib import crc32

from lms_lambda.template import Route

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
API_ID = "local"

# A REST API refuses an answer with any other key (an HTTP API would ignore it).
_ANSWER_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
# The connection belongs to the gateway.
_DROPPED_HEADERS = frozenset({"content-length", "connection", "transfer-encoding"})
# These are the gateway's too: a function's own arrive under x-amzn-remapped-.
_REMAPPED_HEADERS = frozenset({"www-authenticate", "date", "server", "x-amzn-requestid"})
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a method or a header's name is made of (RFC 9110 5.6.2)."""
# Latin-1 without control characters: what a header line can carry.
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came over the wire."""

    method: str
    target: str
    """The request line's path and query, undecoded."""
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The target without its query, undecoded."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        """The last value of a header, whatever the case of its name; empty when it is absent."""
        values = [value for given, value in self.headers if given.lower() == name.lower()]
        return values[-1] if values else ""


@dataclass(frozen=True)
class HttpResponse:
    """What the client gets."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    route: str | None = None
    """The path template that was matched, for logs that must not hold user names."""


@dataclass(frozen=True)
class RoutedRequest:
    """A request that has found its route."""

    request: HttpRequest
    route: Route
    path_parameters: Mapping[str, str]
    """By name, decoded."""
    stage: str
    request_id: str
    extended_request_id: str
    received: datetime
    """When, with its time zone."""

    @property
    def method_arn(self) -> str:
        """What a policy must allow: arn:aws:execute-api:region:account:api/stage/METHOD/path as sent."""
        method_and_path = f"{self.request.method}{self.request.path}"
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{API_ID}/{self.stage}/{method_and_path}"


class MalformedAnswerError(Exception):
    """A function's answer is not what API Gateway takes; the message says what is wrong with it."""


def proxy_event(
    routed: RoutedRequest, authorizer: Mapping[str, str] | None, binary_media_types: Sequence[str]
) -> dict[str, Any]:
    """The event for a route's function. `authorizer` is what its requestContext says of the caller."""
    event = _event(routed)
    if authorizer is not None:
        event["requestContext"]["authorizer"] = dict(authorizer)
    body = routed.request.body
    if not body:
        return event | {"body": None, "isBase64Encoded": False}
    media_type = routed.request.header("Content-Type").partition(";")[0].strip().lower()
    if "*/*" in binary_media_types or media_type in binary_media_types:
        return event | {"body": base64.b64encode(body).decode("ascii"), "isBase64Encoded": True}
    return event | {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}


def authorizer_event(routed: RoutedRequest) -> dict[str, Any]:
    """The event for a REQUEST authorizer: the same without a body, with empty maps where a function gets null."""
    event = {"type": "REQUEST", "methodArn": routed.method_arn} | _event(routed)
    return {key: {} if value is None else value for key, value in event.items()}


def _event(routed: RoutedRequest) -> dict[str, Any]:
    request = routed.request
    # API Gateway says how the client came, whatever the client itself says of it; here that is never TLS.
    sent = [(name, value) for name, value in request.headers if name.lower() != "x-forwarded-proto"]
    headers = _grouped([*sent, ("X-Forwarded-Proto", "http")])
    # A plus sign is a space in a query, and only there.
    query = _grouped(parse_qsl(request.target.partition("?")[2], keep_blank_values=True, errors="replace"), fold=False)
    return {
        "resource": routed.route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(routed.path_parameters) or None,
        "stageVariables": None,
        "requestContext": _request_context(routed),
    }


def _grouped(pairs: Sequence[tuple[str, str]], fold: bool = True) -> dict[str, list[str]]:
    """Values by name in the order sent; with `fold`, names that differ only in case are one, spelled as first sent."""
    spelling: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        key = spelling.setdefault(name.lower() if fold else name, name)
        groups.setdefault(key, []).append(value)
    return groups


def _request_context(routed: RoutedRequest) -> dict[str, Any]:
    request = routed.request
    domain = re.sub(r":\d*$", "", request.header("Host"))
    received = routed.received.astimezone(UTC)
    return {
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "stage": routed.stage,
        "protocol": "HTTP/1.1",
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "resourceId": f"{crc32(routed.route.path.encode()):08x}",
        "resourcePath": routed.route.path,
        "httpMethod": request.method,
        "path": f"/{routed.stage}{request.path}",
        "requestId": routed.request_id,
        "extendedRequestId": routed.extended_request_id,
        "requestTime": received.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": int(received.timestamp() * 1000),
        "identity": {"sourceIp": request.source_ip, "userAgent": request.header("User-Agent") or None},
    }


def decode_path_parameter(segment: str) -> str:
    """A path parameter as the proxy integration delivers it: percent-decoded, a plus sign stays one."""
    return unquote(segment, errors="replace")


def response_from(answer: Any) -> HttpResponse:
    """The response that a function's answer stands for.

    `answer` is {statusCode, headers?, multiValueHeaders?, body?, isBase64Encoded?}, as parsed from JSON. Raises
    MalformedAnswerError for anything else, where API Gateway answers 502.
    """
    if not isinstance(answer, dict):
        raise MalformedAnswerError("the answer is not a map")
    if unknown := sorted(answer.keys() - _ANSWER_KEYS):
        raise MalformedAnswerError(f"the answer has keys that a REST API refuses: {', '.join(unknown)}")
    status = answer.get("statusCode")
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedAnswerError("statusCode is not a whole number from 200 to 599")
    headers = _response_headers(answer)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return HttpResponse(status, headers, _response_body(answer))


def _response_headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    single, multiple = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedAnswerError("headers and multiValueHeaders must be maps")
    for name, values in multiple.items():
        if not isinstance(values, list):
            raise MalformedAnswerError("each of multiValueHeaders must be a list")
        pairs.extend((name, _header_value(value)) for value in values)
    # API Gateway merges both maps; a pair that stands in both is sent once.
    pairs.extend(pair for name, value in single.items() if (pair := (name, _header_value(value))) not in pairs)
    if not all(TOKEN.fullmatch(name) for name, _ in pairs):
        raise MalformedAnswerError("a header's name is not a token")
    return [(_client_name(name), value) for name, value in pairs if name.lower() not in _DROPPED_HEADERS]


def _client_name(name: str) -> str:
    return f"x-amzn-remapped-{name.lower()}" if name.lower() in _REMAPPED_HEADERS else name


def _header_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float) or not _HEADER_VALUE.fullmatch(str(value)):
        raise MalformedAnswerError("a header's value is not a text that fits on a header line")
    return str(value)


def _response_body(answer: dict[str, Any]) -> bytes:
    body, encoded = answer.get("body"), answer.get("isBase64Encoded", False)
    if body is not None and not isinstance(body, str):
        raise MalformedAnswerError("body is neither a text nor null")
    if not isinstance(encoded, bool):
        raise MalformedAnswerError("isBase64Encoded is not a boolean")
    if body is None:
        return b""
    if not encoded:
        return body.encode("utf-8")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedAnswerError("body is not base64, though isBase64Encoded is true") from error
