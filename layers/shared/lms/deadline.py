"""Until when this invocation may begin something, or wait for it: set by whoever begins, kept to by whoever waits.

A context variable, because it bounds every request to the table, and most functions between have no use for it.
"""

import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_FIRST_PAUSE = 0.025
_LONGEST_PAUSE = 1.0

_deadline: ContextVar[float] = ContextVar("deadline", default=inf)


def seconds_left() -> float:
    """Seconds until the deadline, 0 or less when it has passed; infinite where nobody set one."""
    return _deadline.get() - time.monotonic()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """A deadline for the block, no later than the one that stands."""
    token = _deadline.set(min(_deadline.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def attempts() -> Iterator[int]:
    """Counts attempts from 1, with growing and jittered pauses between, while there is time for another one."""
    longest = _FIRST_PAUSE
    for number in itertools.count(1):
        if seconds_left() <= 0:
            return
        yield number
        pause = random.uniform(longest / 2, longest)  # noqa: S311 - spreads attempts, protects nothing
        if pause >= seconds_left():
            return
        time.sleep(pause)
        longest = min(longest * 2, _LONGEST_PAUSE)
