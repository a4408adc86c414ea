"""A learner's place in a course, and when a visit may move it. (contract/mobile-users.md 5.4)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """What is kept of a learner in one course."""

    course_id: str
    positions: Mapping[str, int] = field(default_factory=dict)
    """`type@id` of a block -> one-based position among its visible children."""
    moved: datetime | None = None
    """When the course block's own state was last saved; None while it holds nothing."""
    active_at: datetime | None = None
    """The latest change of any of the learner's states in the course."""
    drawn: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """`type@id` of a randomized block -> `type@id` of the children that were drawn for the learner."""
    completed_block: str | None = None
    """Usage key of the block whose completion changed last."""
    completed_at: datetime | None = None
    """When that completion changed."""
    completion_created: datetime | None = None
    """When the newest of the learner's completions in the course was created."""


def is_stale(progress: Progress, modified: datetime | None) -> bool:
    """Whether a visit dated `modified` is older than what is stored; an equal date is not. (mobile-users.md 5.4)"""
    return modified is not None and progress.moved is not None and modified < progress.moved
