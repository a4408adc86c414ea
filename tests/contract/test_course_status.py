"""GET and PATCH users/{username}/course_status_info/{course_id}: positions. (mobile-users.md 5.1, 5.3, 5.4)"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from lms.domain.keys import CourseKey
from lms.domain.progress import Progress
from lms.table.learners import read_learner_in_course
from tests.api import Answer, Api
from tests.contract.wire import NOT_FOUND, VERSIONS, assert_body, status_path
from tests.world import COURSE_A, COURSE_B, WORKED_TREE, Tree, World

pytestmark = pytest.mark.dynamodb_local

A = "block-v1:DemoX+DX101+2026_T1"
COURSE = f"{A}+type@course+block@course"
CH1, CH2 = f"{A}+type@chapter+block@ch1", f"{A}+type@chapter+block@ch2"
S11, S12, S21 = (f"{A}+type@sequential+block@{name}" for name in ("s11", "s12", "s21"))
V111, V112, V121, V211 = (f"{A}+type@vertical+block@{name}" for name in ("v111", "v112", "v121", "v211"))

AT_S11 = {"last_visited_module_id": S11, "last_visited_module_path": [S11, CH1, COURSE]}
AT_S12 = {"last_visited_module_id": S12, "last_visited_module_path": [S12, CH1, COURSE]}
AT_S21 = {"last_visited_module_id": S21, "last_visited_module_path": [S21, CH2, COURSE]}
AT_COURSE = {"last_visited_module_id": COURSE, "last_visited_module_path": [COURSE]}
NOTHING_COMPLETED = {"last_visited_block_id": ""}


def set_up(world: World, tree: Tree = WORKED_TREE, mode: str = "audit", **attributes: str) -> None:
    world.user("mona", 4711)
    world.course()
    world.export(tree, **attributes)
    world.enroll(mode=mode)


def visit(api: Api, block: str, caller: str = "mona", **more: str) -> Answer:
    fields = {"last_visited_module_id": block, **more}
    return api.send_multipart("PATCH", status_path(username=caller), fields, caller)


def stored(username: str = "mona", number: str = "DX101", run: str = "2026_T1") -> Progress:
    return read_learner_in_course(username, CourseKey("DemoX", number, run)).progress


def positions() -> Mapping[str, int]:
    return dict(stored().positions)


# --- Reading (mobile-users.md 5.3, 5.6, cases 1, 2, 4) ----------------------------------------------------------------


def test_nothing_visited_and_nothing_completed_is_the_contracts_example(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    answer = api.get(status_path())

    assert answer.status == 200
    assert_body(answer, AT_S11 | NOTHING_COMPLETED)


@pytest.mark.parametrize("version", ["v0.5", "v4"])
def test_only_v1_names_the_last_completed_block(world: World, api: Api, version: str) -> None:
    set_up(world)
    world.completion("mona", ("vertical", "v112"), "2026-03-20T10:00:00Z")
    world.load()

    assert_body(api.get(status_path(version=version)), AT_S11)


def test_v1_names_the_block_whose_completion_changed_last_whatever_its_value(world: World, api: Api) -> None:
    set_up(world)
    world.completion("mona", ("vertical", "v121"), "2026-03-20T10:00:00Z")
    world.completion("mona", ("vertical", "v112"), "2026-03-21T10:00:00Z", completion=0.0)
    world.completion("mona", ("vertical", "v111"), "2026-03-19T10:00:00Z", created="2026-03-18T10:00:00Z")
    world.load()

    assert_body(api.get(status_path()), {**AT_S11, "last_visited_block_id": V112})


def test_completions_of_other_courses_and_other_learners_do_not_count(world: World, api: Api) -> None:
    set_up(world)
    world.user("nora")
    world.course(COURSE_B)
    world.enroll(course_id=COURSE_B)
    world.completion("mona", ("vertical", "v1"), "2026-03-20T10:00:00Z", COURSE_B)
    world.completion("nora", ("vertical", "v111"), "2026-03-20T10:00:00Z")
    world.load()

    assert api.get(status_path()).json["last_visited_block_id"] == ""


def test_reading_writes_nothing(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    api.get(status_path())

    assert stored() == Progress(COURSE_A)


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({("course", "course"): 1, ("chapter", "ch1"): 2}, AT_S12),
        ({("course", "course"): 3}, AT_S11),
    ],
    ids=["in range", "out of range"],
)
def test_a_saved_position_leads_to_its_chapter_and_section_unless_it_is_out_of_range(
    world: World, api: Api, saved: dict[tuple[str, str], object], expected: dict[str, object]
) -> None:
    set_up(world)
    for block, position in saved.items():
        world.state("mona", block, {"position": position}, "2026-03-20T10:00:00Z")
    world.load()

    assert api.get(status_path(version="v2")).json == expected


# --- Writing (mobile-users.md 5.4, 5.6) -------------------------------------------------------------------------------


def test_the_worked_table_is_followed_step_by_step(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    assert_body(api.get(status_path()), AT_S11 | NOTHING_COMPLETED)
    assert positions() == {}

    api.clock.advance(minutes=1)
    assert_body(visit(api, V121), AT_S12)
    assert_body(api.get(status_path()), AT_S12 | NOTHING_COMPLETED)
    assert positions() == {"sequential@s12": 1, "chapter@ch1": 2, "course@course": 1}
    assert stored().course_state_modified == datetime(2026, 4, 1, 12, 1, tzinfo=UTC)

    api.clock.advance(minutes=1)
    assert_body(visit(api, V211), AT_S21)
    assert_body(api.get(status_path()), AT_S21 | NOTHING_COMPLETED)
    assert positions() == {
        "sequential@s12": 1,
        "chapter@ch1": 2,
        "course@course": 2,
        "sequential@s21": 1,
        "chapter@ch2": 1,
    }
    assert stored().course_state_modified == datetime(2026, 4, 1, 12, 2, tzinfo=UTC)

    api.clock.advance(minutes=1)
    assert_body(visit(api, CH1), AT_S12)
    assert_body(api.get(status_path()), AT_S12 | NOTHING_COMPLETED)
    assert positions() == {
        "sequential@s12": 1,
        "chapter@ch1": 2,
        "course@course": 1,
        "sequential@s21": 1,
        "chapter@ch2": 1,
    }
    assert stored().course_state_modified == datetime(2026, 4, 1, 12, 3, tzinfo=UTC)

    api.clock.advance(minutes=1)
    assert_body(visit(api, V112), AT_S11)
    assert_body(api.get(status_path()), AT_S11 | NOTHING_COMPLETED)
    assert positions() == {
        "sequential@s12": 1,
        "chapter@ch1": 1,
        "course@course": 1,
        "sequential@s21": 1,
        "chapter@ch2": 1,
        "sequential@s11": 2,
    }
    assert stored().course_state_modified == datetime(2026, 4, 1, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_visit_of_the_second_unit_answers_the_second_section_in_every_version(
    world: World, api: Api, version: str
) -> None:
    set_up(world)
    world.load()
    body = {"last_visited_module_id": V121, "modification_date": "2026-04-01T11:59:00+00:00"}

    answer = api.send_json("PATCH", status_path(version=version), body)

    assert answer.status == 200
    assert_body(answer, AT_S12)


DEEP: Tree = [
    ("chapter", "ch1", [("sequential", "s11", [("vertical", "v111")])]),
    (
        "chapter",
        "ch2",
        [
            ("sequential", "s20", [("vertical", "v200")]),
            (
                "sequential",
                "s21",
                [
                    ("vertical", "v210"),
                    (
                        "vertical",
                        "v211",
                        [("html", "h1"), ("split_test", "x", [("vertical", "v", [("problem", "p")])])],
                    ),
                ],
            ),
        ],
    ),
]


def test_a_block_deep_in_a_unit_sets_the_positions_above_the_unit_and_only_those(world: World, api: Api) -> None:
    set_up(world, DEEP)
    world.load()

    assert visit(api, f"{A}+type@problem+block@p").status == 200
    assert positions() == {"sequential@s21": 2, "chapter@ch2": 2, "course@course": 2}


def test_a_course_without_content_is_its_own_path_and_takes_a_visit(world: World, api: Api) -> None:
    set_up(world, [])
    world.load()

    assert_body(api.get(status_path()), AT_COURSE | NOTHING_COMPLETED)
    assert_body(visit(api, COURSE), AT_COURSE)
    assert positions() == {}


def test_what_else_is_known_of_the_learner_in_the_course_is_kept(world: World, api: Api) -> None:
    set_up(world)
    world.completion("mona", ("vertical", "v111"), "2026-03-20T10:00:00Z")
    world.state("mona", ("chapter", "ch2"), {"position": 1}, "2026-03-19T10:00:00Z")
    world.load()

    visit(api, V121)

    assert positions() == {"chapter@ch2": 1, "sequential@s12": 1, "chapter@ch1": 2, "course@course": 1}
    assert api.get(status_path()).json["last_visited_block_id"] == V111


# --- Visible children (mobile-users.md 5.4, 5.6) ----------------------------------------------------------------------

HIDDEN = {"visible_to_staff_only": "true"}


def with_hidden(attributes: dict[str, str]) -> Tree:
    """A chapter before the first one, and a section before ch2's first one, that have these attributes."""
    return [
        ("chapter", "ch0", attributes, [("sequential", "s01", [("vertical", "v011")])]),
        ("chapter", "ch1", [("sequential", "s11", [("vertical", "v111")])]),
        (
            "chapter",
            "ch2",
            [
                ("sequential", "s20", attributes, [("vertical", "v201")]),
                ("sequential", "s21", [("vertical", "v210", attributes), ("vertical", "v211")]),
            ],
        ),
    ]


