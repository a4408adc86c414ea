"""Tokens in the `Authorization` header: which are accepted, which are refused, and with which words.

(auth.md 2, 3, 4 and 12; mobile-users.md 1.2; deviations 1 to 4)
"""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lms_lambda.gateway.tokens import local_key, public_jwk_set
from tests.api import NOW, Api
from tests.security.conftest import MOBILE, SUPPORT, Ask, assert_refused, foreign_key, said, sign
from tests.world import World

INVALID = "Invalid token."
EXPIRED = "Token has expired."
NO_NAME = "JWT must include a preferred_username or username claim!"
NOT_PROVIDED = "Authentication credentials were not provided."
ONE_WORD = "Invalid token header. No credentials provided."
MANY_WORDS = "Invalid token header. Token string should not contain spaces."
DENIED = "You do not have permission to perform this action."

SECRET = "a-secret-that-is-long-enough-for-hs256-and-hs512-alike-0123456789abcdef"
T = int(NOW.timestamp())

Configure = Callable[..., None]

pytestmark = pytest.mark.usefixtures("people")

on_both_apis = pytest.mark.parametrize("target", [MOBILE, SUPPORT], ids=["mobile", "support"])


def assert_both_refuse(ask: Ask, authorization: str, text: str) -> None:
    """The mobile API and the support API refuse the header with the same words."""
    assert_refused(ask(MOBILE, authorization), text)
    assert_refused(ask(SUPPORT, authorization), text)


def assert_both_accept(ask: Ask, authorization: str) -> None:
    """The mobile API and the support API let the caller in."""
    assert [ask(MOBILE, authorization).status, ask(SUPPORT, authorization).status] == [200, 200]


def public_pem() -> bytes:
    return (
        local_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def jwk_of(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = json.loads(public_jwk_set(key))["keys"][0]
    return jwk


# --- The form of the header (auth.md 2) -------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["JWT", "jwt", "Jwt", "Bearer", "bearer", "BEARER"])
def test_both_schemes_are_accepted_in_any_letter_case(ask: Ask, scheme: str) -> None:
    assert_both_accept(ask, f"{scheme} {sign()}")


@on_both_apis
def test_no_header_is_not_provided(ask: Ask, target: str) -> None:
    assert_refused(ask(target, None), NOT_PROVIDED)


@on_both_apis
@pytest.mark.parametrize("header", ["", " "])
def test_an_empty_header_is_not_provided(ask: Ask, target: str, header: str) -> None:
    assert_refused(ask(target, header), NOT_PROVIDED)


@pytest.mark.parametrize("header", ["JWT", "JWT ", "Bearer", "bearer ", "TOKEN"])
@pytest.mark.parametrize(("target", "text"), [(MOBILE, ONE_WORD), (SUPPORT, NOT_PROVIDED)], ids=["mobile", "support"])
def test_one_word_is_no_credential(ask: Ask, header: str, target: str, text: str) -> None:
    header = header.replace("TOKEN", sign())

    assert_refused(ask(target, header), text)


@pytest.mark.parametrize("header", ["JWT TOKEN b", "JWT a TOKEN", "Bearer a b c", "JWT TOKEN TOKEN"])
@pytest.mark.parametrize(("target", "text"), [(MOBILE, MANY_WORDS), (SUPPORT, NOT_PROVIDED)], ids=["mobile", "support"])
def test_more_than_two_words_are_malformed(ask: Ask, header: str, target: str, text: str) -> None:
    header = header.replace("TOKEN", sign())

    assert_refused(ask(target, header), text)


@pytest.mark.parametrize("gap", ["  ", "   ", "\t", " \t"])
def test_anything_but_one_space_after_the_scheme_is_not_provided(ask: Ask, gap: str) -> None:
    assert_both_refuse(ask, f"JWT{gap}{sign()}", NOT_PROVIDED)


@pytest.mark.parametrize("scheme", ["Basic", "Token", "JWTX", "J", "Digest", "JWT,", "AWS4-HMAC-SHA256"])
def test_another_scheme_is_not_provided(ask: Ask, scheme: str) -> None:
    assert_both_refuse(ask, f"{scheme} {sign()}", NOT_PROVIDED)


def test_an_opaque_oauth_token_is_refused(ask: Ask) -> None:
    """The support API of Open edX does not look at Bearer at all."""
    assert_refused(ask(MOBILE, "Bearer 3f9c2e5a7b1d4c8e9f0a"), INVALID)
    assert_refused(ask(SUPPORT, "Bearer 3f9c2e5a7b1d4c8e9f0a"), NOT_PROVIDED)


@on_both_apis
def test_a_good_header_does_not_need_a_good_cookie(ask: Ask, target: str) -> None:
    cookie = "edx-jwt-cookie-header-payload=broken; edx-jwt-cookie-signature=broken; sessionid=x"

    assert ask(target, f"JWT {sign()}", Cookie=cookie).status == 200


@on_both_apis
def test_a_token_in_the_query_is_not_looked_at(ask: Ask, target: str) -> None:
    separator = "&" if "?" in target else "?"

    assert_refused(ask(f"{target}{separator}Authorization=JWT%20{sign()}&jwt={sign()}", None), NOT_PROVIDED)


# --- Tokens that are accepted (auth.md 12, "Expect 200") --------------------------------------------------------------


@pytest.mark.parametrize("alg", ["RS512", "RS256"])
def test_both_rsa_algorithms_of_open_edx_are_accepted(ask: Ask, alg: str) -> None:
    assert_both_accept(ask, f"JWT {sign(alg=alg)}")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["other", "lms-key"], "sub": None, "version": None, "is_restricted": None, "nbf": T},
        {
            "preferred_username": "MONA",
            "username": "nora",
            "user_id": 999,
            "email": "other@example.org",
            "scopes": None,
        },
    ],
    ids=str,
)
def test_claims_that_the_lms_may_send_are_accepted(ask: Ask, changes: dict[str, Any]) -> None:
    assert_both_accept(ask, f"JWT {sign(said(**changes))}")


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../../../dev/null", "typ": "at+jwt", "cty": "JWT"},
        {"jku": "https://attacker.example/keys.json", "x5u": "https://attacker.example/cert.pem"},
        {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "x5c": ["bm90IGEgY2VydGlmaWNhdGU="]},
    ],
    ids=str,
)
def test_what_a_good_token_says_of_keys_is_ignored(ask: Ask, header: dict[str, Any]) -> None:
    assert_both_accept(ask, f"JWT {sign(**header)}")


