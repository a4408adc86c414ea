"""Answers: compact UTF-8 JSON in API Gateway's shape, compressed where that helps and the client takes it."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lms.web.errors import too_large
from lms.web.request import Request

COMMON_HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Encoding, Accept-Language, Origin",
    "X-Content-Type-Options": "nosniff",
}
_WORTH_COMPRESSING = 4_096
"""Bytes from which an answer is compressed: below, it fits few packets anyway."""
_LAMBDA_LIMIT = 5_500_000
"""Bytes that a function may answer, less room for the headers and the escapes of JSON in JSON. Lambda's own: 6 MB."""


@dataclass(frozen=True, slots=True)
class Response:
    """A status, a value to be sent as JSON (None: no body), and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def render(request: Request, response: Response) -> dict[str, Any]:
    """The answer as API Gateway takes it from a function."""
    content = b"" if response.body is None else to_json(response.body)
    headers = {**COMMON_HEADERS, **response.headers}
    if content:
        headers["Content-Type"] = "application/json"
    encoded = False
    if len(content) >= _WORTH_COMPRESSING and _takes_gzip(request):
        # Level 5: a tenth larger than 9 in a third of the time.
        content, encoded = gzip.compress(content, 5, mtime=0), True
        headers["Content-Encoding"] = "gzip"
    if len(content) * (4 / 3 if encoded else 1) > _LAMBDA_LIMIT:
        refusal = too_large()
        return render(request, replace(response, status=refusal.status, body=refusal.body))
    if request.method == "HEAD":
        content, encoded = b"", False
        headers.pop("Content-Encoding", None)
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": base64.b64encode(content).decode() if encoded else content.decode(),
        "isBase64Encoded": encoded,
    }


def to_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, stays the escape that it came as."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "backslashreplace")


def _takes_gzip(request: Request) -> bool:
    qualities: dict[str, float] = {}
    for choice in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = choice.replace(" ", "").partition(";q=")
        try:
            qualities[name] = float(quality or 1)
        except ValueError:
            qualities[name] = 0
    # What is said of gzip itself goes before what is said of anything.
    return qualities.get("gzip", qualities.get("*", 0)) > 0
