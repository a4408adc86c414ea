"""What requests are signed with, from where, and until when. (lms.table.credentials)"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lms import deadline
from lms.table import credentials as module
from lms.table.connections import NotSentError
from lms.table.credentials import (
    Credentials,
    CredentialsError,
    NoCredentialsError,
    credentials,
    forget_credentials,
    use_source,
)
from tests.unit.builders import cases
from tests.unit.table.conftest import Serve
from tests.unit.table.loopback import Received, Reply, Server, raw, reset, silent, whole

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
NOON = NOW.timestamp()
HOUR = 3600.0


def issued(number: int = 1, lasting: float = HOUR, **changes: Any) -> dict[str, Any]:
    """What a container's endpoint answers: the credentials with this number, good for so many seconds from NOW on."""
    expiration = (NOW + timedelta(seconds=lasting)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {"AccessKeyId": f"AKIA{number}", "SecretAccessKey": "secret", "Token": "token", "Expiration": expiration}
    return {name: value for name, value in (found | changes).items() if value is not None}


def answered(content: Any) -> Reply:
    return whole(json.dumps(content).encode())


def expected(number: int = 1, lasting: float = HOUR) -> Credentials:
    return Credentials(f"AKIA{number}", "secret", "token", NOON + lasting)


@pytest.fixture
def container(aws: pytest.MonkeyPatch, serve: Serve) -> Callable[..., Server]:
    """`container(reply, …)`: the environment of a container whose endpoint answers by these."""
    aws.delenv("AWS_ACCESS_KEY_ID")
    aws.delenv("AWS_SECRET_ACCESS_KEY")

    def start(*replies: Reply, target: str = "/v2/credentials?id=1") -> Server:
        server = serve(*replies)
        aws.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}{target}")
        return server

    return start


# --- Variables --------------------------------------------------------------------------------------------------------


@cases(
    "token, expected", {"with a token": ("token", "token"), "without": (None, None), "with an empty one": ("", None)}
)
def test_lambdas_variables(aws: pytest.MonkeyPatch, token: str | None, expected: str | None) -> None:
    if token is not None:
        aws.setenv("AWS_SESSION_TOKEN", token)

    assert credentials(NOON) == Credentials("AKIAEXAMPLE", "secret", expected)


def test_variables_are_read_each_time(aws: pytest.MonkeyPatch) -> None:
    credentials(NOON)
    aws.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")

    assert credentials(NOON).access_key == "AKIAOTHER"


def test_variables_come_before_the_container(aws: pytest.MonkeyPatch) -> None:
    aws.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")

    assert credentials(NOON).access_key == "AKIAEXAMPLE"


def test_half_a_key_is_none(aws: pytest.MonkeyPatch) -> None:
    aws.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(NoCredentialsError, match="AWS_SECRET_ACCESS_KEY is not"):
        credentials(NOON)


@pytest.mark.parametrize("empty", [False, True])
def test_without_any_the_error_names_what_was_looked_for(aws: pytest.MonkeyPatch, empty: bool) -> None:
    aws.setenv("AWS_ACCESS_KEY_ID", "") if empty else aws.delenv("AWS_ACCESS_KEY_ID")

    with pytest.raises(NoCredentialsError, match="AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        credentials(NOON)


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Credentials("AKIA", "secret", "secret-token"))


# --- A container's endpoint -------------------------------------------------------------------------------------------


def test_a_container_asks_its_endpoint_once_while_they_last(container: Callable[..., Server]) -> None:
    server = container(answered(issued()))

    assert [credentials(NOON + seconds) for seconds in (0, 60, HOUR - 301)] == [expected()] * 3
    [received] = server.received
    assert received.line == "GET /v2/credentials?id=1 HTTP/1.1"
    assert received.headers["host"] == server.endpoint.authority
    assert "authorization" not in received.headers


def test_the_endpoint_may_have_no_path(container: Callable[..., Server]) -> None:
    server = container(answered(issued()), target="")

    credentials(NOON)

    assert server.received[0].line == "GET / HTTP/1.1"


@cases(
    "variable, in_file, sent",
    {
        "in a variable": ("Bearer abc", None, "Bearer abc"),
        "in a file": (None, "Bearer abc", "Bearer abc"),
        "in a file that ends with a line break": (None, "Bearer abc\n", "Bearer abc"),
        "in both: the file's, which is renewed": ("Bearer old", "Bearer abc", "Bearer abc"),
    },
)
def test_the_endpoint_is_shown_the_containers_token(
    container: Callable[..., Server],
    aws: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str | None,
    in_file: str | None,
    sent: str,
) -> None:
    server = container(answered(issued()))
    if variable is not None:
        aws.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", variable)
    if in_file is not None:
        file = tmp_path / "token"
        file.write_text(in_file)
        aws.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))

    credentials(NOON)

    assert server.received[0].headers["authorization"] == sent


