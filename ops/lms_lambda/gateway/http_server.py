"""Serves a Gateway over HTTP/1.1 on a local address. For laptops and tests: no TLS, no limit on connections.

The standard library's server, because it hands over the path and the header names as they were sent.
"""

from __future__ import annotations

import contextlib
import email.errors
import json
import re
import socket
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Protocol

from lms_lambda.gateway.proxy_event import TOKEN, HttpRequest, HttpResponse
from lms_lambda.gateway.rest_api import BODY_LIMIT_BYTES

_IDLE_SECONDS = 60
# How long the rest of a refused request is taken in, so that its client gets to read the answer.
_LINGER_SECONDS = 5
_LINE_LIMIT_BYTES = 65_536
_TRAILER_LIMIT = 100
_TARGET = re.compile(r"[!-~]+")
_VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")
_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_HEADER_DEFECTS = (
    email.errors.FirstHeaderLineIsContinuationDefect,
    email.errors.InvalidHeaderDefect,
    email.errors.MissingHeaderBodySeparatorDefect,
)
# What is refused before it is a request that the gateway could answer.
_DETAILS = {
    414: "The request line is too long.",
    431: "The request headers are too large.",
    505: "The HTTP version is not supported.",
}
_BODILESS_STATUSES = (204, 304)


class Application(Protocol):
    """What a server serves: a Gateway, or what stands in front of one."""

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""

    def gateway_response(self, response_type: str) -> HttpResponse:
        """The response to what is refused before it is a request, by type: REQUEST_TOO_LARGE, DEFAULT_5XX."""


class DevServer:
    """Serves `gateway` on `host` and `port`; 0 takes a free port, which `url` then tells.

    Raises OSError when the address is in use or does not exist.
    """

    def __init__(self, gateway: Application, host: str, port: int) -> None:
        self._server = _Server(gateway, host, port)
        self._state = threading.Lock()
        self._serving = False
        self._stopped = False
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self._server.server_port}"

    def serve_forever(self) -> None:
        """Answer requests until `shutdown` is called from another thread."""
        with self._state:
            if self._stopped:
                return
            self._serving = True
        self._server.serve_forever(poll_interval=0.05)

    def shutdown(self) -> None:
        """Stop listening and end idle connections. Requests that are being answered still get their answer."""
        with self._state:
            self._stopped = True
            serving = self._serving
        if serving:
            self._server.shutdown()
        self._server.server_close()
        self._server.end_idle_connections()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # With it, a second server on the same port would start without an error and get half of the requests.
    allow_reuse_port = False

    def __init__(self, gateway: Application, host: str, port: int) -> None:
        self.gateway = gateway
        self.connections: set[socket.socket] = set()
        self.connections_lock = threading.Lock()
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which takes seconds on a laptop without DNS.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A connection that broke is the client's affair; anything else is an error of this module's.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def end_idle_connections(self) -> None:
        with self.connections_lock:
            for connection in self.connections:
                # Nothing more is read; what is being answered can still be written.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)


def _refusal_of_line(line: bytes) -> int | None:
    """The status for a request line that the base class would answer without a status line, None for a good one."""
    words = line.decode("iso-8859-1").split()
    if len(words) != 3 or not _VERSION.fullmatch(words[2]):
        return 400
    return None if words[2].startswith("HTTP/1.") else 505


class _BadRequestError(Exception):
    """The request's framing cannot be trusted."""


class _BodyTooLargeError(Exception):
    """The body is, or says that it is, over the gateway's limit."""


