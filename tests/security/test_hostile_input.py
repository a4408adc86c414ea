"""Requests that no client of ours sends: every answer is a client's error in JSON, and the table stays as it was.

(mobile-users.md 1.1 and 1.4, course-team.md 4.2 and 4.3; deviations 6)
"""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api import Answer, Api
from tests.endpoints import endpoints, fill, guarded_paths, variables_of
from tests.examples import one_in
from tests.security.conftest import ENDPOINTS, WITH_BODIES, Ask, assert_well_answered, fingerprint, said, sign
from tests.world import COURSE_A

Untouched = Callable[[], None]

pytestmark = pytest.mark.usefixtures("people")

JSON = "application/json"
SECONDS = 5
"""A request may take half of what Lambda gives the mobile functions, in a process that tests share."""

every_endpoint = pytest.mark.parametrize(("method", "target"), ENDPOINTS, ids=lambda part: part.partition("?")[0])
every_body = pytest.mark.parametrize(("method", "target"), WITH_BODIES, ids=[method for method, _ in WITH_BODIES])

ODD_TEXTS = [
    "%00",
    "mona%00",
    "%2F",
    "mona%2Fcourse_enrollments",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..",
    ".",
    "%ff%fe",
    "%C0%AF",
    "%ED%A0%80",
    "%F0%9F",
    "%252e%252e",
    "%2500",
    "%25ff",
    "%25%30%30",
    "%",
    "%zz",
    "%0d%0aX-Injected:%201",
    "%250d%250a",
    "%F0%9F%8D%9E",
    "%E2%80%AE",
    "%20",
    "+",
    ";",
    "*",
    "'%22<script>",
    "{username}",
    "$context.authorizer.detail",
    "__proto__",
    "-",
    "~",
    "x" * 5000,
    "%41" * 1600,
]


@pytest.fixture(autouse=True)
def _any_json(monkeypatch: pytest.MonkeyPatch) -> None:
    # The apps' decoders take no lone surrogate, which some requests here send to have it echoed.
    monkeypatch.setattr("tests.api.decode", lambda *_: None)


def send(api: Api, method: str, target: str, body: bytes | str | None, content_type: str | None = JSON) -> Answer:
    """A request by mona, with a body."""
    return api.request(method, target, "mona", body, {"Content-Type": content_type} if content_type else {})


# --- Paths and queries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=fingerprint)
def test_an_odd_piece_of_any_path_is_a_clients_error(api: Api, untouched: Untouched, odd: str) -> None:
    for method, target in (
        *(("GET", fill(path, **{name: odd})) for path in guarded_paths() for name in variables_of(path)),
        ("GET", f"/api/mobile/v1/users/mona/course_status_info/course-v1:{odd}+DX101+2026_T1"),
        ("PATCH", f"/api/mobile/v1/users/mona/course_status_info/{odd}/{odd[:1000]}/{odd[:1000]}"),
        ("GET", f"/api/mobile/v1/users/mona/{odd}"),
        ("GET", f"/api/support/v1/manage_course_team/{odd}"),
        ("PUT", f"/api/support/{odd}/manage_course_team"),
        ("GET", f"/{odd}"),
    ):
        answer = api.request(method, target)

        assert_well_answered(answer)
        assert answer.status >= 400
        assert "x-injected" not in answer.headers
    untouched()


@every_endpoint
def test_an_odd_query_is_no_servers_error(api: Api, untouched: Untouched, method: str, target: str) -> None:
    path = target.partition("?")[0]
    body = "{}" if method in ("PUT", "PATCH") else None
    short = [odd for odd in ODD_TEXTS if len(odd) < 1000]
    for query in (*(odd for odd in ODD_TEXTS if odd not in short), "&".join(f"{odd}&{odd}={odd}" for odd in short)):
        assert_well_answered(send(api, method, f"{path}?{query}&=", body))
    untouched()


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=fingerprint)
def test_an_odd_value_of_a_parameter_is_no_servers_error(api: Api, untouched: Untouched, odd: str) -> None:
    for name in ("email", "username", "user_id"):
        assert_well_answered(api.get(f"/api/support/v1/manage_course_team/?{name}={odd}"))
    assert_well_answered(api.get(f"/api/mobile/v3/users/mona/course_enrollments/?org={odd}&page=1&page_size=-1"))
    untouched()


