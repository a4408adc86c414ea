"""Calls to DynamoDB: what is sent, how often and how long it is tried, what may have happened, what runs side by side.

(lms.table.client)
"""

import contextvars
import json
import re
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.regions
import botocore.session
import pytest

from lms import deadline
from lms.domain.errors import ConditionFailedError, UnavailableError
from lms.table import client
from lms.table.answers import DynamoDBError
from lms.table.client import call, in_parallel
from lms.table.connections import NoAnswerError, NotSentError
from lms.table.credentials import Credentials, CredentialsError, NoCredentialsError, use_source
from lms.table.messages import Endpoint, HttpAnswer, HttpRequest
from tests.unit.builders import StoppedTime, cases
from tests.unit.table.conftest import Serve
from tests.unit.table.loopback import Received, Server, raw, silent, whole

pytestmark = pytest.mark.usefixtures("aws")

KEY = {"PK": {"S": "USER#mona"}, "SK": {"S": "PROFILE"}}


def answer(content: Any, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, {"x-amzn-requestid": "R1"}, json.dumps(content).encode())


def error(code: str, status: int = 400, **fields: Any) -> HttpAnswer:
    return answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "of mona", **fields}, status)


Outcome = HttpAnswer | Exception
DONE = answer({})
THROTTLED = error("ThrottlingException")
CONFLICT = error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
CONDITION = error("ConditionalCheckFailedException")
EXPIRED = error("ExpiredTokenException")
BROKEN = error("InternalServerError", 500)
HTML = HttpAnswer(503, {}, b"<html>503 Service Unavailable</html>")
DAMAGED = HttpAnswer(200, {"x-amz-crc32": "1"}, b"{}")
LOST = NoAnswerError("no whole answer: TimeoutError")
UNREACHED = NotSentError("no connection: ConnectionRefusedError")


class Wire:
    """In place of the network: gives these outcomes one after the other, and the last of them from then on."""

    def __init__(self, *outcomes: Outcome, clock: StoppedTime | None = None, takes: float = 0.0) -> None:
        """`takes`: seconds of each, on the clock; but never more than it is given."""
        self.outcomes = list(outcomes)
        self.sent: list[tuple[Endpoint, HttpRequest]] = []
        self.given: list[tuple[float, float]] = []
        """`seconds` and `silence` of each."""
        self._clock = clock
        self._takes = takes

    def __call__(self, endpoint: Endpoint, request: HttpRequest, seconds: float, silence: float) -> HttpAnswer:
        self.sent.append((endpoint, request))
        self.given.append((seconds, silence))
        if self._clock is not None:
            self._clock.now += min(self._takes, seconds)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Wire]:
    """`wire(outcome, …)`: requests come to these outcomes."""

    def put(*outcomes: Outcome, **options: Any) -> Wire:
        made = Wire(*outcomes, **options)
        monkeypatch.setattr(client, "exchange", made)
        return made

    return put


# --- One request ------------------------------------------------------------------------------------------------------


def test_a_call_passes_its_arguments_on_and_its_answer_back(wire: Callable[..., Wire]) -> None:
    network = wire(answer({"Item": {"id": {"N": "4711"}}}))

    found = call("GetItem", TableName="lms", Key=KEY, ConsistentRead=True)

    assert found == {"Item": {"id": {"N": "4711"}}}
    [(endpoint, request)] = network.sent
    assert endpoint == Endpoint("https", "dynamodb.eu-central-1.amazonaws.com", 443)
    assert (request.method, request.target) == ("POST", "/")
    assert json.loads(request.body) == {"TableName": "lms", "Key": KEY, "ConsistentRead": True}
    assert request.headers["x-amz-target"] == "DynamoDB_20120810.GetItem"
    assert request.headers["content-type"] == "application/x-amz-json-1.0"
    assert request.headers["host"] == "dynamodb.eu-central-1.amazonaws.com"


