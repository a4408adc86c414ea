"""The check of requests that a browser signs with cookies by itself: Django's double-submit token. (auth.md 7)

A page must send back, in a header, what only pages of the site's own can read: the token of the CSRF cookie. The two
are compared with each other, so a token that the LMS issued is as good as one of ours.
"""

import string
from collections.abc import Collection
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlsplit

SECRET_LENGTH = 32
"""Letters and digits of a secret; a token is a mask of that length and the secret under it."""
ALPHABET = string.ascii_letters + string.digits
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def secret_of(token: str) -> str | None:
    """The secret in a cookie or header: the text itself, or what is under its mask. None for what is no token."""
    if not token.isascii() or not token.isalnum():
        return None
    if len(token) == SECRET_LENGTH:
        return token
    if len(token) != 2 * SECRET_LENGTH:
        return None
    mask, covered = token[:SECRET_LENGTH], token[SECRET_LENGTH:]
    return _shifted(covered, [-ALPHABET.index(letter) for letter in mask])


def masked(secret: str, mask: str) -> str:
    """A token for the secret, under a mask of letters and digits: another one each time defeats BREACH."""
    return mask + _shifted(secret, [ALPHABET.index(letter) for letter in mask])


def _shifted(text: str, offsets: list[int]) -> str:
    pairs = zip(text, offsets, strict=True)
    return "".join(ALPHABET[(ALPHABET.index(letter) + offset) % len(ALPHABET)] for letter, offset in pairs)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a request that cookies authenticate says of where it comes from. A header that is absent is None."""

    method: str
    origin: str | None
    referer: str | None
    cookie: str | None
    """The CSRF cookie."""
    header: str | None
    """`X-CSRFToken`."""


def csrf_refusal(sent: Submission, own_origin: str, trusted: Collection[str], secure: bool) -> str | None:
    """Why the request may be forged, in words for a log; None where it may go on.

    `own_origin` and `trusted` are like `https://lms.example.org`, in lower case. `secure`: the site is served over
    HTTPS, where a request that names no origin must name a page of one of them in its `Referer`.
    """
    if sent.method in SAFE_METHODS:
        return None
    ours = {own_origin, *trusted}
    if sent.origin is not None:
        if sent.origin.lower() not in ours:
            return "the origin is not trusted"
    elif secure and origin_of(sent.referer or "") not in ours:
        return "neither Origin nor Referer names a trusted origin"
    secret = secret_of(sent.cookie or "")
    if secret is None:
        return "there is no CSRF cookie, or it holds no token"
    submitted = secret_of(sent.header or "")
    if submitted is None:
        return "there is no X-CSRFToken header, or it holds no token"
    if not compare_digest(submitted, secret):
        return "the X-CSRFToken header does not match the CSRF cookie"
    return None


def origin_of(url: str) -> str | None:
    """`https://host` or `https://host:port` of a URL, as it stands there but in lower case; None for anything else."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme and parts.netloc else None
