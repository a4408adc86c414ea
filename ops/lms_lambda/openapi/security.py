"""How callers authenticate, as OpenAPI has it."""

from collections.abc import Mapping
from typing import Any

from lms.domain.csrf import SAFE_METHODS
from lms.web.credentials import COOKIE_HALVES, CSRF_COOKIE

SECURITY_SCHEMES: Mapping[str, Mapping[str, Any]] = {
    "JWT": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`JWT <token>`: a JSON Web Token of the LMS, after the word `JWT` in any letter case and one "
        "space. On a laptop, `lms-lambda token USERNAME` prints a token.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "`Bearer <token>`: the same token, after the word `Bearer`. "
        "An opaque token of the LMS is not taken.",
    },
    "jwtCookieHeaderPayload": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE_HALVES[0],
        "description": "The first two parts of the token, as the LMS gives them to browsers. Both cookies are needed.",
    },
    "jwtCookieSignature": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE_HALVES[1],
        "description": "The third part of the token.",
    },
    "csrfCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": CSRF_COOKIE,
        "description": "The cookie that comes with a CSRF token. Needed with the JWT cookies, except to read.",
    },
    "csrfToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRFToken",
        "description": "The CSRF token, which must match the cookie. Needed with the JWT cookies, except to read.",
    },
}

_HEADER: tuple[Mapping[str, list[str]], ...] = ({"JWT": []}, {"bearer": []})
_COOKIES: dict[str, list[str]] = {"jwtCookieHeaderPayload": [], "jwtCookieSignature": []}

AUTHORIZERS = {"MobileJwt": False, "SupportJwt": True}
"""By the authorizer's name in template.yaml: whether it takes the cookies of the web apps as well."""


def security(authorizer: str, method: str) -> list[Mapping[str, list[str]]]:
    """The OpenAPI security requirements of a route with this authorizer."""
    if not AUTHORIZERS[authorizer]:
        return [*_HEADER]
    return [*_HEADER, _COOKIES if method in SAFE_METHODS else {**_COOKIES, "csrfCookie": [], "csrfToken": []}]
