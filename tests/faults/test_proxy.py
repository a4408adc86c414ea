"""The proxy does what it says: each fault as a socket sees it, as AWS's own client does, and as the table does."""

import http.client
import json
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from tests.faults import faults
from tests.faults.faults import every_fault
from tests.faults.proxy import Call, Fault, FaultProxy, Key
from tests.faults.schedule import RandomSchedule, Script, always, writes_of

pytestmark = pytest.mark.faults

ITEM = {"PK": {"S": "USER#nora"}, "SK": {"S": "COUNTER"}}
KEY: Key = ("USER#nora", "COUNTER")
PATIENCE = 1.0
"""Seconds that the clients of these tests wait for an answer."""


@dataclass
class Seen:
    """What a client saw."""

    end: str
    """How the connection stands after it: open, closed, reset or silent."""
    content: bytes

    @property
    def status(self) -> int:
        return int(self.content.split(b" ")[1])

    @property
    def headers(self) -> dict[str, str]:
        lines = self.content.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name: value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> bytes:
        return self.content.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_whole(self) -> bool:
        """Whether length and checksum agree with the body."""
        length, checksum = self.headers.get("content-length"), self.headers.get("x-amz-crc32")
        return (length, checksum) == (str(len(self.body)), str(zlib.crc32(self.body)))


class Client:
    """A client made of nothing but a socket."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._socket = self._connect()

    def call(self, operation: str, **arguments: Any) -> Seen:
        body = json.dumps(arguments).encode()
        head = (
            f"POST / HTTP/1.1\r\nHost: {self._address.netloc}\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if self._socket.fileno() < 0:
            self._socket = self._connect()
        self._socket.sendall(head.encode() + body)
        seen = self._read()
        if seen.end != "open":
            self.close()
        return seen

    def close(self) -> None:
        self._socket.close()

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._address.hostname, self._address.port), timeout=PATIENCE)

    def _read(self) -> Seen:
        content = b""
        until = time.monotonic() + PATIENCE
        while True:
            # After a whole answer, only what comes with it: the end of the connection.
            whole = _is_whole(content)
            self._socket.settimeout(0.02 if whole else max(0.001, until - time.monotonic()))
            try:
                received = self._socket.recv(65_536)
            except TimeoutError:
                return Seen("open" if whole else "silent", content)
            except ConnectionResetError:
                return Seen("reset", content)
            if not received:
                return Seen("closed", content)
            content += received


def _is_whole(content: bytes) -> bool:
    """Whether there are as many bytes as the answer announces."""
    head, found, body = content.partition(b"\r\n\r\n")
    return bool(found) and f"content-length: {len(body)}\r\n".encode() in head + b"\r\n"


@pytest.fixture
def client(proxy: FaultProxy, listening_proxy: tuple[FaultProxy, str]) -> Iterator[Client]:
    client = Client(listening_proxy[1])
    yield client
    client.close()


@pytest.fixture
def sdk(listening_proxy: tuple[FaultProxy, str]) -> Any:
    """AWS's own client, which tries once."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=PATIENCE * 10)
    return boto3.client("dynamodb", endpoint_url=listening_proxy[1], region_name="us-east-1", config=config)


@dataclass
class Counter:
    """An item of the table that counts how often it was written, and the requests on it."""

    table: str
    read_count: Callable[[], int]

    @property
    def increment(self) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": ITEM,
            "UpdateExpression": "ADD written :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }

    @property
    def query(self) -> dict[str, Any]:
        values = {":user": {"S": ITEM["PK"]["S"]}}
        condition = "PK = :user"
        return {"TableName": self.table, "KeyConditionExpression": condition, "ExpressionAttributeValues": values}

    def batch(self, number: int) -> dict[str, Any]:
        keys = [{"PK": ITEM["PK"], "SK": {"S": f"ITEM#{index}"}} for index in range(number)]
        return {"RequestItems": {self.table: {"Keys": keys, "ConsistentRead": True}}}

    def requests(self, operation: str) -> dict[str, Any]:
        """The arguments of a request with this operation."""
        match operation:
            case "UpdateItem":
                return self.increment
            case "TransactWriteItems":
                check = {"TableName": self.table, "Key": {"PK": {"S": "COURSE#c"}, "SK": {"S": "OVERVIEW"}}}
                check |= {"ConditionExpression": "attribute_not_exists(PK)"}
                actions = [{"ConditionCheck": check}, {"Update": self.increment}]
                return {"TransactItems": actions, "ClientRequestToken": f"token-{time.monotonic_ns()}"}
            case "Query":
                return self.query
            case "BatchGetItem":
                return self.batch(4)
            case _:
                return {"TableName": self.table, "Key": ITEM}


