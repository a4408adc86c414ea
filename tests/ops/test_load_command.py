"""The `lms-lambda` command: what load, table and token print, and their exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lms.domain.users import User
from lms.table import client
from lms.table.answers import AttemptFailedError, DynamoDBError
from lms.table.course_team import revoke_role
from lms.table.courses import get_courses
from lms.table.ttl_cache import forget_cached
from lms.table.users import get_user
from lms_lambda.cli import main
from tests.api import Api
from tests.ops.dumps import dump_row, write_dump
from tests.world import COURSE_A, WORKED_TREE, World

MONA = dump_row("auth.user", 4711, username="mona", email="mona@example.org")
BAD_USER = dump_row("auth.user", 4712, username="nora", email="nora@example.org", is_active="perhaps")
ENROLLED = dump_row("student.courseenrollment", 9, user=4711, course=COURSE_A, is_active=True, mode="audit")
OF_NOBODY = dump_row("student.courseenrollment", 10, user=77, course=COURSE_A, is_active=True, mode="audit")
UNREACHABLE = "http://127.0.0.1:1"

Command = Callable[..., int]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, environment: None) -> Command:
    """`command("load", file)`: the exit code. What the command sets in the environment is undone."""
    monkeypatch.setattr(os, "environ", os.environ.copy())

    def run(*arguments: str | Path) -> int:
        try:
            return main([str(argument) for argument in arguments])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else -1

    return run


@pytest.fixture
def load(command: Command, dynamodb: str, table: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`load(file)`: load into the test's own table; the exit code."""
    monkeypatch.setenv("TABLE_NAME", "another-table")

    def run(*files: str | Path) -> int:
        code = command("load", "--endpoint-url", dynamodb, "--table-name", table, *files)
        forget_cached()
        return code

    return run


def numbers(output: str) -> dict[str, list[str]]:
    """The lines of the final table: model -> read, written, skipped, rejected."""
    lines = [line.split() for line in output.splitlines()]
    return {" ".join(words[:-4]): words[-4:] for words in lines if len(words) > 4 and words[-1].isdigit()}


def write(folder: Path, *rows: Any, name: str = "dump.json") -> Path:
    return write_dump(folder / name, rows)


