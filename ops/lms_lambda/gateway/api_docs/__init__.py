"""Swagger UI in front of the development gateway, at /api-docs/. It is no part of the Lambda API.

Its files come from the package flask-swagger-ui, so that it works offline.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from lms_lambda.gateway.proxy_event import HttpRequest, HttpResponse
from lms_lambda.gateway.rest_api import Gateway

PATH = "/api-docs/"

_OWN = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".json": "application/json",
}
_DOCUMENT = "openapi.json"
_OWN_FILES = {"": "index.html", "initializer.js": "initializer.js"}
_SWAGGER_FILES = ("index.css", "favicon-32x32.png", "swagger-ui.css", "swagger-ui-bundle.js")
_METHODS = ("GET", "HEAD")
_HEADERS = (
    ("Cache-Control", "no-cache"),
    ("X-Content-Type-Options", "nosniff"),
    # Nothing from elsewhere, and nothing to elsewhere: a token is pasted into this page.
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
)


class ApiDocs:
    """Answers what is under /api-docs, and leaves the rest to `gateway`. `document` makes the OpenAPI document."""

    def __init__(self, gateway: Gateway, document: Callable[[], str]) -> None:
        self._gateway = gateway
        self._make_document = document
        self._lock = Lock()
        # Names are looked up, never joined to a path: what is not listed here is not there.
        self._files = {name: _OWN / file for name, file in _OWN_FILES.items()}
        self._files |= {name: _swagger_ui() / name for name in _SWAGGER_FILES}

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        if request.path == PATH.rstrip("/"):
            return HttpResponse(301, [("Location", PATH)], b"", PATH)
        if not request.path.startswith(PATH):
            return self._gateway.handle(request)
        name = request.path.removeprefix(PATH)
        if name != _DOCUMENT and name not in self._files:
            return self.gateway_response("MISSING_AUTHENTICATION_TOKEN")
        if request.method not in _METHODS:
            return HttpResponse(405, [("Allow", ", ".join(_METHODS))], b"", PATH)
        content = self._document if name == _DOCUMENT else self._files[name].read_bytes()
        media_type = _TYPES[Path(name or _OWN_FILES[""]).suffix]
        return HttpResponse(200, [("Content-Type", media_type), *_HEADERS], content, PATH)

    def gateway_response(self, response_type: str) -> HttpResponse:
        """The gateway's own response of a type such as REQUEST_TOO_LARGE."""
        return self._gateway.gateway_response(response_type)

    @property
    def _document(self) -> bytes:
        with self._lock:
            return self._cached_document

    @cached_property
    def _cached_document(self) -> bytes:
        return self._make_document().encode()


def _swagger_ui() -> Path:
    """The folder of Swagger UI's files. The package is not imported: only its files are of use here."""
    found = find_spec("flask_swagger_ui")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("The package flask-swagger-ui is not installed.")
    return Path(found.submodule_search_locations[0]) / "dist"
