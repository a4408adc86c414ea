"""The event files, and the commands that docs/local-lambda.md prints for them."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lms_lambda.dynamodb.dynamodb_local import DynamoDBLocal
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE, create_table
from lms_lambda.gateway.local_server import SAMPLE
from lms_lambda.gateway.sam_local import DYNAMODB_PORT
from lms_lambda.load.console import load_and_show
from lms_lambda.template import read_template
from tests.sam_local.events import EXAMPLES, FOLDER, SETTINGS, written

COMMAND = re.compile(r"^ {4}(\.venv-sam/bin/sam local invoke (\w+) --event events/(\S+)\.json)$", re.MULTILINE)
PRINTED = {
    name: (command, function)
    for command, function, name in COMMAND.findall((ROOT / "docs/local-lambda.md").read_text(encoding="utf-8"))
}


def test_the_event_files_are_what_the_gateway_sends_today() -> None:
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.json")}

    assert found == written(), "`.venv/bin/python -m tests.sam_local.events` writes them anew"


def test_every_function_has_an_event() -> None:
    functions = {example.function for example in EXAMPLES.values()}

    assert functions == set(read_template(TEMPLATE).functions), (
        "add an Example to EXAMPLES of tests/sam_local/events.py"
    )


def test_the_documentation_prints_a_command_for_every_event() -> None:
    printed = {name: function for name, (_, function) in PRINTED.items()}

    expected = {name: example.function for name, example in EXAMPLES.items()}
    assert printed == expected, 'print the command of each event in docs/local-lambda.md, "Invoke"'


@pytest.fixture(scope="module")
def sample_site(environment: None) -> Iterator[None]:
    """What `make sam-local` leaves running for another terminal: DynamoDB Local, with the sample site."""
    dynamodb = DynamoDBLocal(DYNAMODB_PORT)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.start())
            patch.setenv("TABLE_NAME", SETTINGS["TABLE_NAME"])
            create_table(SETTINGS["TABLE_NAME"])
            load_and_show(sorted(SAMPLE.iterdir()), quiet=True)
        yield
    finally:
        dynamodb.stop()


@pytest.fixture(scope="module")
def answers(sample_site: None) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """What every printed command ended with: two at a time, because a container takes seconds to start."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    def run(command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env=environment | {"SAM_CLI_TELEMETRY": "0"},
            capture_output=True,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(2) as threads:
        return dict(zip(PRINTED, threads.map(run, [command for command, _ in PRINTED.values()]), strict=True))


@pytest.mark.integration("sam-local")
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_printed_command_ends_as_the_events_name_says(
    answers: dict[str, "subprocess.CompletedProcess[str]"], name: str
) -> None:
    finished = answers[name]
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)

    if name.startswith("authorizer/"):
        assert answer["policyDocument"]["Statement"][0]["Effect"] == EXAMPLES[name].answer
        if name == "authorizer/deny-expired":
            assert answer["context"]["detail"] == "Token has expired."
    else:
        assert answer["statusCode"] == EXAMPLES[name].answer, answer
        assert str(answer["statusCode"]) in name
