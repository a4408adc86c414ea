"""Lists in the manuals hold all that there is: routes, functions, models of a dump, attributes of items.

Each failure names the page, and what is missing there.
"""

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from lms.table import items
from lms.table.items import ItemType
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.load.models import MODELS
from lms_lambda.template import read_template
from tests.document import document, operations
from tests.endpoints import guarded_paths
from tests.infrastructure.calls import uses_of

FOLDERS = {function.name: Path(function.code_uri).name for function in read_template(TEMPLATE).functions.values()}
"""The folder of each function's code, which is also what its log group is called."""
USE_THE_TABLE = [folder for folder in FOLDERS.values() if uses_of(ROOT / "functions" / folder / "app.py")]
COUNTED = "tests/contract/test_round_trips.py"
ITEM_TYPES = {
    name.lower().replace("_", " "): value for name, value in vars(items).items() if isinstance(value, ItemType)
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next one."""
    (found,) = re.findall(rf"(?ms)^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", read(name))
    return str(found)


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the tables in a text."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"(?m)^\|(.*\|)$", text)]


# --- Routes and functions ---------------------------------------------------------------------------------------------


def test_the_readme_names_every_route_with_its_methods() -> None:
    listed = section("README.md", "What it answers")

    for path, item in document()["paths"].items():
        shown = re.sub(r"/api/mobile/[^/]+/", "/api/mobile/{v}/", path).replace("/{tail}", "")
        line = next((line for line in listed.splitlines() if re.search(rf"{re.escape(shown)}/?`", line)), "")
        for method in operations(item).keys() - {"head", "options"}:
            assert f"`{method.upper()}" in line, f'README.md, "What it answers", does not name {method.upper()} {shown}'


def test_every_route_behind_an_authorizer_is_among_those_that_deploy_md_routes_here() -> None:
    patterns = re.findall(r"PathPattern: (\S+)", read("docs/deploy.md"))

    for path in guarded_paths():
        assert any(fnmatch(path, pattern) for pattern in patterns), f"docs/deploy.md routes no {path} here"


def test_operations_md_names_every_functions_log_group() -> None:
    (listed,) = re.findall(r"(?ms)^Log groups: .*?\n\n", read("docs/operations.md"))

    for folder in FOLDERS.values():
        assert f"`{folder}`" in listed, f'docs/operations.md, "Log groups", does not name {folder}'


def test_every_field_of_an_answer_is_in_the_contract() -> None:
    pages = [*ROOT.glob("docs/contract/*.md"), ROOT / "docs/deviations.md"]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)

    for name, schema in document()["components"]["schemas"].items():
        # What Django REST framework itself answers to OPTIONS.
        for field in [] if name == "Metadata" else schema.get("properties", {}):
            assert re.search(rf"\b{field}\b", text), f"write {field} of {name} into docs/contract or docs/deviations.md"


def test_the_picture_of_the_system_has_every_function() -> None:
    picture = read("docs/architecture.md").split("```mermaid")[1].partition("```")[0]

    for folder in FOLDERS.values():
        assert re.search(rf"\b{folder}\b", picture), f"docs/architecture.md, the first picture, has no {folder}"


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_a_handler_cites_what_open_edx_answers(folder: str) -> None:
    cited = re.search(r"\w\.md\b|deviations \d", ast.get_docstring(ast.parse(read(f"functions/{folder}/app.py"))) or "")

    assert cited, f"functions/{folder}/app.py: cite a heading of docs/contract, or a row of docs/deviations.md"


@pytest.mark.parametrize("folder", USE_THE_TABLE)
def test_an_endpoint_is_tested_over_http(folder: str) -> None:
    files = [*ROOT.glob(f"tests/contract/test_{folder}*.py"), *ROOT.glob(f"tests/team/test_{folder}*.py")]

    assert files, f"write tests/contract/test_{folder}.py: a test for each outcome"


# --- The table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", USE_THE_TABLE)
def test_a_function_that_uses_the_table_has_a_row_among_the_access_patterns(folder: str) -> None:
    first = [row[0].partition(",")[0] for row in rows(section("docs/data-model.md", "Access patterns"))]
    described = {pattern.replace("_", " ") for pattern in first}

    name = folder.replace("_", " ")
    assert name in described, f'docs/data-model.md, "Access patterns", has no row that begins with "{name}"'


@pytest.mark.parametrize("function", [name for name, folder in FOLDERS.items() if folder in USE_THE_TABLE])
def test_the_requests_of_a_function_that_uses_the_table_are_counted(function: str) -> None:
    asked = [
        "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        if isinstance(node, ast.JoinedStr)
        else str(node.value)
        for node in ast.walk(ast.parse(read(COUNTED)))
        if isinstance(node, ast.Constant | ast.JoinedStr)
    ]
    paths = [route.path for route in read_template(TEMPLATE).routes if route.function == function]

    for path in paths:
        pattern = re.sub(r"\\\{\w+(\\\+)?\\\}", "[^/]+", re.escape(path))
        if any(re.fullmatch(rf"{pattern}/?", target.partition("?")[0]) for target in asked):
            return
    pytest.fail(f"{COUNTED} asks for no {paths[0]}: count its requests there", pytrace=False)


@pytest.mark.parametrize("name", ITEM_TYPES)
def test_data_model_md_names_every_attribute_of_an_item(name: str) -> None:
    page = "docs/data-model.md"
    found = [row[-1] for row in rows(section(page, "Items")) if row[0] == name]
    assert found, f'{page}, "Items", has no row "{name}"'

    item_type = ITEM_TYPES[name]
    for field in (*item_type.fields, *item_type.prefixed):
        assert re.search(rf"\b{field}(?!\w)", found[0]), f'{page}, "Items", does not name {field} of the {name}'
    for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", found[0]):
        assert word in item_type.fields, f'{page}, "Items", names {word}, which the {name} has no more'


# --- Dumps ------------------------------------------------------------------------------------------------------------


def test_getting_started_md_dumps_every_model() -> None:
    (command,) = re.findall(r"(?s) dumpdata .*?(?=\n {4}\S)", read("docs/getting-started.md"))
    dumped = set(re.findall(r"(?<= )[a-z_]+\.[a-z]+\b(?!\.)", command)) - {"dump.json"}

    missing = MODELS.keys() - dumped
    assert not missing, "name the model in the `dumpdata` command of docs/getting-started.md"
    assert dumped <= MODELS.keys()


@pytest.mark.parametrize("model", MODELS)
def test_the_contract_lists_every_model_with_its_fields(model: str) -> None:
    page = "docs/contract/mobile-users.md"
    found = [row[1] for row in rows(section(page, "8. Data the API needs, by Django model")) if row[0] == model]
    assert found, f"{page} 8 has no row {model}"

    for name, field in MODELS[model].model_fields.items():
        dumped = field.alias or name
        assert re.search(rf"\b{dumped}\b", found[0]), f"{page} 8 does not name {dumped} of {model}"


@pytest.mark.parametrize("model", MODELS)
def test_the_schema_describes_every_models_table(model: str) -> None:
    app, name = model.split(".")

    text = read("docs/contract/mysql-schema.md")
    named = (model, f"{app}_{name}", f"{app}_*")
    assert any(form in text for form in named), f"docs/contract/mysql-schema.md describes no {app}_{name} ({model})"
