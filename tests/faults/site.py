"""A site with enough on it that each access pattern needs several requests, read and judged past the proxy."""

import itertools
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from tests.api import Answer, Api
from tests.faults.proxy import FaultProxy
from tests.world import COURSE_A, COURSE_B, Tree, World, usage_key

CHAPTERS = 10
TREE: Tree = [
    (
        "chapter",
        f"ch{chapter}",
        [
            ("sequential", f"s{chapter}{part}", [("vertical", f"v{chapter}{part}", [("html", f"h{chapter}{part}")])])
            for part in (1, 2)
        ],
    )
    for chapter in range(1, CHAPTERS + 1)
]
"""Ten chapters of two subsections."""
LONG_CHAPTERS = 64
LONG_TREE: Tree = [
    ("chapter", f"ch{chapter}", [("sequential", f"s{chapter}", [("vertical", f"v{chapter}")])])
    for chapter in range(1, LONG_CHAPTERS + 1)
]
"""A chapter for each of many writers."""
TEAM_COURSES = [f"course-v1:TestOrg+C{number}+R" for number in range(40)]
ENROLLED_COURSES = [f"course-v1:DemoX+D{number}+R" for number in range(12)]
TEAM_PATH = "/api/support/v1/manage_course_team/"
_MONA = "/api/mobile/{}/users/mona"
READS = [
    (_MONA.format("v1"), "mona"),
    (f"{_MONA.format('v1')}/course_enrollments/", "mona"),
    (f"{_MONA.format('v4')}/course_enrollments/?requested_fields=course_progress", "mona"),
    (f"{_MONA.format('v1')}/enrollments_status/", "mona"),
    (f"{_MONA.format('v1')}/course_status_info/{COURSE_A}", "mona"),
    (f"{TEAM_PATH}?email=nora@example.org", "sam"),
    (f"{TEAM_PATH}?username=nora", "ina"),
]
"""GETs of each access pattern, and who asks; what they are about is changed by no test."""
UNAVAILABLE = {"detail": "Service temporarily unavailable, try again later."}

NOT_SAVED = "The change could not be saved. Try again."
MAYBE_SAVED = "The change may not have been saved: the database did not answer. Reload to see the current role."

Operation = dict[str, Any]
Content = tuple[int, dict[str, str], bytes]
"""What counts of an answer: status, headers and body."""

_numbers = itertools.count(1)


@dataclass
class Site:
    """A table, and what a test may do with it without meeting any fault."""

    table: str
    endpoint: str
    """DynamoDB's own."""
    direct: Any
    """AWS's own client of it."""
    folder: Path

    def world(self) -> World:
        """Rows to add."""
        folder = self.folder / f"rows-{next(_numbers)}"
        folder.mkdir()
        return World(folder)

    def load(self, world: World) -> None:
        """Load the rows, past the proxy."""
        past = {"TABLE_NAME": self.table, "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint, "TABLE_READ_SECONDS": "60"}
        with patch.dict(os.environ, past):
            world.load()
        assert not world.rejections

    def new_user(self, world: World) -> str:
        """Add a user to the rows; the username."""
        number = next(_numbers)
        world.user(f"learner{number}", 100_000 + number)
        return f"learner{number}"

    def items_of(self, username: str) -> dict[str, dict[str, Any]]:
        """Everything that is stored of a user, by sort key."""
        pages = self.direct.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="PK = :user",
            ExpressionAttributeValues={":user": {"S": f"USER#{username}"}},
            ConsistentRead=True,
        )
        return {item["SK"]["S"]: item for page in pages for item in page["Items"]}

    def team_states(self, username: str) -> dict[str, "TeamState"]:
        """What the user holds on each of the team courses, and whether the user is enrolled."""
        items = self.items_of(username)
        return {course_id: team_state(items, course_id) for course_id in TEAM_COURSES}


