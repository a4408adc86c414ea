"""The answer to OPTIONS at every endpoint: what Django REST framework calls metadata. (mobile-users.md 1.4)"""

from __future__ import annotations

from typing import Annotated, Literal

from lms.web.shapes.schema import Schema, TypedDict

PARSES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
"""Media types of the bodies that an endpoint reads."""
_RENDERS = "application/json"


class MetadataJson(TypedDict):
    """What an endpoint takes and gives, as Django REST framework answers OPTIONS."""

    name: Annotated[str, Schema("The endpoint's name.", examples=["User Detail"])]
    description: Literal[""]
    renders: Annotated[list[Annotated[str, Schema(const=_RENDERS)]], Schema(minItems=1, maxItems=1)]
    parses: Annotated[list[Annotated[str, Schema(enum=[*PARSES])]], Schema(minItems=len(PARSES), maxItems=len(PARSES))]


def metadata_json(name: str) -> MetadataJson:
    """What the endpoint of that name takes and gives."""
    return {"name": name, "description": "", "renders": [_RENDERS], "parses": [*PARSES]}