def test_the_tokens_file_is_read_each_time(
    container: Callable[..., Server], aws: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = container(answered(issued(lasting=-1)))
    file = tmp_path / "token"
    aws.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(file))

    for token in ("first", "second"):
        file.write_text(token)
        credentials(NOON)

    assert [request.headers["authorization"] for request in server.received] == ["first", "second"]


def test_a_tokens_file_that_is_not_there(container: Callable[..., Server], aws: pytest.MonkeyPatch) -> None:
    container(answered(issued()))
    aws.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/no/such/file")

    with pytest.raises(CredentialsError, match="AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: FileNotFoundError"):
        credentials(NOON)


def test_a_token_of_two_lines_is_not_sent(container: Callable[..., Server], aws: pytest.MonkeyPatch) -> None:
    server = container(answered(issued()))
    aws.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "abc\r\nX-Other: d")

    with pytest.raises(CredentialsError):
        credentials(NOON)
    assert server.received == []


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine with a time zone of its own."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@cases(
    "expiration, expires",
    {
        "with an offset": ("2026-04-01T15:00:00+02:00", HOUR),
        "with fractions": ("2026-04-01T13:00:00.500Z", HOUR + 0.5),
        "without offset: UTC": ("2026-04-01T13:00:00", HOUR),
    },
)
def test_when_they_expire(container: Callable[..., Server], in_tokyo: None, expiration: str, expires: float) -> None:
    container(answered(issued(Expiration=expiration)))

    assert credentials(NOON).expires == NOON + expires


# --- Renewing ---------------------------------------------------------------------------------------------------------


def test_they_are_renewed_five_minutes_before_they_expire(container: Callable[..., Server]) -> None:
    container(answered(issued(1)), answered(issued(2, lasting=2 * HOUR)))

    assert credentials(NOON) == expected(1)
    assert credentials(NOON + HOUR - 301) == expected(1)
    assert credentials(NOON + HOUR - 300) == expected(2, 2 * HOUR)
    assert credentials(NOON + HOUR + 60) == expected(2, 2 * HOUR)


def test_when_the_endpoint_is_down_the_old_ones_serve_as_long_as_they_last(container: Callable[..., Server]) -> None:
    server = container(answered(issued()), whole(b"", "500 Internal Server Error"))

    assert credentials(NOON) == expected()
    assert credentials(NOON + HOUR - 300) == expected()
    assert credentials(NOON + HOUR - 1) == expected()
    with pytest.raises(CredentialsError, match="answered 500"):
        credentials(NOON + HOUR)
    # While the old ones last, not every request asks again.
    assert len(server.received) == 3


def test_an_endpoint_that_was_down_is_asked_again_after_some_seconds(
    container: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    container(answered(issued(1)), whole(b"", "500 Internal Server Error"), answered(issued(2, lasting=2 * HOUR)))
    monkeypatch.setattr(module, "_ASK_AGAIN", 0.05)

    assert [credentials(NOON), credentials(NOON + HOUR - 300)] == [expected(1)] * 2
    time.sleep(0.1)
    assert credentials(NOON + HOUR - 300) == expected(2, 2 * HOUR)


def test_after_an_outage_they_are_good_again(container: Callable[..., Server]) -> None:
    container(reset, answered(issued()))

    with pytest.raises(CredentialsError):
        credentials(NOON)
    assert credentials(NOON) == expected()


def test_threads_that_need_them_at_once_ask_once(container: Callable[..., Server]) -> None:
    def slowly(connection: socket.socket, request: Received) -> bool:
        time.sleep(0.1)
        return answered(issued())(connection, request)

    server = container(slowly)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: credentials(NOON), range(8))) == [expected()] * 8
    assert len(server.received) == 1


def test_those_that_dynamodb_calls_expired_are_asked_for_anew(container: Callable[..., Server]) -> None:
    container(answered(issued(1)), answered(issued(2)))
    first = credentials(NOON)

    forget_credentials(first)

    assert credentials(NOON) == expected(2)


def test_those_that_were_renewed_in_the_meantime_are_kept(container: Callable[..., Server]) -> None:
    server = container(answered(issued(1)), answered(issued(2)))
    first = credentials(NOON)
    forget_credentials(first)
    credentials(NOON)

    forget_credentials(first)

    assert credentials(NOON) == expected(2)
    assert len(server.received) == 2


