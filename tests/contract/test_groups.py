"""Who sees which units: cohorts, experiments and selections, from the operator's files to the answers.

(mobile-users.md 5.4, 7.8, 7.11)
"""

import json
from typing import Any

import pytest

from tests.api import Api
from tests.contract.wire import status_path
from tests.world import COURSE_A, Tree, World, usage_key

SETTINGS = "course_groups.coursecohortssettings"
GROUP = "course_groups.courseusergroup"
MEMBERSHIP = "course_groups.cohortmembership"
LINK = "course_groups.courseusergrouppartitiongroup"
EXPERIMENT_TAG = "xblock.partition_service.partition_101"


def partition(number: int, scheme: str, *groups: int, active: bool = True) -> dict[str, Any]:
    """A user partition as Studio writes it into an export."""
    listed = [{"id": group, "name": f"Group {group}", "version": 1} for group in groups]
    names = {"name": f"Partition {number}", "description": "", "parameters": {}, "version": 3}
    return {"id": number, "scheme": scheme, "active": active, "groups": listed, **names}


PARTITIONS = json.dumps(
    [
        partition(100, "cohort", 1, 2),
        partition(101, "random", 0, 1),
        partition(102, "verification", 0, 1),
        partition(103, "random", 0, 1, active=False),
    ]
)


def section(name: str, *children: tuple[Any, ...], **attributes: str) -> tuple[Any, ...]:
    """A chapter with one graded section, which has the attributes, and one unit."""
    graded = {"graded": "true", "format": "Homework", "due": "2026-03-25T00:00:00Z"} | attributes
    below = list(children) or [("problem", f"{name}-p")]
    return ("chapter", f"{name}-ch", [("sequential", name, graded, [("vertical", f"{name}-v", below)])])


def for_groups(number: int, *groups: int) -> dict[str, str]:
    return {"group_access": json.dumps({str(number): list(groups)})}


def set_up(world: World, tree: Tree, *learners: str) -> None:
    """The learners, in course A with this tree."""
    world.course()
    for learner in learners or ("mona",):
        world.user(learner)
        world.enroll(learner)
    world.export(tree, user_partitions=PARTITIONS)


def id_of(world: World, learner: str) -> int:
    return int(next(row["pk"] for row in world.rows if row["fields"].get("username") == learner))


def put_into_cohorts(world: World, is_cohorted: bool | None = True, **cohorts: int) -> None:
    """Each learner in the cohort of that number; cohort 11 is linked to group 1, cohort 12 to group 2."""
    if is_cohorted is not None:
        world.row(SETTINGS, course_id=COURSE_A, is_cohorted=is_cohorted, _cohorted_discussions="[]")
    for cohort in (11, 12, 13):
        members = [id_of(world, learner) for learner, number in cohorts.items() if number == cohort]
        world.row(GROUP, cohort, name=f"Cohort {cohort}", course_id=COURSE_A, group_type="cohort", users=members)
        for member in members:
            world.row(MEMBERSHIP, course_user_group=cohort, user=member, course_id=COURSE_A)
    for group in (1, 2):
        world.row(LINK, course_user_group=10 + group, partition_id=100, group_id=group)


def section_of(api: Api, learner: str) -> str:
    """The section, or what is above it, where the learner's course begins."""
    answer = api.get(status_path(version="v2", username=learner), caller=learner).json
    return str(answer["last_visited_module_id"]).partition("+block@")[2]


def assignments(api: Api, learner: str = "mona") -> dict[str, str]:
    """The learner's assignments in v4: title and first component."""
    primary = api.get(f"/api/mobile/v4/users/{learner}/course_enrollments/", caller=learner).json["primary"]
    listed = primary["course_assignments"]["past_assignments"]
    assert primary["course_progress"]["total_assignments_count"] == len(listed)
    return {one["title"]: one["first_component_block_id"].partition("+block@")[2] for one in listed}


# --- Cohorts ----------------------------------------------------------------------------------------------------------

COHORT_TREE: Tree = [section("for1", **for_groups(100, 1)), section("for2", **for_groups(100, 2))]


