"""What the local HTTP server hands to the gateway, and what goes over the wire."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lms_lambda.gateway.http_server import DevServer
from lms_lambda.gateway.rest_api import Gateway
from tests.ops.small_api import connected, encoded, exchanged, serve, small_gateway

BODY_LIMIT = 10 * 1024 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DevServer]:
    server, thread = serve(small_gateway(tmp_path))
    yield server
    server.shutdown()
    thread.join(10)


@pytest.fixture
def client(server: DevServer) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(server.url)
    client = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    yield client
    client.close()


def event(client: http.client.HTTPConnection, *request: Any, **options: Any) -> Any:
    client.request(*request, **options)
    response = client.getresponse()
    body = response.read()
    assert response.status == 200, body
    return json.loads(body)["event"]


# Requests


def test_the_path_the_query_and_the_header_names_arrive_as_sent(client: http.client.HTTPConnection) -> None:
    headers = {"x-MiXed": " padded ", "Host": "lms.example.com:8000"}

    got = event(client, "GET", "/open/edX+a%2Bb%3Ac%2Fd%20e/?q=a+b&q=%2B", headers=headers)

    assert got["path"] == "/open/edX+a%2Bb%3Ac%2Fd%20e/"
    assert got["pathParameters"] == {"name": "edX+a+b:c/d e"}
    assert got["multiValueQueryStringParameters"] == {"q": ["a b", "+"]}
    assert got["headers"]["x-MiXed"] == "padded"
    assert got["requestContext"]["domainName"] == "lms.example.com"
    assert got["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_leading_slashes_are_not_merged(server: DevServer) -> None:
    status, _, body = exchanged(server, b"GET //open/a HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert (status, body) == (404, b'{"detail":"Not found."}')


def test_a_target_with_scheme_and_host_is_taken_for_its_path(server: DevServer) -> None:
    _, _, body = exchanged(server, b"GET http://lms.example.com/open/a?b=c HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert json.loads(body)["event"]["path"] == "/open/a"
    assert json.loads(body)["event"]["queryStringParameters"] == {"b": "c"}


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "M-SEARCH"])
def test_every_method_reaches_the_function(client: http.client.HTTPConnection, method: str) -> None:
    assert event(client, method, "/open/a")["httpMethod"] == method


def test_a_connection_serves_many_requests(client: http.client.HTTPConnection) -> None:
    client.connect()
    first = client.sock

    methods = [event(client, method, "/open/a", body=b"x")["httpMethod"] for method in ("GET", "POST", "PATCH")]

    assert methods == ["GET", "POST", "PATCH"]
    assert client.sock is first


def test_requests_sent_at_once_are_answered_in_order(server: DevServer) -> None:
    first = b"POST /open/one HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\n"
    second = b"GET /open/two HTTP/1.1\r\nConnection: close\r\n\r\n"

    _, _, rest = exchanged(server, first + second)

    assert rest.count(b"HTTP/1.1 200 OK") == 1
    assert rest.index(b"/open/one") < rest.index(b"/open/two")


def test_http_1_0_is_answered_and_closed(server: DevServer) -> None:
    status, headers, _ = exchanged(server, b"GET /open/a HTTP/1.0\r\n\r\n")

    assert (status, headers["Connection"]) == (200, "close")


@pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256))])
def test_a_body_with_a_length_arrives(client: http.client.HTTPConnection, body: bytes) -> None:
    got = event(client, "PUT", "/open/a", body=body)

    assert got["body"] == (encoded(body) or None)
    assert got["isBase64Encoded"] is bool(body)


def test_a_chunked_body_arrives_whole_and_the_connection_goes_on(client: http.client.HTTPConnection) -> None:
    got = event(client, "PUT", "/open/a", body=iter([b"one ", b"two ", b"three"]), encode_chunked=True)
    after = event(client, "GET", "/open/after")

    assert got["body"] == encoded(b"one two three")
    assert after["path"] == "/open/after"


def test_chunk_extensions_and_trailers_are_skipped(server: DevServer) -> None:
    head = b"POST /open/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

    _, _, body = exchanged(server, head + b"A;name=value\r\n0123456789\r\n0\r\nX-Trailer: a\r\n\r\n")

    assert json.loads(body)["event"]["body"] == encoded(b"0123456789")


def test_a_client_that_waits_for_100_continue_is_told_to_go_on(server: DevServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"PUT /open/a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        invitation = connection.recv(65_536)
        connection.sendall(b"{}")
        answer = connection.recv(65_536)

    assert invitation == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


# Refusals


def test_a_client_that_waits_with_too_large_a_body_is_not_told_to_go_on(server: DevServer) -> None:
    head = f"PUT /open/a HTTP/1.1\r\nContent-Length: {BODY_LIMIT + 1}\r\nExpect: 100-continue\r\n\r\n"

    status, headers, body = exchanged(server, head.encode())

    assert (status, headers["Connection"], body) == (413, "close", b'{"detail":"Too large."}')


def test_a_body_over_10_mb_is_refused_though_the_client_sends_all_of_it_first(
    client: http.client.HTTPConnection,
) -> None:
    client.request("PUT", "/answer", body=b"x" * (BODY_LIMIT + 1))
    declared = client.getresponse()
    declared_body = declared.read()
    client.request("PUT", "/answer", body=iter([b"x" * BODY_LIMIT, b"x"]), encode_chunked=True)
    chunked = client.getresponse()
    chunked_body = chunked.read()

    assert (declared.status, declared_body) == (413, b'{"detail":"Too large."}')
    assert (chunked.status, chunked_body) == (413, b'{"detail":"Too large."}')


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /open/a HTTP/1.1\r\nContent-Length: x", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length: -1", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length: +1", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length: \xb2", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length:", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400),
        (b"GET /open/a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
        (b"GET /open/a HTTP/1.1\r\nTransfer-Encoding: gzip", 400),
        (b"GET /open/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz", 400),
        (b"GET /open/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400),
        (b"GET /open/a HTTP/1.1\r\nno colon\r\nX: y", 400),
        (b"GET /open/a HTTP/1.1\r\nX : y", 400),
        (b"GET /open/a HTTP/1.1\r\nX: y\r\n folded", 400),
        (b"GET /open/\xe9 HTTP/1.1\r\nX: y", 400),
        (b"G<>T /open/a HTTP/1.1\r\nX: y", 400),
        (b"GET /open/a", 400),
        (b"GET", 400),
        (b"GET /open/a b HTTP/1.1", 400),
        (b"GET /open/a HTTX/1.1", 400),
        (b"<script> HTTP/1.1", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET /open/a HTTP/0.9", 505),
        (b"GET /open/a HTTP/2.0", 505),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1", 414),
        (b"GET /open/a HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (b"GET /open/a HTTP/1.1" + b"\r\nX: y" * 101, 431),
        (b"GET /open/a HTTP/1.1\r\nConnection: close\r\nX: " + b"x" * 10_240, 400),
    ],
)
def test_what_cannot_be_read_is_refused_in_json(server: DevServer, head: bytes, status: int) -> None:
    got, headers, body = exchanged(server, head + b"\r\n\r\n")

    assert (got, headers["Content-Type"], headers["Connection"]) == (status, "application/json", "close")
    assert headers["Content-Length"] == str(len(body))
    assert json.loads(body) == {
        "detail": {
            400: "Bad request.",
            414: "The request line is too long.",
            431: "The request headers are too large.",
            505: "The HTTP version is not supported.",
        }[status]
    }


def test_a_client_that_leaves_in_the_middle_of_its_body_harms_nobody(
    server: DevServer, client: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    with connected(server) as connection:
        connection.sendall(b"PUT /open/a HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")

    assert event(client, "GET", "/open/b")["path"] == "/open/b"
    assert re.fullmatch(r"GET /open/\{name\} 200 \d+ ms\n", capfd.readouterr().err)


def test_an_error_of_the_gateway_itself_is_a_502(
    client: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(Gateway, "handle", broken)
    client.request("GET", "/open/a")

    response = client.getresponse()

    assert response.status == 502
    assert json.loads(response.read())["detail"] == "Error."


# Responses


def test_a_response_goes_out_with_its_length_and_its_own_headers(client: http.client.HTTPConnection) -> None:
    packed = gzip.compress(b"[]")
    answer = {
        "statusCode": 404,
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "content-encoding": ["gzip"]},
        "body": encoded(packed),
        "isBase64Encoded": True,
    }
    client.request("POST", "/answer", body=json.dumps(answer))

    response = client.getresponse()

    assert (response.status, response.reason, response.read()) == (404, "Not Found", packed)
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["Content-Length"] == str(len(packed))
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers.get_all("Date") is not None
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["x-amzn-requestid"])


def test_head_gets_the_headers_of_a_get_and_no_body(client: http.client.HTTPConnection) -> None:
    client.request("HEAD", "/answer", body=b'{"statusCode": 200, "body": "abc"}')
    response = client.getresponse()

    assert (response.status, response.headers["Content-Length"], response.read()) == (200, "3", b"")
    assert event(client, "GET", "/open/after")["path"] == "/open/after"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_gets_none(client: http.client.HTTPConnection, status: int) -> None:
    client.request("POST", "/answer", body=json.dumps({"statusCode": status, "body": "abc"}))
    response = client.getresponse()

    assert (response.status, response.headers["Content-Length"], response.read()) == (status, None, b"")
    assert event(client, "GET", "/open/after")["path"] == "/open/after"


def test_the_log_has_one_line_a_request_and_nothing_personal(
    client: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    event(client, "GET", "/open/bob?mail=bob%40example.com", headers={"Authorization": "JWT bobs.own.token"})
    client.request("GET", "/users/bob")
    client.getresponse().read()

    first, second = capfd.readouterr().err.splitlines()

    assert re.fullmatch(r"GET /open/\{name\} 200 \d+ ms", first)
    assert re.fullmatch(r"GET - 404 \d+ ms", second)


# The server


def test_requests_are_answered_in_parallel(tmp_path: Path) -> None:
    echo = "import threading\nbarrier = threading.Barrier(8)\n"
    echo += "def handler(event, context):\n    barrier.wait(20)\n    return {'statusCode': 200, 'body': 'met'}"
    server, thread = serve(small_gateway(tmp_path, echo=echo))
    connections = [connected(server) for _ in range(8)]
    try:
        for connection in connections:
            connection.sendall(b"GET /open/a HTTP/1.1\r\n\r\n")
        answers = [connection.recv(65_536) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
        server.shutdown()
        thread.join(10)

    assert [answer[-3:] for answer in answers] == [b"met"] * 8


def test_a_port_in_use_is_an_oserror(server: DevServer, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        DevServer(small_gateway(tmp_path), "127.0.0.1", urlsplit(server.url).port or 0)


def test_an_ipv6_address_stands_in_brackets(tmp_path: Path) -> None:
    try:
        server = DevServer(small_gateway(tmp_path), "::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")

    server.shutdown()

    assert re.fullmatch(r"http://\[::1\]:\d+", server.url)


@pytest.mark.parametrize("ending", [lambda _: None, lambda server: server.serve_forever()], ids=["never", "afterwards"])
def test_shutdown_returns_whether_or_not_the_server_was_serving(
    tmp_path: Path, ending: Callable[[DevServer], None]
) -> None:
    server = DevServer(small_gateway(tmp_path), "127.0.0.1", 0)

    server.shutdown()
    ending(server)

    with pytest.raises(ConnectionRefusedError):
        connected(server)


def test_shutdown_ends_idle_connections_and_lets_answers_out(tmp_path: Path) -> None:
    echo = "import time\ndef handler(event, context):\n    print('in', flush=True)\n    time.sleep(0.5)\n"
    echo += "    return {'statusCode': 200, 'body': 'out'}"
    server, thread = serve(small_gateway(tmp_path, echo=echo))
    with connected(server) as idle, connected(server) as busy:
        idle.sendall(b"GET /nowhere HTTP/1.1\r\n\r\n")
        assert idle.recv(65_536).startswith(b"HTTP/1.1 404 ")
        busy.sendall(b"GET /open/a HTTP/1.1\r\n\r\n")
        time.sleep(0.2)

        server.shutdown()
        thread.join(10)

        assert idle.recv(1) == b""
        assert busy.recv(65_536).endswith(b"out")
        assert busy.recv(1) == b""
