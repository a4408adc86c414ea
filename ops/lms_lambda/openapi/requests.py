"""The bodies that the API takes, as pydantic models of what is tolerated: schemas of the document are made of them.

No function reads a body with them. What functions answer are the shapes of lms.web.shapes.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from lms.domain.course_team import MAX_OPERATIONS
from lms.domain.roles import TEAM_ROLES
from lms.web.shapes.schema import BLOCK, COURSE
from lms_lambda.openapi.describe import either

# Django takes whatever is false in Python for a missing value.
_ABSENT: dict[str, JsonValue] = {"enum": ["", None, False, 0, [], {}], "description": "Counts as missing."}


def omittable(description: str, **keywords: Any) -> Any:
    """A field whose key may be missing. It is never null then: the default is this model's, not the wire's."""
    return Field(default=None, description=description, **keywords)


# --- Course status (mobile-users.md 5.2) ------------------------------------------------------------------------------


class VisitForm(BaseModel):
    """Where the learner is, as a form. Fields that are not named here are ignored."""

    last_visited_module_id: str = omittable(
        "A block of the course, of any depth. Empty or missing: nothing is written.",
        json_schema_extra={"anyOf": [{"format": "usage-key"}, {"const": ""}]},
        examples=[BLOCK.format("problem", "barrel-size")],
    )
    modification_date: str = omittable(
        "Since when, with an offset from UTC. One that is older than what is stored changes nothing. "
        "Empty or missing: now.",
        json_schema_extra={"anyOf": [{"format": "date-time"}, {"const": ""}]},
        examples=["2026-04-01T11:59:00+00:00"],
    )


class NoFields(RootModel[Any]):
    """What has no field in it counts as a form without fields."""

    model_config = ConfigDict(json_schema_extra={"not": {"type": "object"}})


class Visit(BaseModel):
    """Where the learner is. Fields that are not named here are ignored."""

    last_visited_module_id: Any = omittable(
        "A block of the course, of any depth. Empty or missing: nothing is written.",
        json_schema_extra={"anyOf": [{"type": "string", "format": "usage-key"}, _ABSENT]},
        examples=[BLOCK.format("problem", "barrel-size")],
    )
    modification_date: Any = omittable(
        "Since when, with an offset from UTC. One that is older than what is stored changes nothing. "
        "Empty or missing: now.",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}, _ABSENT]},
        examples=["2026-04-01T11:59:00+00:00"],
    )


# --- The course team (course-team.md 4.2, 4.3) ------------------------------------------------------------------------


def _of_any_type(schema: dict[str, Any]) -> None:
    del schema["type"]


class RoleOperation(BaseModel):
    """One role change. Fields that are not named here are ignored.

    Nothing that is wrong with an operation fails the request, not even its type: its own result says what it is.
    """

    model_config = ConfigDict(json_schema_extra=_of_any_type)

    course_id: Any = omittable("A course key, as it is spelled in the list of courses.", examples=[COURSE])
    role: Any = omittable(f"{either(TEAM_ROLES)}.", examples=["staff"])
    action: Any = omittable(
        "`assign` replaces the role that the user has, and enrols the user; `revoke` ends either role.",
        examples=["assign"],
    )


class RoleChanges(BaseModel):
    """Role changes of one user, carried out in order. Fields that are not named here are ignored."""

    email: str = Field(
        min_length=1,
        description="Whose roles change.",
        examples=["ivan@example.com"],
        json_schema_extra={"format": "user-email"},
    )
    bulk_role_operations: list[RoleOperation] = Field(min_length=1, max_length=MAX_OPERATIONS)
