"""Calls to DynamoDB: one client for the environment's life, bounded waits, and errors of our own."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from lms.domain.errors import ConditionFailedError, UnavailableError

# At each cold start it would tell the log, three times, where it found credentials.
logging.getLogger("botocore.credentials").setLevel(logging.WARNING)

T = TypeVar("T")
R = TypeVar("R")

PARALLEL_CALLS = 16
_TRY_AGAIN = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_MAYBE_DONE = frozenset({"InternalServerError", "TransactionInProgressException"})
_TRY_TRANSACTION_AGAIN = frozenset(
    {"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict", "None", None}
)


def table_name() -> str:
    """The name of the table, from the environment."""
    return os.environ["TABLE_NAME"]


@cache
def _client(endpoint: str | None, region: str | None) -> Any:
    # botocore without boto3's resource layer: nothing above uses it, and it costs 30 ms of each cold start.
    return botocore.session.get_session().create_client(
        "dynamodb",
        region_name=region,
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=1,
            # Long enough for any single read or write; a load sends larger ones, and has more patience.
            read_timeout=float(os.environ.get("TABLE_READ_SECONDS", 2)),
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=2 * PARALLEL_CALLS,
            tcp_keepalive=True,
        ),
    )


def client() -> Any:
    """The DynamoDB client of this environment: made at the first call, then kept."""
    return _client(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"), os.environ.get("AWS_REGION"))


def call(operation: str, **arguments: Any) -> Any:
    """One call, e.g. `call("get_item", TableName=…, Key=…)`, and its answer.

    Raises ConditionFailedError, or UnavailableError where trying again later makes sense. Anything else is our own
    fault and is raised as it came.
    """
    try:
        return getattr(client(), operation)(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise ConditionFailedError([True]) from None
        if code == "TransactionCanceledException":
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
            if "ConditionalCheckFailed" in codes:
                raise ConditionFailedError([code == "ConditionalCheckFailed" for code in codes]) from None
            if set(codes) <= _TRY_TRANSACTION_AGAIN:
                raise UnavailableError(f"DynamoDB cancelled a transaction: {codes}") from error
        if code in _TRY_AGAIN:
            raise UnavailableError(f"DynamoDB answered {code}", outcome_unknown=code in _MAYBE_DONE) from error
        raise
    except ParamValidationError:
        raise
    except BotoCoreError as error:
        raise UnavailableError(
            f"DynamoDB could not be reached: {type(error).__name__}", outcome_unknown=True
        ) from error


def persist(attempt: Callable[[], T], deadline: float) -> T:
    """Repeat a write that the table could not take, with growing and jittered pauses, until `deadline`.

    `deadline` is in seconds of `time.monotonic()`. The write must be safe to repeat. Raises the last UnavailableError,
    whose `outcome_unknown` is true when any of the attempts may have been carried out.
    """
    pause, unknown = 0.05, False
    while True:
        try:
            return attempt()
        except UnavailableError as error:
            unknown = error.outcome_unknown = unknown or error.outcome_unknown
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - spreads retries, protects nothing
        pause = min(pause * 2, 2.0)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=PARALLEL_CALLS, thread_name_prefix="table")


def in_parallel(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results of `work` for each item, in their order; a single item is done right here.

    `work` must not call this function again: all calls share one pool of threads, and it could wait for itself.
    """
    todo = list(items)
    if len(todo) < 2:
        return [work(item) for item in todo]
    return list(_threads().map(work, todo))
