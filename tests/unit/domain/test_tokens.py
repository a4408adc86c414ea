"""What a JWT's claims must say. (auth.md 3, 4, 12)"""

import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.errors import AuthenticationError
from lms.domain.tokens import EXPIRED, INVALID, NO_USERNAME, Identity, identify
from tests.unit.builders import NOW, cases
from tests.unit.strategies import any_text, json_values

ISSUER, AUDIENCE = "https://lms.example.org/oauth2", "lms-key"
SECRET = "a secret of more than thirty-two bytes"
SECOND = int(NOW.timestamp())
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "iat": SECOND - 60,
    "exp": SECOND + 3600,
    "preferred_username": "mona",
}
NAMES = [*GOOD, "nbf", "sub", "jti", "version", "username", "is_restricted"]


def identity_of(changes: dict[str, Any], without: str = "") -> Identity:
    claims = {name: value for name, value in (GOOD | changes).items() if name != without}
    return identify(claims, ISSUER, AUDIENCE, NOW)


@cases(
    "changes",
    {
        "nothing else is needed": {},
        "an audience may be one of a list": {"aud": ["other", AUDIENCE]},
        "an audience may be all of a list": {"aud": [AUDIENCE]},
        "a string is a subject": {"sub": "5f2a"},
        "an empty string is a subject": {"sub": ""},
        "other claims do not matter": {"user_id": 999, "email": "other@example.org", "scopes": None, "filters": None},
        "version 1.0.0": {"version": "1.0.0"},
        "version 1.9.9": {"version": "1.9.9"},
        "an older major version": {"version": "0.9.0"},
        "a token issued right now": {"iat": SECOND},
        "a token issued by a clock that is ahead": {"iat": SECOND + 5},
        "a text as its own id": {"jti": "b1946ac9"},
        "a token that is good from right now": {"nbf": SECOND},
        "a token that is good for a second more": {"exp": SECOND + 1},
        "a fraction of a second left": {"exp": SECOND + 0.5},
        "only the legacy claim for the name": {"preferred_username": None, "username": "mona"},
        "an empty name and the legacy claim": {"preferred_username": "", "username": "mona"},
        "both claims for the name": {"username": "lisa"},
    },
)
def test_claims_that_establish_an_identity(changes: dict[str, Any]) -> None:
    assert identity_of(changes).username == "mona"


def test_the_identity_says_when_the_token_ends() -> None:
    assert identity_of({}) == Identity("mona", SECOND + 3600, restricted=False)


@cases(
    "value, expected",
    {
        "true is": (True, True),
        "the text false is": ("false", True),
        "one is": (1, True),
        "a list is": (["x"], True),
        "an object is": ({"x": 1}, True),
        "a fraction is": (0.5, True),
        "false is not": (False, False),
        "null is not": (None, False),
        "zero is not": (0, False),
        "an empty text is not": ("", False),
    },
)
def test_whether_a_token_is_restricted(value: Any, expected: bool) -> None:
    assert identity_of({"is_restricted": value}).restricted is expected


