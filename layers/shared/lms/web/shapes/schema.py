"""The words in which the shapes are written: what a type alone does not tell about a value.

A shape is a TypedDict whose name ends in Json. mypy checks with it that a function builds what it says, and
`lms-lambda openapi` makes the document's schemas of it. To serve, nobody reads it: every module of shapes postpones its
annotations (`from __future__ import annotations`), so that a cold start evaluates none of them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

if TYPE_CHECKING:
    from typing import TypedDict as TypedDict
else:

    class TypedDict(dict):
        """To mypy that of `typing`, which compiles each annotation: 2.4 ms of a cold start of the enrollments."""


_Shape = TypeVar("_Shape", bound=type[Any])


class Schema:
    """What the OpenAPI document says of a value: a description, and keywords of JSON Schema in its own spelling."""

    __slots__ = ("description", "keywords")

    def __init__(self, description: str = "", **keywords: Any) -> None:
        self.description = description
        self.keywords = keywords


def extra_items(values: Any) -> Callable[[_Shape], _Shape]:
    """Decorate a TypedDict that may hold more keys than it names, with such values. (PEP 728, in later Pythons)"""

    def decorate(shape: _Shape) -> _Shape:
        shape.__extra_items__ = values
        return shape

    return decorate


# The names of the sample site, for examples.
SITE = "https://lms.example.org"
COURSE = "course-v1:SampleX+GARDEN+2026"
BLOCK = "block-v1:SampleX+GARDEN+2026+type@{}+block@{}"
SEQUENTIAL = BLOCK.format("sequential", "how-much")
CHAPTER = BLOCK.format("chapter", "water")
TOP = BLOCK.format("course", "course")

Url = Annotated[str, Schema(pattern=r"^https?://", format="uri")]
CourseId = Annotated[
    str, Schema("A course key: `course-v1:Org+Number+Run`, or of the older form `Org/Number/Run`.", examples=[COURSE])
]
UsageId = Annotated[
    str, Schema("A usage key: the id of a block of a course.", examples=[BLOCK.format("problem", "barrel-size")])
]
DateTime = Annotated[
    str,
    Schema(
        "A moment in UTC, with six digits of fraction only where there is one.",
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$",
        format="date-time",
        examples=["2026-02-14T10:20:30.123000Z"],
    ),
]