def test_a_key_that_is_repeated_a_thousand_times_is_no_servers_error(api: Api, untouched: Untouched) -> None:
    query = "&".join(["email=", "user_id=x"] * 300)
    for method, target in ENDPOINTS:
        answer = send(api, method, f"{target.partition('?')[0]}?{query}", "{}" if method == "PUT" else None)

        assert_well_answered(answer)
    untouched()


@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Encoding", "Accept-Language", "Host", "X-Forwarded-Proto", "Cookie"]
)
def test_an_odd_header_is_no_servers_error(api: Api, name: str) -> None:
    for value in ("", ";;;,,,", "*;q=x", "\xff\xfe", "a" * 5000, "https,http", '{"a":1}', "%00"):
        for method, target in (("GET", "/api/mobile/v1/users/mona"), *WITH_BODIES):
            assert_well_answered(api.request(method, target, headers={name: value}))


@pytest.mark.parametrize(
    "verb", ["PROPFIND", "TRACE", "M-SEARCH", "get", "FOO", "DELETE", "POST", "OPTIONS", "X" * 500]
)
def test_an_unusual_method_is_no_servers_error(api: Api, untouched: Untouched, verb: str) -> None:
    for _, target in ENDPOINTS:
        assert_well_answered(api.request(verb, target))
    untouched()


# --- JSON bodies ------------------------------------------------------------------------------------------------------

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "null": b"null",
    "a text": b'"x"',
    "a surrogate as email": b'{"email": "\\ud800", "bulk_role_operations": [{}]}',
    "a surrogate as course": b'{"email": "nora@example.org", "bulk_role_operations": [{"course_id": "\\ud800",'
    b' "role": "staff", "action": "assign"}]}',
    "a surrogate inside a course": b'{"email": "nora@example.org", "bulk_role_operations": [{"course_id":'
    b' "course-v1:\\udfff+DX101+2026_T1", "role": "staff", "action": "assign"}]}',
    "a surrogate as role": b'{"email": "nora@example.org", "bulk_role_operations": [{"course_id":'
    b' "course-v1:DemoX+DX101+2026_T1", "role": "\\udbff", "action": "\\udc00"}]}',
    "a surrogate as block": b'{"last_visited_module_id": "block-v1:DemoX+DX101+2026_T1+type@vertical+block@\\ud800"}',
    "a surrogate as date": b'{"last_visited_module_id": "x", "modification_date": "\\ud800"}',
    "NaN": b'{"email": NaN, "last_visited_module_id": NaN}',
    "Infinity": b'{"email": Infinity, "last_visited_module_id": -Infinity}',
    "1e999": b'{"email": 1e999, "last_visited_module_id": -1e999}',
    "a repeated key": b'{"email": "nora@example.org", "email": "nobody@example.org", "bulk_role_operations": [],'
    b' "bulk_role_operations": [{}], "last_visited_module_id": "a", "last_visited_module_id": "b"}',
    "nested arrays": b"[" * 10_000 + b"]" * 10_000,
    "nested arrays without an end": b"[" * 10_000,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested operations": b'{"email": "nora@example.org", "bulk_role_operations": '
    + b"[" * 10_000
    + b"]" * 10_000
    + b"}",
    "a nested course": b'{"email": "nora@example.org", "bulk_role_operations": [{"course_id": '
    + b"[" * 60
    + b"]" * 60
    + b', "role": "staff", "action": "assign"}]}',
    "a huge integer": b'{"email": ' + b"9" * 10_000 + b', "last_visited_module_id": ' + b"9" * 10_000 + b"}",
    "a large integer": b'{"email": 1' + b"0" * 400 + b', "last_visited_module_id": 1' + b"0" * 400 + b"}",
    "a long number": b'{"email": 0.' + b"1" * 10_000 + b', "last_visited_module_id": 1e-99999}',
    "bytes that are no UTF-8": b'{"email": "\xff\xfe\xed\xa0\x80"}',
    "UTF-16": '{"email": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"email": "x"}',
    "NUL": b'{"email": "\\u0000", "bulk_role_operations": [{}], "last_visited_module_id": "\\u0000"}',
    "base64": b"eyJlbWFpbCI6ICJub3JhQGV4YW1wbGUub3JnIn0=",
    "a long course": b'{"email": "nora@example.org", "bulk_role_operations": [{"course_id": "course-v1:'
    + b"x" * 5000
    + b'+y+z", "role": "staff", "action": "assign"}], "last_visited_module_id": "'
    + b"x" * 5000
    + b'"}',
    "keys of the language": b'{"__class__": "x", "__proto__": {"email": "x"}, "email": {"__reduce__": []}}',
}


