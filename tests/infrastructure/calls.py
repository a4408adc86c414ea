"""Which calls of DynamoDB a function can make, read off the code: from its handler down to `call("…")`."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

LAYER = Path(__file__).parents[2] / "layers/shared"

TABLE, INDEX = "table", "index"


class Name(NamedTuple):
    """A function or class of a module."""

    module: str
    name: str


class Use(NamedTuple):
    """An IAM action, and whether it is for the table or for an index."""

    action: str
    on: str


def uses_of(app: Path) -> set[Use]:
    """What the handler in `app` may do with the table."""
    tree = ast.parse(app.read_text())
    open_names = list(_references(tree, "app", app))
    seen: set[Name] = set()
    found = set(_calls(tree))
    while open_names:
        name = open_names.pop()
        definition = _definitions(name.module).get(name.name)
        if name in seen or definition is None:
            continue
        seen.add(name)
        found |= set(_calls(definition))
        open_names += _references(definition, name.module, _file(name.module))
    return found


def _calls(tree: ast.AST) -> Iterator[Use]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "query" and any(keyword.arg == "IndexName" for keyword in node.keywords):
            yield Use("dynamodb:Query", INDEX)
        elif node.func.id == "query":
            yield Use("dynamodb:Query", TABLE)
        elif node.func.id == "call":
            operation = ast.literal_eval(node.args[0])
            if operation == "TransactWriteItems":
                yield from (Use(f"dynamodb:{action}", TABLE) for action in _transacted(tree))
            elif operation != "Query":  # which `query` alone makes
                yield Use(f"dynamodb:{operation}", TABLE)


def _transacted(tree: ast.AST) -> Iterator[str]:
    """The actions in a transaction: each is allowed, or not, under its own name."""
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and key.value in actions:
                    yield actions[key.value]


def _references(tree: ast.AST, module: str, file: Path) -> list[Name]:
    """The functions and classes of ours that a piece of code names."""
    imported = _imports(file)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.append(imported.get(node.id, Name(module, node.id)))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            package, name = imported[node.value.id]
            found.append(Name(f"{package}.{name}", node.attr))
    return found


@cache
def _imports(file: Path) -> dict[str, Name]:
    return {
        alias.asname or alias.name: Name(node.module or "", alias.name)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _file(module: str) -> Path:
    return LAYER / f"{module.replace('.', '/')}.py"


@cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    if not module.startswith("lms.") or not _file(module).is_file():
        return {}
    definitions = (ast.FunctionDef, ast.ClassDef)
    return {node.name: node for node in ast.parse(_file(module).read_text()).body if isinstance(node, definitions)}
