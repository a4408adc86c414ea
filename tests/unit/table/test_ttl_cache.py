"""What a warm function keeps for a short while: bounded in number and in time. (lms.table.ttl_cache)"""

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.table import ttl_cache as cache
from lms.table.ttl_cache import TtlCache


class Clock:
    """Stands in for the `time` module of the cache."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.delenv("CACHE_SECONDS", raising=False)
    monkeypatch.setattr(cache, "time", stopped)
    return stopped


def test_what_was_put_is_found(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)

    assert memory.get("a") == 1
    assert memory.get("b") is None


def test_the_last_value_under_a_key_counts(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    memory.put("a", 2)

    assert memory.get("a") == 2


@pytest.mark.parametrize(
    ("variable", "kept", "forgotten"), [(None, 60.0, 60.001), ("5", 5.0, 5.001), ("0.5", 0.5, 0.501)]
)
def test_a_value_is_forgotten_when_its_time_is_over(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, variable: str | None, kept: float, forgotten: float
) -> None:
    if variable is not None:
        monkeypatch.setenv("CACHE_SECONDS", variable)
    memory = TtlCache(2)
    memory.put("a", 1)

    clock.now = 1000.0 + kept
    assert memory.get("a") == 1
    clock.now = 1000.0 + forgotten
    assert memory.get("a") is None


def test_reading_a_value_does_not_keep_it_longer(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    clock.now += 59
    memory.get("a")
    clock.now += 2

    assert memory.get("a") is None


def test_putting_a_value_again_keeps_it_longer(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    clock.now += 59
    memory.put("a", 1)
    clock.now += 59

    assert memory.get("a") == 1


def test_the_least_recently_used_goes_first(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)

    assert [memory.get(key) for key in "abc"] == [1, None, 3]


def test_putting_counts_as_using(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.put("a", 1)
    memory.put("c", 3)

    assert [memory.get(key) for key in "abc"] == [1, None, 3]


def test_clearing_forgets_everything(clock: Clock) -> None:
    memory = TtlCache(2)
    memory.put("a", 1)
    memory.clear()

    assert memory.get("a") is None


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=40))
def test_it_keeps_the_most_recently_used_and_no_more(entries: int, steps: list[tuple[bool, int]]) -> None:
    memory = TtlCache(entries)
    used: list[int] = []
    for puts, key in steps:
        if puts:
            memory.put(key, key)
        elif memory.get(key) is None:
            continue
        used = [*(one for one in used if one != key), key][-entries:]

    assert [key for key in range(7) if memory.get(key) is not None] == sorted(used)


def test_eight_threads_may_use_it_at_once() -> None:
    memory = TtlCache(10)

    def use(seed: int) -> None:
        chance = Random(seed)
        for _ in range(2000):
            key = chance.randrange(30)
            memory.put(key, key)
            other = chance.randrange(30)
            assert memory.get(other) in (None, other)
            if chance.random() < 0.01:
                memory.clear()

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(use, seed) for seed in range(8)]:
            done.result()

    assert sum(memory.get(key) is not None for key in range(30)) <= 10
