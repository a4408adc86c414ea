"""What the tests of hostile requests share: a small site, tokens signed by hand, and a look at the whole table."""

import base64
import hashlib
import hmac
import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lms.observation import logger
from lms.settings import settings as settings_of_site
from lms.table.client import table_name
from lms.web.verifier import verifier
from lms_lambda.dynamodb.tables import sdk_client
from lms_lambda.gateway.tokens import local_key
from tests.api import NOW, Answer, Api
from tests.endpoints import one_of_each
from tests.world import COURSE_A, WORKED_TREE, World

MOBILE = "/api/mobile/v1/users/mona"
SUPPORT = "/api/support/v1/manage_course_team/?username=mona"

ENDPOINTS = [(endpoint.method, endpoint.target()) for endpoint in one_of_each()]
WITH_BODIES = [(endpoint.method, endpoint.target()) for endpoint in one_of_each() if endpoint.fields]
"""Those of ENDPOINTS that read a body."""


def said(**changes: Any) -> dict[str, Any]:
    """The claims of mona's token, one of a kind, good at the clock's now; a claim that is changed to None is left out.

    One of a kind, because the gateway remembers what it was told about a token.
    """
    now = int(NOW.timestamp())
    claims: dict[str, Any] = {
        "iss": "https://lms.example.org/oauth2",
        "aud": "lms-key",
        "iat": now - 60,
        "exp": now + 3600,
        "preferred_username": "mona",
        "sub": "0" * 32,
        "scopes": ["email", "profile"],
        "version": "1.2.0",
        "filters": [],
        "is_restricted": False,
        "email_verified": True,
        "jti": uuid4().hex,
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


@cache
def foreign_key() -> rsa.RSAPrivateKey:
    """A key that nobody configured."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(
    claims: Any = None,
    alg: Any = "RS512",
    key: rsa.RSAPrivateKey | bytes | None = None,
    digest: str | None = None,
    **header: Any,
) -> str:
    """A token, put together by hand so that it can say anything. `claims`: bytes are taken as they are.

    `key`: the site's own where it is None; bytes are an HMAC's secret, and empty bytes make no signature at all.
    `digest`: the hash function, where it is not the one that `alg` names.
    """
    payload = claims if isinstance(claims, bytes) else json.dumps(said() if claims is None else claims).encode()
    signed = f"{_base64(json.dumps({'alg': alg, 'typ': 'JWT', **header}).encode())}.{_base64(payload)}"
    digest = digest or f"sha{str(alg)[-3:]}"
    key = local_key() if key is None else key
    if isinstance(key, bytes):
        signature = hmac.new(key, signed.encode(), digest).digest() if key else b""
    else:
        algorithm: hashes.HashAlgorithm = {
            "sha256": hashes.SHA256(),
            "sha384": hashes.SHA384(),
            "sha512": hashes.SHA512(),
        }[digest]
        signature = key.sign(signed.encode(), padding.PKCS1v15(), algorithm)
    return f"{signed}.{_base64(signature)}"


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def fingerprint(text: str) -> str:
    """A short name for a test's parameter that is too long or too odd to be shown."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


Ask = Callable[..., Answer]


@pytest.fixture
def ask(api: Api) -> Ask:
    """A GET with an `Authorization` header: `ask(target, "JWT …")`; None sends none."""

    def get(target: str, authorization: str | None, **headers: str) -> Answer:
        sent = headers if authorization is None else {"Authorization": authorization, **headers}
        return api.get(target, None, **sent)

    return get


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, table: str) -> Callable[..., None]:
    """Change settings of the authorizer: `configure(JWT_SECRET_KEY="…")`; None removes one."""

    def change(**settings: str | None) -> None:
        for name, value in settings.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        verifier.cache_clear()
        settings_of_site.cache_clear()

    return change


@pytest.fixture
def people(world: World) -> World:
    """mona, enrolled in a course with an outline, who is global staff as well; and nora."""
    world.user("mona", 4711, is_staff=True)
    world.user("nora", 4712)
    world.course(COURSE_A)
    world.enroll("mona", COURSE_A)
    world.export(WORKED_TREE, COURSE_A)
    world.load()
    return world


def whole_table() -> dict[tuple[str, str], Any]:
    """Every item of the table, by its key; without the time of a login, which my_user_info is there to write."""
    found: dict[tuple[str, str], Any] = {}
    for page in sdk_client().get_paginator("scan").paginate(TableName=table_name(), ConsistentRead=True):
        for item in page["Items"]:
            item.pop("last_login", None)
            found[item["PK"]["S"], item["SK"]["S"]] = item
    return found


def assert_refused(answer: Answer, text: str) -> None:
    """401 in DRF's shape, with the challenge of the first authenticator."""
    assert (answer.status, answer.json) == (401, {"detail": text})
    assert answer.headers["www-authenticate"] == 'JWT realm="api"'


def assert_well_answered(answer: Answer) -> None:
    """No answer is a server's error, shows a stack, or is anything but a JSON object, or a list where all is well."""
    assert answer.status < 500, (answer.status, answer.body[:500])
    assert b"Traceback" not in answer.body
    if answer.status == 302 and not answer.body:
        return
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json, (dict, list) if answer.status == 200 else dict)


@pytest.fixture
def untouched(people: World) -> Callable[[], None]:
    """Check that nothing in the table has changed since the test began."""
    before = whole_table()

    def check() -> None:
        assert whole_table() == before

    return check


SECRETS = (
    *("mona", "nora", "hidden-name", "hidden-block", "hidden-role", "hidden-query", "hidden-body"),
    *("@example.org", "Mona Demo", "JWT ", "Bearer", "eyJ"),
)


@dataclass(frozen=True)
class Output:
    """What the functions printed since it was last asked."""

    capture: pytest.CaptureFixture[str]

    def lines(self) -> list[dict[str, Any]]:
        """Each line as JSON, none of which says anything that a client sent."""
        printed = self.capture.readouterr().out
        for secret in SECRETS:
            assert secret.lower() not in printed.lower()
        parsed = [json.loads(line) for line in printed.splitlines()]
        assert all(isinstance(line, dict) for line in parsed)
        return parsed

    def split(self, authorizer: bool = False) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Log lines and lines of metrics: of the endpoint that was asked, or of the authorizer before it."""
        lines = [one for one in self.lines() if (one["route"] == "authorizer") == authorizer]
        return [one for one in lines if "_aws" not in one], [one for one in lines if "_aws" in one]


class _StandardOutput:
    """What is standard output at the moment of writing."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture
def output(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, people: World) -> Output:
    # The logger keeps the standard output that there was when it was made.
    for handler in logging.getLogger(logger.name).handlers:
        monkeypatch.setattr(handler, "stream", _StandardOutput())
    capsys.readouterr()
    return Output(capsys)
