"""What every test may use: a DynamoDB, and the whole API over HTTP in front of it, with a clock that a test can set."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from uuid import uuid4

import hypothesis
import pytest

from lms.settings import settings
from lms.table import access
from lms.web.verifier import verifier
from lms_lambda.embedded import EmbeddedDynamoDB, use_local_credentials
from lms_lambda.gateway import Gateway
from lms_lambda.http_server import DevServer
from lms_lambda.tables import ROOT, TEMPLATE, create_table
from lms_lambda.template import read_template
from lms_lambda.tokens import local_key, public_jwk_set
from tests.api import Api, Clock
from tests.world import World

# Machines are noisy: a slow example says nothing.
hypothesis.settings.register_profile("noisy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("noisy")

DYNAMODB_LOCAL = ROOT / ".cache/dynamodb-local/node_modules/amplify-dynamodb-simulator/emulator"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--dynamodb-local", action="store_true", help="use DynamoDB Local (Java) in place of the embedded DynamoDB"
    )


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings of a site, and nothing of the machine's own AWS configuration."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "JWT_", "POWERTOOLS_"))]:
            patch.delenv(name)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        use_local_credentials()
        for name, value in {
            "JWT_PUBLIC_SIGNING_JWK_SET": public_jwk_set(local_key()),
            "JWT_ISSUER": "https://lms.example.org/oauth2",
            "JWT_AUDIENCE": "lms-key",
            "LMS_ROOT_URL": "https://lms.example.org",
            "CMS_BASE": "studio.example.org",
            "CORS_ORIGIN_WHITELIST": "https://apps.example.org",
            "HTTPS": "on",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            # DynamoDB in this process is slower than AWS's when tests run side by side.
            "TABLE_READ_SECONDS": "30",
        }.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def dynamodb(environment: None, request: pytest.FixtureRequest) -> Iterator[str]:
    """The endpoint of a DynamoDB of the tests' own."""
    if request.config.getoption("--dynamodb-local"):
        with _dynamodb_local() as (endpoint, server):
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
            yield endpoint
            server.terminate()
            server.wait(10)
    else:
        embedded = EmbeddedDynamoDB()
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint = embedded.start()
        yield endpoint
        embedded.stop()
    del os.environ["AWS_ENDPOINT_URL_DYNAMODB"]


class _dynamodb_local:  # noqa: N801 - used as a function
    """AWS's own engine, in memory, on a free port."""

    def __enter__(self) -> tuple[str, subprocess.Popen[bytes]]:
        java = shutil.which("java")
        if java is None or not DYNAMODB_LOCAL.exists():
            pytest.exit("DynamoDB Local is not here: `make test-integration` installs it and needs Java 17.", 2)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._server = subprocess.Popen(
            [
                *(java, "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"),
                *("-inMemory", "-port", str(port)),
            ],
            cwd=DYNAMODB_LOCAL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}", self._server
            time.sleep(0.1)
        pytest.exit("DynamoDB Local does not answer.", 2)

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait(10)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def server(dynamodb: str, clock: Clock) -> Iterator[DevServer]:
    """The API as the local gateway serves it: template.yaml's routes, the real authorizer, the real functions."""
    served = DevServer(Gateway(read_template(TEMPLATE), ROOT, lambda: clock.now), "127.0.0.1", 0)
    thread = Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    thread.join(10)


@pytest.fixture
def table(dynamodb: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty table of the test's own."""
    name = f"test-{uuid4()}"
    monkeypatch.setenv("TABLE_NAME", name)
    create_table(name)
    access.forget_cached()
    settings.cache_clear()
    verifier.cache_clear()
    return name


@pytest.fixture
def world(table: str, tmp_path: Path) -> World:
    """An empty site, to be filled with dump rows and course exports through the real loader."""
    return World(tmp_path)


@pytest.fixture
def api(server: DevServer, clock: Clock, table: str) -> Api:
    """The API over HTTP, at the moment of the contract's worked example."""
    clock.reset()
    return Api(server.url, clock)


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, table: str) -> Callable[..., None]:
    """FEATURES flags of Open edX, to be set by the test: `features(MILESTONES_APP=True)`."""

    def switch(**flags: object) -> None:
        monkeypatch.setenv("FEATURES", json.dumps(flags))
        settings.cache_clear()

    return switch