def test_a_request_is_signed_for_the_service_and_region_at_its_time(
    wire: Callable[..., Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1775044800.0)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    network = wire(DONE)

    call("UpdateItem")

    headers = network.sent[0][1].headers
    assert headers["x-amz-date"] == "20260401T120000Z"
    assert headers["x-amz-security-token"] == "token"
    assert "Credential=AKIAEXAMPLE/20260401/eu-central-1/dynamodb/aws4_request," in headers["authorization"]
    # What proxies change is not signed.
    assert headers["accept-encoding"] == "identity"
    signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"
    assert signed in headers["authorization"]


def test_each_attempt_is_signed_anew(wire: Callable[..., Wire], clock: StoppedTime, aws: pytest.MonkeyPatch) -> None:
    seconds = iter(range(1775044800, 1775044900))
    aws.setattr(time, "time", lambda: next(seconds))
    network = wire(THROTTLED, DONE)

    call("UpdateItem")

    assert [request.headers["x-amz-date"][-3:] for _, request in network.sent] == ["00Z", "01Z"]


# --- Where DynamoDB is ------------------------------------------------------------------------------------------------


@cases(
    "variables, url",
    {
        "in the Region": ({"AWS_REGION": "us-east-1"}, "https://dynamodb.us-east-1.amazonaws.com:443"),
        "in the default Region": (
            {"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-west-2"},
            "https://dynamodb.us-west-2.amazonaws.com:443",
        ),
        "at an endpoint for DynamoDB": (
            {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "http://127.0.0.1:8000",
        ),
        "at an endpoint for all": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}, "http://127.0.0.1:4566"),
    },
)
def test_where_dynamodb_is(
    wire: Callable[..., Wire], aws: pytest.MonkeyPatch, variables: dict[str, str], url: str
) -> None:
    for name, value in variables.items():
        aws.setenv(name, value)
    network = wire(DONE)

    call("UpdateItem")

    endpoint = network.sent[0][0]
    assert f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}" == url


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"])
def test_in_every_region_dynamodb_is_where_the_aws_sdk_looks_for_it(aws: pytest.MonkeyPatch, partition: str) -> None:
    data = botocore.session.get_session().get_component("data_loader").load_data("partitions")
    known = {found["id"]: found for found in data["partitions"]}[partition]
    regions = [region for region in known["regions"] if not region.endswith("-global")]
    assert regions

    for region in regions:
        aws.setenv("AWS_REGION", region)
        assert client._endpoint().host == f"dynamodb.{region}.{known['outputs']['dnsSuffix']}"


@cases(
    "variables, code",
    {
        "without a Region": ({"AWS_REGION": ""}, "NoRegion"),
        "with an endpoint that is none": ({"AWS_ENDPOINT_URL_DYNAMODB": "localhost:8000"}, "NoEndpoint"),
        "without credentials": ({"AWS_ACCESS_KEY_ID": ""}, "NoCredentials"),
    },
)
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_an_environment_that_lacks_something_is_our_own_mistake_and_is_not_tried_again(
    wire: Callable[..., Wire], aws: pytest.MonkeyPatch, variables: dict[str, str], code: str, operation: str
) -> None:
    for name, value in variables.items():
        aws.setenv(name, value)
    network = wire(DONE)

    with pytest.raises(DynamoDBError) as caught:
        call(operation)

    assert (caught.value.code, network.sent) == (code, [])


# --- Trying again -----------------------------------------------------------------------------------------------------

FAILURES: dict[str, Outcome] = {
    "throttling": THROTTLED,
    "a conflict": CONFLICT,
    "an expired token": EXPIRED,
    "an error inside": BROKEN,
    "a load balancer": HTML,
    "a damaged answer": DAMAGED,
    "no answer": LOST,
    "no connection": UNREACHED,
}


@cases("failure", FAILURES)
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_a_failed_attempt_is_followed_by_another(
    wire: Callable[..., Wire], clock: StoppedTime, operation: str, failure: Outcome
) -> None:
    network = wire(failure, failure, answer({"Attributes": {}}))

    assert call(operation) == {"Attributes": {}}
    assert len(network.sent) == 3
    assert len({request.body for _, request in network.sent}) == 1


@cases(
    "outcome, kind",
    {
        "a condition that did not hold": (CONDITION, ConditionFailedError),
        "a mistake of ours": (error("ValidationException"), DynamoDBError),
    },
)
def test_what_another_attempt_would_not_change_is_raised_at_once(
    wire: Callable[..., Wire], clock: StoppedTime, outcome: Outcome, kind: type[Exception]
) -> None:
    network = wire(THROTTLED, outcome, DONE)

    with pytest.raises(kind):
        call("UpdateItem")
    assert len(network.sent) == 2


