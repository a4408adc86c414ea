"""Which dates a learner's blocks have: the export's, or those that edx-when keeps. (mobile-users.md 7.12)"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms.domain.course_dates import ContentDate, CourseDates, LearnerDates, learner_dates
from lms.domain.enrollments import Schedule, UserDate
from lms.domain.outline import Block, Outline, Viewer
from lms.domain.site import Site, WaffleFlag
from lms.domain.users import User
from tests.unit.builders import KEY, MONA, NOW, at, cases, course, enrollment, in_groups

WEEK = timedelta(weeks=1)
END = at("2026-07-01")
BEGUN = Schedule(at("2026-03-02"), at("2026-03-02"))
COURSE_END = ContentDate(1, "course", "course", "end", END)
ESSAY = ("sequential", "essay", "due")
OWN = at("2026-03-20")


def relative(weeks: int, pk: int = 2) -> ContentDate:
    return ContentDate(pk, *ESSAY, rel_date=weeks * WEEK)


def absolute(text: str, pk: int = 2) -> ContentDate:
    return ContentDate(pk, *ESSAY, abs_date=at(text))


def known(
    *content_dates: ContentDate,
    schedule: Schedule | None = BEGUN,
    user_dates: Sequence[UserDate] = (),
    relative_dates: bool = True,
) -> dict[Any, datetime | None]:
    """What the learner's dates are, the course's own end apart."""
    dates = dict(CourseDates(content_dates).known_to(schedule, user_dates, relative_dates))
    dates.pop(COURSE_END.key, None)
    return dates


# --- Dates that count from a schedule ---------------------------------------------------------------------------------


@cases(
    "schedule, expected",
    {
        "weeks after it begins": (BEGUN, at("2026-03-23")),
        "at most the course's end": (Schedule(at("2026-06-20"), at("2026-03-02")), END),
        "none for who began when the time was too short": (Schedule(at("2026-03-02"), at("2026-06-10T00:00:01")), None),
        "begun with just enough time": (Schedule(at("2026-06-10"), at("2026-06-10")), END),
        "none for who begins after the end": (Schedule(at("2026-07-01T00:00:01"), at("2026-03-02")), None),
        "begins at the very end": (Schedule(END, at("2026-03-02")), END),
    },
)
def test_a_relative_date(schedule: Schedule, expected: datetime | None) -> None:
    assert known(COURSE_END, relative(3), schedule=schedule) == {ESSAY: expected}


def test_the_longest_due_date_decides_when_it_is_too_late_to_begin() -> None:
    long = ContentDate(3, "sequential", "exam", "due", rel_date=8 * WEEK)
    late = Schedule(at("2026-05-20"), at("2026-05-20"))

    assert known(COURSE_END, relative(3), schedule=late) == {ESSAY: at("2026-06-10")}
    assert known(COURSE_END, relative(3), long, schedule=late) == {ESSAY: None, long.key: None}


def test_without_an_end_a_relative_date_is_not_limited() -> None:
    assert known(relative(500)) == {ESSAY: BEGUN.start + 500 * WEEK}


def test_without_a_schedule_there_is_no_relative_date() -> None:
    assert known(COURSE_END, relative(3), schedule=None) == {}


def test_relative_dates_that_are_switched_off_do_not_exist() -> None:
    assert known(COURSE_END, relative(3), user_dates=[UserDate(2, OWN)], relative_dates=False) == {}


def test_of_two_dates_of_one_field_the_later_row_counts() -> None:
    assert known(absolute("2026-04-01", 2), absolute("2026-04-02", 3)) == {ESSAY: at("2026-04-02")}


def test_a_date_beyond_the_calendar_is_its_end() -> None:
    assert known(relative(500_000)) == {ESSAY: datetime.max.replace(tzinfo=END.tzinfo)}


# --- Extensions -------------------------------------------------------------------------------------------------------


@cases(
    "content_date, schedule, user_dates, expected",
    {
        "a date of the learner's own": (absolute("2026-03-10"), BEGUN, [UserDate(2, OWN)], OWN),
        "the latest": (absolute("2026-03-10"), BEGUN, [UserDate(2, END), UserDate(2, OWN)], OWN),
        "some days more": (absolute("2026-03-10"), BEGUN, [UserDate(2, rel_date=WEEK)], at("2026-03-17")),
        "days more count for who has a schedule": (
            absolute("2026-03-10"),
            None,
            [UserDate(2, rel_date=WEEK)],
            at("2026-03-10"),
        ),
        "back to the course's date": (absolute("2026-03-10"), BEGUN, [UserDate(2, OWN), UserDate(2)], at("2026-03-10")),
        "instead of a relative date": (relative(3), BEGUN, [UserDate(2, OWN)], OWN),
        "instead of one that needs a schedule": (relative(3), None, [UserDate(2, OWN)], OWN),
        "days more than a relative date": (relative(3), BEGUN, [UserDate(2, rel_date=WEEK)], at("2026-03-30")),
        "beyond the course's end": (relative(30), BEGUN, [UserDate(2)], BEGUN.start + 30 * WEEK),
        "one that cannot be counted leaves the one before it": (
            relative(3),
            None,
            [UserDate(2, OWN), UserDate(2, rel_date=WEEK)],
            OWN,
        ),
        "of a date that the course no longer has": (
            absolute("2026-03-10"),
            BEGUN,
            [UserDate(9, OWN)],
            at("2026-03-10"),
        ),
    },
)
def test_an_extension(
    content_date: ContentDate, schedule: Schedule | None, user_dates: list[UserDate], expected: datetime
) -> None:
    assert known(COURSE_END, content_date, schedule=schedule, user_dates=user_dates) == {ESSAY: expected}


def test_an_extension_of_a_learner_is_seen_by_nobody_else() -> None:
    dates = CourseDates([absolute("2026-03-10")])

    assert dates.known_to(BEGUN, [UserDate(2, OWN)], False) == {ESSAY: OWN}
    assert dates.known_to(BEGUN, [], False) == {ESSAY: at("2026-03-10")}


def test_a_learner_without_extensions_shares_the_courses_dates() -> None:
    dates = CourseDates([absolute("2026-03-10")])

    assert dates.known_to(BEGUN, (), True) is dates.known_to(None, (), False)


# --- The flag ---------------------------------------------------------------------------------------------------------

STAFF = User(1, "sam", staff=True)
ROOT = User(2, "rita", superuser=True)


@cases(
    "of_course, of_org, flag, user, expected",
    {
        "off by default": (None, {}, WaffleFlag(), MONA, False),
        "on for everybody": (None, {}, WaffleFlag(everyone=True), MONA, True),
        "on for who is logged in": (None, {}, WaffleFlag(authenticated=True), MONA, True),
        "on for staff": (None, {}, WaffleFlag(staff=True), STAFF, True),
        "on for staff alone": (None, {}, WaffleFlag(staff=True), MONA, False),
        "on for superusers": (None, {}, WaffleFlag(superusers=True), ROOT, True),
        "on for superusers alone": (None, {}, WaffleFlag(superusers=True), STAFF, False),
        "off for everybody": (None, {}, WaffleFlag(everyone=False, authenticated=True), MONA, False),
        "on in the organization": (None, {"DemoX": True}, WaffleFlag(everyone=False), MONA, True),
        "off in the organization": (None, {"DemoX": False}, WaffleFlag(everyone=True), MONA, False),
        "on in another organization": (None, {"OtherX": True}, WaffleFlag(), MONA, False),
        "on in the course": (True, {"DemoX": False}, WaffleFlag(), MONA, True),
        "off in the course": (False, {"DemoX": True}, WaffleFlag(everyone=True), MONA, False),
    },
)
def test_whether_relative_dates_count(
    of_course: bool | None, of_org: dict[str, bool], flag: WaffleFlag, user: User, expected: bool
) -> None:
    dates = CourseDates([relative(3)], of_course)
    site = Site(relative_dates=flag, org_relative_dates=of_org)

    found = learner_dates(course(self_paced=True), dates, enrollment(schedule=BEGUN), user, site)

    assert found == LearnerDates(True, {ESSAY: at("2026-03-23")} if expected else {})


def test_who_is_not_enrolled_has_the_courses_dates() -> None:
    dates = CourseDates([COURSE_END, relative(3), absolute("2026-03-10", 3)], True)

    found = learner_dates(course(), dates, None, MONA, Site())

    assert found == LearnerDates(False, {COURSE_END.key: END, ESSAY: at("2026-03-10")})


# --- Blocks -----------------------------------------------------------------------------------------------------------

EXPORTED = at("2026-03-05")
TREE = Outline(
    KEY,
    [
        Block("course", "course", None, start=EXPORTED, due=EXPORTED),
        Block("chapter", "ch", 0, start=EXPORTED, due=EXPORTED),
        Block("sequential", "essay", 1, start=EXPORTED, due=EXPORTED),
        Block("vertical", "unit", 2, start=EXPORTED, due=EXPORTED),
    ],
)


def viewer(dates: LearnerDates, now: datetime = NOW) -> Viewer:
    return Viewer(staff=False, beta_tester=False, groups=in_groups({}), now=now, dates=dates)


@cases(
    "self_paced, starts, dues",
    {
        "those of the export": (False, [EXPORTED] * 4, [EXPORTED] * 4),
        "in a self-paced course only the course's start": (True, [EXPORTED, None, None, None], [None] * 4),
    },
)
def test_the_dates_of_blocks_without_edx_when(
    self_paced: bool, starts: list[datetime | None], dues: list[datetime | None]
) -> None:
    someone = viewer(LearnerDates(self_paced))

    assert [someone.start(block) for block in TREE.blocks] == starts
    assert [someone.due(block) for block in TREE.blocks] == dues


def test_a_date_of_edx_when_is_the_blocks_alone_in_a_list_of_assignments() -> None:
    someone = viewer(LearnerDates(True, {("chapter", "ch", "due"): OWN, ("vertical", "unit", "due"): None}))

    assert [someone.due(block) for block in TREE.blocks] == [None, OWN, None, None]


LATER = at("2026-05-01")


@cases(
    "self_paced, starts, visible",
    {
        "begun": (False, {}, [True] * 4),
        "a block that begins later": (False, {"essay": LATER}, [True, True, False, False]),
        "a section that begins later keeps what has no date of its own": (
            False,
            {"ch": LATER, "unit": EXPORTED},
            [True, False, False, True],
        ),
        "no start at all": (False, {"ch": None}, [True] * 4),
        "a self-paced course that begins later": (True, {"course": LATER}, [False] * 4),
    },
)
def test_courseware_asks_the_nearest_ancestor_too(
    self_paced: bool, starts: dict[str, datetime | None], visible: list[bool]
) -> None:
    types = {block.name: block.type for block in TREE.blocks}
    someone = viewer(LearnerDates(self_paced, {(types[name], name, "start"): date for name, date in starts.items()}))

    assert [TREE.is_visible(index, someone) for index in range(4)] == visible


@cases("self_paced, visible", {"instructor-paced": (False, False), "self-paced": (True, True)})
def test_a_block_of_a_self_paced_course_is_open_whatever_its_start(self_paced: bool, visible: bool) -> None:
    tree = Outline(KEY, [Block("course", "course", None, start=EXPORTED), Block("chapter", "ch", 0, start=LATER)])

    assert tree.is_visible(1, viewer(LearnerDates(self_paced))) is visible


# --- Against a second implementation ----------------------------------------------------------------------------------

moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
durations = st.integers(-5, 60).map(lambda days: timedelta(days=days))
places = st.sampled_from([("course", "course"), ("chapter", "ch"), ("sequential", "essay"), ("vertical", "unit")])
fields = st.sampled_from(["start", "due", "end"])
policies = st.tuples(moments, st.none()) | st.tuples(st.none(), durations) | st.just((None, None))
schedules = st.none() | st.builds(Schedule, moments, moments)
user_dates = st.lists(st.builds(lambda pk, dates: UserDate(pk, *dates), st.integers(1, 8), policies), max_size=6)


@st.composite
def course_dates(draw: st.DrawFn) -> list[ContentDate]:
    drawn = draw(st.lists(st.tuples(places, fields, policies), max_size=8))
    return [ContentDate(pk, *place, field, *dates) for pk, (place, field, dates) in enumerate(drawn, 1)]


UNKNOWN = "edx-when says nothing"


def by_the_book(
    block_type: str,
    name: str,
    field: str,
    content_dates: list[ContentDate],
    schedule: Schedule | None,
    extensions: list[UserDate],
    relative_dates: bool,
) -> Any:
    """mobile-users.md 7.12, read for one field of one block."""
    in_force = [date for date in content_dates if relative_dates or date.rel_date is None]
    of_field = [date for date in in_force if (date.block_type, date.block_id, date.field) == (block_type, name, field)]
    numbers = {date.id: date for date in of_field}
    for extension in reversed([extension for extension in extensions if extension.content_date in numbers]):
        content_date = numbers[extension.content_date]
        if extension.abs_date:
            return extension.abs_date
        if content_date.rel_date is None:
            base = content_date.abs_date
        elif schedule:
            base = schedule.start + content_date.rel_date
        else:
            continue
        return base + extension.rel_date if base and schedule and extension.rel_date else base
    for content_date in reversed(of_field):
        if content_date.rel_date is None:
            return content_date.abs_date
        if schedule:
            end = next(
                (date.abs_date for date in in_force if date.block_type == "course" and date.field == "end"), None
            )
            dues = [date.rel_date for date in in_force if date.field == "due" and date.rel_date]
            if end and (schedule.start > end or schedule.created > end - max(dues, default=timedelta(0))):
                return None
            return min(date for date in (schedule.start + content_date.rel_date, end) if date)
    return UNKNOWN


@given(course_dates(), schedules, user_dates, st.booleans())
def test_the_dates_of_a_learner_are_those_of_the_rule(
    content_dates: list[ContentDate], schedule: Schedule | None, extensions: list[UserDate], relative_dates: bool
) -> None:
    found = CourseDates(content_dates).known_to(schedule, extensions, relative_dates)

    keys = {date.key for date in content_dates}
    assert set(found) <= keys
    assert {key: found.get(key, UNKNOWN) for key in keys} == {
        key: by_the_book(*key, content_dates, schedule, extensions, relative_dates) for key in keys
    }


@given(
    st.dictionaries(st.tuples(places, st.sampled_from(["start", "due"])), st.none() | moments),
    st.booleans(),
    st.lists(st.none() | moments, min_size=8, max_size=8),
)
def test_the_dates_of_blocks_are_those_of_the_rule(
    drawn: dict[Any, datetime | None], self_paced: bool, exported: list[datetime | None]
) -> None:
    blocks = [
        Block(block.type, block.name, block.parent, start=exported[index], due=exported[index + 4])
        for index, block in enumerate(TREE.blocks)
    ]
    dates = {(*place, field): date for (place, field), date in drawn.items()}
    someone = viewer(LearnerDates(self_paced, dates))

    for index, block in enumerate(blocks):
        due = None if self_paced else block.due
        start = None if self_paced and index else block.start
        above = [dates[key] for at in range(index + 1) if (key := (blocks[at].type, blocks[at].name, "start")) in dates]
        assert someone.due(block) == dates.get((block.type, block.name, "due"), due)
        assert someone.start(block) == dates.get((block.type, block.name, "start"), start)
        opens = above[-1] if above else start
        assert Outline(KEY, blocks).is_visible(index, someone) is (opens is None or opens < NOW)
