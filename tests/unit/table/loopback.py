"""A server on a real socket of this machine, which answers as a test says: whole, cut off, dripping, or never."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from lms.table.messages import Endpoint


@dataclass(frozen=True)
class Received:
    """A request as the server read it."""

    connection: int
    """Counted from 1."""
    line: str
    headers: dict[str, str]
    """Names as they were sent."""
    body: bytes


Reply = Callable[[socket.socket, Received], bool]
"""Answers one request on a connection; whether the connection stays open."""


def whole(
    body: bytes = b"{}", status: str = "200 OK", stays: bool = True, headers: dict[str, str] | None = None
) -> Reply:
    """An answer with its length."""
    lines = {"Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return raw(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body, stays=stays)


def raw(*pieces: bytes, pause: float = 0.0, stays: bool = False) -> Reply:
    """These bytes, with pauses between the pieces."""

    def reply(connection: socket.socket, _: Received) -> bool:
        for number, piece in enumerate(pieces):
            time.sleep(pause if number else 0)
            connection.sendall(piece)
        return stays

    return reply


def silent(seconds: float = 5.0) -> Reply:
    """Nothing at all, until the client goes away or so many seconds are over."""

    def reply(connection: socket.socket, _: Received) -> bool:
        connection.settimeout(seconds)
        with suppress(OSError):
            connection.recv(1)
        return False

    return reply


def reset(connection: socket.socket, _: Received) -> bool:
    """No answer: the connection breaks."""
    # No lingering: what closes it is a reset, not an end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    return False


class Server:
    """Answers the requests that come by `replies`, in their order; the last one answers all further ones."""

    def __init__(self, *replies: Reply, tls: ssl.SSLContext | None = None, reads: bool = True) -> None:
        """`reads`: whether it reads requests as fast as they come, and answers them."""
        self._replies = list(replies)
        self._tls = tls
        self._reads = reads
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._open: list[socket.socket] = []
        self.received: list[Received] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = Endpoint("https" if tls else "http", "127.0.0.1", self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{self.endpoint.scheme}://{self.endpoint.authority}"

    def close_idle(self) -> None:
        """Close every connection, as servers do with idle ones."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self.close_idle()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.append(connection)
            while not self._reads and not self._closed.wait(0.01):
                connection.recv(200_000)
            while self._reads and (request := _read_request(connection, number)):
                with self._lock:
                    self.received.append(request)
                    reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
                if not reply(connection, request):
                    break
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
        connection.close()


def _read_request(connection: socket.socket, number: int) -> Received | None:
    content = b""
    while b"\r\n\r\n" not in content:
        piece = connection.recv(65536)
        if not piece:
            return None
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(header.split(": ", 1) for header in lines)
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Received(number, line, headers, body)
