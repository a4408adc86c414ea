"""The OpenAPI document as a judge of answers: every answer that any test receives passes through `check_answer`.

What the document does not list, or describes differently, fails the test that met it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from lms_lambda.dynamodb.tables import ROOT

DOCUMENT = ROOT / "docs/openapi.json"


@dataclass(frozen=True)
class Served:
    """A path of the document: which requests are its own, and its path item."""

    pattern: re.Pattern[str]
    literals: int
    item: Mapping[str, Any]


@cache
def document() -> dict[str, Any]:
    """The committed document; that the code still makes the same is a test of its own."""
    read: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return read


def check_answer(
    method: str, target: str, status: int, headers: Mapping[str, str], body: bytes, preflight: bool = False
) -> None:
    """Raise AssertionError for an answer that the document does not allow. Names of headers are in lower case."""
    path = target.partition("?")[0]
    served = _served(path)
    if served is None:
        assert status in (400, 404, 413), f"the document does not know {path}, which answers {status}"
        return
    operation = served.item.get(method.lower())
    # What the gateway refuses has not met the function, and so not the method.
    responses = operation["responses"] if operation else _any_responses(served.item)
    assert str(status) in responses, f"{method} {path} answers {status}, which the document does not list"
    response = _resolved(responses[str(status)])
    for name, header in response.get("headers", {}).items():
        value = headers.get(name.lower())
        assert value is not None or not header.get("required"), f"{method} {path}: {status} without the header {name}"
        if value is not None:
            _check(f"the header {name} of {method} {path}, {status}", header["schema"], value)
    if method == "HEAD":
        assert not body, f"HEAD {path} answers a body"
    elif "content" not in response or (preflight and not body):
        assert not body, f"{method} {path}: {status} has a body, and the document knows of none"
    else:
        media_type = headers.get("content-type", "")
        assert media_type in response["content"], f"{method} {path}: {status} is of media type {media_type}"
        schema = response["content"][media_type]["schema"]
        _check(f"the body of {method} {path}, {status}", schema, json.loads(body))


def _any_responses(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a method that is not described may get: the refusals of those that are, and a 405."""
    refusals: dict[str, Any] = {"405": {"$ref": "#/components/responses/MethodNotAllowed"}}
    for operation in operations(item).values():
        refusals |= {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    return refusals


def operations(item: Mapping[str, Any]) -> dict[str, Any]:
    """The operations of a path item, by method."""
    return {name: value for name, value in item.items() if name != "parameters"}


def _served(path: str) -> Served | None:
    matching = [served for served in _paths() if served.pattern.fullmatch(path)]
    # A literal goes before a variable, as in OpenAPI itself.
    return max(matching, key=lambda served: served.literals, default=None)


@cache
def _paths() -> list[Served]:
    return list(_read_paths())


def _read_paths() -> Iterator[Served]:
    for path, item in document()["paths"].items():
        greedy = {parameter["name"] for parameter in item.get("parameters", []) if parameter.get("x-greedy")}
        pattern, literals = "", 0
        for literal, variable in re.findall(r"([^{}]+)|\{([^{}]+)\}", path):
            # Any version is matched: that another one is a 404 stands in the document, too.
            pattern += re.escape(literal) if literal else "(.+?)" if variable in greedy else "([^/]+)"
            literals += len(literal)
        yield Served(re.compile(f"{pattern}/?"), literals, item)


def _resolved(response: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in response:
        return response
    name = response["$ref"].rpartition("/")[2]
    named: Mapping[str, Any] = document()["components"]["responses"][name]
    return named


def _check(what: str, schema: Mapping[str, Any], value: Any) -> None:
    validator = validator_of(json.dumps(schema))
    if not validator.is_valid(value):
        wrong = "; ".join(
            f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)
        )
        raise AssertionError(f"{what} is not as the document describes it (or `make openapi` was not run): {wrong}")


@cache
def validator_of(schema: str) -> jsonschema_rs.Draft202012Validator:
    """A compiled validator of a schema, in JSON, that may point at the document's components."""
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": document()["components"]})
