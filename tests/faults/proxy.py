"""A proxy between a client and DynamoDB that does to each request what a schedule says, and notes what came of it.

It speaks HTTP/1.1 over sockets of its own, because most of what it does to an answer no HTTP server would do.
"""

import contextlib
import http.client
import json
import select
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

Key = tuple[str, str]
"""An item's partition key and sort key."""
Item = dict[str, Any]

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_IDLE_SECONDS = 3.0
"""Seconds after which a connection to DynamoDB is not used again: it may be about to close it."""
_TARGET = "DynamoDB_20120810."


@dataclass(frozen=True)
class Call:
    """A request of a client."""

    operation: str
    arguments: Mapping[str, Any]

    @property
    def is_write(self) -> bool:
        return self.operation in WRITES

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The items that it names, in order; none for a Query."""
        match self.operation:
            case "GetItem" | "UpdateItem" | "DeleteItem":
                named = [self.arguments["Key"]]
            case "PutItem":
                named = [self.arguments["Item"]]
            case "BatchGetItem":
                named = [key for table in self.arguments["RequestItems"].values() for key in table["Keys"]]
            case "TransactWriteItems":
                actions = [action for item in self.arguments["TransactItems"] for action in item.values()]
                named = [action.get("Key") or action["Item"] for action in actions]
            case _:
                named = []
        return tuple((key["PK"]["S"], key["SK"]["S"]) for key in named)

    @cached_property
    def written_keys(self) -> tuple[Key, ...]:
        """The items that it writes."""
        if self.operation != "TransactWriteItems":
            return self.keys if self.is_write else ()
        kinds = [kind for item in self.arguments["TransactItems"] for kind in item]
        return tuple(key for key, kind in zip(self.keys, kinds, strict=True) if kind != "ConditionCheck")

    @property
    def token(self) -> str | None:
        """What a transaction is known by when it is sent again."""
        token: str | None = self.arguments.get("ClientRequestToken")
        return token

    @cached_property
    def fingerprint(self) -> str:
        """The same for every attempt at this call in every run: what it names, without dates and tokens."""
        named: Any = self.keys or [self.arguments.get(name) for name in ("ExpressionAttributeValues", "IndexName")]
        return json.dumps([self.operation, named, self.arguments.get("ExclusiveStartKey")], sort_keys=True)


@dataclass(frozen=True)
class Reply:
    """An answer to a client; its checksum and length are those of the body."""

    status: int
    body: bytes
    content_type: str = "application/x-amz-json-1.0"

    @property
    def content(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)

    def with_content(self, content: Any) -> "Reply":
        return Reply(self.status, json.dumps(content, separators=(",", ":")).encode(), self.content_type)

    def head(self, **changes: str | None) -> bytes:
        """The status line and headers; `x_amz_crc32="1"` replaces the checksum, None leaves a header out."""
        headers: dict[str, str | None] = {
            "content_type": self.content_type,
            "content_length": str(len(self.body)),
            "x_amz_crc32": str(zlib.crc32(self.body)),
            "x_amzn_requestid": str(uuid4()),
        }
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in (headers | changes).items() if value]
        reason = http.client.responses.get(self.status, "")
        return "\r\n".join([f"HTTP/1.1 {self.status} {reason}", *lines, "", ""]).encode()


@dataclass
class Exchange:
    """One request, and what came of it."""

    number: int
    call: Call
    fault: str | None
    """The name of what was done to it."""
    arrived: float
    """Seconds of `time.monotonic()`."""
    delivered: float | None = None
    """When DynamoDB answered it; None for what never reached it."""
    reply: Reply | None = None
    """What DynamoDB answered."""
    repeated: bool = False
    """Whether DynamoDB knew it by its token, and did nothing."""

    @property
    def applied(self) -> bool:
        """Whether it changed the table."""
        return self.call.is_write and self.reply is not None and self.reply.status == 200 and not self.repeated


class Line:
    """What a fault can do with one request: hand it to DynamoDB, answer it, or leave the client alone."""

    def __init__(self, proxy: "FaultProxy", connection: socket.socket, exchange: Exchange) -> None:
        self._proxy = proxy
        self._connection = connection
        self._exchange = exchange
        self.call = exchange.call
        self.is_open = True
        """Whether the client may send its next request on this connection."""

    def deliver(self, **changes: Any) -> Reply:
        """Hand the request to DynamoDB, with some arguments changed; its answer."""
        return self._proxy.deliver(self._exchange, {**self.call.arguments, **changes})

    def deliver_later(self, seconds: float) -> None:
        """Hand the request to DynamoDB after so many seconds, whatever the client does meanwhile."""
        self._proxy.hold(self._exchange, seconds)

    def send(self, reply: Reply, **headers: str | None) -> None:
        """Answer the client. `headers`: as for `Reply.head`."""
        self.send_bytes(reply.head(**headers) + reply.body)

    def send_bytes(self, content: bytes) -> None:
        with self._client_may_leave():
            self._connection.sendall(content)

    def reset(self) -> None:
        """Break the connection off: the client gets ECONNRESET."""
        self.is_open = False
        with self._client_may_leave():
            # Closing without lingering sends RST.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Close the connection in good order."""
        self.is_open = False

    def wait(self, seconds: float) -> bool:
        """Do nothing for so many seconds, or until the client leaves; whether it is still there."""
        poll = select.poll()
        # The next request does not come before this one's answer: what can be read is the client's end.
        poll.register(self._connection, select.POLLIN)
        until = time.monotonic() + seconds
        while not self._proxy.is_stopped and time.monotonic() < until:
            if poll.poll(min(50.0, max(0.0, until - time.monotonic()) * 1000)):
                self.is_open = False
                return False
        return not self._proxy.is_stopped

    @contextlib.contextmanager
    def _client_may_leave(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self.is_open = False


@dataclass(frozen=True)
class Fault:
    """Something that can happen to a request."""

    name: str
    act: Callable[[Line], None] = field(repr=False)
    suits: Callable[[Call], bool] = field(repr=False, default=lambda _: True)
    """Which requests it can happen to."""
    loses_answer: bool = True
    """Whether the client has to try again."""


class Schedule(Protocol):
    """Says what happens to each request."""

    def next_fault(self, call: Call) -> Fault | None:
        """What happens to this request; None: it is answered as DynamoDB answers it."""


class NoFaults:
    """Nothing happens."""

    def next_fault(self, call: Call) -> Fault | None:  # noqa: ARG002
        return None


class FaultProxy:
    """Listens on a port of its own, from `start` to `stop`."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self.schedule: Schedule = NoFaults()
        self.exchanges: list[Exchange] = []
        """All requests, in the order in which they arrived."""
        self.history: dict[Key, list[Item]] = {}
        """Of the items that are watched: each as it was after each of its writes."""
        self.on_delivered: Callable[[Exchange], None] = lambda _: None
        """Hears of each request after DynamoDB answered it, and before the client hears of it."""
        self.is_stopped = False
        self._watched: Callable[[Key], bool] = lambda _: False
        self._applied_tokens: set[str] = set()
        self._lock = threading.Lock()
        self._under_way = 0
        self._all_done = threading.Condition(self._lock)
        self._item_locks: dict[Key, threading.Lock] = {}
        self._here = threading.local()
        self._listener: socket.socket | None = None
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._held: list[threading.Thread] = []

    # --- For tests ----------------------------------------------------------------------------------------------------

    def start(self) -> str:
        """Start listening; the URL."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._run(self._accept, self._threads)
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def stop(self) -> None:
        """End every connection and wait for what is under way."""
        assert self._listener is not None
        self.is_stopped = True
        # A thread that waits in accept() is not woken by a close alone.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in [*self._threads, *self._held]:
            thread.join(10)

    def settle(self) -> None:
        """Wait until every request that has arrived is done with, those that are held up or late too."""
        while self._held:
            self._held.pop().join(60)
        with self._all_done:
            assert self._all_done.wait_for(lambda: self._under_way == 0, 60)

    def watch(self, watched: Callable[[Key], bool]) -> None:
        """Note in `history` how these items are after each of their writes."""
        self._watched = watched

    def forget(self) -> None:
        """Begin a new record."""
        self.exchanges, self.history = [], {}

    def applied(self, key: Key) -> list[Exchange]:
        """The writes of an item that changed it, in the order in which DynamoDB answered them."""
        done = [each for each in self.exchanges if each.applied and key in each.call.written_keys]
        return sorted(done, key=lambda each: each.delivered or 0.0)

    # --- For faults ---------------------------------------------------------------------------------------------------

    def deliver(self, exchange: Exchange, arguments: Mapping[str, Any]) -> Reply:
        """Hand a request to DynamoDB and note what came of it."""
        with self._one_at_a_time(exchange.call.written_keys) as watched:
            reply = self._ask(exchange.call.operation, arguments)
            exchange.reply, exchange.delivered = reply, time.monotonic()
            token = exchange.call.token
            if token and reply.status == 200:
                with self._lock:
                    exchange.repeated = token in self._applied_tokens
                    self._applied_tokens.add(token)
            if exchange.applied:
                for key in watched:
                    self.history.setdefault(key, []).append(self._stored(exchange.call, key))
        self.on_delivered(exchange)
        return reply

    def hold(self, exchange: Exchange, seconds: float) -> None:
        """Hand a request to DynamoDB after so many seconds."""

        def deliver() -> None:
            time.sleep(seconds)
            try:
                self.deliver(exchange, exchange.call.arguments)
            finally:
                self._close_upstream()

        self._run(deliver, self._held)

    # --- Behind -------------------------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], None], threads: list[threading.Thread]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
                self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._run(lambda connection=connection: self._serve(connection), self._threads)  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with contextlib.suppress(OSError), connection.makefile("rb") as stream:
                while not self.is_stopped and (call := _read_call(stream)) is not None:
                    with self._counted():
                        stays_open = self._answer(connection, call)
                    if not stays_open:
                        return
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()
            self._close_upstream()

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._all_done:
                self._under_way -= 1
                self._all_done.notify_all()

    def _answer(self, connection: socket.socket, call: Call) -> bool:
        """Do with the request what the schedule says; whether the connection stays open."""
        fault = self.schedule.next_fault(call)
        if fault is not None and not fault.suits(call):
            fault = None
        with self._lock:
            number = len(self.exchanges)
            exchange = Exchange(number, call, fault.name if fault else None, time.monotonic())
            self.exchanges.append(exchange)
        line = Line(self, connection, exchange)
        if fault is None:
            line.send(line.deliver())
        else:
            fault.act(line)
        return line.is_open

    @contextlib.contextmanager
    def _one_at_a_time(self, keys: tuple[Key, ...]) -> Iterator[list[Key]]:
        """Keeps other writes away from those of the items that are watched; which these are."""
        watched = sorted({key for key in keys if self._watched(key)})
        with self._lock:
            locks = [self._item_locks.setdefault(key, threading.Lock()) for key in watched]
        with contextlib.ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            yield watched

    def _stored(self, call: Call, key: Key) -> Item:
        table = call.arguments.get("TableName")
        if table is None:
            actions = [action for item in call.arguments["TransactItems"] for action in item.values()]
            table = actions[call.keys.index(key)]["TableName"]
        wanted = {"TableName": table, "Key": {"PK": {"S": key[0]}, "SK": {"S": key[1]}}, "ConsistentRead": True}
        item: Item = self._ask("GetItem", wanted).content.get("Item", {})
        return item

    def _ask(self, operation: str, arguments: Mapping[str, Any]) -> Reply:
        body = json.dumps(arguments).encode()
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": _TARGET + operation,
            "X-Amz-Date": "20260401T120000Z",
            # A local DynamoDB looks at no signature, and wants one.
            "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260401/us-east-1/dynamodb/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }
        upstream = self._connect_upstream()
        upstream.request("POST", "/", body, headers)
        answer = upstream.getresponse()
        reply = Reply(answer.status, answer.read())
        self._here.used = time.monotonic()
        return reply

    def _connect_upstream(self) -> http.client.HTTPConnection:
        if time.monotonic() - getattr(self._here, "used", 0.0) > _IDLE_SECONDS:
            self._close_upstream()
        if getattr(self._here, "upstream", None) is None:
            self._here.upstream = http.client.HTTPConnection(*self._upstream, timeout=60)
        upstream: http.client.HTTPConnection = self._here.upstream
        return upstream

    def _close_upstream(self) -> None:
        upstream = getattr(self._here, "upstream", None)
        if upstream is not None:
            upstream.close()
            self._here.upstream = None


def _read_call(stream: Any) -> Call | None:
    """The next request of a connection; None at its end, or where the client left in the middle of one."""
    if not stream.readline():
        return None
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = stream.read(length)
    target = headers.get("x-amz-target", "")
    if len(body) < length or not target.startswith(_TARGET):
        return None
    return Call(target.removeprefix(_TARGET), json.loads(body))
