"""Schemathesis against `lms-lambda serve` with the sample site: `make test-openapi`.

Each caller gets a server of their own, because what one changes (roles, above all) would change what the next may do.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lms_lambda.dynamodb.tables import ROOT
from tests.document import document, operations

CALLERS = ("lena", "sam", "ivan")
"""A learner, global staff, and an instructor of one course."""
CONFIG = ROOT / "tests/openapi/schemathesis.toml"
# Nothing of this machine's own settings, which could name another table or other keys.
_FOREIGN = ("AWS_", "JWT_", "LMS_", "TABLE_NAME", "CMS_BASE", "FEATURES", "CORS_", "SCHEMATHESIS")


def linked_operations() -> set[str]:
    """Ids of the operations that links of the document start from or lead to."""
    found = set()
    for item in document()["paths"].values():
        for operation in operations(item).values():
            for answer in operation["responses"].values():
                for link in answer.get("links", {}).values():
                    found |= {operation["operationId"], link["operationId"]}
    return found


# Once more what follows links, among the operations that have them: among all, few links are ever taken.
_PARTS = (
    (),
    ("--phases", "stateful", "--include-operation-id-regex", f"^({'|'.join(sorted(linked_operations()))})$"),
)


def main() -> int:
    """Run Schemathesis as each caller; 0 when none of the runs found anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-examples", type=int, default=50, help="for each operation in each phase")
    parser.add_argument("callers", nargs="*", default=CALLERS)
    options = parser.parse_args()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    codes = {}
    for caller in options.callers:
        print(f"Schemathesis as {caller}, seed {options.seed}", flush=True)
        with _served(environment) as url:
            codes[caller] = max(
                _run(
                    url,
                    caller,
                    environment,
                    "--seed",
                    str(options.seed),
                    "--max-examples",
                    str(options.max_examples),
                    *part,
                )
                for part in _PARTS
            )
    for caller, code in codes.items():
        print(f"{caller}: {'passed' if code == 0 else f'exit code {code}'}")
    return max(codes.values())


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[str]:
    """The URL of the sample site, served on a free port."""
    log = ROOT / ".cache/schemathesis-server.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as errors:
        server = subprocess.Popen(
            [_command("lms-lambda"), "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        )
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if not line.startswith("Serving "):
                raise SystemExit(f"lms-lambda serve did not start; {log} says why.")
            yield line.split()[1]
        finally:
            server.terminate()
            server.wait(30)


def _run(url: str, caller: str, environment: dict[str, str], *arguments: str) -> int:
    token = subprocess.run(
        [_command("lms-lambda"), "token", caller], check=True, capture_output=True, text=True, env=environment
    ).stdout.strip()
    return subprocess.run(
        [
            *(_command("schemathesis"), "--config-file", CONFIG, "run", f"{url}/api-docs/openapi.json"),
            *("--header", f"Authorization: JWT {token}"),
            *("--checks", "all", *arguments),
        ],
        check=False,
        cwd=ROOT,
        env=environment | {"LMS_LAMBDA_CALLER": caller, "PYTHONPATH": str(ROOT)},
    ).returncode


def _command(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


if __name__ == "__main__":
    sys.exit(main())
