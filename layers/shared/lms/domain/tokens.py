"""What a JWT's claims must say, once its signature is known to be good. (auth.md 3, 4; deviations 1)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.errors import AuthenticationError

INVALID = "Invalid token."
EXPIRED = "Token has expired."
NO_USERNAME = "JWT must include a preferred_username or username claim!"
NOT_PROVIDED = "Authentication credentials were not provided."
NO_CREDENTIALS = "Invalid token header. No credentials provided."
TOKEN_WITH_SPACES = "Invalid token header. Token string should not contain spaces."  # noqa: S105 - a sentence

_SUPPORTED_MAJOR_VERSION = 1
_CLOCK_SKEW = 5
"""Seconds by which the LMS's clock may be ahead of ours: a token refused for that would be refused for 300 s, which is
how long API Gateway keeps a refusal, and the Android app would log its user out. (deviations 13)"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for."""

    username: str
    expires: int
    """Seconds since the epoch; the token is refused from that second on."""
    restricted: bool = False
    """Whether the token belongs to a restricted application, which none of our endpoints serves."""


def identify(claims: Mapping[str, Any], issuer: str, audience: str, now: datetime) -> Identity:
    """The identity that the claims establish at `now`.

    Raises AuthenticationError. Only a token that is good in every other way is refused as expired: the Android app
    refreshes on that text, and logs its user out on the other.
    """
    expires = _seconds(claims.get("exp"))
    not_before = max(_seconds(claims.get("iat")) - _CLOCK_SKEW, _seconds(claims.get("nbf", 0)))
    if not_before > now.timestamp():
        raise AuthenticationError(INVALID)
    if claims.get("iss") != issuer or audience not in _audiences(claims.get("aud")):
        raise AuthenticationError(INVALID)
    if not all(isinstance(claims.get(name, ""), str) for name in ("sub", "jti")):
        raise AuthenticationError(INVALID)
    if not _is_supported(claims.get("version", "1.0.0")):
        raise AuthenticationError(INVALID)
    username = claims.get("preferred_username") or claims.get("username")
    if not isinstance(username, str) or not username:
        raise AuthenticationError(NO_USERNAME)
    if not _is_text(username):
        raise AuthenticationError(INVALID)
    if expires <= now.timestamp():
        raise AuthenticationError(EXPIRED)
    return Identity(username, int(expires), restricted=bool(claims.get("is_restricted")))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate, which no answer could carry
        return False
    return True


def _seconds(value: Any) -> float:
    # The bound keeps out NaN, which compares false with everything, and infinities.
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12:
        return value
    raise AuthenticationError(INVALID)


def _audiences(value: Any) -> list[str]:
    audiences = value if isinstance(value, list) else [value]
    if not all(isinstance(audience, str) for audience in audiences):
        raise AuthenticationError(INVALID)
    return audiences


def _is_supported(version: Any) -> bool:
    if not isinstance(version, str):
        return False
    parts = version.split(".")
    return (
        len(parts) <= 3
        and all(part.isascii() and part.isdigit() for part in parts)
        and (int(parts[0][:9]) <= _SUPPORTED_MAJOR_VERSION)
    )
