"""Every endpoint as a request: a new one goes by itself through the tests of what all endpoints have in common.

Paths are the routes of template.yaml; methods, versions and bodies are those that the OpenAPI document has for them.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from lms_lambda.dynamodb.tables import TEMPLATE
from lms_lambda.template import read_template
from tests.document import document, operations
from tests.world import COURSE_A

VALUES = {"version": "v1", "username": "mona", "course_id": COURSE_A, "tail": "index.html"}
"""What stands for a variable of a path: mona's own, in a site where she is enrolled in the course."""
QUERIES = {"/api/support/v1/manage_course_team": "username=mona"}
"""By path, the query without which a GET is refused."""


def variables_of(path: str) -> list[str]:
    """The names of the path's variables."""
    return re.findall(r"\{(\w+)\+?\}", path)


def fill(path: str, **values: str) -> str:
    """The path with a value for each of its variables: that of VALUES, unless another is given."""
    known = VALUES | values
    if missing := set(variables_of(path)) - known.keys():
        raise LookupError(f"{path}: say in VALUES of tests/endpoints.py what stands for {', '.join(sorted(missing))}")
    return path.replace("+}", "}").format_map(known)


@cache
def guarded_paths() -> list[str]:
    """The paths that need a token, as template.yaml declares them; without those that end in anything at all."""
    paths = {route.path for route in read_template(TEMPLATE).routes if route.authorizer}
    return sorted(path for path in paths if not path.endswith("/{tail+}"))


@dataclass(frozen=True)
class Endpoint:
    """A method of a path of the document, which needs a token."""

    name: str
    """The endpoint's, as its handler gives it."""
    method: str
    path: str
    version: str
    """One that the path is served in."""
    fields: frozenset[str]
    """Of the bodies that it reads; empty where it reads none."""

    def target(self, **values: str) -> str:
        """The path of a request, with the query that it needs."""
        path = fill(self.path, **{"version": self.version} | values)
        return f"{path}?{QUERIES[path]}" if self.method == "GET" and path in QUERIES else path


@cache
def endpoints() -> list[Endpoint]:
    """All that need a token, in every version that the document tells apart, but for HEAD and OPTIONS."""
    found = []
    for path, item in document()["paths"].items():
        examples = {parameter["name"]: parameter["example"] for parameter in item.get("parameters", [])}
        for method, operation in operations(item).items():
            if operation["security"] and method not in ("head", "options"):
                version = examples.get("version", VALUES["version"])
                found.append(Endpoint(operation["tags"][0], method.upper(), path, version, _fields(operation)))
    return found


def one_of_each() -> list[Endpoint]:
    """Each endpoint's methods once: of its versions the last, of its paths the shortest."""
    found = {}
    for endpoint in sorted(endpoints(), key=lambda endpoint: (-len(endpoint.path), endpoint.path)):
        found[endpoint.name, endpoint.method] = endpoint
    return list(found.values())


def _fields(operation: dict[str, Any]) -> frozenset[str]:
    """The names of the fields of all bodies that an operation reads."""
    schemas = [content["schema"] for content in operation.get("requestBody", {}).get("content", {}).values()]
    names: set[str] = set()
    while schemas:
        schema = schemas.pop()
        if "$ref" in schema:
            schemas.append(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        names |= schema.get("properties", {}).keys()
        schemas += [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    return frozenset(names)