def test_credentials_that_cannot_be_had_now_are_asked_for_again(wire: Callable[..., Wire], clock: StoppedTime) -> None:
    def failing_once() -> Credentials:
        if not asked:
            asked.append(True)
            raise CredentialsError("the session has ended")
        return Credentials("AKIA", "secret")

    asked: list[bool] = []
    use_source(failing_once)
    wire(DONE)

    assert call("UpdateItem") == {}


def test_without_credentials_for_the_whole_time_nothing_was_written(
    wire: Callable[..., Wire], clock: StoppedTime
) -> None:
    def failing() -> Credentials:
        raise CredentialsError("the session has ended")

    use_source(failing)
    network = wire(DONE)

    with deadline.within(1), pytest.raises(UnavailableError, match="no credentials: the session has ended") as caught:
        call("UpdateItem")
    assert (caught.value.outcome_unknown, network.sent) == (False, [])


def test_a_source_that_has_none_is_our_own_mistake(wire: Callable[..., Wire]) -> None:
    def failing() -> Credentials:
        raise NoCredentialsError("aws configure")

    use_source(failing)
    wire(DONE)

    with pytest.raises(DynamoDBError, match="NoCredentials: aws configure"):
        call("UpdateItem")


def test_a_token_that_has_expired_is_renewed(wire: Callable[..., Wire], clock: StoppedTime) -> None:
    keys = iter(["AKIAOLD", "AKIANEW"])
    use_source(lambda: Credentials(next(keys), "secret"))
    network = wire(DONE, EXPIRED, DONE)

    call("UpdateItem")
    call("UpdateItem")

    used = [re.findall("Credential=([A-Z]+)", request.headers["authorization"])[0] for _, request in network.sent]
    assert used == ["AKIAOLD", "AKIAOLD", "AKIANEW"]


# --- What may have happened -------------------------------------------------------------------------------------------


@cases(
    "outcomes, unknown",
    {
        "throttled": ([THROTTLED], False),
        "in conflict": ([CONFLICT], False),
        "expired": ([EXPIRED], False),
        "not sent": ([UNREACHED], False),
        "not sent, then throttled": ([UNREACHED, THROTTLED], False),
        "lost": ([LOST], True),
        "broken inside": ([BROKEN], True),
        "broken before": ([HTML], True),
        "damaged": ([DAMAGED], True),
        "lost, then throttled": ([LOST, THROTTLED], True),
        "lost, then not sent": ([LOST, UNREACHED], True),
        "damaged, then in conflict": ([DAMAGED, CONFLICT], True),
        "throttled, lost, then throttled": ([THROTTLED, LOST, THROTTLED], True),
        "throttled, then lost": ([THROTTLED, LOST], True),
    },
)
@pytest.mark.parametrize("operation", ["UpdateItem", "TransactWriteItems"])
def test_the_outcome_of_a_write_is_unknown_once_any_attempt_may_have_been_carried_out(
    wire: Callable[..., Wire], clock: StoppedTime, operation: str, outcomes: list[Outcome], unknown: bool
) -> None:
    wire(*outcomes)

    with deadline.within(3), pytest.raises(UnavailableError) as caught:
        call(operation)

    assert caught.value.outcome_unknown is unknown


@pytest.mark.parametrize("operation", ["GetItem", "BatchGetItem", "Query"])
@cases("outcome", FAILURES)
def test_the_outcome_of_a_read_is_never_unknown(
    wire: Callable[..., Wire], clock: StoppedTime, operation: str, outcome: Outcome
) -> None:
    wire(outcome)

    with pytest.raises(UnavailableError) as caught:
        call(operation)

    assert caught.value.outcome_unknown is False


@cases(
    "outcomes, unknown",
    {
        "at the first attempt": ([CONDITION], False),
        "after throttling": ([THROTTLED, CONDITION], False),
        "after an attempt that was not sent": ([UNREACHED, CONDITION], False),
        "after one that was lost": ([LOST, CONDITION], True),
        "after one that was lost and one that was throttled": ([LOST, THROTTLED, CONDITION], True),
    },
)
def test_a_condition_that_did_not_hold_says_whether_it_may_be_our_own_writes_doing(
    wire: Callable[..., Wire], clock: StoppedTime, outcomes: list[Outcome], unknown: bool
) -> None:
    wire(*outcomes)

    with pytest.raises(ConditionFailedError) as caught:
        call("UpdateItem")

    assert caught.value.outcome_unknown is unknown


