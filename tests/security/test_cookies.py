"""JWT cookies on the support API, and what keeps another site from using them. (auth.md 7, 12)"""

import http.client
import json
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest

from lms.domain.csrf import masked
from lms_lambda.gateway.tokens import local_key
from tests.api import NOW, Answer, Api
from tests.security.conftest import MOBILE, SUPPORT, assert_refused, foreign_key, said, sign
from tests.world import COURSE_A

PATH = "/api/support/v1/manage_course_team/"
CSRF_PATH = "/csrf/api/v1/token"
APPS, LMS, EVIL = "https://apps.example.org", "https://lms.example.org", "https://evil.example"
NOT_PROVIDED = "Authentication credentials were not provided."
SECRET, MASK = "aB3" + "x" * 29, "q9Z" * 10 + "AA"
T = int(NOW.timestamp())

pytestmark = pytest.mark.usefixtures("people")


def halves(token: str | None = None) -> str:
    """The two cookies that carry a token."""
    head, _, signature = (token or sign()).rpartition(".")
    return f"edx-jwt-cookie-header-payload={head}; edx-jwt-cookie-signature={signature}"


def assert_not_provided(answer: Answer) -> None:
    assert_refused(answer, NOT_PROVIDED)


def put(api: Api, cookie: str, **headers: str) -> Answer:
    body = (
        '{"email": "nora@example.org", "bulk_role_operations": '
        f'[{{"course_id": "{COURSE_A}", "role": "staff", "action": "assign"}}]}}'
    )
    sent = {"Cookie": cookie, "Content-Type": "application/json"}
    return api.request(
        "PUT", PATH, None, body, sent | {name.replace("_", "-"): value for name, value in headers.items()}
    )


# --- Who is calling ---------------------------------------------------------------------------------------------------


def test_a_cookie_pair_reads(api: Api) -> None:
    assert api.get(SUPPORT, None, Cookie=halves()).status == 200


def test_the_whole_token_in_one_cookie_reads(api: Api) -> None:
    assert api.get(SUPPORT, None, Cookie=f"edx-jwt-cookie={sign()}").status == 200


@pytest.mark.parametrize("header", ["JWT", "JWT ", "JWT  x", "JWT a b", "garbage"])
def test_a_header_without_a_token_leaves_it_to_the_cookies(api: Api, header: str) -> None:
    assert api.get(SUPPORT, None, Cookie=halves(), Authorization=header).status == 200


def test_a_good_header_needs_no_good_cookie(api: Api) -> None:
    answer = api.get(SUPPORT, None, Cookie=halves("broken.by.hand"), Authorization=f"JWT {sign()}")

    assert answer.status == 200


def test_a_bad_header_is_final(api: Api) -> None:
    answer = api.get(SUPPORT, None, Cookie=halves(), Authorization="JWT garbage")

    assert (answer.status, answer.json) == (401, {"detail": "Invalid token."})


@pytest.mark.parametrize("header", ["Bearer abc", "Bearer a.b.c", "Basic abc", "Bearer a b c"])
def test_another_scheme_is_not_helped_by_cookies(api: Api, header: str) -> None:
    assert_not_provided(api.get(SUPPORT, None, Cookie=halves(), Authorization=header))


def test_two_authorization_headers_are_none(api: Api) -> None:
    """Which of them the gateway keeps an answer by is nowhere said."""
    for target in (MOBILE, SUPPORT):
        connection = http.client.HTTPConnection(api.host, timeout=60)
        connection.putrequest("GET", target)
        for token in (sign(), sign()):
            connection.putheader("Authorization", f"JWT {token}")
        connection.endheaders()
        response = connection.getresponse()
        assert (response.status, json.loads(response.read())) == (401, {"detail": NOT_PROVIDED})
        connection.close()


@pytest.mark.parametrize("half", [0, 1])
def test_one_half_is_no_credential(api: Api, half: int) -> None:
    assert_not_provided(api.get(SUPPORT, None, Cookie=halves().split("; ")[half]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: sign(said(exp=T)),
        lambda: sign(said(aud="other")),
        lambda: sign(said(preferred_username=None)),
        lambda: sign(key=foreign_key()),
        lambda: "garbage",
    ],
    ids=["expired", "another audience", "nobody's", "a foreign key", "no token"],
)
def test_whatever_is_wrong_with_a_cookie_it_counts_as_none(api: Api, make: Callable[[], str]) -> None:
    assert_not_provided(api.get(SUPPORT, None, Cookie=halves(make())))


def test_a_restricted_token_in_cookies_is_403(api: Api) -> None:
    assert api.get(SUPPORT, None, Cookie=halves(sign(said(is_restricted=True)))).status == 403


def test_the_mobile_api_takes_no_cookies(api: Api) -> None:
    assert_not_provided(api.get(MOBILE, None, Cookie=halves()))


