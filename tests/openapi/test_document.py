"""The OpenAPI document: made of the code, complete, and the same as the one that is committed."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from lms.web.request import VERSIONS
from lms_lambda.cli import main
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.openapi.describe import Operation, UndescribedError, Variant
from lms_lambda.openapi.document import as_text, document
from lms_lambda.openapi.endpoints import ENDPOINTS
from lms_lambda.template import ResponseTemplate, Template, read_template
from tests.document import DOCUMENT, check_answer, operations, validator_of
from tests.document import document as committed

JSON = {
    "content-type": "application/json",
    "allow": "GET, HEAD, OPTIONS",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


@pytest.fixture(scope="module")
def template() -> Template:
    """template.yaml; what needs it is skipped where no document can be made of it."""
    found = read_template(TEMPLATE)
    try:
        document(found, ROOT)
    except UndescribedError:
        pytest.skip("test_every_endpoint_is_described says why no document can be made")
    return found


def each_operation() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in committed()["paths"].items():
        for method, operation in operations(item).items():
            yield path, method, operation


def schemas_with_examples(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if isinstance(part.get("examples"), list):
            yield part
        for value in part.values():
            yield from schemas_with_examples(value)
    elif isinstance(part, list):
        for value in part:
            yield from schemas_with_examples(value)


# The committed document


def test_every_endpoint_is_described() -> None:
    found = read_template(TEMPLATE)

    try:
        document(found, ROOT)
    except UndescribedError as error:
        problem = str(error)
    else:
        return
    pytest.fail(f"{problem}: see ENDPOINTS in ops/lms_lambda/openapi/endpoints.py, then `make openapi`", pytrace=False)


def test_the_committed_document_is_what_the_code_makes(template: Template, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0

    assert capsys.readouterr().out == DOCUMENT.read_text(encoding="utf-8"), "run `make openapi` and commit the file"


def test_making_it_twice_gives_the_same_text(template: Template) -> None:
    assert as_text(document(template, ROOT)) == as_text(document(template, ROOT))


def test_its_keys_are_sorted_and_it_is_indented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


# What it must hold


def test_every_route_of_the_template_is_there_in_every_version(template: Template) -> None:
    shown = {
        path.replace("{version}", version)
        for path, item in committed()["paths"].items()
        for version in (next((p["schema"]["enum"] for p in item.get("parameters", []) if p["name"] == "version"), [""]))
    }

    declared = {
        route.path.replace("+}", "}").replace("{version}", version)
        for route in template.routes
        for version in (VERSIONS if "{version}" in route.path else [""])
    }
    assert shown == declared


def test_operation_ids_are_unique_and_links_lead_to_them() -> None:
    ids = [operation["operationId"] for _, _, operation in each_operation()]
    links = [
        link["operationId"]
        for _, _, operation in each_operation()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]

    assert len(ids) == len(set(ids))
    assert links
    assert set(links) <= set(ids)


def test_every_operation_behind_an_authorizer_needs_a_token_and_every_other_needs_none(template: Template) -> None:
    open_paths = {(route.path, route.method) for route in template.routes if route.authorizer is None}

    for path, method, operation in each_operation():
        is_open = {(path, "ANY"), (path, method.upper())} & open_paths
        assert bool(operation["security"]) is not bool(is_open), (path, method)
        assert ("401" in operation["responses"]) is not bool(is_open), (path, method)


def test_the_support_api_takes_cookies_and_to_write_a_csrf_token_as_well() -> None:
    team = committed()["paths"]["/api/support/v1/manage_course_team"]
    cookies: dict[str, list[str]] = {"jwtCookieHeaderPayload": [], "jwtCookieSignature": []}

    assert team["get"]["security"] == [{"JWT": []}, {"bearer": []}, cookies]
    assert team["put"]["security"] == [{"JWT": []}, {"bearer": []}, cookies | {"csrfCookie": [], "csrfToken": []}]


def test_bodies_of_gateway_responses_are_the_templates(template: Template) -> None:
    throttled = committed()["components"]["responses"]["TooManyRequests"]
    schema = throttled["content"]["application/json"]["schema"]

    assert json.loads(template.responses["THROTTLED"].body or "") == {
        "detail": schema["properties"]["detail"]["enum"][0]
    }
    assert (
        throttled["headers"]["Retry-After"]["schema"]["const"] == template.responses["THROTTLED"].headers["Retry-After"]
    )


def test_every_schema_is_one_that_a_validator_takes_and_its_examples_are_valid() -> None:
    schemas = list(schemas_with_examples(committed()))

    for schema in schemas:
        jsonschema_rs.meta.validate({name: value for name, value in schema.items() if name != "components"})
        for example in schema["examples"]:
            assert validator_of(json.dumps(schema)).is_valid(example), (schema, example)
    assert len(schemas) > 50


def test_every_example_of_a_parameter_is_valid() -> None:
    parameters = [parameter for item in committed()["paths"].values() for parameter in item.get("parameters", [])]
    named = [parameter for _, _, operation in each_operation() for parameter in operation.get("parameters", [])]

    for parameter in [*parameters, *named]:
        examples = [one["value"] for one in parameter.get("examples", {}).values()]
        for example in [*examples, *([parameter["example"]] if "example" in parameter else [])]:
            assert validator_of(json.dumps(parameter["schema"])).is_valid(example), parameter
    assert all("example" in parameter for parameter in parameters)


# What does not fit together is not made


def endpoints_with(name: str, variants: Sequence[Variant]) -> dict[str, Sequence[Variant]]:
    return {**ENDPOINTS, name: variants}


def test_an_endpoint_without_a_description_is_an_error(template: Template) -> None:
    described = {name: variants for name, variants in ENDPOINTS.items() if name != "User Detail"}

    with pytest.raises(UndescribedError, match="User Detail: it has a route, but no description"):
        document(template, ROOT, described)


def test_a_description_without_an_endpoint_is_an_error(template: Template) -> None:
    with pytest.raises(UndescribedError, match="no route to it: Grades"):
        document(template, ROOT, endpoints_with("Grades", ENDPOINTS["User Detail"]))


def test_a_method_without_a_description_is_an_error(template: Template) -> None:
    variants = [replace(one, operations={"GET": one.operations["GET"]}) for one in ENDPOINTS["Course Team Manage Api"]]

    with pytest.raises(UndescribedError, match="Course Team Manage Api: PUT is not described"):
        document(template, ROOT, endpoints_with("Course Team Manage Api", variants))


def test_a_description_of_a_method_that_is_not_taken_is_an_error(template: Template) -> None:
    operation: Operation = ENDPOINTS["User Detail"][0].operations["GET"]

    with pytest.raises(UndescribedError, match="User Detail: it does not take DELETE"):
        document(template, ROOT, endpoints_with("User Detail", [Variant({"GET": operation, "DELETE": operation})]))


def test_a_version_without_a_description_is_an_error(template: Template) -> None:
    with pytest.raises(UndescribedError, match=r"described in versions v0\.5, v1, v2, v3$"):
        document(
            template,
            ROOT,
            endpoints_with("User Course Enrollments List", ENDPOINTS["User Course Enrollments List"][:-1]),
        )


def test_a_route_that_does_not_reach_every_method_is_an_error(template: Template) -> None:
    routes = tuple(replace(one, method="GET") if "my_user_info" in one.path else one for one in template.routes)

    with pytest.raises(UndescribedError, match="My User Info: no route to OPTIONS"):
        document(replace(template, routes=routes), ROOT)


def test_a_path_variable_without_a_description_is_an_error(template: Template) -> None:
    routes = tuple(replace(one, path=one.path.replace("{username}", "{name}")) for one in template.routes)

    with pytest.raises(UndescribedError, match="the variable name is not described"):
        document(replace(template, routes=routes), ROOT)


def test_an_authorizer_without_a_description_is_an_error(template: Template) -> None:
    routes = tuple(replace(one, authorizer="Another") for one in template.routes)

    with pytest.raises(UndescribedError, match="authorizer Another is not described"):
        document(replace(template, routes=routes), ROOT)


def test_a_handler_that_says_nothing_of_itself_is_an_error(template: Template, tmp_path: Path) -> None:
    for function in template.functions.values():
        (tmp_path / function.code_uri).mkdir(parents=True)
        (tmp_path / function.code_uri / "app.py").write_text("def handler(event, context): ...\n")

    with pytest.raises(UndescribedError, match="its handler is not made by @endpoint"):
        document(template, tmp_path)


@pytest.mark.parametrize("response_type", ["THROTTLED", "REQUEST_TOO_LARGE", "DEFAULT_5XX"])
def test_a_gateway_response_without_a_body_is_an_error(template: Template, response_type: str) -> None:
    responses = {**template.responses, response_type: ResponseTemplate(None, {}, {}, None)}

    with pytest.raises(UndescribedError, match=f"what the gateway answers as {response_type}"):
        document(replace(template, responses=responses), ROOT)


# As a judge of answers


PROPERTIES = committed()["components"]["schemas"]["User"]["properties"]
GOOD = {name: schema["examples"][0] for name, schema in PROPERTIES.items() if "examples" in schema}
"""A user detail, of the document's own examples: a field without one is missing here."""