@cases(
    "changes, without",
    {
        "another issuer": ({"iss": "https://evil.example.org"}, ""),
        "an issuer in a list": ({"iss": [ISSUER]}, ""),
        "the issuer and a slash": ({"iss": f"{ISSUER}/"}, ""),
        "an empty issuer": ({"iss": ""}, ""),
        "a number as issuer": ({"iss": 1}, ""),
        "no issuer": ({}, "iss"),
        "another audience": ({"aud": "other"}, ""),
        "a list of other audiences": ({"aud": ["other"]}, ""),
        "an empty list of audiences": ({"aud": []}, ""),
        "an object as audience": ({"aud": {AUDIENCE: True}}, ""),
        "the audience in capitals": ({"aud": "LMS-KEY"}, ""),
        "an empty audience": ({"aud": ""}, ""),
        "a list of lists of audiences": ({"aud": [[AUDIENCE]]}, ""),
        "a number as audience": ({"aud": 1}, ""),
        "no audience": ({}, "aud"),
        "a list in which not every audience is a text": ({"aud": [AUDIENCE, 5]}, ""),
        "a list with null in it": ({"aud": [None, AUDIENCE]}, ""),
        "issued six seconds ahead": ({"iat": SECOND + 6}, ""),
        "no date of issue": ({}, "iat"),
        "issued an hour ahead": ({"iat": SECOND + 3600}, ""),
        "a text as date of issue": ({"iat": "soon"}, ""),
        "a flag as date of issue": ({"iat": True}, ""),
        "a list as date of issue": ({"iat": []}, ""),
        "good only from a second ahead": ({"nbf": SECOND + 1}, ""),
        "a text as beginning": ({"nbf": "soon"}, ""),
        "no number as beginning": ({"nbf": float("nan")}, ""),
        "an endless beginning": ({"nbf": float("inf")}, ""),
        "a beginning beyond the calendar": ({"nbf": 10**30}, ""),
        "no expiry": ({}, "exp"),
        "a text as expiry": ({"exp": str(SECOND + 3600)}, ""),
        "a flag as expiry": ({"exp": True}, ""),
        "no number as expiry": ({"exp": float("nan")}, ""),
        "an endless expiry": ({"exp": float("inf")}, ""),
        "an expiry without beginning": ({"exp": float("-inf")}, ""),
        "an expiry beyond the calendar": ({"exp": 10**30}, ""),
        "a fraction beyond the calendar as expiry": ({"exp": 1e300}, ""),
        "a list as expiry": ({"exp": [SECOND + 60]}, ""),
        "an object as expiry": ({"exp": {}}, ""),
        "null as expiry": ({"exp": None}, ""),
        "no number as date of issue": ({"iat": float("nan")}, ""),
        "an endless date of issue": ({"iat": float("inf")}, ""),
        "a date of issue beyond the calendar": ({"iat": 10**30}, ""),
        "a name that no answer could carry": ({"preferred_username": "mo\ud800na"}, ""),
        "a number as subject": ({"sub": 5}, ""),
        "null as subject": ({"sub": None}, ""),
        "a list as subject": ({"sub": ["x"]}, ""),
        "a flag as subject": ({"sub": False}, ""),
        "version 2.0.0": ({"version": "2.0.0"}, ""),
        "version 10.0.0": ({"version": "10.0.0"}, ""),
        "version -1.0.0": ({"version": "-1.0.0"}, ""),
        "version 1.x.0": ({"version": "1.x.0"}, ""),
        "version abc": ({"version": "abc"}, ""),
        "a version in a list": ({"version": ["1.0.0"]}, ""),
        "an empty version": ({"version": ""}, ""),
        "a version of four parts": ({"version": "1.0.0.0"}, ""),
        "a version that is a number": ({"version": 1}, ""),
        "a version in digits of another script": ({"version": "१.0.0"}, ""),
        "a version of a great many digits": ({"version": f"{'9' * 5000}.0.0"}, ""),
    },
)
def test_claims_that_are_invalid(changes: dict[str, Any], without: str) -> None:
    with pytest.raises(AuthenticationError, match=f"^{INVALID}$"):
        identity_of(changes, without)
    # Expiry does not hide it: a client that refreshed would only come back with the same.
    if "exp" not in changes and without != "exp":
        with pytest.raises(AuthenticationError, match=f"^{INVALID}$"):
            identity_of({**changes, "exp": SECOND - 3600}, without)


@cases("exp", {"a second ago": SECOND - 1, "right now": SECOND, "before 1970": -1})
def test_a_token_that_is_good_but_over_is_refused_as_expired(exp: int) -> None:
    with pytest.raises(AuthenticationError, match=f"^{EXPIRED}$"):
        identity_of({"exp": exp})


@cases(
    "changes",
    {
        "neither claim": {"preferred_username": None},
        "both empty": {"preferred_username": "", "username": ""},
        "a number": {"preferred_username": 5},
        "a fraction": {"preferred_username": 1.5},
        "a flag": {"preferred_username": True},
        "an object": {"preferred_username": {"mona": True}},
        "a list in the legacy claim": {"preferred_username": None, "username": ["mona"]},
        "a list": {"preferred_username": ["mona"]},
        "a number in the legacy claim": {"preferred_username": None, "username": 5},
    },
)
def test_a_token_that_names_nobody_says_so(changes: dict[str, Any]) -> None:
    for exp in (SECOND + 3600, SECOND - 3600):
        with pytest.raises(AuthenticationError) as caught:
            identity_of({**changes, "exp": exp})

        assert str(caught.value) == NO_USERNAME


@given(st.dictionaries(st.sampled_from(NAMES), json_values(any_text) | st.floats(), max_size=4))
def test_claims_of_any_shape_are_good_or_refused(changes: dict[str, Any]) -> None:
    try:
        identity = identity_of(changes)
    except AuthenticationError:
        return
    assert identity.username
    assert identity.expires >= SECOND


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "sub", "jti"]),
        json_values(any_text) | st.sampled_from([ISSUER, AUDIENCE]) | st.lists(st.sampled_from([AUDIENCE, "x", 5])),
    )
)
def test_texts_of_claims_are_checked_as_pyjwt_does_it(changes: dict[str, Any]) -> None:
    token = jwt.PyJWS().encode(json.dumps(GOOD | changes).encode(), SECRET, "HS256")
    no_dates = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
    try:
        jwt.decode(token, SECRET, ["HS256"], no_dates, audience=AUDIENCE, issuer=ISSUER)  # type: ignore[arg-type]
    except jwt.InvalidTokenError:
        with pytest.raises(AuthenticationError, match=f"^{INVALID}$"):
            identity_of(changes)
    else:
        assert identity_of(changes).username == "mona"