def test_an_expired_cookie_is_noticed_at_once(api: Api) -> None:
    cookie = halves(sign(said(exp=T + 60)))

    before = api.get(SUPPORT, None, Cookie=cookie).status
    api.clock.advance(seconds=60)

    assert before == 200
    assert_not_provided(api.get(SUPPORT, None, Cookie=cookie))


# --- Forged requests --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookie", "header", "page"),
    [
        (SECRET, masked(SECRET, MASK), {"Origin": APPS}),
        (masked(SECRET, MASK), SECRET, {"Referer": f"{LMS}/team?x=1"}),
    ],
    ids=["a page of the apps", "a page of the LMS"],
)
def test_a_page_of_the_sites_writes_with_cookies(api: Api, cookie: str, header: str, page: dict[str, str]) -> None:
    answer = put(api, f"{halves()}; csrftoken={cookie}", X_CSRFToken=header, **page)

    assert (answer.status, answer.json["results"][0]["status"]) == (200, "success")


@pytest.mark.parametrize(
    ("cookie", "headers"),
    [
        (SECRET, {"Origin": APPS}),
        (SECRET, {"Origin": APPS, "X_CSRFToken": masked(MASK, SECRET)}),
        (None, {"Origin": APPS, "X_CSRFToken": SECRET}),
        (SECRET, {"X_CSRFToken": SECRET}),
        (SECRET, {"Origin": EVIL, "Referer": f"{APPS}/", "X_CSRFToken": SECRET}),
    ],
    ids=str,
)
def test_any_other_write_with_cookies_is_refused_and_writes_nothing(
    api: Api, cookie: str | None, headers: dict[str, str], untouched: Callable[[], None]
) -> None:
    cookies = halves() if cookie is None else f"{halves()}; csrftoken={cookie}"

    assert_not_provided(put(api, cookies, **headers))
    untouched()


def test_a_token_in_the_header_needs_no_csrf_token(api: Api) -> None:
    assert put(api, "", Authorization=f"JWT {sign()}", Origin=EVIL).status == 200


def test_a_csrf_token_alone_authenticates_nobody(api: Api) -> None:
    assert_not_provided(put(api, f"csrftoken={SECRET}", X_CSRFToken=SECRET, Origin=APPS))


# --- The CSRF token (auth.md 7) ---------------------------------------------------------------------------------------


def cookie_of(answer: Answer) -> Any:
    return SimpleCookie(answer.headers["set-cookie"])["csrftoken"]


@pytest.mark.parametrize("path", [CSRF_PATH, f"{CSRF_PATH}/"])
def test_anybody_gets_a_csrf_token_and_its_cookie(api: Api, path: str) -> None:
    answer = api.get(path, None)

    assert (answer.status, list(answer.json)) == (200, ["csrfToken"])
    assert len(answer.json["csrfToken"]) == 64
    cookie = cookie_of(answer)
    assert (len(cookie.value), cookie["path"], cookie["samesite"], cookie["secure"]) == (32, "/", "Lax", True)
    assert (cookie["max-age"], cookie["httponly"], cookie["domain"]) == ("31449600", "", "")


def test_what_the_page_does_from_the_token_to_the_write(api: Api) -> None:
    given = api.get(CSRF_PATH, None, Origin=APPS, USE_JWT_COOKIE="true")

    cookie = f"{halves()}; csrftoken={cookie_of(given).value}"
    answer = put(api, cookie, X_CSRFToken=given.json["csrfToken"], Origin=APPS, USE_JWT_COOKIE="true")

    assert answer.json["results"][0]["status"] == "success"


@pytest.mark.parametrize("known", [SECRET, masked(SECRET, MASK)], ids=["secret", "masked"])
def test_a_cookie_that_the_lms_set_is_kept(api: Api, known: str) -> None:
    given = api.get(CSRF_PATH, None, Cookie=f"csrftoken={known}")

    assert "set-cookie" not in given.headers
    answer = put(api, f"{halves()}; csrftoken={known}", X_CSRFToken=given.json["csrfToken"], Origin=APPS)
    assert answer.status == 200


@pytest.mark.parametrize("broken", ["", "short", "x" * 33, SECRET[:-1] + "!", SECRET[:-1] + "\u00e9"])
def test_a_cookie_that_holds_no_token_is_replaced(api: Api, broken: str) -> None:
    assert len(cookie_of(api.get(CSRF_PATH, None, Cookie=f"csrftoken={broken}")).value) == 32


def test_no_two_browsers_get_the_same_token(api: Api) -> None:
    answers = [api.get(CSRF_PATH, None) for _ in range(5)]

    assert len({cookie_of(answer).value for answer in answers} | {a.json["csrfToken"] for a in answers}) == 10


