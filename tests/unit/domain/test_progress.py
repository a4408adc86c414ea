"""When a visit is older than the place that is stored, and where it moves the learner. (mobile-users.md 5.4)"""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from lms.domain.progress import Progress, is_stale, moved
from tests.unit.builders import COURSE_ID, NOW, at, cases
from tests.unit.strategies import utc_moments

LATER = at("2026-04-02")


@cases(
    "saved, modified, expected",
    {
        "a visit from before is": ("2026-04-01T10:00:00", "2026-04-01T09:59:59.999999", True),
        "a visit of the same moment is not": ("2026-04-01T10:00:00", "2026-04-01T10:00:00", False),
        "the same moment in another time zone is not": ("2026-04-01T10:00:00", "2026-04-01T12:00:00+02:00", False),
        "a visit from after is not": ("2026-04-01T10:00:00", "2026-04-01T10:00:00.000001", False),
        "a visit without date is not": ("2026-04-01T10:00:00", None, False),
        "a visit without date is not, whatever the LMS saved": ("2026-04-01T13:00:00", None, False),
        "a visit of the future is not": ("2026-04-01T10:00:00", "2027-01-01T00:00:00", False),
        "nothing is older than nothing": (None, "2026-04-01T10:00:00", False),
        "neither date": (None, None, False),
    },
)
def test_whether_a_visit_is_stale_by_its_date(saved: str | None, modified: str | None, expected: bool) -> None:
    progress = Progress(COURSE_ID, course_state_modified=at(saved) if saved else None)

    assert is_stale(progress, at(modified) if modified else None, NOW) is expected


@cases(
    "arrived, expected",
    {
        "before the one that is saved": ("2026-04-01T11:59:59.999", True),
        "with it": ("2026-04-01T12:00:00", False),
        "after it": ("2026-04-01T12:00:00.001", False),
    },
)
@cases(
    "modified",
    {"without a date": None, "with the date of then": "2026-04-01T12:00:00", "with one ahead": "2027-01-01T00:00:00"},
)
def test_a_visit_that_arrived(arrived: str, expected: bool, modified: str | None) -> None:
    progress = Progress(COURSE_ID, course_state_modified=at("2026-04-01"), changed=NOW)

    assert is_stale(progress, at(modified) if modified else None, at(arrived)) is expected


def test_other_dates_of_the_learner_do_not_count() -> None:
    progress = Progress(
        COURSE_ID, latest_state_modified=LATER, last_completed_at=LATER, latest_completion_created=LATER
    )

    assert not is_stale(progress, at("2026-04-01"), NOW)


# --- Where it moves the learner ---------------------------------------------------------------------------------------


def test_a_visit_changes_its_positions_and_dates_and_nothing_else() -> None:
    before = Progress(
        COURSE_ID, {"course@course": 1, "chapter@ch1": 2}, last_completed_block="block", last_completed_at=LATER
    )

    assert moved(before, {"course@course": 2, "chapter@ch2": 1}, True, NOW) == Progress(
        COURSE_ID,
        {"course@course": 2, "chapter@ch1": 2, "chapter@ch2": 1},
        course_state_modified=NOW,
        latest_state_modified=NOW,
        last_completed_block="block",
        last_completed_at=LATER,
        changed=NOW,
    )


@cases("saved", {"none": None, "an earlier one": at("2026-03-01"), "a later one": LATER})
def test_only_a_visit_that_moves_the_course_block_moves_its_date(saved: datetime | None) -> None:
    before = Progress(COURSE_ID, course_state_modified=saved)

    assert moved(before, {"chapter@ch1": 2}, False, NOW).course_state_modified == saved
    assert moved(before, {"course@course": 2}, True, NOW).course_state_modified == max(NOW, saved or NOW)


dates = st.none() | utc_moments


@given(
    st.builds(
        Progress,
        st.just(COURSE_ID),
        course_state_modified=dates,
        latest_state_modified=dates,
        changed=dates,
    ),
    st.lists(st.tuples(utc_moments, dates, st.booleans()), max_size=6),
)
def test_whatever_order_visits_are_decided_in_no_date_goes_back(
    progress: Progress, visits: list[tuple[datetime, datetime | None, bool]]
) -> None:
    for now, modified, moves_course_block in visits:
        if is_stale(progress, modified, now):
            continue
        after = moved(progress, {"chapter@ch1": 1}, moves_course_block, now)
        for name in ("course_state_modified", "latest_state_modified", "changed"):
            earlier, later = getattr(progress, name), getattr(after, name)
            assert earlier is None or later >= earlier
        progress = after