# --- Endpoints that fail ----------------------------------------------------------------------------------------------


@cases(
    "reply, message",
    {
        "it refuses": (whole(b"{}", "403 Forbidden"), "answered 403"),
        "it is somewhere else": (whole(b"", "302 Found", headers={"Location": "http://127.0.0.1:1/"}), "answered 302"),
        "it answers nothing": (raw(), "no whole answer"),
        "it answers half": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "no whole answer"),
        "it answers no JSON": (whole(b"<html>"), "something else"),
        "it answers a list": (answered([]), "something else"),
        "it answers null": (answered(None), "something else"),
        "it leaves the key out": (answered(issued(AccessKeyId=None)), "something else"),
        "it leaves the secret out": (answered(issued(SecretAccessKey=None)), "something else"),
        "it leaves the end out": (answered(issued(Expiration=None)), "something else"),
        "it names no moment": (answered(issued(Expiration="soon")), "something else"),
        "it names a number": (answered(issued(Expiration=1)), "something else"),
    },
)
def test_an_endpoint_that_fails(container: Callable[..., Server], reply: Reply, message: str) -> None:
    container(reply)

    with pytest.raises(CredentialsError, match=message):
        credentials(NOON)


def test_an_endpoint_that_is_silent_is_given_up_in_time(container: Callable[..., Server]) -> None:
    container(silent())
    began = time.monotonic()

    with deadline.within(0.2), pytest.raises(CredentialsError, match="TimeoutError"):
        credentials(NOON)

    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "url",
    [
        "http://dynamodb.eu-central-1.amazonaws.com/credentials",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.org/",
        "http://[2001:db8::1]/",
        "ftp://127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "127.0.0.1/credentials",
        "http://[::1",
    ],
)
def test_no_other_host_is_asked_without_tls(
    container: Callable[..., Server], aws: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    aws.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    monkeypatch.setattr(module, "exchange", lambda *_: pytest.fail("it was asked"))

    with pytest.raises(NoCredentialsError):
        credentials(NOON)


@pytest.mark.parametrize(
    "url",
    [
        "https://credentials.example.org/x",
        "http://localhost:9001/x",
        "http://127.0.0.1:9001/x",
        "http://127.5.0.1/x",
        "http://[::1]:9001/x",
        "http://169.254.170.2/x",
        "http://169.254.170.23/x",
        "http://[fd00:ec2::23]/x",
    ],
)
def test_hosts_that_are_asked(
    container: Callable[..., Server], aws: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = []

    def note(endpoint: Any, request: Any, *_: float) -> Any:
        asked.append((endpoint.scheme, request.target))
        raise NotSentError

    aws.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
    monkeypatch.setattr(module, "exchange", note)

    with pytest.raises(CredentialsError):
        credentials(NOON)
    assert asked == [(url.partition(":")[0], "/x")]


# --- A source of the tools' own ---------------------------------------------------------------------------------------


class Source:
    """Gives the next of these, or raises it."""

    def __init__(self, *given: Credentials | Exception) -> None:
        self._given = list(given)
        self.asked = 0

    def __call__(self) -> Credentials:
        self.asked += 1
        found = self._given.pop(0) if len(self._given) > 1 else self._given[0]
        if isinstance(found, Exception):
            raise found
        return found


def test_a_source_comes_before_the_environment_and_is_renewed_like_the_containers(aws: pytest.MonkeyPatch) -> None:
    source = Source(expected(1), expected(2, 2 * HOUR))
    use_source(source)

    assert [credentials(NOON + seconds) for seconds in (0, 1, HOUR - 300)] == [
        expected(1),
        expected(1),
        expected(2, 2 * HOUR),
    ]
    assert source.asked == 2


def test_those_that_never_expire_are_asked_for_once(aws: pytest.MonkeyPatch) -> None:
    source = Source(Credentials("AKIA", "secret"))
    use_source(source)

    assert {credentials(NOON + seconds).access_key for seconds in (0, 1e9)} == {"AKIA"}
    assert source.asked == 1


@cases(
    "error",
    {"that has none": NoCredentialsError("none"), "that has none now": CredentialsError("the session has ended")},
)
def test_a_source(aws: pytest.MonkeyPatch, error: Exception) -> None:
    use_source(Source(error))

    with pytest.raises(type(error)) as caught:
        credentials(NOON)
    assert caught.value is error


def test_another_source_is_asked_at_once(aws: pytest.MonkeyPatch) -> None:
    use_source(Source(expected(1)))
    credentials(NOON)
    use_source(Source(expected(2)))

    assert credentials(NOON) == expected(2)
