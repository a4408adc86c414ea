"""The API as a client sees it: requests over HTTP, spelled on the wire exactly as the test spells them."""

import gzip
import http.client
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt

from lms_lambda.gateway.tokens import claims, local_key
from tests.clients import decode
from tests.document import check_answer

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
"""The "now" of the contract's worked example."""


class Clock:
    """The gateway's clock, which stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def reset(self) -> None:
        self.now = NOW

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case, the body decoded if it was compressed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """A client of one server. `caller` names the user whose token is sent; None sends none.

    Every answer must be one that the clients can read and that the OpenAPI document describes; but for those that SAM
    CLI gives in words of its own, where it serves.
    """

    def __init__(self, url: str, clock: Clock, served_by_sam: bool = False) -> None:
        self._address = urlsplit(url)
        self._served_by_sam = served_by_sam
        self.clock = clock

    @property
    def host(self) -> str:
        """The server's host and port."""
        return self._address.netloc

    def token(self, username: str = "mona", **changes: Any) -> str:
        """A token like the LMS's, good at the clock's now; a claim that is changed to None is left out."""
        said = claims(username, now=self.clock.now.timestamp() - 60) | changes
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode(said, local_key(), algorithm="RS512")

    def request(
        self,
        method: str,
        target: str,
        caller: str | None = "mona",
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request; `target` goes on the request line as it is."""
        sent = dict(headers or {})
        if caller is not None:
            sent.setdefault("Authorization", f"JWT {self.token(caller)}")
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=60)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            content = body.encode() if isinstance(body, str) else body
            if content is not None:
                sent.setdefault("Content-Length", str(len(content)))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(content)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            raw = response.read()
        finally:
            connection.close()
        if received.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        decode(method, target, response.status, raw)
        if not (self._served_by_sam and raw.startswith(b'{"message":')):
            preflight = "access-control-request-method" in {name.lower() for name in sent}
            check_answer(method, target, response.status, received, raw, preflight)
        return Answer(response.status, received, raw)

    def get(self, target: str, caller: str | None = "mona", **headers: str) -> Answer:
        """A GET; `Accept_Language="de"` sends `Accept-Language: de`."""
        return self.request("GET", target, caller, headers=_header_names(headers))

    def send_json(self, method: str, target: str, value: Any, caller: str | None = "mona") -> Answer:
        """A request with a JSON body."""
        return self.request(method, target, caller, json.dumps(value), {"Content-Type": "application/json"})

    def send_form(self, method: str, target: str, form: str, caller: str | None = "mona") -> Answer:
        """A request with a form-encoded body, as it is."""
        return self.request(method, target, caller, form, {"Content-Type": "application/x-www-form-urlencoded"})

    def send_multipart(self, method: str, target: str, fields: dict[str, str], caller: str | None = "mona") -> Answer:
        """A request with a multipart body, which is what Django's test client sends."""
        lines = [
            f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        headers = {"Content-Type": "multipart/form-data; boundary=limit"}
        return self.request(method, target, caller, f"{''.join(lines)}--limit--\r\n", headers)


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