@every_body
@pytest.mark.parametrize("name", BODIES)
def test_an_odd_body_changes_nothing(api: Api, untouched: Untouched, method: str, target: str, name: str) -> None:
    answer = send(api, method, target, BODIES[name])

    assert_well_answered(answer)
    untouched()


@every_endpoint
def test_an_odd_body_where_none_is_expected_changes_nothing(
    api: Api, untouched: Untouched, method: str, target: str
) -> None:
    if (method, target) not in WITH_BODIES:
        for body in (b"[" * 10_000, b"\xff", b"null"):
            assert_well_answered(send(api, method, target, body))
            assert_well_answered(send(api, method, target, body, "multipart/form-data"))
    untouched()


def test_a_lone_surrogate_is_echoed_as_the_escape_that_it_came_as(api: Api) -> None:
    answer = send(api, "PUT", "/api/support/v1/manage_course_team/", BODIES["a surrogate as email"])

    assert (answer.status, answer.json["email"]) == (404, "\ud800")
    assert b'"\\ud800"' in answer.body


def test_a_lone_surrogate_in_an_operation_fails_that_operation(api: Api) -> None:
    answer = send(api, "PUT", "/api/support/v1/manage_course_team/", BODIES["a surrogate as role"])

    assert answer.status == 200
    assert answer.json["results"][0]["role"] == "\udbff"
    assert answer.json["results"][0]["error"] == "Invalid role. Must be 'instructor' or 'staff'."


SLOW: dict[str, tuple[bytes, str]] = {
    "quotes after brackets": (b"[" * 65 + b'"' + b'\\"' * 30_000, JSON),
    "many quotes after brackets": (b"[" * 65 + b'"\\' * 30_000, JSON),
    "brackets": (b"[]" * 1_000_000, JSON),
    "a long decoding": (b"a" * 100_000 + b"-" + b"a" * 200_000, f"{JSON}; charset=punycode"),
    "many parts": (
        b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n' * 30_000 + b"--x--",
        "multipart/form-data; boundary=x",
    ),
    "many empty parts": (b"--x\r\n\r\n\r\n" * 100_000 + b"--x--", "multipart/form-data; boundary=x"),
    "many fields": (b"a=1&" * 500_000, "application/x-www-form-urlencoded"),
    "a long header of a part": (
        b"--x\r\nContent-Disposition: form-data; " + b'name="\\' * 15_000 + b"\r\n\r\n1\r\n--x--",
        "multipart/form-data; boundary=x",
    ),
}


@every_body
@pytest.mark.parametrize("name", SLOW)
def test_no_body_of_some_hundred_kilobytes_takes_seconds(
    api: Api, untouched: Untouched, method: str, target: str, name: str
) -> None:
    body, content_type = SLOW[name]
    started = time.monotonic()

    answer = send(api, method, target, body, content_type)

    assert time.monotonic() - started < SECONDS
    assert_well_answered(answer)
    untouched()


def filled_to(size: int) -> bytes:
    start, end = b'{"email": "nora@example.org", "bulk_role_operations": [], "pad": "', b'"}'
    return start + b"x" * (size - len(start) - len(end)) + end