def test_the_reason_names_the_operation_the_request_and_the_attempts_and_nothing_of_the_request(
    wire: Callable[..., Wire], clock: StoppedTime
) -> None:
    network = wire(THROTTLED)

    with deadline.within(1), pytest.raises(UnavailableError) as caught:
        call("UpdateItem", Key=KEY)

    attempts = len(network.sent)
    assert attempts > 3
    assert str(caught.value) == (
        f"UpdateItem: DynamoDB answered ThrottlingException (request R1); attempts: {attempts}"
    )


# --- Time -------------------------------------------------------------------------------------------------------------


@cases(
    "operation, limit, seconds",
    {
        "a read without a deadline": ("GetItem", None, 5),
        "a read with a later one": ("Query", 26, 5),
        "a read with an earlier one": ("BatchGetItem", 2, 2),
        "a write without a deadline": ("TransactWriteItems", None, 120),
        "a write with a deadline": ("TransactWriteItems", 26, 26),
    },
)
@cases("outcome", {"no answer": LOST, "throttling": THROTTLED})
@pytest.mark.parametrize("takes", [0.0, 0.3, 2.0])
def test_attempts_go_on_until_the_time_is_over_and_none_outlasts_it(
    wire: Callable[..., Wire],
    clock: StoppedTime,
    operation: str,
    limit: float | None,
    seconds: float,
    outcome: Outcome,
    takes: float,
) -> None:
    network = wire(outcome, clock=clock, takes=takes)
    ends = clock.now + seconds

    with deadline.within(limit if limit is not None else 1e9), pytest.raises(UnavailableError):
        call(operation)

    # The last pause or attempt of one second leads up to the end.
    assert ends - 1.0 - takes <= clock.now <= ends
    assert all(given > 0 for given, _ in network.given)


def test_no_attempt_is_given_more_time_than_is_left(wire: Callable[..., Wire], clock: StoppedTime) -> None:
    network = wire(LOST, clock=clock, takes=60)

    with deadline.within(12), pytest.raises(UnavailableError):
        call("UpdateItem")

    given = [seconds for seconds, _ in network.given]
    assert given[:2] == [5, 5]
    assert 1.8 < given[2] < 2
    assert len(given) == 3


def test_an_attempt_may_be_silent_for_two_seconds(wire: Callable[..., Wire], clock: StoppedTime) -> None:
    network = wire(DONE)

    call("UpdateItem")

    assert network.given == [(5, 2)]


def test_who_has_more_patience_says_so(wire: Callable[..., Wire], clock: StoppedTime, aws: pytest.MonkeyPatch) -> None:
    aws.setenv("TABLE_READ_SECONDS", "60")
    network = wire(THROTTLED, clock=clock, takes=0.5)
    began = clock.now

    with pytest.raises(UnavailableError):
        call("GetItem")

    assert 58 < clock.now - began <= 60
    assert network.given[0] == (60, 60)


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_without_time_nothing_is_sent(wire: Callable[..., Wire], operation: str) -> None:
    network = wire(DONE)

    with deadline.within(0), pytest.raises(UnavailableError) as caught:
        call(operation)

    assert (network.sent, caught.value.outcome_unknown) == ([], False)
    assert str(caught.value) == f"{operation}: there was no time left; attempts: 0"


def test_credentials_that_take_long_leave_less_for_the_attempt(wire: Callable[..., Wire], clock: StoppedTime) -> None:
    def slow() -> Credentials:
        clock.now += 1.5
        return Credentials("AKIA", "secret")

    use_source(slow)
    network = wire(DONE)

    with deadline.within(4):
        call("UpdateItem")

    assert network.given[0][0] == 2.5


def test_a_call_leaves_no_deadline_behind(wire: Callable[..., Wire]) -> None:
    wire(DONE)
    before = deadline.seconds_left()

    call("UpdateItem")

    assert deadline.seconds_left() == before


# --- On a real socket -------------------------------------------------------------------------------------------------


