"""What requests leave in the functions' logs and metrics: who and how, and nothing that a client sent.

(layers/shared/lms/observation.py: a log line names the request and the caller's user id)
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lms.domain.errors import UnavailableError
from lms.table import client
from lms.table.messages import HttpAnswer
from tests.api import Api
from tests.endpoints import Endpoint, endpoints
from tests.security.conftest import Ask, Output, said, sign
from tests.table_calls import replace_call
from tests.world import COURSE_A

TEAM = "/api/support/v1/manage_course_team/"
pytestmark = pytest.mark.usefixtures("people")


def total(metrics: Sequence[dict[str, Any]], name: str) -> float:
    """The sum of a metric over lines of metrics."""
    return sum(sum(line.get(name, [])) for line in metrics)


def operations(count: int, **changes: Any) -> dict[str, Any]:
    one = {"course_id": COURSE_A, "role": "staff", "action": "revoke", "extra": "hidden-body"} | changes
    return {"email": "nora@example.org", "bulk_role_operations": [one] * count}


def test_a_request_leaves_one_log_line_that_names_request_route_and_user(api: Api, output: Output) -> None:
    answer = api.get("/api/mobile/v1/users/mona?hidden-query=1", "mona")

    logs, metrics = output.split()
    assert len(logs) == 1
    assert logs[0]["request_id"] == answer.headers["x-amzn-requestid"]
    assert (logs[0]["level"], logs[0]["message"], logs[0]["status"]) == ("INFO", "request", 200)
    assert (logs[0]["user_id"], logs[0]["route"]) == (4711, "/api/mobile/{version}/users/{username}")
    assert logs[0]["milliseconds"] > 0
    assert len(metrics) == 1


@pytest.mark.parametrize("endpoint", endpoints(), ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_no_endpoint_logs_who_the_user_is_or_what_was_sent(api: Api, output: Output, endpoint: Endpoint) -> None:
    body: dict[str, Any] = operations(1, role="hidden-role") | {"last_visited_module_id": "hidden-block"}
    not_sent = endpoint.fields - body.keys() - {"modification_date"}
    assert not not_sent, f"send {sorted(not_sent)} of {endpoint.method} {endpoint.path} as well, with a hidden text"

    answer = api.send_json(endpoint.method, endpoint.target(), body, "mona")

    if endpoint.method == "GET":
        assert answer.status < 400, f"say in QUERIES or VALUES of tests/endpoints.py what {endpoint.path} answers to"

    logs, _ = output.split()
    assert [(one["request_id"], one["user_id"], one["status"]) for one in logs] == [
        (answer.headers["x-amzn-requestid"], 4711, answer.status)
    ]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/api/mobile/v1/users/hidden-name", 403),
        ("GET", "/api/mobile/v9/users/mona", 404),
        ("GET", f"{TEAM}?email=hidden-name@example.org", 404),
        ("GET", f"{TEAM}?x=hidden-query", 400),
        ("DELETE", TEAM, 405),
    ],
)
def test_a_refused_request_is_logged_without_what_was_refused(
    api: Api, output: Output, method: str, target: str, status: int
) -> None:
    assert api.request(method, target).status == status

    logs, metrics = output.split()
    assert [one["status"] for one in logs] == [status]
    assert total(metrics, "ClientError") == 1
    assert total(metrics, "ServerError") == 0


@pytest.mark.parametrize("body", ['{"hidden-body": ', '{"hidden-body": NaN}', '"hidden-body"', "hidden-body"])
@pytest.mark.parametrize("content_type", ["application/json", "text/hidden-name"])
def test_a_body_that_cannot_be_read_is_not_logged(api: Api, output: Output, body: str, content_type: str) -> None:
    answer = api.request("PUT", TEAM, "mona", body, {"Content-Type": content_type})

    logs, _ = output.split()
    assert [one["status"] for one in logs] == [answer.status]


@pytest.mark.parametrize("token", ["hidden-name", "eyJhbGciOiJub25lIn0.eyJwcmVmZXJyZWRfdXNlcm5hbWUiOiJtb25hIn0."])
@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "Basic"])
def test_a_refused_token_is_not_logged(ask: Ask, output: Output, token: str, scheme: str) -> None:
    assert ask(f"{TEAM}?username=mona", f"{scheme} {token}").status == 401

    output.lines()


def test_a_missing_key_is_logged_with_its_reason_and_without_the_token(
    ask: Ask, configure: Callable[..., None], output: Output
) -> None:
    configure(JWT_PUBLIC_SIGNING_JWK_SET="hidden-body", JWT_SECRET_KEY="")

    assert ask("/api/mobile/v1/users/mona", f"JWT {sign(said())}").status == 401

    logs, _ = output.split(authorizer=True)
    assert [(one["level"], one["message"]) for one in logs] == [
        ("ERROR", "every token is refused"),
        ("INFO", "request"),
    ]
    assert "JWT_PUBLIC_SIGNING_JWK_SET" in logs[0]["reason"]


def test_a_mistake_of_our_own_is_logged_without_its_message(
    api: Api, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Out here, because the log does show the lines of code.
    message = "mona hidden-body eyJ nora@example.org"

    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError(message)

    replace_call(monkeypatch, break_down)

    answer = api.get("/api/mobile/v1/users/mona", "mona")

    assert (answer.status, answer.json) == (500, {"detail": "A server error occurred."})
    logs, metrics = output.split()
    assert [(one["level"], one["message"]) for one in logs] == [("ERROR", "unhandled"), ("INFO", "request")]
    assert logs[0]["error"] == "RuntimeError"
    assert {one["request_id"] for one in logs} == {answer.headers["x-amzn-requestid"]}
    assert total(metrics, "ServerError") == 1


def test_a_table_that_does_not_answer_is_logged_with_what_dynamodb_said_and_without_what_was_asked(
    api: Api, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(*_: Any) -> HttpAnswer:
        message = "mona hidden-body eyJ nora@example.org"
        body = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": message}
        return HttpAnswer(400, {"x-amzn-requestid": "R4ND0M"}, json.dumps(body).encode())

    monkeypatch.setattr(client, "exchange", throttled)
    monkeypatch.setattr(client, "read_seconds", lambda: 0.2)

    assert api.send_json("PUT", TEAM, operations(1), "mona").status == 503

    logs, metrics = output.split()
    assert [(one["level"], one["message"]) for one in logs] == [("ERROR", "table unavailable"), ("INFO", "request")]
    said = r"(GetItem|Query): DynamoDB answered ThrottlingException \(request R4ND0M\); attempts: \d"
    assert re.fullmatch(said, logs[0]["reason"])
    assert total(metrics, "ServerError") == 1


def test_an_error_of_dynamodb_that_quotes_the_request_is_not_logged(
    api: Api, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A table that is not there: DynamoDB's own message, through the real client.
    monkeypatch.setenv("TABLE_NAME", "hidden-name")

    assert api.send_json("PUT", TEAM, operations(1), "mona").status == 500

    logs, _ = output.split()
    assert [one["message"] for one in logs] == ["unhandled", "request"]
    assert (logs[0]["error"], logs[0]["code"]) == ("DynamoDBError", "ResourceNotFoundException")


def test_metrics_count_the_request_and_each_operation(api: Api, output: Output) -> None:
    body = operations(3)
    body["bulk_role_operations"] += operations(2, role="hidden-role")["bulk_role_operations"]

    api.send_json("PUT", TEAM, body, "mona")

    _, metrics = output.split()
    assert total(metrics, "Request") == 1
    assert total(metrics, "OperationSuccess") == 3
    assert total(metrics, "OperationFailed") == 2
    assert total(metrics, "ClientError") == 0
    assert metrics[0]["route"] == "/api/support/v1/manage_course_team"
    assert metrics[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "lms-lambda"


def test_metrics_of_a_thousand_operations_keep_to_the_formats_limit(api: Api, output: Output) -> None:
    api.send_json("PUT", TEAM, operations(1000, role="hidden-role"), "mona")

    _, metrics = output.split()
    assert total(metrics, "OperationFailed") == 1000
    assert total(metrics, "Request") == 1
    assert total(metrics, "ColdStart") <= 1
    assert {line["route"] for line in metrics} == {"/api/support/v1/manage_course_team"}
    # CloudWatch's embedded metric format: at most 100 values of a metric in one line.
    assert all(len(value) <= 100 for line in metrics for value in line.values() if isinstance(value, list))


def test_only_the_first_request_of_an_environment_is_a_cold_start(
    api: Api, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "a-function-of-this-test")
    counted = []
    for _ in range(3):
        api.get("/api/mobile/v1/users/mona", "mona")
        counted.append(total(output.split()[1], "ColdStart"))

    assert counted == [1, 0, 0]


def test_one_requests_keys_do_not_reach_the_next_ones_log(api: Api, output: Output) -> None:
    api.get("/api/mobile/v1/users/mona", "mona")
    api.get("/api/mobile/v1/users/mona", "stranger")

    logs, _ = output.split()
    assert "user_id" in logs[0]
    assert "user_id" not in logs[1]


def test_an_operation_that_could_not_be_saved_is_counted_for_its_alarm(
    api: Api, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any) -> None:
        raise UnavailableError("throttled")

    monkeypatch.setattr("lms.usecases.course_team.revoke_role", unreachable)

    api.send_json("PUT", TEAM, operations(3), "mona")

    _, metrics = output.split()
    assert [total(metrics, f"Operation{kind}") for kind in ("Success", "Failed", "Unsaved")] == [0, 3, 3]


def test_the_authorizer_leaves_one_line_and_its_metrics_and_nothing_of_the_token(ask: Ask, output: Output) -> None:
    ask("/api/mobile/v1/users/mona", f"JWT {sign()}")
    ask("/api/mobile/v1/users/mona", "JWT hidden.hidden.hidden")

    logs, metrics = output.split(authorizer=True)
    assert [(one["message"], one["status"]) for one in logs] == [("request", 200), ("request", 401)]
    assert [total(metrics, name) for name in ("Request", "ClientError")] == [2, 1]
    assert all("ColdStart" in line for line in metrics)
    assert "hidden" not in str(logs)
