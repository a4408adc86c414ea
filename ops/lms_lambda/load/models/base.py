"""What the models have in common: the facts that a row becomes, the base class, and the types of fields."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from lms.domain.keys import parse_course_key
from lms_lambda.load.reading import check_utf8, in_utc

_NUMBER = re.compile(r"[+-]?[\d.]+")

Kind = Literal["user", "enrollment", "user_date", "role", "progress", "course", "course_dates", "site", "reference"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What one row says about one item of the table, or about a row that others point at."""

    kind: Kind
    owner: str
    """Whose item it is: a user's id, or a course's; empty for the site. Of a reference: what it is called."""
    scope: str
    """What the user's item is about: a course's id, or `org:` and an organization. Of a reference: the row's pk."""
    fields: dict[str, Any]
    """What is known, by name, as JSON would hold it."""


class RowModel(BaseModel):
    """The fields of a Django model that the API needs. A row of it is validated, and becomes facts."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    label: ClassVar[str]
    """The Django model, as `dumpdata` writes it: `auth.user`."""

    def facts(self, pk: str) -> Iterable[Fact]:
        """What the row says; nothing, where the API does not need this one. Raises ValueError for an impossible row."""
        raise NotImplementedError

    def json_fields(self, **more: Any) -> dict[str, Any]:
        """The row's fields as JSON would hold them, and `more`."""
        return {**self.model_dump(mode="json"), **more}


def check_course_id(value: str) -> str:
    """The id of a course run. Raises ValueError."""
    if len(value) > 255 or parse_course_key(value) is None:
        raise ValueError("is not a course id")
    return value


def check_numeric_pk(pk: str) -> str:
    """The pk of a row whose primary key is a number. Raises ValueError."""
    if not pk.isascii() or not pk.isdigit() or len(pk) > 19:
        raise ValueError("pk must be a number")
    return pk


def parse_json_field(name: str, text: str) -> Any:
    """The value of a text field that holds JSON as Python writes it, NaN included. Raises ValueError, with its name."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _only_text(value: Any) -> Any:
    # pydantic would take a number for seconds since 1970; a dump never writes a date so.
    if value is not None and (not isinstance(value, str) or _NUMBER.fullmatch(value)):
        raise ValueError("must be a date-time in ISO 8601")
    return value


def _in_utc(value: datetime) -> datetime:
    # A site that runs with USE_TZ off dumps dates without offset; they are in UTC.
    try:
        return in_utc(value)
    except OverflowError:
        raise ValueError("lies outside of the calendar") from None


def _no_boolean(value: Any) -> Any:
    # pydantic would take true for 1, and so for somebody's id.
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Id = Annotated[int, BeforeValidator(_no_boolean)]
"""The pk of another row, as a foreign key holds it."""
DateTime = Annotated[datetime, BeforeValidator(_only_text), AfterValidator(_in_utc)]
"""A moment, in UTC."""
Text = Annotated[str, AfterValidator(check_utf8)]
CourseId = Annotated[Text, AfterValidator(check_course_id)]
KeyText = Annotated[Text, Field(min_length=1, max_length=255)]
"""Text that becomes part of a key or of an attribute's name: a key has 2,048 bytes at the most."""
