"""A learner's assignments: what counts, what is complete, what comes next. (mobile-users.md 7.8)"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pytest

from lms.domain.assignments import (
    MANUAL_ORA_DATES,
    Assignment,
    CourseProgress,
    assignments_of,
    course_progress,
    future_assignments,
    past_assignments,
)
from lms.domain.completions import block_digest
from lms.domain.outline import Block, Outline, Viewer
from tests.unit.builders import KEY, NOW, at, cases, in_groups

LEARNER = Viewer(staff=False, beta_tester=False, groups=in_groups({"50": 1}), now=NOW)
STAFF = Viewer(staff=True, beta_tester=False, groups=in_groups({}), now=NOW)
SECTION = {"graded": True, "format": "Homework", "display_name": "Homework 1"}


def outline(section: dict[str, Any], *leaves: dict[str, Any]) -> Outline:
    """A course of one chapter, one section and one unit; leaves inherit from the section as loading resolves it."""
    inherited: dict[str, Any] = {
        name: section[name] for name in ("graded", "format", "due", "start") if name in section
    }
    own: list[dict[str, Any]] = [
        {"type": "problem", "name": f"p{number}", "parent": 3, **inherited, **leaf}
        for number, leaf in enumerate(leaves)
    ]
    blocks = [
        Block("course", "course", None),
        Block("chapter", "ch", 0),
        Block("sequential", "s", 1, **section),
        Block("vertical", "v", 2, **inherited),
        *(Block(**leaf) for leaf in own),
    ]
    return Outline(KEY, blocks)


class Work(NamedTuple):
    """What a learner has done: digests of completed blocks, and the selection of randomized blocks."""

    completed: frozenset[bytes]
    selected: Mapping[str, tuple[str, ...]]


def work(*done: str, selected: Mapping[str, tuple[str, ...]] | None = None) -> Work:
    names = (name.partition("@")[::2] for name in done)
    return Work(frozenset(block_digest(block_type, name) for block_type, name in names), selected or {})


def only(outlined: Outline, done: Work, viewer: Viewer = LEARNER) -> Assignment:
    (assignment,) = assignments_of(outlined, viewer, *done, None)
    return assignment


COMPLETION = {
    "nothing done": ([{}], [], False),
    "its only problem is done": ([{}], ["problem@p0"], True),
    "one of two problems is done": ([{}, {}], ["problem@p0"], False),
    "both problems are done": ([{}, {}], ["problem@p0", "problem@p1"], True),
    "a problem of weight 0 need not be done": ([{"weight": 0.0}], [], True),
    "a problem of weight 2 must be done": ([{"weight": 2.0}], [], False),
    "a problem that is not graded need not be done": ([{"graded": False}], [], True),
    "a text gives no score": ([{"type": "html"}], [], True),
    "a block whose author says that it gives a score must be done": ([{"type": "lti", "has_score": True}], [], False),
    "a problem whose author says that it gives none need not be": ([{"has_score": False}], [], True),
    "an unknown type gives no score": ([{"type": "poll"}], [], True),
    "a tool of another site gives none by default": ([{"type": "lti_consumer"}], [], True),
    "one whose author says that it does must be done": ([{"type": "lti_consumer", "has_score": True}], [], False),
    "what staff grade must be done": ([{"type": "staffgradedxblock"}], [], False),
    "a problem builder counts by its parts": (
        [{"type": "problem-builder"}, {"type": "pb-mcq", "parent": 4}, {"type": "pb-choice", "parent": 5}],
        [],
        True,
    ),
    "a part of a problem builder that gives a score must be done": (
        [{"type": "step-builder"}, {"type": "sb-step", "parent": 4}, {"type": "pb-answer", "parent": 5}],
        [],
        False,
    ),
    "a problem builder without parts must be done": ([{"type": "problem-builder"}], [], False),
    "a problem for staff only does not count": ([{}, {"visible_to_staff_only": True}], ["problem@p0"], True),
    "a problem for another group does not count": ([{}, {"group_access": {"50": [2]}}], ["problem@p0"], True),
    "a problem that begins later does": ([{}, {"start": at("2026-05-01")}], ["problem@p0"], False),
    "a unit without blocks is not complete": ([], [], False),
    "a unit of which nothing is visible is not complete": ([{"visible_to_staff_only": True}], [], False),
}


@cases("leaves, done, complete", COMPLETION)
def test_a_section_is_complete_when_its_scored_leaves_are(
    leaves: list[dict[str, Any]], done: list[str], complete: bool
) -> None:
    assert only(outline(SECTION, *leaves), work(*done)).complete is complete


def test_a_section_without_units_is_not_complete_and_its_own_first_component() -> None:
    bare = Outline(
        KEY, [Block("course", "course", None), Block("chapter", "c", 0), Block("sequential", "s", 1, graded=True)]
    )

    assignment = only(bare, work())

    assert (assignment.complete, assignment.first_component, assignment.title) == (False, 2, "Assignment")


@cases(
    "start, released",
    {
        "no start": (None, True),
        "begun": (at("2026-04-01T11:59:59"), True),
        "begins now": (NOW, False),
        "begins later": (at("2026-05-01"), False),
    },
)
def test_a_section_that_has_not_begun_is_neither_released_nor_complete(start: datetime | None, released: bool) -> None:
    assignment = only(outline(SECTION | {"start": start}, {"type": "html"}), work())

    assert (assignment.released, assignment.complete) == (released, released)


def test_title_type_and_first_component_come_from_the_section() -> None:
    assignment = only(outline(SECTION, {"type": "html"}, {}), work())

    assert (assignment.title, assignment.type, assignment.block, assignment.first_component) == (
        "Homework 1",
        "Homework",
        2,
        4,
    )


@pytest.mark.parametrize(("viewer", "count"), [(LEARNER, 0), (STAFF, 1)])
@pytest.mark.parametrize("hidden", [{"visible_to_staff_only": True}, {"group_access": {"50": [2]}}])
def test_a_hidden_section_is_an_assignment_for_staff_alone(viewer: Viewer, count: int, hidden: dict[str, Any]) -> None:
    assert len(assignments_of(outline(SECTION | hidden, {}), viewer, *work(), None)) == count


def test_a_section_that_is_not_graded_is_none() -> None:
    assert assignments_of(outline({"display_name": "Reading"}, {}), LEARNER, *work(), None) == []


def test_of_a_randomized_block_only_the_drawn_children_count() -> None:
    outlined = outline(
        SECTION,
        {"type": "library_content", "name": "bank"},
        *({"name": f"q{number}", "parent": 4} for number in range(3)),
    )
    selected = {"library_content@bank": ("problem@q1",)}

    assert only(outlined, work("problem@q1", selected=selected)).complete
    assert not only(outlined, work("problem@q0", selected=selected)).complete
    assert not only(outlined, work("problem@q1")).complete


# --- Open response assessments ----------------------------------------------------------------------------------------

DATED = {"start": "2026-01-01T00:00:00+00:00", "due": "2026-05-01T00:00:00+00:00"}
ORA = {
    "submission_start": "2026-01-01T00:00:00+00:00",
    "submission_due": "2026-04-20T00:00:00+00:00",
    "assessments": [
        {"name": "self-assessment"} | DATED,
        {"name": "peer-assessment"} | DATED,
        {"name": "staff-assessment", "start": "2026-01-01T00:00:00+00:00", "due": None},
        {"name": "student-training"} | DATED,
    ],
}


def ora_steps(ora: dict[str, Any], course_end: datetime | None = None, **block: Any) -> list[Assignment]:
    said = {"type": "openassessment", "name": "ora", "display_name": "Essay", "ora": ora} | block
    outlined = outline({"display_name": "S"}, {"graded": True, "format": "Essay"} | said)
    return assignments_of(outlined, LEARNER, *work(), course_end)


def test_each_dated_step_of_an_ora_is_an_assignment() -> None:
    steps = ora_steps(ORA)

    assert [(step.title, step.due, step.block, step.first_component) for step in steps] == [
        ("Essay (Submission)", at("2026-04-20"), 4, 4),
        ("Essay (Self Assessment)", at("2026-05-01"), 4, 4),
        ("Essay (Peer Assessment)", at("2026-05-01"), 4, 4),
        ("Essay (student-training)", at("2026-05-01"), 4, 4),
    ]
    assert {step.extra_info for step in steps} == {MANUAL_ORA_DATES}


@cases(
    "dates, due",
    {
        "by the subsection": ({"date_config_type": "subsection"}, at("2026-06-01")),
        "by the end of the course": ({"date_config_type": "course_end"}, at("2026-07-01")),
    },
)
def test_an_ora_may_be_due_with_its_block_or_its_course(dates: dict[str, str], due: datetime) -> None:
    steps = ora_steps(ORA | dates, course_end=at("2026-07-01"), due=at("2026-06-01"))

    assert {(step.due, step.extra_info) for step in steps} == {(due, None)}
    assert "Essay (Staff Assessment)" in [step.title for step in steps]


@pytest.mark.parametrize(
    "block", [{"graded": False}, {"weight": 0.0}, {"has_score": False}, {"visible_to_staff_only": True}]
)
def test_an_ora_that_does_not_count_has_no_steps(block: dict[str, Any]) -> None:
    assert ora_steps(ORA, **block) == []


def test_a_completed_ora_completes_its_steps() -> None:
    outlined = outline({"display_name": "S"}, {"graded": True, "type": "openassessment", "name": "ora", "ora": ORA})

    assert [one.complete for one in assignments_of(outlined, LEARNER, *work("openassessment@ora"), None)] == [True] * 4


@pytest.mark.parametrize(
    ("dates", "released"),
    [
        # With dates of its own each step has its own start; the block's says nothing.
        ({"date_config_type": "manual"}, [True, False]),
        ({"date_config_type": "subsection"}, [False, False]),
        ({"date_config_type": "course_end"}, [True, True]),
    ],
)
def test_what_its_dates_go_by_releases_a_step_of_an_ora(dates: dict[str, str], released: list[bool]) -> None:
    later = {"name": "peer-assessment", "start": "2026-05-01T00:00:00+00:00", "due": "2026-05-02T00:00:00+00:00"}
    ora = ORA | {"assessments": [later]} | dates

    steps = ora_steps(ora, course_end=at("2026-07-01"), due=at("2026-06-01"), start=at("2026-05-01"))

    assert [step.released for step in steps] == released


def test_a_completed_ora_is_complete_before_it_is_released() -> None:
    ora = {"submission_start": "2026-05-01T00:00:00+00:00", "submission_due": "2026-05-02T00:00:00+00:00"}
    said = {"graded": True, "type": "openassessment", "name": "ora", "ora": ora, "start": at("2026-05-01")}

    (step,) = assignments_of(outline({"display_name": "S"}, said), LEARNER, *work("openassessment@ora"), None)

    assert (step.complete, step.released) == (True, False)


def test_of_the_steps_of_a_team_only_the_staffs_assessment_counts() -> None:
    due = {"name": "staff-assessment"} | DATED
    steps = ora_steps(ORA | {"teams_enabled": True, "assessments": [{"name": "peer-assessment"} | DATED, due]})

    assert [step.title for step in steps] == ["Essay (Submission)", "Essay (Staff Assessment)"]


def test_an_ora_without_a_title_has_the_blocks_default() -> None:
    assert ora_steps(ORA, display_name=None)[0].title == "Open Response Assessment (Submission)"


def test_of_two_oras_in_a_section_the_last_comes_first_and_so_with_equal_dates() -> None:
    ora = {"submission_start": DATED["start"], "submission_due": DATED["due"]}
    first, second = (
        {"graded": True, "type": "openassessment", "name": name, "display_name": name, "ora": ora}
        for name in ("first", "second")
    )
    found = assignments_of(outline({"display_name": "S"}, first, second), LEARNER, *work(), None)

    assert [step.title for step in found] == ["second (Submission)", "first (Submission)"]
    assert [step.title for step in future_assignments(found, NOW)] == ["second (Submission)", "first (Submission)"]


# --- Counting and choosing --------------------------------------------------------------------------------------------


def due(moment: str | None, complete: bool = False) -> Assignment:
    return Assignment(2, moment or "undated", None, at(moment) if moment else None, complete, True, 2)


def test_progress_counts_all_whether_dated_or_not() -> None:
    assert course_progress([due(None), due("2026-04-02", complete=True), due("2026-03-01")]) == CourseProgress(3, 1)


def test_past_ones_are_those_due_before_now_by_date_complete_or_not() -> None:
    given = [due("2026-04-01T11:59:59"), due("2026-03-01", complete=True), due("2026-04-01T12:00:00"), due(None)]

    assert [one.title for one in past_assignments(given, NOW)] == ["2026-03-01", "2026-04-01T11:59:59"]


def test_future_ones_are_the_incomplete_of_the_earliest_day_in_utc() -> None:
    given = [
        due("2026-04-03T23:59:59"),
        due("2026-04-03T00:00:00"),
        due("2026-04-04T00:00:00"),
        due("2026-04-02", complete=True),
        due(None),
    ]

    assert [one.title for one in future_assignments(given, NOW)] == ["2026-04-03T00:00:00", "2026-04-03T23:59:59"]


def test_one_that_is_due_now_is_still_in_the_future() -> None:
    assert len(future_assignments([due("2026-04-01T12:00:00")], NOW)) == 1
    assert future_assignments([], NOW) == []