@pytest.fixture
def counter(proxy: FaultProxy, table: str, dynamodb: str) -> Counter:
    direct = boto3.client("dynamodb", endpoint_url=dynamodb, region_name="us-east-1")
    for number in range(5):
        direct.put_item(TableName=table, Item={"PK": ITEM["PK"], "SK": {"S": f"ITEM#{number}"}})

    def read_count() -> int:
        item = direct.get_item(TableName=table, Key=ITEM, ConsistentRead=True).get("Item", {})
        return int(item.get("written", {"N": "0"})["N"])

    proxy.forget()
    return Counter(table, read_count)


def fitting(fault: Fault) -> str:
    """An operation that the fault can happen to, a write if possible."""
    operations = ("UpdateItem", "TransactWriteItems", "BatchGetItem", "Query")
    arguments = {"TransactItems": [], "ClientRequestToken": "token"}
    return next(operation for operation in operations if fault.suits(Call(operation, arguments)))


def test_without_faults_the_proxy_hands_on_what_dynamodb_answers(client: Client, counter: Counter) -> None:
    seen = client.call("UpdateItem", **counter.increment, ReturnValues="ALL_NEW")

    assert (seen.end, seen.status, seen.is_whole) == ("open", 200, True)
    assert seen.json["Attributes"]["written"] == {"N": "1"}
    assert counter.read_count() == 1


def test_an_error_of_dynamodb_s_own_is_handed_on_with_a_checksum(client: Client, counter: Counter) -> None:
    seen = client.call("GetItem", TableName="no-such-table", Key=ITEM)

    assert (seen.status, seen.is_whole) == (400, True)
    assert seen.json["__type"].endswith("#ResourceNotFoundException")


TURNED_AWAY = [
    (faults.throttled("ProvisionedThroughputExceededException"), 400),
    (faults.throttled("RequestLimitExceeded"), 400),
    (faults.throttled("ThrottlingException"), 400),
    (faults.conflict(), 400),
    (faults.in_progress(), 400),
    *((faults.cancelled(reason), 400) for reason in (*faults.PASSING_REASONS, *faults.LASTING_REASONS)),
    (faults.failure(False, "InternalServerError"), 500),
    (faults.failure(False, "InternalFailure"), 500),
    (faults.failure(False, "ServiceUnavailable"), 503),
    (faults.failure(False, "ServiceUnavailableException"), 503),
]


def name_of(value: Any) -> str | None:
    return value.name.replace(" ", "-") if isinstance(value, Fault) else None


@pytest.mark.parametrize(("fault", "status"), TURNED_AWAY, ids=name_of)
def test_a_request_that_is_turned_away_never_reaches_dynamodb(
    proxy: FaultProxy, client: Client, sdk: Any, counter: Counter, fault: Fault, status: int
) -> None:
    proxy.schedule = always(fault)
    operation = fitting(fault)

    seen = client.call(operation, **counter.requests(operation))

    assert (seen.end, seen.status, seen.is_whole) == ("open", status, True)
    code = seen.json["__type"].rpartition("#")[2]
    send = sdk.transact_write_items if operation == "TransactWriteItems" else sdk.update_item
    with pytest.raises(ClientError) as met:
        send(**counter.requests(operation))
    assert met.value.response["Error"]["Code"] == code
    assert met.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert counter.read_count() == 0
    assert [(each.fault, each.delivered, each.applied) for each in proxy.exchanges] == [(fault.name, None, False)] * 2


