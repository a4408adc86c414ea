"""Custom courses for coaches (CCX): courses of their own, with the blocks of another. (mobile-users.md 5.1)"""

from tests.api import Api
from tests.contract.wire import enrollments_path, status_path
from tests.world import COURSE_A, WORKED_TREE, World, usage_key

CCX = "ccx-v1:DemoX+DX101+2026_T1+ccx@7"
TEAM = "/api/support/v1/manage_course_team/"


def set_up(world: World) -> None:
    world.user("mona")
    world.user("sam", is_staff=True)
    world.course(COURSE_A)
    world.course(CCX, display_name="Mona's group")
    world.export(WORKED_TREE)
    world.enroll(course_id=CCX)


def path_to(subsection: str, section: str) -> list[str]:
    blocks = (("sequential", subsection), ("chapter", section), ("course", "course"))
    return [usage_key(CCX, *block) for block in blocks]


def test_the_learner_is_where_the_coachs_own_state_says(world: World, api: Api) -> None:
    set_up(world)
    world.state("mona", ("course", "course"), {"position": 2}, "2026-03-20T10:00:00Z", CCX)
    world.completion("mona", ("vertical", "v211"), "2026-03-20T10:00:00Z", CCX)
    world.load()

    assert world.rejections == []
    assert api.get(status_path(CCX)).json == {
        "last_visited_module_id": usage_key(CCX, "sequential", "s21"),
        "last_visited_module_path": path_to("s21", "ch2"),
        "last_visited_block_id": usage_key(CCX, "vertical", "v211"),
    }


def test_a_visit_names_blocks_of_the_coachs_course_and_of_no_other(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    visited = {"last_visited_module_id": usage_key(CCX, "vertical", "v121")}
    assert api.send_json("PATCH", status_path(CCX), visited).json["last_visited_module_path"] == path_to("s12", "ch1")
    of_the_master = {"last_visited_module_id": usage_key(COURSE_A, "vertical", "v121")}
    assert api.send_json("PATCH", status_path(CCX), of_the_master).status == 400


def test_it_is_listed_beside_the_course_that_it_was_made_of(world: World, api: Api) -> None:
    set_up(world)
    world.enroll(course_id=COURSE_A, created="2026-03-01T09:30:15Z")
    world.load()

    answer = api.get(f"{enrollments_path('v4')}?requested_fields=course_progress").json

    assert answer["primary"]["course"]["id"] == CCX
    assert [listed["course"]["id"] for listed in answer["enrollments"]["results"]] == [COURSE_A]


def test_its_team_is_changed_like_any_other(world: World, api: Api) -> None:
    set_up(world)
    world.load()

    change = {"course_id": CCX, "role": "staff", "action": "assign"}
    body = {"email": "mona@example.org", "bulk_role_operations": [change]}
    assert api.send_json("PUT", TEAM, body, "sam").json["results"] == [change | {"status": "success"}]
    listed = api.get(f"{TEAM}?username=mona", "sam").json
    assert [(course["course_id"], course["role"]) for course in listed] == [(CCX, "staff"), (COURSE_A, None)]
