"""Loads that are killed, meet faults, or lose their table: run again, they end in the table of an undisturbed load."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from lms.table import client
from lms_lambda.cli import main
from lms_lambda.dynamodb.tables import create_table
from tests.faults import faults
from tests.faults.proxy import Call, Fault, FaultProxy, Line, Schedule
from tests.faults.schedule import RandomSchedule
from tests.world import Tree, World

# In one process of pytest-xdist: they share an undisturbed load.
pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("load")]

COMMAND = Path(sys.executable).with_name("lms-lambda")
USERS, COURSES = 300, 12
POINTS = 10
"""Moments at which a load is killed, from its first write to its last."""

Items = dict[tuple[str, str], Any]


class After:
    """Does something to the write with this number and to those after it."""

    def __init__(self, number: int, fault: Fault, lasting: bool = False) -> None:
        self._numbers = itertools.count(1)
        self._number, self._fault, self._lasting = number, fault, lasting

    def next_fault(self, call: Call) -> Fault | None:
        if not call.is_write:
            return None
        number = next(self._numbers)
        hit = number >= self._number if self._lasting else number == self._number
        return self._fault if hit else None


class Database:
    """DynamoDB, with as many tables as loads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._sdk = boto3.client("dynamodb", endpoint_url=endpoint, region_name="us-east-1")

    def new_table(self) -> str:
        name = f"killed-{uuid4()}"
        create_table(name)
        return name

    def items(self, table: str) -> Items:
        """Everything that is stored."""
        pages = self._sdk.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return {(item["PK"]["S"], item["SK"]["S"]): item for page in pages for item in page["Items"]}

    @contextmanager
    def proxy(self, schedule: Schedule | None = None) -> Iterator[tuple[FaultProxy, str]]:
        """A proxy of this load alone, and its URL."""
        proxy = FaultProxy(self._endpoint)
        if schedule is not None:
            proxy.schedule = schedule
        url = proxy.start()
        try:
            yield proxy, url
        finally:
            proxy.settle()
            proxy.stop()


