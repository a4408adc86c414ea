"""What a function gets from the local gateway, and what becomes of its answer."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lms_lambda.gateway.rest_api import Gateway, HttpRequest
from tests.ops.small_api import TEMPLATE, answered, encoded, event_of, header, send, small_gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return small_gateway(tmp_path)


# The event


def test_an_event_has_the_shape_of_payload_format_1_0(gateway: Gateway) -> None:
    request = HttpRequest(
        "PATCH",
        "/open/a%20b/",
        [("Host", "lms.example.com:8000"), ("user-agent", "Phone/1"), ("Accept", "x"), ("accept", "y")],
        b'{"a":1}',
        "192.0.2.7",
    )

    response = gateway.handle(request)

    event = event_of(response)
    context = event.pop("requestContext")
    assert event == {
        "resource": "/open/{name}",
        "path": "/open/a%20b/",
        "httpMethod": "PATCH",
        "headers": {
            "Host": "lms.example.com:8000",
            "user-agent": "Phone/1",
            "Accept": "y",
            "X-Forwarded-Proto": "http",
        },
        "multiValueHeaders": {
            "Host": ["lms.example.com:8000"],
            "user-agent": ["Phone/1"],
            "Accept": ["x", "y"],
            "X-Forwarded-Proto": ["http"],
        },
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"name": "a b"},
        "stageVariables": None,
        "body": "eyJhIjoxfQ==",
        "isBase64Encoded": True,
    }
    assert re.fullmatch(r"[\w-]{15}=", context.pop("extendedRequestId"))
    assert re.fullmatch(r"[0-9a-f]{8}", context.pop("resourceId"))
    assert context == {
        "resourcePath": "/open/{name}",
        "httpMethod": "PATCH",
        "requestId": header(response, "x-amzn-requestid")[0],
        "requestTime": "09/Mar/2026:07:05:02 +0000",
        "requestTimeEpoch": 1773039902250,
        "path": "/live/open/a%20b/",
        "accountId": "123456789012",
        "apiId": "local",
        "protocol": "HTTP/1.1",
        "stage": "live",
        "domainName": "lms.example.com",
        "domainPrefix": "lms",
        "identity": {"sourceIp": "192.0.2.7", "userAgent": "Phone/1"},
    }


def test_what_is_not_there_is_null(gateway: Gateway) -> None:
    event = event_of(gateway.handle(HttpRequest("GET", "/fresh")))

    assert (event["pathParameters"], event["queryStringParameters"], event["stageVariables"]) == (None, None, None)
    assert (event["body"], event["isBase64Encoded"]) == (None, False)
    assert event["requestContext"]["identity"]["userAgent"] is None


@pytest.mark.parametrize(
    ("query", "last", "all_values"),
    [
        ("a=1&a=2&b=3", {"a": "2", "b": "3"}, {"a": ["1", "2"], "b": ["3"]}),
        ("id=edX+DemoX", {"id": "edX DemoX"}, {"id": ["edX DemoX"]}),
        ("id=edX%2BDemoX", {"id": "edX+DemoX"}, {"id": ["edX+DemoX"]}),
        ("mail=a%40b%3Ac", {"mail": "a@b:c"}, {"mail": ["a@b:c"]}),
        ("empty=&bare", {"empty": "", "bare": ""}, {"empty": [""], "bare": [""]}),
        ("A=1&a=2", {"A": "1", "a": "2"}, {"A": ["1"], "a": ["2"]}),
        ("a=b?c=d", {"a": "b?c=d"}, {"a": ["b?c=d"]}),
        ("n%C3%A9=%E2%82%AC", {"né": "€"}, {"né": ["€"]}),
    ],
)
def test_query_parameters_are_decoded_and_repeated_ones_kept(
    gateway: Gateway, query: str, last: dict[str, str], all_values: dict[str, list[str]]
) -> None:
    event = event_of(send(gateway, f"/open/a?{query}", {}))

    assert event["queryStringParameters"] == last
    assert event["multiValueQueryStringParameters"] == all_values
    assert event["path"] == "/open/a"


@pytest.mark.parametrize(
    ("host", "domain", "prefix"),
    [("127.0.0.1:8000", "127.0.0.1", "127"), ("[::1]:8000", "[::1]", "[::1]"), ("lms", "lms", "lms"), ("", "", "")],
)
def test_the_domain_is_the_host_without_its_port(gateway: Gateway, host: str, domain: str, prefix: str) -> None:
    context = event_of(send(gateway, "/open/a", {"Host": host}))["requestContext"]

    assert (context["domainName"], context["domainPrefix"]) == (domain, prefix)


@pytest.mark.parametrize(
    ("content_type", "body", "is_base64"),
    [("text/plain", "é", False), ("image/png; x=y", encoded("é".encode()), True)],
)
def test_only_declared_media_types_arrive_in_base64(
    tmp_path: Path, content_type: str, body: str, is_base64: bool
) -> None:
    gateway = small_gateway(tmp_path, template=TEMPLATE.replace('"*~1*"', "image~1png"))

    event = event_of(send(gateway, "/open/a", {"Content-Type": content_type}, "POST", "é".encode()))

    assert (event["body"], event["isBase64Encoded"]) == (body, is_base64)


def test_the_context_is_like_lambdas(gateway: Gateway) -> None:
    response = send(gateway, "/open/a", {})

    context = json.loads(response.body)["context"]
    assert 27_000 < context.pop("remaining") <= 28_000
    assert context == {
        "aws_request_id": header(response, "x-amzn-requestid")[0],
        "function_name": "EchoFunction",
        "function_version": "$LATEST",
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:EchoFunction",
        "memory_limit_in_mb": "512",
        "log_group_name": "/aws/lambda/EchoFunction",
        "log_stream_name": "local",
    }


def test_the_remaining_time_counts_down_and_stops_at_zero(tmp_path: Path) -> None:
    echo = """
