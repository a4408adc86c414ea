"""The requests that every access pattern is made of: reads by key, Query, and the arguments of an UpdateItem."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lms import deadline
from lms.domain.errors import UnavailableError
from lms.table import keys
from lms.table.client import call, in_parallel, read_seconds, table_name
from lms.table.items import ItemType
from lms.table.keys import Key

BATCH = 100
"""Keys in one BatchGetItem at the most."""


def get_item(key: Key, consistent: bool) -> Any:
    """The item with that key, or None."""
    if not keys.is_storable(key):
        return None
    return call("GetItem", TableName=table_name(), Key=key, ConsistentRead=consistent).get("Item")


def get_items(wanted: Iterable[Key], consistent: bool) -> dict[tuple[str, str], Any]:
    """The items that exist, by their names: 100 keys per request, requests side by side."""

    def read(chunk: Sequence[Key]) -> list[Any]:
        found: list[Any] = []
        with deadline.within(read_seconds()):
            for _ in deadline.attempts():
                requested = {table_name(): {"Keys": chunk, "ConsistentRead": consistent}}
                answer = call("BatchGetItem", RequestItems=requested)
                found += answer["Responses"].get(table_name(), [])
                chunk = answer.get("UnprocessedKeys", {}).get(table_name(), {}).get("Keys", [])
                if not chunk:
                    return found
        raise UnavailableError("BatchGetItem: DynamoDB keeps leaving keys unread")

    # Each once, as DynamoDB demands it: two courses may share an outline.
    storable = list({keys.key_name(key): key for key in wanted if keys.is_storable(key)}.values())
    chunks = [storable[at : at + BATCH] for at in range(0, len(storable), BATCH)]
    return {keys.key_name(item): item for found in in_parallel(read, chunks) for item in found}


def query(condition: str, values: Mapping[str, Any], consistent: bool, **arguments: Any) -> Iterable[Any]:
    """The items that meet a key condition, page after page. `arguments`: further ones of Query."""
    arguments |= {
        "TableName": table_name(),
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }
    if consistent:
        arguments["ConsistentRead"] = True
    while True:
        page = call("Query", **arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def query_user(username: str, condition: str, sort: str, consistent: bool) -> list[Any]:
    """The items of a user's partition whose sort key meets the condition on `:sort`."""
    key = keys.user(username)
    if not keys.is_storable(key):
        return []
    return list(query(f"PK = :pk AND {condition}", {":pk": key["PK"], ":sort": {"S": sort}}, consistent))


def read_together(*reads: Callable[[], Any]) -> list[Any]:
    """What the reads found, made side by side; none of them may itself need more than one request at a time."""
    return in_parallel(lambda read: read(), reads)


def update_fields(
    item_type: ItemType,
    key: Key,
    values: Mapping[str, Any],
    keep: Iterable[str] = (),
    remove: Iterable[str] = (),
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of an UpdateItem that sets `values`, but those in `keep` only where there is none yet.

    `before` gives the values that fields must still have; None: that they must be absent.
    """
    return update_arguments(
        key,
        item_type.write(values),
        keep,
        remove,
        before and {name: item_type.write({name: value}).get(name) for name, value in before.items()},
    )


def update_arguments(
    key: Key,
    attributes: Mapping[str, Any],
    keep: Iterable[str] = (),
    remove: Iterable[str] = (),
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of an UpdateItem, from attributes as DynamoDB writes them. Every name is a placeholder."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    @functools.cache
    def name(attribute: str) -> str:
        names[f"#n{len(names)}"] = attribute
        return f"#n{len(names) - 1}"

    def value(attribute: Any) -> str:
        values[f":v{len(values)}"] = attribute
        return f":v{len(values) - 1}"

    kept = set(keep)
    assignments = [
        f"{name(attribute)} = if_not_exists({name(attribute)}, {value(written)})"
        if attribute in kept
        else f"{name(attribute)} = {value(written)}"
        for attribute, written in attributes.items()
    ]
    expression = f"SET {', '.join(assignments)}" if assignments else ""
    if removed := [name(attribute) for attribute in remove]:
        expression += f" REMOVE {', '.join(removed)}"
    arguments = {"TableName": table_name(), "Key": key, "UpdateExpression": expression.strip()}
    if before:
        arguments["ConditionExpression"] = " AND ".join(
            f"attribute_not_exists({name(attribute)})" if stored is None else f"{name(attribute)} = {value(stored)}"
            for attribute, stored in before.items()
        )
    arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = values
    return arguments