@pytest.mark.parametrize("reason", [*faults.PASSING_REASONS, *faults.LASTING_REASONS])
@pytest.mark.parametrize("action", [0, 1])
def test_a_cancelled_transaction_says_which_of_its_actions_was_the_reason(
    proxy: FaultProxy, client: Client, sdk: Any, counter: Counter, reason: str, action: int
) -> None:
    proxy.schedule = always(faults.cancelled(reason, action))

    with pytest.raises(sdk.exceptions.TransactionCanceledException) as met:
        sdk.transact_write_items(**counter.requests("TransactWriteItems"))

    codes = [each["Code"] for each in met.value.response["CancellationReasons"]]
    assert codes == [reason if index == action else "None" for index in (0, 1)]


LOST: list[tuple[Callable[[bool], Fault], str]] = [
    (faults.reset, "reset"),
    (faults.closed, "closed"),
    (faults.hanging, "silent"),
    (faults.failure, "open"),
    (faults.html, "open"),
]


@pytest.mark.parametrize("delivered", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("make", "end"), LOST, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("operation", ["UpdateItem", "TransactWriteItems"])
def test_an_answer_is_lost_before_or_after_the_write(
    proxy: FaultProxy,
    client: Client,
    sdk: Any,
    counter: Counter,
    make: Callable[[bool], Fault],
    end: str,
    delivered: bool,
    operation: str,
) -> None:
    proxy.schedule = always(make(delivered))

    seen = client.call(operation, **counter.requests(operation))

    assert seen.end == end
    # Of what is silent, a busy machine may not have been told yet.
    wait_until(lambda: counter.read_count() == int(delivered))
    wait_until(lambda: [each.applied for each in proxy.exchanges] == [delivered])
    if end == "open":
        assert seen.status >= 500
    else:
        assert seen.content == b""
    if end != "silent":
        with pytest.raises((BotoCoreError, ClientError)):
            sdk.update_item(**counter.increment)
        assert counter.read_count() == 2 * int(delivered)


def test_a_hanging_request_ends_at_the_client_s_own_timeout(
    proxy: FaultProxy, counter: Counter, listening_proxy: tuple[FaultProxy, str]
) -> None:
    proxy.schedule = always(faults.hanging(delivered=False))
    config = Config(retries={"total_max_attempts": 1}, read_timeout=0.3)
    sdk = boto3.client("dynamodb", endpoint_url=listening_proxy[1], region_name="us-east-1", config=config)

    with pytest.raises(ReadTimeoutError):
        sdk.update_item(**counter.increment)


@pytest.mark.parametrize("status", [200, 403, 502, 503])
def test_a_page_is_html_with_a_status_and_without_a_checksum(
    proxy: FaultProxy, client: Client, counter: Counter, status: int
) -> None:
    proxy.schedule = always(faults.html(False, status))

    seen = client.call("UpdateItem", **counter.increment)

    assert (seen.end, seen.status, seen.headers["content-type"]) == ("open", status, "text/html")
    assert "x-amz-crc32" not in seen.headers
    assert seen.body.startswith(b"<html>")
    assert seen.headers["content-length"] == str(len(seen.body))


def spoilt(proxy: FaultProxy, client: Client, counter: Counter, fault: Fault) -> tuple[Seen, bytes]:
    """What the client saw of a Query with the fault, and the body that it should have been."""
    right = client.call("Query", **counter.query).body
    proxy.schedule = always(fault)
    seen = client.call("Query", **counter.query)
    assert proxy.exchanges[-1].reply is not None
    assert proxy.exchanges[-1].reply.body == right
    return seen, right


def test_a_cut_off_answer_ends_in_its_middle(proxy: FaultProxy, client: Client, counter: Counter) -> None:
    seen, right = spoilt(proxy, client, counter, faults.cut_off())

    assert seen.end == "closed"
    assert seen.headers["content-length"] == str(len(right))
    assert seen.body == right[: len(right) // 2]


def test_a_cut_off_answer_in_chunks_lacks_the_last_ones(
    proxy: FaultProxy, client: Client, sdk: Any, counter: Counter
) -> None:
    seen, right = spoilt(proxy, client, counter, faults.cut_off(chunked=True))

    assert seen.end == "closed"
    assert seen.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in seen.headers
    assert seen.body == b"%x\r\n%s" % (len(right), right[: len(right) // 2])
    with pytest.raises(BotoCoreError):
        sdk.query(**counter.query)


def test_a_stalled_answer_stops_in_its_middle_and_the_connection_stays(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    seen, right = spoilt(proxy, client, counter, faults.stalled())

    assert seen.end == "silent"
    assert seen.body == right[: len(right) // 2]


def test_a_shortened_answer_agrees_with_its_length_and_not_with_its_checksum(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    seen, right = spoilt(proxy, client, counter, faults.shortened())

    assert seen.end == "open"
    assert seen.body == right[: len(right) // 2]
    assert seen.headers["x-amz-crc32"] == str(zlib.crc32(right))


def test_an_answer_with_a_wrong_checksum_is_json_of_something_else(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    seen, right = spoilt(proxy, client, counter, faults.wrong_checksum())

    assert (seen.end, seen.status) == ("open", 200)
    assert seen.json != json.loads(right)
    assert seen.headers["x-amz-crc32"] == str(zlib.crc32(right))
    assert zlib.crc32(seen.body) != zlib.crc32(right)


@pytest.mark.parametrize("body", [b"{}", b'{"Item":{"SK":{"S":"b"}}}', b'{"N":"1"}', b'{"S":"x"}', b'[""]'])
def test_a_changed_answer_is_still_json_and_another(body: bytes) -> None:
    changed = faults.changed_json(body)

    assert json.loads(changed) != json.loads(body)


def test_garbage_is_no_text_and_carries_no_checksum(proxy: FaultProxy, client: Client, counter: Counter) -> None:
    seen, _ = spoilt(proxy, client, counter, faults.garbage())

    assert (seen.end, seen.status) == ("open", 200)
    with pytest.raises(UnicodeDecodeError):
        seen.body.decode()
    assert "x-amz-crc32" not in seen.headers


def test_an_empty_answer_has_no_body(proxy: FaultProxy, client: Client, counter: Counter) -> None:
    seen, _ = spoilt(proxy, client, counter, faults.empty())

    assert (seen.end, seen.status, seen.body) == ("open", 200, b"")


def test_an_incomplete_answer_is_whole_and_lacks_the_items(
    proxy: FaultProxy, client: Client, sdk: Any, counter: Counter
) -> None:
    seen, _ = spoilt(proxy, client, counter, faults.incomplete())

    assert (seen.end, seen.status, seen.is_whole, seen.json) == ("open", 200, True, {})
    assert "Items" not in sdk.query(**counter.query)


def test_what_is_not_http_cannot_be_read_as_http(proxy: FaultProxy, client: Client, sdk: Any, counter: Counter) -> None:
    proxy.schedule = always(faults.not_http())

    with pytest.raises(BotoCoreError):
        sdk.update_item(**counter.increment)

    assert counter.read_count() == 1


@pytest.mark.parametrize("fault", [faults.slow(0.2), faults.dripping(0.2), faults.delayed(0.2)], ids=name_of)
def test_a_late_answer_is_whole(proxy: FaultProxy, sdk: Any, counter: Counter, fault: Fault) -> None:
    proxy.schedule = always(fault)
    began = time.monotonic()

    counted = sdk.update_item(**counter.increment, ReturnValues="ALL_NEW")["Attributes"]["written"]

    assert time.monotonic() - began > 0.15
    assert counted == {"N": "1"}
    assert counter.read_count() == 1


def test_a_dripping_answer_comes_in_pieces(
    proxy: FaultProxy, counter: Counter, listening_proxy: tuple[FaultProxy, str]
) -> None:
    proxy.schedule = always(faults.dripping(0.4))
    address = urlsplit(listening_proxy[1])
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=2)
    connection.request("POST", "/", json.dumps(counter.query), {"X-Amz-Target": "DynamoDB_20120810.Query"})
    assert connection.sock is not None
    pieces: list[bytes] = []
    while not b"".join(pieces).endswith(b"}"):
        pieces.append(connection.sock.recv(65_536))
    connection.close()

    assert len(pieces) > 10


def test_a_delayed_request_is_done_although_its_client_has_left(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    proxy.schedule = always(faults.delayed(PATIENCE + 1.0))

    seen = client.call("UpdateItem", **counter.increment)

    assert seen.end == "silent"
    assert counter.read_count() == 0
    proxy.settle()
    assert counter.read_count() == 1
    assert [each.applied for each in proxy.exchanges] == [True]


def test_a_request_that_is_held_up_is_done_after_a_reset(proxy: FaultProxy, client: Client, counter: Counter) -> None:
    proxy.schedule = always(faults.held_up(1.0))

    seen = client.call("UpdateItem", **counter.increment)

    assert (seen.end, seen.content) == ("reset", b"")
    assert counter.read_count() == 0
    proxy.settle()
    assert counter.read_count() == 1
    assert [each.applied for each in proxy.exchanges] == [True]


def test_a_request_that_is_held_up_is_overtaken_by_the_next_one(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    proxy.schedule = Script().on("UpdateItem", [faults.held_up(1.0)])

    client.call("UpdateItem", **counter.increment)
    seen = client.call("UpdateItem", **counter.increment)

    assert seen.status == 200
    assert counter.read_count() == 1
    proxy.settle()
    assert counter.read_count() == 2
    assert [each.number for each in proxy.applied(KEY)] == [1, 0]


def test_a_connection_that_is_closed_afterwards_has_carried_its_answer(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    proxy.schedule = always(faults.closed_afterwards())

    seen = client.call("UpdateItem", **counter.increment)

    assert (seen.end, seen.status, seen.is_whole) == ("closed", 200, True)
    assert "connection" not in seen.headers


@pytest.mark.parametrize(("left_out", "read"), [(0.5, 2), (1.0, 0), (0.25, 3)])
def test_a_partial_batch_names_what_it_did_not_read(
    proxy: FaultProxy, client: Client, sdk: Any, counter: Counter, left_out: float, read: int
) -> None:
    proxy.schedule = always(faults.partial_batch(left_out))
    keys = counter.batch(4)["RequestItems"][counter.table]["Keys"]

    seen = client.call("BatchGetItem", **counter.batch(4))
    answer = sdk.batch_get_item(**counter.batch(4))

    assert seen.is_whole
    assert seen.json["UnprocessedKeys"][counter.table]["Keys"] == keys[read:]
    assert sorted(item["SK"]["S"] for item in answer["Responses"][counter.table]) == [
        key["SK"]["S"] for key in keys[:read]
    ]
    assert answer["UnprocessedKeys"][counter.table] == {"Keys": keys[read:], "ConsistentRead": True}


def test_small_pages_together_hold_every_item(proxy: FaultProxy, sdk: Any, counter: Counter) -> None:
    proxy.schedule = always(faults.small_page(2))

    pages = list(sdk.get_paginator("query").paginate(**counter.query))

    # Whether a page of the last item is followed by an empty one is DynamoDB's affair.
    assert [len(page["Items"]) for page in pages][:3] == [2, 2, 1]
    assert ["LastEvaluatedKey" in page for page in pages][:2] == [True, True]
    assert [item["SK"]["S"] for page in pages for item in page["Items"]] == [f"ITEM#{number}" for number in range(5)]


@pytest.mark.parametrize("fault", every_fault(0.05), ids=name_of)
def test_after_any_fault_the_next_request_is_answered(
    proxy: FaultProxy, client: Client, counter: Counter, fault: Fault
) -> None:
    operation = fitting(fault)
    proxy.schedule = Script().on(operation, [fault])

    client.call(operation, **counter.requests(operation))
    after = client.call(operation, **counter.requests(operation))

    assert (after.status, after.is_whole) == (200, True)
    assert [each.fault for each in proxy.exchanges] == [fault.name, None]


def test_a_transaction_that_is_sent_again_is_known_by_its_token(
    proxy: FaultProxy, client: Client, counter: Counter
) -> None:
    transaction = counter.requests("TransactWriteItems")

    client.call("TransactWriteItems", **transaction)
    client.call("TransactWriteItems", **transaction)

    assert counter.read_count() == 1
    assert [(each.applied, each.repeated) for each in proxy.exchanges] == [(True, False), (False, True)]


def test_a_watched_item_is_noted_after_each_of_its_writes(proxy: FaultProxy, client: Client, counter: Counter) -> None:
    proxy.watch(lambda key: key == KEY)

    client.call("UpdateItem", **counter.increment)
    client.call("GetItem", TableName=counter.table, Key=ITEM)
    client.call("TransactWriteItems", **counter.requests("TransactWriteItems"))
    client.call("UpdateItem", **counter.increment, ConditionExpression="attribute_not_exists(PK)")

    assert [item["written"]["N"] for item in proxy.history[KEY]] == ["1", "2"]
    assert [each.applied for each in proxy.exchanges] == [True, False, True, False]


# --- Schedules --------------------------------------------------------------------------------------------------------


def calls(number: int) -> list[Call]:
    """Attempts at some calls, as different as calls are."""
    made = [
        Call("GetItem", {"TableName": "t", "Key": ITEM}),
        Call("UpdateItem", {"TableName": "t", "Key": ITEM, "ExpressionAttributeValues": {":now": {"S": "now"}}}),
        Call("Query", {"TableName": "t", "ExpressionAttributeValues": {":user": {"S": "USER#nora"}}}),
        Call("BatchGetItem", {"RequestItems": {"t": {"Keys": [ITEM]}}}),
        Call("TransactWriteItems", {"TransactItems": [{"Update": {"Key": ITEM}}], "ClientRequestToken": "token"}),
    ]
    return [made[index % len(made)] for index in range(number)]


def drawn(seed: int, order: Callable[[list[Call]], list[Call]], **options: float) -> dict[str, list[str | None]]:
    """By call, what its attempts meet."""
    schedule = RandomSchedule(seed, **options)
    met: dict[str, list[str | None]] = {}
    for call in order(calls(200)):
        fault = schedule.next_fault(call)
        met.setdefault(call.fingerprint, []).append(fault.name if fault else None)
    return met


def test_a_seed_repeats_its_schedule_in_whatever_order_the_calls_come() -> None:
    in_turn = [drawn(seed, lambda calls: calls) for seed in range(20)]
    by_call = [drawn(seed, lambda calls: sorted(calls, key=lambda call: call.operation)) for seed in range(20)]

    assert in_turn == by_call
    assert in_turn[0] != in_turn[1]


def test_a_rate_is_the_share_of_requests_that_meet_a_fault() -> None:
    met = [fault for seed in range(50) for each in drawn(seed, list, rate=0.05).values() for fault in each]

    assert 0.04 < sum(fault is not None for fault in met) / len(met) < 0.06


def test_schedules_together_know_every_fault() -> None:
    met = {fault for seed in range(100) for each in drawn(seed, list).values() for fault in each}

    assert met == {None, *(fault.name for fault in every_fault())}


def test_a_script_deals_its_faults_to_the_calls_that_they_are_meant_for() -> None:
    lost, away = faults.reset(delivered=True), faults.throttled()
    script = Script().on(writes_of("COUNTER"), [lost, None], then=away)
    read, update, *_ = calls(2)

    assert [script.next_fault(call) for call in (read, update, update, read, update, update)] == [
        None,
        lost,
        None,
        None,
        away,
        away,
    ]


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
