"""What tests of the table's client share: servers on loopback, and an environment that points to them."""

from collections.abc import Callable, Iterator

import pytest

from lms.table.connections import close_connections
from lms.table.credentials import use_source
from tests.unit.table.loopback import Reply, Server

Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(reply, …)`: a server that answers by these, and is gone after the test."""
    servers: list[Server] = []

    def start(*replies: Reply, **options: object) -> Server:
        servers.append(Server(*replies, **options))  # type: ignore[arg-type]
        return servers[-1]

    close_connections()
    yield start
    close_connections()
    for server in servers:
        server.close()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An environment that holds nothing of AWS but a key and a Region, to be changed by the test."""
    import os

    for name in [name for name in os.environ if name.startswith(("AWS_", "TABLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    use_source(None)
    yield monkeypatch
    use_source(None)