@pytest.fixture(scope="module")
def database(dynamodb: str) -> Database:
    return Database(dynamodb)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A dump with rows of every kind, and an export."""
    folder = tmp_path_factory.mktemp("dump")
    world = World(folder)
    ids = [world.course(f"course-v1:LoadX+L{number}+R") for number in range(COURSES)]
    for course_id in ids:
        world.mode("audit", course_id)
    for number in range(USERS):
        name = f"user{number}"
        world.user(name, number + 1, last_login="2026-03-01T10:00:00Z")
        for course_id in ids[number % 3 :: 4]:
            world.enroll(name, course_id)
        world.role(name, "staff", ids[number % COURSES])
        world.state(name, ("course", "course"), {"position": 2}, "2026-03-20T10:00:00Z", ids[0])
        world.completion(name, ("html", "h1"), "2026-03-20T10:00:00Z", ids[0])
    tree: Tree = [
        ("chapter", f"c{number}", [("sequential", f"s{number}", [("html", f"h{number}")])]) for number in range(40)
    ]
    world.export(tree, ids[0])
    dump = folder / "dump.json"
    dump.write_text(json.dumps(world.rows))
    return [*world.files, dump]


def run_load(url: str, table: str, files: list[Path]) -> "subprocess.Popen[str]":
    arguments = [str(COMMAND), "load", "--endpoint-url", url, "--table-name", table, *map(str, files)]
    # A load waits a minute for each answer, if it is not told otherwise.
    environment = os.environ | {"TABLE_READ_SECONDS": "2"}
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


@pytest.fixture(scope="module")
def undisturbed(database: Database, files: list[Path]) -> tuple[Items, int]:
    """The table of a load that nothing happened to, and how many writes it took."""
    table = database.new_table()
    with database.proxy() as (proxy, url):
        code, output = finish(run_load(url, table, files))
        assert code == 0, output
        # By what they write: an attempt that had to be repeated counts once.
        return database.items(table), len({each.call.fingerprint for each in proxy.exchanges if each.call.is_write})


def kill_at(database: Database, table: str, files: list[Path], write: int, delivered: bool) -> None:
    """Load, and kill the load at this write: before or after DynamoDB carries it out."""
    running: list[subprocess.Popen[str]] = []

    def act(line: Line) -> None:
        if delivered:
            line.deliver()
        running[0].kill()
        line.close()

    with database.proxy(After(write, Fault("killed", act))) as (_, url):
        running.append(run_load(url, table, files))
        code, output = finish(running[0])
        assert code == -9, output


def test_a_load_killed_at_any_point_is_completed_by_running_it_again(
    database: Database, dynamodb: str, files: list[Path], undisturbed: tuple[Items, int]
) -> None:
    items, writes = undisturbed
    assert writes > 2 * POINTS

    def kill_and_run_again(point: int) -> tuple[int, Items]:
        table = database.new_table()
        kill_at(database, table, files, 1 + point * (writes - 1) // (POINTS - 1), delivered=bool(point % 2))
        left = len(items) - len(database.items(table))
        code, output = finish(run_load(dynamodb, table, files))
        assert code == 0, output
        return left, database.items(table)

    with ThreadPoolExecutor(3) as threads:
        ended = list(threads.map(kill_and_run_again, range(POINTS)))

    assert [table == items for _, table in ended] == [True] * POINTS
    missing = [left for left, _ in ended]
    assert all(left > 0 for left in missing[:-1]), missing
    assert missing[0] > missing[POINTS // 2] > missing[-1], missing


def test_a_load_killed_again_and_again_is_completed_in_the_end(
    database: Database, dynamodb: str, files: list[Path], undisturbed: tuple[Items, int]
) -> None:
    items, writes = undisturbed
    table = database.new_table()

    for number in range(3):
        kill_at(database, table, files, writes // 5, delivered=bool(number % 2))
    code, output = finish(run_load(dynamodb, table, files))

    assert code == 0, output
    assert database.items(table) == items


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_a_load_outlives_faults_or_says_to_run_it_again(
    rate: float, first_seed: int, database: Database, files: list[Path], undisturbed: tuple[Items, int]
) -> None:
    table = database.new_table()
    ended: list[tuple[int, str]] = []
    with database.proxy(RandomSchedule(first_seed, rate)) as (proxy, url):
        while not ended or (ended[-1][0] == 2 and len(ended) < 10):
            ended.append(finish(run_load(url, table, files)))

        assert any(each.fault for each in proxy.exchanges)
    assert [code for code, _ in ended] == [2] * (len(ended) - 1) + [0], ended
    assert all("again" in output for _, output in ended[:-1]), ended
    assert database.items(table) == undisturbed[0]


OUTAGES: list[Callable[[], Fault]] = [
    faults.throttled,
    lambda: faults.failure(False),
    lambda: faults.reset(delivered=True),
    lambda: faults.html(False, 503),
    faults.wrong_checksum,
]


@pytest.mark.parametrize("outage", OUTAGES, ids=[make().name.replace(" ", "-") for make in OUTAGES])
def test_a_load_that_loses_its_table_says_to_run_it_again(
    outage: Callable[[], Fault],
    database: Database,
    dynamodb: str,
    files: list[Path],
    undisturbed: tuple[Items, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    items, writes = undisturbed
    table = database.new_table()
    monkeypatch.setattr(client, "_WRITE_SECONDS", 2.0)
    monkeypatch.setenv("TABLE_NAME", table)
    monkeypatch.setenv("TABLE_READ_SECONDS", "2")

    with database.proxy(After(writes // 2, outage(), lasting=True)) as (_, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        code = exit_code(["load", "--endpoint-url", url, "--table-name", table, *map(str, files)])
    printed = capsys.readouterr()

    assert code == 2
    assert "again" in printed.err, printed
    assert 0 < len(database.items(table)) < len(items)
    again, output = finish(run_load(dynamodb, table, files))
    assert again == 0, output
    assert database.items(table) == items


def exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as exited:
        return int(exited.code or 0)
