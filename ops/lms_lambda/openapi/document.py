"""Makes the OpenAPI document: routes and security from template.yaml, methods and names from the handlers, the rest
from the descriptions of this package. What is not described, or described and not there, is an error."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lms.domain.errors import UnavailableError
from lms.domain.tokens import EXPIRED, INVALID, NO_CREDENTIALS, NO_USERNAME, NOT_PROVIDED, TOKEN_WITH_SPACES
from lms.web.endpoint import EndpointDescription
from lms.web.errors import (
    method_not_allowed,
    not_acceptable,
    not_found,
    permission_denied,
    server_error,
    too_large,
    unsupported_media_type,
)
from lms.web.request import VERSIONS
from lms.web.response import COMMON_HEADERS
from lms.web.shapes.options import PARSES, MetadataJson
from lms_lambda.gateway.local_function import load_handler
from lms_lambda.openapi.describe import Answer, Detail, Narrowed, Operation, UndescribedError, Variant, refusal
from lms_lambda.openapi.endpoints import ENDPOINTS, VARIABLES
from lms_lambda.openapi.schemas import Schemas, gateway_detail
from lms_lambda.openapi.security import AUTHORIZERS, SECURITY_SCHEMES, security
from lms_lambda.template import ResponseTemplate, Route, Template

_JSON = PARSES[0]
_VARIABLE = re.compile(r"\{([^{}+]+)(\+?)\}")
_GENERIC = ("HEAD", "OPTIONS")
"""Methods that are the same at every endpoint."""

_NAMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    406: "NotAcceptable",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequests",
    500: "InternalServerError",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
}
"""Names of the responses that operations share."""

_ABOUT = """\
Open edX's mobile users API and course-team support API, on AWS Lambda and one DynamoDB table.

- Every path is served with and without a slash at its end.
- Any method that is not shown is a 405, once the caller is authenticated.
- Query parameters that are not shown are ignored.
- Answers are JSON in UTF-8, compressed with gzip where they are large and the client takes it.
- Any other path is a 404."""

_CORS_HEADERS = {
    "Access-Control-Allow-Origin": {
        "description": "The request's origin, where the site's CORS_ORIGIN_WHITELIST names it.",
        "schema": {"type": "string"},
    },
    "Access-Control-Allow-Credentials": {
        "description": "Comes with the origin.",
        "schema": {"type": "string", "const": "true"},
    },
}
_NOSNIFF = "X-Content-Type-Options"
_NOTHING_BUT_JSON = "A browser must take the body for nothing but JSON."
_GATEWAY_HEADERS = {
    _NOSNIFF: _NOTHING_BUT_JSON,
    "WWW-Authenticate": "How to authenticate.",
    "Retry-After": "Seconds.",
    "Vary": "What the answer depends on.",
    **{name: str(header["description"]) for name, header in _CORS_HEADERS.items()},
}


def document(template: Template, root: Path, endpoints: Mapping[str, Sequence[Variant]] = ENDPOINTS) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the API that `template` declares, whose functions' code is under `root`.

    Raises UndescribedError, naming what is missing, and GatewayError for a function that cannot be loaded.
    """
    return _Maker(template, root, endpoints).document()


