"""Errors as the client reads them: the one place that gives each error of the domain its status and body.

(mobile-users.md 1.4, auth.md 4)
"""

from collections.abc import Mapping
from typing import Any

from lms.domain.errors import (
    CourseNotFoundError,
    CoursewareAccessError,
    DomainError,
    InvalidPageError,
    NotEnrolledError,
    UnavailableError,
    UnknownBlockError,
    UserNotFoundError,
)

UNAVAILABLE = "Service temporarily unavailable, try again later."


class HttpError(Exception):
    """An answer that is not a success: `body` is what the client reads."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def http_error(error: DomainError) -> HttpError | None:
    """What the client reads of an error that a use case raised; None for one that no client should ever see."""
    match error:
        case UserNotFoundError():
            return not_found("No User matches the given query.")
        case CourseNotFoundError():
            return not_found(str(error))
        case CoursewareAccessError():
            from lms.web.enrollments import access_json

            return HttpError(404, access_json(error.access_error))
        case NotEnrolledError():
            return not_found()
        case UnknownBlockError():
            return unknown_block()
        case InvalidPageError():
            return not_found("Invalid page.")
        case UnavailableError():
            return detail(503, UNAVAILABLE, {"Retry-After": "1"})
    return None


def detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpError:
    """An error in DRF's shape, `{"detail": text}`."""
    return HttpError(status, {"detail": text}, headers)


def not_found(text: str = "Not found.") -> HttpError:
    return detail(404, text)


def permission_denied() -> HttpError:
    return detail(403, "You do not have permission to perform this action.")


def unauthorized(text: str) -> HttpError:
    return detail(401, text, {"WWW-Authenticate": 'JWT realm="api"'})


def unknown_block() -> HttpError:
    return mobile_error("invalid-module-id", "Could not find module for module_id")


def mobile_error(code: str, message: str) -> HttpError:
    """A 400 in the mobile API's own shape, `{"errors": [{"code", "message"}]}`."""
    return HttpError(400, {"errors": [{"code": code, "message": message}]})
