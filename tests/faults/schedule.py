"""Schedules: what happens to which request, drawn by a seed or written down by a test."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random

from tests.faults.faults import delayed, every_fault
from tests.faults.proxy import Call, Fault, Schedule

RATES = (0.05, 0.1, 0.3, 0.6)
"""Shares of requests that meet a fault, in one schedule or another."""
_SILENT = ("hanging", "stalled")
"""Faults that cost seconds each: drawn less often."""


class RandomSchedule:
    """Draws faults by a seed.

    What happens to the n-th attempt at a call depends on the seed, the call and n alone, so a seed repeats its schedule
    however threads take turns. Some seeds know every fault, others only a few; some spare the reads.
    """

    def __init__(self, seed: int, rate: float | None = None, seconds: float = 0.2) -> None:
        """`rate`: the share of requests that meet a fault, else drawn too. `seconds`: of what is slow or late."""
        draw = Random(f"schedule {seed}")
        self.seed = seed
        self.rate = rate if rate is not None else draw.choice(RATES)
        faults = every_fault(seconds)
        if rate is None and draw.random() < 0.5:
            faults = draw.sample(faults, draw.randint(2, 8))
        self.spares_reads = rate is None and draw.random() < 0.3
        self._faults = faults
        self._attempts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        names = f"{len(self._faults)} faults" if len(self._faults) > 8 else [fault.name for fault in self._faults]
        return f"seed {self.seed}: rate {self.rate}{', writes only' if self.spares_reads else ''}, {names}"

    def next_fault(self, call: Call) -> Fault | None:
        with self._lock:
            self._attempts[call.fingerprint] += 1
            attempt = self._attempts[call.fingerprint]
        draw = Random(f"{self.seed} {call.fingerprint} {attempt}")
        fitting = [fault for fault in self._faults if fault.suits(call)]
        if draw.random() >= self.rate or not fitting or (self.spares_reads and not call.is_write):
            return None
        weights = [0.3 if fault.name.startswith(_SILENT) else 1.0 for fault in fitting]
        return draw.choices(fitting, weights)[0]


class Jitter:
    """Requests take up to so many seconds to reach DynamoDB, so that they overtake each other; some meet a fault."""

    def __init__(self, seed: int, seconds: float, faults: Schedule) -> None:
        self._draw = Random(f"jitter {seed}")
        self._seconds = seconds
        self._faults = faults

    def __repr__(self) -> str:
        return f"up to {self._seconds} s on the way, {self._faults}"

    def next_fault(self, call: Call) -> Fault | None:
        return self._faults.next_fault(call) or delayed(self._draw.uniform(0, self._seconds))


class Script:
    """What a test writes down: the faults that calls of some kind meet, one after the other."""

    def __init__(self) -> None:
        self._lines: list[tuple[Callable[[Call], bool], list[Fault | None], Fault | None]] = []
        self._lock = threading.Lock()

    def on(
        self, wanted: Callable[[Call], bool] | str, first: Iterable[Fault | None] = (), then: Fault | None = None
    ) -> "Script":
        """Calls that are `wanted`, an operation's name or a test of the call, meet `first`, and from then on `then`.

        A call is looked up in the order of these lines, and the first that wants it decides.
        """
        by_name = (lambda call: call.operation == wanted) if isinstance(wanted, str) else wanted
        self._lines.append((by_name, list(first), then))
        return self

    def next_fault(self, call: Call) -> Fault | None:
        with self._lock:
            for wanted, first, then in self._lines:
                if wanted(call):
                    return first.pop(0) if first else then
        return None


def always(fault: Fault) -> Script:
    """Every request meets this fault."""
    return Script().on(lambda _: True, then=fault)


def writes_of(sort_key: str) -> Callable[[Call], bool]:
    """The writes that change an item with this sort key."""
    return lambda call: any(key[1] == sort_key for key in call.written_keys)


def is_read(call: Call) -> bool:
    """Whether the call writes nothing."""
    return not call.is_write
