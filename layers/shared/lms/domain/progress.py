"""A learner's place in a course, and when a visit may move it. (mobile-users.md 5.4)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    changed: datetime | None = None
    """When the request arrived whose visit moved the learner last; None where none has."""


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


def is_stale(progress: Progress, modified: datetime | None, now: datetime) -> bool:
    """Whether a visit is older than what is stored: by its own date `modified`, or because it was overtaken.

    Its date is compared with that of the course block's state (mobile-users.md 5.4). Overtaken is a visit that arrived,
    at `now`, before another one which is saved already. An equal date is not older. (deviations 14)
    """
    return _is_earlier(modified, progress.course_state_modified) or _is_earlier(now, progress.changed)


def moved(progress: Progress, positions: Mapping[str, int], moves_course_block: bool, now: datetime) -> Progress:
    """The place after a visit that arrived at `now` and is not stale. No date ever goes back.

    `positions`: those that it changes. `moves_course_block`: whether the course block's own is among them.
    """
    course_state_modified = progress.course_state_modified
    return replace(
        progress,
        positions={**progress.positions, **positions},
        course_state_modified=_later(course_state_modified, now) if moves_course_block else course_state_modified,
        latest_state_modified=_later(progress.latest_state_modified, now),
        changed=now,
    )


def _is_earlier(moment: datetime | None, than: datetime | None) -> bool:
    return moment is not None and than is not None and moment < than


def _later(moment: datetime | None, other: datetime) -> datetime:
    return other if moment is None else max(moment, other)
