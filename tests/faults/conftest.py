"""A fault proxy between the functions and their DynamoDB."""

from collections.abc import Iterator

import pytest

from tests.faults.proxy import FaultProxy, NoFaults


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
    yield proxy
    proxy.schedule = NoFaults()
    proxy.watch(lambda _: False)
    proxy.on_delivered = lambda _: None
    proxy.settle()
    proxy.forget()
