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
        snapshots = _Snapshots()
        Table.__deepcopy__ = lambda table, memo: snapshots.take(table, memo)  # type: ignore[attr-defined]
        self._server.start()
        self._serialize(snapshots)
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Stop serving, and forget every table."""
        self._server.stop()

    def _serialize(self, snapshots: "_Snapshots") -> None:
        # moto's tables are plain dicts without locks: two writes at once could lose one of them.
        server: Any = self._server._server
        app, lock = server.app, Lock()

        def one_at_a_time(environ: Any, start_response: Any) -> list[bytes]:
            with lock:
                snapshots.begin_request()
                return list(app(environ, start_response))

        server.app = one_at_a_time


def use_local_credentials() -> None:
    """Give requests something to sign with where the environment has nothing."""
    for name, value in CREDENTIALS.items():
        os.environ.setdefault(name, value)


class _Snapshots:
    """Copies of tables to roll a transaction back to: one per table and request, of the items' attributes only.

    moto copies the whole table, down to each letter, for every single action of a transaction: minutes for a hundred
    actions on a thousand items. All its copies of one request come before its first write, so one will do; and our
    writes replace whole attributes, so a copy of each item's map of attributes will do.
    """

    def __init__(self) -> None:
        self._taken: dict[int, Any] = {}

    def begin_request(self) -> None:
        """Forget what was taken for the request before."""
        self._taken.clear()

    def take(self, table: Any, _memo: dict[int, Any]) -> Any:
        """A table's copy; stands in for `copy.deepcopy`."""
        if id(table) not in self._taken:
            copied = copy.copy(table)
            copied.items = copy.copy(table.items)
            for partition, stored in table.items.items():
                copied.items[partition] = {sort: self._copy_item(item) for sort, item in stored.items()}
            self._taken[id(table)] = copied
        return self._taken[id(table)]

    def _copy_item(self, item: Any) -> Any:
        copied = copy.copy(item)
        copied.attrs = dict(item.attrs)
        return copied
