"""The course tree as a learner sees it: what is visible, where the learner was, and where a visit moves them.

Positions are what Open edX stores: one-based, per block, counted among the children that this user may load.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lms.domain.access import early_start
from lms.domain.completions import block_digest
from lms.domain.course_dates import CourseDates, LearnerDates
from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Enrollment
from lms.domain.errors import UnknownBlockError
from lms.domain.keys import CourseKey, parse_usage_key
from lms.domain.partitions import GroupAccess, LearnerGroups, UserPartition, learner_groups
from lms.domain.roles import Roles

POSITIONED_TYPES = frozenset({"course", "chapter", "sequential", "problemset", "videosequence"})
"""Block types that store a position; verticals and other containers do not."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a course, with inherited fields filled in when its export was loaded."""

    type: str
    name: str
    """The block id, the last part of its usage key."""
    parent: int | None
    """Index of the parent in the outline; None for the course block."""
    display_name: str | None = None
    start: datetime | None = None
    visible_to_staff_only: bool = False
    days_early_for_beta: float | None = None
    group_access: GroupAccess = field(default_factory=dict)
    """Its own rule; ancestors add theirs."""
    user_partition_id: str | None = None
    """Of a split_test: the partition whose groups see different children of it."""
    group_id_to_child: Mapping[str, str] = field(default_factory=dict)
    """Of a split_test: group -> `type@id` of the child that the group sees."""
    due: datetime | None = None
    graded: bool = False
    format: str | None = None
    weight: float | None = None
    has_score: bool | None = None
    """Whether it gives a score, where its author said so; else its type decides."""
    ora: Mapping[str, Any] | None = None
    """Steps and dates of an open response assessment."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """What decides which blocks a user sees."""

    staff: bool
    beta_tester: bool
    groups: LearnerGroups
    now: datetime
    dates: LearnerDates = field(default_factory=LearnerDates)

    def start(self, block: Block) -> datetime | None:
        """When the block itself begins for the user, as lists of assignments have it. (mobile-users.md 7.12)"""
        return self.dates.date((block.type, block.name, "start"), block.start)

    def due(self, block: Block) -> datetime | None:
        """When the block is due for the user. (mobile-users.md 7.12)"""
        return self.dates.date((block.type, block.name, "due"), block.due)


class Outline:
    """A course's blocks: the course block first, parents before children, siblings in course order."""

    def __init__(
        self,
        key: CourseKey,
        blocks: Sequence[Block],
        partitions: Sequence[UserPartition] = (),
        dates: CourseDates | None = None,
    ) -> None:
        """`partitions`: those that the course's author made. `dates`: what edx-when has of the blocks."""
        self.key = key
        self.blocks = blocks
        self.partitions = partitions
        self.dates = dates or CourseDates()
        self._children: list[list[int]] = [[] for _ in blocks]
        self._index: dict[tuple[str, str], int] = {}
        for index, block in enumerate(blocks):
            if block.parent is not None:
                self._children[block.parent].append(index)
            self._index.setdefault((block.type, block.name), index)

    def find(self, block_type: str, name: str) -> int | None:
        """Index of the block with that type and id, or None."""
        return self._index.get((block_type, name))

    def usage_key(self, index: int) -> str:
        """The printed usage key of a block."""
        block = self.blocks[index]
        return self.key.usage_key(block.type, block.name)

    def children(self, index: int) -> Sequence[int]:
        """Indexes of all the children of a block, in course order."""
        return self._children[index]

    def ancestors(self, index: int) -> Iterator[int]:
        """The block itself, its parent, and so on up to the course."""
        at: int | None = index
        while at is not None:
            yield at
            at = self.blocks[at].parent

    def visible_children(self, index: int, viewer: Viewer) -> list[int]:
        """Indexes of the children that the viewer may load, in course order. (mobile-users.md 5.4)"""
        return [child for child in self._children[index] if self.is_visible(child, viewer)]

    def is_visible(self, index: int, viewer: Viewer) -> bool:
        """Whether the viewer may load the block: not staff-only, begun, open to the viewer's groups."""
        if viewer.staff:
            return True
        block, path = self.blocks[index], [self.blocks[at] for at in self.ancestors(index)]
        start = viewer.dates.inherited(((above.type, above.name, "start") for above in path), block.start)
        opens = start and early_start(start, block.days_early_for_beta, viewer.beta_tester)
        return (
            (opens is None or viewer.now > opens)
            and not block.visible_to_staff_only
            and viewer.groups.admit_to_courseware([above.group_access for above in path][::-1])
        )

    def digest(self, index: int) -> bytes:
        """The digest that stands for the block among completed ones."""
        return block_digest(self.blocks[index].type, self.blocks[index].name)


