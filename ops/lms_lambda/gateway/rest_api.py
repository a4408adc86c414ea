"""Answers requests as the API Gateway REST API of template.yaml would. For laptops and tests, never for production.

It has no route table of its own: routes, authorizers and gateway responses are the template's. It does not throttle,
does not end a function at its timeout, and knows no stages, API keys, request validation, mapping templates or CORS.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lms_lambda.gateway.authorizer_answer import AnswerCache, AuthorizerAnswer, read_authorizer_answer
from lms_lambda.gateway.local_function import REQUEST_LIMIT_BYTES, FunctionFailedError, GatewayError, LocalFunction
from lms_lambda.gateway.proxy_event import (
    HttpRequest,
    HttpResponse,
    MalformedAnswerError,
    RoutedRequest,
    authorizer_event,
    decode_path_parameter,
    proxy_event,
    response_from,
)
from lms_lambda.template import Route, Template

__all__ = ["BODY_LIMIT_BYTES", "Gateway", "GatewayError", "HttpRequest", "HttpResponse"]

# API Gateway's quotas for a REST API.
BODY_LIMIT_BYTES = 10 * 1024 * 1024
_HEAD_LIMIT_BYTES = 10_240

# Status and message of API Gateway's own gateway responses, where the template does not say otherwise.
_DEFAULT_RESPONSES = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "Internal server error"),
    "AUTHORIZER_FAILURE": (500, "Internal server error"),
    "DEFAULT_4XX": (400, "Bad Request"),
    "DEFAULT_5XX": (502, "Internal server error"),
    "INVALID_SIGNATURE": (403, "Authorization header requires 'Credential' parameter"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long"),
    "UNAUTHORIZED": (401, "Unauthorized"),
}
_DEFAULT_BODY = '{"message":$context.error.messageString}'
_CONTEXT_VARIABLE = re.compile(r"\$context\.(\w+(?:\.\w+)*)")


class _RefusedError(Exception):
    """The gateway answers by itself, with the gateway response of this type."""

    def __init__(self, response_type: str, authorizer: Mapping[str, str] | None = None) -> None:
        super().__init__(response_type)
        self.response_type = response_type
        self.authorizer = authorizer


class Gateway:
    """The REST API that `template` declares, with the functions' code under `root`, at the time that `now` tells.

    `handle` may be called from many threads at once. Raises GatewayError when a function cannot be loaded.
    """

    def __init__(self, template: Template, root: Path, now: Callable[[], datetime]) -> None:
        self._template = template
        self._now = now
        self._paths = _paths_by_precedence(template.routes)
        invoked = {route.function for route in template.routes}
        invoked |= {authorizer.function for authorizer in template.authorizers.values()}
        self._functions = {name: LocalFunction(template.functions[name], root) for name in sorted(invoked)}
        self._answers = AnswerCache(now)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request. Whatever a function does wrong becomes the response that API Gateway makes of it."""
        request_id = str(uuid.uuid4())
        route = None
        try:
            if _head_size(request) > _HEAD_LIMIT_BYTES:
                raise _RefusedError("DEFAULT_4XX")
            route, path_parameters = self._route(request)
            if len(request.body) > BODY_LIMIT_BYTES:
                raise _RefusedError("REQUEST_TOO_LARGE")
            routed = RoutedRequest(
                request=request,
                route=route,
                path_parameters=path_parameters,
                stage=self._template.stage,
                request_id=request_id,
                extended_request_id=f"{secrets.token_urlsafe(11)}=",
                received=self._now(),
            )
            response = self._invoke_function(routed, self._authorize(routed))
        except _RefusedError as refused:
            response = self.gateway_response(refused.response_type, request_id, refused.authorizer)
        return replace(response, route=route.path if route else None)

    def gateway_response(
        self, response_type: str, request_id: str | None = None, authorizer: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """The gateway response of a type such as REQUEST_TOO_LARGE, as the template declares it.

        A type that is not declared falls back to DEFAULT_4XX or DEFAULT_5XX, and to API Gateway's own status and body.
        """
        request_id = request_id or str(uuid.uuid4())
        status, message = _DEFAULT_RESPONSES[response_type]
        responses = self._template.responses
        declared = responses.get(response_type) or responses.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX")
        values = {
            "error.message": message,
            "requestId": request_id,
            "responseType": response_type,
            **{f"authorizer.{key}": value for key, value in (authorizer or {}).items()},
        }
        body = _render(declared.body if declared and declared.body is not None else _DEFAULT_BODY, values)
        headers = [("Content-Type", "application/json"), ("x-amzn-requestid", request_id)]
        if declared:
            headers.extend(declared.headers.items())
            from_context = {name: (authorizer or {}).get(key) for name, key in declared.from_authorizer.items()}
            headers.extend((name, value) for name, value in from_context.items() if value)
        return HttpResponse(
            status=declared.status if declared and declared.status else status,
            headers=headers,
            body=body.encode("utf-8", "replace"),
        )

    def _route(self, request: HttpRequest) -> tuple[Route, dict[str, str]]:
        for path in self._paths:
            path_parameters = path.match(request.path)
            if path_parameters is None:
                continue
            # The path is chosen before the method: another path that has the method is not tried.
            route = path.routes.get(request.method) or path.routes.get("ANY")
            if route is None:
                break
            return route, path_parameters
        # API Gateway takes an Authorization header on an unknown path for an AWS signature.
        raise _RefusedError("INVALID_SIGNATURE" if request.header("Authorization") else "MISSING_AUTHENTICATION_TOKEN")

    def _authorize(self, routed: RoutedRequest) -> Mapping[str, str] | None:
        if routed.route.authorizer is None:
            return None
        authorizer = self._template.authorizers[routed.route.authorizer]
        identity = tuple(routed.request.header(name) for name in authorizer.headers)
        if not all(identity):
            raise _RefusedError("UNAUTHORIZED")
        key = (authorizer.name, *identity)
        answer = self._answers.get(key) if authorizer.ttl else None
        if answer is None:
            answer = self._invoke_authorizer(self._functions[authorizer.function], routed)
            if authorizer.ttl:
                self._answers.put(key, answer, authorizer.ttl)
        # What is kept is the policy, not the decision: it is evaluated for each request's own method and path.
        if not answer.allows(routed.method_arn):
            raise _RefusedError("ACCESS_DENIED", answer.context)
        return answer.context

    def _invoke_authorizer(self, function: LocalFunction, routed: RoutedRequest) -> AuthorizerAnswer:
        try:
            return read_authorizer_answer(function.invoke(authorizer_event(routed), routed.request_id))
        except FunctionFailedError as failure:
            # The one exception that a REST API takes for an answer.
            if str(failure.__cause__) == "Unauthorized":
                raise _RefusedError("UNAUTHORIZED") from failure
            _report(function.name, failure)
            raise _RefusedError("AUTHORIZER_FAILURE") from failure
        except MalformedAnswerError as malformed:
            _report(function.name, malformed)
            raise _RefusedError("AUTHORIZER_CONFIGURATION_ERROR") from malformed

    def _invoke_function(self, routed: RoutedRequest, authorizer: Mapping[str, str] | None) -> HttpResponse:
        event = proxy_event(routed, authorizer, self._template.binary_media_types)
        # Base64 makes a third more of the body, so Lambda's limit comes before the gateway's.
        if len(json.dumps(event)) > REQUEST_LIMIT_BYTES:
            raise _RefusedError("REQUEST_TOO_LARGE")
        function = self._functions[routed.route.function]
        try:
            response = response_from(function.invoke(event, routed.request_id))
        except (FunctionFailedError, MalformedAnswerError) as error:
            _report(function.name, error)
            raise _RefusedError("DEFAULT_5XX") from error
        return replace(response, headers=[*response.headers, ("x-amzn-requestid", routed.request_id)])


@dataclass(frozen=True)
class _Path:
    """The routes of one path template. A request may close its path with one slash more."""

    pattern: re.Pattern[str]
    names: tuple[str, ...]
    """Of the path parameters, in the order of the pattern's groups."""
    routes: Mapping[str, Route]
    """By method."""

    def match(self, path: str) -> dict[str, str] | None:
        """The path parameters, decoded; None for another path. What was sent is matched, so that %2F is not a slash."""
        matched = self.pattern.fullmatch(path)
        return (
            {name: decode_path_parameter(value) for name, value in zip(self.names, matched.groups(), strict=True)}
            if matched
            else None
        )


def _paths_by_precedence(routes: tuple[Route, ...]) -> list[_Path]:
    """Segment by segment a literal goes before a variable, and a variable before a greedy one."""
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route

    def precedence(path: str) -> list[int]:
        return [2 if segment.endswith("+}") else 1 if segment[:1] == "{" else 0 for segment in path.split("/")]

    return [_path(path, by_path[path]) for path in sorted(by_path, key=precedence)]


def _path(path: str, routes: Mapping[str, Route]) -> _Path:
    names, pattern = [], ""
    for literal, variable, plus in re.findall(r"([^{}]+)|\{([^{}+]+)(\+?)\}", path):
        if variable:
            names.append(variable)
        # Lazy, so that one closing slash is left to the end of the pattern.
        pattern += re.escape(literal) if literal else "(.+?)" if plus else "([^/]+)"
    return _Path(re.compile(pattern if path == "/" else f"{pattern}/?"), tuple(names), routes)


def _head_size(request: HttpRequest) -> int:
    line = len(request.method) + len(request.target) + len("  HTTP/1.1\r\n")
    return line + sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers) + len("\r\n")


def _render(template: str, values: Mapping[str, str]) -> str:
    """The body template with its $context variables; what is not known is empty, and a quote stays inside its text."""

    def value(variable: re.Match[str]) -> str:
        name = variable[1]
        if name == "error.messageString":
            return json.dumps(values["error.message"])
        return json.dumps(values.get(name, ""), ensure_ascii=False)[1:-1]

    return _CONTEXT_VARIABLE.sub(value, template)


def _report(function: str, error: Exception) -> None:
    """Tell the developer on standard error; the client gets none of it."""
    print(f"{function}: {error}", file=sys.stderr)
    if error.__cause__ is not None:
        traceback.print_exception(error.__cause__, file=sys.stderr)
