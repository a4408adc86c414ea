"""Reads template.yaml: the routes, functions, authorizers, gateway responses and the table that it declares.

Only what a local gateway and a local table need is read, and only in the forms that they support; the rest is AWS's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# API Gateway's default for a Lambda authorizer, when ReauthorizeEvery is absent.
_DEFAULT_TTL_SECONDS = 300
# Lambda's defaults.
_DEFAULT_TIMEOUT_SECONDS = 3
_DEFAULT_MEMORY_MB = 128

_SEGMENT = re.compile(r"[^{}/]+|\{[^{}/+]+\+?\}")
_FUNCTION = "AWS::Serverless::Function"
_AUTHORIZER_CONTEXT = "context.authorizer."
_TABLE_KEYS = (
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


class TemplateError(Exception):
    """Something that serving needs is missing from the template, or stands there in a form that is not supported."""


@dataclass(frozen=True)
class Route:
    """A path and a method, and who answers them."""

    path: str
    """A path template such as `/users/{username}/notes/{rest+}`."""
    method: str
    """In upper case; `ANY` is every method."""
    function: str
    """The logical id of the function that answers."""
    authorizer: str | None
    """The name of the authorizer; None for a route that is open to everybody."""


@dataclass(frozen=True)
class Function:
    """A Lambda function."""

    name: str
    """Its logical id."""
    code_uri: str
    """The folder of its code, relative to the template."""
    handler: str
    """`module.function`."""
    timeout: int
    """Seconds."""
    memory: int
    """Megabytes."""


@dataclass(frozen=True)
class Authorizer:
    """A REQUEST authorizer."""

    name: str
    function: str
    """The logical id of its function."""
    headers: tuple[str, ...]
    """The identity sources: its answers are kept by the values of these headers."""
    ttl: int
    """Seconds for which an answer is kept."""

    @property
    def identity_required(self) -> bool:
        """Whether a request without these headers is refused before the function is asked."""
        return bool(self.headers)


@dataclass(frozen=True)
class ResponseTemplate:
    """What a gateway response declares of its own; None where API Gateway's own value stands."""

    status: int | None
    headers: Mapping[str, str]
    """By name, those of which the template gives the text."""
    from_authorizer: Mapping[str, str]
    """By a header's name, the key of the authorizer's context that its text is."""
    body: str | None
    """With `$context` variables in it."""


@dataclass(frozen=True)
class Template:
    """What the template declares."""

    stage: str
    binary_media_types: tuple[str, ...]
    routes: tuple[Route, ...]
    functions: Mapping[str, Function]
    """By logical id."""
    authorizers: Mapping[str, Authorizer]
    """By name."""
    responses: Mapping[str, ResponseTemplate]
    """By type, such as `ACCESS_DENIED`."""
    table: Mapping[str, Any]
    """boto3's `create_table` arguments, without a TableName."""


def read_template(path: Path) -> Template:
    """Read the template at `path`.

    Raises TemplateError, naming the file and the place in it, when it cannot be read or cannot be served.
    """
    document = read_document(path)
    try:
        return _template(_Node(document, ""))
    except TemplateError as error:
        raise TemplateError(f"{path}: {error}") from error


