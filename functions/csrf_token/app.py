"""GET csrf token: what the support page sends back with a PUT, as a page of the site's own. (auth.md 7)"""

import secrets

from lms.domain.csrf import ALPHABET, SECRET_LENGTH, masked, secret_of
from lms.settings import settings
from lms.web.credentials import CSRF_COOKIE
from lms.web.endpoint import open_endpoint
from lms.web.request import Request
from lms.web.response import Response
from lms.web.shapes.csrf_token import csrf_token_json

_YEAR = 60 * 60 * 24 * 7 * 52
"""Seconds that Django's CSRF cookie lasts."""


@open_endpoint("Csrf Token", methods=("GET", "HEAD", "OPTIONS"))
def handler(request: Request) -> Response:
    """200 with a token for the browser's CSRF cookie, which is set where there is none: the LMS may have set it."""
    secret = secret_of(request.cookies.get(CSRF_COOKIE, ""))
    if secret is not None:
        return Response(200, csrf_token_json(masked(secret, _random_text())))
    secret = _random_text()
    secure = "; Secure" if settings().https else ""
    cookie = f"{CSRF_COOKIE}={secret}; Max-Age={_YEAR}; Path=/; SameSite=Lax{secure}"
    return Response(200, csrf_token_json(masked(secret, _random_text())), {"Set-Cookie": cookie})


def _random_text() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
