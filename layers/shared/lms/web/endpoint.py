"""What every endpoint does around its own few lines: who may call, which methods, errors, logs, metrics."""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lms import deadline
from lms.domain.errors import DomainError, UnavailableError
from lms.domain.tokens import EXPIRED, NOT_PROVIDED
from lms.domain.users import same_username
from lms.settings import SettingsError
from lms.web.cors import cors_headers, is_preflight, preflight_headers
from lms.web.errors import (
    HttpError,
    http_error,
    method_not_allowed,
    not_acceptable,
    permission_denied,
    server_error,
    unauthorized,
    unavailable,
)
from lms.web.request import Caller, Request
from lms.web.response import Response, render
from lms.web.shapes.options import metadata_json

Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EndpointDescription:
    """What an endpoint says of itself: it stands on the handler as `endpoint`, for the OpenAPI document."""

    name: str
    methods: tuple[str, ...]
    versioned: bool = False
    own_user: bool = False
    for_web_pages: bool = True


def endpoint(
    name: str, methods: Sequence[str], versioned: bool = True, own_user: bool = False, for_web_pages: bool = False
) -> Callable[[Callable[[Request, Caller], Response]], Handler]:
    """Make a Lambda handler of a function from a request and its caller to a response.

    `name`: how OPTIONS calls the endpoint. `methods`: those it takes; any other is a 405. `versioned`: the path names a
    version of the mobile API. `own_user`: the user in the path must be the caller. `for_web_pages`: browsers call it
    from other origins, so its OPTIONS needs no token.
    """

    def decorate(answer: Callable[[Request, Caller], Response]) -> Handler:
        def respond(request: Request) -> Response:
            if for_web_pages and request.method == "OPTIONS":
                return _options(request, name, methods)
            caller = _admit(request, versioned, own_user)
            _refuse_other_methods(request, methods)
            return _options(request, name, methods) if request.method == "OPTIONS" else answer(request, caller)

        return _handler(respond, EndpointDescription(name, tuple(methods), versioned, own_user, for_web_pages))

    return decorate


def open_endpoint(name: str, methods: Sequence[str]) -> Callable[[Callable[[Request], Response]], Handler]:
    """Make a Lambda handler of a function that answers everybody, web pages of other origins too."""

    def decorate(answer: Callable[[Request], Response]) -> Handler:
        def respond(request: Request) -> Response:
            _refuse_other_types(request)
            _refuse_other_methods(request, methods)
            return _options(request, name, methods) if request.method == "OPTIONS" else answer(request)

        return _handler(respond, EndpointDescription(name, tuple(methods)))

    return decorate


def _handler(respond: Callable[[Request], Response], described: EndpointDescription) -> Handler:
    def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        request = Request(event, context)
        with deadline.within(request.seconds):
            response = _answered(respond, request)
        headers = {"Allow": ", ".join(described.methods), **response.headers}
        rendered = render(request, replace(response, headers=headers))
        request.observation.end(rendered["statusCode"], (time.perf_counter() - started) * 1000)
        return rendered

    handler.__dict__["endpoint"] = described
    return handler


def _options(request: Request, name: str, methods: Sequence[str]) -> Response:
    """What the endpoint takes: for a browser in headers, for anybody else in words."""
    if is_preflight(request):
        return Response(200, None, preflight_headers(request, methods))
    return Response(200, metadata_json(name))


def _answered(respond: Callable[[Request], Response], request: Request) -> Response:
    """The response, or the error that stands in for it: a page of an allowed origin may read either.

    As in the LMS, every answer but that to a preflight names its language. (mobile-users.md 1.6)
    """
    try:
        language = {} if is_preflight(request) else {"Content-Language": request.language}
        added = {**cors_headers(request), **language}
    except SettingsError as error:
        request.observation.error("settings", reason=str(error))
        return _error_response(unavailable())
    response = _response_or_error(respond, request)
    return replace(response, headers={**added, **response.headers})


def _response_or_error(respond: Callable[[Request], Response], request: Request) -> Response:
    try:
        return respond(request)
    except HttpError as error:
        return _error_response(error)
    except Exception as error:
        answer = http_error(error) if isinstance(error, DomainError) else None
        if answer is None:
            return _unhandled(request, error)
        if isinstance(error, UnavailableError):
            request.observation.error("table unavailable", reason=str(error))
        return _error_response(answer)


def _error_response(error: HttpError) -> Response:
    return Response(error.status, error.body, error.headers)


def _unhandled(request: Request, error: Exception) -> Response:
    """The last resort, for our own mistakes. The message is left out of the log: it may quote the request."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    # What the table refuses has a code, which tells a missing right from a missing table.
    code = getattr(error, "code", None)
    named = {"code": code} if isinstance(code, str) else {}
    request.observation.error("unhandled", error=type(error).__name__, **named, frames=frames)
    return _error_response(server_error())


def _admit(request: Request, versioned: bool, own_user: bool) -> Caller:
    """The caller, if the request may go on. The order is DRF's: route, `Accept`, authentication, permission."""
    if versioned:
        _ = request.version
    _refuse_other_types(request)
    caller = request.caller
    if caller is None:
        raise unauthorized(NOT_PROVIDED)
    # The gateway may keep an authorizer's answer for 300 s longer than the token is good.
    if caller.expires <= request.now.timestamp():
        raise unauthorized(EXPIRED)
    if caller.restricted or (own_user and not same_username(request.path_parameter("username"), caller.username)):
        raise permission_denied()
    return caller


def _refuse_other_types(request: Request) -> None:
    if not _accepts_json(request.headers.get("accept", "")):
        raise not_acceptable()


def _refuse_other_methods(request: Request, methods: Sequence[str]) -> None:
    if request.method not in methods:
        raise method_not_allowed(request.method)


def _accepts_json(accept: str) -> bool:
    ranges = [choice.partition(";")[0].strip().lower() for choice in accept.split(",") if choice.strip()]
    return not ranges or not {"*/*", "application/*", "application/json"}.isdisjoint(ranges)
