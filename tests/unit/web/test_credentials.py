"""The token in an `Authorization` header. (contract/auth.md 2, contract/mobile-users.md 1.2)"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.tokens import NOT_PROVIDED, TokenRefused
from lms.web.credentials import presented_token
from tests.unit.builders import cases
from tests.unit.strategies import any_text

MOBILE, SUPPORT = "/api/mobile/v1/my_user_info", "/api/support/v1/manage_course_team/"
ONE_WORD = "Invalid token header. No credentials provided."
MANY_WORDS = "Invalid token header. Token string should not contain spaces."


def event(header: str | None, path: str = MOBILE) -> dict[str, Any]:
    return {"path": path, "headers": None if header is None else {"AUTHORIZATION": header}}


@cases(
    "header",
    {
        "the scheme JWT": "JWT aa.bb.cc",
        "in any letter case": "jWt aa.bb.cc",
        "the scheme Bearer": "Bearer aa.bb.cc",
        "Bearer in any letter case": "bEARER aa.bb.cc",
    },
)
def test_the_token_that_is_presented(header: str) -> None:
    assert presented_token(event(header)) == "aa.bb.cc"
    assert presented_token(event(header, SUPPORT)) == "aa.bb.cc"


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
    for path, expected in ((MOBILE, mobile), (SUPPORT, support)):
        with pytest.raises(TokenRefused) as caught:
            presented_token(event(header, path))
        assert str(caught.value) == expected


@given(any_text | st.lists(st.sampled_from(["JWT", "bearer", "a.b.c", " ", "\t", "\u00a0"]), max_size=6).map("".join))
def test_a_token_has_no_blanks_in_it(header: str) -> None:
    try:
        token = presented_token(event(header))
    except TokenRefused:
        return
    assert token
    assert token.split() == [token]
