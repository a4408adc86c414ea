"""Which calls of DynamoDB a function can make, and on which partitions, read off the code.

The way goes from the function's handler down to `call("…")`. Partitions are what the key functions of `lms.table.keys`
give that are named in the arguments of a call, or in what the same function has put into those arguments.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lms.table import keys

LAYER = Path(__file__).parents[2] / "layers/shared"

TABLE, INDEX = "table", "index"
_ANYTHING = "\N{WHITE STAR}"
"""Stands for what a key is made of: no key function has it."""
_TRANSACTED = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
"""The actions in a transaction: each is allowed, or not, under its own name."""


class Name(NamedTuple):
    """A function or class of a module."""

    module: str
    name: str


_CALL = Name("lms.table.client", "call")
_REQUESTS = "lms.table.requests"


class Use(NamedTuple):
    """An IAM action, whether it is for the table or for an index, and a partition that it reaches: `USER#*`."""

    action: str
    on: str
    partition: str


def uses_of(app: Path) -> set[Use]:
    """What the handler in `app` may do with the table."""
    tree = ast.parse(app.read_text())
    open_names = list(_references(tree, "app", app))
    seen: set[Name] = set()
    found = set(_uses(tree, "app", app))
    while open_names:
        name = open_names.pop()
        definition = _definitions(name.module).get(name.name)
        if name in seen or definition is None:
            continue
        seen.add(name)
        found |= set(_uses(definition, name.module, _file(name.module)))
        open_names += _references(definition, name.module, _file(name.module))
    return found


def _uses(tree: ast.AST, module: str, file: Path) -> Iterator[Use]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        target = _imports(file).get(node.func.id, Name(module, node.func.id))
        on = INDEX if any(keyword.arg == "IndexName" for keyword in node.keywords) else TABLE
        actions = [_operation(node)] if target == _CALL else _actions_of_request(target)
        arguments = _expressions(tree, node)
        for action in actions:
            if action == "dynamodb:TransactWriteItems":
                for transacted, value in _transacted(arguments):
                    for partition in _partitions(_expressions(tree, value), on):
                        yield Use(transacted, on, partition)
                continue
            partitions = set(_partitions(arguments, on))
            # What the requests themselves are given, their callers name.
            assert partitions or module == _REQUESTS, f"{module}: name a key for {action} where it is asked for"
            for partition in partitions:
                yield Use(action, on, partition)


def _operation(call: ast.Call) -> str:
    operation: str = ast.literal_eval(call.args[0])
    return f"dynamodb:{''.join(word[:1].upper() + word[1:] for word in operation.split('_'))}"


def _actions_of_request(target: Name) -> list[str]:
    """The actions that a function of `lms.table.requests` takes itself."""
    definition = _definitions(target.module).get(target.name) if target.module == _REQUESTS else None
    return [
        _operation(node)
        for node in ast.walk(definition or ast.Module([], []))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _CALL.name
    ]


def _transacted(expressions: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in _TRANSACTED:
                        yield _TRANSACTED[key.value], value


def _expressions(tree: ast.AST, node: ast.AST) -> list[ast.AST]:
    """The node, and whatever the code around it has put into the variables that it names."""
    assigned = _assigned(tree)
    found, waiting, seen = [], [node], set()
    while waiting:
        expression = waiting.pop()
        found.append(expression)
        for inner in ast.walk(expression):
            if isinstance(inner, ast.Name) and inner.id not in seen:
                seen.add(inner.id)
                waiting += assigned.get(inner.id, [])
    return found


def _assigned(tree: ast.AST) -> dict[str, list[ast.AST]]:
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                pairs = [(target, value)]
            case ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            for name in ast.walk(target):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                    found.setdefault(name.id, []).append(value)
    return found


def _partitions(expressions: Iterable[ast.AST], on: str) -> Iterator[str]:
    for expression in expressions:
        for node in ast.walk(expression):
            match node:
                case ast.Attribute(value=ast.Name(id="keys"), attr=name):
                    partition = _partition(name, on)
                    if partition is not None:
                        yield partition


@cache
def _partition(name: str, on: str) -> str | None:
    """The partitions in which a key function's keys are, as IAM's StringLike writes them."""
    function = getattr(keys, name)
    if not inspect.isfunction(function):
        return None
    signature = inspect.signature(function)
    given = [_ANYTHING for parameter in signature.parameters.values() if parameter.default is parameter.empty]
    if on == INDEX:
        partition = function(*given) if function is keys.shard_name else None
    else:
        partition = function(*given)["PK"]["S"] if signature.return_annotation == keys.Key else None
    return partition and partition.replace(_ANYTHING, "*")


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