def test_hs256_is_accepted_with_the_configured_secret(ask: Ask, configure: Configure) -> None:
    configure(JWT_SECRET_KEY=SECRET)

    assert_both_accept(ask, f"JWT {sign(alg='HS256', key=SECRET.encode())}")
    assert_both_accept(ask, f"JWT {sign()}")


def test_hs256_is_accepted_where_a_secret_is_all_that_is_configured(ask: Ask, configure: Configure) -> None:
    configure(JWT_SECRET_KEY=SECRET, JWT_PUBLIC_SIGNING_JWK_SET=None)

    assert_both_accept(ask, f"JWT {sign(alg='HS256', key=SECRET.encode())}")
    assert_both_refuse(ask, f"JWT {sign()}", INVALID)


def test_every_key_of_the_set_is_tried(ask: Ask, configure: Configure) -> None:
    both = {"keys": [jwk_of(foreign_key()) | {"kid": "old"}, jwk_of(local_key()) | {"kid": "new"}]}
    configure(JWT_PUBLIC_SIGNING_JWK_SET=json.dumps(both))

    assert_both_accept(ask, f"JWT {sign(kid='old')}")
    assert_both_accept(ask, f"JWT {sign(key=foreign_key(), kid='new')}")


def test_an_inactive_user_is_accepted(api: Api, ask: Ask, people: World) -> None:
    people.user("ilse", is_active=False)
    people.load()

    assert api.get("/api/mobile/v1/users/ilse", "ilse").status == 200
    assert ask(SUPPORT, f"JWT {sign(said(preferred_username='ilse'))}").status == 200


def test_a_user_who_is_not_in_the_table_is_404_and_is_not_created(ask: Ask, untouched: Callable[[], None]) -> None:
    answer = ask("/api/mobile/v1/users/late", f"JWT {sign(said(preferred_username='late'))}")

    assert (answer.status, answer.json) == (404, {"detail": "No User matches the given query."})
    untouched()


def test_rights_come_from_the_table_and_not_from_the_token(ask: Ask) -> None:
    claims = said(preferred_username="nora", administrator=True, superuser=True)

    assert ask(SUPPORT, f"JWT {sign(claims)}").json == []


