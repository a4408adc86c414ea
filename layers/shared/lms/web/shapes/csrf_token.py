"""The answer of the CSRF token's endpoint. (auth.md 7)"""

from __future__ import annotations

from typing import Annotated

from lms.domain.csrf import SECRET_LENGTH
from lms.web.shapes.schema import Schema, TypedDict


class CsrfTokenJson(TypedDict):
    """A token for the header `X-CSRFToken`; the cookie that it must match comes with it."""

    csrfToken: Annotated[  # noqa: N815 - its name on the wire
        str, Schema(pattern=f"^[A-Za-z0-9]{{{2 * SECRET_LENGTH}}}$", examples=["Zq3" + "x" * (2 * SECRET_LENGTH - 3)])
    ]


def csrf_token_json(token: str) -> CsrfTokenJson:
    """The token, under the name that the support page reads."""
    return {"csrfToken": token}
