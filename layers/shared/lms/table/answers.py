"""What DynamoDB's answers mean: their content, or which of three kinds of failure an attempt came to."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from lms.domain.errors import ConditionFailedError
from lms.table.messages import HttpAnswer

_NOT_DONE = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
"""Errors after which trying again makes sense, and nothing was written."""
_MAYBE_DONE = frozenset({"TransactionInProgressException"})
"""Errors after which trying again makes sense, and the write may be carried out; any of status 5xx is one too."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_CANCELLED_FOR_NOW = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"})
"""Why a transaction may be cancelled that has a chance at the next attempt."""
_REQUEST_ID_LENGTH = 64
"""Characters of a request id that are logged."""


class DynamoDBError(Exception):
    """DynamoDB refuses a request that we should not have made, or may not make. `code` is its error's name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class AttemptFailedError(Exception):
    """One attempt came to nothing, and another may do better. The text quotes nothing of the request."""

    def __init__(self, reason: str, maybe_done: bool, code: str = "") -> None:
        super().__init__(reason)
        self.maybe_done = maybe_done
        """Whether DynamoDB may have carried it out."""
        self.code = code
        """The name of DynamoDB's error, where it named one."""


def read_answer(operation: str, arguments: Mapping[str, Any], answer: HttpAnswer) -> Any:
    """The content of a success that is whole. Raises AttemptFailedError, ConditionFailedError, DynamoDBError."""
    request_id = answer.headers.get("x-amzn-requestid", "")[:_REQUEST_ID_LENGTH] or "without id"
    if answer.status == 413:  # from whatever stands before DynamoDB, in words of its own
        raise DynamoDBError("RequestEntityTooLarge", "the request is too large")
    content = _parse(answer)
    if answer.status == 200 and content is not None and _is_complete(operation, arguments, content):
        return content
    if answer.status == 200 or content is None or not isinstance(content.get("__type"), str):
        reason = f"DynamoDB's answer of status {answer.status} cannot be read (request {request_id})"
        raise AttemptFailedError(reason, maybe_done=True)
    raise _error(content, answer.status, request_id)


def _parse(answer: HttpAnswer) -> dict[str, Any] | None:
    """The body's JSON object; None where it is damaged, or something else."""
    checksum = answer.headers.get("x-amz-crc32")
    if checksum is not None and checksum != str(zlib.crc32(answer.body)):
        return None
    try:
        content = json.loads(answer.body.decode())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _is_complete(operation: str, arguments: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    """Whether a success holds what it must, and nothing that only an error has."""
    if not content.keys().isdisjoint({"__type", "message", "Message"}):
        return False
    match operation:
        case "GetItem":
            return isinstance(content.get("Item", {}), dict)
        case "BatchGetItem":
            return isinstance(content.get("Responses"), dict) and isinstance(content.get("UnprocessedKeys", {}), dict)
        case "Query":
            return isinstance(content.get("Items"), list)
        case "UpdateItem":
            return "ReturnValues" not in arguments or isinstance(content.get("Attributes"), dict)
    return True


def _error(content: Mapping[str, Any], status: int, request_id: str) -> Exception:
    # `com.amazonaws.dynamodb.v20120810#ThrottlingException`
    code = content["__type"].rpartition("#")[2]
    answered = f"DynamoDB answered {code} (request {request_id})"
    if code == "ConditionalCheckFailedException":
        return ConditionFailedError([True], content.get("Item"))
    if code == "TransactionCanceledException":
        reasons = _cancellation_reasons(content)
        if "ConditionalCheckFailed" in reasons:
            return ConditionFailedError([reason == "ConditionalCheckFailed" for reason in reasons])
        named = sorted(set(reasons) - {"None"})
        if _CANCELLED_FOR_NOW.issuperset(named):
            return AttemptFailedError(f"{answered} for {', '.join(named) or 'no reason'}", maybe_done=False)
    if code in _NOT_DONE:
        return AttemptFailedError(answered, maybe_done=False, code=code)
    if code in _MAYBE_DONE or status >= 500:
        return AttemptFailedError(answered, maybe_done=True, code=code)
    return DynamoDBError(code, str(content.get("message") or content.get("Message") or ""))


def _cancellation_reasons(content: Mapping[str, Any]) -> list[str]:
    """Why a transaction was cancelled, for each of its actions; "None" for one that was not the reason."""
    reasons = content.get("CancellationReasons")
    if not isinstance(reasons, list):
        return []
    return [str(reason.get("Code") or "None") if isinstance(reason, dict) else "None" for reason in reasons]