# --- Signatures that are refused (auth.md 3, 12) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        "...",
        ".",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        "e30.e30.",
        "eyJhbGciOiJub25lIn0..",
        "=.=.=",
        "%20.%20.%20",
        "null",
        "[].{}.[]",
        "W10.W10.W10",
        "bnVsbA.bnVsbA.bnVsbA",
        "MQ.MQ.MQ",
        "A" * 8000,
        "." * 8000,
    ],
    ids=lambda token: token[:20],
)
def test_what_is_no_token_is_refused(ask: Ask, token: str) -> None:
    assert_both_refuse(ask, f"JWT {token}", INVALID)


@pytest.mark.parametrize(
    "alg", ["RS384", "RS1", "rs512", "Rs512", "RS512 ", "", None, 512, True, ["RS512"], {}], ids=str
)
def test_another_name_for_the_algorithm_is_refused(ask: Ask, alg: Any) -> None:
    digest = "sha384" if alg == "RS384" else "sha512"

    assert_both_refuse(ask, f"JWT {sign(alg=alg, digest=digest)}", INVALID)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None], ids=str)
def test_a_token_without_signature_is_refused(ask: Ask, configure: Configure, alg: Any) -> None:
    configure(JWT_SECRET_KEY=SECRET)

    assert_both_refuse(ask, f"JWT {sign(alg=alg, key=b'')}", INVALID)


@pytest.mark.parametrize("alg", ["RS512", "RS256", "HS256"])
def test_an_empty_signature_under_a_good_algorithm_is_refused(ask: Ask, configure: Configure, alg: str) -> None:
    configure(JWT_SECRET_KEY=SECRET)

    assert_both_refuse(ask, f"JWT {sign(alg=alg, key=b'')}", INVALID)


@pytest.mark.parametrize("alg", ["RS512", "RS256"])
def test_a_foreign_key_is_refused(ask: Ask, alg: str) -> None:
    assert_both_refuse(ask, f"JWT {sign(alg=alg, key=foreign_key())}", INVALID)


def test_a_key_that_the_token_brings_along_is_refused(ask: Ask) -> None:
    own = jwk_of(foreign_key())
    headers: list[dict[str, Any]] = [
        {"jwk": own},
        {"jku": f"data:application/json,{json.dumps({'keys': [own]})}"},
        {"x5u": "https://attacker.example/cert.pem"},
        {"jwk": own, "kid": "local"},
    ]

    for header in headers:
        assert_both_refuse(ask, f"JWT {sign(key=foreign_key(), **header)}", INVALID)


@pytest.mark.parametrize("alg", ["ES256", "PS256", "PS512", "EdDSA", "HS256", "HS384", "HS512"])
def test_an_algorithm_that_has_no_key_is_refused(ask: Ask, alg: str) -> None:
    if alg == "ES256":
        token = jwt.encode(said(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    elif alg.startswith("PS"):
        token = jwt.encode(said(), local_key(), algorithm=alg)
    else:
        token = sign(alg=alg, key=SECRET.encode(), digest="sha512")

    assert_both_refuse(ask, f"JWT {token}", INVALID)


@pytest.mark.parametrize("alg", ["HS384", "HS512"])
def test_another_hmac_with_the_right_secret_is_refused(ask: Ask, configure: Configure, alg: str) -> None:
    configure(JWT_SECRET_KEY=SECRET)

    assert_both_refuse(ask, f"JWT {sign(alg=alg, key=SECRET.encode())}", INVALID)


@pytest.mark.parametrize("secret", ["wrong", SECRET[:-1], SECRET + "0", SECRET.upper(), " "])
def test_a_wrong_secret_is_refused(ask: Ask, configure: Configure, secret: str) -> None:
    configure(JWT_SECRET_KEY=SECRET)

    assert_both_refuse(ask, f"JWT {sign(alg='HS256', key=secret.encode())}", INVALID)


@pytest.mark.parametrize("with_secret", [False, True])
def test_the_public_key_is_no_secret(ask: Ask, configure: Configure, with_secret: bool) -> None:
    configure(JWT_SECRET_KEY=SECRET if with_secret else None)
    jwk_set = public_jwk_set(local_key()).encode()

    for secret in (public_pem(), public_pem().strip(), jwk_set, jwk_of(local_key())["n"].encode()):
        assert_both_refuse(ask, f"JWT {sign(alg='HS256', key=secret)}", INVALID)


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["x"], [], "exp", None, {}], ids=str)
def test_a_header_that_demands_extensions_is_refused(ask: Ask, crit: Any) -> None:
    extension = {"x": 1} if crit == ["x"] else {"b64": False} if crit == ["b64"] else {}

    assert_both_refuse(ask, f"JWT {sign(crit=crit, **extension)}", INVALID)


