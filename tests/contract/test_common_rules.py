"""What all endpoints of the mobile API have in common. (mobile-users.md 1)"""

import json
from typing import Any

import pytest

from lms.web.verifier import verifier
from tests.api import Api
from tests.contract.wire import (
    DENIED,
    NOT_FOUND,
    NOT_PROVIDED,
    VERSIONS,
    assert_body,
    enrollments_path,
    status_path,
)
from tests.endpoints import fill, guarded_paths
from tests.world import COURSE_A, WORKED_TREE, World

DETAIL = "/api/mobile/v1/users/mona"
PATHS = [fill(path) for path in guarded_paths() if path.startswith("/api/mobile/")]
OWN_USER_PATHS = [path for path in PATHS if "/users/" in path]
CHALLENGE = 'JWT realm="api"'


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    world.user("mona", 4711)
    world.user("nora", 4712)
    world.user("boss", is_staff=True)
    world.course()
    world.export(WORKED_TREE)
    for username in ("mona", "nora"):
        world.enroll(username)
    world.load()


# --- The URL space (mobile-users.md 1.1) ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v5", "v0x5", "V1"])
def test_a_version_that_there_is_not_is_a_404_in_json(api: Api, version: str) -> None:
    for path in PATHS:
        answer = api.get(path.replace("/v1/", f"/{version}/"))

        assert answer.status == 404, path
        assert_body(answer, NOT_FOUND)


@pytest.mark.parametrize("caller", ["mona", None])
@pytest.mark.parametrize(
    "path", ["/", "/api/mobile/v1", "/api/mobile/v1/users/mona/nothing", "/api/mobile/v1/users/", "/login"]
)
def test_a_path_that_there_is_not_is_a_404_in_json_with_and_without_token(
    api: Api, path: str, caller: str | None
) -> None:
    answer = api.get(path, caller=caller)

    assert answer.status == 404
    assert_body(answer, NOT_FOUND)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_routed_in_both_slash_forms_without_redirect(api: Api, version: str) -> None:
    for path in OWN_USER_PATHS:
        bare = path.replace("/v1/", f"/{version}/").rstrip("/")

        assert (api.get(bare).status, api.get(f"{bare}/").status) == (200, 200), path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", DETAIL, 200),
        ("GET", PATHS[0], 302),
        ("GET", "/api/mobile/v1/users/nora", 403),
        ("GET", "/api/mobile/v9/users/mona", 404),
        ("POST", DETAIL, 405),
    ],
)
def test_no_browser_may_take_an_answer_for_anything_but_json(api: Api, method: str, path: str, status: int) -> None:
    answer = api.request(method, path)

    assert (answer.status, answer.headers["x-content-type-options"]) == (status, "nosniff")


# --- Authentication (mobile-users.md 1.2) -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_request_without_credentials_is_401_with_the_challenge(api: Api, path: str) -> None:
    answer = api.get(path, caller=None)

    assert answer.status == 401
    assert_body(answer, NOT_PROVIDED)
    assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("JWT", "Invalid token header. No credentials provided."),
        ("Bearer a b", "Invalid token header. Token string should not contain spaces."),
        ("Basic bW9uYTpwdw==", "Authentication credentials were not provided."),
        ("JWT a.b.c", "Invalid token."),
    ],
)
def test_a_header_that_does_not_authenticate_is_401_with_its_own_text(api: Api, header: str, text: str) -> None:
    for path in PATHS:
        answer = api.get(path, caller=None, Authorization=header)

        assert answer.status == 401, path
        assert_body(answer, {"detail": text})
        assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"exp": 1775044800}, "Token has expired."),  # 2026-04-01T12:00:00Z, which is now
        # Expired and also wrong: the apps must not refresh what will never be good.
        ({"exp": 1775044799, "aud": "another-key"}, "Invalid token."),
        ({"preferred_username": None}, "JWT must include a preferred_username or username claim!"),
    ],
)
def test_a_token_that_is_no_good_is_401_with_its_own_text(api: Api, said: dict[str, Any], text: str) -> None:
    answer = api.get(DETAIL, caller=None, Authorization=f"JWT {api.token(**said)}")

    assert answer.status == 401
    assert_body(answer, {"detail": text})
    assert answer.headers["www-authenticate"] == CHALLENGE


def test_a_token_is_refused_from_the_second_of_its_expiry_though_it_was_taken_before(api: Api) -> None:
    token = f"JWT {api.token(exp=1775044860)}"  # 2026-04-01T12:01:00Z
    assert api.get(DETAIL, caller=None, Authorization=token).status == 200

    api.clock.advance(seconds=59)
    before = api.get(DETAIL, caller=None, Authorization=token)
    api.clock.advance(seconds=1)
    after = api.get(DETAIL, caller=None, Authorization=token)

    assert before.status == 200
    assert after.status == 401
    assert_body(after, {"detail": "Token has expired."})


