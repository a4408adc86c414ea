"""Good tokens, spoilt in many ways, in headers and cookies: none is accepted, none is a server's error."""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api import Answer, Api
from tests.examples import one_in
from tests.security.conftest import MOBILE, SUPPORT, said, sign
from tests.unit.strategies import any_text, json_values

# A round takes a second; `make ci` makes twenty, 10,000 tokens.
ROUNDS, TOKENS_PER_ROUND = settings().max_examples // 15, 500
LETTERS = "ABCabc019-_.=+/ ~!%{}\"'\\é"
CSRF = "x" * 32

pytestmark = pytest.mark.usefixtures("people")

Mutation = Callable[[random.Random, str], str]


def flipped(draw: random.Random, token: str) -> str:
    """One character is another."""
    at = draw.randrange(len(token) or 1)
    return token[:at] + draw.choice(LETTERS) + token[at + 1 :]


def inserted(draw: random.Random, token: str) -> str:
    at = draw.randrange(len(token) + 1)
    return token[:at] + "".join(draw.choices(LETTERS, k=draw.randint(1, 4))) + token[at:]


def cut(draw: random.Random, token: str) -> str:
    start = draw.randrange(len(token) or 1)
    return token[:start] + token[start + draw.randint(1, 40) :]


def repeated(draw: random.Random, token: str) -> str:
    start = draw.randrange(len(token) or 1)
    piece = token[start : start + draw.randint(1, 200)]
    return token[:start] + piece * draw.randint(2, 5) + token[start + len(piece) :]


def shuffled(draw: random.Random, token: str) -> str:
    segments = [*token.split("."), ""]
    return ".".join(draw.choices(segments, k=draw.randint(1, 5)))


def transplanted(draw: random.Random, token: str) -> str:
    """A segment comes from another good token."""
    ours, others = token.split("."), sign(said(preferred_username="nora")).split(".")
    at = draw.randrange(min(3, len(ours)))
    return ".".join([*ours[:at], others[at], *ours[at + 1 :]])


def rewritten(draw: random.Random, token: str) -> str:
    """The header or the claims say something else, under the old signature."""
    segments = token.split(".")
    at = draw.randrange(min(2, len(segments)))
    try:
        value = dict(json.loads(base64.urlsafe_b64decode(segments[at] + "==")))
    except (ValueError, TypeError):  # another mutation has been there before
        return flipped(draw, token)
    key = draw.choice([*value, "kid", "jku", "jwk", "x5u", "crit", "zip", "enc", "b64", "is_restricted", "username"])
    value[key] = draw.choice(["none", "HS256", "RS256", "ES256", "nora", "", None, 0, -1, 9e99, True, [], {}, ["x"]])
    segments[at] = base64.urlsafe_b64encode(json.dumps(value, sort_keys=True).encode()).rstrip(b"=").decode()
    if draw.random() < 0.3:
        segments[-1] = draw.choice(["", "AAAA", segments[0], segments[-1][:-1]])
    return ".".join(segments)


def garbled(draw: random.Random, token: str) -> str:
    """A segment is noise, in base64."""
    segments = token.split(".")
    noise = base64.urlsafe_b64encode(draw.randbytes(draw.randint(0, 300))).decode()
    segments[draw.randrange(len(segments))] = noise.rstrip("=") if draw.random() < 0.7 else noise
    return ".".join(segments)


def padded(draw: random.Random, token: str) -> str:
    """As long as, or longer than, what is read at all."""
    return token + draw.choice("A.=") * draw.choice([1, 2, 3, 4000, 7500, 9000])


MUTATIONS: list[Mutation] = [
    *(flipped, inserted, cut, repeated, shuffled, transplanted, rewritten, garbled, padded),
]


def spoilt(draw: random.Random, token: str) -> str:
    """The token, mutated once or twice until it is another."""
    while True:
        other = token
        for _ in range(draw.randint(1, 2)):
            other = draw.choice(MUTATIONS)(draw, other) or "x"
        if meant(other) != token:
            return other


def meant(token: str) -> str:
    """The token as a server reads it: blanks around a header, blanks and quotes around a cookie are not its own."""
    head, dot, signature = token.strip().rpartition(".")
    return head.strip(' "') + dot + signature.strip(' "')


def sent_with(api: Api, draw: random.Random, token: str) -> Answer:
    """A request with the token where tokens may be: a header of either API, or cookies, to read or to write."""
    way = draw.randrange(5)
    if way == 0:
        return api.get(MOBILE, None, Authorization=f"{draw.choice(['JWT', 'Bearer', 'jwt'])} {token}")
    if way == 1:
        return api.get(SUPPORT, None, Authorization=f"{draw.choice(['JWT', 'Bearer', 'jwt'])} {token}")
    if way == 2:
        return api.get(SUPPORT, None, Cookie=f"edx-jwt-cookie={token}")
    head, _, signature = token.rpartition(".")
    cookies = f"edx-jwt-cookie-header-payload={head}; edx-jwt-cookie-signature={signature}"
    if way == 3:
        return api.get(SUPPORT, None, Cookie=cookies)
    headers = {"Cookie": f"{cookies}; csrftoken={CSRF}", "X-CSRFToken": CSRF, "Origin": "https://lms.example.org"}
    return api.request("PUT", SUPPORT.partition("?")[0], None, "{}", headers | {"Content-Type": "application/json"})


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_spoilt_token_is_accepted(api: Api, seed: int, untouched: Callable[[], None]) -> None:
    draw = random.Random(seed)
    statuses: Counter[int] = Counter()
    good = sign()
    assert sent_with(api, random.Random(2), good).status == 200
    for _ in range(TOKENS_PER_ROUND):
        token = spoilt(draw, good)
        answer = sent_with(api, draw, token)
        statuses[answer.status] += 1
        assert answer.status in (400, 401), token
        assert isinstance(answer.json["detail"], str)
    # 400 is the gateway's, for headers beyond its 10,240 bytes.
    assert statuses[401] > TOKENS_PER_ROUND * 0.8
    assert statuses.total() == TOKENS_PER_ROUND
    untouched()


@one_in(1)
@given(
    claim=st.sampled_from([*said(), "nbf", "username", "user_id", "email"]),
    value=json_values(any_text),
    in_cookie=st.booleans(),
)
def test_no_claim_of_a_well_signed_token_is_a_servers_error(
    api: Api, claim: str, value: object, in_cookie: bool
) -> None:
    token = sign({**said(), claim: value})
    sent = {"Cookie": f"edx-jwt-cookie={token}"} if in_cookie else {"Authorization": f"JWT {token}"}

    assert api.get(SUPPORT, None, **sent).status < 500