def test_one_browser_never_gets_the_same_mask_twice(api: Api) -> None:
    tokens = {api.get(CSRF_PATH, None, Cookie=f"csrftoken={SECRET}").json["csrfToken"] for _ in range(5)}

    assert len(tokens) == 5


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("OPTIONS", 200), ("POST", 405), ("PUT", 405)])
def test_the_csrf_tokens_methods(api: Api, method: str, status: int) -> None:
    answer = api.request(method, CSRF_PATH, None)

    assert (answer.status, answer.headers["allow"]) == (status, "GET, HEAD, OPTIONS")


def test_the_csrf_token_is_json_or_nothing(api: Api) -> None:
    assert api.get(CSRF_PATH, None, Accept="text/html").status == 406


def test_a_bad_token_does_not_matter_to_the_csrf_token(api: Api) -> None:
    assert api.get(CSRF_PATH, None, Authorization="JWT garbage", Cookie=halves("x.y.z")).status == 200


# --- CORS (auth.md 7, clients.md 6) -----------------------------------------------------------------------------------


def preflight(api: Api, path: str, origin: str, method: str = "PUT") -> Answer:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,use-jwt-cookie,x-csrftoken",
    }
    return api.request("OPTIONS", path, None, headers=asked)


@pytest.mark.parametrize(
    ("path", "methods"), [(PATH, "GET, PUT, HEAD, OPTIONS"), (CSRF_PATH, "GET, HEAD, OPTIONS")], ids=["team", "csrf"]
)
def test_a_preflight_needs_no_token(api: Api, path: str, methods: str) -> None:
    answer = preflight(api, path, APPS)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == APPS
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-allow-methods"] == methods
    assert {"content-type", "use-jwt-cookie", "x-csrftoken", "authorization"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        (CSRF_PATH, EVIL),
        *((PATH, origin) for origin in ("null", "http://apps.example.org", f"{APPS}.evil.example", f"{APPS}:8443")),
    ],
)
def test_a_preflight_of_another_origin_is_told_nothing(api: Api, path: str, origin: str) -> None:
    answer = preflight(api, path, origin)

    assert answer.status == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_options_without_an_origin_says_what_the_endpoint_takes_to_anybody(api: Api) -> None:
    answer = api.request("OPTIONS", PATH, None)

    assert (answer.status, answer.json["name"]) == (200, "Course Team Manage Api")


@pytest.mark.parametrize(
    ("target", "cookie", "status"),
    [
        (SUPPORT, True, 200),
        (f"{PATH}?username=nobody", True, 404),
        (SUPPORT, False, 401),
        (f"{PATH}?username=mona", None, 401),
        (CSRF_PATH, False, 200),
    ],
)
def test_the_page_may_read_answers_and_refusals_alike(api: Api, target: str, cookie: bool | None, status: int) -> None:
    sent = {} if cookie is None else {"Cookie": halves() if cookie else halves("a.b.c")}
    answer = api.get(target, None, Origin=APPS, **sent)

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == APPS
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(("target", "origin"), [(SUPPORT, EVIL), (SUPPORT, "*"), (CSRF_PATH, EVIL), (CSRF_PATH, "")])
def test_another_origin_may_read_nothing(api: Api, target: str, origin: str) -> None:
    for cookie in (halves(), halves("a.b.c")):
        answer = api.get(target, None, Origin=origin, Cookie=cookie)

        assert "access-control-allow-origin" not in answer.headers


def test_a_refusal_that_the_gateway_keeps_names_no_origin(api: Api) -> None:
    """It is kept by the header alone: the next caller may be of another origin."""
    for origin in (APPS, EVIL):
        answer = api.get("/api/mobile/v1/users/mona", None, Authorization="JWT a.b.c", Origin=origin)

        assert answer.status == 401
        assert "access-control-allow-origin" not in answer.headers


def test_an_origin_is_compared_without_regard_to_case(api: Api) -> None:
    assert preflight(api, PATH, "https://APPS.example.org").headers["access-control-allow-origin"] == APPS


def test_without_configured_origins_none_is_allowed(api: Api, configure: Callable[..., None]) -> None:
    configure(CORS_ORIGIN_WHITELIST=None)

    assert "access-control-allow-origin" not in preflight(api, PATH, APPS).headers
    assert_not_provided(put(api, f"{halves()}; csrftoken={SECRET}", X_CSRFToken=SECRET, Origin=APPS))
    assert put(api, f"{halves()}; csrftoken={SECRET}", X_CSRFToken=SECRET, Origin=LMS).status == 200


def test_a_token_that_pyjwt_signs_is_the_same_in_cookies(api: Api) -> None:
    assert api.get(SUPPORT, None, Cookie=halves(jwt.encode(said(), local_key(), algorithm="RS256"))).status == 200