def dynamodb(content: Any, status: str = "200 OK") -> Any:
    body = json.dumps(content).encode()
    return whole(body, status, headers={"x-amz-crc32": str(zlib.crc32(body)), "x-amzn-RequestId": "R1"})


@pytest.fixture
def at(serve: Serve, aws: pytest.MonkeyPatch) -> Callable[..., Server]:
    """`at(reply, …)`: DynamoDB is a server that answers by these."""

    def start(*replies: Any) -> Server:
        server = serve(*replies)
        aws.setenv("AWS_ENDPOINT_URL_DYNAMODB", server.url)
        return server

    return start


@cases(
    "bad",
    {
        "HTML": whole(b"<html>503</html>", "503 Service Unavailable"),
        "a cut-off body": raw(b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"Item": {"'),
        "a damaged body": whole(b'{"Item": {}}', headers={"x-amz-crc32": "1"}),
        "throttling": dynamodb({"__type": "x#ThrottlingException"}, "400 Bad Request"),
        "nothing": raw(),
    },
)
def test_a_bad_answer_is_followed_by_a_good_one(at: Callable[..., Server], bad: Any) -> None:
    server = at(bad, dynamodb({"Item": {"a": {"S": "b"}}}))

    assert call("GetItem", Key=KEY) == {"Item": {"a": {"S": "b"}}}
    assert [json.loads(request.body) for request in server.received] == [{"Key": KEY}] * 2


@cases(
    "reply",
    {
        "is silent": silent(),
        "drips": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b" "] * 100, pause=0.05),
    },
)
@pytest.mark.parametrize(("operation", "unknown"), [("GetItem", False), ("UpdateItem", True)])
def test_a_dynamodb_that_answers_too_late_is_not_waited_for(
    at: Callable[..., Server], reply: Any, operation: str, unknown: bool
) -> None:
    at(reply)
    began = time.monotonic()

    with deadline.within(0.5), pytest.raises(UnavailableError, match="TimeoutError") as caught:
        call(operation)

    assert 0.4 < time.monotonic() - began < 1.5
    assert caught.value.outcome_unknown is unknown


def test_many_threads_get_each_its_own_answer(at: Callable[..., Server]) -> None:
    def echo(connection: Any, request: Received) -> bool:
        kept: bool = dynamodb({"Item": json.loads(request.body)["Key"]})(connection, request)
        return kept

    server = at(echo)

    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda number: call("GetItem", Key={"PK": {"N": str(number)}}), range(400)))

    assert found == [{"Item": {"PK": {"N": str(number)}}} for number in range(400)]
    assert server.connections <= 16


# --- Side by side -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    assert in_parallel(lambda number: number * number, range(count)) == [number * number for number in range(count)]


def test_a_single_item_is_done_right_here() -> None:
    assert in_parallel(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


def test_items_are_worked_on_at_the_same_time() -> None:
    meeting = threading.Barrier(client.PARALLEL_CALLS)

    waited = in_parallel(lambda _: meeting.wait(10), range(client.PARALLEL_CALLS))

    assert sorted(waited) == list(range(client.PARALLEL_CALLS))


def test_the_deadline_holds_for_all_of_them_and_for_nobody_afterwards() -> None:
    with deadline.within(10):
        left = in_parallel(lambda _: deadline.seconds_left(), range(client.PARALLEL_CALLS))

    assert all(9 < seconds <= 10 for seconds in left)
    assert all(seconds > 1e9 for seconds in in_parallel(lambda _: deadline.seconds_left(), range(3)))


def test_a_deadline_that_one_of_them_sets_is_its_own() -> None:
    meeting = threading.Barrier(2)
    own: contextvars.ContextVar[int] = contextvars.ContextVar("own", default=0)

    def work(number: int) -> int:
        own.set(number)
        meeting.wait(10)
        return own.get()

    assert in_parallel(work, [1, 2]) == [1, 2]


def test_the_first_failure_is_raised_once_nothing_runs_any_more() -> None:
    ended: list[int] = []

    def work(number: int) -> int:
        if number == 0:
            raise UnavailableError("0")
        time.sleep(0.2)
        ended.append(number)
        return number

    with pytest.raises(UnavailableError, match=r"^0$"):
        in_parallel(work, [0, 1, 2])
    assert sorted(ended) == [1, 2]


def test_the_table_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "lms")

    assert client.table_name() == "lms"
