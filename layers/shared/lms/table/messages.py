"""An HTTP request and its answer, and where a server is."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Where a server is."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The `Host` header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class HttpRequest(NamedTuple):
    """What is sent."""

    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    """`Content-Length` is added."""
    body: bytes = b""

    def to_bytes(self) -> bytes:
        """The request as HTTP/1.1 has it. Raises ValueError for a header that is none."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"content-length: {len(self.body)}")
        if any("\r" in line or "\n" in line for line in lines):
            raise ValueError("a line break in a header")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class HttpAnswer(NamedTuple):
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@cache
def parse_endpoint(url: str) -> Endpoint:
    """The endpoint that a URL without path names. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise ValueError(f"{url} is no URL of a server")
    return Endpoint(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme])
