"""Errors as the client reads them, a function for each: the one place that gives them their status and words.

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
from lms.web.shapes.errors import MobileErrorCode, detail_json, mobile_errors_json


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
            from lms.web.shapes.access import access_refused_json

            return HttpError(404, access_refused_json(error.access_error))
        case NotEnrolledError():
            return not_found()
        case UnknownBlockError():
            return unknown_block()
        case InvalidPageError():
            return not_found("Invalid page.")
        case UnavailableError():
            return unavailable({"Retry-After": "1"})
    return None


def detail(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpError:
    """An error in DRF's shape, `{"detail": text}`."""
    return HttpError(status, detail_json(text), headers)


def mobile_error(code: MobileErrorCode) -> HttpError:
    """A 400 in the mobile API's own shape, `{"errors": [{"code", "message"}]}`."""
    return HttpError(400, mobile_errors_json(code))


# --- Before the endpoint's turn ---------------------------------------------------------------------------------------


def unauthorized(text: str) -> HttpError:
    """No token, or one that is not good; the texts are those of `lms.domain.tokens`."""
    return detail(401, text, {"WWW-Authenticate": 'JWT realm="api"'})


def permission_denied() -> HttpError:
    """The path is another user's, or the token one of a restricted application."""
    return detail(403, "You do not have permission to perform this action.")


def not_found(text: str = "Not found.") -> HttpError:
    """There is nothing at that address, or no such version of the API; `text` says of something what is missing."""
    return detail(404, text)


def method_not_allowed(method: str) -> HttpError:
    """The endpoint does not take the method."""
    return detail(405, f'Method "{method}" not allowed.')


def not_acceptable() -> HttpError:
    """`Accept` excludes JSON."""
    return detail(406, "Could not satisfy the request Accept header.")


# --- Of a request's query and body ------------------------------------------------------------------------------------


def missing_identifier() -> HttpError:
    """GET manage_course_team does not say which user it asks about. (course-team.md 3.1)"""
    return detail(
        400, "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
    )


def identifier_not_found(sent: str) -> HttpError:
    """GET manage_course_team asks about a user who is not known, or not active. (course-team.md 3.2)"""
    return not_found(f"User with identifier '{sent}' not found or not active.")


def unsupported_media_type(content_type: str) -> HttpError:
    """The body is neither JSON nor a form."""
    return detail(415, f'Unsupported media type "{content_type}" in request.')


def json_parse_error(reason: str) -> HttpError:
    """The body should be JSON, and is not."""
    return detail(400, f"JSON parse error - {reason}")


def multipart_parse_error(reason: str) -> HttpError:
    """The body should be a multipart form, and is not."""
    return detail(400, f"Multipart form parse error - {reason}")


def too_many_fields() -> HttpError:
    """The body is a form of more fields than are read."""
    return detail(400, "Too many form fields.")


def not_an_object() -> HttpError:
    """The body is JSON without fields."""
    return detail(400, "Invalid data. Expected a JSON object.")


def unreadable_date() -> HttpError:
    """The date of a visit is no date-time with an offset."""
    return mobile_error("invalid-modification-date")


def unknown_block() -> HttpError:
    """The block of a visit is not in its course."""
    return mobile_error("invalid-module-id")


# --- What we cannot do ------------------------------------------------------------------------------------------------


def too_large() -> HttpError:
    """The answer does not fit Lambda's 6 MB, and the client does not take gzip."""
    return detail(406, "The answer is too large to be sent; it fits if Accept-Encoding includes gzip.")


def server_error() -> HttpError:
    """A mistake of ours."""
    return detail(500, "A server error occurred.")


def unavailable(headers: Mapping[str, str] | None = None) -> HttpError:
    """The table does not answer, or a setting cannot be read."""
    return detail(503, "Service temporarily unavailable, try again later.", headers)
