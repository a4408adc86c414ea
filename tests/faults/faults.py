"""What can happen to a request on its way to DynamoDB and back.

Each fault is made by a function: `throttled()`, `reset(delivered=True)`. `every_fault` makes one of each.
"""

import json
import time
from collections.abc import Callable, Sequence

from tests.faults.proxy import Call, Fault, Line, Reply

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
_THROTTLES = {
    "ProvisionedThroughputExceededException": _DYNAMODB,
    "RequestLimitExceeded": _DYNAMODB,
    "ThrottlingException": "com.amazon.coral.availability#",
}
_FAILURES = {
    "InternalServerError": (500, _DYNAMODB),
    "InternalFailure": (500, "com.amazon.coral.service#"),
    "ServiceUnavailable": (503, _DYNAMODB),
    "ServiceUnavailableException": (503, "com.amazon.coral.service#"),
}
PASSING_REASONS = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
"""Why DynamoDB cancels a transaction that may be sent again."""
LASTING_REASONS = ("ItemCollectionSizeLimitExceeded", "ValidationError", "AccessDenied", "DuplicateItem")
"""Why it cancels one that never succeeds."""
_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\r\n"
_LONG = 120.0
"""Seconds of silence after which every client has left."""


def _is_one_of(*operations: str) -> Callable[[Call], bool]:
    return lambda call: call.operation in operations


def _error(status: int, prefix: str, code: str, message: str, **content: object) -> Reply:
    return Reply(status, json.dumps({"__type": prefix + code, "message": message, **content}).encode())


# --- DynamoDB turns the request away: nothing is done -----------------------------------------------------------------


def throttled(code: str = "ProvisionedThroughputExceededException") -> Fault:
    """DynamoDB has too much to do."""
    reply = _error(400, _THROTTLES[code], code, "The level of configured provisioned throughput was exceeded.")
    return Fault(f"throttled: {code}", lambda line: line.send(reply))


def conflict() -> Fault:
    """A transaction is under way with the item of a single write."""
    reply = _error(400, _DYNAMODB, "TransactionConflictException", "Transaction is ongoing for the item")
    return Fault("conflict", lambda line: line.send(reply), _is_one_of("UpdateItem", "PutItem", "DeleteItem"))


def cancelled(reason: str = "TransactionConflict", action: int = -1) -> Fault:
    """A transaction is cancelled for a reason that stands at one of its actions."""

    def act(line: Line) -> None:
        reasons: list[dict[str, str]] = [{"Code": "None"} for _ in line.call.keys]
        reasons[action] = {"Code": reason, "Message": "A test's fault"}
        listed = ", ".join(each["Code"] for each in reasons)
        text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]"
        code = "TransactionCanceledException"
        line.send(_error(400, _DYNAMODB, code, text, CancellationReasons=reasons))

    return Fault(f"cancelled: {reason}", act, _is_one_of("TransactWriteItems"))


def in_progress() -> Fault:
    """DynamoDB is still at work on an earlier request with the same token, it says."""
    reply = _error(400, _DYNAMODB, "TransactionInProgressException", "The transaction is already in progress")
    return Fault("in progress", lambda line: line.send(reply), _is_one_of("TransactWriteItems"))


# --- It may have been done, or not ------------------------------------------------------------------------------------


def failure(delivered: bool, code: str = "InternalServerError") -> Fault:
    """DynamoDB says that something went wrong on its side."""
    status, prefix = _FAILURES[code]
    reply = _error(status, prefix, code, "The request processing has failed because of an unknown error.")
    return _instead_of_answer(f"{status} {code}", delivered, lambda line: line.send(reply))


def html(delivered: bool, status: int = 503) -> Fault:
    """A load balancer, or another box on the way, answers with a page."""
    title = {200: "200 OK", 403: "403 Forbidden", 502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}
    reply = Reply(status, _PAGE.format(title[status]).encode(), "text/html")
    return _instead_of_answer(f"HTML {status}", delivered, lambda line: line.send(reply, x_amz_crc32=None))


