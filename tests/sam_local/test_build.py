"""What `make build` leaves in its folder: what is deployed, and nothing else.

Why it is so: docs/decisions/0004-what-the-build-ships.md.
"""

import hashlib
import importlib.util
import json
import os
import re
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.gateway.sam_local import HOST_ARCHITECTURE
from lms_lambda.template import read_template

pytestmark = pytest.mark.integration("build")

OTHER_ARCHITECTURE = {"arm64": "x86_64", "x86_64": "arm64"}[HOST_ARCHITECTURE]
ELF_MACHINES = {"x86_64": 0x3E, "arm64": 0xB7}
MAGIC_OF_3_13 = 3571
UNCHECKED_HASH = 0b01
FUNCTIONS = read_template(TEMPLATE).functions


def make(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`make` with these arguments, as from a shell of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def build(folder: Path, architecture: str) -> Path:
    finished = make("build", f"ARCH={architecture}", f"BUILD_DIR={folder}")
    assert finished.returncode == 0, finished.stderr
    return folder


def byte_code_in_sources() -> set[Path]:
    return {path for folder in ("functions", "layers") for path in (ROOT / folder).rglob("*.pyc")}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="session")
def built(folder: Path) -> Path:
    """A build for this machine's processor."""
    before = byte_code_in_sources()
    made = build(folder / "one", HOST_ARCHITECTURE)
    assert byte_code_in_sources() == before, "the build compiles into the sources"
    return made


@pytest.fixture(scope="session")
def other(folder: Path) -> Path:
    """A build for the processor that this machine does not have."""
    return build(folder / "other", OTHER_ARCHITECTURE)


