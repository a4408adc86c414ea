"""JSON schemas of answers, made of the TypedDicts of lms.web.shapes."""

import inspect
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from lms.web.shapes.schema import Schema

_TYPES = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}
_SUFFIX = "Json"


class ShapeSchemas:
    """The schemas of shapes, and of the shapes in them, by name: what the document needs no word for is left out."""

    def __init__(self, components: dict[str, Any], reference: str) -> None:
        """`components`: where they are put. `reference`: what points at one of them, with `{model}` for its name."""
        self._components = components
        self._reference = reference

    def of(self, hint: Any) -> dict[str, Any]:
        """The schema of a type that stands in a shape, or of a shape itself. Raises TypeError for any other type."""
        arguments = get_args(hint)
        match get_origin(hint):
            case None if hint is Any:
                return {}
            case None if hint in _TYPES:
                return {"type": _TYPES[hint]}
            case None if isinstance(hint, type) and hint.__name__.endswith(_SUFFIX):
                return self._of_shape(hint)
            case kind if kind is Annotated:
                return self.of(arguments[0]) | _keywords(arguments[1:])
            case kind if kind in (Union, UnionType):
                return {"anyOf": [self.of(argument) for argument in arguments]}
            case kind if kind is Literal:
                values = {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
                return self.of(type(arguments[0])) | values
            case kind if kind is list:
                return {"type": "array", "items": self.of(arguments[0])}
            case kind if kind is dict:
                return {"type": "object", "additionalProperties": self.of(arguments[1])}
        raise TypeError(f"{hint} is not a type of which answers are made")

    def _of_shape(self, shape: type) -> dict[str, Any]:
        # In a document of JSON schemas, `UserJson` is the `User`.
        name = shape.__name__.removesuffix(_SUFFIX)
        if name not in self._components:
            self._components[name] = self._object(shape)
        return {"$ref": self._reference.format(model=name)}

    def _object(self, shape: type) -> dict[str, Any]:
        properties, required = {}, []
        for name, hint in get_type_hints(shape, include_extras=True).items():
            if get_origin(hint) is NotRequired:
                properties[name] = self.of(get_args(hint)[0])
            else:
                properties[name] = self.of(hint)
                required.append(name)
        others = getattr(shape, "__extra_items__", None)
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": self.of(others) if others else False,
            **({"required": required} if required else {}),
            **({"description": inspect.cleandoc(shape.__doc__)} if shape.__doc__ else {}),
        }


def _keywords(annotations: tuple[Any, ...]) -> dict[str, Any]:
    """The keywords that annotations add; of two that say the same, the outer counts."""
    keywords: dict[str, Any] = {}
    for annotation in annotations:
        assert isinstance(annotation, Schema), f"{annotation} is no Schema"  # noqa: S101
        keywords |= annotation.keywords
        if annotation.description:
            keywords["description"] = annotation.description
    return keywords