import json, time

def handler(event, context):
    times = [context.get_remaining_time_in_millis()]
    for pause in (0.2, 1.0):
        time.sleep(pause)
        times.append(context.get_remaining_time_in_millis())
    return {"statusCode": 200, "body": json.dumps(times)}
"""
    gateway = small_gateway(tmp_path, template=TEMPLATE.replace("Timeout: 28", "Timeout: 1"), echo=echo)

    first, second, third = json.loads(send(gateway, "/open/a", {}).body)

    assert 900 < first <= 1000
    assert second <= first - 200
    assert third == 0


# The answer


def test_an_answer_becomes_the_response(gateway: Gateway) -> None:
    response = answered(gateway, {"statusCode": 418, "headers": {"X-A": "1", "Content-Type": "text/x"}, "body": "é"})

    assert (response.status, response.body) == (418, b"\xc3\xa9")
    assert response.headers[:2] == [("X-A", "1"), ("Content-Type", "text/x")]


@pytest.mark.parametrize("answer", [{}, {"headers": None, "multiValueHeaders": None, "body": None}])
def test_an_answer_without_headers_and_body_is_empty_json(gateway: Gateway, answer: dict[str, Any]) -> None:
    response = answered(gateway, {"statusCode": 200} | answer)

    assert response.body == b""
    assert header(response, "content-type") == ["application/json"]


def test_a_base64_body_is_sent_as_bytes(gateway: Gateway) -> None:
    packed = gzip.compress(b"[]")

    response = answered(
        gateway,
        {
            "statusCode": 200,
            "headers": {"Content-Encoding": "gzip"},
            "body": encoded(packed),
            "isBase64Encoded": True,
        },
    )

    assert response.body == packed
    assert header(response, "Content-Encoding") == ["gzip"]


def test_both_header_maps_are_merged_and_a_pair_in_both_is_sent_once(gateway: Gateway) -> None:
    response = answered(
        gateway,
        {
            "statusCode": 200,
            "headers": {"Set-Cookie": "a=1", "X-One": "1"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "content-type": ["text/plain"]},
        },
    )

    assert header(response, "set-cookie") == ["a=1", "b=2"]
    assert header(response, "x-one") == ["1"]
    assert header(response, "content-type") == ["text/plain"]


def test_a_header_may_be_a_number_or_a_boolean(gateway: Gateway) -> None:
    response = answered(gateway, {"statusCode": 200, "headers": {"X-Number": 7, "X-Boolean": True}})

    assert (header(response, "X-Number"), header(response, "X-Boolean")) == (["7"], ["true"])


def test_headers_of_the_connection_are_dropped_and_the_gateways_own_renamed(gateway: Gateway) -> None:
    headers = {
        "WWW-Authenticate": 'JWT realm="api"',
        "content-length": "9999",
        "Connection": "close",
        "Transfer-Encoding": "chunked",
        "Date": "yesterday",
    }

    response = answered(gateway, {"statusCode": 401, "headers": headers, "body": "{}"})

    assert [(name, value) for name, value in response.headers if name != "x-amzn-requestid"] == [
        ("x-amzn-remapped-www-authenticate", 'JWT realm="api"'),
        ("x-amzn-remapped-date", "yesterday"),
        ("Content-Type", "application/json"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {},
        {"body": "{}"},
        {"statusCode": "200"},
        {"statusCode": 200.0},
        {"statusCode": True},
        {"statusCode": 0},
        {"statusCode": 100},
        {"statusCode": 600},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": 7},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": "a: b"},
        {"statusCode": 200, "headers": {"a": ["b"]}},
        {"statusCode": 200, "headers": {"a": None}},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": {"a": "€"}},
        {"statusCode": 200, "headers": {"a b": "c"}},
        {"statusCode": 200, "multiValueHeaders": {"a": "b"}},
        {"statusCode": 200, "multiValueHeaders": ["a"]},
        {"statusCode": 200, "body": "not base64", "isBase64Encoded": True},
        {"statusCode": 200, "body": "é", "isBase64Encoded": True},
        {"statusCode": 200, "isBase64Encoded": "true"},
        {"statusCode": 200, "cookies": ["a=b"]},
    ],
)
def test_a_malformed_answer_means_502(gateway: Gateway, answer: Any, capfd: pytest.CaptureFixture[str]) -> None:
    response = send(gateway, "/answer", {}, "POST", json.dumps(answer).encode())

    assert (response.status, json.loads(response.body)["detail"]) == (502, "Error.")
    assert capfd.readouterr().err.startswith("AnswerFunction: ")
