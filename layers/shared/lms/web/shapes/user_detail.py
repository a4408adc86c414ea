"""The answer of users/{username}. (mobile-users.md 3)"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from lms.domain.users import User
from lms.web.shapes.schema import SITE, Schema, TypedDict, Url


class UserJson(TypedDict):
    """Who the caller is."""

    id: Annotated[int, Schema("The account's number in the LMS.", examples=[1])]
    username: Annotated[str, Schema("Spelled as it is stored.", examples=["lena"])]
    email: Annotated[str, Schema("May be empty.", examples=["lena@example.com"])]
    name: Annotated[str | None, Schema("The profile's full name; null without a profile.", examples=["Lena Learner"])]
    course_enrollments: Annotated[
        Url,
        Schema(
            "Where the user's enrollments are, in the same version of the API.",
            examples=[f"{SITE}/api/mobile/v1/users/lena/course_enrollments/"],
        ),
    ]


def user_json(user: User, base_url: str, version: str) -> UserJson:
    """The user, with the address of the enrollments on the same site and in the same version."""
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "name": user.name,
        "course_enrollments": f"{base_url}{user_path(version, user.username)}/course_enrollments/",
    }


def user_path(version: str, username: str) -> str:
    """The path of a user's page, percent-encoded."""
    return f"/api/mobile/{version}/users/{quote(username, safe='@+-._~')}"
