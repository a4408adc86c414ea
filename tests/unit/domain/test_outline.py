"""Where a learner is in a course's tree, and where a visit moves the learner. (mobile-users.md 5.4)"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.course_dates import LearnerDates
from lms.domain.errors import UnknownBlockError
from lms.domain.outline import (
    POSITIONED_TYPES,
    Block,
    Outline,
    Viewer,
    current_path,
    last_completed_path,
    position_key,
    positions_after_visit,
    viewer_of,
    visited_block,
)
from lms.domain.roles import Roles
from tests.unit.builders import NOW, PLAIN, at, cases, course, course_role, enrollment, in_groups, outline

COURSE, CH1, S11, V111, V112, S12, V121, CH2, S21, V211 = range(10)
WORKED = outline(
    ("course", "course", None),
    ("chapter", "ch1", COURSE),
    ("sequential", "s11", CH1),
    ("vertical", "v111", S11),
    ("vertical", "v112", S11),
    ("sequential", "s12", CH1),
    ("vertical", "v121", S12),
    ("chapter", "ch2", COURSE),
    ("sequential", "s21", CH2),
    ("vertical", "v211", S21),
)
LEARNER = Viewer(staff=False, beta_tester=False, groups=in_groups({}), now=NOW)
STAFF = Viewer(staff=True, beta_tester=False, groups=in_groups({}), now=NOW)
TESTER = Viewer(staff=False, beta_tester=True, groups=in_groups({}), now=NOW)


def with_blocks(tree: Outline, changes: dict[int, dict[str, Any]]) -> Outline:
    """The tree with some fields of some blocks changed."""
    blocks = [
        Block(**{name: getattr(block, name) for name in Block.__slots__} | changes.get(index, {}))
        for index, block in enumerate(tree.blocks)
    ]
    return Outline(tree.key, blocks)


# --- The worked example -----------------------------------------------------------------------------------------------


def test_the_worked_example_step_by_step() -> None:
    positions: dict[str, int] = {}
    assert current_path(WORKED, positions, LEARNER) == [S11, CH1, COURSE]

    for block, written, path in [
        (V121, {"sequential@s12": 1, "chapter@ch1": 2, "course@course": 1}, [S12, CH1, COURSE]),
        (V211, {"sequential@s21": 1, "chapter@ch2": 1, "course@course": 2}, [S21, CH2, COURSE]),
        (CH1, {"course@course": 1}, [S12, CH1, COURSE]),
        (V112, {"sequential@s11": 2, "chapter@ch1": 1}, [S11, CH1, COURSE]),
    ]:
        changed = positions_after_visit(WORKED, block, positions, LEARNER)
        positions |= changed
        assert changed == written
        assert current_path(WORKED, positions, LEARNER) == path


@cases(
    "positions, expected",
    {
        "nothing visited is the first section": ({}, [S11, CH1, COURSE]),
        "a chapter's position leads to a section": ({"chapter@ch1": 2}, [S12, CH1, COURSE]),
        "the course's position leads to a chapter": ({"course@course": 2}, [S21, CH2, COURSE]),
        "position zero counts as unset": ({"course@course": 0}, [S11, CH1, COURSE]),
        "a negative position counts as unset": ({"course@course": -1}, [S11, CH1, COURSE]),
        "the last child is in range": ({"course@course": 2, "chapter@ch1": 2}, [S21, CH2, COURSE]),
        "a position past the last child counts as unset": ({"course@course": 3}, [S11, CH1, COURSE]),
        "a section's own position does not matter": ({"sequential@s11": 2}, [S11, CH1, COURSE]),
        "both positions lead": ({"course@course": 1, "chapter@ch1": 2}, [S12, CH1, COURSE]),
        "another chapter's position does not matter": ({"chapter@ch2": 1}, [S11, CH1, COURSE]),
        "a chapter's position past the last section counts as unset": (
            {"course@course": 2, "chapter@ch2": 2},
            [S21, CH2, COURSE],
        ),
    },
)
def test_where_saved_positions_lead(positions: dict[str, int], expected: list[int]) -> None:
    assert current_path(WORKED, positions, LEARNER) == expected


@cases(
    "changes, positions, expected",
    {
        "an empty chapter is passed over": ({S11: {"parent": CH2}, S12: {"parent": CH2}}, {}, [S11, CH2, COURSE]),
        "a saved position in an empty chapter counts as unset": (
            {S21: {"visible_to_staff_only": True}},
            {"course@course": 2},
            [S11, CH1, COURSE],
        ),
        "a chapter of empty sections is passed over": (
            {V111: {"parent": S21}, V112: {"parent": S21}, V121: {"parent": S21}},
            {"course@course": 1},
            [S21, CH2, COURSE],
        ),
        "an empty section is passed over": ({V111: {"parent": S12}, V112: {"parent": S12}}, {}, [S12, CH1, COURSE]),
        "a section of hidden units is passed over": (
            {V111: {"visible_to_staff_only": True}, V112: {"visible_to_staff_only": True}},
            {"chapter@ch1": 1},
            [S12, CH1, COURSE],
        ),
        "a course without visible chapters is the path": (
            {CH1: {"visible_to_staff_only": True}, CH2: {"visible_to_staff_only": True}},
            {},
            [COURSE],
        ),
        "positions count visible children only": (
            {CH1: {"visible_to_staff_only": True}},
            {"course@course": 1},
            [S21, CH2, COURSE],
        ),
    },
)
def test_where_positions_lead_when_some_blocks_are_hidden(
    changes: dict[int, dict[str, Any]], positions: dict[str, int], expected: list[int]
) -> None:
    assert current_path(with_blocks(WORKED, changes), positions, LEARNER) == expected


@cases(
    "below",
    {
        "nothing": [],
        "an empty chapter": [("chapter", "ch1", 0)],
        "a chapter with an empty section": [("chapter", "ch1", 0), ("sequential", "s11", 1)],
    },
)
def test_a_course_without_content_is_its_own_path(below: list[tuple[str, str, int | None]]) -> None:
    assert current_path(outline(("course", "course", None), *below), {}, LEARNER) == [COURSE]


@cases(
    "block, expected",
    {
        "the course moves nothing": (COURSE, {}),
        "a chapter moves the course": (CH2, {"course@course": 2}),
        "a section moves chapter and course": (S12, {"chapter@ch1": 2, "course@course": 1}),
        "a unit moves section, chapter and course": (
            V112,
            {"sequential@s11": 2, "chapter@ch1": 1, "course@course": 1},
        ),
    },
)
def test_what_a_visit_of_a_block_moves(block: int, expected: dict[str, int]) -> None:
    assert positions_after_visit(WORKED, block, {}, LEARNER) == expected


def test_a_unit_keeps_no_position() -> None:
    deep = outline(*WORKED.blocks, ("problem", "p", V111))

    assert positions_after_visit(deep, 10, {}, LEARNER) == {"sequential@s11": 1, "chapter@ch1": 1, "course@course": 1}


@cases(
    "hidden, block, expected",
    {
        "a block that is hidden moves nothing": (V112, V112, {}),
        "a hidden section ends the walk": (S11, V112, {}),
        "a hidden chapter ends the walk above the section": (CH1, V112, {"sequential@s11": 2}),
        "a hidden unit before it does not count": (
            V111,
            V112,
            {"sequential@s11": 1, "chapter@ch1": 1, "course@course": 1},
        ),
        "a hidden chapter before it does not count": (
            CH1,
            V211,
            {"sequential@s21": 1, "chapter@ch2": 1, "course@course": 1},
        ),
    },
)
def test_what_a_visit_moves_when_a_block_is_hidden(hidden: int, block: int, expected: dict[str, int]) -> None:
    tree = with_blocks(WORKED, {hidden: {"visible_to_staff_only": True}})

    assert positions_after_visit(tree, block, {}, LEARNER) == expected


def test_a_block_is_found_by_its_type_and_id() -> None:
    assert WORKED.find("vertical", "v121") == V121
    assert WORKED.find("problem", "v121") is None
    assert WORKED.find("vertical", "v999") is None
    assert WORKED.usage_key(V121) == "block-v1:DemoX+DX101+2026_T1+type@vertical+block@v121"
    assert list(WORKED.ancestors(V121)) == [V121, S12, CH1, COURSE]
    assert list(WORKED.children(CH1)) == [S11, S12]


# --- What a user sees -------------------------------------------------------------------------------------------------


@cases(
    "fields, viewer, expected",
    {
        "a plain block": ({}, LEARNER, True),
        "not a block for staff": ({"visible_to_staff_only": True}, LEARNER, False),
        "a block for staff, as staff": ({"visible_to_staff_only": True}, STAFF, True),
        "not a block for staff, as beta tester": ({"visible_to_staff_only": True}, TESTER, False),
        "a block that began": ({"start": at("2026-04-01T11:59:59.999999")}, LEARNER, True),
        "not a block that begins right now": ({"start": NOW}, LEARNER, False),
        "not a block that begins later": ({"start": at("2026-04-02")}, LEARNER, False),
        "a block that begins later, as staff": ({"start": at("2026-04-02")}, STAFF, True),
        "a block that begins later, as beta tester": (
            {"start": at("2026-04-02"), "days_early_for_beta": 1},
            TESTER,
            True,
        ),
        "not a block that begins much later, as beta tester": (
            {"start": at("2026-04-03"), "days_early_for_beta": 1},
            TESTER,
            False,
        ),
        "not early without days, as beta tester": ({"start": at("2026-04-02")}, TESTER, False),
        "not early as learner": ({"start": at("2026-04-02"), "days_early_for_beta": 1}, LEARNER, False),
    },
)
def test_which_blocks_a_viewer_sees(fields: dict[str, Any], viewer: Viewer, expected: bool) -> None:
    tree = outline(("course", "course", None), Block("chapter", "ch1", 0, **fields))

    assert tree.is_visible(1, viewer) is expected


@cases(
    "above, own, groups, expected",
    {
        "a block that names no group is open": ({}, {}, {}, True),
        "one's own group may see it": ({}, {"50": [1, 2]}, {"50": 2}, True),
        "another group may not": ({}, {"50": [1]}, {"50": 2}, False),
        "who is in no group may not": ({}, {"50": [1]}, {}, False),
        "an empty list of groups is open": ({}, {"50": []}, {}, True),
        "a group of another partition does not help": ({}, {"50": [1]}, {"51": 1}, False),
        "every partition must agree": ({}, {"50": [1], "51": [9]}, {"50": 1}, False),
        "every partition agrees": ({}, {"50": [1], "51": [9]}, {"50": 1, "51": 9}, True),
        "an ancestor has its say": ({"50": [1]}, {}, {"50": 2}, False),
        "block and ancestor must agree": ({"50": [1, 2]}, {"50": [2, 3]}, {"50": 1}, False),
        "block and ancestor agree": ({"50": [1, 2]}, {"50": [2, 3]}, {"50": 2}, True),
        "block and ancestor that share no group close it": ({"50": [1]}, {"50": [2]}, {"50": 1}, False),
    },
)
def test_which_groups_see_a_block(
    above: dict[str, list[int]], own: dict[str, list[int]], groups: dict[str, int], expected: bool
) -> None:
    tree = outline(("course", "course", None), Block("chapter", "a", 0, group_access=above))
    tree = outline(*tree.blocks, Block("sequential", "b", 1, group_access=own))

    assert tree.is_visible(2, Viewer(False, False, in_groups(groups), NOW)) is expected
    assert tree.is_visible(2, STAFF) is True


@cases(
    "roles, staff, beta_tester",
    {
        "a learner": (PLAIN, False, False),
        "staff of the course": (course_role("staff"), True, False),
        "a beta tester": (course_role("beta_testers"), False, True),
    },
)
def test_a_user_as_a_viewer(roles: Roles, staff: bool, beta_tester: bool) -> None:
    dates = LearnerDates(self_paced=True)

    viewer = viewer_of(course(), WORKED, roles, enrollment(), dates, NOW)

    assert (viewer.staff, viewer.beta_tester, viewer.now, viewer.dates) == (staff, beta_tester, NOW, dates)
    assert viewer.groups.groups == {"50": 1}


@cases(
    "usage_key, expected",
    {
        "a unit": (WORKED.usage_key(V121), [COURSE, CH1, S12, V121]),
        "nothing above a unit": (WORKED.usage_key(S12), None),
        "no chapter": (WORKED.usage_key(CH1), None),
        "not the course": (WORKED.usage_key(COURSE), None),
        "nothing completed": (None, None),
        "nothing that is gone": ("block-v1:DemoX+DX101+2026_T1+type@vertical+block@gone", None),
        "nothing of another course": ("block-v1:DemoX+DX200+2025_T3+type@vertical+block@v121", None),
        "nothing that is no key": ("abc", None),
    },
)
def test_the_path_to_what_was_completed_last(usage_key: str | None, expected: list[int] | None) -> None:
    assert last_completed_path(WORKED, usage_key) == expected


# --- Random trees -----------------------------------------------------------------------------------------------------

LEVELS = (("course",), ("chapter",), ("sequential", "problemset", "videosequence"), ("vertical", "split_test"))
group_access = st.dictionaries(st.sampled_from(["50", "51"]), st.lists(st.integers(1, 3), max_size=3), max_size=2)
starts = st.none() | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))
viewers = st.builds(
    Viewer,
    staff=st.booleans(),
    beta_tester=st.booleans(),
    groups=st.builds(in_groups, st.dictionaries(st.sampled_from(["50", "51"]), st.integers(1, 3))),
    now=st.just(NOW),
)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """A course as authors make them: chapters, sections, units, components; any of them hidden in any way."""
    blocks, depths = [Block("course", "course", None)], [0]
    for index in range(1, draw(st.integers(1, 12))):
        parent = draw(st.integers(0, index - 1))
        depth = depths[parent] + 1
        blocks.append(
            Block(
                draw(st.sampled_from(LEVELS[depth] if depth < len(LEVELS) else ("problem", "html"))),
                f"b{index}",
                parent,
                start=draw(starts),
                visible_to_staff_only=draw(st.integers(0, 4)) == 0,
                days_early_for_beta=draw(st.none() | st.floats(0, 5)),
                group_access=draw(st.just({}) | group_access),
            )
        )
        depths.append(depth)
    return outline(*blocks)


@st.composite
def visits(draw: st.DrawFn) -> tuple[Outline, int, dict[str, int]]:
    """A course, one of its blocks, and positions that were saved at some time, when the course was another."""
    tree = draw(outlines())
    names = st.sampled_from([position_key(block) for block in tree.blocks])
    return (
        tree,
        draw(st.integers(0, len(tree.blocks) - 1)),
        draw(st.dictionaries(names, st.integers(-1, 5), max_size=8)),
    )


@given(visits(), viewers)
def test_a_path_leads_up_to_the_course_through_visible_blocks(
    visit: tuple[Outline, int, dict[str, int]], viewer: Viewer
) -> None:
    tree, _, positions = visit
    path = current_path(tree, positions, viewer)

    assert path[-1] == COURSE
    assert 1 <= len(path) <= 3
    assert [tree.blocks[index].parent for index in path] == [*path[1:], None]
    assert all(tree.is_visible(index, viewer) for index in path)


@given(visits(), viewers)
def test_a_visit_leads_back_to_its_section(visit: tuple[Outline, int, dict[str, int]], viewer: Viewer) -> None:
    tree, _, positions = visit

    for block in range(len(tree.blocks)):
        way = list(tree.ancestors(block))
        # Below a section: one that was visited itself may have nothing in it that the viewer sees.
        if len(way) > 3 and all(tree.is_visible(index, viewer) for index in way):
            changed = positions_after_visit(tree, block, positions, viewer)
            assert current_path(tree, positions | changed, viewer) == way[-3:]


@given(visits(), viewers)
def test_the_same_visit_again_moves_nothing(visit: tuple[Outline, int, dict[str, int]], viewer: Viewer) -> None:
    tree, block, positions = visit
    changed = positions_after_visit(tree, block, positions, viewer)

    assert positions_after_visit(tree, block, positions | changed, viewer) == {}


@given(visits(), viewers)
def test_a_visit_moves_ancestors_to_one_of_their_visible_children(
    visit: tuple[Outline, int, dict[str, int]], viewer: Viewer
) -> None:
    tree, block, positions = visit
    above = {position_key(tree.blocks[index]): index for index in list(tree.ancestors(block))[1:]}

    for name, position in positions_after_visit(tree, block, positions, viewer).items():
        assert name in above
        assert tree.blocks[above[name]].type in POSITIONED_TYPES
        assert 1 <= position <= len(tree.visible_children(above[name], viewer))
        assert positions.get(name) != position


@given(outlines(), viewers)
def test_staff_sees_every_block_and_others_see_some_in_the_same_order(tree: Outline, viewer: Viewer) -> None:
    for index in range(len(tree.blocks)):
        children = list(tree.children(index))
        seen = tree.visible_children(index, viewer)
        assert tree.visible_children(index, STAFF) == children
        assert seen == [child for child in children if child in seen]


VISITED = outline(("course", "course", None), ("chapter", "ch1", 0))


def test_the_visited_block_is_found_in_the_course() -> None:
    assert visited_block(VISITED, "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch1") == 1


@cases(
    "block_id",
    {
        "a word": "abc",
        "a blank": " ",
        "a key without an id": "block-v1:DemoX+DX101+2026_T1+type@chapter",
        "a key with an empty id": "block-v1:DemoX+DX101+2026_T1+type@chapter+block@",
        "a blank at the end": "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch1 ",
        "a long id": f"block-v1:DemoX+DX101+2026_T1+type@chapter+block@{'1' * 3000}",
        "a block that there is not": "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch9",
        "a block of another type": "block-v1:DemoX+DX101+2026_T1+type@vertical+block@ch1",
        "a block of another run": "block-v1:DemoX+DX101+2025_T1+type@chapter+block@ch1",
        "a block of a branch": "block-v1:DemoX+DX101+2026_T1+branch@draft+type@chapter+block@ch1",
        "the older spelling": "i4x://DemoX/DX101/chapter/ch1",
        "the course's own key": "course-v1:DemoX+DX101+2026_T1",
    },
)
def test_a_block_that_is_not_in_the_course_is_refused(block_id: str) -> None:
    with pytest.raises(UnknownBlockError):
        visited_block(VISITED, block_id)
