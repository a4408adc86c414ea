"""Many writers of one item at once, with and without faults: what is stored only moves on."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from lms_lambda.dynamodb.tables import TEMPLATE
from lms_lambda.template import read_template
from tests.api import NOW, Answer, Api
from tests.faults.conftest import Serve
from tests.faults.proxy import FaultProxy
from tests.faults.schedule import Jitter, RandomSchedule
from tests.faults.site import (
    TEAM_COURSES,
    TEAM_PATH,
    Site,
    chapter_in,
    explained,
    is_honest_refusal,
    status_path,
    team_state,
)
from tests.world import COURSE_B, usage_key

pytestmark = pytest.mark.faults

WRITERS = 64
JITTER = 0.1
"""Seconds that a request takes to reach DynamoDB at the most."""
RATES = [0.0, 0.05, 0.3]
"""Shares of requests that meet a fault."""


@pytest.fixture
def learner(site: Site) -> str:
    """A learner in the course of 64 chapters, who has not visited it yet; the username."""
    world = site.world()
    username = site.new_user(world)
    world.enroll(username, COURSE_B)
    site.load(world)
    return username


class Arrivals:
    """A gateway's clock, on which each request arrives a second after the one before."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._condition = threading.Condition()
        self.count = 0

    def now(self) -> datetime:
        # The server answers each request in a thread of its own, and looks at the clock when it has come.
        if not hasattr(self._here, "arrived"):
            with self._condition:
                self.count += 1
                self._here.arrived = self.at(self.count)
                self._condition.notify_all()
        arrived: datetime = self._here.arrived
        return arrived

    def at(self, number: int) -> datetime:
        """When the request with this number, from 1 on, arrives."""
        return NOW + timedelta(seconds=number)

    def wait_for(self, number: int) -> None:
        """Wait until so many requests have arrived."""
        with self._condition:
            assert self._condition.wait_for(lambda: self.count >= number, 60)


@pytest.fixture
def arrivals() -> Arrivals:
    return Arrivals()


@pytest.fixture
def crowded_api(served: Callable[[str], Api], serve: Serve, arrivals: Arrivals) -> Api:
    """The API, with the timeouts of the template, on the clock of `arrivals`."""
    return served(serve(read_template(TEMPLATE), arrivals.now))


def in_turn(number: int, arrivals: Arrivals, send: Callable[[int], Answer]) -> list[Answer]:
    """The answers to so many requests, from 1 on: each is sent as soon as the one before has arrived."""

    def begin(index: int) -> Answer:
        arrivals.wait_for(index - 1)
        return send(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(begin, range(1, number + 1)))


def without_refusals(answers: list[Answer], rate: float) -> list[Answer]:
    """The answers but for honest refusals, of which there are none without faults."""
    refused = list(map(is_honest_refusal, answers))
    assert rate > 0 or not any(refused), f"{sum(refused)} of {len(answers)} were answered 503"
    return [answer for answer, is_refusal in zip(answers, refused, strict=True) if not is_refusal]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("dated", ["dated", "undated", "dated ahead"])
def test_of_many_visits_at_once_none_moves_the_learner_back(
    dated: str,
    rate: float,
    first_seed: int,
    site: Site,
    crowded_api: Api,
    arrivals: Arrivals,
    proxy: FaultProxy,
    learner: str,
) -> None:
    progress = (f"USER#{learner}", f"PROGRESS#{COURSE_B}")
    proxy.watch(lambda key: key == progress)
    proxy.schedule = Jitter(first_seed, JITTER, RandomSchedule(first_seed, rate))

    def visit(number: int) -> Answer:
        body = {"last_visited_module_id": usage_key(COURSE_B, "sequential", f"s{number}")}
        if dated != "undated":
            ahead = timedelta(hours=1 if dated == "dated ahead" else 0)
            body["modification_date"] = (arrivals.at(number) + ahead).isoformat()
        return crowded_api.send_json("PATCH", status_path(learner, COURSE_B), body, learner)

    with explained(proxy, first_seed):
        answers = without_refusals(in_turn(WRITERS, arrivals, visit), rate)
        proxy.settle()

        history = proxy.history[progress]
        for name in ("course_state_modified", "latest_state_modified", "changed"):
            assert_rising(history, name)
        chapters = [chapter_in(item) for item in history]
        if dated != "dated ahead":
            # What came later is never overtaken by what came before.
            assert chapters == sorted(chapters)
        assert [answer.status for answer in answers] == [200] * len(answers)
        shown = {answer.json["last_visited_module_path"][1] for answer in answers}
        assert shown <= {usage_key(COURSE_B, "chapter", f"ch{chapter}") for chapter in chapters}


@pytest.mark.parametrize("rate", RATES)
def test_of_many_logins_at_once_the_latest_stands(
    rate: float, first_seed: int, site: Site, crowded_api: Api, arrivals: Arrivals, proxy: FaultProxy, learner: str
) -> None:
    profile = (f"USER#{learner}", "PROFILE")
    proxy.watch(lambda key: key == profile)
    proxy.schedule = Jitter(first_seed, JITTER, RandomSchedule(first_seed, rate))

    with explained(proxy, first_seed):
        logins = in_turn(WRITERS, arrivals, lambda _: crowded_api.get("/api/mobile/v1/my_user_info", learner))
        answers = without_refusals(logins, rate)
        proxy.settle()

        assert_rising(proxy.history[profile], "last_login")
        assert [answer.status for answer in answers] == [302] * len(answers)
        if rate == 0:
            latest = arrivals.at(WRITERS).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            assert site.items_of(learner)["PROFILE"]["last_login"]["S"] == latest


@pytest.mark.parametrize("rate", RATES)
def test_of_many_role_changes_at_once_one_is_the_last(
    rate: float, first_seed: int, site: Site, crowded_api: Api, arrivals: Arrivals, proxy: FaultProxy, learner: str
) -> None:
    course_id = TEAM_COURSES[0]
    held = (f"USER#{learner}", f"ROLE#{course_id}")
    proxy.watch(lambda key: key == held)
    proxy.schedule = Jitter(first_seed, JITTER, RandomSchedule(first_seed, rate))
    changes = [{"role": role, "action": action} for action in ("assign", "revoke") for role in ("staff", "instructor")]

    def change(number: int) -> Answer:
        operation = {"course_id": course_id, **changes[number % len(changes)]}
        body = {"email": f"{learner}@example.org", "bulk_role_operations": [operation]}
        return crowded_api.send_json("PUT", TEAM_PATH, body, "sam")

    with explained(proxy, first_seed):
        answers = without_refusals(in_turn(16, arrivals, change), rate)
        proxy.settle()

        assert [answer.status for answer in answers] == [200] * len(answers)
        if rate == 0:
            assert [answer.json["results"][0]["status"] for answer in answers] == ["success"] * 16
        roles = [{name for name in item if name.startswith("role:")} for item in proxy.history[held]]
        assert all(len(together) <= 1 for together in roles)
        assert team_state(site.items_of(learner), course_id).enrolled


def assert_rising(history: list[dict[str, Any]], name: str) -> None:
    """The values of a date, one after the other, never fall."""
    dates = [item[name]["S"] for item in history if name in item]
    assert dates == sorted(dates), name