class TestLoad:
    def test_a_good_dump_ends_with_a_table_and_0(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = load(write(tmp_path, MONA, ENROLLED, dump_row("sessions.session", "x")))

        shown = capsys.readouterr()
        assert code == 0
        assert shown.out.splitlines()[0].split() == ["model", "read", "written", "skipped", "rejected"]
        assert numbers(shown.out) == {
            "auth.user": ["1", "1", "0", "0"],
            "sessions.session": ["1", "0", "1", "0"],
            "student.courseenrollment": ["1", "1", "0", "0"],
        }
        assert shown.out.splitlines()[-1] == "Items: 2 written, 0 unchanged."
        assert shown.err == ""
        assert get_user("mona") == User(4711, "mona", "mona@example.org")

    def test_loading_again_says_that_nothing_was_written(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = write(tmp_path, MONA, ENROLLED)
        load(file)
        capsys.readouterr()

        assert load(file) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "Items: 0 written, 2 unchanged."

    def test_what_the_api_changed_is_said_to_be_left(
        self, load: Command, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.user("mona", 4711)
        world.course()
        world.role("mona", "staff", COURSE_A)
        file = write(tmp_path, *world.rows)
        load(file)
        revoke_role("mona", COURSE_A, datetime(2026, 4, 1, tzinfo=UTC), token=str(uuid4()))
        capsys.readouterr()

        assert load(file) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            "Items: 0 written, 2 unchanged, 1 left as the API changed them since the dump."
        )

    def test_rejected_rows_are_named_one_by_one_and_the_code_is_1(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = load(
            write(tmp_path, MONA, BAD_USER, OF_NOBODY, name="a.json"),
            write(tmp_path, ENROLLED, ["no row"], name="b.json"),
        )

        shown = capsys.readouterr()
        assert code == 1
        assert shown.err.splitlines() == [
            "rejected: a.json, row 2: auth.user pk 4712: is_active: Input should be a valid boolean, "
            "unable to interpret input",
            "rejected: b.json, row 2: not an object",
            "rejected: a.json, row 3: student.courseenrollment pk 10: there is no user 77",
        ]
        assert numbers(shown.out) == {
            "(no model)": ["1", "0", "0", "1"],
            "auth.user": ["2", "1", "0", "1"],
            "student.courseenrollment": ["2", "1", "0", "1"],
        }

    def test_of_many_rejected_rows_the_first_hundred_are_shown_and_the_rest_counted(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = [dump_row("auth.user", number, username="") for number in range(1250)]

        code = load(write(tmp_path, *rows))

        *shown, last = capsys.readouterr().err.splitlines()
        assert code == 1
        assert len(shown) == 100
        assert last == "… and 1,150 more rejected rows."

    def test_large_numbers_are_grouped_and_long_models_are_shown_whole(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        long = "courseware.coursedynamicupgradedeadlineconfiguration"
        rows = [dump_row("sessions.session", number) for number in range(1234)]

        load(write(tmp_path, *rows, dump_row(long, 1, course_id=COURSE_A)))

        found = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert ["sessions.session", "1,234", "0", "1,234", "0"] in found
        assert [long, "1", "1", "0", "0"] in found

    def test_no_message_shows_a_value_of_a_row(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        profile = dump_row("student.userprofile", 1, user="nora", name="Nora Secret")
        broken = '{"model": "auth.user", "pk": 3, "fields": {"username": "nora", "email": "nora@example.org" oops}}'
        clash = dump_row("auth.user", 4713, username="nora2", email="mona@example.org")
        same_name = dump_row("auth.user", 4714, username="MONA", email="secret@example.org")
        long = dump_row("auth.user", 4715, username="nora" * 80, email="secret@example.org")
        text = json.dumps([MONA, BAD_USER, profile, clash, same_name, long])[:-1] + f", {broken}]"
        file = tmp_path / "dump.json"
        file.write_text(text)

        code = load(file)

        shown = capsys.readouterr()
        assert code == 1
        assert len(shown.err.splitlines()) == 6
        assert not re.search("mona|nora|secret|@", shown.out + shown.err, re.IGNORECASE)

    def test_a_course_export_is_a_line_of_the_table(
        self, load: Command, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = load(world.export(WORKED_TREE))

        assert code == 0
        assert numbers(capsys.readouterr().out) == {"course export (OLX)": ["1", "1", "0", "0"]}
        assert COURSE_A in get_courses([COURSE_A])

    def test_a_file_of_an_export_that_cannot_be_read_is_named_and_the_code_is_1(
        self, load: Command, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        export = world.export([("chapter", "ch1", []), ("chapter", "ch2", [])])
        course = export / "course.xml"
        course.write_text(course.read_text().replace("</course>", '<chapter url_name="gone"/></course>'))

        code = load(export)

        [line] = capsys.readouterr().err.splitlines()
        assert code == 1
        assert line.startswith(f"rejected: {export.name}, chapter/gone.xml: course export (OLX) pk {COURSE_A}: ")

    def test_no_progress_bar_is_drawn_where_nobody_sees_it(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        load(write(tmp_path, *[dump_row("auth.user", number, username=f"u{number}") for number in range(1, 30)]))

        shown = capsys.readouterr()
        assert shown.err == ""
        assert not re.search("Reading|Writing|\x1b|━", shown.out)

    @pytest.mark.parametrize("model", ["[/b]", "[red]x[/red]"])
    def test_whatever_a_model_is_called_the_table_is_printed(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
    ) -> None:
        code = load(write(tmp_path, MONA, dump_row(model, 1)))

        shown = capsys.readouterr().out
        assert code == 0
        assert numbers(shown)["auth.user"] == ["1", "1", "0", "0"]
        assert model in numbers(shown)

    def test_a_row_is_shown_as_it_is_named_brackets_and_all(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        load(write(tmp_path, dump_row("course_overviews.courseoverview", "[red]x[/]", org="x")))

        assert capsys.readouterr().err == (
            "rejected: dump.json, row 1: course_overviews.courseoverview pk [red]x[/]: is not a course id\n"
        )


class TestUnusableInput:
    def test_a_missing_file_is_named_the_others_are_loaded_and_the_code_is_2(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        missing = tmp_path / "missing.json"

        code = load(missing, write(tmp_path, MONA))

        assert code == 2
        assert capsys.readouterr().err == f"unusable: {missing}: No such file or directory\n"
        assert get_user("mona") is not None

    @pytest.mark.parametrize("content", [b"", b"hello", b"<html/>", b"\x00\x01"])
    def test_a_file_that_is_neither_dump_nor_export_is_named(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
    ) -> None:
        file = tmp_path / "x.json"
        file.write_bytes(content)

        code = load(file)

        assert code == 2
        assert capsys.readouterr().err == (
            f"unusable: {file}: it is neither a dump of Django (JSON) nor a course export (OLX)\n"
        )

    @pytest.mark.parametrize("name", ["dump.json", "dump.jsonl", "dump.json.gz"])
    def test_a_dump_that_was_cut_off_is_named_with_its_last_whole_row_which_is_loaded(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        file = write(tmp_path, MONA, ENROLLED, name=name)
        file.write_bytes(file.read_bytes()[:-12])

        code = load(file)

        place = {"dump.json": "row 1", "dump.jsonl": "line 1", "dump.json.gz": "no whole row"}[name]
        [line] = capsys.readouterr().err.splitlines()
        assert code == 2
        assert line.startswith(f"unusable: {file}: it ends in the middle, after {place}")
        assert line.endswith("Was the dump interrupted?")
        assert (get_user("mona") is not None) == (place != "no whole row")

    def test_a_folder_without_a_course_is_named(
        self, load: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = tmp_path / "photos"
        folder.mkdir()

        code = load(folder)

        assert code == 2
        assert capsys.readouterr().err == f"unusable: {folder}: the folder holds no course.xml\n"

    def test_rejected_rows_and_unusable_files_together_are_2(self, load: Command, tmp_path: Path) -> None:
        assert load(write(tmp_path, BAD_USER), tmp_path / "missing.json") == 2

    def test_load_without_a_file_is_2(self, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert command("load") == 2
        assert "FILE" in capsys.readouterr().err

    def test_a_site_id_that_is_no_number_is_a_sentence(
        self, load: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SITE_ID", "main")

        code = load(write(tmp_path, MONA))

        assert code == 2
        assert "SITE_ID" in capsys.readouterr().err


class TestTable:
    def test_a_missing_table_is_a_sentence_that_says_how_to_make_it(
        self, command: Command, dynamodb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = f"none-{uuid4()}"
        file = write(tmp_path, MONA)

        code = command("load", "--endpoint-url", dynamodb, "--table-name", name, file)

        assert code == 2
        assert capsys.readouterr().err == (
            f"lms-lambda: There is no table {name}. Make it with: lms-lambda table create --table-name {name}\n"
        )

    def test_load_makes_the_table_when_asked_to(
        self, command: Command, dynamodb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = f"new-{uuid4()}"
        arguments = ("load", "--create-table", "--endpoint-url", dynamodb, "--table-name", name, write(tmp_path, MONA))

        codes = [command(*arguments), command(*arguments)]

        assert codes == [0, 0]
        assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("Items:")] == [
            "Items: 1 written, 0 unchanged.",
            "Items: 0 written, 1 unchanged.",
        ]

    def test_making_a_table_twice_leaves_the_first(
        self, command: Command, dynamodb: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        name = f"new-{uuid4()}"

        codes = [command("table", "create", "--endpoint-url", dynamodb, "--table-name", name) for _ in range(2)]

        assert codes == [0, 0]
        assert capsys.readouterr().out == f"Table {name} is made.\nTable {name} was there already.\n"

    def test_describe_prints_what_dynamodb_says_as_json(
        self, command: Command, dynamodb: str, table: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = command("table", "describe", "--endpoint-url", dynamodb, "--table-name", table)

        described = json.loads(capsys.readouterr().out)
        assert code == 0
        assert (described["TableName"], described["TableStatus"]) == (table, "ACTIVE")
        assert [key["AttributeName"] for key in described["KeySchema"]] == ["PK", "SK"]
        assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["courses"]

    def test_describing_a_missing_table_is_a_sentence(
        self, command: Command, dynamodb: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = command("table", "describe", "--endpoint-url", dynamodb, "--table-name", "none-at-all")

        assert code == 2
        assert capsys.readouterr().err.startswith("lms-lambda: There is no table none-at-all. Make it with: ")

    @pytest.mark.parametrize("endpoint", [UNREACHABLE, "nonsense", "localhost:8000", "http://"])
    @pytest.mark.parametrize("arguments", [("table", "create"), ("table", "describe"), ("load",)])
    def test_an_endpoint_that_cannot_be_used_is_a_sentence_and_2(
        self,
        command: Command,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        endpoint: str,
        arguments: tuple[str, ...],
    ) -> None:
        files = [write(tmp_path, MONA)] if arguments == ("load",) else []

        code = command(*arguments, "--endpoint-url", endpoint, *files)

        shown = capsys.readouterr()
        assert code == 2
        assert shown.out == ""
        assert re.fullmatch("lms-lambda: [^\n]+\n", shown.err)

    def test_a_table_that_stops_answering_is_a_sentence_that_says_how_to_go_on(
        self, load: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        real = client._attempt

        def throttled(operation: str, arguments: Any) -> Any:
            if operation == "TransactWriteItems":
                raise AttemptFailedError("a test's fault", maybe_done=False)
            return real(operation, arguments)

        monkeypatch.setattr(client, "_WRITE_SECONDS", 0.01)
        monkeypatch.setattr(client, "_attempt", throttled)

        code = load(write(tmp_path, MONA))

        assert code == 2
        assert capsys.readouterr().err == (
            "lms-lambda: DynamoDB does not answer: TransactWriteItems: a test's fault; attempts: 1. "
            "What is written is written: run it again.\n"
        )

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClient"])
    def test_a_table_that_may_not_be_written_any_more_ends_the_load(
        self,
        load: Command,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        code: str,
    ) -> None:
        real, written = client._attempt, []

        def refused(operation: str, arguments: Any) -> Any:
            if operation == "TransactWriteItems":
                written.append(operation)
                if len(written) > 2:
                    raise DynamoDBError(code, "no")
            return real(operation, arguments)

        monkeypatch.setattr(client, "_attempt", refused)
        rows = [dump_row("auth.user", n, username=f"u{n}", email=f"u{n}@example.org") for n in range(1, 2000)]

        exit_code = load(write(tmp_path, *rows))

        shown = capsys.readouterr()
        assert exit_code == 2
        assert "rejected" not in shown.err
        assert code in shown.err or "There is no table" in shown.err
        # What waited was not begun: the users make sixty transactions.
        assert len(written) < 30

    def test_a_load_that_breaks_off_is_2_and_is_finished_by_running_it_again(
        self, load: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(*_: Any) -> Any:
            raise KeyError("a mistake")

        file = write(tmp_path, MONA, ENROLLED)
        with monkeypatch.context() as patch:
            patch.setattr("lms_lambda.load.compose.enrollment_changes", broken)
            first = load(file)
        shown = capsys.readouterr().err

        assert first == 2
        assert "KeyError" in shown
        assert shown.endswith("lms-lambda: The load broke off. What is written is written: run it again.\n")
        assert load(file) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "Items: 1 written, 1 unchanged."

    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    def test_a_reader_that_goes_away_is_no_success(
        self, dynamodb: str, table: str, tmp_path: Path, stream: str
    ) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        program = "import sys; from lms_lambda.cli import main; sys.exit(main())"
        arguments = ["load", "--endpoint-url", dynamodb, "--table-name", table, str(write(tmp_path, MONA, BAD_USER))]
        out, err = [writing if stream == name else subprocess.DEVNULL for name in ("stdout", "stderr")]

        finished = subprocess.run([sys.executable, "-c", program, *arguments], check=False, stdout=out, stderr=err)

        os.close(writing)
        assert finished.returncode == 2


class TestToken:
    def test_it_is_one_that_the_authorizer_accepts(
        self, command: Command, api: Api, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.user("mona", 4711)
        world.load()
        api.clock.now = datetime.now(UTC)

        code = command("token", "mona")

        token = capsys.readouterr().out.strip()
        answer = api.get("/api/mobile/v1/users/mona", caller=None, Authorization=f"JWT {token}")
        assert code == 0
        assert (answer.status, answer.json["id"]) == (200, 4711)

    def test_it_expires_when_asked_to(
        self, command: Command, api: Api, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.user("mona", 4711)
        world.load()
        command("token", "mona", "--expires-in", "60")
        token = capsys.readouterr().out.strip()
        api.clock.now = datetime.now(UTC)
        api.clock.advance(seconds=120)

        answer = api.get("/api/mobile/v1/users/mona", caller=None, Authorization=f"JWT {token}")

        assert (answer.status, answer.json) == (401, {"detail": "Token has expired."})

    def test_it_needs_no_table_and_no_dynamodb(
        self, command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", UNREACHABLE)

        assert command("token", "mona") == 0
        assert capsys.readouterr().out.count(".") == 2


@pytest.mark.parametrize("arguments", [(), ("fly",), ("table",), ("table", "drop"), ("token",)])
def test_a_command_that_there_is_not_is_2(
    command: Command, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert command(*arguments) == 2
    assert "usage: lms-lambda" in capsys.readouterr().err
