"""Errors as the wire shows them. (contract/mobile-users.md 1.4, contract/auth.md 4)"""

from collections.abc import Mapping
from typing import Any


class HttpError(Exception):
    """An answer that is not a success: `body` is what the client reads."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpError:
    """An error in DRF's shape, `{"detail": text}`."""
    return HttpError(status, {"detail": text}, headers)


def not_found(text: str = "Not found.") -> HttpError:
    return detail(404, text)


def user_not_found() -> HttpError:
    return not_found("No User matches the given query.")


def permission_denied() -> HttpError:
    return detail(403, "You do not have permission to perform this action.")


def unauthorized(text: str) -> HttpError:
    return detail(401, text, {"WWW-Authenticate": 'JWT realm="api"'})


def mobile_error(code: str, message: str) -> HttpError:
    """A 400 in the mobile API's own shape, `{"errors": [{"code", "message"}]}`."""
    return HttpError(400, {"errors": [{"code": code, "message": message}]})
