"""Whether a course loads in the app: part of each enrollment, and the 404 of a course status. (mobile-users.md 7.2)"""

from __future__ import annotations

from typing import Annotated, Literal

from lms.domain.access import AccessError, AccessErrorCode
from lms.web.shapes.schema import Schema, TypedDict


class AccessGrantedJson(TypedDict):
    """The caller may load the course."""

    has_access: Literal[True]
    error_code: None
    developer_message: None
    user_message: None
    additional_context_user_message: None
    user_fragment: None


class AccessRefusedJson(TypedDict):
    """The caller may not load the course, and why."""

    has_access: Literal[False]
    error_code: Annotated[AccessErrorCode, Schema(examples=["course_not_started"])]
    developer_message: Annotated[str, Schema(examples=["Course does not start until 2026-09-01 00:00:00+00:00"])]
    user_message: Annotated[
        str, Schema("For the learner.", examples=["Course does not start until September 01, 2026"])
    ]
    additional_context_user_message: Annotated[
        str | None, Schema("For the learner, more at length: only with `audit_expired`.", examples=[None])
    ]
    user_fragment: None


def access_json(error: AccessError | None) -> AccessGrantedJson | AccessRefusedJson:
    """Whether the course loads, and why not: always the same six keys."""
    if error is not None:
        return access_refused_json(error)
    return {
        "has_access": True,
        "error_code": None,
        "developer_message": None,
        "user_message": None,
        "additional_context_user_message": None,
        "user_fragment": None,
    }


def access_refused_json(error: AccessError) -> AccessRefusedJson:
    """Why the course does not load."""
    return {
        "has_access": False,
        "error_code": error.code,
        "developer_message": error.developer_message,
        "user_message": error.user_message,
        "additional_context_user_message": error.additional_context,
        "user_fragment": None,
    }