class _Handler(BaseHTTPRequestHandler):
    """One connection. An error before the gateway is an object with a string `detail`, and ends the connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    # The base class would answer a line that it cannot read in HTTP/0.9, without a status line.
    default_request_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        with self.server.connections_lock:
            self.server.connections.add(self.connection)

    def finish(self) -> None:
        with self.server.connections_lock:
            self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        self.close_connection = True
        self.command, self.requestline, self.request_version = "-", "", self.default_request_version
        self._expects_continue = False
        try:
            line = self.rfile.readline(_LINE_LIMIT_BYTES + 1)
            if line in (b"\r\n", b"\n"):  # RFC 9112 2.2: some clients end a body with an empty line of their own
                line = self.rfile.readline(_LINE_LIMIT_BYTES + 1)
            if not line:
                return
            self._started = time.perf_counter()
            self.raw_requestline = line
            if len(line) > _LINE_LIMIT_BYTES:
                self.send_error(414)
            elif refusal := _refusal_of_line(line):
                self.send_error(refusal)
            elif self.parse_request():
                self._answer()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Wait with the invitation until the length of the body is known to be acceptable."""
        self._expects_continue = True
        return True

    def _answer(self) -> None:
        try:
            request = HttpRequest(
                method=self.command,
                target=self._target(),
                headers=self._headers(),
                body=self._body(),
                source_ip=self.client_address[0],
            )
        except _BadRequestError:
            self.send_error(400)
            return
        except _BodyTooLargeError:
            self._refuse(self.server.gateway.gateway_response("REQUEST_TOO_LARGE"))
            return
        try:
            response = self.server.gateway.handle(request)
        except Exception:
            traceback.print_exc()
            response = self.server.gateway.gateway_response("DEFAULT_5XX")
        self._send(response)

    def _target(self) -> str:
        """The request's target without scheme and host. Not `self.path`, which has leading slashes merged."""
        target = self.requestline.split()[1]
        if not _TARGET.fullmatch(target) or not TOKEN.fullmatch(self.command):
            raise _BadRequestError
        if origin := _ORIGIN.match(target):
            target = target[origin.end() :]
            return target if target.startswith("/") else f"/{target}"
        return target

    def _headers(self) -> list[tuple[str, str]]:
        # A line that the parser gives up on ends the headers for it: what follows would be lost.
        if any(isinstance(defect, _HEADER_DEFECTS) for defect in self.headers.defects):
            raise _BadRequestError
        headers = [(name, value.strip(" \t")) for name, value in self.headers.items()]
        for name, value in headers:
            if not TOKEN.fullmatch(name) or "\r" in value or "\n" in value:
                raise _BadRequestError
        return headers

    def _body(self) -> bytes:
        lengths = {length.strip() for length in self.headers.get_all("Content-Length", [])}
        codings = [coding.strip().lower() for coding in self.headers.get_all("Transfer-Encoding", [])]
        if codings:
            # Both, or a coding that is not known, are how requests are smuggled past each other.
            if lengths or codings != ["chunked"]:
                raise _BadRequestError
            self._continue()
            return self._chunks()
        if not lengths:
            return b""
        length = lengths.pop()
        if lengths or not re.fullmatch("[0-9]{1,18}", length):
            raise _BadRequestError
        if int(length) > BODY_LIMIT_BYTES:
            raise _BodyTooLargeError
        if int(length):
            self._continue()
        return self._exactly(int(length))

    def _continue(self) -> None:
        if self._expects_continue:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = self.rfile.readline(_LINE_LIMIT_BYTES).partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size):
                raise _BadRequestError
            if int(size, 16) == 0:
                break
            if len(body) + int(size, 16) > BODY_LIMIT_BYTES:
                raise _BodyTooLargeError
            body += self._exactly(int(size, 16))
            if self.rfile.readline(3) not in (b"\r\n", b"\n"):
                raise _BadRequestError
        for _ in range(_TRAILER_LIMIT):
            if self.rfile.readline(_LINE_LIMIT_BYTES) in (b"\r\n", b"\n", b""):
                return bytes(body)
        raise _BadRequestError

    def _exactly(self, size: int) -> bytes:
        content = self.rfile.read(size)
        if len(content) < size:
            raise ConnectionAbortedError("the client left before its body was complete")
        return content

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Replaces the base class's HTML. Its messages quote the request, so they are not sent."""
        body = json.dumps({"detail": _DETAILS.get(code, "Bad request.")}).encode()
        self._refuse(HttpResponse(int(code), [("Content-Type", "application/json")], body))

    def _refuse(self, response: HttpResponse) -> None:
        """Send a response to a request that was not read to its end, after which the connection is of no use."""
        self.close_connection = True
        self._send(response)
        # Closing while the client still sends would reset the connection, and the answer could be lost with it.
        end = time.monotonic() + _LINGER_SECONDS
        self.connection.settimeout(1)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < end and self.connection.recv(65_536):
                pass

    def _send(self, response: HttpResponse) -> None:
        # The path template, never the path: names of users are in it.
        milliseconds = (time.perf_counter() - self._started) * 1000
        # parse_request sets the command to None until it has read the line.
        method = self.command if TOKEN.fullmatch(self.command or "") and len(self.command) <= 16 else "-"
        sys.stderr.write(f"{method} {response.route or '-'} {response.status} {milliseconds:.0f} ms\n")
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Date", self.date_time_string())
        if response.status not in _BODILESS_STATUSES:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        if self.command != "HEAD" and response.status not in _BODILESS_STATUSES:
            self.wfile.write(response.body)
        self.wfile.flush()
