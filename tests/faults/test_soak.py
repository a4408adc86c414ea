"""Two minutes of mixed traffic, of which 5 % meets a fault: what each client is told is what its writes did."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.api import Answer, Api, Clock
from tests.faults.conftest import RightAnswers
from tests.faults.proxy import FaultProxy, NoFaults
from tests.faults.schedule import RandomSchedule
from tests.faults.site import (
    CHAPTERS,
    MAYBE_SAVED,
    NOT_SAVED,
    READS,
    TEAM_COURSES,
    TEAM_PATH,
    Operation,
    Site,
    TeamState,
    ask_until_answered,
    block_in,
    chapter_in,
    content_of,
    explained,
    is_honest_refusal,
    new_learner,
    path_at,
    possible_states,
    status_path,
)
from tests.world import COURSE_A

pytestmark = pytest.mark.faults

SECONDS = 120.0
CLIENTS = 12
RATE = 0.05
PROGRESS = f"PROGRESS#{COURSE_A}"
TIMEOUTS = {TEAM_PATH: 28, "": 10}
"""Seconds until a function's timeout, by the beginning of the path."""


def run_clock(clock: Clock, stopped: threading.Event) -> None:
    """Let the servers' clock run until it is stopped."""
    while not stopped.wait(0.01):
        clock.advance(milliseconds=10)


@dataclass
class Client:
    """A learner's phone and an agent's browser: one request after the other, and what must be true by now."""

    api: Api
    site: Site
    username: str
    right: RightAnswers
    draw: Random
    statuses: Counter[str] = field(default_factory=Counter)
    chapters: set[int] = field(default_factory=lambda: {1})
    """Where the learner may be."""
    told: dict[str, list[tuple[Operation, str | None]]] = field(default_factory=dict)
    """By course, the operations on the user's roles and their errors."""

    def run(self, until: float) -> None:
        while time.monotonic() < until:
            self.draw.choices([self.read, self.visit, self.look, self.log_in, self.change_roles], [5, 4, 2, 1, 3])[0]()

    def read(self) -> None:
        target, caller = self.draw.choice(READS)
        answer = self.send("GET", target, caller)
        if not is_honest_refusal(answer):
            assert content_of(answer) == self.right[target, caller], target

    def visit(self) -> None:
        chapter = self.draw.randint(1, CHAPTERS)
        body = {"last_visited_module_id": block_in(chapter)}
        answer = self.send("PATCH", status_path(self.username), self.username, body)
        if is_honest_refusal(answer):
            self.chapters.add(chapter)
        else:
            assert (answer.status, answer.json) == (200, path_at(chapter))
            self.chapters = {chapter}

    def look(self) -> None:
        answer = self.send("GET", status_path(self.username), self.username)
        if not is_honest_refusal(answer):
            possible = [path_at(chapter) | {"last_visited_block_id": ""} for chapter in self.chapters]
            assert answer.status == 200
            assert answer.json in possible

    def log_in(self) -> None:
        answer = self.send("GET", "/api/mobile/v1/my_user_info", self.username)
        if not is_honest_refusal(answer):
            assert (answer.status, answer.headers["location"]) == (302, f"/api/mobile/v1/users/{self.username}")

    def change_roles(self) -> None:
        operations = [
            {
                "course_id": self.draw.choice(TEAM_COURSES),
                "role": self.draw.choice(["staff", "instructor"]),
                "action": self.draw.choice(["assign", "revoke"]),
            }
            for _ in range(self.draw.randint(1, 20))
        ]
        body = {"email": f"{self.username}@example.org", "bulk_role_operations": operations}
        answer = self.send("PUT", TEAM_PATH, "sam", body)
        if is_honest_refusal(answer):
            return
        assert answer.status == 200, answer.body
        for operation, result in zip(operations, answer.json["results"], strict=True):
            error = result.get("error")
            assert error in (None, NOT_SAVED, MAYBE_SAVED)
            self.statuses[f"operation: {error or 'success'}"] += 1
            self.told.setdefault(operation["course_id"], []).append((operation, error))

    def send(self, method: str, target: str, caller: str, body: Any = None) -> Answer:
        began = time.monotonic()
        answer = self.api.get(target, caller) if body is None else self.api.send_json(method, target, body, caller)
        took = time.monotonic() - began
        timeout = next(seconds for path, seconds in TIMEOUTS.items() if target.startswith(path))
        assert took < timeout, f"{method} {target} took {took:.1f} s of {timeout}"
        self.statuses[str(answer.status)] += 1
        return answer

    def check_truth(self) -> None:
        """What is stored in the end is what the answers said."""
        assert chapter_in(self.site.items_of(self.username)[PROGRESS]) in self.chapters
        for course_id, state in self.site.team_states(self.username).items():
            assert state in possible_states(TeamState(), self.told.get(course_id, [])), course_id


def test_two_minutes_of_traffic_with_faults_tell_no_lies(
    first_seed: int, site: Site, unhurried_api: Api, right_answers: RightAnswers, clock: Clock, proxy: FaultProxy
) -> None:
    clients = [
        Client(unhurried_api, site, new_learner(site), right_answers, Random(f"{first_seed} {number}"))
        for number in range(CLIENTS)
    ]
    proxy.watch(lambda key: key[1] in (PROGRESS, "PROFILE"))
    proxy.schedule = RandomSchedule(first_seed, RATE)
    stopped, until = threading.Event(), time.monotonic() + SECONDS
    running = threading.Thread(target=run_clock, args=[clock, stopped])
    running.start()

    with explained(proxy, first_seed), ThreadPoolExecutor(CLIENTS) as threads:
        try:
            for done in [threads.submit(client.run, until) for client in clients]:
                done.result()
        finally:
            stopped.set()
            running.join()
        proxy.settle()

        statuses = sum((client.statuses for client in clients), Counter[str]())
        print(f"{len(proxy.exchanges)} requests to DynamoDB, {dict(sorted(statuses.items()))}")
        assert statuses["500"] == 0
        # Most faults pass: a client is seldom bothered with them.
        answers = sum(number for status, number in statuses.items() if status.isdigit())
        assert statuses["503"] <= answers * 0.01
        for client in clients:
            client.check_truth()
        for history in proxy.history.values():
            for name in ("course_state_modified", "latest_state_modified", "last_login"):
                dates = [item[name]["S"] for item in history if name in item]
                assert dates == sorted(dates), name

        proxy.schedule = NoFaults()
        for target, caller in READS:
            after = ask_until_answered(unhurried_api, target, caller)
            assert content_of(after) == right_answers[target, caller], target
