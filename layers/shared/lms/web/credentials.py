"""The token in a request's `Authorization` header. (contract/auth.md 2, contract/mobile-users.md 1.2)"""

from collections.abc import Mapping
from typing import Any

from lms.domain.tokens import NOT_PROVIDED, TokenRefused

_SCHEMES = ("jwt", "bearer")
_SUPPORT_API = "/api/support/"


def presented_token(event: Mapping[str, Any]) -> str:
    """The token that the request presents, from an authorizer's event. Raises TokenRefused where there is none."""
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    header = headers.get("authorization", "")
    words = header.split()
    if not words:
        raise TokenRefused(NOT_PROVIDED)
    # The mobile API says what is wrong with the header's form; the support API takes such a header as none.
    if not str(event.get("path", "")).startswith(_SUPPORT_API):
        if len(words) == 1:
            raise TokenRefused("Invalid token header. No credentials provided.")
        if len(words) > 2:
            raise TokenRefused("Invalid token header. Token string should not contain spaces.")
    # One space exactly: Open edX takes a header with more as none.
    scheme, _, token = header.strip().partition(" ")
    if len(words) != 2 or scheme.lower() not in _SCHEMES or token != words[1]:
        raise TokenRefused(NOT_PROVIDED)
    return token
