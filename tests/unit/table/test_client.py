"""Calls to DynamoDB: what errors mean, how long a write is tried, what runs side by side. (lms.table.client)"""

import threading
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError

from lms.domain.errors import ConditionFailedError, UnavailableError
from lms.table import client
from lms.table.client import call, in_parallel, persist
from tests.unit.builders import cases


def refused(code: str, *reasons: str | None) -> ClientError:
    """DynamoDB's refusal; `reasons` are the codes of a cancelled transaction's actions."""
    answer: dict[str, Any] = {"Error": {"Code": code, "Message": "…"}}
    if reasons:
        answer["CancellationReasons"] = [{} if reason is None else {"Code": reason} for reason in reasons]
    return ClientError(answer, "Tested")


CANCELLED = "TransactionCanceledException"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Makes every call to DynamoDB fail like this."""

    class Failing:
        def __init__(self, error: Exception) -> None:
            self._error = error

        def put_item(self, **_arguments: Any) -> None:
            raise self._error

    return lambda error: monkeypatch.setattr(client, "client", lambda: Failing(error))


# --- One call ---------------------------------------------------------------------------------------------------------


def test_a_call_passes_its_arguments_on_and_its_answer_back(monkeypatch: pytest.MonkeyPatch) -> None:
    class Echo:
        def get_item(self, **arguments: Any) -> dict[str, Any]:
            return {"Item": arguments}

    monkeypatch.setattr(client, "client", Echo)

    assert call("get_item", TableName="t", Key={"PK": {"S": "p"}}) == {
        "Item": {"TableName": "t", "Key": {"PK": {"S": "p"}}}
    }


@cases(
    "error, reasons",
    {
        "a write's own condition": (refused("ConditionalCheckFailedException"), [True]),
        "the condition of one of a transaction's actions": (
            refused(CANCELLED, "None", "ConditionalCheckFailed", "None"),
            [False, True, False],
        ),
        "the conditions of several": (
            refused(CANCELLED, "ConditionalCheckFailed", "ConditionalCheckFailed"),
            [True, True],
        ),
        "a condition besides a conflict": (
            refused(CANCELLED, "TransactionConflict", "ConditionalCheckFailed"),
            [False, True],
        ),
        "a condition besides an action without code": (
            refused(CANCELLED, None, "ConditionalCheckFailed"),
            [False, True],
        ),
    },
)
def test_a_condition_that_did_not_hold(
    answers: Callable[[Exception], None], error: Exception, reasons: list[bool]
) -> None:
    answers(error)

    with pytest.raises(ConditionFailedError) as caught:
        call("put_item")

    assert caught.value.reasons == reasons


@cases(
    "error, unknown",
    {
        "an error inside DynamoDB may have written": (refused("InternalServerError"), True),
        "a transaction that is under way may yet write": (refused("TransactionInProgressException"), True),
        "throttling has not written": (refused("ThrottlingException"), False),
        "too much for the table has not written": (refused("ProvisionedThroughputExceededException"), False),
        "too much for the account has not written": (refused("RequestLimitExceeded"), False),
        "too many operations have not written": (refused("LimitExceededException"), False),
        "a conflict has not written": (refused("TransactionConflictException"), False),
        "a cancelled transaction in conflict has not written": (refused(CANCELLED, "TransactionConflict"), False),
        "a throttled transaction has not written": (refused(CANCELLED, "ThrottlingError", "None"), False),
        "a transaction too much for the table has not written": (
            refused(CANCELLED, "None", "ProvisionedThroughputExceeded"),
            False,
        ),
        "a transaction cancelled for no reason has not written": (refused(CANCELLED), False),
        "no answer in time may have written": (
            botocore.exceptions.ReadTimeoutError(endpoint_url="https://dynamodb.example"),
            True,
        ),
        "a connection that broke may have written": (
            botocore.exceptions.ConnectionClosedError(endpoint_url="https://dynamodb.example"),
            True,
        ),
    },
)
def test_a_table_that_is_unavailable_for_now(
    answers: Callable[[Exception], None], error: Exception, unknown: bool
) -> None:
    answers(error)

    with pytest.raises(UnavailableError) as caught:
        call("put_item")

    assert caught.value.outcome_unknown is unknown
    assert caught.value.__cause__ is error


@cases(
    "error",
    {
        "a service that is down": refused("ServiceUnavailable"),
        "no connection": botocore.exceptions.EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        "no connection in time": botocore.exceptions.ConnectTimeoutError(endpoint_url="https://dynamodb.example"),
    },
)
def test_trying_again_later_makes_sense(answers: Callable[[Exception], None], error: Exception) -> None:
    answers(error)

    with pytest.raises(UnavailableError):
        call("put_item")


@cases(
    "error",
    {
        "a request that DynamoDB does not understand": refused("ValidationException"),
        "a table that there is not": refused("ResourceNotFoundException"),
        "a right that is missing": refused("AccessDeniedException"),
        "a token used for another transaction": refused("IdempotentParameterMismatchException"),
        "a transaction with an invalid action": refused(CANCELLED, "ValidationError", "None"),
        "a transaction that is invalid and in conflict": refused(CANCELLED, "TransactionConflict", "ValidationError"),
        "a request that botocore does not understand": botocore.exceptions.ParamValidationError(report="…"),
        "a mistake of another kind": KeyError("x"),
    },
)
def test_our_own_mistakes_are_raised_as_they_came(answers: Callable[[Exception], None], error: Exception) -> None:
    answers(error)

    with pytest.raises(type(error)) as caught:
        call("put_item")

    assert caught.value is error


# --- Trying again -----------------------------------------------------------------------------------------------------


class Clock:
    """Stands in for the `time` module: sleeping takes no time, and is remembered."""

    def __init__(self) -> None:
        self.now = 500.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(client, "time", stopped)
    return stopped


class Attempts:
    """A write that fails with each of these errors in turn, and then with the last one or not at all."""

    def __init__(self, *errors: Exception, forever: bool = False) -> None:
        self._errors = list(errors)
        self._forever = forever
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self._forever or self.made <= len(self._errors):
            raise self._errors[min(self.made, len(self._errors)) - 1]
        return "written"


def unavailable(unknown: bool = False) -> UnavailableError:
    return UnavailableError("throttled", outcome_unknown=unknown)


def test_a_write_that_succeeds_is_made_once(clock: Clock) -> None:
    attempts = Attempts()

    assert persist(attempts, clock.now + 10) == "written"
    assert (attempts.made, clock.pauses) == (1, [])


def test_a_write_is_tried_even_when_the_time_is_over(clock: Clock) -> None:
    assert persist(Attempts(), clock.now - 1) == "written"


def test_a_write_is_repeated_until_it_succeeds(clock: Clock) -> None:
    attempts = Attempts(unavailable(), unavailable())

    assert persist(attempts, clock.now + 10) == "written"
    assert attempts.made == 3


def test_pauses_double_from_50_milliseconds_to_2_seconds_and_vary_by_half(clock: Clock) -> None:
    longest = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0, 2.0]
    persist(Attempts(*[unavailable() for _ in longest]), clock.now + 1000)

    assert len(clock.pauses) == len(longest)
    assert all(most / 2 <= pause <= most for pause, most in zip(clock.pauses, longest, strict=True))
    assert len({round(pause / most, 6) for pause, most in zip(clock.pauses, longest, strict=True)}) > 1


def test_no_pause_leads_past_the_deadline(clock: Clock) -> None:
    deadline = clock.now + 10

    with pytest.raises(UnavailableError):
        persist(Attempts(unavailable(), forever=True), deadline)

    assert deadline - 2.0 <= clock.now <= deadline


@pytest.mark.parametrize(("seconds", "made"), [(0.05, 2), (0.0499, 1), (0, 1), (-1, 1)])
def test_a_first_pause_that_just_fits_is_made(clock: Clock, seconds: float, made: int) -> None:
    attempts = Attempts(unavailable(), forever=True)

    with pytest.raises(UnavailableError):
        persist(attempts, clock.now + seconds)

    assert attempts.made == made


@cases(
    "unknowns, expected",
    {
        "known throughout is known": ([False, False, False], False),
        "unknown at first stays unknown": ([True, False, False], True),
        "unknown in between stays unknown": ([False, True, False], True),
        "unknown at last is unknown": ([False, False, True], True),
    },
)
def test_the_outcome_is_unknown_once_any_attempt_may_have_written(
    clock: Clock, unknowns: list[bool], expected: bool
) -> None:
    errors = [unavailable(unknown) for unknown in unknowns]

    with pytest.raises(UnavailableError) as caught:
        persist(Attempts(*errors, forever=True), clock.now + 0.4)

    assert caught.value is errors[-1]
    assert caught.value.outcome_unknown is expected


@cases(
    "error",
    {"a condition that did not hold": ConditionFailedError([True]), "a mistake of ours": refused("AccessDenied")},
)
def test_only_a_table_that_is_unavailable_is_tried_again(clock: Clock, error: Exception) -> None:
    attempts = Attempts(unavailable(), error)

    with pytest.raises(type(error)) as caught:
        persist(attempts, clock.now + 10)

    assert caught.value is error
    assert attempts.made == 2


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


def test_the_first_failure_is_raised() -> None:
    def work(number: int) -> int:
        if number:
            raise UnavailableError(str(number))
        return number

    with pytest.raises(UnavailableError, match=r"^1$"):
        in_parallel(work, [0, 1, 2])


def test_the_table_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "lms")

    assert client.table_name() == "lms"
