"""JSON schemas of bodies, as the OpenAPI document shows them."""

import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lms.web.shapes.errors import DetailJson
from lms_lambda.openapi.describe import Detail, Narrowed
from lms_lambda.openapi.shapes import ShapeSchemas

_REFERENCE = "#/components/schemas/{model}"


class _Plain(GenerateJsonSchema):
    """Without what pydantic adds of its own: titles made of names, and defaults, which here mean "may be missing"."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def get_title_from_name(self, name: str) -> str:  # noqa: ARG002
        return ""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


class Schemas:
    """The component schemas that a document needs, gathered while its bodies are described."""

    def __init__(self) -> None:
        self.components: dict[str, Any] = {}
        self._shapes = ShapeSchemas(self.components, _REFERENCE)

    def of_request(self, model: Any) -> dict[str, Any]:
        """The schema of a body that is taken: a model of `requests`, or several of them with `|` between."""
        schema = TypeAdapter(model).json_schema(ref_template=_REFERENCE, schema_generator=_Plain)
        self.components |= {name: _untitled(part) for name, part in schema.pop("$defs", {}).items()}
        if "anyOf" in schema:
            return dict(schema)
        self.components[model.__name__] = _untitled(schema)
        return {"$ref": _REFERENCE.format(model=model.__name__)}

    def of_answers(self, described: Iterable[Any]) -> dict[str, Any]:
        """One schema for all bodies of a status: shapes, lists of them, Narrowed ones and Details, in any number."""
        parts = [self._of_answer(body) for body in described if not isinstance(body, Detail)]
        if details := [body for body in described if isinstance(body, Detail)]:
            parts.append(self._of_details(details))
        return parts[0] if len(parts) == 1 else {"anyOf": parts}

    def _of_answer(self, described: Any) -> dict[str, Any]:
        if not isinstance(described, Narrowed):
            return self._shapes.of(described)
        constants = {name: {"type": "string", "const": value} for name, value in described.constants.items()}
        return self._shapes.of(described.body) | {"properties": constants}

    def _of_details(self, details: Iterable[Detail]) -> dict[str, Any]:
        schema = self._shapes.of(DetailJson)
        texts = sorted({text for detail in details for text in detail.texts})
        listed = "examples" if any(detail.others for detail in details) else "enum"
        return schema | {"properties": {"detail": {"type": "string", listed: texts}}}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}


def gateway_detail(body: str) -> Detail:
    """What a gateway response's body template says. Raises ValueError for one that is not `{"detail": text}`."""
    parsed = json.loads(body)
    if not isinstance(parsed, dict) or parsed.keys() != {"detail"} or not isinstance(parsed["detail"], str):
        raise ValueError(f"a gateway response is not an object with a detail: {body}")
    # A variable stands for texts that the authorizer gives.
    return Detail(()) if re.search(r"\$context\.", parsed["detail"]) else Detail((parsed["detail"],))
