"""course_enrollments v3 and v4: pages, the primary course, filters, progress. (mobile-users.md 4.1 to 4.6)"""

from typing import Any

import pytest

from tests.api import Api
from tests.world import Tree, World, usage_key

pytestmark = pytest.mark.dynamodb_local

EMPTY_PAGE: dict[str, Any] = {
    "next": None,
    "previous": None,
    "count": 0,
    "num_pages": 1,
    "current_page": 1,
    "start": 0,
    "results": [],
}
ENDED = {"start": "2025-01-01T00:00:00Z", "end": "2025-06-01T00:00:00Z"}
OPEN_ENDED = {"start": "2026-01-01T00:00:00Z", "end": None}
LIST = "/api/mobile/v4/users/mona/course_enrollments/"


def key(number: int) -> str:
    return f"course-v1:DemoX+C{number:03}+R"


def enroll_in(world: World, count: int, **course: Any) -> None:
    """Mona in so many courses, the one with the highest number last."""
    world.user("mona")
    for number in range(count):
        world.course(key(number), **course)
        world.enroll("mona", key(number), created=f"2026-03-{number + 1:02}T00:00:00Z")
    world.load()


def ids(answer: Any) -> list[str]:
    return [one["course"]["id"] for one in answer["enrollments"]["results"]]


def graded(name: str, *problems: str, **attributes: str) -> tuple[Any, ...]:
    """A graded section with one unit of problems."""
    unit = ("vertical", f"{name}-unit", [("problem", problem) for problem in problems])
    return ("sequential", name, {"graded": "true", "format": "Homework"} | attributes, [unit])


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_fifteen_courses_make_two_pages_of_v3(world: World, api: Api) -> None:
    enroll_in(world, 15)

    page = api.get("/api/mobile/v3/users/mona/course_enrollments/").json["enrollments"]

    assert (page["count"], page["num_pages"], page["current_page"], page["start"]) == (15, 2, 1, 0)
    assert len(page["results"]) == 10
    assert page["next"] == "https://lms.example.org/api/mobile/v3/users/mona/course_enrollments/?page=2"
    assert page["previous"] is None


def test_the_second_page_of_v3_links_to_the_first_without_a_number(world: World, api: Api) -> None:
    enroll_in(world, 15)

    page = api.get("/api/mobile/v3/users/mona/course_enrollments?page=2&org=demox&a=b+c").json["enrollments"]

    assert (page["current_page"], page["start"], len(page["results"])) == (2, 10, 5)
    assert page["next"] is None
    assert page["previous"] == "https://lms.example.org/api/mobile/v3/users/mona/course_enrollments?a=b+c&org=demox"


def test_links_keep_the_requests_own_query_in_the_order_of_its_keys(world: World, api: Api) -> None:
    enroll_in(world, 9)

    page = api.get(f"{LIST}?status=all&page_size=3&page=2&z=1&z=2").json["enrollments"]

    assert page["next"] == f"https://lms.example.org{LIST}?page=3&page_size=3&status=all&z=1&z=2"
    assert page["previous"] == f"https://lms.example.org{LIST}?page_size=3&status=all&z=1&z=2"


@pytest.mark.parametrize(
    ("query", "number", "shown"),
    [
        ("page=&page_size=many", 1, 10),
        ("page_size=5&page=last", 3, 2),
    ],
)
def test_pages_are_cut_as_asked(world: World, api: Api, query: str, number: int, shown: int) -> None:
    enroll_in(world, 12)

    page = api.get(f"/api/mobile/v3/users/mona/course_enrollments/?{query}").json["enrollments"]

    assert (page["current_page"], len(page["results"])) == (number, shown)


@pytest.mark.parametrize(("version", "page"), [("v3", "3"), ("v4", "%00")])
def test_a_page_that_there_is_not_is_404(world: World, api: Api, version: str, page: str) -> None:
    enroll_in(world, 2)

    answer = api.get(f"/api/mobile/{version}/users/mona/course_enrollments/?page={page}&page_size=1")

    assert (answer.status, answer.json) == (404, {"detail": "Invalid page."})


