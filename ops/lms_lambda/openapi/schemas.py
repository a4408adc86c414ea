"""JSON schemas of bodies, as the OpenAPI document shows them."""

import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lms_lambda.openapi import bodies
from lms_lambda.openapi.describe import Detail, Narrowed

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

    def of(self, described: Iterable[Any]) -> dict[str, Any]:
        """One schema for all bodies of a status: types of `bodies`, Narrowed ones and Details, in any number."""
        parts = [self._of_type(one) for one in described if not isinstance(one, Detail)]
        if details := [one for one in described if isinstance(one, Detail)]:
            parts.append(self._of_details(details))
        return parts[0] if len(parts) == 1 else {"anyOf": parts}

    def _of_type(self, described: Any) -> dict[str, Any]:
        if isinstance(described, Narrowed):
            constants = {name: {"type": "string", "const": value} for name, value in described.constants.items()}
            return self._of_type(described.body) | {"properties": constants}
        schema = TypeAdapter(described).json_schema(ref_template=_REFERENCE, schema_generator=_Plain)
        self.components |= {name: _untitled(one) for name, one in schema.pop("$defs", {}).items()}
        if "$ref" in schema or "anyOf" in schema or schema.get("type") == "array":
            return dict(schema)
        self.components[described.__name__] = _untitled(schema)
        return {"$ref": _REFERENCE.format(model=described.__name__)}

    def _of_details(self, details: Iterable[Detail]) -> dict[str, Any]:
        schema = self._of_type(bodies.Detail)
        texts = sorted({text for one in details for text in one.texts})
        said = {"examples": texts} if any(one.others for one in details) else {"enum": texts}
        return schema | {"properties": {"detail": {"type": "string", **said}}}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}


def gateway_detail(body: str) -> Detail:
    """What a gateway response's body template says. Raises ValueError for one that is not `{"detail": text}`."""
    said = json.loads(body)
    if not isinstance(said, dict) or said.keys() != {"detail"} or not isinstance(said["detail"], str):
        raise ValueError(f"a gateway response is not an object with a detail: {body}")
    # A variable stands for texts that the authorizer gives.
    return Detail(()) if re.search(r"\$context\.", said["detail"]) else Detail((said["detail"],))