def as_text(made: Mapping[str, Any]) -> str:
    """The document as it is committed: keys sorted, two spaces of indent."""
    return json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class _Maker:
    def __init__(self, template: Template, root: Path, endpoints: Mapping[str, Sequence[Variant]]) -> None:
        self._template = template
        self._root = root
        self._endpoints = endpoints
        self._schemas = Schemas()
        self._responses: dict[str, Any] = {}

    def document(self) -> dict[str, Any]:
        paths, described = {}, set()
        for path, routes in self._routes().items():
            for variant_path, item, name in self._items(path, routes):
                paths[variant_path] = item
                described.add(name)
        if unused := self._endpoints.keys() - described:
            raise UndescribedError(f"described, but there is no route to it: {', '.join(sorted(unused))}")
        self._responses["MethodNotAllowed"] = self._response(
            [refusal("The endpoint does not take this method.", method_not_allowed("POST"), others=True)],
            {"Allow": {"required": True, "description": "The methods that it takes.", "schema": {"type": "string"}}},
        )
        project = tomllib.loads((self._root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return {
            "openapi": "3.1.1",
            "info": {"title": project["name"], "version": project["version"], "description": _ABOUT},
            "servers": [{"url": "/"}],
            "tags": [{"name": name} for name in self._endpoints],
            "paths": paths,
            "components": {
                "schemas": self._schemas.components,
                "responses": self._responses,
                "securitySchemes": dict(SECURITY_SCHEMES),
            },
        }

    def _routes(self) -> dict[str, dict[str, Route]]:
        """Routes by path and method; of several paths to one function the shorter first."""
        by_path: dict[str, dict[str, Route]] = {}
        for route in sorted(self._template.routes, key=lambda route: (route.function, len(route.path), route.path)):
            by_path.setdefault(route.path, {})[route.method] = route
        return by_path

    def _items(self, path: str, routes: Mapping[str, Route]) -> Iterable[tuple[str, dict[str, Any], str]]:
        """A path of the document for each variant of the endpoint, its path item, and the endpoint's name."""
        functions = {route.function for route in routes.values()}
        if len(functions) != 1:
            raise UndescribedError(f"{path} has several functions, which no description provides for")
        endpoint = self._endpoint(functions.pop())
        reached = {method: route for method in endpoint.methods if (route := routes.get(method) or routes.get("ANY"))}
        if missing := set(endpoint.methods) - reached.keys():
            raise UndescribedError(f"{endpoint.name}: no route to {', '.join(sorted(missing))} {path}")
        if undescribed := {route.authorizer for route in routes.values()} - {None, *AUTHORIZERS}:
            raise UndescribedError(f"{path}: authorizer {', '.join(sorted(map(str, undescribed)))} is not described")
        suffix = self._suffix(path, endpoint)
        for variant in self._variants(endpoint):
            parameters = [
                _path_variable(name, bool(plus), variant, path)
                for name, plus in _VARIABLE.findall(path)
                if name != "version" or len(variant.versions) != 1
            ]
            of_variant = suffix + (
                "V" + variant.versions[0].strip("v").replace(".", "") if len(variant.versions) == 1 else ""
            )
            methods = {
                method.lower(): self._operation(endpoint, variant, method, reached[method], of_variant)
                for method in endpoint.methods
            }
            shown = path.replace("+}", "}")
            if len(variant.versions) == 1:
                shown = shown.replace("{version}", variant.versions[0])
            yield shown, {**({"parameters": parameters} if parameters else {}), **methods}, endpoint.name

    def _suffix(self, path: str, endpoint: EndpointDescription) -> str:
        """What tells the operations of a function's further paths from those of its first."""
        of_function = [
            route.path for routes in self._routes().values() for route in routes.values()
            if self._endpoint(route.function).name == endpoint.name
        ]  # fmt: skip
        return "" if path == of_function[0] else _VARIABLE.findall(path)[-1][0].capitalize()

    def _endpoint(self, function: str) -> EndpointDescription:
        handler = load_handler(self._template.functions[function], self._root)
        endpoint = getattr(handler, "endpoint", None)
        if not isinstance(endpoint, EndpointDescription):
            raise UndescribedError(f"{function}: its handler is not made by @endpoint")
        return endpoint

    def _variants(self, endpoint: EndpointDescription) -> Sequence[Variant]:
        variants = self._endpoints.get(endpoint.name)
        if variants is None:
            raise UndescribedError(f"{endpoint.name}: it has a route, but no description")
        versions = sorted(version for variant in variants for version in variant.versions)
        if versions and versions != sorted(VERSIONS):
            raise UndescribedError(f"{endpoint.name}: described in versions {', '.join(versions)}")
        own = set(endpoint.methods) - set(_GENERIC)
        for variant in variants:
            if missing := own - variant.operations.keys():
                raise UndescribedError(f"{endpoint.name}: {', '.join(sorted(missing))} is not described")
            if surplus := variant.operations.keys() - own:
                raise UndescribedError(f"{endpoint.name}: it does not take {', '.join(sorted(surplus))}")
        return variants

    # --- Operations ---------------------------------------------------------------------------------------------------

    def _operation(
        self, endpoint: EndpointDescription, variant: Variant, method: str, route: Route, suffix: str
    ) -> dict[str, Any]:
        operation = (
            _options(endpoint) if method == "OPTIONS" else variant.operations["GET" if method == "HEAD" else method]
        )
        made: dict[str, Any] = {
            "operationId": f"{method.lower()}{endpoint.name.replace(' ', '')}{suffix}",
            "tags": [endpoint.name],
            "summary": f"{operation.summary}, without a body" if method == "HEAD" else operation.summary,
            "description": operation.description,
            "responses": self._answers(endpoint, operation, method, route),
            "security": security(route.authorizer, method) if route.authorizer else [],
        }
        if operation.parameters:
            made["parameters"] = list(operation.parameters)
        if operation.bodies:
            made["requestBody"] = {
                "required": operation.body_required,
                "content": {
                    kind: {"schema": self._schemas.of_request(body)} for kind, body in operation.bodies.items()
                },
            }
        return made

    def _answers(
        self, endpoint: EndpointDescription, operation: Operation, method: str, route: Route
    ) -> dict[str, Any]:
        own: dict[int, list[Answer]] = {}
        for answer in operation.answers:
            own.setdefault(answer.status, []).append(answer)
        common: dict[int, list[Answer]] = {}
        for answer in self._common(endpoint, operation, route):
            common.setdefault(answer.status, []).append(answer)
        always = {
            "Allow": _constant(", ".join(endpoint.methods), "The methods that the endpoint takes."),
            "Cache-Control": _constant(COMMON_HEADERS["Cache-Control"], "Answers are personal."),
            "Content-Language": {
                "description": "The language of dates in the answer; missing where it answers a preflight.",
                "schema": {"type": "string", "examples": ["en"]},
            },
            _NOSNIFF: _constant(COMMON_HEADERS[_NOSNIFF], _NOTHING_BUT_JSON),
            **(_CORS_HEADERS if endpoint.for_web_pages else {}),
        }
        responses = {}
        for status in sorted(own.keys() | common.keys()):
            answers = [*own.get(status, []), *common.get(status, [])]
            if status < 400:
                response = self._response(answers, always)
            elif status in own:
                response = self._response(answers, {})
            else:
                response = self._response(answers, {})
                # Said once, where it is the same everywhere.
                if self._responses.setdefault(_NAMES[status], response) == response:
                    response = {"$ref": f"#/components/responses/{_NAMES[status]}"}
            if method == "HEAD":
                response = self._response(answers, always if status < 400 else {})
                response.pop("content", None)
                response.pop("links", None)
            responses[str(status)] = response
        return responses

    def _common(self, endpoint: EndpointDescription, operation: Operation, route: Route) -> Iterable[Answer]:
        """What any operation may answer: the gateway by itself, or the function before it is the endpoint's turn."""
        yield self._gateway_answer(400, "DEFAULT_4XX", "The request cannot be read, or its headers are too large.")
        if route.authorizer:
            challenge = self._template.responses["ACCESS_DENIED"].headers["WWW-Authenticate"]
            yield Answer(
                401,
                "There is no token, or it is not good.",
                Detail((NOT_PROVIDED, INVALID, EXPIRED, NO_USERNAME, NO_CREDENTIALS, TOKEN_WITH_SPACES)),
                {
                    "WWW-Authenticate": _constant(challenge, "How to authenticate.", required=False),
                    "x-amzn-remapped-www-authenticate": _constant(
                        challenge, "The same, where a token expired while its authorization was kept.", required=False
                    ),
                },
            )
            if self._template.authorizers[route.authorizer].identity_required:
                yield self._gateway_answer(401, "UNAUTHORIZED", "")
            yield self._gateway_answer(401, "ACCESS_DENIED", "")
            reason = "The path names another user, or the token" if endpoint.own_user else "The token"
            yield refusal(f"{reason} is one of a restricted application.", permission_denied())
        yield self._gateway_answer(403, "WAF_FILTERED", "The firewall refuses the request, where there is one.")
        if endpoint.versioned:
            yield refusal("The API has no such version.", not_found())
        yield refusal(
            "`Accept` excludes JSON, or the answer is too large to be sent without compression.",
            *(not_acceptable(), too_large()),
        )
        yield self._gateway_answer(413, "REQUEST_TOO_LARGE", "The body is larger than 10 MB, or 6 MB in base64.")
        if operation.bodies:
            yield refusal("The body is of another media type.", unsupported_media_type("text/plain"), others=True)
        yield self._gateway_answer(429, "THROTTLED", "There are too many requests at once.")
        yield refusal("Something of ours is wrong.", server_error())
        yield self._gateway_answer(500, "DEFAULT_5XX", "")
        yield self._gateway_answer(502, "DEFAULT_5XX", "A function ended without an answer.")
        seconds = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
        yield refusal("The table does not answer, or a setting cannot be read.", UnavailableError(""), headers=seconds)
        yield self._gateway_answer(504, "INTEGRATION_TIMEOUT", "A function took longer than 29 s.")

    def _gateway_answer(self, status: int, response_type: str, when: str) -> Answer:
        declared = self._template.responses.get(response_type)
        if declared is None or declared.body is None:
            raise UndescribedError(f"the template does not say what the gateway answers as {response_type}")
        if declared.status not in (None, status):
            raise UndescribedError(f"{response_type} answers {declared.status}, and is described as {status}")
        return Answer(status, when, gateway_detail(declared.body), _declared_headers(declared))

    def _response(self, answers: Sequence[Answer], headers: Mapping[str, Any]) -> dict[str, Any]:
        """An OpenAPI response object for all that stands behind one status."""
        named = {name: header for answer in answers for name, header in answer.headers.items()}
        links = {name: link for answer in answers for name, link in answer.links.items()}
        described = [answer.body for answer in answers if answer.body is not None]
        response: dict[str, Any] = {"description": " ".join(answer.when for answer in answers if answer.when)}
        if named or headers:
            response["headers"] = {**headers, **named}
        if described:
            response["content"] = {_JSON: {"schema": self._schemas.of_answers(described)}}
        if links:
            response["links"] = links
        return response


def _options(endpoint: EndpointDescription) -> Operation:
    named = Narrowed(MetadataJson, {"name": endpoint.name})
    return Operation(
        summary="Tell what the endpoint takes",
        description="The endpoint's name and media types; the methods are in `Allow`."
        + (" A browser's preflight is answered in headers alone." if endpoint.for_web_pages else ""),
        answers=[Answer(200, "What the endpoint takes.", named)],
    )


def _path_variable(name: str, greedy: bool, variant: Variant, path: str) -> dict[str, Any]:
    if name not in VARIABLES:
        raise UndescribedError(f"{path}: the variable {name} is not described")
    described = {"name": name, "in": "path", "required": True, **VARIABLES[name]}
    if name == "version" and variant.versions:
        versions = list(variant.versions)
        described |= {"schema": {**VARIABLES[name]["schema"], "enum": versions}, "example": versions[-1]}
    # OpenAPI has no word for a variable that takes the rest of the path.
    return described | ({"x-greedy": True} if greedy else {})


def _constant(value: str, description: str, required: bool = True) -> dict[str, Any]:
    return {"required": required, "description": description, "schema": {"type": "string", "const": value}}


def _declared_headers(declared: ResponseTemplate) -> dict[str, Any]:
    """The headers of a gateway response; none is required, because the function may have answered."""
    headers = {}
    for name in (*declared.headers, *declared.from_authorizer):
        if name not in _GATEWAY_HEADERS:
            raise UndescribedError(f"the header {name} of a gateway response is not described")
        value = declared.headers.get(name)
        # The function's own says more.
        if value is None or name == "Vary":
            headers[name] = {"description": _GATEWAY_HEADERS[name], "schema": {"type": "string"}}
        else:
            headers[name] = _constant(value, _GATEWAY_HEADERS[name], required=False)
    return headers
