"""What is answered in place of an answer: Django REST framework's shape, and the mobile API's. (mobile-users.md 1.4)"""

from __future__ import annotations

from typing import Annotated, Literal

from lms.web.shapes.schema import Schema, TypedDict

MobileErrorCode = Literal["invalid-modification-date", "invalid-module-id"]
_MESSAGES: dict[MobileErrorCode, str] = {
    "invalid-modification-date": "Could not parse modification_date",
    "invalid-module-id": "Could not find module for module_id",
}


class DetailJson(TypedDict):
    """Why a request is refused, in the shape of Django REST framework."""

    detail: Annotated[str, Schema("A sentence in English.")]


class MobileErrorJson(TypedDict):
    """One thing that is wrong with a request."""

    code: MobileErrorCode
    message: Annotated[str, Schema(enum=[*_MESSAGES.values()])]


class MobileErrorsJson(TypedDict):
    """Why a request is refused, in the mobile API's own shape."""

    errors: Annotated[list[MobileErrorJson], Schema(minItems=1, maxItems=1)]


def detail_json(text: str) -> DetailJson:
    """A refusal in the shape of Django REST framework."""
    return {"detail": text}


def mobile_errors_json(code: MobileErrorCode) -> MobileErrorsJson:
    """A refusal in the mobile API's own shape, with the message that belongs to the code."""
    return {"errors": [{"code": code, "message": _MESSAGES[code]}]}
