"""A load of 200,000 enrollments: its memory stays flat, and one that was killed is finished by the next."""

import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lms.table import keys
from lms.table.requests import get_items
from lms_lambda.dynamodb.tables import create_table, sdk_client
from tests.ops.dumps import DumpRow, dump_row

# The embedded one is too slow for it.
pytestmark = [pytest.mark.integration("dynamodb-local"), pytest.mark.dynamodb_local]

USERS = 20_000
COURSES = 1_000
ENROLLMENTS_OF_A_USER = 10
ENROLLMENTS = USERS * ENROLLMENTS_OF_A_USER
ITEMS = 3 * USERS + COURSES + ENROLLMENTS
"""A user has an item for the e-mail and one for the id as well."""
MEMORY = 300_000_000
"""Bytes that a load may hold at its peak, whatever the size of the dump."""
COMMAND = Path(sys.executable).with_name("lms-lambda")


@dataclass(frozen=True)
class Finished:
    """A load that has ended."""

    exit_code: int
    output: str
    """What it printed."""
    seconds: float
    peak: int
    """The most memory that it held, in bytes."""


def course_id(number: int) -> str:
    return f"course-v1:LargeX+C{number}+2026"


def rows() -> Iterator[DumpRow]:
    # Enrollments first: the loader must wait for the users whom they speak of.
    for number in range(ENROLLMENTS):
        yield dump_row(
            "student.courseenrollment",
            number + 1,
            user=number % USERS + 1,
            course=course_id((number // USERS * 97 + number) % COURSES),
            created="2026-03-02T09:30:15.123Z",
            is_active=True,
            mode="audit",
        )
    for number in range(1, USERS + 1):
        yield dump_row("auth.user", number, username=f"learner{number}", email=f"learner{number}@example.org")
    for number in range(COURSES):
        yield dump_row("course_overviews.courseoverview", course_id(number), org="LargeX", display_name=f"C {number}")


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dump, compressed."""
    file = tmp_path_factory.mktemp("large") / "dump.json.gz"
    with gzip.open(file, "wt", compresslevel=1) as stream:
        for number, row in enumerate(rows()):
            stream.write(f"{',' if number else '['}{json.dumps(row)}\n")
        stream.write("]")
    return file


@pytest.fixture(scope="module")
def loaded(dump: Path, dynamodb: str) -> tuple[str, Finished]:
    """The name of a table that one undisturbed load filled, and that load."""
    name = f"large-{uuid4()}"
    create_table(name)
    return name, finish(start(dump, dynamodb, name))


def start(dump: Path, endpoint: str, table: str) -> "subprocess.Popen[str]":
    arguments = [str(COMMAND), "load", "--endpoint-url", endpoint, "--table-name", table, str(dump)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: "subprocess.Popen[str]") -> Finished:
    began = time.monotonic()
    assert process.stdout is not None
    with process.stdout as stream:
        output = stream.read()
    # Not Popen.wait: this one tells the memory of that very process.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(process.returncode, output, time.monotonic() - began, usage.ru_maxrss * unit)


def count_items(table: str) -> int:
    count: int = sdk_client().describe_table(TableName=table)["Table"]["ItemCount"]
    return count


def sample(table: str, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], Any]:
    """Every 50th user with all enrollments, and every 10th course."""
    monkeypatch.setenv("TABLE_NAME", table)
    wanted = [keys.course(course_id(number)) for number in range(0, COURSES, 10)]
    for number in range(1, USERS + 1, 50):
        name = f"learner{number}"
        wanted += [keys.user(name), keys.user_id(number), keys.email(f"{name}@example.org")]
        for at in range(number - 1, ENROLLMENTS, USERS):
            wanted.append(keys.enrollment(name, course_id((at // USERS * 97 + at) % COURSES)))
    return get_items(wanted, consistent=True)


def test_two_hundred_thousand_enrollments_are_written_in_little_memory(loaded: tuple[str, Finished]) -> None:
    table, load = loaded

    print(f"loaded in {load.seconds:.0f} s, {ITEMS / load.seconds:,.0f} items/s, peak {load.peak / 1e6:.0f} MB")
    assert load.exit_code == 0, load.output
    assert re.search(r"^student\.courseenrollment +200,000 +200,000 +0 +0$", load.output, re.MULTILINE), load.output
    assert count_items(table) == ITEMS
    assert load.peak < MEMORY


def test_a_load_that_was_killed_half_way_is_completed_by_running_it_again(
    loaded: tuple[str, Finished], dump: Path, dynamodb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = f"large-{uuid4()}"
    create_table(table)
    process = start(dump, dynamodb, table)
    while count_items(table) < ITEMS // 2:
        assert process.poll() is None, "the load ended before it could be killed"
        time.sleep(0.2)
    process.kill()
    killed = finish(process)
    written_before = count_items(table)

    again = finish(start(dump, dynamodb, table))

    assert killed.exit_code == -9
    assert ITEMS // 2 <= written_before < ITEMS
    assert again.exit_code == 0, again.output
    assert count_items(table) == ITEMS
    first, second = sample(loaded[0], monkeypatch), sample(table, monkeypatch)
    assert len(first) == 100 + 400 * 13
    assert second == first


def test_a_second_load_of_the_same_dump_writes_nothing(loaded: tuple[str, Finished], dump: Path, dynamodb: str) -> None:
    again = finish(start(dump, dynamodb, loaded[0]))

    assert again.exit_code == 0, again.output
    assert "Items: 0 written, 221,000 unchanged." in again.output