def test_without_any_key_every_token_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_PUBLIC_SIGNING_JWK_SET")
    verifier.cache_clear()

    # A claim of its own, because the gateway may still know another test's token.
    answer = api.get(DETAIL, caller=None, Authorization=f"JWT {api.token(jti='no keys')}")

    assert (answer.status, answer.json) == (401, {"detail": "Invalid token."})


@pytest.mark.parametrize("path", OWN_USER_PATHS)
def test_inactive_users_are_allowed(world: World, api: Api, path: str) -> None:
    world.user("inga", is_active=False)
    world.enroll("inga")
    world.load()

    assert api.get(path.replace("mona", "inga"), caller="inga").status == 200


def test_the_token_of_a_restricted_application_is_403(api: Api) -> None:
    for path in PATHS:
        answer = api.get(path, caller=None, Authorization=f"JWT {api.token(is_restricted=True)}")

        assert answer.status == 403, path
        assert_body(answer, DENIED)
        assert "www-authenticate" not in answer.headers


# --- The user in the URL (mobile-users.md 1.3) ------------------------------------------------------------------------


@pytest.mark.parametrize(("caller", "name"), [("mona", "nobody"), ("boss", "nora")])
def test_another_users_name_is_403_for_everybody_whether_or_not_there_is_such_a_user(
    api: Api, name: str, caller: str
) -> None:
    for path in OWN_USER_PATHS:
        answer = api.get(path.replace("mona", name), caller=caller)

        assert answer.status == 403, path
        assert_body(answer, DENIED)


def test_another_users_course_status_cannot_be_changed(api: Api) -> None:
    answer = api.send_json("PATCH", status_path(username="nora"), {})

    assert (answer.status, answer.json) == (403, DENIED)


def test_the_users_name_may_be_spelled_in_another_letter_case(api: Api) -> None:
    for path in OWN_USER_PATHS:
        answer = api.get(path.replace("mona", "MoNa"))

        assert (answer.status, answer.json) == (200, api.get(path).json), path


@pytest.mark.parametrize("path", OWN_USER_PATHS)
def test_the_tokens_name_may_be_spelled_in_another_letter_case(api: Api, path: str) -> None:
    assert api.get(path, caller="MONA").json == api.get(path, caller="mona").json


@pytest.mark.parametrize("username", ["mona demo", "Zoë"])
def test_a_name_with_unusual_characters_is_read_percent_encoded(world: World, api: Api, username: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in username.encode())
    world.user(username)
    world.enroll(username)
    world.load()

    for path in OWN_USER_PATHS:
        assert api.get(path.replace("mona", encoded), caller=username).status == 200, path


def test_a_plus_sign_in_the_path_is_a_plus_sign(world: World, api: Api) -> None:
    world.user("mona+1")
    world.load()

    assert api.get("/api/mobile/v1/users/mona+1", caller="mona+1").json["username"] == "mona+1"


# --- Methods, negotiation, errors (mobile-users.md 1.4) ---------------------------------------------------------------

# A generic view of Django REST framework takes these; what another kind of view takes in Open edX stands here.
GENERIC = "GET, HEAD, OPTIONS"
OTHERS = {"/api/mobile/v1/my_user_info": "GET, OPTIONS", status_path(): "GET, PATCH"}
ALLOWED = [(path, OTHERS.get(path, GENERIC)) for path in PATHS]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_method_that_is_not_served_is_405_with_those_that_are(api: Api, method: str) -> None:
    for path, allowed in ALLOWED:
        answer = api.send_json(method, path, {})

        assert (answer.status, answer.headers["allow"]) == (405, allowed), path
        assert_body(answer, {"detail": f'Method "{method}" not allowed.'})


@pytest.mark.parametrize("path", PATHS)
def test_an_anonymous_post_is_401_before_it_is_405(api: Api, path: str) -> None:
    answer = api.send_json("POST", path, {}, caller=None)

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)


@pytest.mark.parametrize("path", OWN_USER_PATHS)
def test_a_post_to_another_user_is_403_before_it_is_405(api: Api, path: str) -> None:
    answer = api.send_json("POST", path.replace("mona", "nora"), {})

    assert (answer.status, answer.json) == (403, DENIED)


@pytest.mark.parametrize(("path", "allowed"), [(path, allowed) for path, allowed in ALLOWED if "OPTIONS" in allowed])
def test_options_is_200_where_it_is_allowed(api: Api, path: str, allowed: str) -> None:
    answer = api.request("OPTIONS", path)

    assert (answer.status, answer.headers["allow"]) == (200, allowed)
    assert isinstance(answer.json, dict)


