"""Decides by a REQUEST authorizer's answer (an IAM policy and a context), and keeps answers for their time to live."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lms_lambda.gateway.proxy_event import MalformedAnswerError

_ACTION = "execute-api:Invoke"
_STATEMENT_KEYS = frozenset({"Sid", "Effect", "Action", "Resource"})


@dataclass(frozen=True)
class _Statement:
    allow: bool
    """Else it denies."""
    resources: tuple[str, ...]

    def covers(self, method_arn: str) -> bool:
        return any(_matches(pattern, method_arn) for pattern in self.resources)


@dataclass(frozen=True)
class AuthorizerAnswer:
    """An authorizer's answer, read."""

    context: Mapping[str, str]
    """What a function finds in requestContext.authorizer: only texts."""
    _statements: tuple[_Statement, ...]

    def allows(self, method_arn: str) -> bool:
        """Whether the policy allows this method: some statement does, and none denies it."""
        effects = {statement.allow for statement in self._statements if statement.covers(method_arn)}
        return effects == {True}


def read_authorizer_answer(answer: Any) -> AuthorizerAnswer:
    """Read {principalId, policyDocument: {Statement}, context?}.

    Raises MalformedAnswerError where API Gateway refuses to decide: a missing part, a context value that is a map, a
    list or null, or a statement with something else than Sid, Effect, Action and Resource.
    """
    if not isinstance(answer, dict):
        raise MalformedAnswerError("the authorizer's answer is not a map")
    principal, policy = answer.get("principalId"), answer.get("policyDocument")
    if not isinstance(principal, str) or not principal:
        raise MalformedAnswerError("principalId is not a text")
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise MalformedAnswerError("policyDocument has no Statement")
    context = answer.get("context") or {}
    if not isinstance(context, dict):
        raise MalformedAnswerError("context is not a map")
    statements = [_statement(statement) for statement in _listed(policy["Statement"])]
    return AuthorizerAnswer(
        context={"principalId": principal} | {key: _context_text(key, value) for key, value in context.items()},
        _statements=tuple(statement for statement in statements if statement is not None),
    )


def _statement(raw: Any) -> _Statement | None:
    """None for a statement about another action."""
    if not isinstance(raw, dict) or raw.keys() - _STATEMENT_KEYS or raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedAnswerError("a statement is not {Effect: Allow or Deny, Action, Resource}")
    actions, resources = _listed(raw.get("Action")), _listed(raw.get("Resource"))
    if not actions or not resources or not all(isinstance(value, str) for value in actions + resources):
        raise MalformedAnswerError("a statement's Action and Resource are not texts")
    if not any(_matches(action.lower(), _ACTION.lower()) for action in actions):
        return None
    return _Statement(allow=raw["Effect"] == "Allow", resources=tuple(resources))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _matches(pattern: str, value: str) -> bool:
    # Not fnmatch: in a policy, square brackets are ordinary characters.
    wild = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(wild, value, re.DOTALL) is not None


def _context_text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise MalformedAnswerError(f"context.{key} is not a text, a number or a boolean")
    return str(value)


class AnswerCache:
    """Answers by key, each until its time is over by `now`; the oldest goes when there are more than `limit`."""

    def __init__(self, now: Callable[[], datetime], limit: int = 1000) -> None:
        self._now = now
        self._limit = limit
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, ...], tuple[datetime, AuthorizerAnswer]] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> AuthorizerAnswer | None:
        """The answer that is kept under `key`, None when there is none or its time is over."""
        with self._lock:
            end, answer = self._answers.get(key, (None, None))
            if end is None or self._now() >= end:
                return None
            return answer

    def put(self, key: tuple[str, ...], answer: AuthorizerAnswer, seconds: int) -> None:
        """Keep `answer` for `seconds`."""
        with self._lock:
            self._answers.pop(key, None)
            self._answers[key] = (self._now() + timedelta(seconds=seconds), answer)
            while len(self._answers) > self._limit:
                self._answers.popitem(last=False)