def test_the_largest_pages_are_100_in_v3_and_50_in_v4(world: World, api: Api) -> None:
    world.user("mona")
    for number in range(120):
        world.course(key(number))
        world.enroll("mona", key(number))
    world.load()

    v3 = api.get("/api/mobile/v3/users/mona/course_enrollments/?page_size=500").json["enrollments"]
    v4 = api.get(f"{LIST}?page_size=500").json["enrollments"]

    assert (len(v3["results"]), v3["num_pages"]) == (100, 2)
    assert (len(v4["results"]), v4["num_pages"], v4["count"]) == (50, 3, 119)


# --- The primary course -----------------------------------------------------------------------------------------------


def test_without_enrollments_there_is_no_primary(world: World, api: Api) -> None:
    enroll_in(world, 0)

    answer = api.get(LIST).json

    assert answer == {"configs": {"iap_configs": {}}, "user_timezone": "UTC", "enrollments": EMPTY_PAGE}


def test_without_courses_on_mobile_there_is_no_primary(world: World, api: Api) -> None:
    enroll_in(world, 3, mobile_available=False)

    answer = api.get(LIST).json

    assert answer == {"configs": {"iap_configs": {}}, "user_timezone": "UTC", "enrollments": EMPTY_PAGE}


def test_a_single_course_is_primary_and_the_page_is_empty(world: World, api: Api) -> None:
    enroll_in(world, 1)

    answer = api.get(LIST).json

    assert answer["primary"]["course"]["id"] == key(0)
    assert answer["enrollments"] == EMPTY_PAGE


def test_of_two_courses_the_newest_is_primary(world: World, api: Api) -> None:
    enroll_in(world, 2)

    answer = api.get(LIST).json

    assert answer["primary"]["course"]["id"] == key(1)
    assert ids(answer) == [key(0)]


def test_the_primary_does_not_count(world: World, api: Api) -> None:
    enroll_in(world, 16)

    page = api.get(LIST).json["enrollments"]

    assert (page["count"], page["num_pages"], len(page["results"])) == (15, 3, 5)


def test_the_primary_is_repeated_on_every_page_and_listed_on_none(world: World, api: Api) -> None:
    enroll_in(world, 12)

    pages = [api.get(f"{LIST}?page={number}").json for number in (1, 2, 3)]

    assert [page["primary"] for page in pages] == [pages[0]["primary"]] * 3
    assert [course_id for page in pages for course_id in ids(page)] == [key(number) for number in range(10, -1, -1)]


def test_work_in_an_old_course_makes_it_primary_until_a_newer_enrollment(world: World, api: Api) -> None:
    enroll_in(world, 2)
    world.state("mona", ("problem", "p"), {"attempts": 1}, "2026-03-10T00:00:00Z", key(0))
    world.load()
    assert api.get(LIST).json["primary"]["course"]["id"] == key(0)

    world.course(key(2))
    world.enroll("mona", key(2), created="2026-03-11T00:00:00Z")
    world.load()
    assert api.get(LIST).json["primary"]["course"]["id"] == key(2)


def test_work_at_the_very_moment_of_the_newest_enrollment_counts(world: World, api: Api) -> None:
    enroll_in(world, 2)
    world.state("mona", ("problem", "p"), None, "2026-03-02T00:00:00Z", key(0))
    world.load()

    assert api.get(LIST).json["primary"]["course"]["id"] == key(0)


def test_work_in_a_course_that_is_not_on_mobile_is_ignored(world: World, api: Api) -> None:
    enroll_in(world, 2)
    world.course(key(3), mobile_available=False)
    world.enroll("mona", key(3), created="2026-02-01T00:00:00Z")
    world.state("mona", ("problem", "p"), {}, "2026-03-30T00:00:00Z", key(3))
    world.load()

    assert api.get(LIST).json["primary"]["course"]["id"] == key(1)


