"""The API as `sam local start-api` serves it, for the tests: one gateway, one table, and the tests' clock."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from lms_lambda.dynamodb.dynamodb_local import free_port
from lms_lambda.dynamodb.tables import ROOT, sdk_client
from lms_lambda.gateway.sam_local import BUILD, HOST, SamLocal, SamLocalError
from tests.api import NOW

TABLE = "sam-local"
"""The name of the table: the containers keep the one that they were started with."""
_SAM = (str(ROOT / ".venv-sam/bin/python"), str(Path(__file__).with_name("sam_at.py")), NOW.isoformat())


@contextmanager
def sam_local(endpoint: str) -> Iterator[SamLocal]:
    """`sam local start-api` with the environment's settings, at the contract's noon, on the DynamoDB at `endpoint`."""
    settings = {
        **os.environ,
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:{urlsplit(endpoint).port}",
        "TABLE_NAME": TABLE,
        # A test changes what the functions would otherwise keep.
        "CACHE_SECONDS": "0",
    }
    output = BUILD / "output.log"
    with output.open("w", encoding="utf-8") as log:
        sam = SamLocal(settings, free_port(), _writer(log), sam=_SAM)
        try:
            sam.start()
        except SamLocalError as problem:
            pytest.exit(f"{problem} ({output})", 2)
        yield sam
        sam.stop()


def _writer(log: TextIO) -> Callable[[str], None]:
    def write(line: str) -> None:
        log.write(line)
        log.flush()

    return write


def drop_table() -> None:
    """Forget the table of the test before."""
    try:
        sdk_client().delete_table(TableName=TABLE)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