def reset(delivered: bool) -> Fault:
    """The connection is reset."""
    return _instead_of_answer("reset", delivered, lambda line: line.reset())


def closed(delivered: bool) -> Fault:
    """The connection is closed without an answer."""
    return _instead_of_answer("closed", delivered, lambda line: line.close())


def hanging(delivered: bool) -> Fault:
    """No answer ever comes."""

    def act(line: Line) -> None:
        line.wait(_LONG)
        line.close()

    return _instead_of_answer("hanging", delivered, act)


def held_up(seconds: float) -> Fault:
    """The connection is reset, and the request reaches DynamoDB all the same, but late."""

    def act(line: Line) -> None:
        line.deliver_later(seconds)
        line.reset()

    return Fault(f"held up for {seconds:.2f} s", act)


def _instead_of_answer(name: str, delivered: bool, act: Callable[[Line], None]) -> Fault:
    def deliver_and_act(line: Line) -> None:
        line.deliver()
        act(line)

    return Fault(f"{name} {'after' if delivered else 'before'} it", deliver_and_act if delivered else act)


# --- It is done, and the answer is spoilt -----------------------------------------------------------------------------


def cut_off(chunked: bool = False) -> Fault:
    """The connection ends in the middle of the answer."""

    def act(line: Line) -> None:
        reply = line.deliver()
        half = reply.body[: len(reply.body) // 2]
        if chunked:
            head = reply.head(content_length=None, transfer_encoding="chunked")
            line.send_bytes(head + b"%x\r\n%s" % (len(reply.body), half))
        else:
            line.send_bytes(reply.head() + half)
        line.close()

    return Fault(f"cut off{', chunked' if chunked else ''}", act)


def stalled() -> Fault:
    """The answer stops in its middle, and the connection stays."""

    def act(line: Line) -> None:
        reply = line.deliver()
        line.send_bytes(reply.head() + reply.body[: len(reply.body) // 2])
        line.wait(_LONG)
        line.close()

    return Fault("stalled", act)


def shortened() -> Fault:
    """Half of the answer, under a length that agrees with it."""

    def act(line: Line) -> None:
        reply = line.deliver()
        line.send_bytes(reply.head(content_length=str(len(reply.body) // 2)) + reply.body[: len(reply.body) // 2])

    return Fault("shortened", act)


def wrong_checksum() -> Fault:
    """Some letters of the answer have changed: it is JSON still, and its checksum is the old one."""

    def act(line: Line) -> None:
        reply = line.deliver()
        changed = changed_json(reply.body)
        line.send_bytes(reply.head(content_length=str(len(changed))) + changed)

    return Fault("wrong checksum", act)


def garbage() -> Fault:
    """An answer of bytes that mean nothing."""

    def act(line: Line) -> None:
        line.deliver()
        line.send(Reply(200, bytes(range(255, 0, -1)), "application/octet-stream"), x_amz_crc32=None)

    return Fault("garbage", act)


def empty() -> Fault:
    """An answer without a body."""

    def act(line: Line) -> None:
        line.deliver()
        line.send(Reply(200, b""), x_amz_crc32=None)

    return Fault("empty", act)


def not_http() -> Fault:
    """What comes back is no HTTP."""

    def act(line: Line) -> None:
        line.deliver()
        line.send_bytes(b"220 mail.example.org ESMTP ready\r\n")
        line.close()

    return Fault("not HTTP", act)


def incomplete() -> Fault:
    """A JSON object, with its checksum, that lacks what such an answer always holds."""

    def act(line: Line) -> None:
        line.deliver()
        line.send(Reply(200, b"{}"))

    return Fault("incomplete", act, _is_one_of("Query", "BatchGetItem"))


# --- It is done, and the answer is right ------------------------------------------------------------------------------


def slow(seconds: float) -> Fault:
    """DynamoDB does it at once, and takes its time to answer."""

    def act(line: Line) -> None:
        reply = line.deliver()
        if line.wait(seconds):
            line.send(reply)

    return Fault(f"answered {seconds:.2f} s late", act, loses_answer=False)


def delayed(seconds: float) -> Fault:
    """The request reaches DynamoDB late, whether or not the client still waits."""

    def act(line: Line) -> None:
        began = time.monotonic()
        is_there = line.wait(seconds)
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        reply = line.deliver()
        if is_there:
            line.send(reply)

    return Fault(f"delivered {seconds:.2f} s late", act, loses_answer=False)


def dripping(seconds: float) -> Fault:
    """The answer comes in twenty pieces over so many seconds."""

    def act(line: Line) -> None:
        reply = line.deliver()
        content = reply.head() + reply.body
        size = len(content) // 20 + 1
        for at in range(0, len(content), size):
            line.send_bytes(content[at : at + size])
            if not line.wait(seconds / 20):
                return

    return Fault(f"dripping for {seconds:.2f} s", act, loses_answer=False)


def closed_afterwards() -> Fault:
    """The answer comes, and the connection is closed without a word."""

    def act(line: Line) -> None:
        line.send(line.deliver())
        line.close()

    return Fault("closed afterwards", act, loses_answer=False)


def partial_batch(left_out: float = 0.5) -> Fault:
    """A share of a batch's keys is not read, all of them where it is 1."""

    def act(line: Line) -> None:
        requested = line.call.arguments["RequestItems"]
        (table, batch), *others = requested.items()
        assert not others
        read = int(len(batch["Keys"]) * (1 - left_out))
        unread = {table: {**batch, "Keys": batch["Keys"][read:]}}
        if read == 0:
            line.send(Reply(200, json.dumps({"Responses": {table: []}, "UnprocessedKeys": unread}).encode()))
            return
        reply = line.deliver(RequestItems={table: {**batch, "Keys": batch["Keys"][:read]}})
        line.send(reply.with_content({**reply.content, "UnprocessedKeys": unread}) if reply.status == 200 else reply)

    return Fault(f"{left_out:.0%} of the batch unread", act, _is_one_of("BatchGetItem"), loses_answer=False)


def small_page(items: int = 1) -> Fault:
    """A page of so few items, and a LastEvaluatedKey."""

    def act(line: Line) -> None:
        line.send(line.deliver(Limit=items))

    return Fault(f"page of {items}", act, _is_one_of("Query"), loses_answer=False)


# --- All of them ------------------------------------------------------------------------------------------------------


def changed_json(body: bytes) -> bytes:
    """The JSON with other letters in its last text, and as JSON another object where it has none."""
    content = body.decode()
    for at in range(len(content) - 1, -1, -1):
        if content[at].isalnum():
            other = "12"[content[at] == "1"] if content[at].isdigit() else "xy"[content[at] == "x"]
            return (content[:at] + other + content[at + 1 :]).encode()
    return b'{"changed":1}'


def every_fault(seconds: float = 0.2) -> Sequence[Fault]:
    """One of each, those that may pass; what is slow or late is so by this many seconds."""
    return [
        *(throttled(code) for code in _THROTTLES),
        conflict(),
        in_progress(),
        *(cancelled(reason, action) for reason in PASSING_REASONS for action in (0, -1)),
        *(failure(delivered, code) for code in _FAILURES for delivered in (False, True)),
        *(html(delivered, status) for status in (200, 403, 502, 503) for delivered in (False, True)),
        *(act(delivered) for act in (reset, closed, hanging) for delivered in (False, True)),
        held_up(seconds),
        held_up(seconds * 5),
        cut_off(),
        cut_off(chunked=True),
        stalled(),
        shortened(),
        wrong_checksum(),
        garbage(),
        empty(),
        not_http(),
        incomplete(),
        slow(seconds),
        delayed(seconds),
        delayed(seconds * 6),
        dripping(seconds),
        closed_afterwards(),
        partial_batch(0.5),
        partial_batch(1.0),
        small_page(1),
        small_page(3),
    ]
