"""What every test may use: a DynamoDB, and the whole API over HTTP in front of it, with a clock that a test can set."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from uuid import uuid4

import hypothesis
import pytest

from lms.settings import settings
from lms.table.connections import close_connections
from lms.table.ttl_cache import forget_cached
from lms.web.verifier import verifier
from lms_lambda.dynamodb.dynamodb_local import DynamoDBLocal, DynamoDBLocalMissingError
from lms_lambda.dynamodb.embedded import EmbeddedDynamoDB, use_local_credentials
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE, create_table
from lms_lambda.gateway.http_server import DevServer
from lms_lambda.gateway.rest_api import Gateway
from lms_lambda.gateway.sam_local import SamLocal
from lms_lambda.gateway.tokens import local_key, public_jwk_set
from lms_lambda.template import Template, read_template
from tests.api import Api, Clock
from tests.examples import QUICK
from tests.sam_local.selection import can_be_put_to_sam
from tests.sam_local.serving import TABLE, drop_table, sam_local
from tests.world import World

# They run in an environment of their own: `make test-oracles`.
collect_ignore = ["oracles"]

hypothesis.settings.load_profile(QUICK)


SERVICES = {
    "dynamodb-local": "DynamoDB Local, with Java 17 and npm: make test-integration",
    "sam-local": "Docker, with Java 17 and Python 3.13: make test-sam-local",
    "build": "Python 3.13: make test-build",
}
"""What `@pytest.mark.integration` can name, and what it needs. The target gives the option of the same name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--dynamodb-local", action="store_true", help="use DynamoDB Local (Java) in place of the embedded DynamoDB"
    )
    parser.addoption(
        "--sam-local", action="store_true", help="use `sam local` on the build, in place of the local gateway"
    )
    parser.addoption("--build", action="store_true", help="test what `make build` makes, too")
    parser.addoption("--fault-seed", type=int, default=1, help="the first seed of the tests in tests/faults")
    parser.addoption("--fault-schedules", type=int, default=3, help="how many seeds each of them is run with")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs a service that no option asks for; with `--sam-local`, only the tests that can be put to it."""
    for item in items:
        for marker in item.iter_markers("integration"):
            (service,) = marker.args
            if not config.getoption(f"--{service}"):
                item.add_marker(pytest.mark.skip(reason=f"needs {SERVICES[service]}"))
    if config.getoption("--sam-local"):
        left_out = [item for item in items if not can_be_put_to_sam(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if can_be_put_to_sam(item)]


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
    in_java = request.config.getoption("--dynamodb-local") or request.config.getoption("--sam-local")
    engine = DynamoDBLocal() if in_java else EmbeddedDynamoDB()
    try:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint = engine.start()
    except DynamoDBLocalMissingError as problem:
        pytest.exit(str(problem), 2)
    yield endpoint
    close_connections()
    engine.stop()
    del os.environ["AWS_ENDPOINT_URL_DYNAMODB"]


def patient(template: Template) -> Template:
    """The template with a minute for each function: the embedded DynamoDB answers one at a time, on a busy machine."""
    functions = {name: replace(function, timeout=60) for name, function in template.functions.items()}
    return replace(template, functions=functions)


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def server(dynamodb: str, clock: Clock, request: pytest.FixtureRequest) -> Iterator[DevServer | SamLocal]:
    """The API as the local gateway serves it: template.yaml's routes, the real authorizer, the real functions."""
    if request.config.getoption("--sam-local"):
        with sam_local(dynamodb) as sam:
            yield sam
        return
    served = DevServer(Gateway(patient(read_template(TEMPLATE)), ROOT, lambda: clock.now), "127.0.0.1", 0)
    thread = Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    thread.join(10)


@pytest.fixture
def table(dynamodb: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """An empty table of the test's own."""
    # The functions in `sam local`'s containers keep the name that they were started with.
    in_sam = request.config.getoption("--sam-local")
    name = TABLE if in_sam else f"test-{uuid4()}"
    if in_sam:
        drop_table()
    monkeypatch.setenv("TABLE_NAME", name)
    create_table(name)
    forget_cached()
    settings.cache_clear()
    verifier.cache_clear()
    return name


@pytest.fixture
def world(table: str, tmp_path: Path) -> World:
    """An empty site, to be filled with dump rows and course exports through the real loader."""
    return World(tmp_path, copies=True)


@pytest.fixture
def api(server: DevServer | SamLocal, clock: Clock, table: str) -> Api:
    """The API over HTTP, at the moment of the contract's worked example."""
    clock.reset()
    return Api(server.url, clock, served_by_sam=isinstance(server, SamLocal))


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, table: str) -> Callable[..., None]:
    """FEATURES flags of Open edX, to be set by the test: `features(MILESTONES_APP=True)`."""

    def switch(**flags: object) -> None:
        monkeypatch.setenv("FEATURES", json.dumps(flags))
        settings.cache_clear()

    return switch
