"""The real Open edX demo course, and what its learner's answers must be, worked out by hand.

The course (openedx/openedx-demo-course, CC BY-NC-SA 3.0 US) is not part of this repository. OPENEDX_DEMO_COURSE names
its folder or .tar.gz; without it these tests are skipped:

    git clone https://github.com/openedx/openedx-demo-course ../openedx-demo-course
    export OPENEDX_DEMO_COURSE=../openedx-demo-course/demo-course/course
    .venv/bin/python -m pytest tests/contract/test_demo_course.py

By hand, from its OLX: three sections are graded, all in "Module 3: Ace the Assessments!": Basic, Intermediate and
Advanced Assessment Tools; none has a due date. Basic holds the twelve problems below, in six units, and otherwise only
texts, which give no score. One graded section, Intermediate, holds an open response assessment, "Open Response
Assessment", with a submission and a self assessment, both due on 1 January 2029 by dates of their own; the course's
other one stands in a section that is not graded. So there are 3 + 2 assignments, and a learner who has completed
the twelve problems has completed one of them.
"""

import os
from pathlib import Path

import pytest

from tests.api import Api
from tests.world import World, usage_key

DEMO = os.environ.get("OPENEDX_DEMO_COURSE")
COURSE = "course-v1:OpenedX+DemoX+DemoCourse"
BASIC_PROBLEMS = [
    *("870b16e640d541af94a308caac834d2e", "ef8c3814d2ce47c6927a8310bba4b849"),
    *("b1ddf9b3553941cfa55b3cc8a56ab1a0", "0135258373e648f2b57a80ae06bade61"),
    *("c89f56c74a3a424dbffb665d4643b42f", "85f3f7f9b72548af880975112f27817c"),
    *("3b8100660f3947c198e0a9b35f7c6cf6", "9f898b5307d841fcb03f5ee4eb206a9a", "ced178178f4440e08f15a408ea14cbf1"),
    *("3e5a945f54374fc7ababadc080660f2d", "330956aa9c304a0a8e944d3caac15494", "7071a317a0744a37924ef5dea17d47e1"),
]
ORA = "258949320d4c493e91296a51f33fbedc"

pytestmark = pytest.mark.skipif(
    not DEMO, reason="OPENEDX_DEMO_COURSE names no export of the Open edX demo course; the module's docstring says how"
)


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    """The course from its export alone, and a small dump with a learner in it."""
    world.user("mona")
    world.enroll("mona", COURSE)
    assert DEMO
    world.files.append(Path(DEMO))
    assert world.load().exit_code == 0


def test_a_learner_who_was_nowhere_begins_at_the_first_section(api: Api) -> None:
    answer = api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE}").json

    assert answer == {
        "last_visited_module_id": usage_key(COURSE, "sequential", "4e1de5e13fc3422997fe246b40a43aa1"),
        "last_visited_module_path": [
            usage_key(COURSE, "sequential", "4e1de5e13fc3422997fe246b40a43aa1"),
            usage_key(COURSE, "chapter", "30b3fbb840024953b2d4b2e700a53002"),
            usage_key(COURSE, "course", "course"),
        ],
        "last_visited_block_id": "",
    }


@pytest.mark.parametrize("spelling", [COURSE, COURSE.replace("+", "%2B"), COURSE.replace(":", "%3A")])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_visit_to_another_section_moves_the_learner(api: Api, spelling: str, slash: str) -> None:
    status = f"/api/mobile/v1/users/mona/course_status_info/{spelling}{slash}"
    body = {"last_visited_module_id": usage_key(COURSE, "problem", BASIC_PROBLEMS[0])}

    moved = api.send_json("PATCH", status, body)

    assert moved.json["last_visited_module_path"] == [
        usage_key(COURSE, "sequential", "276a277f5a784f53a7525e28b96e9a1b"),
        usage_key(COURSE, "chapter", "d6780558bc3042c7ab6dd441a06d3478"),
        usage_key(COURSE, "course", "course"),
    ]
    assert api.get(status).json == moved.json | {"last_visited_block_id": ""}


def test_the_primary_course_shows_what_was_worked_out_by_hand(world: World, api: Api) -> None:
    for minute, problem in enumerate(BASIC_PROBLEMS):
        world.completion("mona", ("problem", problem), f"2026-03-20T10:{minute:02}:00Z", COURSE)
    world.load()

    primary = api.get("/api/mobile/v4/users/mona/course_enrollments/").json["primary"]

    assert primary["course_progress"] == {"total_assignments_count": 5, "assignments_completed": 1}
    assert primary["course_status"] == {
        "last_visited_module_id": usage_key(COURSE, "sequential", "276a277f5a784f53a7525e28b96e9a1b"),
        "last_visited_module_path": [
            usage_key(COURSE, "course", "course"),
            usage_key(COURSE, "chapter", "d6780558bc3042c7ab6dd441a06d3478"),
            usage_key(COURSE, "sequential", "276a277f5a784f53a7525e28b96e9a1b"),
        ],
        "last_visited_block_id": usage_key(COURSE, "problem", "7071a317a0744a37924ef5dea17d47e1"),
        "last_visited_unit_display_name": "Text Input Problems",
    }
    ora = usage_key(COURSE, "openassessment", ORA)
    step = {
        "assignment_type": "Intermediate Assessment Tools",
        "complete": False,
        "date": "2029-01-01T00:00:00Z",
        "date_type": "assignment-due-date",
        "description": "",
        "learner_has_access": True,
        "link": f"https://lms.example.org/courses/{COURSE}/jump_to/{ora}",
        "link_text": "",
        "extra_info": "This Open Response Assessment's due dates are set by your instructor and can't be shifted.",
        "first_component_block_id": ora,
    }
    assert primary["course_assignments"] == {
        "future_assignments": [
            step | {"title": "Open Response Assessment (Submission)"},
            step | {"title": "Open Response Assessment (Self Assessment)"},
        ],
        "past_assignments": [],
    }
