"""A DynamoDB inside the command: moto's server, for laptops and tests. It forgets everything when the command ends."""

import copy
import logging
import os
from threading import Lock
from typing import Any

from moto.dynamodb.models.table import Table
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1"}
"""What a local DynamoDB is called with: it takes any."""


class EmbeddedDynamoDB:
    """moto's DynamoDB server on a free port of 127.0.0.1, from `start` to `stop`."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def start(self) -> str:
        """Start serving; the endpoint's URL."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        Table.__deepcopy__ = _snapshot  # type: ignore[attr-defined]
        self._server.start()
        self._serialize()
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Stop serving, and forget every table."""
        self._server.stop()

    def _serialize(self) -> None:
        # moto's tables are plain dicts without locks: two writes at once could lose one of them.
        server: Any = self._server._server
        app, lock = server.app, Lock()

        def one_at_a_time(environ: Any, start_response: Any) -> list[bytes]:
            with lock:
                return list(app(environ, start_response))

        server.app = one_at_a_time


def use_local_credentials() -> None:
    """Give botocore something to sign with where the environment has nothing."""
    for name, value in CREDENTIALS.items():
        os.environ.setdefault(name, value)


def _snapshot(table: Any, _memo: dict[int, Any]) -> Any:
    """A copy of a table to roll a transaction back to.

    moto copies the whole table, down to each letter, for every action of a transaction: seconds on a table of a few
    thousand items. Our writes replace whole attributes, so a copy of each item's map of attributes will do.
    """
    copied = copy.copy(table)
    copied.items = type(table.items)(table.items.default_factory) if hasattr(table.items, "default_factory") else {}
    for partition, stored in table.items.items():
        copied.items[partition] = {sort: _snapshot_item(item) for sort, item in stored.items()}
    return copied


def _snapshot_item(item: Any) -> Any:
    copied = copy.copy(item)
    copied.attrs = copy.copy(item.attrs)
    return copied
