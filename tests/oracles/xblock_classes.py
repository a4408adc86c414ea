"""What XBlock classes say of themselves, read from the sources of their packages: importing one needs all of the LMS.

Each class is made again without its code: the same name, the same bases, and the two attributes that are asked for.
Python's own order of bases then finds what a class inherits.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path

_ATTRIBUTES = ("has_score", "has_children")
_EXTRACTED = "_extracted"
"""`_problem_extracted` of xblocks-contrib is the platform's `problem`."""


def xblock_classes() -> Iterator[tuple[str, type]]:
    """Every block type that an installed package provides, with its class remade."""
    for entry_point in entry_points(group="xblock.v1"):
        name = entry_point.name
        if name.endswith(_EXTRACTED):
            name = name.removesuffix(_EXTRACTED).removeprefix("_")
        remade = _class(entry_point.module, entry_point.attr)
        assert remade is not None, f"{entry_point.value} is not in its package"
        yield name, remade


def class_value(xblock: type, attribute: str) -> bool:
    """The class's value of `has_score` or `has_children`; False, like XBlock's own, where no base sets it."""
    return bool(getattr(xblock, attribute, False))


@cache
def _class(module: str, name: str) -> type | None:
    """The class of that name, wherever the module has it from; None for one of no installed package."""
    file = _file(module)
    if file is None:
        return None
    for node in _statements(file):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _remade(module, node)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*" or (alias.asname or alias.name) == name:
                    found = _class(_absolute(node, module, file), name if alias.name == "*" else alias.name)
                    if found is not None:
                        return found
    return None


def _remade(module: str, node: ast.ClassDef) -> type:
    bases = [base for base in (_base(module, expression) for expression in node.bases) if base is not None]
    return type(node.name, tuple(bases), dict(_set_in(node)))


def _base(module: str, expression: ast.expr) -> type | None:
    match expression:
        case ast.Name(id="object"):
            return None
        case ast.Name(id=name):
            found = _class(module, name)
        case ast.Attribute(value=ast.Name(id=package), attr=name):
            found = _class(_module_named(module, package), name)
        case _:
            found = None
    assert found is not None, f"{module}: the base class {ast.unparse(expression)} is in no installed package"
    return found


def _set_in(node: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _ATTRIBUTES:
                yield name, _value(value)
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]) if name in _ATTRIBUTES:
                yield name, _value(value)  # a property


def _value(expression: ast.expr) -> bool:
    """A literal, or the default of a field."""
    if isinstance(expression, ast.Call):
        [expression] = [keyword.value for keyword in expression.keywords if keyword.arg == "default"]
    return bool(ast.literal_eval(expression))


def _module_named(module: str, name: str) -> str:
    file = _file(module)
    for node in _statements(file) if file is not None else ():
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    package = f"{_absolute(node, module, file)}." if isinstance(node, ast.ImportFrom) and file else ""
                    return f"{package}{alias.name}"
    return name


def _absolute(node: ast.ImportFrom, module: str, file: Path) -> str:
    """The module that an import names, which may be said relative to `module`."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    package = parts if file.name == "__init__.py" else parts[:-1]
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


@cache
def _file(module: str) -> Path | None:
    # Found by its path: `find_spec` would import the packages above it.
    folders: list[str] | None = None
    file = None
    for part in module.split("."):
        spec = PathFinder.find_spec(part, folders)
        if spec is None or spec.origin is None:
            return None
        file, folders = Path(spec.origin), list(spec.submodule_search_locations or [])
    return file if file is not None and file.suffix == ".py" else None


@cache
def _statements(file: Path) -> list[ast.stmt]:
    """The statements of a module, those in `if`, `try` and its own `__getattr__` among them."""
    found: list[ast.stmt] = []
    waiting = list(ast.parse(file.read_text()).body)
    while waiting:
        statement = waiting.pop(0)
        found.append(statement)
        match statement:
            case ast.If(body=body, orelse=orelse):
                waiting = [*body, *orelse, *waiting]
            case ast.Try(body=body, orelse=orelse, handlers=handlers):
                waiting = [*body, *orelse, *(line for handler in handlers for line in handler.body), *waiting]
            case ast.FunctionDef(name="__getattr__", body=body):
                waiting = [*body, *waiting]
    return found
