"""Random courses that are divided in every way: groups, arms of split_tests, selections, staff-only blocks."""

from dataclasses import dataclass, replace
from random import Random

from lms.domain.courses import CohortContentGroup, CourseMode, CourseOverview
from lms.domain.enrollments import Enrollment
from lms.domain.outline import Block, Outline
from lms.domain.partitions import UserPartition
from tests.unit.builders import KEY, course, enrollment

MODES = ("audit", "honor", "verified", "professional", "no-id-professional", "credit", "masters", "paid-bootcamp")
SCHEMES = ("cohort", "cohort", "random", "random", "verification", "team")
PARTITIONS = ("50", "100", "101", "102")
DELETED = "999"
LEVELS = ("course", "chapter", "sequential", "vertical")
DEEPER = ("problem", "html", "split_test", "library_content", "vertical")


@dataclass(frozen=True)
class RandomCourse:
    """A course and one learner in it."""

    course: CourseOverview
    outline: Outline
    enrollment: Enrollment
    selected: dict[str, tuple[str, ...]]
    staff: bool


def random_course(chance: Random) -> RandomCourse:
    """A course of up to 25 blocks, and a learner who is now and then its staff."""
    partitions = [_partition(chance, name) for name in PARTITIONS if chance.random() < (0.1 if name == "50" else 0.7)]
    blocks = _with_arms(chance, _blocks(chance))
    modes = tuple(CourseMode(slug) for slug in chance.sample(MODES, chance.choice((0, 1, 2, 4))))
    links = [CohortContentGroup(cohort, chance.choice(PARTITIONS), chance.randint(1, 4)) for cohort in (1, 2, 3)]
    return RandomCourse(
        course(modes=modes, cohorted=chance.random() < 0.8, content_groups=tuple(chance.sample(links, 2))),
        Outline(KEY, blocks, partitions),
        enrollment(
            mode=chance.choice(MODES),
            active=chance.random() < 0.9,
            cohort=chance.choice((None, 1, 2, 3)),
            random_groups={name: chance.randint(1, 4) for name in PARTITIONS if chance.random() < 0.7},
        ),
        _selections(chance, blocks),
        staff=chance.random() < 0.1,
    )


def _partition(chance: Random, name: str) -> UserPartition:
    groups = tuple(chance.sample(range(1, 5), chance.randint(0, 4)))
    return UserPartition(name, chance.choice(SCHEMES), groups, active=chance.random() < 0.8)


def _blocks(chance: Random) -> list[Block]:
    blocks, depths = [Block("course", "course", None, group_access=_group_access(chance))], [0]
    for number in range(1, chance.randint(2, 25)):
        # Mostly below the last ones, so that there is some depth.
        parent = max(0, number - chance.randint(1, 6))
        depth = depths[parent] + 1
        kind = LEVELS[depth] if depth < len(LEVELS) and chance.random() < 0.85 else chance.choice(DEEPER)
        hidden = chance.random() < 0.1
        blocks.append(
            Block(kind, f"b{number}", parent, visible_to_staff_only=hidden, group_access=_group_access(chance))
        )
        depths.append(depth)
    return blocks


def _group_access(chance: Random) -> dict[str, list[int]]:
    if chance.random() < 0.7:
        return {}
    names = chance.sample((*PARTITIONS, DELETED), chance.randint(1, 2))
    return {name: chance.sample(range(1, 5), chance.randint(0, 3)) for name in names}


def _with_arms(chance: Random, blocks: list[Block]) -> list[Block]:
    """The blocks with what a split_test says of its children: of some, of a child that is gone, of a group twice."""
    found = []
    for index, block in enumerate(blocks):
        if block.type == "split_test":
            children = [f"{child.type}@{child.name}" for child in blocks if child.parent == index] + ["vertical@gone"]
            arms = {str(group): chance.choice(children) for group in range(1, 5) if chance.random() < 0.8}
            partition = chance.choice((*PARTITIONS, DELETED, None))
            found.append(replace(block, user_partition_id=partition, group_id_to_child=arms))
        else:
            found.append(block)
    return found


def _selections(chance: Random, blocks: list[Block]) -> dict[str, tuple[str, ...]]:
    selected = {}
    for index, block in enumerate(blocks):
        if block.type == "library_content" and chance.random() < 0.8:
            children = [f"{child.type}@{child.name}" for child in blocks if child.parent == index]
            chosen = chance.sample(children, chance.randint(0, len(children)))
            selected[f"{block.type}@{block.name}"] = (*chosen, *(["problem@gone"] if chance.random() < 0.2 else []))
    return selected
