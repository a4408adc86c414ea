"""What a request authenticates with. (auth.md 2, 7; mobile-users.md 1.2)"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.errors import AuthenticationError
from lms.domain.tokens import NOT_PROVIDED
from lms.web.credentials import Credential, read_credential
from lms.web.request import Request
from tests.unit.builders import cases, request
from tests.unit.strategies import any_text

MOBILE, SUPPORT = "/api/mobile/{version}/my_user_info", "/api/support/v1/manage_course_team"
ONE_WORD = "Invalid token header. No credentials provided."
MANY_WORDS = "Invalid token header. Token string should not contain spaces."
HALVES = "edx-jwt-cookie-header-payload=aa.bb; edx-jwt-cookie-signature=cc"
SECRET = "s" * 32


def asking(header: str | None, resource: str = MOBILE, method: str = "GET", **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(method, headers=sent if header is None else {"AUTHORIZATION": header, **sent}, resource=resource)


@cases(
    "header, is_final",
    {
        "the scheme JWT": ("JWT aa.bb.cc", True),
        "in any letter case": ("jWt aa.bb.cc", True),
        "the scheme Bearer, which Open edX's support API ignores": ("Bearer aa.bb.cc", False),
        "Bearer in any letter case": ("bEARER aa.bb.cc", False),
    },
)
def test_the_token_that_is_presented(header: str, is_final: bool) -> None:
    assert read_credential(asking(header)) == Credential("aa.bb.cc", is_final=True)
    assert read_credential(asking(header, SUPPORT)) == Credential("aa.bb.cc", is_final)


@cases(
    "header, mobile, support",
    {
        "no header": (None, NOT_PROVIDED, NOT_PROVIDED),
        "an empty header": ("", NOT_PROVIDED, NOT_PROVIDED),
        "blanks": ("  ", NOT_PROVIDED, NOT_PROVIDED),
        "a scheme alone": ("JWT", ONE_WORD, NOT_PROVIDED),
        "a scheme and a blank": ("JWT ", ONE_WORD, NOT_PROVIDED),
        "a bare token": ("aa.bb.cc", ONE_WORD, NOT_PROVIDED),
        "three words": ("JWT a b", MANY_WORDS, NOT_PROVIDED),
        "two spaces": ("JWT  a", NOT_PROVIDED, NOT_PROVIDED),
        "a tab": ("JWT\ta", NOT_PROVIDED, NOT_PROVIDED),
        "another scheme": ("Basic abc", NOT_PROVIDED, NOT_PROVIDED),
    },
)
def test_headers_without_a_token(header: str | None, mobile: str, support: str) -> None:
    for resource, expected in ((MOBILE, mobile), (SUPPORT, support)):
        with pytest.raises(AuthenticationError) as caught:
            read_credential(asking(header, resource))
        assert str(caught.value) == expected


@given(any_text | st.lists(st.sampled_from(["JWT", "bearer", "a.b.c", " ", "\t", "\u00a0"]), max_size=6).map("".join))
def test_a_token_has_no_blanks_in_it(header: str) -> None:
    try:
        token = read_credential(asking(header)).token
    except AuthenticationError:
        return
    assert token
    assert token.split() == [token]


# --- Cookies (auth.md 7) ----------------------------------------------------------------------------------------------


@cases(
    "cookies",
    {
        "both halves": HALVES,
        "in the other order, among others": f"sessionid=1; {'; '.join(reversed(HALVES.split('; ')))};x",
        "with quotes": 'edx-jwt-cookie-header-payload="aa.bb"; edx-jwt-cookie-signature="cc"',
        "without blanks": HALVES.replace(" ", ""),
        "the whole token": "edx-jwt-cookie=aa.bb.cc",
        "the whole token beside one half": "edx-jwt-cookie=aa.bb.cc; edx-jwt-cookie-signature=xx",
        "halves go before the whole": f"edx-jwt-cookie=xx.yy.zz; {HALVES}",
        "the last of two": f"edx-jwt-cookie-signature=xx; {HALVES}",
    },
)
def test_the_token_in_cookies(cookies: str) -> None:
    assert read_credential(asking(None, SUPPORT, Cookie=cookies)) == Credential("aa.bb.cc", is_final=False)


def test_cookies_may_come_on_several_header_lines() -> None:
    event_with_lines = asking(None, SUPPORT)
    event_with_lines._event = {**event_with_lines._event, "multiValueHeaders": {"cookie": HALVES.split("; ")}}

    assert read_credential(event_with_lines).token == "aa.bb.cc"


@cases("header", {"none": None, "a scheme alone": "JWT", "two spaces": "JWT  a", "three words": "JWT a b", "bare": "a"})
def test_a_header_without_a_token_leaves_it_to_the_cookies(header: str | None) -> None:
    assert read_credential(asking(header, SUPPORT, Cookie=HALVES)).token == "aa.bb.cc"


@cases("header", {"Basic": "Basic abc", "Digest": "Digest a b c"})
def test_another_scheme_does_not(header: str) -> None:
    with pytest.raises(AuthenticationError, match=NOT_PROVIDED):
        read_credential(asking(header, SUPPORT, Cookie=HALVES))


@cases(
    "cookies",
    {
        "the first half alone": HALVES.split("; ")[0],
        "the second half alone": HALVES.split("; ")[1],
        "an empty half": HALVES.replace("=cc", "="),
        "other cookies": "sessionid=1; csrftoken=x",
        "names in another case": HALVES.upper(),
    },
)
def test_cookies_without_a_token(cookies: str) -> None:
    with pytest.raises(AuthenticationError, match=NOT_PROVIDED):
        read_credential(asking(None, SUPPORT, Cookie=cookies))


def test_the_mobile_api_takes_no_cookies() -> None:
    with pytest.raises(AuthenticationError, match=NOT_PROVIDED):
        read_credential(asking(None, MOBILE, Cookie=HALVES))


@cases(
    "headers, accepted",
    {
        "the cookie's token and an own page": ({"X-CSRFToken": SECRET, "Referer": "https://lms.example.org/x"}, True),
        "a trusted page": ({"X-CSRFToken": SECRET, "Origin": "https://apps.example.org"}, True),
        "a strange page": ({"X-CSRFToken": SECRET, "Origin": "https://evil.example"}, False),
        "no page": ({"X-CSRFToken": SECRET}, False),
        "no token": ({"Origin": "https://apps.example.org"}, False),
    },
)
def test_cookies_write_only_for_the_sites_pages(
    configure: Callable[..., None], headers: dict[str, str], accepted: bool
) -> None:
    configure(LMS_ROOT_URL="https://LMS.example.org", CORS_ORIGIN_WHITELIST="https://apps.example.org")
    asked = request("PUT", headers={"Cookie": f"{HALVES}; csrftoken={SECRET}", **headers}, resource=SUPPORT)

    if accepted:
        assert read_credential(asked).token == "aa.bb.cc"
    else:
        with pytest.raises(AuthenticationError, match=NOT_PROVIDED):
            read_credential(asked)