def test_a_hidden_sibling_does_not_count_in_what_is_read(world: World, api: Api) -> None:
    set_up(world, with_hidden(HIDDEN))
    world.state("mona", ("course", "course"), {"position": 2}, "2026-03-20T10:00:00Z")
    world.state("mona", ("chapter", "ch2"), {"position": 1}, "2026-03-20T10:00:00Z")
    world.load()

    assert api.get(status_path(version="v2")).json == AT_S21


def test_a_hidden_sibling_does_not_count_in_what_is_written(world: World, api: Api) -> None:
    set_up(world, with_hidden(HIDDEN))
    world.load()

    assert_body(visit(api, V211), AT_S21)
    assert positions() == {"sequential@s21": 1, "chapter@ch2": 1, "course@course": 2}


def test_staff_see_and_count_every_sibling(world: World, api: Api) -> None:
    set_up(world, with_hidden(HIDDEN))
    world.role("mona", "staff", COURSE_A)
    world.load()

    assert_body(visit(api, V211), AT_S21)
    assert positions() == {"sequential@s21": 2, "chapter@ch2": 2, "course@course": 3}


@pytest.mark.parametrize(
    "block",
    [f"{A}+type@{block}" for block in ("chapter+block@ch0", "vertical+block@v011", "vertical+block@v201")],
    ids=["chapter", "unit below a hidden chapter", "unit below a hidden section"],
)
def test_a_visit_of_a_block_that_the_learner_may_not_see_writes_nothing(world: World, api: Api, block: str) -> None:
    set_up(world, with_hidden(HIDDEN))
    world.load()

    answer = visit(api, block)

    assert answer.status == 200
    assert_body(answer, AT_S11)
    assert positions() == {}