@pytest.mark.parametrize("path", PATHS)
def test_an_anonymous_options_is_401(api: Api, path: str) -> None:
    assert api.request("OPTIONS", path, caller=None).status == 401


@pytest.mark.parametrize("path", [path for path, allowed in ALLOWED if "HEAD" in allowed])
def test_head_answers_as_get_does_without_body(api: Api, path: str) -> None:
    answer = api.request("HEAD", path)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_every_answer_of_an_endpoint_says_which_methods_it_serves(api: Api, accept: str) -> None:
    served = [(path, api.get(path, Accept=accept).headers["allow"]) for path in PATHS]

    assert served == ALLOWED, "what an endpoint takes in Open edX, if it is not GENERIC, stands in OTHERS of this file"


@pytest.mark.parametrize("accept", ["text/html", "application/vnd.api+json"])
def test_an_answer_in_anything_but_json_is_406(api: Api, accept: str) -> None:
    for path in PATHS:
        answer = api.get(path, Accept=accept)

        assert answer.status == 406, path
        assert_body(answer, {"detail": "Could not satisfy the request Accept header."})


@pytest.mark.parametrize(
    "accept", ["application/json", "application/*", "*/*", "text/html, */*;q=0.1", "application/json; indent=4", ""]
)
def test_an_accept_header_that_takes_json_gets_json(api: Api, accept: str) -> None:
    answer = api.get(DETAIL, Accept=accept)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def test_the_format_parameter_is_ignored(api: Api) -> None:
    assert api.get(f"{DETAIL}?format=xml").status == 200


def test_a_body_of_another_media_type_is_415(api: Api) -> None:
    answer = api.request("PATCH", status_path(), body="a", headers={"Content-Type": "application/xml"})

    assert answer.status == 415
    assert_body(answer, {"detail": 'Unsupported media type "application/xml" in request.'})


def test_malformed_json_is_400(api: Api) -> None:
    answer = api.request("PATCH", status_path(), body="{'a': 1}", headers={"Content-Type": "application/json"})

    assert answer.status == 400
    assert list(answer.json) == ["detail"]
    assert answer.json["detail"].startswith("JSON parse error - ")


def test_the_body_is_compact_json_in_unescaped_utf_8(world: World, api: Api) -> None:
    world.user("zoë", name='Zoë "Ω" 🦊')
    world.load()

    answer = api.get("/api/mobile/v1/users/zo%C3%AB", caller="zoë")

    assert answer.body == json.dumps(answer.json, separators=(",", ":"), ensure_ascii=False).encode()
    assert '"name":"Zoë \\"Ω\\" 🦊"' in answer.body.decode()
    assert answer.headers["content-type"] == "application/json"


# --- Languages (mobile-users.md 1.6) ----------------------------------------------------------------------------------


def test_every_answer_of_an_endpoint_names_its_language(api: Api) -> None:
    for path in PATHS:
        preferring = {"Accept-Language": "pt;q=0.9, xx", "Content-Type": "text/plain"}
        answers = [
            api.request("GET", path, headers=preferring),
            api.request("POST", path, headers=preferring),
            api.request("GET", path, headers=preferring | {"Accept": "text/html"}),
            api.request("GET", path.replace("/v1/", "/v5/"), headers=preferring),
        ]

        assert {answer.headers["content-language"] for answer in answers} == {"pt-br"}, path
        assert all("Accept-Language" in answer.headers["vary"] for answer in answers), path
        assert api.get(path).headers["content-language"] == "en", path


@pytest.mark.parametrize("header", ["*", "", "pt;q=x", "p" * 600, "tlh", "pt_BR"])
def test_who_asks_for_no_language_that_there_is_gets_the_sites(api: Api, header: str) -> None:
    assert api.get(DETAIL, Accept_Language=header).headers["content-language"] == "en"


def test_sentences_are_english_in_every_language(api: Api) -> None:
    answer = api.get(f"{enrollments_path('v4')}?page=99", Accept_Language="es")

    assert (answer.status, answer.headers["content-language"]) == (404, "es-419")
    assert_body(answer, {"detail": "Invalid page."})


# --- Dates (mobile-users.md 1.5) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-03-02T09:30:15.000Z", "2026-03-02T09:30:15Z"),
        ("2026-03-02T09:30:15.123456Z", "2026-03-02T09:30:15.123456Z"),
        ("2026-03-02T11:30:15+02:00", "2026-03-02T09:30:15Z"),
    ],
)
def test_a_date_is_in_utc_with_six_digits_of_fraction_only_where_there_is_one(
    world: World, api: Api, stored: str, shown: str
) -> None:
    world.user("dora")
    world.enroll("dora", COURSE_A, created=stored)
    world.load()

    assert api.get(enrollments_path(username="dora"), caller="dora").json[0]["created"] == shown
