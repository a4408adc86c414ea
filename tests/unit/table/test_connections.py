"""HTTP on real sockets: connections that are kept, answers that are not whole, time that is over.

(lms.table.connections, lms.table.messages)
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms.table import connections
from lms.table.connections import NoAnswerError, NotSentError, exchange
from lms.table.messages import Endpoint, HttpAnswer, HttpRequest, parse_endpoint
from tests.unit.builders import cases
from tests.unit.table.conftest import Serve
from tests.unit.table.loopback import Received, Reply, Server, raw, reset, silent, whole

REQUEST = HttpRequest("POST", "/", {"host": "tested", "x-kind": "first second"}, b'{"a": 1}')


def ask(server: Server, seconds: float = 5.0, silence: float = 5.0, body: bytes = REQUEST.body) -> HttpAnswer:
    return exchange(server.endpoint, REQUEST._replace(body=body), seconds, silence)


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    written = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + written + end


# --- One request ------------------------------------------------------------------------------------------------------


def test_a_request_is_sent_as_it_is_and_its_answer_comes_back_whole(serve: Serve) -> None:
    server = serve(whole(b"the body", "400 Bad Request", headers={"X-Amzn-RequestId": "R1"}))

    answer = ask(server)

    assert (answer.status, answer.body, answer.headers["x-amzn-requestid"]) == (400, b"the body", "R1")
    [received] = server.received
    assert (received.line, received.body) == ("POST / HTTP/1.1", b'{"a": 1}')
    assert received.headers == {"host": "tested", "x-kind": "first second", "content-length": "8"}


def test_a_request_without_a_body_has_no_length(serve: Serve) -> None:
    server = serve(whole())

    exchange(server.endpoint, HttpRequest("GET", "/path?x=1", {"host": "tested"}), 5, 5)

    [received] = server.received
    assert (received.line, received.headers) == ("GET /path?x=1 HTTP/1.1", {"host": "tested"})


@pytest.mark.parametrize("size", [1, 65_536, 5_000_000])
def test_bodies_of_any_size_go_both_ways(serve: Serve, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    server = serve(whole(body))

    assert ask(server, body=body).body == body
    assert server.received[0].body == body


@cases(
    "pieces",
    {
        "in chunks": [chunked(b"one ", b"two")],
        "in chunks that come one by one": [chunked(b"one ", end=b""), b"3\r\ntwo\r\n", b"0\r\n\r\n"],
        "up to the end of the connection": [b"HTTP/1.1 200 OK\r\n\r\none ", b"two"],
        "byte by byte": [bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX: y\r\n\r\none two"],
        "after a 100 Continue": [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\none two",
        ],
    },
)
def test_an_answer_is_read_however_it_comes(serve: Serve, pieces: list[bytes]) -> None:
    assert ask(serve(raw(*pieces, pause=0.001))).body == b"one two"


@cases("header", {"a line break": "a\r\nx-other: b", "a bare one": "a\nb", "what is not Latin-1": "\u20ac"})
def test_a_header_that_is_none_is_never_sent(serve: Serve, header: str) -> None:
    server = serve(whole())

    with pytest.raises(NotSentError):
        exchange(server.endpoint, REQUEST._replace(headers={"host": "tested", "authorization": header}), 5, 5)
    assert server.connections == 0


# --- Connections that are kept ----------------------------------------------------------------------------------------


def test_a_connection_serves_one_request_after_the_other(serve: Serve) -> None:
    server = serve(whole(b"1"), raw(chunked(b"2"), stays=True), whole(b"", "400 Bad Request"), whole(b"4"))

    assert [ask(server).body for _ in range(4)] == [b"1", b"2", b"", b"4"]
    assert [request.connection for request in server.received] == [1, 1, 1, 1]


def test_requests_at_the_same_time_have_connections_of_their_own(serve: Serve) -> None:
    meeting = threading.Barrier(8)

    def together(connection: socket.socket, request: Received) -> bool:
        meeting.wait(10)
        return whole()(connection, request)

    server = serve(together)

    with ThreadPoolExecutor(8) as threads:
        for _ in range(2):
            list(threads.map(lambda _: ask(server), range(8)))

    assert server.connections == 8


def test_each_server_has_its_own_connections(serve: Serve) -> None:
    first, second = serve(whole(b"first")), serve(whole(b"second"))

    assert [ask(server).body for server in (first, second, first, second)] == [b"first", b"second"] * 2
    assert (first.connections, second.connections) == (1, 1)


@cases(
    "reply",
    {
        "that ends": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"),
        "that is said to end and does not": whole(headers={"Connection": "close"}),
        "of HTTP/1.0": raw(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", stays=True),
    },
)
def test_a_connection_is_not_kept(serve: Serve, reply: Reply) -> None:
    server = serve(reply)

    assert [ask(server).body, ask(server).body] == [b"{}", b"{}"]
    assert [request.connection for request in server.received] == [1, 2]


def test_a_connection_that_the_server_closed_while_it_was_idle_is_not_used(serve: Serve) -> None:
    server = serve(whole())
    ask(server)
    server.close_idle()
    time.sleep(0.05)

    assert ask(server).status == 200
    assert [request.connection for request in server.received] == [1, 2]


def test_a_connection_that_brings_what_nobody_asked_for_is_not_used(serve: Serve) -> None:
    unasked = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright", unasked, pause=0.02, stays=True))

    for _ in range(3):
        assert ask(server).body == b"right"
        time.sleep(0.1)
    assert server.connections == 3


def test_a_connection_is_not_kept_for_ever(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(whole())
    ask(server)
    monkeypatch.setattr(connections, "_KEPT_SECONDS", 0.01)
    time.sleep(0.02)

    ask(server)

    assert server.connections == 2


def test_only_so_many_idle_connections_are_kept(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_KEPT", 2)
    meeting = threading.Barrier(5)

    def together(connection: socket.socket, request: Received) -> bool:
        meeting.wait(10)
        return whole()(connection, request)

    server = serve(together)

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: ask(server), range(5)))

    assert len(connections._idle[server.endpoint]) == 2


def test_many_threads_share_the_connections_and_none_gets_anothers_answer(serve: Serve) -> None:
    # Each answer is the request's own body, and some connections end after it.
    def echo(connection: socket.socket, request: Received) -> bool:
        ends = len(server.received) % 7 == 0
        return whole(request.body, stays=not ends, headers={"Connection": "close"} if ends else {})(connection, request)

    server = serve(echo)

    def one(number: int) -> bool:
        body = str(number).encode() * 50
        return exchange(server.endpoint, REQUEST._replace(body=body), 10, 10).body == body

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(one, range(400)))


# --- Answers that are not whole ---------------------------------------------------------------------------------------


@cases(
    "reply",
    {
        "no answer": raw(),
        "a reset": reset,
        "a status line that ends": raw(b"HTTP/1.1 20"),
        "headers that end": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Am"),
        "a body that ends": raw(b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"Item": {}'),
        "a chunk that ends": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        "chunks without an end": raw(chunked(b"ab", end=b"")),
        "a chunk without a size": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n"),
        "what is no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
        "a line without end": raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000),
        "more headers than there can be": raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"),
    },
)
def test_what_is_no_whole_answer_may_have_been_carried_out_and_its_connection_is_not_kept(
    serve: Serve, reply: Reply
) -> None:
    server = serve(reply, whole())

    with pytest.raises(NoAnswerError):
        ask(server, seconds=2)

    assert ask(server).status == 200
    assert [request.connection for request in server.received] == [1, 2]


def test_a_reset_of_a_kept_connection_may_have_been_carried_out(serve: Serve) -> None:
    server = serve(whole(), reset)
    ask(server)

    with pytest.raises(NoAnswerError, match=r"^no whole answer: Connection(Reset)?Error|RemoteDisconnected$"):
        ask(server)


# --- Time -------------------------------------------------------------------------------------------------------------


def took(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


@cases(
    "reply",
    {
        "a server that is silent": silent(),
        "one that drips its headers": raw(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 100, pause=0.05),
        "one that drips its body": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, pause=0.05),
        "one that drips chunks": raw(chunked(end=b""), *[b"1\r\nx\r\n"] * 100, pause=0.05),
        "one that drips without an end": raw(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 100, pause=0.05),
    },
)
@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_no_answer_is_waited_for_longer_than_its_time(serve: Serve, reply: Reply, seconds: float) -> None:
    server = serve(reply)

    def asked() -> None:
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            ask(server, seconds)

    assert seconds <= took(asked) < seconds + 1


def test_silence_ends_an_answer_before_its_time(serve: Serve) -> None:
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", b"cd", pause=1.0))

    def asked() -> None:
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            ask(server, seconds=5, silence=0.2)

    assert 0.2 <= took(asked) < 0.9


def test_pauses_that_are_shorter_than_the_silence_are_waited_for(serve: Serve) -> None:
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", *[b"x"] * 8, pause=0.1))

    assert ask(server, seconds=5, silence=0.3).body == b"x" * 8


def test_a_request_that_the_server_reads_too_slowly_is_given_up_in_time(serve: Serve) -> None:
    server = serve(whole(), reads=False)

    def asked() -> None:
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            ask(server, seconds=0.3, body=b"x" * 50_000_000)

    assert took(asked) < 1.3


@pytest.mark.parametrize("seconds", [0, -1])
@pytest.mark.parametrize("kept", [False, True])
def test_without_time_nothing_is_sent(serve: Serve, seconds: float, kept: bool) -> None:
    server = serve(whole())
    if kept:
        ask(server)

    with pytest.raises(NotSentError):
        ask(server, seconds)
    time.sleep(0.05)
    assert len(server.received) == kept


# --- No connection ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_server_that_is_not_there_has_not_got_the_request() -> None:
    with pytest.raises(NotSentError, match=r"^no connection: ConnectionRefusedError$"):
        exchange(Endpoint("http", "127.0.0.1", free_port()), REQUEST, 5, 5)


def test_a_name_that_there_is_not_has_not_got_the_request() -> None:
    with pytest.raises(NotSentError, match=r"^no connection: gaierror$"):
        exchange(Endpoint("http", "no-such-host.invalid", 80), REQUEST, 5, 5)


def test_a_server_that_accepts_nobody_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_CONNECT_SECONDS", 0.2)
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):  # the queue is full with these
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())

        def asked() -> None:
            with pytest.raises(NotSentError, match="TimeoutError"):
                exchange(Endpoint("http", "127.0.0.1", listener.getsockname()[1]), REQUEST, 5, 5)

        assert 0.2 <= took(asked) < 0.9


def test_every_address_of_the_host_is_tried(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(whole())
    of_nobody = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", free_port()))
    of_server = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.endpoint.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [of_nobody, of_nobody, of_server])

    assert exchange(Endpoint("http", "has-three.example", 80), REQUEST, 5, 5).status == 200


# --- TLS --------------------------------------------------------------------------------------------------------------


def certify(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
    days: int = 1,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if issuer is None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


class Authority:
    """A CA of the test's own, in a file, and servers' certificates that it signs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = certify("test CA", self._key, None, self._key, [])
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, *names: x509.GeneralName, days: int = 1) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = certify("server", key, self._certificate, self._key, list(names), days)
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = self._folder / "server.pem"
        file.write_bytes(private + certificate.public_bytes(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    made = Authority(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(made.file))
    connections._tls.cache_clear()
    yield made
    connections._tls.cache_clear()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_over_tls_connections_are_kept_as_well(serve: Serve, authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.server(LOOPBACK)
    context.minimum_version = context.maximum_version = version
    body = b"x" * 300_000
    server = serve(whole(body), tls=context)

    assert [ask(server).body == body for _ in range(3)] == [True] * 3
    assert server.connections == 1


def test_over_tls_an_idle_connection_that_was_closed_is_not_used(serve: Serve, authority: Authority) -> None:
    server = serve(whole(), tls=authority.server(LOOPBACK))
    ask(server)
    server.close_idle()
    time.sleep(0.05)

    assert ask(server).status == 200
    assert server.connections == 2


@cases(
    "reply",
    {
        "drips": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, pause=0.05),
        "is silent": silent(),
    },
)
def test_over_tls_too_no_answer_is_waited_for_longer_than_its_time(
    serve: Serve, authority: Authority, reply: Reply
) -> None:
    server = serve(reply, tls=authority.server(LOOPBACK))

    def asked() -> None:
        with pytest.raises(NoAnswerError, match="TimeoutError"):
            ask(server, 0.3)

    assert 0.3 <= took(asked) < 1.3


def test_over_tls_too_an_answer_without_its_end_is_none(serve: Serve, authority: Authority) -> None:
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}"), tls=authority.server(LOOPBACK))

    with pytest.raises(NoAnswerError):
        ask(server)


@cases(
    "names, days",
    {
        "that is another host's": ([x509.DNSName("dynamodb.eu-central-1.amazonaws.com")], 1),
        "that names none": ([], 1),
        "that has expired": ([LOOPBACK], -1),
    },
)
def test_a_server_with_a_certificate_gets_nothing(
    serve: Serve, authority: Authority, names: list[x509.GeneralName], days: int
) -> None:
    server = serve(whole(), tls=authority.server(*names, days=days))

    with pytest.raises(NotSentError, match=r"^no connection: SSLCertVerificationError$"):
        ask(server)
    assert server.received == []


def test_a_server_whose_authority_is_not_known_gets_nothing(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    server = serve(whole(), tls=authority.server(LOOPBACK))

    with pytest.raises(NotSentError, match=r"^no connection: SSLCertVerificationError$"):
        ask(server)
    assert server.received == []


def test_a_server_that_speaks_no_tls_gets_nothing(serve: Serve, authority: Authority) -> None:
    server = serve(whole())

    with pytest.raises(NotSentError):
        exchange(server.endpoint._replace(scheme="https"), REQUEST, 0.3, 5)
    assert server.received == []


def test_a_handshake_that_never_ends_is_given_up_in_time(
    serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_CONNECT_SECONDS", 0.1)
    server = serve(whole(), reads=False)

    def asked() -> None:
        with pytest.raises(NotSentError, match="TimeoutError"):
            exchange(server.endpoint._replace(scheme="https"), REQUEST, 0.3, 5)

    assert 0.3 <= took(asked) < 1.3


def test_an_older_tls_is_refused(serve: Serve, authority: Authority) -> None:
    assert connections._tls().minimum_version == ssl.TLSVersion.TLSv1_2
    assert connections._tls().verify_mode == ssl.CERT_REQUIRED
    assert connections._tls().check_hostname


# --- Where servers are ------------------------------------------------------------------------------------------------


@cases(
    "url, endpoint, authority",
    {
        "AWS's own": ("https://dynamodb.x.amazonaws.com", ("https", "dynamodb.x.amazonaws.com", 443), None),
        "one with a slash": ("https://dynamodb.x.amazonaws.com/", ("https", "dynamodb.x.amazonaws.com", 443), None),
        "one in capitals": ("HTTPS://DynamoDB.X", ("https", "dynamodb.x", 443), "dynamodb.x"),
        "one with a port": ("http://127.0.0.1:8000", ("http", "127.0.0.1", 8000), "127.0.0.1:8000"),
        "one with its scheme's port": ("http://localhost:80", ("http", "localhost", 80), "localhost"),
        "one of IPv6": ("http://[::1]:8000", ("http", "::1", 8000), "[::1]:8000"),
    },
)
def test_an_endpoint_is_a_url(url: str, endpoint: tuple[str, str, int], authority: str | None) -> None:
    parsed = parse_endpoint(url)

    assert parsed == Endpoint(*endpoint)
    assert parsed.authority == (authority or parsed.host)


@pytest.mark.parametrize(
    "url",
    [
        "", "localhost:8000", "ftp://localhost", "http://", "http://host/path", "http://user:password@host",
        "http://host?x=1", "http://host:port", "http://[::1",
    ],
)  # fmt: skip
def test_what_is_no_endpoint(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_endpoint(url)
