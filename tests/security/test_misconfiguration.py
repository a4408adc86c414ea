"""Settings that cannot be right: every token is refused, and one log line says why. (auth.md 3; deviations 2)"""

import json
from collections.abc import Callable

import pytest
from jwt.algorithms import RSAAlgorithm

from lms_lambda.gateway.tokens import local_key, public_jwk_set
from tests.security.conftest import MOBILE, SUPPORT, Ask, Output, assert_refused, foreign_key, sign

pytestmark = pytest.mark.usefixtures("people")

PRIVATE_SET = json.dumps({"keys": [json.loads(RSAAlgorithm.to_jwk(foreign_key()))]})
TOY_SET = json.dumps({"keys": [{"kty": "RSA", "n": "sXch_-", "e": "AQAB"}]})
INVALID = "Invalid token."
_N = RSAAlgorithm.to_jwk(foreign_key().public_key(), as_dict=True)["n"]
CUT_SET = json.dumps({"keys": [{"kty": "RSA", "n": _N[:300], "e": "AQAB"}]})
SYMMETRIC_SET = json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})
WRONG: dict[str, list[str | None]] = {
    "JWT_PUBLIC_SIGNING_JWK_SET": [
        "{",
        "[]",
        '{"keys": 1}',
        '{"keys": [{}]}',
        "null",
        '"x"',
        PRIVATE_SET,
        SYMMETRIC_SET,
        TOY_SET,
        CUT_SET,
    ],
    "JWT_SECRET_KEY": [" x ", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", "ssh-rsa AAAAB3NzaC1yc2E"],
    "JWT_ISSUER": [None, ""],
    "JWT_AUDIENCE": [None, ""],
    "LMS_ROOT_URL": ["lms.example.org"],
    "CMS_BASE": ["studio example"],
    "CORS_ORIGIN_WHITELIST": ["*"],
    "FEATURES": ["{"],
    "COURSE_ACCESS_DURATION_MIN_WEEKS": ["four"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_setting_that_cannot_be_right_refuses_every_token_and_says_which_it_is(
    ask: Ask,
    configure: Callable[..., None],
    output: Output,
    name: str,
    value: str | None,
) -> None:
    configure(**{name: value})

    assert_refused(ask(MOBILE, f"JWT {sign()}"), INVALID)

    errors = [line for line in output.split(authorizer=True)[0] if line["level"] == "ERROR"]
    assert [line["message"] for line in errors] == ["every token is refused"]
    assert name in errors[0]["reason"]
    assert value not in (PRIVATE_SET, SYMMETRIC_SET) or value not in json.dumps(errors)
    assert ask(SUPPORT, f"JWT {sign()}").status == 401


def test_without_any_key_every_token_is_refused(ask: Ask, configure: Callable[..., None]) -> None:
    configure(JWT_PUBLIC_SIGNING_JWK_SET=None, JWT_SECRET_KEY=None)

    for token in (sign(), sign(alg="none", key=b""), "a.b.c"):
        assert_refused(ask(MOBILE, f"JWT {token}"), INVALID)
        assert_refused(ask(SUPPORT, f"JWT {token}"), INVALID)


def test_a_key_set_is_good_again_once_it_is_mended(ask: Ask, configure: Callable[..., None]) -> None:
    configure(JWT_PUBLIC_SIGNING_JWK_SET="{")
    assert_refused(ask(MOBILE, f"JWT {sign()}"), INVALID)

    configure(JWT_PUBLIC_SIGNING_JWK_SET=public_jwk_set(local_key()))

    assert ask(MOBILE, f"JWT {sign()}").status == 200


def test_an_open_endpoint_without_settings_is_unavailable(ask: Ask, configure: Callable[..., None]) -> None:
    configure(CORS_ORIGIN_WHITELIST="*")

    answer = ask("/csrf/api/v1/token", None, Origin="https://apps.example.org")

    assert (answer.status, answer.json) == (
        503,
        {"detail": "Service temporarily unavailable, try again later."},
    )
