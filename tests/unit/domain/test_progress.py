"""When a visit is older than the place that is stored. (mobile-users.md 5.4)"""

from lms.domain.progress import Progress, is_stale
from tests.unit.builders import COURSE_ID, at, cases


@cases(
    "saved, modified, expected",
    {
        "a visit from before is": ("2026-04-01T10:00:00", "2026-04-01T09:59:59.999999", True),
        "a visit of the same moment is not": ("2026-04-01T10:00:00", "2026-04-01T10:00:00", False),
        "the same moment in another time zone is not": ("2026-04-01T10:00:00", "2026-04-01T12:00:00+02:00", False),
        "a visit from after is not": ("2026-04-01T10:00:00", "2026-04-01T10:00:00.000001", False),
        "a visit without date is not": ("2026-04-01T10:00:00", None, False),
        "nothing is older than nothing": (None, "2026-04-01T10:00:00", False),
        "neither date": (None, None, False),
    },
)
def test_whether_a_visit_is_stale(saved: str | None, modified: str | None, expected: bool) -> None:
    progress = Progress(COURSE_ID, course_state_modified=at(saved) if saved else None)

    assert is_stale(progress, at(modified) if modified else None) is expected


def test_other_dates_of_the_learner_do_not_count() -> None:
    later = at("2026-04-02")
    progress = Progress(
        COURSE_ID, latest_state_modified=later, last_completed_at=later, latest_completion_created=later
    )

    assert not is_stale(progress, at("2026-04-01"))