def test_a_changed_payload_is_refused(ask: Ask) -> None:
    header, _, signature = sign().split(".")
    _, payload, _ = sign(said(preferred_username="nora")).split(".")

    assert_both_refuse(ask, f"JWT {header}.{payload}.{signature}", INVALID)


def test_a_token_over_8_kilobytes_is_refused(ask: Ask) -> None:
    fits = sign(said(pad="x" * 5000))
    is_too_long = sign(said(pad="x" * 5700))

    assert len(fits) < 8192 < len(is_too_long) < 8500
    assert_both_accept(ask, f"JWT {fits}")
    assert_both_refuse(ask, f"JWT {is_too_long}", INVALID)


@on_both_apis
def test_a_header_over_the_gateways_limit_is_400(ask: Ask, target: str) -> None:
    answer = ask(target, f"JWT {sign(said(pad='x' * 8000))}")

    assert (answer.status, answer.json) == (400, {"detail": "Bad request."})


@pytest.mark.parametrize(
    "settings",
    [
        {"JWT_PUBLIC_SIGNING_JWK_SET": None},
        {"JWT_PUBLIC_SIGNING_JWK_SET": ""},
        {"JWT_PUBLIC_SIGNING_JWK_SET": '{"keys": []}'},
        {"JWT_PUBLIC_SIGNING_JWK_SET": '{"keys": [{"kty": "RSA"}]}'},
        {"JWT_PUBLIC_SIGNING_JWK_SET": '{"keys": [5]}'},
        {"JWT_PUBLIC_SIGNING_JWK_SET": None, "JWT_SECRET_KEY": ""},
        {"JWT_ISSUER": ""},
        {"JWT_AUDIENCE": None},
    ],
    ids=str,
)
def test_without_keys_issuer_or_audience_every_token_is_refused(
    ask: Ask, configure: Configure, settings: dict[str, str | None]
) -> None:
    configure(**settings)

    assert_both_refuse(ask, f"JWT {sign()}", INVALID)
    assert_both_refuse(ask, f"JWT {sign(alg='none', key=b'')}", INVALID)
    assert_both_refuse(ask, f"JWT {sign(alg='HS256', key=b'')}", INVALID)
    assert_both_refuse(ask, f"JWT {sign(said(aud=None, iss=None), alg='HS256', key=b'')}", INVALID)


# --- Claims that are refused (auth.md 3, 12) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"iss": None},
        {"version": "9" * 5000},
    ],
    ids=lambda changes: str(changes)[:60],
)
def test_a_claim_that_is_missing_or_wrong_is_refused(ask: Ask, changes: dict[str, Any]) -> None:
    assert_both_refuse(ask, f"JWT {sign(said(**changes))}", INVALID)


@pytest.mark.parametrize(
    "payload",
    [
        b'["mona"]',
        b'"mona"',
        b"null",
        b"",
        b"\xff\xfe",
        b"[" * 3000,
    ],
    ids=lambda payload: repr(payload)[:20],
)
def test_claims_that_are_no_object_are_refused(ask: Ask, payload: bytes) -> None:
    assert_both_refuse(ask, f"JWT {sign(payload)}", INVALID)


@pytest.mark.parametrize(
    "exp",
    [
        "NaN",
        "1e999",
        "1" + "0" * 4500,
        '"soon"',
    ],
    ids=lambda exp: exp[:20],
)
def test_an_expiry_that_is_no_time_is_refused(ask: Ask, exp: str) -> None:
    payload = json.dumps(said(exp=0)).replace('"exp": 0', f'"exp": {exp}').encode()

    assert_both_refuse(ask, f"JWT {sign(payload)}", INVALID)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_beginning_that_is_no_time_is_refused(ask: Ask, claim: str) -> None:
    payload = json.dumps(said(**{claim: 0})).replace(f'"{claim}": 0', f'"{claim}": 1e999').encode()

    assert_both_refuse(ask, f"JWT {sign(payload)}", INVALID)


