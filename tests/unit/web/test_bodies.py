"""Request bodies: JSON, form-encoded and multipart. (mobile-users.md 1.4, 5.2, course-team.md 1)"""

import codecs
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.web import bodies
from lms.web.bodies import read_body
from lms.web.errors import HttpError
from tests.unit.builders import cases, request
from tests.unit.strategies import any_text, json_values, sendable_text

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
DEEPEST = 64
CHARSETS = (
    *("utf-8", "utf-16", "utf-32", "utf-7", "latin-1", "ascii", "cp037", "shift_jis"),
    *("idna", "punycode", "undefined", "unicode_escape", "base64", "rot13", "hex", "zlib"),
)


def body_of(content: bytes, content_type: str | None = JSON) -> Any:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return read_body(request("PATCH", headers=headers, body=content))


def refusal_of(content: bytes, content_type: str | None = JSON) -> HttpError:
    with pytest.raises(HttpError) as caught:
        body_of(content, content_type)
    return caught.value


def part(name: str, value: str, *headers: str) -> str:
    lines = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return "--x\r\n" + "".join(f"{line}\r\n" for line in lines) + f"\r\n{value}\r\n"


# --- What a body says -------------------------------------------------------------------------------------------------


@cases(
    "content, content_type, expected",
    {
        "a JSON object": (b'{"a": 1}', JSON, {"a": 1}),
        "any JSON value": (b" [1, null] ", JSON, [1, None]),
        "JSON beyond ASCII": ('"é😀"'.encode(), JSON, "é😀"),
        "an escaped lone surrogate": (b'"\\ud800"', JSON, "\ud800"),
        "the media type in capitals": (b"{}", "Application/JSON", {}),
        "a charset": ('"é"'.encode("latin-1"), "application/json; charset=latin-1", "é"),
        "a quoted charset": ('"é"'.encode("utf-16"), 'application/json; charset="UTF-16"', "é"),
        "an unknown charset is UTF-8": ('"é"'.encode(), "application/json; charset=klingon", "é"),
        "a charset that is no text encoding is UTF-8": ('"é"'.encode(), "application/json; charset=hex", "é"),
        "a form": (b"a=1&b=x%2By+z", FORM, {"a": "1", "b": "x+y z"}),
        "a form beyond ASCII": (b"a=%C3%A9", FORM, {"a": "é"}),
        "the last of a repeated field": (b"a=1&a=2", FORM, {"a": "2"}),
        "an empty field": (b"a=&b", FORM, {"a": "", "b": ""}),
        "a multipart form": ((part("a", "1") + part("b", "é") + "--x--\r\n").encode(), MULTIPART, {"a": "1", "b": "é"}),
        "a multipart form without its end": (part("a", "1").encode(), MULTIPART, {"a": "1"}),
        "a part in base64": (
            (part("a", "MQ==", "Content-Transfer-Encoding: base64") + "--x--\r\n").encode(),
            MULTIPART,
            {"a": "1"},
        ),
        "not a file's content": (
            (part('f"; filename="f.txt', "1") + part("a", "1") + "--x--\r\n").encode(),
            MULTIPART,
            {"a": "1"},
        ),
        "not a part without name": (b"--x\r\n\r\n1\r\n--x--\r\n", MULTIPART, {}),
        "nothing at all is an empty object": (b"", JSON, {}),
        "nothing of no type is an empty object": (b"", None, {}),
        "nothing of an unknown type is an empty object": (b"", "text/plain", {}),
    },
)
def test_what_a_body_says(content: bytes, content_type: str | None, expected: Any) -> None:
    assert body_of(content, content_type) == expected


@cases(
    "content_type, shown",
    {
        "plain text": ("text/plain", "text/plain"),
        "its parameters are shown": ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        "no type": (None, ""),
        "a type that only begins like one": ("application/json-patch", "application/json-patch"),
    },
)
def test_other_media_types_are_not_taken(content_type: str | None, shown: str) -> None:
    refusal = refusal_of(b"x", content_type)

    assert refusal.status == 415
    assert refusal.body == {"detail": f'Unsupported media type "{shown}" in request.'}


@cases(
    "content",
    {
        "a word": b"abc",
        "an open bracket": b"[",
        "a comma alone": b"{,}",
        "single quotes": b"{'a': 1}",
        "something after it": b'{"a":1}x',
        "a NUL": b"\x00",
        "the beginning of UTF-16": b"\xff\xfe{",
        "two values": b"{} {}",
        "a comma too many": b"[1,]",
        "NaN": b'{"a": NaN}',
        "Infinity": b"[Infinity]",
        "minus Infinity": b"-Infinity",
        "a number past every float": b"1e999",
        "a number of too many digits": b"9" * 5000,
        "bytes that are no UTF-8": b'"\xff"',
        "a byte order mark": b"\xef\xbb\xbf{}",
    },
)
def test_json_that_does_not_parse_is_refused(content: bytes) -> None:
    refusal = refusal_of(content)

    assert refusal.status == 400
    assert refusal.body["detail"].startswith("JSON parse error - ")


@cases(
    "content, content_type, detail",
    {
        "a boundary that is missing": (
            *(part("a", "1").encode(), "multipart/form-data"),
            "Multipart form parse error - Invalid boundary in multipart: None",
        ),
        "too many fields": (b"a=1&" * 1001, FORM, "Too many form fields."),
    },
)
def test_forms_that_do_not_parse_are_refused(content: bytes, content_type: str, detail: str) -> None:
    refusal = refusal_of(content, content_type)

    assert (refusal.status, refusal.body) == (400, {"detail": detail})


