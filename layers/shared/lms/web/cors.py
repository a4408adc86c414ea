"""CORS: what lets the support page, which is of another origin, read our answers. (auth.md 7, clients.md 6)"""

from collections.abc import Mapping, Sequence

from lms.web.request import Request

_SENT_HEADERS = "accept, authorization, content-type, use-jwt-cookie, x-csrftoken, x-requested-with"
_PREFLIGHT_SECONDS = 86_400
"""For which a browser may remember the answer to a preflight."""


def cors_headers(request: Request) -> Mapping[str, str]:
    """The headers that open an answer to the request's origin, if that is one of CORS_ORIGIN_WHITELIST."""
    if request.allowed_origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": request.allowed_origin,
        "Access-Control-Allow-Credentials": "true",
    }


def is_preflight(request: Request) -> bool:
    """Whether a browser asks, before it sends the real request, if it may."""
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def preflight_headers(request: Request, methods: Sequence[str]) -> Mapping[str, str]:
    """What an allowed origin may send; nothing for any other, which its browser takes for a no."""
    if request.allowed_origin is None:
        return {}
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _SENT_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }
