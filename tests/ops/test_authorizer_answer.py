"""How the local gateway asks an authorizer, what it makes of the answer, and how long it keeps it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lms_lambda.gateway.rest_api import Gateway
from tests.ops.small_api import AUTHORIZER, TEMPLATE, Clock, event_of, header, send, small_gateway

STATEMENT = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gateway(tmp_path: Path, clock: Clock) -> Gateway:
    return small_gateway(tmp_path, clock)


def calls(response: Any) -> str:
    """How often the authorizer had been called when it allowed this request."""
    return str(event_of(response)["requestContext"]["authorizer"]["calls"])


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}])
def test_without_the_identity_header_the_authorizer_is_not_asked(gateway: Gateway, headers: dict[str, str]) -> None:
    refused = send(gateway, "/items/7", headers)
    allowed = send(gateway, "/items/7")

    assert (refused.status, refused.body) == (401, b'{"detail":"No token."}')
    assert header(refused, "WWW-Authenticate") == ['JWT realm="api"']
    assert calls(allowed) == "1"


def test_an_authorizer_without_identity_headers_is_always_asked(gateway: Gateway) -> None:
    assert [calls(send(gateway, "/fresh", {})) for _ in range(3)] == ["1", "2", "3"]


def test_a_route_without_an_authorizer_is_open(gateway: Gateway) -> None:
    assert "authorizer" not in event_of(send(gateway, "/open/door", {}))["requestContext"]


def test_the_context_reaches_the_function_as_texts(gateway: Gateway) -> None:
    assert event_of(send(gateway, "/items/7"))["requestContext"]["authorizer"] == {
        "principalId": "someone",
        "calls": "1",
        "staff": "true",
        "active": "false",
        "share": "0.5",
        "detail": "",
    }


def test_a_result_is_kept_by_the_identity_header_until_its_time_is_over(gateway: Gateway, clock: Clock) -> None:
    first = calls(send(gateway, "/items/7"))
    other_path_and_case = calls(send(gateway, "/items/8", {"authorization": "allow"}))
    other_identity = calls(send(gateway, "/items/7", {"Authorization": "allow me"}))
    clock.move(299.9)
    just_before = calls(send(gateway, "/items/7"))
    clock.move(0.1)
    just_after = calls(send(gateway, "/items/7"))

    assert (first, other_path_and_case, other_identity, just_before, just_after) == ("1", "1", "2", "1", "3")


def test_a_denial_is_kept_too(gateway: Gateway) -> None:
    denials = [send(gateway, "/items/7", {"Authorization": "deny x"}).status for _ in range(2)]

    assert denials == [401, 401]
    assert calls(send(gateway, "/items/7")) == "2"


def test_an_error_is_not_kept(gateway: Gateway) -> None:
    for does in ("raise x", "raise Unauthorized", "answer None"):
        send(gateway, "/items/7", {"Authorization": does})
        send(gateway, "/items/7", {"Authorization": does})

    assert calls(send(gateway, "/items/7")) == "7"


def test_two_authorizers_do_not_share_results(tmp_path: Path) -> None:
    template = TEMPLATE.replace("Identity: {ReauthorizeEvery: 0}", "Identity: {Headers: [Authorization]}")
    gateway = small_gateway(tmp_path, template=template)

    assert [calls(send(gateway, path)) for path in ("/items/7", "/fresh", "/items/7", "/fresh")] == ["1", "2", "1", "2"]


def test_a_thousand_results_are_kept_and_the_oldest_goes_first(gateway: Gateway) -> None:
    for number in range(1001):
        send(gateway, "/items/7", {"Authorization": f"allow {number}"})

    assert calls(send(gateway, "/items/7", {"Authorization": "allow 1"})) == "2"
    assert calls(send(gateway, "/items/7", {"Authorization": "allow 0"})) == "1002"


def test_what_is_kept_is_the_policy_and_not_the_decision(gateway: Gateway) -> None:
    only_this = {"Authorization": "this method"}

    assert send(gateway, "/items/7", only_this).status == 200
    assert send(gateway, "/items/8", only_this).status == 401
    assert send(gateway, "/items/7", only_this, method="PUT").status == 401


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("arn:aws:execute-api:us-east-1:123456789012:local/live/GET/items/a+b", 200),
        ("arn:aws:execute-api:*:*:local/live/*/items/*", 200),
        ("arn:aws:execute-api:*:*:local/live/???/items/*", 200),
        ("*", 200),
        ("arn:aws:execute-api:*:*:local/live/????/items/*", 401),
        ("arn:aws:execute-api:*:*:local/live/PUT/*", 401),
        ("arn:aws:execute-api:*:*:local/live/GET/items", 401),
        ("arn:aws:execute-api:*:*:local/live/GET/items/[a]*", 401),
    ],
)
def test_a_policy_covers_the_methods_that_its_wildcards_match(gateway: Gateway, resource: str, status: int) -> None:
    assert send(gateway, "/items/a+b", {"Authorization": f"only {resource}"}).status == status


@pytest.mark.parametrize(
    ("statements", "status"),
    [
        ([STATEMENT, STATEMENT | {"Effect": "Deny", "Resource": ["arn:other", "*/GET/items/7"]}], 401),
        ([STATEMENT, STATEMENT | {"Effect": "Deny", "Resource": "*/GET/items/8"}], 200),
        ([STATEMENT | {"Effect": "Deny"}], 401),
        ([STATEMENT | {"Action": "*"}], 200),
        ([STATEMENT | {"Action": ["s3:GetObject", "execute-api:*"]}], 200),
        ([STATEMENT | {"Action": "execute-api:ManageConnections"}], 401),
        (STATEMENT, 200),
    ],
)
def test_an_explicit_deny_wins_and_other_actions_do_not_count(gateway: Gateway, statements: Any, status: int) -> None:
    answer = {"principalId": "p", "policyDocument": {"Statement": statements}}

    assert send(gateway, "/items/7", {"Authorization": f"answer {answer}"}).status == status


def test_a_denial_says_what_the_authorizer_says_even_with_quotes(gateway: Gateway) -> None:
    response = send(gateway, "/items/7", {"Authorization": 'deny a "quoted" \\ text, été'})

    assert response.status == 401
    assert response.body.decode() == '{"detail":"a \\"quoted\\" \\\\ text, été"}'
    assert header(response, "Content-Type") == ["application/json"]


def test_an_authorizer_that_raises_unauthorized_means_401(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    response = send(gateway, "/items/7", {"Authorization": "raise Unauthorized"})

    assert (response.status, response.body) == (401, b'{"detail":"No token."}')
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("does", ["raise unauthorized", "answer exit()", "answer {1, 2}"])
def test_an_authorizer_that_fails_means_500(gateway: Gateway, does: str) -> None:
    response = send(gateway, "/items/7", {"Authorization": does})

    assert (response.status, json.loads(response.body)["type"]) == (500, "AUTHORIZER_FAILURE")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "Allow",
        {"isAuthorized": True},
        {"principalId": "p", "policyDocument": {}},
        {"principalId": "p", "policyDocument": {"Statement": []}},
        {"principalId": "", "policyDocument": {"Statement": STATEMENT}},
        {"principalId": "p", "policyDocument": {"Statement": "Allow"}},
        {"principalId": "p", "policyDocument": {"Statement": {"Effect": "Allow", "Action": "*"}}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT | {"Effect": "Maybe"}}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT | {"Condition": {}}}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT | {"Resource": [7]}}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT}, "context": ["a"]},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT}, "context": {"a": ["b"]}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT}, "context": {"a": {}}},
        {"principalId": "p", "policyDocument": {"Statement": STATEMENT}, "context": {"a": None}},
    ],
)
def test_an_answer_that_is_not_a_policy_means_500(gateway: Gateway, answer: Any) -> None:
    response = send(gateway, "/items/7", {"Authorization": f"answer {answer!r}"})

    assert (response.status, json.loads(response.body)["type"]) == (500, "AUTHORIZER_CONFIGURATION_ERROR")


def test_the_authorizer_gets_a_request_event(tmp_path: Path) -> None:
    source = AUTHORIZER.replace("does[5:]", '__import__("json").dumps(event)')
    gateway = small_gateway(tmp_path, authorizer=source)

    response = send(gateway, "/items/a%2Bb/?q=x+y&q=z", {"Authorization": "allow", "Host": "lms.example.com"})

    event = json.loads(event_of(response)["requestContext"]["authorizer"]["detail"])
    context = event.pop("requestContext")
    assert event == {
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:local/live/GET/items/a%2Bb/",
        "resource": "/items/{item}",
        "path": "/items/a%2Bb/",
        "httpMethod": "GET",
        "headers": {"Authorization": "allow", "Host": "lms.example.com", "X-Forwarded-Proto": "http"},
        "multiValueHeaders": {
            "Authorization": ["allow"],
            "Host": ["lms.example.com"],
            "X-Forwarded-Proto": ["http"],
        },
        "queryStringParameters": {"q": "z"},
        "multiValueQueryStringParameters": {"q": ["x y", "z"]},
        "pathParameters": {"item": "a+b"},
        "stageVariables": {},
    }
    assert "authorizer" not in context
    assert context["requestId"] == header(response, "x-amzn-requestid")[0]
