"""A learner's assignments in a course: what they are, which are done, which come next. (mobile-users.md 7.8)"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lms.domain.block_structure import BlockStructure
from lms.domain.block_types import SCORED_TYPES
from lms.domain.dates import parse_stored
from lms.domain.outline import Block, Outline, Viewer

MANUAL_ORA_DATES = "This Open Response Assessment's due dates are set by your instructor and can't be shifted."

_NEEDS_CHILDREN = frozenset({"course", "chapter", "sequential", "vertical"})
_ORA_STEPS = {
    "self-assessment": "Self Assessment",
    "peer-assessment": "Peer Assessment",
    "staff-assessment": "Staff Assessment",
    "student-training": "student-training",
}
_ORA_STEPS_FOR_TEAMS = ("staff-assessment",)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A graded subsection, or a step of an open response assessment. Blocks are indexes in the outline."""

    block: int
    title: str
    type: str | None
    due: datetime | None
    complete: bool
    released: bool
    first_component: int
    extra_info: str | None = None


@dataclass(frozen=True, slots=True)
class CourseProgress:
    """How many assignments there are, and how many of them are complete."""

    total: int
    completed: int


def course_progress(assignments: Sequence[Assignment]) -> CourseProgress:
    """The count of all assignments and of those that are complete, whether or not they have a due date."""
    return CourseProgress(len(assignments), sum(assignment.complete for assignment in assignments))


def past_assignments(assignments: Iterable[Assignment], now: datetime) -> list[Assignment]:
    """Those whose due date has passed, complete or not, in the order of their dates."""
    past = [assignment for assignment in assignments if assignment.due is not None and assignment.due < now]
    return sorted(past, key=due_of)


def future_assignments(assignments: Iterable[Assignment], now: datetime) -> list[Assignment]:
    """What is to be done next: the incomplete ones due on the same day (in UTC) as the earliest of them."""
    future = sorted(
        (
            assignment
            for assignment in assignments
            if assignment.due is not None and assignment.due >= now and not assignment.complete
        ),
        key=due_of,
    )
    return [assignment for assignment in future if _due_day(assignment) == _due_day(future[0])]


def assignments_of(
    outline: Outline,
    viewer: Viewer,
    completed: Collection[bytes],
    selected: Mapping[str, Sequence[str]],
    course_end: datetime | None,
) -> list[Assignment]:
    """All the learner's assignments, in course order. (mobile-users.md 7.8)

    `completed`: digests of the blocks that are complete. `selected`: `type@id` of a randomized block -> `type@id` of
    the children that were selected for the learner, in their order. Blocks that only staff or other groups see do not
    count; blocks that begin later do.
    """
    structure = _Structure(outline, viewer, completed, selected)
    return [
        assignment
        for subsection in structure.subsections()
        for assignment in structure.assignments(subsection, course_end)
    ]


def due_of(assignment: Assignment) -> datetime:
    """When it is due; asked only of assignments that have a date."""
    assert assignment.due is not None  # noqa: S101
    return assignment.due


def _due_day(assignment: Assignment) -> date:
    return due_of(assignment).astimezone(UTC).date()


class _Structure:
    """The course as it is built for one learner."""

    def __init__(
        self,
        outline: Outline,
        viewer: Viewer,
        completed: Collection[bytes],
        selected: Mapping[str, Sequence[str]],
    ) -> None:
        self._outline = outline
        self._viewer = viewer
        self._completed = completed
        self._structure = BlockStructure(outline, viewer, selected)

    def subsections(self) -> Iterator[int]:
        for section in self._children(0):
            yield from self._children(section)

    def assignments(self, subsection: int, course_end: datetime | None) -> Iterator[Assignment]:
        block = self._outline.blocks[subsection]
        if block.graded:
            released = self._has_begun(self._viewer.start(block))
            yield Assignment(
                block=subsection,
                title=block.display_name or "Assignment",
                type=block.format,
                due=self._viewer.due(block),
                complete=released and self._is_complete(subsection),
                released=released,
                first_component=self._first_leaf(subsection),
            )
        for index in self._last_first(subsection):
            leaf = self._outline.blocks[index]
            if leaf.type == "openassessment" and leaf.graded and _is_scored(leaf):
                yield from self._ora_steps(index, leaf, course_end)

    def _ora_steps(self, index: int, block: Block, course_end: datetime | None) -> Iterator[Assignment]:
        ora = block.ora or {}
        title = block.display_name or "Open Response Assessment"
        complete = self._is_complete(index)
        for name, start, due in _steps(ora):
            # A step without a start of its own is none, even where its dates are not what counts.
            if start is None:
                continue
            extra_info = None
            match ora.get("date_config_type"):
                case "subsection":
                    start, due = self._viewer.start(block), self._viewer.due(block)
                case "course_end":
                    start, due = None, course_end
                case _:
                    extra_info = MANUAL_ORA_DATES
            if due is not None:
                yield Assignment(
                    block=index,
                    title=f"{title} ({name})",
                    type=block.format,
                    due=due,
                    complete=complete,
                    released=self._has_begun(start),
                    first_component=index,
                    extra_info=extra_info,
                )

    def _has_begun(self, start: datetime | None) -> bool:
        return start is None or start < self._viewer.now

    def _children(self, index: int) -> Sequence[int]:
        return self._structure.children(index)

    def _last_first(self, index: int) -> Iterator[int]:
        """All blocks below another, each before its children: the order in which Open edX comes upon ORAs."""
        for child in reversed(self._children(index)):
            yield child
            yield from self._last_first(child)

    def _first_leaf(self, index: int) -> int:
        children = self._children(index)
        return self._first_leaf(children[0]) if children else index

    def _is_complete(self, index: int) -> bool:
        children = self._children(index)
        if children:
            return all(self._is_complete(child) for child in children)
        block = self._outline.blocks[index]
        if block.type in _NEEDS_CHILDREN:
            return False
        return not block.graded or not _is_scored(block) or self._outline.digest(index) in self._completed


def _is_scored(block: Block) -> bool:
    scored = block.has_score if block.has_score is not None else block.type in SCORED_TYPES
    return scored and (block.weight is None or block.weight > 0)


def _steps(ora: Mapping[str, Any]) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    yield "Submission", parse_stored(ora.get("submission_start")), parse_stored(ora.get("submission_due"))
    known = _ORA_STEPS_FOR_TEAMS if ora.get("teams_enabled") else _ORA_STEPS
    for step in ora.get("assessments") or []:
        if step.get("name") in known:
            yield _ORA_STEPS[step["name"]], parse_stored(step.get("start")), parse_stored(step.get("due"))
