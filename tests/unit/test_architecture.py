"""The house: which floor may import which, and what a cold start may load. (docs/architecture.md)"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.builders import cases

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/shared"
FUNCTIONS = ROOT / "functions"
OPS = ROOT / "ops/lms_lambda"
HANDLERS = sorted(folder.name for folder in FUNCTIONS.iterdir() if (folder / "app.py").exists())
CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "time", "monotonic", "perf_counter"}


class Import(NamedTuple):
    """A module that a file imports, and where it says so."""

    module: str
    place: str


def files(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found, f"{folder} holds no module"
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(*folders: Path) -> Iterator[Import]:
    """Every import of the modules in these folders, those inside of functions too."""
    for folder in folders:
        for path in files(folder):
            yield from imports_of(path)


@cache
def imports_of(path: Path) -> list[Import]:
    found = []
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno}"
        if isinstance(node, ast.Import):
            found += [Import(alias.name, place) for alias in node.names]
        else:
            assert node.level == 0, f"{place}: a relative import"
            # `from lms.table import keys` imports lms.table.keys.
            found += [Import(f"{node.module}.{alias.name}", place) for alias in node.names]
    return found


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_ours(module: str) -> bool:
    return is_within(module, ("lms", "lms_lambda"))


FLOORS: dict[str, tuple[str, ...]] = {
    "domain": ("lms.domain",),
    "table": ("lms.table", "lms.domain", "lms.deadline"),
    "usecases": ("lms.usecases", "lms.table", "lms.domain", "lms.observation", "lms.deadline"),
    "web": ("lms.web", "lms.domain", "lms.settings", "lms.observation", "lms.deadline"),
}
"""The four floors of the layer, and what each may import of ours: docs/architecture.md."""


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_is_below_it(floor: str) -> None:
    found = [found for found in imports(LAYER / "lms" / floor) if is_ours(found.module)]

    assert [found for found in found if not is_within(found.module, FLOORS[floor])] == [], (
        f"{floor} may import {', '.join(FLOORS[floor])} and nothing else of ours"
    )


def test_every_file_of_the_layer_stands_on_a_floor() -> None:
    folders = {path.name for path in (LAYER / "lms").iterdir() if path.is_dir() and path.name != "__pycache__"}
    modules = {path.stem for path in (LAYER / "lms").glob("*.py")}

    assert folders == set(FLOORS)
    assert modules == {"__init__", "settings", "observation", "deadline"}


def test_functions_stand_on_web_and_use_cases() -> None:
    allowed = ("lms.web", "lms.usecases", "lms.domain", "lms.settings", "lms.observation")
    found = [found for found in imports(FUNCTIONS) if is_ours(found.module)]

    assert [found for found in found if not is_within(found.module, allowed)] == []


@cases(
    "module, allowed",
    {
        "the settings know the domain only": ("settings", ("lms.domain",)),
        "the observation of a request knows nothing of ours": ("observation", ()),
        "the deadline of a request knows nothing of ours": ("deadline", ()),
    },
)
def test_what_web_and_use_cases_are_given_stands_below_both(module: str, allowed: tuple[str, ...]) -> None:
    found = [found for found in imports_of(LAYER / f"lms/{module}.py") if is_ours(found.module)]

    assert [found for found in found if not is_within(found.module, allowed)] == []


NAMES_OF_THE_TABLE = ("lms.table.keys", "lms.table.codecs", "lms.table.items", "lms.table.requests")


def test_only_the_table_knows_keys_and_attributes() -> None:
    found = list(imports(LAYER / "lms/usecases", FUNCTIONS, OPS))

    assert [found for found in found if is_within(found.module, NAMES_OF_THE_TABLE)] == []


@cases(
    "folders, lines",
    {
        "of what is deployed": ((LAYER / "lms", FUNCTIONS), 250),
        "of the tools": ((OPS,), 400),
    },
)
def test_no_file_is_longer_than_can_be_read_at_once(folders: tuple[Path, ...], lines: int) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for folder in folders for path in files(folder)}

    assert {path.name: length for path, length in lengths.items() if length > lines} == {}


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    found = [found for found in imports(LAYER / "lms/domain") if not is_ours(found.module)]

    assert [found for found in found if found.module.partition(".")[0] not in sys.stdlib_module_names] == []


def test_the_domain_knows_neither_environment_nor_clock() -> None:
    forbidden = ("os", "time", "socket", "urllib.request", "http", "logging")
    assert [found for found in imports(LAYER / "lms/domain") if is_within(found.module, forbidden)] == []

    for path in files(LAYER / "lms/domain"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr in CLOCKS and isinstance(node.value, ast.Name):
                assert node.value.id not in ("datetime", "date", "time"), f"{path.name}:{node.lineno} reads the clock"


def test_only_the_tables_connections_reach_the_network() -> None:
    network = ("socket", "ssl", "http", "urllib.request", "asyncio", "botocore", "boto3", "requests", "urllib3")
    found = [found for found in imports(LAYER / "lms", FUNCTIONS) if is_within(found.module, network)]

    assert {(found.module, found.place.partition(":")[0]) for found in found} == {
        (module, "layers/shared/lms/table/connections.py") for module in ("http.client", "socket", "ssl")
    }


def test_only_the_tools_know_the_aws_sdk() -> None:
    found = [found for found in imports(OPS) if is_within(found.module, ("botocore", "boto3"))]

    assert {found.place.partition(":")[0] for found in found} == {
        f"ops/lms_lambda/dynamodb/{name}.py" for name in ("credentials", "tables")
    }


def test_functions_import_the_layer_and_the_standard_library_only() -> None:
    found = [found for found in imports(FUNCTIONS) if not is_within(found.module, ("lms",))]

    assert [found for found in found if found.module.partition(".")[0] not in sys.stdlib_module_names] == []


def test_the_tools_are_known_to_none_that_is_deployed() -> None:
    assert [found for found in imports(LAYER / "lms", FUNCTIONS) if is_within(found.module, ("lms_lambda",))] == []


OF_OTHER_LANGUAGES = {"lms.domain.languages", "lms.domain.date_formats"}
"""What only a client who asks for a language needs, or a site whose language is not English."""

# --- Cold starts ------------------------------------------------------------------------------------------------------


def loaded_by(function: str) -> set[str]:
    """The modules that a new Python holds once it has imported the function as Lambda does."""
    program = "import app, json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=FUNCTIONS / function,
        env=environment | {"PYTHONPATH": str(LAYER), "TABLE_NAME": "none", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return set(json.loads(finished.stdout.splitlines()[-1]))


def of_the_sdk(loaded: set[str]) -> list[str]:
    # Powertools asks whether there is a botocore, and so loads the bare package, which is empty.
    return sorted(module for module in loaded if module.startswith(("botocore.", "urllib3", "s3transfer")))


@pytest.mark.parametrize("function", [name for name in HANDLERS if name != "authorizer"])
def test_an_endpoint_starts_without_what_it_does_not_need(function: str) -> None:
    unneeded = {"pydantic", "moto", "boto3", "aws_xray_sdk", "jwt", "cryptography", "lms_lambda"}
    loaded = loaded_by(function)

    assert loaded & (unneeded | OF_OTHER_LANGUAGES) == set()
    assert of_the_sdk(loaded) == []


def test_an_answer_in_english_is_made_without_what_other_languages_need() -> None:
    program = (
        "import json, sys; from tests.unit.builders import at, request; from lms.domain.dates import display_date; "
        "display_date(at('2026-09-05'), request().language); print(json.dumps(list(sys.modules)))"
    )
    finished = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert finished.returncode == 0, finished.stderr
    assert set(json.loads(finished.stdout)) & OF_OTHER_LANGUAGES == set()


def test_the_authorizer_starts_without_the_table() -> None:
    loaded = loaded_by("authorizer")

    assert loaded & {"boto3", "pydantic", "moto", "aws_xray_sdk", "lms_lambda"} == set()
    assert of_the_sdk(loaded) == []
    assert [module for module in loaded if module.startswith("lms.table")] == []
