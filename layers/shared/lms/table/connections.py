"""HTTP connections: kept open, handed out to one request at a time, and bounded in time to the last byte."""

import http.client
import io
import os
import socket
import ssl
import threading
import time
from functools import cache
from typing import Any, NamedTuple

from lms.table.messages import Endpoint, HttpAnswer, HttpRequest

_KEPT = 32
"""Idle connections that are kept; more are closed."""
_KEPT_SECONDS = 60.0
"""Seconds for which an idle connection is kept. Networks forget it after minutes, and do not always say so."""
_CONNECT_SECONDS = 1.0
"""Seconds that one address may take to accept a connection."""


class NotSentError(Exception):
    """The request cannot have reached the server: there was no connection."""


class NoAnswerError(Exception):
    """The request was sent, at least in part, and no whole answer came: the server may have carried it out."""


def exchange(endpoint: Endpoint, request: HttpRequest, seconds: float, silence: float) -> HttpAnswer:
    """Send the request and read the whole answer within `seconds`, of which `silence` may pass without a byte.

    Only the look-up of the host's addresses, which the system bounds, comes on top. Raises NotSentError, NoAnswerError.
    """
    waits = _Waits(time.monotonic() + seconds, silence)
    try:
        waits.next()
        content = request.to_bytes()
        connection = _take(endpoint) or _Connection(endpoint, waits)
    except (OSError, ValueError) as error:
        raise NotSentError(f"no connection: {type(error).__name__}") from error
    try:
        answer = connection.exchange(content, waits)
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError | http.client.HTTPException | ValueError):
            raise NoAnswerError(f"no whole answer: {type(error).__name__}") from error
        raise
    if connection.may_be_kept:
        _keep(endpoint, connection)
    else:
        connection.close()
    return answer


def close_connections() -> None:
    """Close the idle connections."""
    with _lock:
        for connections in _idle.values():
            for connection in connections:
                connection.close()
        _idle.clear()


# --- Idle connections -------------------------------------------------------------------------------------------------

_idle: "dict[Endpoint, list[_Connection]]" = {}
_lock = threading.Lock()


def _take(endpoint: Endpoint) -> "_Connection | None":
    """The idle connection that was used last, unless the server has closed it in the meantime."""
    while True:
        with _lock:
            connections = _idle.get(endpoint)
            if not connections:
                return None
            connection = connections.pop()
        if connection.is_usable():
            return connection
        connection.close()


def _keep(endpoint: Endpoint, connection: "_Connection") -> None:
    with _lock:
        connections = _idle.setdefault(endpoint, [])
        if len(connections) < _KEPT:
            connections.append(connection)
            return
    connection.close()


# --- One connection ---------------------------------------------------------------------------------------------------


class _Waits(NamedTuple):
    """How long a request may wait."""

    until: float
    """Seconds of `time.monotonic()` at which it must be answered."""
    silence: float

    def next(self) -> float:
        """Seconds that the next wait may take. Raises TimeoutError when none are left."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.silence)


class _Connection:
    """A connection whose every wait ends with the request's time."""

    def __init__(self, endpoint: Endpoint, waits: _Waits) -> None:
        self._sock = _connect(endpoint, waits)
        self._used = time.monotonic()
        self.may_be_kept = True

    def exchange(self, request: bytes, waits: _Waits) -> HttpAnswer:
        left = memoryview(request)
        while left:
            self._sock.settimeout(waits.next())
            left = left[self._sock.send(left) :]
        response = http.client.HTTPResponse(_Incoming(self._sock, waits))  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read()
        finally:
            response.close()
        self._used = time.monotonic()
        self.may_be_kept = not response.will_close
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpAnswer(response.status, headers, body)

    def is_usable(self) -> bool:
        """Whether nothing has happened since the last answer: what an idle connection brings is its end."""
        if time.monotonic() - self._used > _KEPT_SECONDS:
            return False
        try:
            self._sock.settimeout(0)
            self._sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._sock.close()


class _Incoming(io.RawIOBase):
    """What a response is read from: each read waits only for the time that its request has left."""

    def __init__(self, sock: socket.socket, waits: _Waits) -> None:
        self._sock = sock
        self._waits = waits

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stands in for a socket's own, which is what `http.client` reads from."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._waits.next())
        return self._sock.recv_into(buffer)


def _connect(endpoint: Endpoint, waits: _Waits) -> socket.socket:
    failure: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(min(waits.next(), _CONNECT_SECONDS))
            sock.connect(address)
            # A request is one piece, which waits for nothing; and an idle connection may be dead without a word.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if endpoint.scheme == "https":
                sock.settimeout(waits.next())
                sock = _tls().wrap_socket(sock, server_hostname=endpoint.host)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure or OSError("the host has no address")


@cache
def _tls() -> ssl.SSLContext:
    """Verified TLS 1.2 or later, with the system's certificates, or those of AWS_CA_BUNDLE."""
    context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE") or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
