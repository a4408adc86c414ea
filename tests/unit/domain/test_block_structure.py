"""The course as it is built for one learner: arms of experiments, selections, their order. (mobile-users.md 7.11)"""

from dataclasses import replace
from random import Random
from typing import Any

from lms.domain.block_structure import BlockStructure
from lms.domain.course_dates import LearnerDates
from lms.domain.outline import Block, Outline, Viewer, viewer_of
from lms.domain.partitions import LearnerGroups, UserPartition
from tests.unit.builders import NOW, PLAIN, cases, course_role, outline
from tests.unit.random_courses import RandomCourse, random_course

EXPERIMENT = UserPartition("101", "random", (0, 1))
OFF = UserPartition("102", "random", (0, 1), active=False)
TREES = 3000


def viewer(group: int | None = None, staff: bool = False) -> Viewer:
    """A learner in that arm of the experiment."""
    groups = {} if group is None else {"101": group, "102": group}
    return Viewer(staff, False, LearnerGroups({"101": EXPERIMENT, "102": OFF}, groups), NOW)


def unit(*children: Block) -> Outline:
    """A unit, its children under it and theirs under them, for an author with two experiments."""
    return outline(Block("vertical", "unit", None), *children, partitions=[EXPERIMENT, OFF])


def names(tree: Outline, seen_by: Viewer, selected: dict[str, tuple[str, ...]] | None = None, of: int = 0) -> list[str]:
    structure = BlockStructure(tree, seen_by, selected or {})
    return [tree.blocks[child].name for child in structure.children(of)]


# --- Experiments ------------------------------------------------------------------------------------------------------


def experiment(partition: str | None = "101", arms: dict[str, str] | None = None) -> Outline:
    arms = {"0": "vertical@a", "1": "vertical@b"} if arms is None else arms
    return unit(
        Block("split_test", "test", 0, user_partition_id=partition, group_id_to_child=arms),
        Block("vertical", "a", 1),
        Block("vertical", "b", 1),
        Block("html", "after", 0),
    )


@cases(
    "tree, seen_by, expected",
    {
        # An arm stands behind what came after the experiment: Open edX hangs it there.
        "the learner's arm alone": (experiment(), viewer(1), ["after", "b"]),
        "no arm before one is assigned": (experiment(), viewer(None), ["after"]),
        "both arms, for staff": (experiment(), viewer(None, staff=True), ["after", "a", "b"]),
        "both arms of an experiment that is off": (experiment("102"), viewer(1), ["after", "a", "b"]),
        "both arms where the partition is deleted": (experiment("999"), viewer(1), ["after", "a", "b"]),
        "both arms where none was ever chosen": (experiment(None), viewer(1), ["after", "a", "b"]),
        "an arm of no group is for everybody": (experiment(arms={"0": "vertical@a"}), viewer(1), ["after", "b"]),
        "an arm of several groups is the last one's": (
            experiment(arms={"0": "vertical@a", "1": "vertical@a"}),
            viewer(0),
            ["after", "b"],
        ),
    },
)
def test_of_an_experiment_there_is(tree: Outline, seen_by: Viewer, expected: list[str]) -> None:
    assert names(tree, seen_by) == expected


def test_an_experiments_own_rule_holds_for_its_arms() -> None:
    _, test, *others = experiment().blocks
    closed = unit(replace(test, group_access={"101": [0]}), *others)

    assert names(closed, viewer(1)) == ["after"]
    assert names(closed, viewer(0)) == ["after", "a"]


# --- Selections -------------------------------------------------------------------------------------------------------

BANK = (
    Block("library_content", "bank", 0),
    Block("problem", "p1", 1),
    Block("problem", "p2", 1, visible_to_staff_only=True),
    Block("problem", "p3", 1),
    Block("problem", "p4", 1, group_access={"101": [0]}),
)


@cases(
    "selected, seen_by, expected",
    {
        "in the order of the selection": (["p3", "p1"], viewer(1), ["p3", "p1"]),
        "those that are still there": (["p9", "p3", "p1"], viewer(1), ["p3", "p1"]),
        "in course order where a selected one is for staff": (["p3", "p2", "p1"], viewer(1), ["p1", "p3"]),
        "in its order for staff": (["p3", "p2", "p1"], viewer(staff=True), ["p3", "p2", "p1"]),
        "in its order where a selected one is for others": (["p3", "p4", "p1"], viewer(1), ["p3", "p1"]),
        "all while none are known": ([], viewer(0), ["p1", "p3", "p4"]),
        "all where none is left": (["p9"], viewer(0), ["p1", "p3", "p4"]),
    },
)
def test_the_children_of_a_randomized_block_are(selected: list[str], seen_by: Viewer, expected: list[str]) -> None:
    state = {"library_content@bank": tuple(f"problem@{name}" for name in selected)}

    assert names(unit(*BANK), seen_by, state, of=1) == expected