# --- Status and progress of the primary course ------------------------------------------------------------------------

TREE: Tree = [
    ("chapter", "ch", [("sequential", "s", [("vertical", "v", {"display_name": "Unit"}, [("problem", "p")])])])
]


def test_without_completion_there_is_no_course_status(world: World, api: Api) -> None:
    world.export(TREE, key(0))
    enroll_in(world, 1)

    assert api.get(LIST).json["primary"]["course_status"] is None


def test_a_completed_problem_gives_the_path_from_the_course_down(world: World, api: Api) -> None:
    world.export(TREE, key(0))
    enroll_in(world, 1)
    world.completion("mona", ("problem", "p"), "2026-03-20T00:00:00Z", key(0))
    world.load()

    assert api.get(LIST).json["primary"]["course_status"] == {
        "last_visited_module_id": usage_key(key(0), "sequential", "s"),
        "last_visited_module_path": [
            usage_key(key(0), "course", "course"),
            usage_key(key(0), "chapter", "ch"),
            usage_key(key(0), "sequential", "s"),
        ],
        "last_visited_block_id": usage_key(key(0), "problem", "p"),
        "last_visited_unit_display_name": "Unit",
    }


def test_a_completion_of_a_lost_block_gives_no_course_status(world: World, api: Api) -> None:
    world.export(TREE, key(0))
    enroll_in(world, 1)
    world.completion("mona", ("problem", "gone"), "2026-03-20T00:00:00Z", key(0))
    world.load()

    assert api.get(LIST).json["primary"]["course_status"] is None


def test_a_course_without_assignments_has_empty_lists_and_counts_none(world: World, api: Api) -> None:
    enroll_in(world, 1)

    primary = api.get(LIST).json["primary"]

    assert primary["course_assignments"] == {"future_assignments": [], "past_assignments": []}
    assert primary["course_progress"] == {"total_assignments_count": 0, "assignments_completed": 0}


def five_assignments(world: World) -> None:
    """Five graded sections of two problems; three are done, of the fourth one problem is."""
    sections = [graded(f"s{number}", f"a{number}", f"b{number}") for number in range(5)]
    world.export([("chapter", "ch", sections)], key(0))
    enroll_in(world, 1)
    for problem in ("a0", "b0", "a1", "b1", "a2", "b2", "a3"):
        world.completion("mona", ("problem", problem), "2026-03-20T00:00:00Z", key(0))
    world.completion("mona", ("problem", "b3"), "2026-03-20T00:00:00Z", key(0), completion=0.5)
    world.load()


def test_three_of_five_assignments_are_complete(world: World, api: Api) -> None:
    five_assignments(world)

    progress = api.get(LIST).json["primary"]["course_progress"]

    assert progress == {"total_assignments_count": 5, "assignments_completed": 3}


def test_others_have_progress_only_when_it_is_asked_for(world: World, api: Api) -> None:
    five_assignments(world)
    world.course(key(1))
    world.enroll("mona", key(1), created="2026-03-31T00:00:00Z")
    world.load()

    plain = api.get(LIST).json["enrollments"]["results"]
    asked = api.get(f"{LIST}?requested_fields=a,course_progress").json["enrollments"]["results"]
    untrimmed = api.get(f"{LIST}?requested_fields=a,%20course_progress").json["enrollments"]["results"]

    assert "course_progress" not in plain[0]
    assert asked[0]["course_progress"] == {"total_assignments_count": 5, "assignments_completed": 3}
    assert list(asked[0])[-1] == "course_progress"
    assert "course_progress" not in untrimmed[0]


