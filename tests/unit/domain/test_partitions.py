"""Which groups a learner is in, and what the courseware lets a group load. (mobile-users.md 7.11)"""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from lms.domain.course_dates import LearnerDates
from lms.domain.courses import CohortContentGroup, CourseMode
from lms.domain.enrollments import Enrollment
from lms.domain.outline import Outline, Viewer, viewer_of
from lms.domain.partitions import GroupAccess, LearnerGroups, UserPartition, enrollment_track_group, learner_groups
from tests.unit.builders import NOW, PLAIN, cases, course, course_role, enrollment
from tests.unit.random_courses import RandomCourse, random_course

COHORTS = UserPartition("100", "cohort", (7, 8))
EXPERIMENT = UserPartition("101", "random", (0, 1))
MODES = (CourseMode("audit"), CourseMode("verified"))
TREES = 3000


# --- The enrollment track ---------------------------------------------------------------------------------------------


@cases(
    "mode, modes, group",
    {
        "audit": ("audit", ["audit", "verified"], 1),
        "verified": ("verified", ["audit", "verified"], 2),
        "professional": ("professional", ["professional"], 3),
        "professional without an id": ("no-id-professional", ["no-id-professional"], 4),
        "honor": ("honor", ["honor"], 6),
        "a master's": ("masters", ["audit", "masters"], 7),
        "executive education": ("executive-education", ["executive-education"], 8),
        "unpaid executive education": ("unpaid-executive-education", ["unpaid-executive-education"], 9),
        "paid executive education": ("paid-executive-education", ["paid-executive-education"], 10),
        "an unpaid bootcamp": ("unpaid-bootcamp", ["unpaid-bootcamp"], 11),
        "a paid bootcamp": ("paid-bootcamp", ["paid-bootcamp"], 12),
        "honor where the course has none is audit": ("honor", ["audit", "verified"], 1),
        "verified where the course has no modes at all is audit": ("verified", [], 1),
        "credit is verified": ("credit", ["audit", "verified", "credit"], 2),
        "credit is professional where that is paid for": ("credit", ["verified", "professional", "credit"], 3),
        "credit with nothing else that is paid for is audit": ("credit", ["honor", "credit"], 1),
        "credit where the course has none is audit": ("credit", ["audit", "verified"], 1),
        "a mode of the operator's own has no group": ("gold", ["gold"], None),
    },
)
def test_the_mode_decides_the_group_in_the_enrollment_track(mode: str, modes: list[str], group: int | None) -> None:
    assert enrollment_track_group(mode, [CourseMode(slug) for slug in modes]) == group


def test_an_expired_mode_still_counts() -> None:
    assert enrollment_track_group("verified", [CourseMode("verified", expiration=NOW.replace(year=2020))]) == 2


# --- Groups by scheme -------------------------------------------------------------------------------------------------


@cases(
    "partition, fields, enrolled, group",
    {
        "a cohort's content group": (COHORTS, {}, {"cohort": 3}, 7),
        "none without a cohort": (COHORTS, {}, {}, None),
        "none of a cohort that is linked to none": (COHORTS, {}, {"cohort": 4}, None),
        "none where cohorts are switched off": (COHORTS, {"cohorted": False}, {"cohort": 3}, None),
        "none of another partition's": (UserPartition("102", "cohort", (7,)), {}, {"cohort": 3}, None),
        "none that was deleted from the partition": (UserPartition("100", "cohort", (8,)), {}, {"cohort": 3}, None),
        "the arm of an experiment": (EXPERIMENT, {}, {"random_groups": {"101": 0, "102": 1}}, 0),
        "none before one is assigned": (EXPERIMENT, {}, {"random_groups": {"102": 1}}, None),
        "no arm that was deleted": (EXPERIMENT, {}, {"random_groups": {"101": 5}}, None),
        "verification is always group 1": (UserPartition("103", "verification", (0, 1)), {}, {}, 1),
        "none where verification has no group 1": (UserPartition("103", "verification", (0,)), {}, {}, None),
        "none of a scheme that is not known": (UserPartition("103", "team", (1, 2)), {}, {}, None),
        "a cohort does not need an active enrollment": (COHORTS, {}, {"cohort": 3, "active": False}, 7),
    },
)
def test_the_scheme_decides_the_group(
    partition: UserPartition, fields: dict[str, Any], enrolled: dict[str, Any], group: int | None
) -> None:
    links = (CohortContentGroup(3, "100", 7), CohortContentGroup(5, "100", 8))
    cohorted = course(**{"cohorted": True, "content_groups": links} | fields)

    assert learner_groups([partition], cohorted, enrollment(**enrolled)).groups.get(partition.id) == group


@cases(
    "enrolled, groups",
    {
        "an active enrollment has one": (enrollment(mode="verified"), {"50": 2}),
        "an inactive one has none": (enrollment(active=False), {}),
        "nor has nobody": (None, {}),
    },
)
def test_every_course_has_the_enrollment_track(enrolled: Enrollment | None, groups: dict[str, int]) -> None:
    found = learner_groups([], course(modes=(*MODES, CourseMode("credit"))), enrolled)

    assert found.groups == groups
    # Nobody can choose credit, so it is no group of the partition.
    assert found.partitions == {"50": UserPartition("50", "enrollment_track", (1, 2))}


def test_an_authors_own_partition_takes_the_place_of_the_enrollment_track() -> None:
    own = UserPartition("50", "random", (1, 2))

    found = learner_groups([own], course(), enrollment(random_groups={"50": 2}))

    assert (found.partitions, found.groups) == ({"50": own}, {"50": 2})


# --- Two rules, one learner -------------------------------------------------------------------------------------------