@pytest.mark.parametrize(
    "changes",
    [
        {"preferred_username": None},
        {"preferred_username": ["mona"]},
    ],
    ids=str,
)
def test_a_name_that_is_missing_or_no_text_is_refused(ask: Ask, changes: dict[str, Any]) -> None:
    assert_both_refuse(ask, f"JWT {sign(said(**changes))}", NO_NAME)


# --- Expiry (auth.md 4, deviations 1) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("exp", [T, -1])
def test_an_expired_token_that_is_good_otherwise_says_so(ask: Ask, exp: int) -> None:
    claims = said(exp=exp, iat=min(exp, T) - 3600)

    assert_both_refuse(ask, f"JWT {sign(claims)}", EXPIRED)


def test_an_expired_token_that_is_bad_otherwise_is_invalid(ask: Ask) -> None:
    assert_both_refuse(ask, f"JWT {sign(said(exp=T - 60, iat=T - 3600, aud='other'))}", INVALID)


def test_an_expired_token_without_a_name_is_not_called_expired(ask: Ask) -> None:
    claims = said(exp=T - 60, iat=T - 3600, preferred_username=None)

    assert_both_refuse(ask, f"JWT {sign(claims)}", NO_NAME)


def test_an_expired_token_with_a_bad_signature_is_invalid(ask: Ask, configure: Configure) -> None:
    configure(JWT_SECRET_KEY=SECRET)
    expired = said(exp=T - 60, iat=T - 3600)

    assert_both_refuse(ask, f"JWT {sign(expired, key=foreign_key())}", INVALID)
    assert_both_refuse(ask, f"JWT {sign(expired, alg='none', key=b'')}", INVALID)
    assert_both_refuse(ask, f"JWT {sign(expired, alg='HS256', key=public_pem())}", INVALID)


@on_both_apis
def test_an_answer_that_the_gateway_remembers_does_not_outlive_the_token(api: Api, ask: Ask, target: str) -> None:
    header = f"JWT {sign(said(exp=T + 60))}"

    statuses = [ask(target, header).status]
    api.clock.advance(seconds=59)
    statuses.append(ask(target, header).status)
    api.clock.advance(seconds=1)
    late = ask(target, header)

    assert statuses == [200, 200]
    assert (late.status, late.json) == (401, {"detail": EXPIRED})


def test_a_remembered_answer_holds_for_the_tokens_other_paths_and_no_other_user(api: Api, ask: Ask) -> None:
    header = f"JWT {sign()}"

    statuses = [
        ask(path, header).status
        for path in (
            "/api/mobile/v1/users/mona",
            "/api/mobile/v4/users/mona/course_enrollments/",
            "/api/mobile/v1/users/nora",
        )
    ]

    assert statuses == [200, 200, 403]


# --- Permissions (auth.md 4, 9, 12) -----------------------------------------------------------------------------------


@on_both_apis
@pytest.mark.parametrize("restricted", [True, "false"], ids=str)
def test_a_restricted_token_is_403_however_it_says_so(ask: Ask, target: str, restricted: Any) -> None:
    answer = ask(target, f"JWT {sign(said(is_restricted=restricted))}")

    assert (answer.status, answer.json) == (403, {"detail": DENIED})
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("name", ["nora", "mona%20"])
def test_another_users_page_is_403_even_for_staff(ask: Ask, name: str) -> None:
    answer = ask(f"/api/mobile/v1/users/{name}", f"JWT {sign()}")

    assert (answer.status, answer.json) == (403, {"detail": DENIED})


@pytest.mark.parametrize("name", ["Mona", "m%6Fna"])
def test_the_own_page_is_found_in_any_letter_case(ask: Ask, name: str) -> None:
    assert ask(f"/api/mobile/v1/users/{name}", f"JWT {sign()}").json["username"] == "mona"


def test_the_path_and_not_the_query_says_whose_page_it_is(ask: Ask) -> None:
    assert ask("/api/mobile/v1/users/nora?username=mona", f"JWT {sign()}").status == 403
    assert ask("/api/mobile/v1/users/mona?username=nora", f"JWT {sign()}").status == 200
