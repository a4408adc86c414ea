"""The table as template.yaml declares it, made and described anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from lms.table.client import client
from lms_lambda.template import read_template

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "template.yaml"


def create_table(name: str) -> bool:
    """Make the table and wait until it can be used; False where it was there already."""
    try:
        created = client().create_table(TableName=name, **_declared_table())
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceInUseException":
            return False
        raise
    # A local DynamoDB's can be used at once.
    if created["TableDescription"]["TableStatus"] != "ACTIVE":
        client().get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    return True


@cache
def _declared_table() -> Mapping[str, Any]:
    return read_template(TEMPLATE).table


def describe_table(name: str) -> dict[str, Any]:
    """What DynamoDB says of the table."""
    described: dict[str, Any] = client().describe_table(TableName=name)["Table"]
    return described
