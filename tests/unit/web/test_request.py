"""A request out of API Gateway's event. (mobile-users.md 1.1, 3.4, 5.1, course-team.md 3.1)"""

from collections.abc import Callable
from typing import Any

import pytest

from lms.domain.keys import CourseKey
from lms.web.errors import HttpError
from lms.web.request import Caller, Request
from tests.unit.builders import KEY, NOW, Context, cases, event, request


def test_a_request_sees_the_gateways_moment() -> None:
    assert request().now == NOW


def test_header_names_are_in_lower_case() -> None:
    assert request(headers={"X-Forwarded-PROTO": "https"}).headers == {"x-forwarded-proto": "https"}


@cases("missing", {name: name for name in ("headers", "multiValueQueryStringParameters", "pathParameters", "body")})
def test_what_an_event_gives_as_null_is_empty(missing: str) -> None:
    seen = Request(event() | {missing: None}, Context())

    assert (seen.headers, seen.query, seen.body, seen.path_parameter("username")) == ({}, {}, b"", "")


def test_the_last_of_a_repeated_query_key_counts() -> None:
    query = {"email": ["a@x", "b@x"], "username": [""]}

    assert Request(event() | {"multiValueQueryStringParameters": query}, Context()).query == {
        "email": "b@x",
        "username": "",
    }


@cases(
    "encoded, body, expected",
    {
        "text": (False, "é", "é".encode()),
        "base64": (True, "w6k=", "é".encode()),
        "none": (False, None, b""),
        "none in base64": (True, "", b""),
    },
)
def test_the_body_as_sent(encoded: bool, body: str | None, expected: bytes) -> None:
    assert Request(event() | {"body": body, "isBase64Encoded": encoded}, Context()).body == expected


@cases(
    "headers, variables, language",
    {
        "none at all": ({}, {}, "en"),
        "the client's": ({"Accept-Language": "es-MX,en;q=0.5"}, {}, "es-mx"),
        "the site's": ({}, {"LANGUAGE_CODE": "es"}, "es-419"),
        "the site's, in capitals": ({}, {"LANGUAGE_CODE": "PT-BR"}, "pt-br"),
        "the client's before the site's": ({"Accept-Language": "en"}, {"LANGUAGE_CODE": "es"}, "en"),
        "one that is released": ({"Accept-Language": "fr"}, {"RELEASED_LANGUAGES": "DE, fr"}, "fr"),
        "one that is not released": ({"Accept-Language": "it"}, {"RELEASED_LANGUAGES": "de,fr"}, "en"),
    },
)
def test_the_language_of_the_answer(
    configure: Callable[..., None], headers: dict[str, str], variables: dict[str, str], language: str
) -> None:
    configure(**variables)

    assert request(headers=headers).language == language


def test_the_languages_of_a_repeated_header_are_all_read() -> None:
    lines = {"multiValueHeaders": {"Accept-Language": ["xx;q=0.9", "fr;q=0.1"]}}

    assert Request(event() | lines, Context()).language == "fr"


@cases("sent", {"as it was sent": "mona%20lisa%40x", "decoded": "mona lisa@x"})
def test_a_path_variable_is_decoded(sent: str) -> None:
    assert request(variables={"username": sent}).path_parameter("username") == "mona lisa@x"


@cases("version", {version: version for version in ("v0.5", "v1", "v2", "v3", "v4")})
def test_the_versions_of_the_mobile_api(version: str) -> None:
    assert request(variables={"version": version}).version == version


@cases("version", {"a later one": "v5", "v0x5": "v0x5", "capitals": "V1", "no v": "1", "none": ""})
def test_other_versions_are_not_found(version: str) -> None:
    with pytest.raises(HttpError) as caught:
        _ = request(variables={"version": version}).version

    assert (caught.value.status, caught.value.body) == (404, {"detail": "Not found."})