def test_a_selection_says_nothing_of_a_block_that_is_not_randomized() -> None:
    tree = unit(Block("vertical", "v", 0), Block("html", "h1", 1), Block("html", "h2", 1))

    assert names(tree, viewer(1), {"vertical@v": ("html@h2",)}, of=1) == ["h1", "h2"]


# --- Random courses, against the same built in Open edX's steps: a graph that one step after the other takes apart ----


class Graph:
    """Parents and children by name, as the block structure keeps them."""

    def __init__(self, tree: Outline) -> None:
        self.tree = tree
        self.children: dict[int, list[int]] = {index: list(tree.children(index)) for index in range(len(tree.blocks))}
        self.parents: dict[int, list[int]] = {
            index: [] if block.parent is None else [block.parent] for index, block in enumerate(tree.blocks)
        }

    def remove(self, index: int, keep_descendants: bool) -> None:
        children, parents = self.children.pop(index), self.parents.pop(index)
        for child in children:
            self.parents[child].remove(index)
        for parent in parents:
            self.children[parent].remove(index)
        if keep_descendants:
            for child in children:
                for parent in parents:
                    self.children[parent].append(child)
                    self.parents[child].append(parent)

    def walk(self, condition: Any, keep_descendants: bool = False) -> None:
        """Remove what meets the condition, parents before children."""
        stack = [0]
        kept: dict[int, bool] = {}
        while stack:
            index = stack.pop()
            if index not in self.children or (index and not any(kept.get(parent) for parent in self.parents[index])):
                continue
            stack.extend(reversed(self.children[index]))
            kept[index] = not condition(index)
            if not kept[index]:
                self.remove(index, keep_descendants)

    def nested(self, index: int = 0) -> Any:
        if index not in self.children:
            return ()
        return (index, *(self.nested(child) for child in self.children[index]))


def built_by_hand(made: RandomCourse) -> Any:
    """The learner's blocks as nested tuples."""
    tree, blocks = made.outline, made.outline.blocks
    groups = viewer_of(made.course, tree, PLAIN, made.enrollment, LearnerDates(), NOW).groups
    graph = Graph(tree)
    name = [f"{block.type}@{block.name}" for block in blocks]

    # First what was not selected, and what is for staff.
    selections = {}
    unselected = set()
    for index, block in enumerate(blocks):
        if block.type == "library_content":
            there = {name[child] for child in tree.children(index)}
            chosen = [key for key in made.selected.get(name[index], ()) if key in there]
            if chosen:
                selections[index] = chosen
                unselected |= {child for child in tree.children(index) if name[child] not in chosen}
    graph.walk(lambda index: index in unselected or (blocks[index].visible_to_staff_only and not made.staff))

    # Then the order of selections that are whole.
    for index, chosen in selections.items():
        if index in graph.children and {name[child] for child in graph.children[index]} == set(chosen):
            graph.children[index].sort(key=lambda child, chosen=chosen: chosen.index(name[child]))  # type: ignore[misc]

    # What each block demands is known from the whole course, arms of experiments being for their groups.
    own = [{pid: set(allowed) for pid, allowed in block.group_access.items() if allowed} for block in blocks]
    for index, block in enumerate(blocks):
        for partition in tree.partitions if block.type == "split_test" else ():
            if partition.id == block.user_partition_id:
                arms = {block.group_id_to_child.get(str(group)): group for group in partition.groups}
                for child in tree.children(index):
                    own[child].pop(partition.id, None)
                    if name[child] in arms:
                        own[child][partition.id] = {arms[name[child]]}
    demanded: list[dict[str, set[int]]] = []
    for index, block in enumerate(blocks):
        above = demanded[block.parent] if block.parent is not None else {}
        both = {pid: above[pid] & own[index][pid] for pid in above.keys() & own[index].keys()}
        demanded.append(above | own[index] | both)

    # Then experiments go, and at last what is for other groups.
    graph.walk(lambda index: blocks[index].type == "split_test", keep_descendants=True)
    active = {pid for pid, partition in groups.partitions.items() if partition.active}

    def is_closed(index: int) -> bool:
        return any(groups.groups.get(pid) not in demanded[index][pid] for pid in demanded[index].keys() & active)

    if not made.staff:
        graph.walk(is_closed)
    return graph.nested()


def built(made: RandomCourse) -> Any:
    roles = course_role("staff") if made.staff else PLAIN
    structure = BlockStructure(
        made.outline, viewer_of(made.course, made.outline, roles, made.enrollment, LearnerDates(), NOW), made.selected
    )

    def nested(index: int) -> Any:
        return (index, *(nested(child) for child in structure.children(index)))

    return nested(0)


def test_random_courses_are_built_as_by_hand() -> None:
    sizes = set()
    for seed in range(TREES):
        made = random_course(Random(seed))
        expected = built_by_hand(made)
        # A course that is closed as a whole: its block is asked for all the same, and has no children.
        assert built(made) == (expected or (0,)), seed
        sizes.add(str(expected).count("("))
    assert len(sizes) > 20
