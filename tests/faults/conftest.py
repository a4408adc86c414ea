"""A fault proxy between the functions and their DynamoDB, and a site whose functions have little time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from threading import Thread
from typing import Any
from uuid import uuid4

import boto3
import pytest

from lms.settings import settings
from lms.table import client
from lms.table.ttl_cache import forget_cached
from lms.web.verifier import verifier
from lms_lambda.dynamodb.dynamodb_local import DynamoDBLocal
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE, create_table
from lms_lambda.gateway.http_server import DevServer
from lms_lambda.gateway.rest_api import Gateway
from lms_lambda.template import Template, read_template
from tests.api import Api, Clock
from tests.faults.proxy import FaultProxy, NoFaults
from tests.faults.site import READS, Content, Site, ask_until_answered, content_of, fill_site

RightAnswers = dict[tuple[str, str], Content]
"""By target and caller."""
Serve = Callable[[Template, Callable[[], datetime]], str]
"""Starts the local gateway with a template and a clock; the URL."""

SECONDS = {"CourseTeamFunction": 6, "others": 5}
"""Seconds until a function's timeout in these tests, where a schedule should end soon."""
SILENCE = 1.2
"""Seconds after which the table's client gives up an attempt at which no byte comes."""


# --- One DynamoDB Local for all of pytest-xdist's processes -----------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Start DynamoDB Local once, where several processes of pytest-xdist will ask for it."""
    if config.getoption("--dynamodb-local") and config.getoption("numprocesses", None):
        engine = DynamoDBLocal()
        config.stash[_ENGINE] = engine, engine.start()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if _ENGINE in node.config.stash:
        _, node.workerinput["dynamodb"] = node.config.stash[_ENGINE]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _ENGINE in config.stash:
        config.stash[_ENGINE][0].stop()


_ENGINE = pytest.StashKey[tuple[DynamoDBLocal, str]]()


@pytest.fixture(scope="session")
def dynamodb(environment: None, request: pytest.FixtureRequest) -> Iterator[str]:
    """The endpoint of a DynamoDB: that of all processes, or this process's own."""
    shared = getattr(request.config, "workerinput", {}).get("dynamodb")
    if shared is None:
        yield request.getfixturevalue("dynamodb")
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", shared)
        yield shared


# --- Seeds ------------------------------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a `seed` is run for each of `--fault-schedules` seeds from `--fault-seed` on."""
    if "seed" in metafunc.fixturenames:
        first: int = metafunc.config.getoption("--fault-seed")
        count: int = metafunc.config.getoption("--fault-schedules")
        metafunc.parametrize("seed", range(first, first + count), ids=lambda seed: f"seed{seed}")


@pytest.fixture
def first_seed(request: pytest.FixtureRequest) -> int:
    """`--fault-seed`, for a test that one seed is enough for."""
    seed: int = request.config.getoption("--fault-seed")
    return seed


# --- The proxy, and the API behind it ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def listening_proxy(dynamodb: str) -> Iterator[tuple[FaultProxy, str]]:
    """The process's proxy and its URL: one for all tests, so that connections to it can be kept."""
    proxy = FaultProxy(dynamodb)
    yield proxy, proxy.start()
    proxy.stop()


@pytest.fixture
def proxy(listening_proxy: tuple[FaultProxy, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """The proxy, through which everything in this process reaches DynamoDB; it does no harm until a test says so."""
    proxy, url = listening_proxy
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
    # The patience of production, but for silence: it only costs time.
    monkeypatch.delenv("TABLE_READ_SECONDS")
    monkeypatch.setattr(client, "_SILENCE_SECONDS", SILENCE)
    yield proxy
    proxy.schedule = NoFaults()
    proxy.watch(lambda _: False)
    proxy.on_delivered = lambda _: None
    proxy.settle()
    proxy.forget()


@pytest.fixture(scope="session")
def site(dynamodb: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The process's site: one table, filled once; tests bring learners of their own where they write."""
    name = f"faults-{uuid4()}"
    create_table(name)
    direct = boto3.client("dynamodb", endpoint_url=dynamodb, region_name="us-east-1")
    site = Site(name, dynamodb, direct, tmp_path_factory.mktemp("site"))
    fill_site(site)
    return site


@pytest.fixture(scope="session")
def serve(environment: None) -> Iterator[Serve]:
    """Starts local gateways."""
    servers: list[tuple[DevServer, Thread]] = []

    def start(template: Template, now: Callable[[], datetime]) -> str:
        server = DevServer(Gateway(template, ROOT, now), "127.0.0.1", 0)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        return server.url

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="session")
def hurried_url(serve: Serve, clock: Clock) -> str:
    """The API, whose functions have only some seconds."""
    template = read_template(TEMPLATE)
    functions = {
        name: replace(function, timeout=SECONDS.get(name, SECONDS["others"]))
        for name, function in template.functions.items()
    }
    return serve(replace(template, functions=functions), lambda: clock.now)


@pytest.fixture(scope="session")
def unhurried_url(serve: Serve, clock: Clock) -> str:
    """The API with the timeouts of the template."""
    return serve(read_template(TEMPLATE), lambda: clock.now)


@pytest.fixture
def served(site: Site, proxy: FaultProxy, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Api]:
    """A client of one of the servers above, whose functions use the site through the proxy and remember nothing."""
    monkeypatch.setenv("TABLE_NAME", site.table)
    monkeypatch.setenv("CACHE_SECONDS", "60")
    forget_cached()
    settings.cache_clear()
    verifier.cache_clear()
    clock.reset()
    return lambda url: Api(url, clock)


@pytest.fixture
def api(served: Callable[[str], Api], hurried_url: str) -> Api:
    """The API, whose functions have only some seconds, on the site."""
    return served(hurried_url)


@pytest.fixture
def unhurried_api(served: Callable[[str], Api], unhurried_url: str) -> Api:
    """The API with the timeouts of the template, on the site."""
    return served(unhurried_url)


@pytest.fixture(scope="session")
def remembered_answers() -> RightAnswers:
    return {}


@pytest.fixture
def right_answers(api: Api, remembered_answers: RightAnswers) -> RightAnswers:
    """The answers to `READS` without faults, asked for once; the functions remember nothing of them."""
    if not remembered_answers:
        answers = {read: ask_until_answered(api, *read) for read in READS}
        assert {answer.status for answer in answers.values()} == {200}
        remembered_answers |= {read: content_of(answer) for read, answer in answers.items()}
        forget_cached()
    return remembered_answers
