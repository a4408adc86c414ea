"""A learner's place in a course, and when a visit may move it. (mobile-users.md 5.4)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What is kept of a learner in one course."""

    course_id: str
    positions: Mapping[str, int] = field(default_factory=dict)
    """`type@id` of a block -> one-based position among its visible children."""
    course_state_modified: datetime | None = None
    """When the course block's own state was last saved; None while it holds nothing."""
    latest_state_modified: datetime | None = None
    """The latest change of any of the learner's states in the course."""
    selected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`type@id` of a randomized block -> `type@id` of the children that were selected for the learner, in order."""
    last_completed_block: str | None = None
    """Usage key of the block whose completion changed last."""
    last_completed_at: datetime | None = None
    """When that completion changed."""
    latest_completion_created: datetime | None = None
    """When the newest of the learner's completions in the course was created."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a client says of where the learner is. (mobile-users.md 5.2)"""

    block_id: str | None
    """A usage key as sent; None says nothing."""
    modified: datetime | None
    """Since when; None means now."""


@dataclass(frozen=True, slots=True)
class CourseStatus:
    """Where the learner is in a course. (mobile-users.md 5.3)"""

    path: Sequence[str]
    """Usage keys, bottom-up: subsection, section, course; shorter where a level is missing."""
    last_completed_block: str | None


def is_stale(progress: Progress, modified: datetime | None) -> bool:
    """Whether a visit dated `modified` is older than what is stored; an equal date is not. (mobile-users.md 5.4)"""
    return (
        modified is not None
        and progress.course_state_modified is not None
        and modified < progress.course_state_modified
    )