# --- How deep JSON may nest -------------------------------------------------------------------------------------------


@cases(
    "content, taken",
    {
        "lists as deep as may be": (b"[" * DEEPEST + b"]" * DEEPEST, True),
        "lists a level deeper": (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), False),
        "objects a level deeper": (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), False),
        "many lists side by side": (b"[" + b"[]," * 500 + b"[]]", True),
        "brackets inside a string": (b'"' + b"[" * 500 + b'"', True),
        "brackets after an escaped quote": (b'"\\"' + b"[" * 500 + b'"', True),
        "brackets after an escaped backslash": (b'["\\\\",' + b"[" * 500 + b"]" * 501, False),
        "brackets that never close": (b"[" * 100_000, False),
    },
)
def test_how_deep_json_may_nest(content: bytes, taken: bool) -> None:
    if taken:
        assert body_of(content) == json.loads(content)
    else:
        assert refusal_of(content).body == {"detail": "JSON parse error - Nested more than 64 levels deep"}


def test_a_charset_hides_no_depth() -> None:
    # In UTF-7, `+AFs-` is an opening bracket and `+AF0-` a closing one.
    levels = DEEPEST + 1

    assert refusal_of(b"+AFs-" * levels + b"+AF0-" * levels, f"{JSON}; charset=utf-7").status == 400


def reference_depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(reference_depth, value.values()), default=0)
    return 1 + max(map(reference_depth, value), default=0) if isinstance(value, list) else 0


@given(
    json_values(
        sendable_text | st.sampled_from(['"', "\\", '\\"', "[", "{", "]}", '"[']),
    ),
    st.booleans(),
)
def test_depth_is_counted_as_a_parser_would(value: Any, escaped: bool) -> None:
    content = json.dumps(value, ensure_ascii=escaped)

    with pytest.MonkeyPatch.context() as patch:
        # So that small values are counted too, not only those with many brackets.
        patch.setattr(bodies, "_MAX_DEPTH", 0)
        assert bodies._depth(content) == reference_depth(value)


# --- Random bodies ----------------------------------------------------------------------------------------------------

json_fragments = st.sampled_from(
    [b'"', b"\\", b"[", b"]", b"{", b"}", b",", b":", b"1e9", b"-", b"NaN", b"\xff", b"\0"]
)
header_fragments = st.sampled_from(
    [
        *(b"Content-Disposition:", b"Content-Type:", b"Content-Transfer-Encoding:", b"form-data", b"attachment", b";"),
        *(b"name=", b"name*=", b"name*0*=", b"name*1=", b"filename=", b"boundary=", b"charset=", b"utf-8''", b"%41"),
        *(
            b'"',
            b"\\",
            b"x",
            b"y",
            b"=",
            b"*",
            b",",
            b" ",
            b"\t",
            b"\r\n",
            b"\n",
            b"\r",
            b"\xff",
            b"=?utf-8?q?a?=",
            b"(",
        ),
        *(b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"multipart/mixed", b"text/plain", b"message/rfc822"),
    ]
)
multipart_bodies = st.lists(st.lists(header_fragments, max_size=12).map(b"".join), min_size=1, max_size=3).map(
    lambda parts: b"--x\r\n" + b"\r\n--x\r\n".join(parts) + b"\r\n--x--\r\n"
)
content_types = st.one_of(
    st.sampled_from([JSON, FORM, MULTIPART, "multipart/form-data", "multipart/form-data; boundary=", "text/plain", ""]),
    st.sampled_from(CHARSETS).map("application/json; charset={}".format),
    st.text(st.characters(codec="latin-1"), max_size=8).map("application/json; charset={}".format),
    st.text(st.characters(codec="latin-1"), max_size=8).map("multipart/form-data; boundary={}".format),
)
contents = st.one_of(
    st.binary(max_size=200),
    st.lists(json_fragments | st.binary(max_size=2), max_size=30).map(b"".join),
    json_values(any_text).map(lambda value: json.dumps(value).encode()),
    multipart_bodies,
)


@given(contents, content_types)
@example(b"\x00", "application/json; charset=\x00")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::SyntaxWarning")
def test_a_body_of_any_bytes_is_read_or_refused(content: bytes, content_type: str) -> None:
    try:
        body_of(content, content_type)
    except HttpError as refusal:
        # Nothing else may come out: it would be a server error.
        status = refusal.status
    else:
        status = 200
    assert status in (200, 400, 415)


@given(multipart_bodies)
@example(b"--x\r\nContent-Disposition: form-data; name=\r\n\r\n1\r\n--x--\r\n")
def test_a_multipart_body_of_any_headers_is_read_or_refused(content: bytes) -> None:
    try:
        fields = body_of(content, MULTIPART)
    except HttpError as refusal:
        fields, status = {}, refusal.status
    else:
        status = 200
    assert status in (200, 400)
    assert all(isinstance(value, str) for value in fields.values())


@given(json_values(sendable_text), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_json_is_read_in_the_charset_it_names(value: Any, charset: str) -> None:
    content = codecs.encode(json.dumps(value, ensure_ascii=False), charset)

    assert body_of(content, f"{JSON}; charset={charset}") == value
