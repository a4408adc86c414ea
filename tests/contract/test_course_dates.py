"""The dates of blocks: of self-paced courses, and those that edx-when keeps. (mobile-users.md 7.12)"""

from typing import Any

import pytest

from tests.api import Api
from tests.contract.wire import status_path
from tests.world import COURSE_A, Tree, World, usage_key

HOME = "/api/mobile/v4/users/mona/course_enrollments/"
FLAG = "course_experience.relative_dates"
# Now is 1 April 2026, 12:00.
PAST, FUTURE = "2026-03-20T00:00:00Z", "2026-04-20T00:00:00Z"
NOTHING_DUE: dict[str, Any] = {"past_assignments": [], "future_assignments": []}


def graded(name: str, **dates: str) -> tuple[Any, ...]:
    attributes = {"graded": "true", "format": "Homework", "display_name": name} | dates
    return ("sequential", name, attributes, [("vertical", f"{name}-unit", [("problem", f"{name}-problem")])])


TREE: Tree = [
    ("chapter", "ch1", [graded("old", due=PAST), graded("new", due=FUTURE)]),
    ("chapter", "ch2", {"start": "2026-05-01T00:00:00Z"}, [graded("ahead", due="2026-06-01T00:00:00Z")]),
]


def content_date(world: World, name: str, field: str = "due", **policy: str) -> int | str:
    """A date of a section, or of the course block; its pk."""
    pk = world.row("edx_when.datepolicy", **{"abs_date": None, "rel_date": None, **policy})
    place = usage_key(COURSE_A, "course" if name == "course" else "sequential", name)
    return world.row("edx_when.contentdate", course_id=COURSE_A, policy=pk, location=place, field=field, active=True)


def extend(world: World, user: int, pk: int | str, **date: str) -> None:
    """An extension of a learner."""
    dates = {"abs_date": None, "rel_date": None, **date}
    world.row("edx_when.userdate", user=user, content_date=pk, modified="2026-03-25T00:00:00Z", **dates)


def enroll_in(world: World, start: str = "2026-03-18T00:00:00Z", **course: Any) -> int:
    """Mona in course A, with a schedule; her id."""
    user = world.user("mona")
    world.course(**course)
    world.export(TREE)
    enrolled = world.enroll()
    world.row("schedules.schedule", enrollment=enrolled, start_date=start, created=start, upgrade_deadline=None)
    return user


def dues(api: Api, caller: str = "mona") -> dict[str, list[tuple[str, str]]]:
    """Title and date of the assignments of the primary course, past and future."""
    primary = api.get(HOME.replace("mona", caller), caller=caller).json["primary"]
    return {
        name: [(assignment["title"], assignment["date"]) for assignment in assignments]
        for name, assignments in primary["course_assignments"].items()
    }


def test_what_is_due_in_an_export_is_due_in_an_instructor_paced_course(world: World, api: Api) -> None:
    enroll_in(world)
    world.load()

    assert dues(api) == {"past_assignments": [("old", PAST)], "future_assignments": [("new", FUTURE)]}


def test_nothing_is_due_in_a_self_paced_course(world: World, api: Api) -> None:
    enroll_in(world, self_paced=True)
    world.load()

    primary = api.get(HOME).json["primary"]

    assert primary["course_assignments"] == NOTHING_DUE
    assert primary["course_progress"] == {"total_assignments_count": 3, "assignments_completed": 0}


@pytest.mark.parametrize(("self_paced", "place"), [(False, "old"), (True, "ahead")])
def test_a_chapter_of_a_self_paced_course_is_open_before_its_start(
    world: World, api: Api, self_paced: bool, place: str
) -> None:
    enroll_in(world, self_paced=self_paced)
    world.load()
    visit = {"last_visited_module_id": usage_key(COURSE_A, "vertical", "ahead-unit")}

    patched = api.send_json("PATCH", status_path(), visit)
    read = api.get(status_path())

    for answer in (patched, read):
        assert (answer.status, answer.json["last_visited_module_id"]) == (200, usage_key(COURSE_A, "sequential", place))


