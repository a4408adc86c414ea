"""A request, out of API Gateway's REST proxy event. This is the one place that knows the event's spellings."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlencode

from lms.domain.keys import CourseKey, parse_course_key
from lms.observation import Observation
from lms.settings import settings
from lms.web.errors import not_found

VERSIONS = ("v0.5", "v1", "v2", "v3", "v4")

_COURSE_ID = re.compile(r"[^/+]+[/+][^/+]+[/+][^/?]+")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
_RESERVED_SECONDS = 2.0
"""Kept back of the function's time, to answer what has happened until then."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the authorizer says is calling."""

    username: str
    expires: int
    restricted: bool


class Request:
    """One request. Header names are in lower case; of a repeated query key the last value counts."""

    def __init__(self, event: Mapping[str, Any], context: Any, observed_as: str | None = None) -> None:
        """`observed_as`: the route that logs and metrics name, where it is not the request's."""
        self._event = event
        self._gateway: Mapping[str, Any] = event.get("requestContext") or {}
        self.id = str(self._gateway.get("requestId") or context.aws_request_id)
        self.invocation = str(context.aws_request_id)
        """Lambda's id of this run: unlike the gateway's, also one of a kind behind `sam local`."""
        self.method = str(event["httpMethod"]).upper()
        self.route = str(event.get("resource") or "")
        """The path template, such as `/api/mobile/{version}/users/{username}`."""
        self.headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        self.query = {name: values[-1] for name, values in (event.get("multiValueQueryStringParameters") or {}).items()}
        self.observation = Observation(self.id, observed_as or self.route)
        # The gateway's clock, not ours: every rule of one request sees the same moment.
        self.now = datetime.fromtimestamp(self._gateway["requestTimeEpoch"] / 1000, UTC)
        self.seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - _RESERVED_SECONDS)
        """Seconds that the answer may take, counted from here."""

    @cached_property
    def caller(self) -> Caller | None:
        """The authorizer's word on who is calling."""
        authorizer = self._gateway.get("authorizer") or {}
        if not authorizer.get("username"):
            return None
        return Caller(authorizer["username"], int(float(authorizer["expires"])), authorizer.get("restricted") == "true")

    def header_lines(self, name: str) -> list[str]:
        """Every value of a header, in the order sent; `name` in lower case."""
        lines = [
            line
            for given, lines in (self._event.get("multiValueHeaders") or {}).items()
            if given.lower() == name
            for line in lines
        ]
        return lines or [self.headers.get(name, "")]

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies by name; of a repeated one the last counts, as for Django."""
        pairs = (cookie.partition("=") for cookie in ";".join(self.header_lines("cookie")).split(";"))
        return {name.strip(): value.strip().strip('"') for name, _, value in pairs}

    @cached_property
    def allowed_origin(self) -> str | None:
        """The origin of the page that asks, where CORS_ORIGIN_WHITELIST names it."""
        origin = self.headers.get("origin", "").lower()
        return origin if origin in settings().allowed_origins else None

    @cached_property
    def language(self) -> str:
        """The code of the language to answer in, such as `es-419`. (mobile-users.md 1.6)"""
        accepted = ",".join(self.header_lines("accept-language"))
        default = settings().language_code
        if not accepted and default == "en":
            return default
        # No cold start loads what only a choice of languages needs.
        from lms.domain.languages import negotiate_language

        return negotiate_language(accepted, default, settings().released_languages)

    @cached_property
    def body(self) -> bytes:
        """The body as sent, empty when there is none."""
        body = self._event.get("body") or ""
        return base64.b64decode(body) if self._event.get("isBase64Encoded") else body.encode()

    def path_parameter(self, name: str) -> str:
        """A path variable, decoded: gateways hand it over decoded or as it was sent."""
        return unquote((self._event.get("pathParameters") or {}).get(name) or "")

    def url_with(self, name: str, value: str | None) -> str:
        """The request's own absolute URL with one query key set, or left out; keys sorted, as DRF writes them."""
        pairs = dict(self._event.get("multiValueQueryStringParameters") or {})
        pairs.pop(name, None)
        if value is not None:
            pairs[name] = [value]
        query = urlencode(sorted(pairs.items()), doseq=True)
        return f"{self.base_url}{self._event['path']}" + (f"?{query}" if query else "")

    @cached_property
    def version(self) -> str:
        """The mobile API's version in the path. Raises 404 for one that there is not."""
        version = self.path_parameter("version")
        if version not in VERSIONS:
            raise not_found()
        return version

    @cached_property
    def course(self) -> CourseKey:
        """The course in the path; whatever follows its id is ignored. Raises 404. (mobile-users.md 5.1)"""
        # A `+` may have become a space on the way; a course id holds none of its own.
        match = _COURSE_ID.match(self.path_parameter("course_id").replace(" ", "+"))
        key = parse_course_key(match[0]) if match else None
        if key is None:
            raise not_found()
        return key

    @cached_property
    def base_url(self) -> str:
        """Scheme and host for absolute URLs: the LMS's when it is configured, else the request's own."""
        if settings().lms_root_url:
            return settings().lms_root_url
        host = self.headers.get("host", "")
        if not _HOST.fullmatch(host):
            host = self._gateway.get("domainName") or "localhost"
        scheme = "http" if self.headers.get("x-forwarded-proto", "https") == "http" else "https"
        return f"{scheme}://{host}"