def fill_site(site: Site) -> None:
    """Load what all tests share: the courses, an agent, and learners who are only read."""
    world = site.world()
    world.user("sam", is_staff=True)
    world.user("ina")
    world.role("ina", "instructor", org="TestOrg")
    world.user("mona")
    world.user("nora")
    world.course()
    world.export(TREE)
    world.course(COURSE_B)
    world.export(LONG_TREE, COURSE_B)
    for course_id in [*TEAM_COURSES, *ENROLLED_COURSES]:
        world.course(course_id)
    for number, course_id in enumerate([*ENROLLED_COURSES, COURSE_A]):
        world.enroll("mona", course_id, created=f"2026-03-{number + 1:02}T09:30:15.123Z")
    world.state("mona", ("course", "course"), {"position": 3}, "2026-03-20T10:00:00Z")
    world.state("mona", ("chapter", "ch3"), {"position": 2}, "2026-03-20T10:00:00Z")
    world.completion("mona", ("html", "h11"), "2026-03-20T10:00:00Z")
    for course_id in TEAM_COURSES[::3]:
        world.role("nora", "staff", course_id)
    site.load(world)


# --- Judging answers --------------------------------------------------------------------------------------------------


def is_honest_refusal(answer: Answer) -> bool:
    """Whether the answer is the 503 that asks to try again."""
    return (
        answer.status == 503
        and answer.headers.get("content-type") == "application/json"
        and answer.headers.get("retry-after", "").isdigit()
        and answer.json == UNAVAILABLE
    )


def content_of(answer: Answer) -> Content:
    """What two answers to the same request have in common."""
    passing = {"date", "x-amzn-requestid", "connection"}
    return (
        answer.status,
        {name: value for name, value in answer.headers.items() if name not in passing},
        answer.body,
    )


def ask_until_answered(api: Api, target: str, caller: str) -> Answer:
    """The answer to a GET, asked for again while it is an honest refusal: a busy machine gives some without faults."""
    until = time.monotonic() + 60
    while True:
        answer = api.get(target, caller)
        if not is_honest_refusal(answer) or time.monotonic() > until:
            return answer


@contextmanager
def explained(proxy: FaultProxy, seed: int) -> Iterator[None]:
    """A failure inside says how to repeat it, and which requests met which faults."""
    try:
        yield
    except Exception as error:
        error.add_note(f"--fault-seed={seed} --fault-schedules=1")
        error.add_note(repr(proxy.schedule))
        for exchange in proxy.exchanges[-40:]:
            done = "applied" if exchange.applied else "repeated" if exchange.repeated else ""
            reached = "not delivered" if exchange.reply is None else f"{exchange.reply.status} {done}".rstrip()
            named = ", ".join("/".join(key) for key in exchange.call.keys[:3])
            error.add_note(f"{exchange.number}: {exchange.call.operation} {named}: {exchange.fault} -> {reached}")
        raise


# --- Course teams -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TeamState:
    """What is stored of a user and a course, as far as operations change it."""

    roles: frozenset[str] = frozenset()
    enrolled: bool = False

    def after(self, operation: Operation) -> "TeamState":
        if operation["action"] == "revoke":
            return TeamState(frozenset(), self.enrolled)
        return TeamState(frozenset({operation["role"]}), True)


def team_state(items: dict[str, dict[str, Any]], course_id: str) -> TeamState:
    """The state in the user's items."""
    held = {name.partition(":")[2] for name in items.get(f"ROLE#{course_id}", {}) if name.startswith("role:")}
    enrollment = items.get(f"ENROLL#{course_id}", {})
    return TeamState(frozenset(held & {"staff", "instructor"}), enrollment.get("active", {}).get("BOOL", False))


def possible_states(start: TeamState, results: Iterable[tuple[Operation, str | None]]) -> set[TeamState]:
    """The states of a course in which these results of its operations, in order, can be true.

    What succeeded was done in its turn; what "may not have been saved" may be done at any time from its turn on.
    """
    reached = {(start, frozenset[int]())}
    unknown: dict[int, Operation] = {}
    for number, (operation, error) in enumerate(results):
        if error is None:
            reached = {(state.after(operation), pending) for state, pending in reached}
        elif error == MAYBE_SAVED:
            unknown[number] = operation
            reached = {(state, pending | {number}) for state, pending in reached}
        grown = True
        while grown:
            more = {(state.after(unknown[done]), pending - {done}) for state, pending in reached for done in pending}
            grown = not more <= reached
            reached |= more
    return {state for state, _ in reached}


