"""Django's double-submit token, with Django itself as the oracle. (auth.md 7)"""

from itertools import product

import pytest
from django.http import HttpResponse
from django.middleware import csrf as django_csrf
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.csrf import ALPHABET, SAFE_METHODS, Submission, csrf_refusal, masked, origin_of, secret_of
from tests.django_site import TRUSTED as APPS
from tests.django_site import set_up_django
from tests.unit.builders import cases

OWN = "https://lms.example.org"
secrets = st.text(ALPHABET, min_size=32, max_size=32)
SECRET, MASK = "aB3" + "x" * 29, "q9Z" * 10 + "AA"


@pytest.fixture(scope="module", autouse=True)
def django_site() -> None:
    set_up_django()


@given(secrets, secrets)
def test_a_token_hides_its_secret_as_djangos_does(secret: str, mask: str) -> None:
    token = masked(secret, mask)

    assert secret_of(token) == secret
    assert django_csrf._unmask_cipher_token(token) == secret
    assert secret_of(django_csrf._mask_cipher_secret(secret)) == secret


@given(secrets)
def test_an_unmasked_secret_is_itself(secret: str) -> None:
    assert secret_of(secret) == secret


@cases(
    "text",
    {
        "nothing": "",
        "one letter too few": SECRET[1:],
        "one too many": SECRET + "x",
        "of a mask and half a secret": MASK + SECRET[:16],
        "another character": SECRET[:-1] + "-",
        "a letter that is none of ASCII's": SECRET[:-1] + "é",
        "a digit that is none of ASCII's": SECRET[:-1] + "²",
        "blanks": SECRET[:-1] + " ",
        "three times as long": SECRET * 3,
    },
)
def test_what_is_no_token_has_no_secret(text: str) -> None:
    assert secret_of(text) is None


def refusal(method: str = "PUT", secure: bool = True, **changes: str | None) -> str | None:
    sent: dict[str, str | None] = {"origin": None, "referer": f"{OWN}/support", "cookie": SECRET, "header": SECRET}
    return csrf_refusal(Submission(method, **(sent | changes)), OWN, frozenset({APPS}), secure)


def djangos_refusal(method: str = "PUT", **changes: str | None) -> bool:
    sent: dict[str, str | None] = {"origin": None, "referer": f"{OWN}/support", "cookie": SECRET, "header": SECRET}
    sent |= changes
    headers = {"Origin": sent["origin"], "Referer": sent["referer"], "X-CSRFToken": sent["header"]}
    given_headers = {name: value for name, value in headers.items() if value is not None}
    request = RequestFactory().generic(method, "/", secure=True, headers=given_headers)
    request.META["SERVER_NAME"], request.META["SERVER_PORT"] = "lms.example.org", "443"
    if sent["cookie"] is not None:
        request.COOKIES["csrftoken"] = sent["cookie"]
    check = django_csrf.CsrfViewMiddleware(lambda _: HttpResponse())
    check.process_request(request)
    return check.process_view(request, lambda _: HttpResponse(), (), {}) is not None


ORIGINS = [
    None,
    OWN,
    APPS,
    "null",
    "",
    "http://lms.example.org",
    f"{OWN}:8443",
    "https://evil.example",
    f"{OWN}.evil.example",
]
REFERERS = [
    None,
    "",
    OWN,
    f"{OWN}/a?b",
    f"{OWN}:443/x",
    f"{APPS}/page",
    "http://lms.example.org/",
    "https://evil.example/",
    "https://lms.example.org.evil.example/",
    "https://lms.example.org@evil.example/",
    "https://evil.example/https://lms.example.org",
    "https://apps.example.org/",
    "lms.example.org",
    "//lms.example.org/",
    "https://[",
    "https:///x",
    "javascript:1",
]
TOKENS = [None, "", SECRET, masked(SECRET, MASK), MASK, masked(MASK, MASK), SECRET.lower(), "x" * 33, SECRET[:-1] + "!"]


@pytest.mark.parametrize(("origin", "referer"), list(product(ORIGINS, REFERERS)))
def test_origins_are_trusted_as_django_trusts_them(origin: str | None, referer: str | None) -> None:
    assert (refusal(origin=origin, referer=referer) is not None) == djangos_refusal(origin=origin, referer=referer)


@pytest.mark.parametrize(("cookie", "header"), list(product(TOKENS, TOKENS)))
def test_tokens_match_as_djangos_do(cookie: str | None, header: str | None) -> None:
    assert (refusal(cookie=cookie, header=header) is not None) == djangos_refusal(cookie=cookie, header=header)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "POST", "DELETE", "FOO"])
def test_only_methods_that_may_write_are_checked(method: str) -> None:
    refused = refusal(method, cookie=None, header=None) is not None

    assert refused == djangos_refusal(method, cookie=None, header=None) == (method not in SAFE_METHODS)


def test_without_https_a_token_is_enough() -> None:
    assert refusal(secure=False, referer=None) is None
    assert refusal(secure=False, referer=None, origin="https://evil.example") is not None


def test_a_reason_quotes_nothing_of_the_request() -> None:
    reasons = {
        refusal(origin="https://evil.example"),
        refusal(referer="https://evil.example"),
        refusal(cookie="evil"),
        refusal(header="evil"),
        refusal(header=MASK),
    }

    assert len(reasons) == 5
    assert not [reason for reason in reasons if reason is None or "evil" in reason or MASK in reason]


@cases(
    "url, expected",
    {
        "a page": ("https://LMS.example.org/a/b?c#d", "https://lms.example.org"),
        "a port": ("http://lms.example.org:8000/", "http://lms.example.org:8000"),
        "an IPv6 address": ("http://[::1]:8000/", "http://[::1]:8000"),
        "a user": ("https://lms.example.org@evil.example/", "https://lms.example.org@evil.example"),
        "no scheme": ("lms.example.org/x", None),
        "no host": ("https:///x", None),
        "an open bracket": ("https://[", None),
        "nothing": ("", None),
    },
)
def test_the_origin_of_a_url(url: str, expected: str | None) -> None:
    assert origin_of(url) == expected
