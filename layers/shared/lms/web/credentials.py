"""What a request authenticates with: a token in its `Authorization` header, or in the cookies of the web apps.

(auth.md 2, 7; mobile-users.md 1.2)
"""

from dataclasses import dataclass

from lms.domain.csrf import Submission, csrf_refusal
from lms.domain.errors import AuthenticationError
from lms.domain.tokens import NO_CREDENTIALS, NOT_PROVIDED, TOKEN_WITH_SPACES
from lms.settings import settings
from lms.web.request import Request

CSRF_COOKIE = "csrftoken"
COOKIE_HALVES = ("edx-jwt-cookie-header-payload", "edx-jwt-cookie-signature")

SUPPORT_API = "/api/support/"
"""How the paths begin on which cookies count: those with the authorizer SupportJwt in template.yaml."""

_SCHEMES = ("jwt", "bearer")
_COOKIE = "edx-jwt-cookie"


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, and whether it must be good: what fails as another kind of credential counts as none."""

    token: str
    is_final: bool
    """Not for a cookie, which browsers send unasked, nor for `Bearer` on the support API, which Open edX ignores."""


def read_credential(request: Request) -> Credential:
    """The credential that the request presents. Raises AuthenticationError where there is none to be looked at."""
    headers = request.header_lines("authorization")
    if len(headers) > 1:
        # The gateway keeps what was said of one header, and which of two that is nobody says.
        raise AuthenticationError(NOT_PROVIDED)
    header = headers[0]
    words = header.split()
    # One space exactly: Open edX takes a header with more as none.
    scheme, _, token = header.strip().partition(" ")
    if len(words) == 2 and scheme.lower() in _SCHEMES and token == words[1]:
        return Credential(token, is_final=scheme.lower() == "jwt" or not is_support(request))
    if is_support(request):
        # A header without a token in it is no header; one of another scheme is somebody else's credential.
        if not words or len(words) == 1 or words[0].lower() == "jwt":
            return _cookie(request)
    elif len(words) == 1:
        raise AuthenticationError(NO_CREDENTIALS)
    elif len(words) > 2:
        raise AuthenticationError(TOKEN_WITH_SPACES)
    raise AuthenticationError(NOT_PROVIDED)


def is_support(request: Request) -> bool:
    """Whether the request is of the support API, whose authorizer looks at cookies and is never kept."""
    return request.route.startswith(SUPPORT_API)


def _cookie(request: Request) -> Credential:
    halves = [request.cookies.get(name, "") for name in COOKIE_HALVES]
    token = ".".join(halves) if all(halves) else request.cookies.get(_COOKIE, "")
    if not token:
        raise AuthenticationError(NOT_PROVIDED)
    reason = csrf_refusal(
        Submission(
            method=request.method,
            origin=request.headers.get("origin"),
            referer=request.headers.get("referer"),
            cookie=request.cookies.get(CSRF_COOKIE),
            header=request.headers.get("x-csrftoken"),
        ),
        own_origin=request.base_url.lower(),
        trusted=settings().allowed_origins,
        secure=settings().https,
    )
    if reason:
        request.observation.note("cookies refused", reason=reason)
        raise AuthenticationError(NOT_PROVIDED)
    return Credential(token, is_final=False)
