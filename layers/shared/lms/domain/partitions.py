"""User partitions: which of a course's groups a learner is in, and whom `group_access` lets see a block.

Open edX asks twice, by two rules: when the courseware loads a block, and when the block structure is built for a
learner. (mobile-users.md 7.11)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lms.domain.courses import DEFAULT_MODE, CourseMode, CourseOverview
from lms.domain.enrollments import Enrollment

ENROLLMENT_TRACK_PARTITION = "50"
"""Id of the partition that every course has: its groups are the course modes."""
_ENROLLMENT_TRACK_GROUPS = {
    "audit": 1,
    "verified": 2,
    "professional": 3,
    "no-id-professional": 4,
    "credit": 5,
    "honor": 6,
    "masters": 7,
    "executive-education": 8,
    "unpaid-executive-education": 9,
    "paid-executive-education": 10,
    "unpaid-bootcamp": 11,
    "paid-bootcamp": 12,
}
"""COURSE_ENROLLMENT_MODES of Open edX: mode -> id of its group."""
_CREDIT = "credit"
_VERIFICATION_GROUP = 1

GroupAccess = Mapping[str, Sequence[int]]
"""A block's own rule: id of a partition -> groups that may see the block; an empty list restricts nobody."""


@dataclass(frozen=True, slots=True)
class UserPartition:
    """A way in which a course divides its learners into groups."""

    id: str
    scheme: str
    """What puts a learner into a group: `cohort`, `random`, `verification`, `enrollment_track`, or a plugin's own."""
    groups: tuple[int, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True)
class LearnerGroups:
    """The user partitions of a course, and the groups that a learner is in."""

    partitions: Mapping[str, UserPartition]
    """By id, inactive ones too."""
    groups: Mapping[str, int]
    """Partition id -> the learner's group; a partition without one is one in which the learner is in no group."""

    def admit_to_courseware(self, rules: Sequence[GroupAccess]) -> bool:
        """Whether the learner may load a block, as the course status has it. (mobile-users.md 7.11)

        `rules`: those of the course block, and so on down to the block itself.
        """
        merged = {partition: set(groups) for partition, groups in rules[0].items()}
        for rule in rules[1:]:
            for partition, groups in rule.items():
                if not groups:
                    continue
                merged[partition] = merged[partition] & set(groups) if partition in merged else set(groups)
                if not merged[partition]:
                    return False
        return all(self._admits(partition, allowed) for partition, allowed in merged.items())

    def _admits(self, partition_id: str, allowed: set[int]) -> bool:
        partition = self.partitions.get(partition_id)
        if partition is None:
            return False
        if not partition.active or not allowed:
            return True
        # A group that was deleted from the partition closes the block to the others too.
        return allowed <= set(partition.groups) and self.groups.get(partition_id) in allowed

    def admit_to_block_structure(self, rules: Sequence[GroupAccess]) -> bool:
        """Whether a block is in the learner's block structure, as v4 has it. (mobile-users.md 7.11)

        `rules`: those of the block and all its ancestors, in any order. Partitions that are deleted or inactive do not
        count, nor does it matter whether the groups still exist.
        """
        for partition in self.partitions.values():
            restrictions = [set(groups) for rule in rules if (groups := rule.get(partition.id))]
            if (
                partition.active
                and restrictions
                and self.groups.get(partition.id) not in set.intersection(*restrictions)
            ):
                return False
        return True


def learner_groups(
    own_partitions: Iterable[UserPartition], course: CourseOverview, enrollment: Enrollment | None
) -> LearnerGroups:
    """The learner's groups in the partitions that the course's author made, and in the enrollment track."""
    partitions = {partition.id: partition for partition in own_partitions}
    partitions.setdefault(
        ENROLLMENT_TRACK_PARTITION,
        UserPartition(ENROLLMENT_TRACK_PARTITION, "enrollment_track", _enrollment_tracks(course.modes)),
    )
    groups = {partition.id: _group_in(partition, course, enrollment) for partition in partitions.values()}
    return LearnerGroups(partitions, {name: group for name, group in groups.items() if group is not None})


def enrollment_track_group(mode: str, course_modes: Sequence[CourseMode]) -> int | None:
    """The group of an active enrollment in the enrollment track partition. (mobile-users.md 7.11)

    Expired modes count. A mode that the course does not have is as the default mode, a mode for credit as the one that
    was paid for before. None for a mode of the course that Open edX has no group for.
    """
    slugs = {course_mode.slug for course_mode in course_modes}
    if mode == _CREDIT and mode in slugs:
        mode = next((paid for paid in ("professional", "verified") if paid in slugs), DEFAULT_MODE)
    elif mode not in slugs:
        mode = DEFAULT_MODE
    return _ENROLLMENT_TRACK_GROUPS.get(mode)


def _enrollment_tracks(course_modes: Sequence[CourseMode]) -> tuple[int, ...]:
    """The groups of the enrollment track partition: modes that can be chosen, so never credit."""
    slugs = [mode.slug for mode in course_modes if mode.slug != _CREDIT] or [DEFAULT_MODE]
    return tuple(_ENROLLMENT_TRACK_GROUPS[slug] for slug in slugs if slug in _ENROLLMENT_TRACK_GROUPS)


def _group_in(partition: UserPartition, course: CourseOverview, enrollment: Enrollment | None) -> int | None:
    group = None
    match partition.scheme:
        case "enrollment_track":
            active = enrollment is not None and enrollment.active
            return enrollment_track_group(enrollment.mode, course.modes) if enrollment and active else None
        case "cohort" if enrollment is not None and course.cohorted:
            group = _content_group(course, enrollment.cohort, partition.id)
        case "random" if enrollment is not None:
            group = enrollment.random_groups.get(partition.id)
        case "verification":
            group = _VERIFICATION_GROUP
    return group if group in partition.groups else None


def _content_group(course: CourseOverview, cohort: int | None, partition_id: str) -> int | None:
    """The group that the cohort is linked to; None where it is linked to none of this partition."""
    return next(
        (link.group for link in course.content_groups if (link.cohort, link.partition) == (cohort, partition_id)), None
    )