@dataclass
class TeamRequest:
    """A PUT with many operations on one user, and what its results must be."""

    username: str
    operations: list[Operation]
    refused: dict[int, str] = field(default_factory=dict)
    """By index, the errors of the operations that no table could carry out."""

    @property
    def body(self) -> dict[str, Any]:
        return {"email": f"{self.username}@example.org", "bulk_role_operations": self.operations}

    def without_successes(self, results: Sequence[dict[str, Any]]) -> "TeamRequest":
        """The operations that were not carried out, as an agent sends them again."""
        left = [index for index, result in enumerate(results) if result["status"] != "success"]
        return TeamRequest(
            self.username,
            [self.operations[index] for index in left],
            {at: self.refused[index] for at, index in enumerate(left) if index in self.refused},
        )

    def check_results(self, results: Sequence[dict[str, Any]]) -> None:
        """Each operation has its result, and it is one that there is."""
        assert len(results) == len(self.operations)
        for index, (operation, result) in enumerate(zip(self.operations, results, strict=True)):
            error = result.get("error")
            assert result == {**operation, "status": "success" if error is None else "failed"} | (
                {} if error is None else {"error": error}
            )
            allowed = {self.refused[index]} if index in self.refused else {None, NOT_SAVED, MAYBE_SAVED}
            assert error in allowed, f"operation {index}: {error}"

    def check_truth(
        self,
        before: dict[str, TeamState],
        results: Sequence[dict[str, Any]],
        after: dict[str, TeamState],
    ) -> None:
        """What is stored now is what the results say."""
        for course_id in TEAM_COURSES:
            told = [
                (operation, result.get("error"))
                for index, (operation, result) in enumerate(zip(self.operations, results, strict=True))
                if operation.get("course_id") == course_id and index not in self.refused
            ]
            possible = possible_states(before[course_id], told)
            assert after[course_id] in possible, (
                f"{course_id}: {before[course_id]}, then {told} cannot be {after[course_id]}"
            )


def team_request(site: Site, draw: Random, size: int = 50) -> TeamRequest:
    """A request about a new user, who holds roles on half of the courses; some of its operations are refused."""
    world = site.world()
    username = site.new_user(world)
    for course_id in TEAM_COURSES:
        if draw.random() < 0.5:
            world.role(username, draw.choice(["staff", "instructor"]), course_id)
        if draw.random() < 0.2:
            world.enroll(username, course_id, is_active=draw.random() < 0.5)
    site.load(world)
    # Most courses once, where a result can be compared with what is stored exactly, some several times.
    chosen = draw.sample(TEAM_COURSES, 30) + draw.choices(TEAM_COURSES, k=max(0, size - 30))
    request = TeamRequest(username, [])
    for index, course_id in enumerate(chosen[:size]):
        operation = {
            "course_id": course_id,
            "role": draw.choice(["staff", "instructor"]),
            "action": draw.choice(["assign", "revoke"]),
        }
        if draw.random() < 0.06:
            operation["course_id"] = "course-v1:TestOrg+None+R"
            request.refused[index] = "Invalid course_id or course not found."
        elif draw.random() < 0.03:
            operation["role"] = "owner"
            request.refused[index] = "Invalid role. Must be 'instructor' or 'staff'."
        request.operations.append(operation)
    return request


# --- Visits -----------------------------------------------------------------------------------------------------------


def new_learner(site: Site) -> str:
    """A learner who is enrolled in the course, and has visited its first chapter; the username."""
    world = site.world()
    username = site.new_user(world)
    world.enroll(username)
    world.state(username, ("course", "course"), {"position": 1}, "2026-03-20T10:00:00Z")
    world.state(username, ("chapter", "ch1"), {"position": 2}, "2026-03-20T10:00:00Z")
    site.load(world)
    return username


def path_at(chapter: int) -> dict[str, Any]:
    """The answer after a visit to the second subsection of a chapter."""
    keys = [
        usage_key(COURSE_A, "sequential", f"s{chapter}2"),
        usage_key(COURSE_A, "chapter", f"ch{chapter}"),
        usage_key(COURSE_A, "course", "course"),
    ]
    return {"last_visited_module_id": keys[0], "last_visited_module_path": keys}


def block_in(chapter: int) -> str:
    """The usage key of a block in the second subsection of a chapter."""
    return usage_key(COURSE_A, "vertical", f"v{chapter}2")


def status_path(username: str, course_id: str = COURSE_A) -> str:
    """The path of the learner's course status."""
    return f"/api/mobile/v1/users/{username}/course_status_info/{course_id}"


def chapter_in(progress: dict[str, Any]) -> int:
    """The chapter of a stored progress item."""
    return int(progress["position:course@course"]["N"])