@every_body
def test_four_megabytes_are_read(api: Api, untouched: Untouched, method: str, target: str) -> None:
    answer = send(api, method, target, filled_to(4_000_000))

    assert_well_answered(answer)
    assert answer.status in (200, 400)
    untouched()


@every_endpoint
@pytest.mark.parametrize("size", [5_000_000, 11_000_000])
def test_a_body_over_the_gateways_limits_is_413(
    api: Api, untouched: Untouched, method: str, target: str, size: int
) -> None:
    answer = send(api, method, target, filled_to(size))

    assert (answer.status, answer.json) == (413, {"detail": "Request body is too large."})
    untouched()


# --- Other media types ------------------------------------------------------------------------------------------------

FORM_DATA = "multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="last_visited_module_id"\r\n\r\nnope\r\n--x--\r\n'

TYPED: dict[str, tuple[bytes, str | None]] = {
    "no type": (b"{}", None),
    "an empty type": (b"{}", ""),
    "another type": (b"{}", "text/plain"),
    "a type with a quote": (b"{}", 'text/"plain'),
    "a type of letters outside of ASCII": (b"{}", "t\xe4xt/plain"),
    "half a type": (b"{}", "application/"),
    "an unknown charset": (b"{}", f"{JSON}; charset=klingon"),
    "a charset with a NUL name": (b"{}", f"{JSON}; charset=%00"),
    "a codec that is no charset": (b"7b7d", f"{JSON}; charset=hex"),
    "a codec that unpacks": (b"x\x9c", f"{JSON}; charset=zlib"),
    "UTF-7": (b"+AFs-" * 10_000, f"{JSON}; charset=utf-7"),
    "UTF-16 with half a pair": (b"{\x00}\x00\x00\xd8", f"{JSON}; charset=utf-16-le"),
    "idna": (b"xn--" + b"a" * 5000, f"{JSON}; charset=idna"),
    "an undefined charset": (b"{}", f"{JSON}; charset=undefined"),
    "10,000 fields": (b"&".join(b"f%d=1" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
    "odd fields": (b"%=%&=&&%00=%ff&last_visited_module_id=%ED%A0%80", "application/x-www-form-urlencoded"),
    "a form that is no form": (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
    "no boundary": (PART, FORM_DATA),
    "an empty boundary": (PART, f"{FORM_DATA}; boundary="),
    "a quoted empty boundary": (PART, f'{FORM_DATA}; boundary=""'),
    "another boundary": (PART, f"{FORM_DATA}; boundary=y"),
    "two boundaries": (PART, f"{FORM_DATA}; boundary=x; boundary=y"),
    "an encoded boundary": (PART, f"{FORM_DATA}; boundary*=klingon''x"),
    "a boundary outside of ASCII": (PART, f"{FORM_DATA}; boundary=\xe4"),
    "a boundary of brackets": (PART, f"{FORM_DATA}; boundary={'(' * 3000}"),
    "a boundary of 5 kB": (PART, f"{FORM_DATA}; boundary={'x' * 5000}"),
    "an open quote": (PART, f'{FORM_DATA}; boundary="x'),
    "an unfinished part": (PART[:40], f"{FORM_DATA}; boundary=x"),
    "nothing but a boundary": (b"--x", f"{FORM_DATA}; boundary=x"),
    "a part of brackets": (
        b"--x\r\nContent-Disposition: form-data; name=" + b"(" * 10_000 + b"\r\n\r\n1\r\n--x--",
        f"{FORM_DATA}; boundary=x",
    ),
    "parts inside parts": (
        b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(2000)),
        f"{FORM_DATA}; boundary=b0",
    ),
    "messages inside messages": (
        b"--x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"\r\n--x--",
        f"{FORM_DATA}; boundary=x",
    ),
    "a part with an unknown charset": (
        b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/plain; charset=klingon\r\n\r\n1\r\n--x--",
        f"{FORM_DATA}; boundary=x",
    ),
    "a part in broken base64": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\xff=a\r\n--x--',
        f"{FORM_DATA}; boundary=x",
    ),
    "a part whose name is encoded": (
        b"--x\r\nContent-Disposition: form-data; name*0*=klingon'x'%ff; name*1=b\r\n\r\n1\r\n--x--",
        f"{FORM_DATA}; boundary=x",
    ),
    "a part whose header is broken": (
        b"--x\r\nContent-Disposition\r\n: form-data\r\n\x00: \xff\r\n\r\n1\r\n--x--",
        f"{FORM_DATA}; boundary=x",
    ),
    "a file": (
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="../../x"\r\n\r\n\x00\xff\r\n--x--',
        f"{FORM_DATA}; boundary=x",
    ),
}


@pytest.mark.parametrize("name", TYPED)
def test_an_odd_media_type_or_form_changes_nothing(api: Api, untouched: Untouched, name: str) -> None:
    body, content_type = TYPED[name]

    answer = send(api, *WITH_BODIES[0], body, content_type)

    assert_well_answered(answer)
    untouched()


# --- Names in tokens --------------------------------------------------------------------------------------------------

NAMES = {
    "5 kB": "x" * 5000,
    "NUL": "mo\x00na",
    "emoji": "🍞" * 20,
    "a lone surrogate": "\ud800",
    "a surrogate inside": "mona\udfff",
    "a slash": "mona/course_enrollments",
    "a key's mark": "mona#PROFILE",
    "line ends": "mona\r\nX-Injected: 1",
    "a quote": 'mona"}',
    "a blank": " ",
    "a template's variable": "$context.authorizer.detail",
    "a percent sign": "%6Dona",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_name_in_a_token_gets_nobody_in_as_somebody_else(ask: Ask, untouched: Untouched, name: str) -> None:
    header = f"JWT {sign(said(preferred_username=NAMES[name]))}"
    path = quote(NAMES[name][:1000].encode("utf-8", "surrogatepass"), safe="")

    targets = [endpoint.target(username=path) for endpoint in endpoints() if endpoint.method == "GET"]
    for target in ["/api/mobile/v1/users/mona", *targets]:
        answer = ask(target, header)

        assert_well_answered(answer)
        assert "x-injected" not in answer.headers
        assert "Mona Demo" not in answer.body.decode()
        if answer.status == 200:
            assert answer.json == []
    untouched()


# --- Anything at all --------------------------------------------------------------------------------------------------

texts = st.text(max_size=20) | st.sampled_from(
    ["nora@example.org", COURSE_A, "staff", "", "block-v1:DemoX+DX101+2026_T1+type@vertical+block@none"]
)
# Never an action that is known: what is thrown here must not change anything.
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
operations = st.fixed_dictionaries({}, optional={"course_id": values, "role": values, "action": values})
bodies = values | st.fixed_dictionaries(
    {},
    optional={
        "email": values,
        "bulk_role_operations": st.lists(operations | values, max_size=3) | values,
        "last_visited_module_id": values,
        "modification_date": values,
    },
)
paths = st.lists(
    st.sampled_from(["api", "mobile", "support", "v1", "users", "mona", "course_status_info", "manage_course_team"])
    | st.text(max_size=8),
    max_size=7,
).map(lambda pieces: "/" + "/".join(quote(piece.encode("utf-8", "surrogatepass"), safe="/%+") for piece in pieces))


@one_in(5)
@given(body=bodies, endpoint=st.sampled_from(WITH_BODIES))
def test_any_json_at_all_is_answered_and_changes_nothing(
    api: Api, untouched: Untouched, body: Any, endpoint: tuple[str, str]
) -> None:
    answer = send(api, *endpoint, json.dumps(body))

    assert_well_answered(answer)
    untouched()


@one_in(5)
@given(path=paths, method=st.sampled_from(["GET", "PUT", "PATCH", "POST"]))
def test_any_path_at_all_is_answered_and_changes_nothing(
    api: Api, untouched: Untouched, path: str, method: str
) -> None:
    assert_well_answered(api.request(method, path))
    untouched()