@pytest.mark.parametrize("status", ["all", "in_progress"])
def test_a_filtered_list_has_progress_when_it_is_asked_for(world: World, api: Api, status: str) -> None:
    five_assignments(world)

    found = api.get(f"{LIST}?status={status}&requested_fields=course_progress").json["enrollments"]["results"]

    assert found[0]["course_progress"] == {"total_assignments_count": 5, "assignments_completed": 3}


def test_assignments_that_are_due_stand_by_date_and_the_next_ones_by_day(world: World, api: Api) -> None:
    sections = [
        graded("late", "p1", due="2026-03-31T10:00:00Z"),
        graded("early", "p2", due="2026-03-25T10:00:00Z"),
        graded("next", "p3", due="2026-04-03T10:00:00Z"),
        graded("same-day", "p4", due="2026-04-03T23:59:00Z"),
        graded("done", "p5", due="2026-04-02T10:00:00Z"),
        graded("next-day", "p6", due="2026-04-04T00:00:00Z"),
        graded("undated", "p7"),
        graded("not-begun", "p8", due="2026-04-03T12:00:00Z", start="2026-04-02T00:00:00Z"),
    ]
    world.export([("chapter", "ch", sections)], key(0))
    enroll_in(world, 1)
    world.completion("mona", ("problem", "p5"), "2026-03-20T00:00:00Z", key(0))
    world.load()

    primary = api.get(LIST).json["primary"]

    past, future = (primary["course_assignments"][name] for name in ("past_assignments", "future_assignments"))
    assert [one["title"] for one in past] == ["early", "late"]
    assert [one["title"] for one in future] == ["next", "not-begun", "same-day"]
    assert [bool(one["link"]) for one in future] == [True, False, True]
    assert primary["course_progress"] == {"total_assignments_count": 8, "assignments_completed": 1}


# --- Filters ----------------------------------------------------------------------------------------------------------


def mixed(world: World) -> None:
    """Open, open-ended, ended, ended with a certificate, not begun: enrolled in this order."""
    world.user("mona", 4711)
    courses: tuple[dict[str, Any], ...] = ({}, OPEN_ENDED, ENDED, ENDED, {"start": "2026-05-01T00:00:00Z"})
    for number, dates in enumerate(courses):
        world.course(key(number), **dates)
        world.enroll("mona", key(number), created=f"2026-03-{number + 1:02}T00:00:00Z")
    world.row("certificates.generatedcertificate", user=4711, course_id=key(3), status="notpassing", mode="audit")
    world.load()


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("in_progress", [key(1), key(0)]),
        ("completed", [key(3)]),
        ("expired", [key(2)]),
        ("all", [key(4), key(3), key(2), key(1), key(0)]),
    ],
)
def test_a_status_filters_and_leaves_the_primary_out(world: World, api: Api, status: str, found: list[str]) -> None:
    mixed(world)

    answer = api.get(f"{LIST}?status={status}").json

    assert ids(answer) == found
    assert answer["enrollments"]["count"] == len(found)
    assert "primary" not in answer


@pytest.mark.parametrize("status", ["ALL", ""])
def test_a_status_that_there_is_not_is_as_none(world: World, api: Api, status: str) -> None:
    mixed(world)

    answer = api.get(f"{LIST}?status={status}").json

    assert answer["primary"]["course"]["id"] == key(4)
    assert len(ids(answer)) == 4


def test_filters_and_progress_mean_nothing_to_v3(world: World, api: Api) -> None:
    mixed(world)

    answer = api.get("/api/mobile/v3/users/mona/course_enrollments/?status=completed&requested_fields=course_progress")

    assert len(ids(answer.json)) == 5
    assert "course_progress" not in answer.json["enrollments"]["results"][0]
    assert "primary" not in answer.json


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_a_user_who_is_not_in_the_table_is_404(world: World, api: Api) -> None:
    answers = [api.get(f"/api/mobile/{version}/users/mona/course_enrollments/") for version in ("v3", "v4")]

    assert [answer.json for answer in answers] == [{"detail": "No User matches the given query."}] * 2
