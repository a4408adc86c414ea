"""Answers as API Gateway takes them: compact JSON, compressed on request. (mobile-users.md 1.4)"""

import base64
import gzip
import json
import random
from typing import Any

import pytest
from hypothesis import example, given

from lms.web import response
from lms.web.response import Response, render, to_json
from tests.unit.builders import cases, request
from tests.unit.strategies import any_text, json_values

LONG = {"text": "x" * 5000}
BARELY_LONG = "x" * (4096 - 2)


def rendered(body: Any, encoding: str | None = None, method: str = "GET", **headers: str) -> dict[str, Any]:
    asked = {} if encoding is None else {"Accept-Encoding": encoding}
    return render(request(method, headers=asked), Response(200, body, headers))


@given(json_values(any_text))
@example("\\\ud800")
@example("\ud83d")
@example({"\udc80": ["\udfff"]})
def test_every_json_value_parses_back_equal_from_valid_utf_8(value: Any) -> None:
    # Two lone surrogates in a row that make a pair are one character to every JSON parser.
    expected = json.loads(json.dumps(value))

    assert json.loads(to_json(value).decode("utf-8", "strict")) == expected


@cases(
    "value, expected",
    {
        "no blanks": ({"a": [1, None]}, b'{"a":[1,null]}'),
        "letters stay as they are": ("é😀", '"é😀"'.encode()),
        "a lone surrogate stays an escape": ("\ud800", b'"\\ud800"'),
        "keys keep their order": ({"b": 1, "a": 2}, b'{"b":1,"a":2}'),
        "a colon and a plus sign stay": ("course-v1:a+b+c", b'"course-v1:a+b+c"'),
    },
)
def test_json_is_compact_and_unescaped(value: Any, expected: bytes) -> None:
    assert to_json(value) == expected


def test_an_answer_says_what_it_is_and_that_it_is_not_to_be_kept() -> None:
    assert rendered({"a": "é"}, Allow="GET") == {
        "statusCode": 200,
        "headers": {
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Encoding, Accept-Language, Origin",
            "X-Content-Type-Options": "nosniff",
            "Allow": "GET",
            "Content-Type": "application/json",
        },
        "body": '{"a":"é"}',
        "isBase64Encoded": False,
    }


def test_an_answer_without_body_has_no_type() -> None:
    assert rendered(None, "gzip", Location="/here") == {
        "statusCode": 200,
        "headers": {
            "Cache-Control": "no-store",
            "Vary": "Accept, Accept-Encoding, Accept-Language, Origin",
            "X-Content-Type-Options": "nosniff",
            "Location": "/here",
        },
        "body": "",
        "isBase64Encoded": False,
    }


@cases("value", {"an empty object": {}, "an empty list": [], "false": False, "zero": 0, "an empty text": ""})
def test_an_empty_value_is_a_body(value: Any) -> None:
    assert json.loads(rendered(value)["body"]) == value


@cases(
    "encoding, compressed",
    {
        "one that asks for gzip": ("gzip", True),
        "in capitals": ("GZIP", True),
        "among others": ("deflate, gzip;q=0.8, br", True),
        "one that takes anything": ("*", True),
        "any quality above zero": ("gzip;q=0.001", True),
        "one that says nothing": (None, False),
        "an empty header": ("", False),
        "one that takes others": ("deflate, br", False),
        "identity": ("identity", False),
        "one that excludes gzip": ("gzip;q=0", False),
        "one that excludes gzip with digits": ("gzip; q=0.000", False),
        "one that excludes anything": ("*;q=0", False),
        "one that takes anything but gzip": ("gzip;q=0, *", False),
        "one that takes anything, but gzip not": ("*, gzip;q=0", False),
        "a name that only contains it": ("x-gzipped", False),
    },
)
def test_who_gets_a_compressed_answer(encoding: str | None, compressed: bool) -> None:
    answer = rendered(LONG, encoding)

    assert answer["isBase64Encoded"] is compressed
    assert answer["headers"].get("Content-Encoding") == ("gzip" if compressed else None)
    content = gzip.decompress(base64.b64decode(answer["body"])) if compressed else answer["body"].encode()
    assert json.loads(content) == LONG


@cases("text, compressed", {"4,096 bytes": (BARELY_LONG, True), "a byte less": (BARELY_LONG[1:], False)})
def test_answers_are_compressed_from_a_certain_length_on(text: str, compressed: bool) -> None:
    assert rendered(text, "gzip")["isBase64Encoded"] is compressed


@cases("encoding", {"plain": None, "compressed": "gzip"})
def test_a_head_request_gets_the_headers_without_the_body(encoding: str | None) -> None:
    answer = rendered(LONG, encoding, "HEAD")

    assert (answer["statusCode"], answer["body"], answer["isBase64Encoded"]) == (200, "", False)
    assert answer["headers"]["Content-Type"] == "application/json"
    assert "Content-Encoding" not in answer["headers"]


@cases(
    "encoding, status",
    {
        "too much for Lambda is refused": (None, 406),
        "the same compressed is sent": ("gzip", 200),
    },
)
def test_an_answer_that_is_too_large(encoding: str | None, status: int) -> None:
    answer = rendered("x" * 5_600_000, encoding)

    assert answer["statusCode"] == status
    assert len(answer["body"]) < 100_000


def test_base64_counts_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(1).randbytes(6_000).hex()
    compressed = len(gzip.compress(to_json(noise), 5))
    monkeypatch.setattr(response, "_LAMBDA_LIMIT", compressed + 1)

    assert rendered(noise, "gzip")["statusCode"] == 406
