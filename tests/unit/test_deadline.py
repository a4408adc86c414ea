"""How long an invocation may go on, and the attempts that fit into that time. (lms.deadline)"""

import contextvars
import itertools
import threading
from math import inf

import pytest

from lms import deadline
from tests.unit.builders import StoppedTime, cases


def test_without_a_deadline_there_is_time_for_ever() -> None:
    assert deadline.seconds_left() == inf


def test_a_deadline_comes_nearer_passes_and_ends_with_its_block(clock: StoppedTime) -> None:
    with deadline.within(10):
        clock.now += 4
        assert deadline.seconds_left() == 6
        clock.now += 8
        assert deadline.seconds_left() == -2
    assert deadline.seconds_left() == inf


def test_a_block_that_fails_leaves_no_deadline_behind() -> None:
    with pytest.raises(KeyError), deadline.within(10):
        raise KeyError
    assert deadline.seconds_left() == inf


@cases("inner, left", {"an earlier one counts": (3, 3), "a later one does not": (30, 10)})
def test_a_deadline_within_another(clock: StoppedTime, inner: float, left: float) -> None:
    with deadline.within(10):
        with deadline.within(inner):
            assert deadline.seconds_left() == left
        assert deadline.seconds_left() == 10


def test_a_thread_has_none_unless_it_is_given_the_context() -> None:
    seen: list[float] = []
    with deadline.within(10):
        context = contextvars.copy_context()
        for work in (
            lambda: seen.append(deadline.seconds_left()),
            lambda: context.run(lambda: seen.append(deadline.seconds_left())),
        ):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

    assert seen[0] == inf
    assert 0 < seen[1] <= 10


# --- Attempts ---------------------------------------------------------------------------------------------------------


def test_attempts_are_counted_from_1(clock: StoppedTime) -> None:
    assert list(itertools.islice(deadline.attempts(), 4)) == [1, 2, 3, 4]


def test_the_first_attempt_waits_for_nothing(clock: StoppedTime) -> None:
    next(iter(deadline.attempts()))

    assert clock.pauses == []


def test_pauses_double_from_25_milliseconds_to_a_second_and_vary_by_half(clock: StoppedTime) -> None:
    longest = [0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]
    for _ in itertools.islice(deadline.attempts(), len(longest) + 1):
        pass

    assert len(clock.pauses) == len(longest)
    assert all(most / 2 <= pause <= most for pause, most in zip(clock.pauses, longest, strict=True))
    assert len({round(pause / most, 6) for pause, most in zip(clock.pauses, longest, strict=True)}) > 1


@cases("seconds", {"a deadline that passes now": 0, "one that has passed": -1})
def test_nothing_is_begun_without_time(clock: StoppedTime, seconds: float) -> None:
    with deadline.within(seconds):
        assert list(deadline.attempts()) == []


def test_no_attempt_begins_after_the_deadline_and_no_pause_leads_to_it(clock: StoppedTime) -> None:
    began = []
    with deadline.within(10):
        for _ in deadline.attempts():
            began.append(clock.now)
            clock.now += 0.3

    assert max(began) < 510
    assert clock.now < 510.3
    assert sum(clock.pauses) < 10


def test_an_attempt_that_used_up_the_time_is_the_last(clock: StoppedTime) -> None:
    made = 0
    with deadline.within(10):
        for made in deadline.attempts():  # noqa: B007 - counted
            clock.now += 20

    assert (made, clock.pauses) == (1, [])