@cases(
    "sent, expected",
    {
        "a course id": ("course-v1:DemoX+DX101+2026_T1", KEY),
        "one with percent signs": ("course-v1%3ADemoX%2BDX101%2B2026_T1", KEY),
        "one whose plus signs became spaces": ("course-v1:DemoX DX101 2026_T1", KEY),
        "one with a slash after it": ("course-v1:DemoX+DX101+2026_T1/", KEY),
        "one with a path after it": ("course-v1:DemoX+DX101+2026_T1/x/y", KEY),
        "a legacy id": ("a/b/c", CourseKey("a", "b", "c", legacy=True)),
        "a legacy id with a path after it": ("a/b/c/d", CourseKey("a", "b", "c", legacy=True)),
    },
)
def test_the_course_in_a_path(sent: str, expected: CourseKey) -> None:
    assert request(variables={"course_id": sent}).course == expected


@cases(
    "sent",
    {
        "what only looks like an id": "foo+bar+baz",
        "a fourth part": "course-v1:a+b+c+d",
        "two parts": "course-v1:a+b",
        "a library": "library-v1:a+b+c",
        "a word": "abc",
        "nothing": "",
    },
)
def test_what_is_no_course_id_is_not_found(sent: str) -> None:
    with pytest.raises(HttpError) as caught:
        _ = request(variables={"course_id": sent}).course

    assert (caught.value.status, caught.value.body) == (404, {"detail": "Not found."})


@cases(
    "authorizer, expected",
    {
        "nobody": (None, None),
        "an empty name is nobody": ({"username": "", "expires": "5"}, None),
        "a caller": (
            {"username": "mona", "expires": "1775000000", "restricted": "false"},
            Caller("mona", 1775000000, False),
        ),
        "a restricted caller": ({"username": "mona", "expires": "5", "restricted": "true"}, Caller("mona", 5, True)),
        "a number as gateways rewrite it": (
            {"username": "mona", "expires": "1.775e9"},
            Caller("mona", 1775000000, False),
        ),
    },
)
def test_who_is_calling(authorizer: dict[str, str] | None, expected: Caller | None) -> None:
    assert request(authorizer=authorizer).caller == expected


@cases(
    "root, headers, gateway, expected",
    {
        "the LMS's address where it is set": (
            "https://lms.example.org/",
            {"Host": "api.example.org"},
            {},
            "https://lms.example.org",
        ),
        "else the request's host": ("", {"Host": "api.example.org"}, {}, "https://api.example.org"),
        "with its port": ("", {"Host": "127.0.0.1:8000"}, {}, "https://127.0.0.1:8000"),
        "with an IPv6 address": ("", {"Host": "[::1]:8000"}, {}, "https://[::1]:8000"),
        "with the scheme that a proxy saw": (
            "",
            {"Host": "a.example", "X-Forwarded-Proto": "http"},
            {},
            "http://a.example",
        ),
        "never with another scheme": (
            "",
            {"Host": "a.example", "X-Forwarded-Proto": "javascript"},
            {},
            "https://a.example",
        ),
        "a host that is none is the gateway's own": (
            "",
            {"Host": "evil.example/?"},
            {"domainName": "x.execute-api.example"},
            "https://x.execute-api.example",
        ),
        "a host with a newline is none": ("", {"Host": "a.example\n"}, {}, "https://localhost"),
        "no host at all": ("", {}, {}, "https://localhost"),
    },
)
def test_the_address_that_urls_begin_with(
    configure: Callable[..., None], root: str, headers: dict[str, str], gateway: dict[str, Any], expected: str
) -> None:
    configure(LMS_ROOT_URL=root)

    assert request(headers=headers, **gateway).base_url == expected


@cases(
    "milliseconds, seconds",
    {"two seconds are kept back": (28_000, 26.0), "nothing is begun without time": (1_000, 0.0)},
)
def test_the_time_in_which_something_new_may_begin(milliseconds: int, seconds: float) -> None:
    assert Request(event(), Context(milliseconds)).seconds == seconds


@cases("gateway_id, expected", {"the gateway's": ("g-1", "g-1"), "else Lambda's": (None, "lambda-request")})
def test_the_requests_own_id(gateway_id: str | None, expected: str) -> None:
    assert request(requestId=gateway_id).id == expected
