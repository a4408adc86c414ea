"""DynamoDB Local: AWS's own engine on this machine, in memory. For laptops and tests; needs Java 17."""

import shutil
import socket
import subprocess
import time

from lms_lambda.dynamodb.tables import ROOT

_FOLDER = ROOT / ".cache/dynamodb-local/node_modules/amplify-dynamodb-simulator/emulator"
"""Where the Makefile installs it."""
_START_SECONDS = 30


class DynamoDBLocalMissingError(Exception):
    """DynamoDB Local cannot be started here; the text says what it needs."""


class DynamoDBLocal:
    """DynamoDB Local on a port (0: a free one) of every interface, from `start` to `stop`."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start serving; the endpoint's URL. Raises DynamoDBLocalMissingError."""
        java = shutil.which("java")
        if java is None or not _FOLDER.exists():
            raise DynamoDBLocalMissingError(
                "DynamoDB Local is not here: `make test-integration` installs it, with Java 17."
            )
        if self.port and not _is_free(self.port):
            raise DynamoDBLocalMissingError(f"DynamoDB Local wants port {self.port}, which something else uses.")
        self.port = self.port or free_port()
        self._server = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(java, "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"),
                # Shared: one table for all credentials and Regions, whatever ones a container is given.
                *("-inMemory", "-sharedDb", "-port", str(self.port)),
            ],
            cwd=_FOLDER,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is ours to pass on: what uses the table ends before it.
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while _is_free(self.port):
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise DynamoDBLocalMissingError("DynamoDB Local does not start; it needs Java 17.")
            time.sleep(0.1)
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop serving, and forget every table."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port() -> int:
    """A port of 127.0.0.1 that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
