"""What DynamoDB's answers mean: contents, conditions, failures that may pass, mistakes of ours. (lms.table.answers)"""

import json
import zlib
from typing import Any

import botocore.session
import pytest

from lms.domain.errors import ConditionFailedError
from lms.table.answers import AttemptFailedError, DynamoDBError, read_answer
from lms.table.messages import HttpAnswer
from tests.unit.builders import cases

SERVICE = "com.amazonaws.dynamodb.v20120810"
CANCELLED = "TransactionCanceledException"
OPERATIONS = ["GetItem", "BatchGetItem", "Query", "UpdateItem", "TransactWriteItems"]


def answer(content: Any, status: int = 200, **headers: str) -> HttpAnswer:
    """An answer as DynamoDB sends it: with its id, and the right checksum unless another is given."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = {"x-amzn-requestid": "R1", "x-amz-crc32": str(zlib.crc32(body))}
    return HttpAnswer(status, sent | {name.replace("_", "-"): value for name, value in headers.items()}, body)


def error(code: str, status: int = 400, namespace: str = SERVICE, **fields: Any) -> HttpAnswer:
    return answer({"__type": f"{namespace}#{code}", "message": "of nora@example.org", **fields}, status)


def cancelled(*codes: str | None) -> HttpAnswer:
    """A transaction that was cancelled, with the code of each of its actions."""
    return error(CANCELLED, CancellationReasons=[{} if code is None else {"Code": code} for code in codes])


def failure_of(given: HttpAnswer, operation: str = "TransactWriteItems", **arguments: Any) -> Exception:
    with pytest.raises((AttemptFailedError, ConditionFailedError, DynamoDBError)) as caught:
        read_answer(operation, arguments, given)
    return caught.value


# --- Successes --------------------------------------------------------------------------------------------------------


@cases(
    "operation, arguments, content",
    {
        "an item": ("GetItem", {}, {"Item": {"PK": {"S": "a"}}}),
        "no item": ("GetItem", {}, {}),
        "an item and its cost": ("GetItem", {}, {"Item": {}, "ConsumedCapacity": {}}),
        "items by keys": ("BatchGetItem", {}, {"Responses": {"t": []}, "UnprocessedKeys": {}}),
        "items by keys, all of them": ("BatchGetItem", {}, {"Responses": {}}),
        "a page": ("Query", {}, {"Items": [], "Count": 0, "ScannedCount": 0}),
        "a write": ("UpdateItem", {}, {}),
        "a write that says what is there now": ("UpdateItem", {"ReturnValues": "ALL_NEW"}, {"Attributes": {}}),
        "a transaction": ("TransactWriteItems", {}, {}),
        "a field that we do not know yet": ("GetItem", {}, {"Newer": 1}),
    },
)
def test_a_success_is_taken_as_it_is(operation: str, arguments: dict[str, Any], content: Any) -> None:
    assert read_answer(operation, arguments, answer(content)) == content


def test_an_answer_without_checksum_is_taken() -> None:
    assert read_answer("GetItem", {}, HttpAnswer(200, {}, b'{"Item": {}}')) == {"Item": {}}


# --- What cannot be read ----------------------------------------------------------------------------------------------


@cases(
    "given",
    {
        "nothing": answer(b""),
        "half of it": answer(b'{"Items": [], "Responses": {}, "Item": {"PK"'),
        "a wrong checksum": answer({"Items": [], "Responses": {}, "Item": {}}, x_amz_crc32="1"),
        "a checksum that is none": answer({"Items": [], "Responses": {}, "Item": {}}, x_amz_crc32="x"),
        "HTML": answer(b"<html><body>Hello</body></html>"),
        "bytes": answer(b"\x00\xff\xfe"),
        "half a surrogate pair's bytes": answer(b'{"Item": "\xed\xa0\x80"}'),
        "a list": answer([]),
        "a text": answer("message"),
        "null": answer(None),
        "a message": answer({"message": "Internal Server Error"}),
        "a Message": answer({"Message": "Internal Server Error", "Items": [], "Responses": {}}),
        "an error": answer({"__type": f"{SERVICE}#InternalServerError", "Items": [], "Responses": {}}),
        "deep nesting": answer(b"[" * 100_000),
        "another status": answer({"Items": [], "Responses": {}}, 204),
    },
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_success_that_cannot_be_read_is_a_failed_attempt(operation: str, given: HttpAnswer) -> None:
    failed = failure_of(given, operation)

    assert isinstance(failed, AttemptFailedError)
    assert failed.maybe_done
    assert str(failed) == f"DynamoDB's answer of status {given.status} cannot be read (request R1)"


@cases(
    "operation, content",
    {
        "an item that is none": ("GetItem", {"Item": None}),
        "an item that is a list": ("GetItem", {"Item": []}),
        "a batch without responses": ("BatchGetItem", {"UnprocessedKeys": {}}),
        "a batch of null": ("BatchGetItem", {"Responses": None}),
        "a batch that leaves a list": ("BatchGetItem", {"Responses": {}, "UnprocessedKeys": []}),
        "a page without items": ("Query", {"Count": 0}),
        "a page of null": ("Query", {"Items": None}),
        "an empty object for a page": ("Query", {}),
    },
)
def test_a_read_that_lacks_what_it_must_hold_is_a_failed_attempt(operation: str, content: Any) -> None:
    assert isinstance(failure_of(answer(content), operation), AttemptFailedError)


@cases("content", {"none": {}, "null": {"Attributes": None}, "a list": {"Attributes": []}})
def test_a_write_that_does_not_say_what_it_was_asked_for_is_a_failed_attempt(content: Any) -> None:
    failed = failure_of(answer(content), "UpdateItem", ReturnValues="ALL_NEW")

    assert isinstance(failed, AttemptFailedError)
    assert failed.maybe_done


@cases(
    "given",
    {
        "a load balancer's 503": answer(b"<html><body><h1>503 Service Unavailable</h1></body></html>", 503),
        "a 502 without a body": answer(b"", 502),
        "a 500 that is cut off": answer(b'{"__type":"com.amazonaws.dyn', 500),
        "a 500 without a type": answer({"message": "Internal error"}, 500),
        "a 500 of a type that is none": answer({"__type": 1}, 500),
        "a 400 with a wrong checksum": error("ConditionalCheckFailedException")._replace(
            headers={"x-amz-crc32": "1", "x-amzn-requestid": "R1"}
        ),
        "a 400 that is cut off": answer(b'{"__type":"com.amazonaws.dynamodb.v20120810#Conditional', 400),
        "a 403 of a firewall": answer(b"<html>Blocked</html>", 403),
        "a redirection": answer(b"", 302),
    },
)
def test_an_error_that_cannot_be_read_may_have_written(given: HttpAnswer) -> None:
    failed = failure_of(given)

    assert isinstance(failed, AttemptFailedError)
    assert failed.maybe_done
    assert str(failed) == f"DynamoDB's answer of status {given.status} cannot be read (request R1)"


# --- Conditions -------------------------------------------------------------------------------------------------------


@cases(
    "given, reasons",
    {
        "a write's own condition": (error("ConditionalCheckFailedException"), [True]),
        "the condition of one of a transaction's actions": (
            cancelled("None", "ConditionalCheckFailed", "None"),
            [False, True, False],
        ),
        "the conditions of several": (cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"), [True, True]),
        "a condition besides a conflict": (cancelled("TransactionConflict", "ConditionalCheckFailed"), [False, True]),
        "a condition besides an action without code": (cancelled(None, "ConditionalCheckFailed"), [False, True]),
    },
)
def test_a_condition_that_did_not_hold(given: HttpAnswer, reasons: list[bool]) -> None:
    failed = failure_of(given)

    assert isinstance(failed, ConditionFailedError)
    assert (failed.reasons, failed.item) == (reasons, None)


def test_a_condition_that_did_not_hold_brings_the_item_that_was_asked_for() -> None:
    failed = failure_of(error("ConditionalCheckFailedException", Item={"PK": {"S": "a"}}), "UpdateItem")

    assert isinstance(failed, ConditionFailedError)
    assert failed.item == {"PK": {"S": "a"}}


# --- Errors that may pass ---------------------------------------------------------------------------------------------


@cases(
    "given, maybe_done",
    {
        "throttling": (error("ThrottlingException"), False),
        "throttling by another name": (error("Throttling"), False),
        "too much for the table": (error("ProvisionedThroughputExceededException"), False),
        "too much for the account": (error("RequestLimitExceeded"), False),
        "too many operations": (error("LimitExceededException"), False),
        "a conflict": (error("TransactionConflictException"), False),
        "a conflict of replicas": (error("ReplicatedWriteConflictException"), False),
        "a cancelled transaction in conflict": (cancelled("None", "TransactionConflict"), False),
        "a throttled transaction": (cancelled("ThrottlingError", "None"), False),
        "a transaction too much for the table": (cancelled("None", "ProvisionedThroughputExceeded"), False),
        "a transaction cancelled for no reason": (error(CANCELLED), False),
        "a transaction cancelled for reasons that are none": (error(CANCELLED, CancellationReasons="x"), False),
        "an expired token": (error("ExpiredTokenException", namespace="com.amazon.coral.service"), False),
        "an error inside DynamoDB": (error("InternalServerError", 500), True),
        "an error inside it by another name": (error("InternalFailure", 500), True),
        "a service that is down": (error("ServiceUnavailable", 503), True),
        "a service that is down by another name": (error("ServiceUnavailableException", 503), True),
        "an error of a name that we do not know": (error("SomethingNew", 500), True),
        "a transaction that is under way": (error("TransactionInProgressException"), True),
    },
)
def test_an_error_that_may_pass(given: HttpAnswer, maybe_done: bool) -> None:
    failed = failure_of(given)

    assert isinstance(failed, AttemptFailedError)
    assert failed.maybe_done is maybe_done
    assert "(request R1)" in str(failed)
    assert "nora" not in str(failed)


def test_the_reasons_of_a_cancelled_transaction_are_named_each_once() -> None:
    failed = failure_of(cancelled("None", "TransactionConflict", *["ThrottlingError"] * 98))

    assert str(failed) == f"DynamoDB answered {CANCELLED} (request R1) for ThrottlingError, TransactionConflict"


@cases("headers, shown", {"none": ({}, "without id"), "a long one": ({"x-amzn-requestid": "x" * 999}, "x" * 64)})
def test_a_request_id_in_a_reason(headers: dict[str, str], shown: str) -> None:
    given = HttpAnswer(400, headers, b'{"__type": "#ThrottlingException"}')

    assert str(failure_of(given)) == f"DynamoDB answered ThrottlingException (request {shown})"


# --- Our own mistakes -------------------------------------------------------------------------------------------------


@cases(
    "given, code",
    {
        "a request that it does not understand": (error("ValidationException"), "ValidationException"),
        "one of another service's names": (
            error("UnrecognizedClientException", namespace="com.amazon.coral.service"),
            "UnrecognizedClientException",
        ),
        "a bare name": (answer({"__type": "SerializationException"}, 400), "SerializationException"),
        "a right that is missing": (error("AccessDeniedException"), "AccessDeniedException"),
        "a table that there is not": (error("ResourceNotFoundException"), "ResourceNotFoundException"),
        "a token used for another transaction": (
            error("IdempotentParameterMismatchException"),
            "IdempotentParameterMismatchException",
        ),
        "a transaction with an invalid action": (cancelled("ValidationError", "None"), CANCELLED),
        "one that is invalid and in conflict": (cancelled("TransactionConflict", "ValidationError"), CANCELLED),
        "a request that is too large": (answer(b"<html>", 413), "RequestEntityTooLarge"),
        "one without a message": (answer({"__type": "#Strange"}, 400), "Strange"),
    },
)
def test_our_own_mistakes_have_dynamodbs_name(given: HttpAnswer, code: str) -> None:
    failed = failure_of(given)

    assert isinstance(failed, DynamoDBError)
    assert failed.code == code


@pytest.mark.parametrize("field", ["message", "Message"])
def test_our_own_mistakes_have_dynamodbs_message(field: str) -> None:
    assert str(failure_of(answer({"__type": "#Strange", field: "words"}, 400))) == "Strange: words"


KINDS = {
    ConditionFailedError: {"ConditionalCheckFailedException"},
    AttemptFailedError: {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ThrottlingException",
        CANCELLED,
        "TransactionConflictException",
        "TransactionInProgressException",
    },
    DynamoDBError: {
        "IdempotentParameterMismatchException",
        "ItemCollectionSizeLimitExceededException",
        "ResourceNotFoundException",
    },
}


def test_every_error_that_awss_own_description_of_our_operations_names_is_of_one_kind() -> None:
    model = botocore.session.get_session().get_service_model("dynamodb")
    named = {shape.name for operation in OPERATIONS for shape in model.operation_model(operation).error_shapes}
    named -= {"InvalidEndpointException"}  # of the discovery of endpoints, which nobody uses any more

    assert named == set().union(*KINDS.values())
    for kind, codes in KINDS.items():
        for code in codes:
            assert type(failure_of(error(code, 500 if code == "InternalServerError" else 400))) is kind, code
