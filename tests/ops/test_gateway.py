"""How the local gateway routes, refuses and runs functions: as a REST API does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lms_lambda.gateway.rest_api import Gateway, GatewayError, HttpRequest
from tests.ops.small_api import TEMPLATE, event_of, header, send, small_gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return small_gateway(tmp_path)


def detail(response: Any) -> Any:
    return json.loads(response.body)["detail"]


# Routing


@pytest.mark.parametrize(
    ("target", "resource", "variables"),
    [
        ("/items/mine", "/items/mine", None),
        ("/items/7", "/items/{item}", {"item": "7"}),
        ("/items/mine/files/index", "/items/{item}/files/index", {"item": "mine"}),
        ("/items/7/files/a/b.txt", "/items/{item}/files/{file+}", {"item": "7", "file": "a/b.txt"}),
        ("/items/7/files/index/b", "/items/{item}/files/{file+}", {"item": "7", "file": "index/b"}),
    ],
)
def test_a_literal_goes_before_a_variable_and_a_variable_before_a_greedy_one(
    gateway: Gateway, target: str, resource: str, variables: dict[str, str] | None
) -> None:
    event = event_of(send(gateway, target))

    assert (event["resource"], event["pathParameters"]) == (resource, variables)


@pytest.mark.parametrize(
    ("target", "variables"),
    [
        ("/items/mine/", None),
        ("/items/7/", {"item": "7"}),
        ("/items/7/files/a/b/", {"item": "7", "file": "a/b"}),
        ("/items/7/?page=2", {"item": "7"}),
    ],
)
def test_one_closing_slash_is_tolerated_and_stays_out_of_the_variables(
    gateway: Gateway, target: str, variables: dict[str, str] | None
) -> None:
    event = event_of(send(gateway, target))

    assert event["pathParameters"] == variables
    assert event["path"] == target.partition("?")[0]


@pytest.mark.parametrize(
    "target", ["/items/7//", "/items//", "//items/7", "/items", "/items/7/files", "/items/7/files/", "/", "//", "*", ""]
)
def test_a_doubled_slash_or_an_empty_segment_is_no_match(gateway: Gateway, target: str) -> None:
    response = send(gateway, target, {})

    assert (response.status, detail(response), response.route) == (404, "Not found.", None)


def test_empty_segments_are_part_of_a_greedy_variable(gateway: Gateway) -> None:
    assert event_of(send(gateway, "/items/7/files/a//b"))["pathParameters"] == {"item": "7", "file": "a//b"}


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        ("course-v1:edX+DemoX+T1", "course-v1:edX+DemoX+T1"),
        ("course-v1%3AedX%2BDemoX%2BT1", "course-v1:edX+DemoX+T1"),
        ("two%20words", "two words"),
        ("a%2Fb", "a/b"),
        ("%C3%A9t%C3%A9", "été"),
        ("100%25", "100%"),
        ("50%", "50%"),
    ],
)
def test_a_variable_is_decoded_and_the_path_is_as_sent(gateway: Gateway, sent: str, received: str) -> None:
    single = event_of(send(gateway, f"/items/{sent}"))
    greedy = event_of(send(gateway, f"/items/7/files/{sent}/x"))

    assert (single["path"], single["pathParameters"]) == (f"/items/{sent}", {"item": received})
    assert greedy["pathParameters"]["file"] == f"{received}/x"


def test_a_response_names_the_route_and_not_the_path(gateway: Gateway) -> None:
    assert send(gateway, "/items/7/files/secret").route == "/items/{item}/files/{file+}"


def test_the_path_is_chosen_before_the_method(gateway: Gateway) -> None:
    readable = send(gateway, "/items/readable", method="GET")
    written = send(gateway, "/items/readable", {}, method="PUT")

    assert readable.status == 200
    assert (written.status, detail(written)) == (404, "Not found.")


def test_any_takes_every_method(gateway: Gateway) -> None:
    methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE"]

    assert [event_of(send(gateway, "/items/7", method=method))["httpMethod"] for method in methods] == methods


def test_an_unknown_path_with_an_authorization_header_is_taken_for_a_bad_signature(gateway: Gateway) -> None:
    response = send(gateway, "/nowhere", {"authorization": "JWT a.b.c"})

    assert (response.status, detail(response)) == (404, "Not found, signed.")


# Gateway responses


def test_a_type_that_is_not_declared_falls_back_to_the_default_of_its_class(tmp_path: Path) -> None:
    renamed = TEMPLATE.replace("MISSING_AUTHENTICATION_TOKEN", "THROTTLED").replace("ACCESS_DENIED", "WAF_FILTERED")
    gateway = small_gateway(tmp_path, template=renamed)

    unknown = send(gateway, "/nowhere", {})
    denied = send(gateway, "/items/7", {"Authorization": "deny x"})

    assert (unknown.status, unknown.body) == (403, b'{"detail":"Bad request."}')
    assert (denied.status, denied.body) == (403, b'{"detail":"Bad request."}')


def test_without_any_declared_response_the_body_is_api_gateways_own(tmp_path: Path) -> None:
    gateway = small_gateway(tmp_path, template=TEMPLATE.replace("GatewayResponses", "Ignored"))

    response = send(gateway, "/nowhere", {})

    assert (response.status, response.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert header(response, "Content-Type") == ["application/json"]


def test_a_body_template_gets_the_type_and_the_request_id(gateway: Gateway) -> None:
    response = send(gateway, "/items/7", {"Authorization": "raise no"})

    assert json.loads(response.body) == {
        "detail": "Error.",
        "type": "AUTHORIZER_FAILURE",
        "id": header(response, "x-amzn-requestid")[0],
    }


def test_the_error_message_may_stand_with_or_without_its_quotes(tmp_path: Path) -> None:
    template = TEMPLATE.replace(
        '\'{"detail":"Not found."}\'',
        '\'{"a":$context.error.messageString,"b":"$context.error.message","c":"$context.x"}\'',
    )

    response = send(small_gateway(tmp_path, template=template), "/nowhere", {})

    assert response.body == b'{"a":"Missing Authentication Token","b":"Missing Authentication Token","c":""}'


def test_every_answer_has_a_request_id_of_its_own(gateway: Gateway) -> None:
    responses = [send(gateway, "/items/7"), send(gateway, "/items/7", {}), send(gateway, "/nowhere", {})]

    assert len({header(response, "x-amzn-requestid")[0] for response in responses}) == 3


@pytest.mark.parametrize(("size", "status"), [(4_000_000, 200), (5_000_000, 413), (10 * 1024 * 1024 + 1, 413)])
def test_a_body_over_10_mb_or_over_6_mb_in_base64_is_too_large(gateway: Gateway, size: int, status: int) -> None:
    response = gateway.handle(HttpRequest("POST", "/answer", [("Python", "")], b'{"statusCode": 200}'.ljust(size)))

    assert response.status == status
    assert response.body == (b"" if status == 200 else b'{"detail":"Too large."}')


def test_a_request_line_and_headers_over_10240_bytes_are_refused(gateway: Gateway) -> None:
    # "GET /open/a HTTP/1.1", "X: …", and an empty line, with their line ends: 29 bytes and the value.
    longest = send(gateway, "/open/a", {"X": "x" * (10_240 - 29)})
    too_long = send(gateway, "/open/a", {"X": "x" * (10_240 - 28)})

    assert longest.status == 200
    assert (too_long.status, too_long.body) == (400, b'{"detail":"Bad request."}')


# Functions


@pytest.mark.parametrize("does", ["1 / 0", "exit()", "{1, 2}", "{'statusCode': 200, 'body': '\\ud800'}"])
def test_a_function_that_fails_means_502_and_a_traceback_for_the_developer(
    gateway: Gateway, does: str, capfd: pytest.CaptureFixture[str]
) -> None:
    response = send(gateway, "/answer", {"Python": "yes"}, "POST", does.encode())

    assert (response.status, detail(response), response.route) == (502, "Error.", "/answer")
    report = capfd.readouterr().err
    assert report.startswith("AnswerFunction: ")
    assert "Traceback" in report or "Error" in report


def test_the_default_responses_own_status_replaces_502(tmp_path: Path) -> None:
    template = TEMPLATE.replace("DEFAULT_5XX:", 'DEFAULT_5XX:\n          StatusCode: "500"')

    response = send(small_gateway(tmp_path, template=template), "/answer", {"Python": "yes"}, "POST", b"1 / 0")

    assert response.status == 500


@pytest.mark.parametrize(("size", "status"), [(6_291_556 - 31, 200), (6_291_556 - 30, 502)])
def test_an_answer_over_lambdas_6_mb_means_502(gateway: Gateway, size: int, status: int) -> None:
    # {"statusCode": 200, "body": ""} is 31 bytes.
    does = f"{{'statusCode': 200, 'body': 'x' * {size}}}".encode()

    response = send(gateway, "/answer", {"Python": "yes"}, "POST", does)

    assert response.status == status


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("def handler(:", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("", "has no function handler"),
        ("handler = 7", "has no function handler"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_named_at_once(tmp_path: Path, source: str, reason: str) -> None:
    with pytest.raises(GatewayError) as caught:
        small_gateway(tmp_path, echo=source)

    assert str(caught.value).startswith("EchoFunction cannot be loaded")
    assert reason in str(caught.value)


def test_a_function_without_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        GatewayError, match=r"EchoFunction cannot be loaded: there is no file .*functions/nothing/app\.py"
    ):
        small_gateway(tmp_path, template=TEMPLATE.replace("functions/echo", "functions/nothing"))


def test_a_function_is_loaded_once_for_a_gateway_and_again_for_another(tmp_path: Path) -> None:
    source = "from dataclasses import dataclass\n\n@dataclass\nclass State:\n    count: int = 0\n\nstate = State()\n"
    source += (
        "def handler(event, context):\n    state.count += 1\n    return {'statusCode': 200, 'body': str(state.count)}"
    )
    first = small_gateway(tmp_path, echo=source)
    second = small_gateway(tmp_path, echo=source)

    bodies = [send(gateway, "/open/a", {}).body for gateway in (first, first, second)]

    assert bodies == [b"1", b"2", b"1"]


def test_functions_with_the_same_module_name_are_kept_apart(gateway: Gateway) -> None:
    assert send(gateway, "/answer", {}, "POST", b'{"statusCode": 204}').status == 204
    assert send(gateway, "/open/a", {}).status == 200


def test_requests_are_answered_in_parallel(tmp_path: Path) -> None:
    meeting = "import threading\nbarrier = threading.Barrier(8)\n"
    echo = (
        f"{meeting}def handler(event, context):\n    return {{'statusCode': 200, 'body': str(barrier.wait(20) >= 0)}}"
    )
    gateway = small_gateway(tmp_path, echo=echo)

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: send(gateway, "/items/7"), range(8), timeout=30))

    assert [(response.status, response.body) for response in responses] == [(200, b"True")] * 8