def read_document(path: Path) -> Any:
    """The YAML at `path` as it stands, with `!Ref` and its like written out as maps. Raises TemplateError."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error


def function_properties(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The properties of every Lambda function in a template's YAML."""
    resources = document["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == _FUNCTION]


# libyaml, where PyYAML came with it: fifteen times as fast as the parser in pure Python.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type]
    """SafeLoader that also knows CloudFormation's short tags."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - PyYAML has no fourth kind of node
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_tag)


@dataclass(frozen=True)
class _Node:
    """A part of the template that knows where it stands, so that an error can name the place."""

    value: Any
    where: str
    """Keys and indexes from the top, `Resources.Api.Properties`; empty for the whole template."""

    def __getitem__(self, key: str) -> _Node:
        return _Node(self._map().get(key), f"{self.where}.{key}" if self.where else key)

    def _map(self) -> dict[str, Any]:
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise self.error("a map is expected")
        return self.value

    def items(self) -> list[tuple[str, _Node]]:
        return [(str(key), self[key]) for key in self._map()]

    def elements(self) -> list[_Node]:
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self.error("a list is expected")
        return [_Node(value, f"{self.where}[{index}]") for index, value in enumerate(self.value)]

    def text(self, default: str | None = None) -> str:
        value = default if self.value is None else self.value
        if not isinstance(value, str) or not value:
            raise self.error("missing" if value is None else "a text is expected")
        return value

    def number(self, default: int | None = None) -> int:
        value = default if self.value is None else self.value
        # A quoted number is a number to CloudFormation; a reference to a parameter has no value here.
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error("missing" if value is None else "a whole number is expected")
        return value

    def resource(self) -> str:
        """The logical id that a !Ref, a !GetAtt or a !Sub of one variable points to."""
        if isinstance(self.value, dict) and len(self.value) == 1:
            target = next(iter(self.value.values()))
            if isinstance(target, list) and target:
                target = target[0]
            if isinstance(target, str):
                return target.removeprefix("${").removesuffix("}").split(".", 1)[0]
        raise self.error("missing" if self.value is None else "a reference to a resource is expected")

    def error(self, reason: str) -> TemplateError:
        return TemplateError(f"{self.where or 'the template'}: {reason}")


def _template(document: _Node) -> Template:
    api_name, api = _only_resource(document, "AWS::Serverless::Api")
    shared = document["Globals"]["Function"]
    functions = {name: _function(name, node, shared) for name, node in _resources(document, _FUNCTION)}
    auth = api["Auth"]
    authorizers = {name: _authorizer(name, node, functions) for name, node in auth["Authorizers"].items()}
    return Template(
        stage=api["StageName"].text(),
        # SAM takes a media type with ~1 for its slash, as a JSON pointer is written.
        binary_media_types=tuple(node.text().replace("~1", "/") for node in api["BinaryMediaTypes"].elements()),
        routes=_routes(document, api_name, auth["DefaultAuthorizer"], authorizers),
        functions=functions,
        authorizers=authorizers,
        responses={name: _response(node) for name, node in api["GatewayResponses"].items()},
        table=_table(_only_resource(document, "AWS::DynamoDB::Table")[1]),
    )


def _resources(document: _Node, kind: str) -> list[tuple[str, _Node]]:
    return [(name, node["Properties"]) for name, node in document["Resources"].items() if node["Type"].value == kind]


def _only_resource(document: _Node, kind: str) -> tuple[str, _Node]:
    found = _resources(document, kind)
    if len(found) != 1:
        raise document["Resources"].error(f"one {kind} is expected, there are {len(found)}")
    return found[0]


def _function(name: str, properties: _Node, shared: _Node) -> Function:
    def own_or_shared(key: str) -> _Node:
        own = properties[key]
        return own if own.value is not None or shared[key].value is None else shared[key]

    handler = own_or_shared("Handler")
    if not re.fullmatch(r"[\w/]+\.\w+", handler.text()):
        raise handler.error("module.function is expected")
    return Function(
        name=name,
        code_uri=own_or_shared("CodeUri").text(),
        handler=handler.text(),
        timeout=own_or_shared("Timeout").number(_DEFAULT_TIMEOUT_SECONDS),
        memory=own_or_shared("MemorySize").number(_DEFAULT_MEMORY_MB),
    )


def _authorizer(name: str, node: _Node, functions: Mapping[str, Function]) -> Authorizer:
    if node["FunctionPayloadType"].value != "REQUEST":
        raise node["FunctionPayloadType"].error("only REQUEST authorizers are supported")
    identity = node["Identity"]
    for key, unsupported in identity.items():
        if key not in ("Headers", "ReauthorizeEvery"):
            raise unsupported.error("only Headers and ReauthorizeEvery are supported")
    function = node["FunctionArn"].resource()
    if function not in functions:
        raise node["FunctionArn"].error(f"there is no function {function}")
    headers = tuple(header.text() for header in identity["Headers"].elements())
    ttl = identity["ReauthorizeEvery"].number(_DEFAULT_TTL_SECONDS)
    if ttl and not headers:
        raise identity.error("Headers are needed to keep results; without them ReauthorizeEvery must be 0")
    return Authorizer(name=name, function=function, headers=headers, ttl=ttl)


def _routes(document: _Node, api_name: str, default: _Node, authorizers: Mapping[str, Authorizer]) -> tuple[Route, ...]:
    routes: dict[tuple[str, str], Route] = {}
    for function, properties in _resources(document, _FUNCTION):
        for _, event in properties["Events"].items():
            if event["Type"].value != "Api":
                continue
            api = event["Properties"]
            if api["RestApiId"].resource() != api_name:
                raise api["RestApiId"].error(f"{api_name} is expected")
            own = api["Auth"]["Authorizer"]
            declared = own if own.value is not None else default
            authorizer = declared.text("NONE")
            if authorizer != "NONE" and authorizer not in authorizers:
                raise declared.error(f"there is no authorizer {authorizer}")
            route = Route(
                path=_path(api["Path"]),
                method=api["Method"].text().upper(),
                function=function,
                authorizer=None if authorizer == "NONE" else authorizer,
            )
            if (route.path, route.method) in routes:
                raise api.error(f"{route.method} {route.path} is declared twice")
            routes[route.path, route.method] = route
    if not routes:
        raise document["Resources"].error("no function has an Api event")
    return tuple(routes.values())


def _path(node: _Node) -> str:
    path = node.text()
    segments = path[1:].split("/") if path != "/" else []
    if not path.startswith("/") or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise node.error("a path of literals, {variable} and {greedy+}, without a closing slash, is expected")
    if any(segment.endswith("+}") for segment in segments[:-1]):
        raise node.error("a greedy variable must come last")
    return path


def _response(node: _Node) -> ResponseTemplate:
    headers, from_authorizer = {}, {}
    for name, header in node["ResponseParameters"]["Headers"].items():
        text = header.text()
        if len(text) >= 2 and text[0] == text[-1] == "'":
            headers[name] = text[1:-1]
        elif text.startswith(_AUTHORIZER_CONTEXT):
            from_authorizer[name] = text.removeprefix(_AUTHORIZER_CONTEXT)
        else:
            raise header.error("only a constant in single quotes or context.authorizer.KEY is supported")
    status, body = node["StatusCode"], node["ResponseTemplates"]["application/json"]
    return ResponseTemplate(
        status=None if status.value is None else status.number(),
        headers=headers,
        from_authorizer=from_authorizer,
        body=None if body.value is None else body.text(),
    )


def _table(properties: _Node) -> dict[str, Any]:
    for key in ("KeySchema", "AttributeDefinitions"):
        if not properties[key].elements():
            raise properties[key].error("missing")
    return {key: properties[key].value for key in _TABLE_KEYS if properties[key].value is not None}
