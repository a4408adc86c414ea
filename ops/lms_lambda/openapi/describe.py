"""The words with which endpoints are described: operations, what they take, and what they answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lms.domain.errors import DomainError
from lms.web.errors import HttpError, http_error


@dataclass(frozen=True)
class Detail:
    """A body `{"detail": text}`; `texts` are all that there are, unless `others` says that there are more."""

    texts: tuple[str, ...]
    others: bool = False


@dataclass(frozen=True)
class Narrowed:
    """A shape in which some fields have one value only."""

    body: Any
    constants: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """A status that an operation may answer with.

    `body`: a shape, a list of them, Narrowed, or a Detail; None: no body. `headers` and `links`: OpenAPI header and
    link objects by name.
    """

    status: int
    when: str
    body: Any = None
    headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def refusal(
    when: str,
    *errors: HttpError | DomainError,
    others: bool = False,
    headers: Mapping[str, Mapping[str, Any]] | None = None,
) -> Answer:
    """The answer that errors of one status make, in Django REST framework's shape.

    `others`: they are examples, and there are more. Raises ValueError for an error that no client sees so.
    """
    answers = [http_error(error) if isinstance(error, DomainError) else error for error in errors]
    texts = tuple(error.body["detail"] for error in answers if error is not None and "detail" in error.body)
    statuses = {error.status for error in answers if error is not None}
    if len(texts) < len(errors) or len(statuses) != 1:
        raise ValueError(f"not of one status, or without a detail: {errors}")
    return Answer(statuses.pop(), when, Detail(texts, others), headers or {})


@dataclass(frozen=True)
class Operation:
    """A method of an endpoint: what it does, what it takes, and its own answers.

    Answers that every operation has (no token, wrong version, throttled, …) are not repeated here. `parameters`:
    OpenAPI parameter objects of the query. `bodies`: models of lms_lambda.openapi.requests by media type;
    `body_required`: an empty body is refused.
    """

    summary: str
    description: str
    answers: Sequence[Answer]
    parameters: Sequence[Mapping[str, Any]] = ()
    bodies: Mapping[str, Any] = field(default_factory=dict)
    body_required: bool = False


@dataclass(frozen=True)
class Variant:
    """An endpoint in some of the mobile API's versions; without `versions` in all, or in an API without versions."""

    operations: Mapping[str, Operation]
    versions: tuple[str, ...] = ()


class UndescribedError(Exception):
    """A route, method, variable or authorizer that is not described, or a description of what there is not."""


def either(values: Sequence[str]) -> str:
    """The values as a sentence names them."""
    *others, last = (f"`{value}`" for value in values)
    return f"{', '.join(others)} or {last}"
