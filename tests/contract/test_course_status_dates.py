"""PATCH users/{username}/course_status_info/{course_id}: its body. (mobile-users.md 5.2, 5.4)"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from lms.domain.keys import CourseKey
from lms.domain.progress import Progress
from lms.table.learners import read_learner_in_course
from tests.api import Answer, Api
from tests.contract.wire import assert_body, status_path
from tests.world import COURSE_A, COURSE_B, WORKED_TREE, World

BAD_DATE = {"errors": [{"code": "invalid-modification-date", "message": "Could not parse modification_date"}]}
BAD_BLOCK = {"errors": [{"code": "invalid-module-id", "message": "Could not find module for module_id"}]}

A = "block-v1:DemoX+DX101+2026_T1"
V111, V121, V211 = (f"{A}+type@vertical+block@{name}" for name in ("v111", "v121", "v211"))
S11, S12, S21 = (f"{A}+type@sequential+block@{name}" for name in ("s11", "s12", "s21"))


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    world.user("mona", 4711)
    world.course()
    world.export(WORKED_TREE)
    world.enroll()
    world.load()


def patch(api: Api, **fields: str) -> Answer:
    return api.send_multipart("PATCH", status_path(), fields)


def place_after(answer: Answer) -> str:
    assert answer.status == 200
    place = answer.json["last_visited_module_id"]
    assert isinstance(place, str)
    return place


def stored(number: str = "DX101", run: str = "2026_T1") -> Progress:
    return read_learner_in_course("mona", CourseKey("DemoX", number, run)).progress


def save_course_state(world: World, modified: str, state: Any) -> None:
    world.state("mona", ("course", "course"), state, modified)
    world.load()


# --- modification_date: its form (mobile-users.md 5.2, 5.6, cases 13, 14) ---------------------------------------------


def test_a_date_with_an_offset_is_read_in_djangos_form_too(world: World, api: Api) -> None:
    date = "2026-3-20 12:0:0 +02:00"
    save_course_state(world, "2026-03-20T10:00:00.001Z", {"position": 1})
    late = place_after(patch(api, last_visited_module_id=V121, modification_date=date))
    save_course_state(world, "2026-03-20T10:00:00.000Z", {"position": 1})
    in_time = place_after(patch(api, last_visited_module_id=V121, modification_date=date))

    assert (late, in_time) == (S11, S12)


@pytest.mark.parametrize("block", [{}, {"last_visited_module_id": V121}], ids=["without block", "with block"])
def test_a_date_that_cannot_be_read_is_400_and_writes_nothing_even_without_a_block(
    api: Api, block: dict[str, str]
) -> None:
    answer = patch(api, modification_date="2026-03-20", **block)

    assert answer.status == 400
    assert_body(answer, BAD_DATE)
    assert stored() == Progress(COURSE_A)


def test_an_unescaped_plus_sign_in_a_form_makes_the_date_unreadable(api: Api) -> None:
    bare = api.send_form("PATCH", status_path(), "modification_date=2026-04-01T11:59:00+00:00")
    escaped = api.send_form("PATCH", status_path(), "modification_date=2026-04-01T11:59:00%2B00:00")

    assert (bare.status, bare.json) == (400, BAD_DATE)
    assert escaped.status == 200


def test_a_bad_date_is_reported_before_a_bad_block(api: Api) -> None:
    answer = patch(api, last_visited_module_id="abc", modification_date="abc")

    assert (answer.status, answer.json) == (400, BAD_DATE)


def test_a_bad_block_is_reported_though_the_date_is_too_old_to_count(world: World, api: Api) -> None:
    save_course_state(world, "2026-03-20T10:00:00Z", {"position": 1})

    answer = patch(api, last_visited_module_id="abc", modification_date="2025-01-01T00:00:00Z")

    assert (answer.status, answer.json) == (400, BAD_BLOCK)


# --- modification_date: what it is compared with (mobile-users.md 5.4, 5.6, cases 15 to 17) ---------------------------


@pytest.mark.parametrize(
    ("date", "place"),
    [
        ("2026-04-01T11:59:59.999999Z", S11),
        ("2026-04-01T12:00:00Z", S12),
    ],
)
def test_after_a_save_an_older_date_is_skipped_and_an_equal_or_newer_one_is_applied(
    api: Api, date: str, place: str
) -> None:
    assert place_after(patch(api, last_visited_module_id=V111)) == S11

    assert place_after(patch(api, last_visited_module_id=V121, modification_date=date)) == place
    assert place_after(api.get(status_path())) == place


def test_a_future_date_is_not_remembered(api: Api) -> None:
    patch(api, last_visited_module_id=V211, modification_date="2027-01-01T00:00:00Z")

    assert stored().course_state_modified == datetime(2026, 4, 1, 12, tzinfo=UTC)
    answer = patch(api, last_visited_module_id=V121, modification_date="2026-04-01T12:00:00Z")
    assert place_after(answer) == S12


def test_a_course_state_without_position_is_compared_with(world: World, api: Api) -> None:
    save_course_state(world, "2026-03-20T10:00:00Z", {"seen": True})

    older = patch(api, last_visited_module_id=V121, modification_date="2026-03-20T09:59:59Z")
    equal = patch(api, last_visited_module_id=V121, modification_date="2026-03-20T10:00:00Z")

    assert (place_after(older), place_after(equal)) == (S11, S12)


def test_a_repeated_visit_writes_nothing(api: Api) -> None:
    patch(api, last_visited_module_id=V121)
    before = stored()
    api.clock.advance(hours=1)

    assert place_after(patch(api, last_visited_module_id=V121)) == S12
    assert stored() == before


# --- last_visited_module_id (mobile-users.md 5.2, 5.6, cases 11, 12) --------------------------------------------------


def test_a_block_that_is_not_in_the_course_is_400_and_writes_nothing(api: Api) -> None:
    answer = patch(api, last_visited_module_id=f"{A}+type@vertical+block@nowhere")

    assert answer.status == 400
    assert_body(answer, BAD_BLOCK)
    assert stored() == Progress(COURSE_A)


def test_a_block_of_another_course_is_refused_and_nothing_is_written_in_either(world: World, api: Api) -> None:
    world.course(COURSE_B)
    world.export(WORKED_TREE, COURSE_B)
    world.enroll(course_id=COURSE_B)
    world.load()

    answer = patch(api, last_visited_module_id="block-v1:DemoX+DX200+2025_T3+type@vertical+block@v121")

    assert (answer.status, answer.json) == (400, BAD_BLOCK)
    assert stored() == Progress(COURSE_A)
    assert stored("DX200", "2025_T3") == Progress(COURSE_B)


def test_without_a_block_nothing_is_written_and_the_current_status_is_the_answer(api: Api) -> None:
    answer = api.send_json("PATCH", status_path(), {"modification_date": "2026-04-01T11:59:00Z"})

    assert place_after(answer) == S11
    assert stored() == Progress(COURSE_A)


def test_a_patch_without_body_answers_the_current_status(api: Api) -> None:
    assert place_after(api.request("PATCH", status_path())) == S11


# --- Bodies (mobile-users.md 1.4, 5.2) --------------------------------------------------------------------------------

FIELDS = {"last_visited_module_id": V121, "modification_date": "2026-04-01T11:59:00+00:00"}


def test_a_visit_is_read_from_json_from_a_form_and_from_multipart(world: World, api: Api) -> None:
    in_json = api.send_json("PATCH", status_path(), FIELDS)
    world.state("mona", ("chapter", "ch1"), {"position": 1}, "2026-03-20T10:00:00Z")
    world.load()
    in_form = api.send_form(
        "PATCH", status_path(), urlencode(FIELDS | {"last_visited_module_id": V211, "modification_date": ""})
    )
    in_multipart = patch(api, **FIELDS | {"modification_date": "2026-04-01T12:00:00+00:00"})

    assert [place_after(answer) for answer in (in_json, in_form, in_multipart)] == [S12, S21, S12]


def test_a_json_body_that_is_no_object_is_400(api: Api) -> None:
    answer = api.send_json("PATCH", status_path(), [FIELDS])

    assert answer.status == 400
    assert isinstance(answer.json["detail"], str)
    assert stored() == Progress(COURSE_A)