def files(folder: Path) -> Iterator[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    assert found
    return iter(found)


def contents(folder: Path) -> dict[str, str]:
    """The hash of every file, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files(folder)
        # SAM's own notes are not deployed.
        if path.name != "build.toml"
    }


def built_template(folder: Path) -> Any:
    return yaml.safe_load((folder / "template.yaml").read_text())


def python_3_13() -> str:
    """Lambda's Python itself, not a version manager's script for it."""
    program = "import sys; print(sys.executable)"
    return subprocess.run(
        ["python3.13", "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def byte_code_of(source: Path) -> bytes:
    return (source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc").read_bytes()


def test_two_builds_are_the_same_to_the_byte(folder: Path, built: Path) -> None:
    again = build(folder / "two", HOST_ARCHITECTURE)

    assert contents(again) == contents(built)


@pytest.mark.parametrize("of_host", [True, False])
def test_template_and_libraries_are_of_the_processor_that_was_asked_for(
    built: Path, other: Path, of_host: bool
) -> None:
    folder, architecture = (built, HOST_ARCHITECTURE) if of_host else (other, OTHER_ARCHITECTURE)

    parameters = built_template(folder)["Parameters"]
    machines = {struct.unpack_from("<H", path.read_bytes(), 18)[0] for path in files(folder) if path.suffix == ".so"}

    assert parameters["Architecture"]["Default"] == architecture
    # A stack keeps a parameter's value when its template's default changes: then the update must fail.
    assert parameters["Architecture"]["AllowedValues"] == [architecture]
    assert built_template(folder)["Resources"]["SharedLayer"]["Metadata"]["BuildArchitecture"] == architecture
    assert machines == {ELF_MACHINES[architecture]}


def test_builds_for_both_processors_differ_in_compiled_libraries_only(built: Path, other: Path) -> None:
    differing = {name for name, _ in contents(built).items() ^ contents(other).items()}

    assert [name for name in sorted(differing) if not name.endswith(".so")] == ["template.yaml"]


def test_every_function_of_the_template_is_built_of_its_source_and_byte_code(built: Path) -> None:
    resources = built_template(built)["Resources"]

    assert FUNCTIONS
    for function in FUNCTIONS.values():
        folder = built / resources[function.name]["Properties"]["CodeUri"]
        assert [str(path.relative_to(folder)) for path in files(folder)] == [
            "__pycache__/app.cpython-313.pyc",
            "app.py",
        ]
        assert (folder / "app.py").read_bytes() == (ROOT / function.code_uri / "app.py").read_bytes()


def test_python_takes_the_byte_code_as_it_is(built: Path) -> None:
    sources = [path for path in files(built) if path.suffix == ".py"]
    for source in sources:
        magic, flags = struct.unpack("<H2xI", byte_code_of(source)[:8])
        assert (magic, flags) == (MAGIC_OF_3_13, UNCHECKED_HASH), source
        assert byte_code_of(source)[8:16] == importlib.util.source_hash(source.read_bytes()), source

    assert len([path for path in files(built) if path.suffix == ".pyc"]) == len(sources)


@pytest.mark.parametrize(
    ("source", "on_lambda"),
    [
        ("SharedLayer/python/lms/settings.py", "/opt/python/lms/settings.py"),
        ("UserDetailFunction/app.py", "/var/task/app.py"),
    ],
)
def test_the_byte_code_names_the_files_as_they_are_on_lambda(built: Path, source: str, on_lambda: str) -> None:
    path = built / source
    program = "import marshal, sys; print(marshal.loads(open(sys.argv[1], 'rb').read()[16:]).co_filename)"
    finished = subprocess.run(
        [python_3_13(), "-c", program, str(path.parent / "__pycache__" / f"{path.stem}.cpython-313.pyc")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert finished.stdout.strip() == on_lambda


def test_the_layer_holds_what_functions_import_and_nothing_else(built: Path) -> None:
    layer = built / "SharedLayer/python"
    names = [str(path.relative_to(layer)) for path in files(layer)]

    of_nobody = r"(^|/)(tests?|docs|examples?|boto3|botocore|s3transfer|urllib3|dateutil|cffi|bin)/"
    assert [name for name in names if re.search(of_nobody, name)] == []
    assert [name for name in names if re.search(r"\.dist-info/|\.pyi$|py\.typed$|\.(md|rst|txt|toml)$", name)] == []
    assert "lms/domain/date_formats.json" in names
    assert len(names) < 1200
    assert sum(path.stat().st_size for path in files(layer)) < 30_000_000


# Runs in a Python that sees the layer, one function at a time, and the standard library: nothing of this machine's own.
PROGRAM = """
import importlib, json, sys
layer, functions = sys.argv[1], sys.argv[2:]
sys.path.append(layer)
for function in functions:
    sys.path.insert(0, function)
    sys.modules.pop("app", None)
    importlib.import_module("app")
    del sys.path[0]
from lms.table.client import call, table_name
key = {"PK": {"S": "a"}, "SK": {"S": "b"}}
call("PutItem", TableName=table_name(), Item={**key, "seen": {"BOOL": True}})
read = call("GetItem", TableName=table_name(), Key=key, ConsistentRead=True)
files = [file for module in sys.modules.values() if (file := getattr(module, "__file__", None))]
print(json.dumps({
    "read": read["Item"],
    "roots": sorted({file[len(layer) + 1 :].split("/")[0] for file in files if file.startswith(layer)}),
    "foreign": sorted(file for file in files if "site-packages" in file),
}))
"""


def test_the_functions_start_and_reach_the_table_with_the_layer_alone(built: Path, table: str) -> None:
    layer = built / "SharedLayer/python"
    folders = [str(built / name) for name in sorted(FUNCTIONS)]

    finished = subprocess.run(
        [python_3_13(), "-I", "-S", "-B", "-c", PROGRAM, str(layer), *folders],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr
    seen = json.loads(finished.stdout.splitlines()[-1])
    assert seen["read"]["seen"] == {"BOOL": True}
    assert seen["foreign"] == []
    # What is there without being imported by any function belongs out (layers/shared/Makefile).
    assert seen["roots"] == sorted(path.name for path in layer.iterdir() if path.name != "__pycache__")


def test_without_python_3_13_the_build_says_so_in_a_sentence() -> None:
    finished = make("build", "PYTHON313=")

    assert finished.returncode != 0
    assert "make build needs Python 3.13" in finished.stderr


def test_a_processor_that_lambda_does_not_have_is_refused() -> None:
    finished = make("build", "ARCH=riscv64")

    assert finished.returncode != 0
    assert "ARCH is arm64 or x86_64, not riscv64." in finished.stderr
