"""Schemas of the answers: what becomes of a shape's types and words, and that the document has every shape."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired

import pytest

from lms.web import shapes
from lms.web.shapes.schema import DateTime, Schema, TypedDict, extra_items
from lms_lambda.openapi.shapes import ShapeSchemas
from tests.document import document
from tests.unit.builders import cases


class InnerJson(TypedDict):
    number: int


class BaseJson(TypedDict):
    """A base."""

    first: Annotated[str, Schema("The first.", examples=["a"])]


class OuterJson(BaseJson):
    """What is derived."""

    inner: Annotated[InnerJson, Schema("Another shape.")]
    anything: Any
    perhaps: NotRequired[Annotated[bool, Schema(const=True)]]


@extra_items(str)
class OpenJson(TypedDict):
    named: int


class Nameless(TypedDict):
    number: int


def components_of(hint: Any) -> dict[str, Any]:
    components: dict[str, Any] = {}
    ShapeSchemas(components, "#/{model}").of(hint)
    return components


def test_a_shape_has_the_keys_of_its_base_and_no_others_and_its_shapes_stand_by_themselves() -> None:
    assert components_of(OuterJson) == {
        "Outer": {
            "type": "object",
            "description": "What is derived.",
            "properties": {
                "first": {"type": "string", "description": "The first.", "examples": ["a"]},
                "inner": {"$ref": "#/Inner", "description": "Another shape."},
                "anything": {},
                "perhaps": {"type": "boolean", "const": True},
            },
            "required": ["first", "inner", "anything"],
            "additionalProperties": False,
        },
        "Inner": {
            "type": "object",
            "properties": {"number": {"type": "integer"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    }


def test_a_shape_that_takes_more_keys_says_what_their_values_are() -> None:
    assert components_of(OpenJson)["Open"]["additionalProperties"] == {"type": "string"}


@cases(
    "hint, expected",
    {
        "null": (None | str, {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        "one literal": (Literal["a"], {"type": "string", "const": "a"}),
        "several literals": (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        "a list": (list[InnerJson], {"type": "array", "items": {"$ref": "#/Inner"}}),
        "a map": (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        "the outer words before the inner": (
            Annotated[Annotated[str, Schema("In.", pattern="a")], Schema("Out.")],
            {"type": "string", "description": "Out.", "pattern": "a"},
        ),
    },
)
def test_what_becomes_of_a_type(hint: Any, expected: dict[str, Any]) -> None:
    assert ShapeSchemas({}, "#/{model}").of(hint) == expected


def test_a_moment_in_a_shape_keeps_its_own_words_beside_null() -> None:
    either = ShapeSchemas({}, "#/{model}").of(DateTime | None)["anyOf"]

    assert [schema["type"] for schema in either] == ["string", "null"]
    assert either[0]["format"] == "date-time"


@cases(
    "hint", {"a number that answers have not": float, "a class whose name is no shape's": Nameless, "a tuple": tuple}
)
def test_another_type_is_an_error(hint: Any) -> None:
    with pytest.raises(TypeError, match="not a type of which answers are made"):
        components_of(hint)


# The shapes of the API


def each_shape() -> Iterator[type]:
    for module in pkgutil.iter_modules(shapes.__path__, f"{shapes.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name and dict in value.__mro__[1:-1]:
                yield value


def test_the_document_has_every_shape_but_bases() -> None:
    described = {f"{name}Json" for name in document()["components"]["schemas"]}
    found = [shape for shape in each_shape() if not shape.__subclasses__()]

    assert len(found) > 25
    unused = [shape.__name__ for shape in found if shape.__name__ not in described]
    assert not unused, "describe the answer in ops/lms_lambda/openapi/endpoints.py, then `make openapi`"


def test_a_shape_costs_a_cold_start_nothing() -> None:
    for shape in each_shape():
        evaluated = [name for name, hint in vars(shape).get("__annotations__", {}).items() if not isinstance(hint, str)]
        assert not evaluated, f"{shape.__module__}: from __future__ import annotations is missing"
