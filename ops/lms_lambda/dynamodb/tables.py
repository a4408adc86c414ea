"""The table as template.yaml declares it, made and described anywhere."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lms.domain.errors import UnavailableError
from lms.table.answers import DynamoDBError
from lms_lambda.template import read_template

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "template.yaml"


def sdk_client() -> Any:
    """AWS's own client of DynamoDB, for what only tools do: making tables, describing and scanning them."""
    return _sdk_client(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"), os.environ.get("AWS_REGION"))


@cache
def _sdk_client(endpoint: str | None, region: str | None) -> Any:
    return boto3.client("dynamodb", endpoint_url=endpoint, region_name=region)


def create_table(name: str) -> bool:
    """Make the table and wait until it can be used; False where it was there already.

    Raises DynamoDBError, UnavailableError.
    """
    try:
        with _errors_of_ours():
            created = sdk_client().create_table(TableName=name, **_declared_table())
            # A local DynamoDB's can be used at once.
            if created["TableDescription"]["TableStatus"] != "ACTIVE":
                waiter = sdk_client().get_waiter("table_exists")
                waiter.wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except DynamoDBError as error:
        if error.code == "ResourceInUseException":
            return False
        raise
    return True


@cache
def _declared_table() -> Mapping[str, Any]:
    return read_template(TEMPLATE).table


def describe_table(name: str) -> dict[str, Any]:
    """What DynamoDB says of the table. Raises DynamoDBError, UnavailableError."""
    with _errors_of_ours():
        described: dict[str, Any] = sdk_client().describe_table(TableName=name)["Table"]
    return described


@contextmanager
def _errors_of_ours() -> Iterator[None]:
    """Turns the SDK's errors into those of the table's own client."""
    try:
        yield
    except ClientError as error:
        raise DynamoDBError(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error
    except BotoCoreError as error:
        raise UnavailableError(str(error)) from error