def judge(
    body: Any, status: int = 200, headers: dict[str, str] = JSON, method: str = "GET", path: str = "users/lena"
) -> None:
    check_answer(method, f"/api/mobile/v1/{path}?a=b", status, headers, json.dumps(body).encode())


def test_an_answer_as_described_passes() -> None:
    judge(GOOD)
    judge(GOOD, path="users/lena/")
    judge([], path="users/lena/course_enrollments/")
    judge({"detail": "No User matches the given query."}, 404)
    judge({"detail": 'Method "POST" not allowed.'}, 405, method="POST")
    judge({"detail": "Not found."}, 404, path="nothing/there")


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"body": {}}, '"course_enrollments" is a required property'),
        ({"body": GOOD | {"id": "1"}}, "id: "),
        ({"body": GOOD | {"password": "x"}}, "password"),
        ({"body": GOOD, "status": 201}, "answers 201, which the document does not list"),
        ({"body": {"detail": "No such user."}, "status": 404}, "No such user."),
        ({"body": {"detail": "No."}, "status": 405}, "answers 405, which the document does not list"),
        ({"body": GOOD, "method": "POST"}, "answers 200, which the document does not list"),
        ({"body": GOOD, "method": "HEAD"}, "answers a body"),
        ({"body": GOOD, "headers": JSON | {"content-type": "text/html"}}, "media type text/html"),
        ({"body": GOOD, "headers": JSON | {"allow": "GET"}}, "the header Allow"),
        ({"body": GOOD, "headers": {"content-type": "application/json"}}, "without the header Allow"),
        ({"body": {}, "path": "nothing/there"}, "does not know"),
        ({"body": {}, "path": "users/lena/course_enrollments", "headers": JSON}, "not of type"),
    ],
)
def test_an_answer_that_is_not_as_described_does_not_pass(answer: dict[str, Any], wrong: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(wrong)):
        judge(**answer)