INACTIVE = UserPartition("104", "random", (1, 2), active=False)
IN_GROUPS = LearnerGroups(
    {partition.id: partition for partition in (COHORTS, EXPERIMENT, INACTIVE)}, {"100": 7, "104": 1}
)


@cases(
    "rules, courseware, block_structure",
    {
        "no rule": ([{}, {}], True, True),
        "one's own group": ([{}, {"100": [7]}], True, True),
        "another group": ([{}, {"100": [8]}], False, False),
        "an empty list": ([{}, {"100": []}], True, True),
        "an empty list of the course's": ([{"100": []}, {}], True, True),
        "an empty list of the course's, and a rule": ([{"100": []}, {"100": [7]}], False, True),
        "a partition without a group of one's own": ([{}, {"101": [0]}], False, False),
        "a group that was deleted, beside one's own": ([{}, {"100": [7, 9]}], False, True),
        "a partition that was deleted": ([{}, {"999": [1]}], False, True),
        "an empty list of one that was deleted": ([{}, {"999": []}], True, True),
        "an empty list of one that was deleted, of the course's": ([{"999": []}, {}], False, True),
        "an inactive partition": ([{}, {"104": [2]}], True, True),
        "rules of an inactive partition that contradict each other": ([{}, {"104": [1]}, {"104": [2]}], False, True),
        "rules that share a group": ([{}, {"100": [7, 8]}, {"100": [7]}], True, True),
        "rules that contradict each other": ([{}, {"100": [7]}, {"100": [8]}], False, False),
        "several partitions that agree": ([{}, {"100": [7], "104": [2]}], True, True),
        "several partitions that do not": ([{}, {"100": [7], "101": [0]}], False, False),
    },
)
def test_what_the_courseware_and_the_block_structure_make_of(
    rules: Sequence[GroupAccess], courseware: bool, block_structure: bool
) -> None:
    assert IN_GROUPS.admit_to_courseware(rules) is courseware
    assert IN_GROUPS.admit_to_block_structure(rules[::-1]) is block_structure


# --- Random courses, against the rule written as the courseware has it: block by block, top down ----------------------


def groups_by_hand(made: RandomCourse) -> dict[str, int]:
    """The learner's groups, partition by partition."""
    found: dict[str, int] = {}
    slugs = [mode.slug for mode in made.course.modes] or ["audit"]
    for partition in made.outline.partitions:
        group = None
        if partition.scheme == "verification":
            group = 1
        if partition.scheme == "random":
            group = made.enrollment.random_groups.get(partition.id)
        if partition.scheme == "cohort" and made.course.cohorted:
            for link in made.course.content_groups:
                if link.cohort == made.enrollment.cohort and link.partition == partition.id:
                    group = link.group
        if group is not None and group in partition.groups:
            found[partition.id] = group
    if "50" not in {partition.id for partition in made.outline.partitions} and made.enrollment.active:
        slug = made.enrollment.mode if made.enrollment.mode in slugs else "audit"
        if slug == "credit":
            slug = "professional" if "professional" in slugs else "verified" if "verified" in slugs else "audit"
        found["50"] = TRACKS[slug]
    return found


TRACKS = {
    "audit": 1,
    "verified": 2,
    "professional": 3,
    "no-id-professional": 4,
    "honor": 6,
    "masters": 7,
    "paid-bootcamp": 12,
}


def loads_by_hand(made: RandomCourse, index: int, groups: dict[str, int]) -> bool:
    """Whether the courseware loads the block for the learner."""
    existing = {partition.id: partition for partition in made.outline.partitions}
    tracks = {TRACKS[mode.slug] for mode in made.course.modes if mode.slug != "credit"} or {1}
    for partition, allowed in merged_by_hand(made.outline, index).items():
        if partition in existing:
            active, known = existing[partition].active, set(existing[partition].groups)
        elif partition == "50":
            active, known = True, tracks
        else:
            return False
        if allowed is False:
            return False
        if active and allowed and (not set(allowed) <= known or groups.get(partition) not in allowed):
            return False
    return not made.outline.blocks[index].visible_to_staff_only


def merged_by_hand(outline: Outline, index: int) -> dict[str, Any]:
    """Partition -> groups; False where parent and child have no group in common."""
    block = outline.blocks[index]
    if block.parent is None:
        return dict(block.group_access)
    merged = dict(merged_by_hand(outline, block.parent))
    for partition, groups in block.group_access.items():
        if groups and partition not in merged:
            merged[partition] = groups
        elif groups and merged[partition] is not False:
            merged[partition] = [group for group in merged[partition] if group in groups] or False
    return merged


def test_random_courses_are_loaded_as_by_hand() -> None:
    outcomes = set()
    for seed in range(TREES):
        made = random_course(Random(seed))
        roles = course_role("staff") if made.staff else PLAIN
        viewer = viewer_of(made.course, made.outline, roles, made.enrollment, LearnerDates(), NOW)
        groups = groups_by_hand(made)
        assert dict(viewer.groups.groups) == groups, seed
        for index in range(1, len(made.outline.blocks)):
            expected = made.staff or loads_by_hand(made, index, groups)
            assert made.outline.is_visible(index, viewer) is expected, (seed, index)
            outcomes.add((made.staff, expected))
    assert outcomes == {(True, True), (False, True), (False, False)}


@pytest.mark.parametrize("groups", [{}, {"50": 2}])
def test_staff_loads_whatever_the_groups(groups: dict[str, int]) -> None:
    for seed in range(50):
        tree = random_course(Random(seed)).outline
        staff = Viewer(True, False, LearnerGroups({}, groups), NOW)
        assert all(tree.is_visible(index, staff) for index in range(len(tree.blocks)))
