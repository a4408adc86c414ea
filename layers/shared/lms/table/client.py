"""Calls to DynamoDB: each attempt known by itself, bounded in time, and an outcome that says what may have happened.

docs/decisions/0006-a-client-of-our-own.md says why this is not the AWS SDK.
"""

import contextvars
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import Any, TypeVar

from lms import deadline
from lms.domain.errors import ConditionFailedError, UnavailableError
from lms.table.answers import EXPIRED, AttemptFailedError, DynamoDBError, read_answer
from lms.table.connections import NoAnswerError, NotSentError, exchange
from lms.table.credentials import CredentialsError, NoCredentialsError, credentials, forget_credentials
from lms.table.messages import Endpoint, HttpRequest, parse_endpoint
from lms.table.signing import sign

T = TypeVar("T")
R = TypeVar("R")

PARALLEL_CALLS = 16
_READS = frozenset({"GetItem", "BatchGetItem", "Query"})
"""Operations that write nothing."""
_READ_SECONDS = 5.0
"""Seconds for which a read is tried: whoever waits for it is better told to come back."""
_WRITE_SECONDS = 120.0
"""Seconds for which a write is tried where no deadline is earlier; functions have one, a load has not."""
_ATTEMPT_SECONDS = 5.0
"""Seconds of one attempt, enough for the largest page."""
_SILENCE_SECONDS = 2.0
"""Seconds of one attempt in which no byte comes."""
_TARGET = "DynamoDB_20120810."
_DOMAINS = {
    "cn": "amazonaws.com.cn",
    "eusc": "amazonaws.eu",
}
"""Where DynamoDB is in partitions of AWS other than the usual one, by the first part of their Regions' names."""


def table_name() -> str:
    """The name of the table, from the environment."""
    return os.environ["TABLE_NAME"]


def read_seconds() -> float:
    """Seconds for which a read is tried; TABLE_READ_SECONDS, where somebody has more patience."""
    return _patience(_READ_SECONDS)


def call(operation: str, **arguments: Any) -> Any:
    """One call, e.g. `call("GetItem", TableName=…, Key=…)`, and its answer, values as DynamoDB's JSON has them.

    It is tried again until the deadline (a read: for some seconds), so it must be safe to repeat. Raises
    ConditionFailedError or UnavailableError; the `outcome_unknown` of either is true when one of the attempts may have
    been carried out, or may yet be. DynamoDBError is our own fault.
    """
    is_read = operation in _READS
    reason, unknown, made = "there was no time left", False, 0
    with deadline.within(read_seconds() if is_read else _WRITE_SECONDS):
        for number in deadline.attempts():
            try:
                return _attempt(operation, arguments)
            except AttemptFailedError as failure:
                reason, made = str(failure), number
                unknown = unknown or (failure.maybe_done and not is_read)
            except ConditionFailedError as failure:
                failure.outcome_unknown = unknown
                raise
    raise UnavailableError(f"{operation}: {reason}; attempts: {made}", outcome_unknown=unknown)


def _attempt(operation: str, arguments: Mapping[str, Any]) -> Any:
    """The answer to one request. Raises what `call` does, and AttemptFailedError."""
    body = json.dumps(arguments, separators=(",", ":")).encode()
    region, endpoint = _region(), _endpoint()
    headers = {"content-type": "application/x-amz-json-1.0", "host": endpoint.authority}
    headers["x-amz-target"] = _TARGET + operation
    now = time.time()
    try:
        used = credentials(now)
        signed = sign(headers, body, used, region, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)))
        # Not signed: proxies change it.
        request = HttpRequest("POST", "/", {**signed, "accept-encoding": "identity"}, body)
        seconds = min(deadline.seconds_left(), _patience(_ATTEMPT_SECONDS))
        answer = exchange(endpoint, request, seconds, _patience(_SILENCE_SECONDS))
    except NoCredentialsError as error:
        raise DynamoDBError("NoCredentials", str(error)) from error
    except CredentialsError as error:
        raise AttemptFailedError(f"no credentials: {error}", maybe_done=False) from error
    except NotSentError as error:
        raise AttemptFailedError(f"DynamoDB could not be reached: {error}", maybe_done=False) from error
    except NoAnswerError as error:
        raise AttemptFailedError(f"DynamoDB did not answer: {error}", maybe_done=True) from error
    try:
        return read_answer(operation, arguments, answer)
    except AttemptFailedError as failure:
        if failure.code in EXPIRED:
            forget_credentials(used)
        raise


def _patience(seconds: float) -> float:
    return max(seconds, float(os.environ.get("TABLE_READ_SECONDS", 0)))


def _endpoint() -> Endpoint:
    url = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        region = _region()
        url = f"https://dynamodb.{region}.{_DOMAINS.get(region.partition('-')[0], 'amazonaws.com')}"
    try:
        return parse_endpoint(url)
    except ValueError as error:
        raise DynamoDBError("NoEndpoint", str(error)) from None


def _region() -> str:
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise DynamoDBError("NoRegion", "neither AWS_REGION nor AWS_DEFAULT_REGION is set")
    return region


# --- Side by side -----------------------------------------------------------------------------------------------------


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=PARALLEL_CALLS, thread_name_prefix="table")


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results of `work` for each item, in their order; a single item is done right here.

    Nothing runs on when it returns or raises. `work` must not call this function again: all calls share one pool of
    threads, and it could wait for itself.
    """
    todo = list(items)
    if len(todo) < 2:
        return [work(item) for item in todo]
    # Each in a copy of this context: the deadline goes with it.
    running = [_threads().submit(contextvars.copy_context().run, work, item) for item in todo]
    wait(running)
    return [future.result() for future in running]
