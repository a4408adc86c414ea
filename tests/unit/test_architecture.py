"""The house: which layer may know which, and what a cold start may load. (design 1, 6)"""

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
    for path in (path for folder in folders for path in files(folder)):
        for node in ast.walk(parsed(path)):
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from (Import(one.name, place) for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{place}: a relative import"
                # `from lms.table import access` imports lms.table.access.
                yield from (Import(f"{node.module}.{one.name}", place) for one in node.names)


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def is_ours(module: str) -> bool:
    return is_within(module, ("lms", "lms_lambda"))


@cases(
    "layer, allowed",
    {
        "the domain knows itself only": ("domain", ("lms.domain",)),
        "the table knows the domain": ("table", ("lms.domain", "lms.table")),
        "the web knows them all": ("web", ("lms.domain", "lms.table", "lms.settings", "lms.web")),
    },
)
def test_what_a_layer_knows_of_ours(layer: str, allowed: tuple[str, ...]) -> None:
    found = [one for one in imports(LAYER / "lms" / layer) if is_ours(one.module)]

    assert [one for one in found if not is_within(one.module, allowed)] == []


def test_the_settings_know_the_domain_only() -> None:
    modules = [
        node.module or "" for node in ast.walk(parsed(LAYER / "lms/settings.py")) if isinstance(node, ast.ImportFrom)
    ]

    assert [one for one in modules if is_ours(one) and not is_within(one, ("lms.domain",))] == []


def test_the_domain_needs_nothing_but_the_standard_library() -> None:
    found = [one for one in imports(LAYER / "lms/domain") if not is_ours(one.module)]

    assert [one for one in found if one.module.partition(".")[0] not in sys.stdlib_module_names] == []


def test_the_domain_knows_neither_environment_nor_clock() -> None:
    forbidden = ("os", "time", "socket", "urllib.request", "http", "logging")
    assert [one for one in imports(LAYER / "lms/domain") if is_within(one.module, forbidden)] == []

    for path in files(LAYER / "lms/domain"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr in CLOCKS and isinstance(node.value, ast.Name):
                assert node.value.id not in ("datetime", "date", "time"), f"{path.name}:{node.lineno} reads the clock"


def test_only_the_table_knows_botocore() -> None:
    found = [one for one in imports(LAYER / "lms", FUNCTIONS) if is_within(one.module, ("botocore", "boto3"))]

    assert found
    assert [one for one in found if not one.place.startswith("layers/shared/lms/table/")] == []
    assert [one for one in found if is_within(one.module, ("boto3",))] == []


def test_functions_import_the_layer_and_the_standard_library_only() -> None:
    found = [one for one in imports(FUNCTIONS) if not is_within(one.module, ("lms",))]

    assert [one for one in found if one.module.partition(".")[0] not in sys.stdlib_module_names] == []


def test_the_tools_are_known_to_none_that_is_deployed() -> None:
    assert [one for one in imports(LAYER / "lms", FUNCTIONS) if is_within(one.module, ("lms_lambda",))] == []


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


@pytest.mark.parametrize("function", [name for name in HANDLERS if name != "authorizer"])
def test_an_endpoint_starts_without_what_it_does_not_need(function: str) -> None:
    unneeded = {"pydantic", "moto", "boto3", "aws_xray_sdk", "jwt", "cryptography", "lms_lambda"}

    assert loaded_by(function) & unneeded == set()


def test_the_authorizer_starts_without_the_table() -> None:
    loaded = loaded_by("authorizer")

    assert loaded & {"boto3", "pydantic", "moto", "aws_xray_sdk", "lms_lambda"} == set()
    # Powertools asks whether there is a botocore, and so loads the bare package, which is empty.
    assert [module for module in loaded if module.startswith(("botocore.", "lms.table"))] == []
