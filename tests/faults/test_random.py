"""Faults drawn by a seed: every answer is right or an honest 503, and every result of a PUT is true.

`make test-faults` runs each of these tests with 200 seeds, `make test` with a few.
"""

import time
from datetime import timedelta
from random import Random
from typing import Any

from tests.api import NOW, Answer, Api, Clock
from tests.faults.conftest import SECONDS, RightAnswers
from tests.faults.proxy import FaultProxy, NoFaults
from tests.faults.schedule import RandomSchedule
from tests.faults.site import (
    CHAPTERS,
    READS,
    TEAM_PATH,
    Site,
    ask_until_answered,
    block_in,
    chapter_in,
    content_of,
    explained,
    is_honest_refusal,
    new_learner,
    path_at,
    status_path,
    team_request,
)
from tests.world import COURSE_A


def ask(api: Api, method: str, target: str, caller: str, body: Any = None) -> Answer:
    """The answer, which must come before the function's timeout."""
    began = time.monotonic()
    answer = api.get(target, caller) if method == "GET" else api.send_json(method, target, body, caller)
    took = time.monotonic() - began
    timeout = SECONDS["CourseTeamFunction"] if target.startswith(TEAM_PATH) else SECONDS["others"]
    assert took < timeout, f"{method} {target} took {took:.2f} s of {timeout}"
    return answer


def test_every_get_is_right_or_an_honest_503_and_nothing_wrong_is_kept(
    seed: int, right_answers: RightAnswers, api: Api, proxy: FaultProxy
) -> None:
    proxy.schedule = RandomSchedule(seed)
    order = Random(seed).sample(READS, len(READS))

    with explained(proxy, seed):
        for target, caller in order:
            answer = ask(api, "GET", target, caller)
            if not is_honest_refusal(answer):
                assert content_of(answer) == right_answers[target, caller], target
        proxy.schedule = NoFaults()
        for target, caller in order:
            after = ask_until_answered(api, target, caller)
            assert content_of(after) == right_answers[target, caller], f"afterwards, {target}"


def test_every_result_of_a_put_is_true(seed: int, site: Site, api: Api, proxy: FaultProxy) -> None:
    request = team_request(site, Random(seed))
    before = site.team_states(request.username)
    proxy.schedule = RandomSchedule(seed)

    with explained(proxy, seed):
        answer = ask(api, "PUT", TEAM_PATH, "sam", request.body)
        proxy.settle()
        after = site.team_states(request.username)
        if answer.status == 503:
            assert is_honest_refusal(answer)
            assert after == before
            again = request
        else:
            assert answer.status == 200, answer.body
            results = answer.json["results"]
            request.check_results(results)
            request.check_truth(before, results, after)
            again = request.without_successes(results)

        proxy.schedule = NoFaults()
        if again.operations:
            results = api.send_json("PUT", TEAM_PATH, again.body, "sam").json["results"]
            again.check_results(results)
            assert [index for index, result in enumerate(results) if "error" in result] == sorted(again.refused)
            again.check_truth(after, results, site.team_states(request.username))


def test_every_patch_is_right_or_an_honest_503_and_positions_only_move_on(
    seed: int, site: Site, api: Api, clock: Clock, proxy: FaultProxy
) -> None:
    draw = Random(seed)
    username = new_learner(site)
    progress = f"PROGRESS#{COURSE_A}"
    proxy.watch(lambda key: key == (f"USER#{username}", progress))
    proxy.schedule = RandomSchedule(seed)
    possible = {1}
    """Chapters where the learner may be by now."""

    with explained(proxy, seed):
        for chapter in range(2, CHAPTERS + 1):
            clock.advance(minutes=10)
            visit = {"last_visited_module_id": block_in(chapter)}
            is_stale = draw.random() < 0.2
            if is_stale:
                visit["modification_date"] = "2026-03-19T10:00:00Z"
            elif draw.random() < 0.5:
                visit["modification_date"] = (clock.now - timedelta(seconds=5)).isoformat()
            answer = ask(api, "PATCH", status_path(username), username, visit)
            if is_honest_refusal(answer):
                possible |= set() if is_stale else {chapter}
            elif is_stale:
                assert answer.status == 200, answer.body
                assert answer.json in [path_at(one) for one in possible]
            else:
                assert (answer.status, answer.json) == (200, path_at(chapter))
                possible = {chapter}
            assert chapter_in(site.items_of(username)[progress]) in possible

        proxy.settle()
        proxy.schedule = NoFaults()
        clock.advance(minutes=10)
        stored = chapter_in(site.items_of(username)[progress])
        assert stored in possible
        shown = ask_until_answered(api, status_path(username), username)
        assert shown.json == path_at(stored) | {"last_visited_block_id": ""}
        answer = api.send_json("PATCH", status_path(username), {"last_visited_module_id": block_in(1)}, username)
        assert (answer.status, answer.json) == (200, path_at(1))
        history = proxy.history.get((f"USER#{username}", progress), [])
        moves = [item["course_state_modified"]["S"] for item in history]
        chapters = [chapter_in(item) for item in history[:-1]]
        assert moves == sorted(moves)
        assert chapters == sorted(chapters)


def test_a_login_is_never_taken_back(seed: int, site: Site, api: Api, clock: Clock, proxy: FaultProxy) -> None:
    username = new_learner(site)
    proxy.watch(lambda key: key == (f"USER#{username}", "PROFILE"))
    proxy.schedule = RandomSchedule(seed)
    confirmed = ""

    with explained(proxy, seed):
        for _ in range(5):
            clock.advance(minutes=1)
            answer = ask(api, "GET", "/api/mobile/v1/my_user_info", username)
            if not is_honest_refusal(answer):
                assert (answer.status, answer.headers["location"]) == (302, f"/api/mobile/v1/users/{username}")
                confirmed = clock.now.strftime("%Y-%m-%dT%H:%M:%S")

        proxy.settle()
        logins = [item["last_login"]["S"] for item in proxy.history.get((f"USER#{username}", "PROFILE"), [])]
        assert logins == sorted(logins)
        stored = site.items_of(username)["PROFILE"].get("last_login", {"S": ""})["S"]
        assert stored[:19] >= confirmed
    assert clock.now > NOW