def test_a_block_begins_sooner_for_a_beta_tester(world: World, api: Api) -> None:
    soon = {"start": "2026-04-03T00:00:00Z", "days_early_for_beta": "3"}
    set_up(world, with_hidden(soon))
    world.user("bea")
    world.role("bea", "beta_testers", COURSE_A)
    world.enroll("bea")
    world.load()

    assert visit(api, V211).json == AT_S21
    assert visit(api, V211, caller="bea").json == AT_S21
    assert stored("mona").positions["course@course"] == 2
    assert stored("bea").positions["course@course"] == 3


GROUPED: Tree = [
    ("chapter", "ch1", {"group_access": '{"50": [2]}'}, [("sequential", "s11", [("vertical", "v111")])]),
    (
        "chapter",
        "ch2",
        {"group_access": '{"50": [1, 2]}'},
        [("sequential", "s21", {"group_access": '{"50": [1]}'}, [("vertical", "v211")])],
    ),
]


def set_up_modes(world: World, mode: str) -> None:
    set_up(world, GROUPED, mode)
    for slug in ("audit", "verified", "credit"):
        world.mode(slug)
    world.load()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("audit", AT_S21), ("verified", AT_S11), ("credit", AT_S11), ("honor", AT_S21)],
    ids=["audit", "verified", "credit counts as verified", "a mode that the course does not have counts as audit"],
)
def test_the_enrollments_mode_decides_which_groups_blocks_are_shown(
    world: World, api: Api, mode: str, expected: dict[str, object]
) -> None:
    set_up_modes(world, mode)

    assert api.get(status_path(version="v2")).json == expected


# --- The URL (mobile-users.md 5.1) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled",
    [
        "course-v1:DemoX+DX101+2026_T1/x/y/",
        "course-v1:DemoX%2BDX101%2B2026_T1/",
        "course-v1%3ADemoX+DX101+2026_T1/x",
        "course-v1%3ADemoX%2BDX101%2B2026_T1/x/y",
        "course-v1:DemoX%20DX101%202026_T1",
    ],
)
def test_the_course_id_may_be_spelled_in_several_ways_and_what_follows_it_is_ignored(
    world: World, api: Api, spelled: str
) -> None:
    set_up(world)
    world.load()

    answer = api.get(status_path(spelled))

    assert (answer.status, answer.json) == (200, AT_S11 | NOTHING_COMPLETED)
    patched = api.send_json("PATCH", status_path(spelled), {"last_visited_module_id": V121})
    assert (patched.status, patched.json) == (200, AT_S12)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("course_id", ["foo+bar+baz", "course-v1:a+b+%00"])
def test_a_course_id_that_is_no_course_key_is_404(world: World, api: Api, method: str, course_id: str) -> None:
    set_up(world)
    world.load()

    answer = api.send_json(method, status_path(course_id), {"last_visited_module_id": V121})

    assert answer.status == 404
    assert_body(answer, NOT_FOUND)


def test_a_block_id_in_a_form_must_be_percent_encoded(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    encoded = api.send_form("PATCH", status_path(), f"last_visited_module_id={quote(V121, safe='')}")
    bare = api.send_form("PATCH", status_path(), f"last_visited_module_id={V211}")

    assert (encoded.status, encoded.json) == (200, AT_S12)
    assert bare.status == 400
    assert api.get(status_path(version="v2")).json == AT_S12


def test_a_group_that_the_course_has_not_closes_a_block_to_every_group(world: World, api: Api) -> None:
    # The course has the default mode alone: there is no group of verified learners.
    set_up(world, GROUPED)
    world.load()

    assert api.get(status_path(version="v2")).json == AT_COURSE