@pytest.mark.parametrize(
    ("learner", "begins_at", "assigned"),
    [("mona", "for1", ["for1"]), ("nora", "for2", ["for2"]), ("olga", "course", []), ("pia", "course", [])],
    ids=["in cohort 1", "in cohort 2", "in a cohort that is linked to no group", "in no cohort"],
)
def test_a_cohorts_learner_sees_the_cohorts_units_and_nobody_elses(
    world: World, api: Api, learner: str, begins_at: str, assigned: list[str]
) -> None:
    set_up(world, COHORT_TREE, "mona", "nora", "olga", "pia")
    put_into_cohorts(world, mona=11, nora=12, olga=13)
    world.load()

    assert section_of(api, learner) == begins_at
    assert list(assignments(api, learner)) == assigned


@pytest.mark.parametrize("is_cohorted", [False, None], ids=["switched off", "never switched on"])
def test_cohorts_that_are_not_in_force_open_nothing(world: World, api: Api, is_cohorted: bool | None) -> None:
    set_up(world, COHORT_TREE)
    put_into_cohorts(world, is_cohorted, mona=11)
    world.load()

    assert (section_of(api, "mona"), assignments(api)) == ("course", {})


def test_a_learner_who_moves_to_another_cohort_sees_the_others_units(world: World, api: Api) -> None:
    set_up(world, COHORT_TREE)
    number = id_of(world, "mona")
    put_into_cohorts(world, mona=11)
    world.load()
    world.row(MEMBERSHIP, course_user_group=12, user=number, course_id=COURSE_A)
    world.load()

    assert (section_of(api, "mona"), list(assignments(api))) == ("for2", ["for2"])


# --- Experiments ------------------------------------------------------------------------------------------------------

ARMS = json.dumps({"0": usage_key(COURSE_A, "vertical", "arm0"), "1": usage_key(COURSE_A, "vertical", "arm1")})
EXPERIMENT = (
    "split_test",
    "test",
    {"user_partition_id": "101", "group_id_to_child": ARMS},
    [("vertical", "arm0", [("problem", "p0")]), ("vertical", "arm1", [("problem", "p1")])],
)


@pytest.mark.parametrize(("value", "first"), [("0", "p0"), ("1", "p1"), ("x", "s-v"), (None, "s-v")])
def test_only_the_learners_arm_of_an_experiment_counts(world: World, api: Api, value: str | None, first: str) -> None:
    set_up(world, [section("s", EXPERIMENT)])
    if value is not None:
        world.row(
            "user_api.usercoursetag", user=id_of(world, "mona"), course_id=COURSE_A, key=EXPERIMENT_TAG, value=value
        )
    world.completion("mona", ("problem", "p0"), "2026-03-20T10:00:00Z")
    world.load()

    primary = api.get("/api/mobile/v4/users/mona/course_enrollments/").json["primary"]

    assert assignments(api) == {"s": first}
    assert primary["course_progress"]["assignments_completed"] == (value == "0")


# --- Randomized blocks ------------------------------------------------------------------------------------------------


def test_the_first_component_of_a_randomized_block_is_the_learners_first(world: World, api: Api) -> None:
    bank = ("itembank", "bank", {"display_name": "Bank"}, [("problem", name) for name in ("p1", "p2", "p3")])
    set_up(world, [section("s", bank)])
    world.state("mona", ("itembank", "bank"), {"selected": [["problem", "p3"], ["problem", "p1"]]}, "2026-03-20T10:00Z")
    world.load()

    assert assignments(api) == {"s": "p3"}


# --- What the courseware and v4 make of the same rule -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "begins_at", "assigned"),
    [
        (for_groups(102, 1), "s", ["s"]),
        (for_groups(102, 0), "course", []),
        (for_groups(103, 1), "s", ["s"]),
        (for_groups(999, 1), "course", ["s"]),
        (for_groups(100, 1, 7), "course", ["s"]),
        (for_groups(101, 1), "course", []),
    ],
    ids=[
        "verification lets everybody in",
        "but for its group 0",
        "an inactive partition restricts nobody",
        "a deleted partition closes a block in the course status alone",
        "a deleted group closes a block in the course status alone",
        "without a group yet, a learner sees nothing",
    ],
)
def test_partitions_that_are_no_cohorts(
    world: World, api: Api, rule: dict[str, str], begins_at: str, assigned: list[str]
) -> None:
    set_up(world, [section("s", **rule)])
    put_into_cohorts(world, mona=11)
    world.load()

    assert (section_of(api, "mona"), list(assignments(api))) == (begins_at, assigned)