def viewer_of(
    course: CourseOverview,
    outline: Outline,
    roles: Roles,
    enrollment: Enrollment | None,
    dates: LearnerDates,
    now: datetime,
) -> Viewer:
    """The user as a viewer of the course's blocks."""
    return Viewer(
        staff=roles.has_staff_access(course.key),
        beta_tester=roles.is_beta_tester(course.key),
        groups=learner_groups(outline.partitions, course, enrollment),
        now=now,
        dates=dates,
    )


def current_path(outline: Outline, positions: Mapping[str, int], viewer: Viewer) -> list[int]:
    """Where the user is, bottom-up: [subsection, section, course], shorter where a level is missing.

    `positions` maps `type@id` of a block to its one-based position. A position that points nowhere useful counts as
    unset: then the first section that holds a subsection with content, and its first such subsection.
    (mobile-users.md 5.4)
    """
    course = 0
    section = _positioned_child(outline, course, positions, viewer, depth=2)
    if section is None:
        return [course]
    subsection = _positioned_child(outline, section, positions, viewer, depth=1)
    return [section, course] if subsection is None else [subsection, section, course]


def last_completed_path(outline: Outline, usage_key: str | None) -> list[int] | None:
    """The path, top-down, to the block that was completed last; None unless it is at or below a unit."""
    key = parse_usage_key(usage_key or "")
    index = outline.find(key.block_type, key.block_id) if key and key.course_key == outline.key else None
    path = list(outline.ancestors(index))[::-1] if index is not None else []
    return path if len(path) > 3 else None


def visited_block(outline: Outline, block_id: str) -> int:
    """Index of the block that a visit names by its usage key. Raises UnknownBlockError. (deviations 7)"""
    key = parse_usage_key(block_id)
    index = outline.find(key.block_type, key.block_id) if key and key.course_key == outline.key else None
    if index is None:
        raise UnknownBlockError
    return index


def position_key(block: Block) -> str:
    """The name under which a block's position is kept: `chapter@ch1`."""
    return f"{block.type}@{block.name}"


def positions_after_visit(outline: Outline, index: int, positions: Mapping[str, int], viewer: Viewer) -> dict[str, int]:
    """The positions that change when the user visits a block, by `type@id`. (mobile-users.md 5.4)

    Each ancestor that keeps a position points at the child on the way down to the block. A level whose visible children
    do not hold that child stays as it is; a block or ancestor that the user cannot see ends the walk.
    """
    changed: dict[str, int] = {}
    child = index
    for at in outline.ancestors(index):
        if not outline.is_visible(at, viewer):
            break
        block = outline.blocks[at]
        if at != index and block.type in POSITIONED_TYPES:
            siblings = outline.visible_children(at, viewer)
            if child in siblings:
                position = siblings.index(child) + 1
                if positions.get(position_key(block)) != position:
                    changed[position_key(block)] = position
        child = at
    return changed


def moves_course_block(positions: Mapping[str, int]) -> bool:
    """Whether the course block's own position is among them.

    Only that changes the date which later visits are compared with. (mobile-users.md 5.4)
    """
    return any(position.startswith("course@") for position in positions)


def _positioned_child(
    outline: Outline, index: int, positions: Mapping[str, int], viewer: Viewer, depth: int
) -> int | None:
    """The child at the block's position, or the first one, that has visible blocks `depth` levels below it."""
    children = outline.visible_children(index, viewer)
    position = positions.get(position_key(outline.blocks[index]))
    if position is not None and 1 <= position <= len(children):
        at_position = children[position - 1]
        if _reaches(outline, at_position, viewer, depth):
            return at_position
    return next((child for child in children if _reaches(outline, child, viewer, depth)), None)


def _reaches(outline: Outline, index: int, viewer: Viewer, depth: int) -> bool:
    if depth == 0:
        return True
    return any(_reaches(outline, child, viewer, depth - 1) for child in outline.visible_children(index, viewer))
