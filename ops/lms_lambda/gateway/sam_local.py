"""SAM CLI's own gateway in front of the built functions in Lambda's containers, on DynamoDB Local: `make sam-local`.

For laptops and tests. Where it differs from API Gateway, docs/local-lambda.md says how.
"""

import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

from lms_lambda.dynamodb.dynamodb_local import DynamoDBLocal, DynamoDBLocalMissingError
from lms_lambda.dynamodb.embedded import use_local_credentials
from lms_lambda.dynamodb.tables import ROOT, create_table
from lms_lambda.gateway.local_server import SAMPLE, greeting
from lms_lambda.gateway.tokens import use_local_keys
from lms_lambda.load.console import load_and_show
from lms_lambda.template import function_properties, read_document

BUILD = ROOT / ".aws-sam/local"
"""Where `make build-local` builds, for this machine's own processor."""
SAM = (str(ROOT / ".venv-sam/bin/sam"),)
HOST = "host.docker.internal"
"""This machine, as the containers call it."""
HOST_ARCHITECTURE = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
"""This machine's processor, as Lambda calls it."""
DYNAMODB_PORT = 8042
"""Where `make sam-local` has its DynamoDB Local, for `sam local invoke` in another terminal (samconfig.toml)."""
_ANSWER_SECONDS = 120
_STOP_SECONDS = 60
_CONTAINER = re.compile(r"SAM_CONTAINER_ID: ([0-9a-f]+)")


class SamLocalError(Exception):
    """`sam local` cannot run here, or ended; the text says why."""


def environment_variables(template: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The functions' environment variables that a built template declares, with their values on this machine.

    A variable has the value that `environment` gives it, else the template's own where that is a text, else none: SAM
    would make the name of a parameter of it. Raises TemplateError.
    """
    document = read_document(template)
    declared: dict[str, Any] = {}
    for properties in [document["Globals"]["Function"], *function_properties(document)]:
        declared |= properties.get("Environment", {}).get("Variables", {})
    return {
        name: environment.get(name, value if isinstance(value, str) else "") for name, value in sorted(declared.items())
    }


class SamLocal:
    """`sam local start-api` over a build, from `start` to `stop`.

    `environment` holds the functions' settings. `show` gets each line of SAM's output. `sam` is the command to start.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        port: int,
        show: Callable[[str], None],
        build: Path = BUILD,
        sam: Sequence[str] = SAM,
    ) -> None:
        self._environment = environment
        self._port = port
        self._show = show
        self._build = build
        self._sam = sam
        self._containers: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Start serving, and wait until it answers. Raises SamLocalError."""
        image = f"public.ecr.aws/lambda/python:3.13-{HOST_ARCHITECTURE}"
        if not _docker("info"):
            raise SamLocalError("`sam local` runs functions in containers: Docker does not answer here.")
        template = self._build / "template.yaml"
        variables = self._build / "environment.json"
        variables.write_text(json.dumps({"Parameters": environment_variables(template, self._environment)}, indent=2))
        command = [
            *(*self._sam, "local", "start-api", "--template", str(template), "--env-vars", str(variables)),
            *("--port", str(self._port), "--warm-containers", "LAZY", "--add-host", f"{HOST}:host-gateway"),
            # Where the image is there already, no registry need be reached.
            *(["--skip-pull-image"] if _docker("image", "inspect", image) else []),
        ]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=ROOT,
            env={**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"},
            # Ctrl-C is ours to pass on, once.
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SamLocalError("`sam local start-api` does not answer; its output says why.")
            time.sleep(0.2)

    def wait(self) -> None:
        """Wait until it ends by itself."""
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop serving, and remove the containers."""
        # What SAM prints while it ends are its containers' broken connections.
        self._show = lambda _: None
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._reader is not None:
            self._reader.join()
        # SAM leaves some behind.
        if self._containers:
            _docker("rm", "--force", *self._containers)

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None  # noqa: S101 - it is piped
        with process.stdout as lines:
            for line in lines:
                if found := _CONTAINER.search(line):
                    self._containers.append(found[1])
                self._show(line)

    def _answers(self) -> bool:
        try:
            with urlopen(Request(self.url, method="HEAD"), timeout=5):  # noqa: S310 - http, our own server
                return True
        except OSError as error:
            # An HTTP error is an answer: there is no route for the root.
            return hasattr(error, "code")


def _docker(*arguments: str) -> bool:
    """Whether a command of Docker's client succeeds."""
    try:
        return subprocess.run(["docker", *arguments], capture_output=True, check=False).returncode == 0  # noqa: S603, S607
    except FileNotFoundError:
        return False


def main() -> int:
    """Serve the build with the sample site until Ctrl-C; the exit code."""
    port = int(sys.argv[1])
    # Both, and also where a shell has SIGINT ignored in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # SAM gives every request the time at which it started: tokens are issued just before, or it takes them for forged.
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    os.environ |= {"LMS_LAMBDA_NOW": now, "TABLE_NAME": "lms-lambda", "CACHE_SECONDS": "2"}
    os.environ.setdefault("HTTPS", "off")
    os.environ.setdefault("CMS_BASE", "localhost:8001")
    use_local_credentials()
    own_keys = use_local_keys()
    dynamodb = DynamoDBLocal(DYNAMODB_PORT)
    sam: SamLocal | None = None
    try:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = dynamodb.start()
        create_table(os.environ["TABLE_NAME"])
        load_and_show(sorted(SAMPLE.iterdir()), quiet=True)
        settings = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:{DYNAMODB_PORT}"}
        sam = SamLocal(settings, port, lambda line: print(line, end="", flush=True))
        sam.start()
        print(greeting(sam.url, sample=True, own_keys=own_keys))
        print(f"\nSAM's clock stands still at {now}. A token for another user:")
        print(f"  LMS_LAMBDA_NOW={now} .venv/bin/lms-lambda token USERNAME\n", flush=True)
        sam.wait()
    except (DynamoDBLocalMissingError, SamLocalError) as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    finally:
        if sam is not None:
            sam.stop()
        dynamodb.stop()
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