@pytest.mark.parametrize(("self_paced", "released"), [(False, False), (True, True)])
def test_an_assignment_of_a_self_paced_course_is_released_before_its_start(
    world: World, api: Api, self_paced: bool, released: bool
) -> None:
    user = enroll_in(world, self_paced=self_paced)
    world.completion("mona", ("problem", "ahead-problem"), PAST)
    extend(world, user, content_date(world, "ahead", abs_date=FUTURE), abs_date=PAST)
    world.load()

    primary = api.get(HOME).json["primary"]

    [ahead] = [found for found in primary["course_assignments"]["past_assignments"] if found["title"] == "ahead"]
    link = f"https://lms.example.org/courses/{COURSE_A}/jump_to/{usage_key(COURSE_A, 'sequential', 'ahead')}"
    assert (ahead["link"], ahead["complete"]) == ((link, True) if released else ("", False))


@pytest.mark.parametrize(
    ("flags", "relative"),
    [
        ({}, False),
        ({"waffle.flag": {"name": FLAG, "everyone": True}}, True),
        ({"waffle.flag": {"name": "course_experience.other", "everyone": True}}, False),
        ({"waffle_utils.waffleflagorgoverridemodel": {"waffle_flag": FLAG, "org": "DemoX", "enabled": True}}, True),
        (
            {
                "waffle.flag": {"name": FLAG, "everyone": True},
                "waffle_utils.waffleflagcourseoverridemodel": {
                    "waffle_flag": FLAG,
                    "course_id": COURSE_A,
                    "override_choice": "off",
                    "enabled": True,
                },
            },
            False,
        ),
    ],
    ids=["by default", "for everyone", "another flag", "for the organization", "not for the course"],
)
def test_a_self_paced_course_has_dates_that_count_from_the_learners_schedule_where_the_flag_is_on(
    world: World, api: Api, flags: dict[str, dict[str, Any]], relative: bool
) -> None:
    enroll_in(world, self_paced=True, end="2026-04-10T00:00:00Z")
    content_date(world, "course", "end", abs_date="2026-04-10T00:00:00Z")
    content_date(world, "old", rel_date="7 00:00:00")
    content_date(world, "new", rel_date="21 00:00:00")
    for model, fields in flags.items():
        world.row(model, **fields)
    world.load()

    expected = {
        "past_assignments": [("old", "2026-03-25T00:00:00Z")],
        "future_assignments": [("new", "2026-04-08T00:00:00Z")],
    }
    assert dues(api) == (expected if relative else NOTHING_DUE)


def test_who_began_too_late_to_finish_has_no_relative_dates(world: World, api: Api) -> None:
    enroll_in(world, start="2026-03-25T00:00:00Z", self_paced=True)
    content_date(world, "course", "end", abs_date="2026-04-10T00:00:00Z")
    content_date(world, "new", rel_date="21 00:00:00")
    world.row("waffle.flag", name=FLAG, everyone=True)
    world.load()

    assert dues(api) == NOTHING_DUE


def test_an_extension_is_the_learners_alone(world: World, api: Api) -> None:
    user = enroll_in(world)
    world.user("nora")
    world.enroll("nora")
    extend(world, user, content_date(world, "old", abs_date=PAST), abs_date="2026-04-02T00:00:00Z")
    world.load()

    assert dues(api)["future_assignments"] == [("old", "2026-04-02T00:00:00Z")]
    assert dues(api, caller="nora") == {"past_assignments": [("old", PAST)], "future_assignments": [("new", FUTURE)]}


def test_a_start_that_edx_when_has_counts_in_place_of_the_exports(world: World, api: Api) -> None:
    enroll_in(world)
    content_date(world, "old", "start", abs_date=FUTURE)
    world.load()

    answer = api.get(status_path())

    assert answer.json["last_visited_module_id"] == usage_key(COURSE_A, "sequential", "new")
