"""Decides how a change is written, given what is there: only differences, and under which conditions.

A load never takes back what the API has written since the dump was made: items that it changed bear `changed`, and
keep the fields that are the API's own. That mark is also the condition of each write, so that a change by the API in
the very moment of the load is seen too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lms.table import keys
from lms.table.changes import Change
from lms.table.client import table_name
from lms.table.items import LOOKUP, Item
from lms.table.requests import update_arguments

Outcome = Literal["written", "unchanged", "kept"]
StoredItems = Mapping[tuple[str, str], Item]
"""Items by their names, as `get_items` finds them."""


class ChangeRefusedError(Exception):
    """A change that cannot be written; the text says why."""


@dataclass(slots=True)
class Plan:
    """The actions of a transaction that carry out one change: all of them or none."""

    change: Change
    actions: list[dict[str, Any]] = field(default_factory=list)
    outcome: Outcome = "unchanged"

    @property
    def size(self) -> int:
        """Bytes of the actions, roughly."""
        return sum(len(str(action)) for action in self.actions)


def plan(change: Change, stored_items: StoredItems) -> Plan:
    """What must be written for the change, given what is there. Raises ChangeRefusedError."""
    if not all(keys.is_storable(key) for key in (change.key, *change.lookups)):
        raise ChangeRefusedError("its key is too long for DynamoDB")
    stored = stored_items.get(keys.key_name(change.key), {})
    differing = _differing(change, stored)
    outcome: Outcome = "written"
    if "changed" in stored:
        kept = [name for name in differing if change.item_type.is_owned_by_api(name)]
        for name in kept:
            del differing[name]
        outcome = "kept" if kept else outcome
    planned = Plan(change, outcome=outcome if differing or outcome == "kept" else "unchanged")
    if differing:
        planned.actions.append(_action(change, stored, differing))
    if change.lookups:
        planned.actions += _lookup_actions(change, stored, stored_items)
        planned.outcome = "written" if planned.actions else planned.outcome
    return planned


def _differing(change: Change, stored: Item) -> dict[str, Any]:
    """The attributes to write, by name (None: to remove): those that are not there already, and are not newer there."""
    item_type = change.item_type
    values = {**change.values, **(change.revise(item_type.read(stored)) if change.revise else {})}
    wanted: dict[str, Any] = {name: None for name, value in values.items() if value is None}
    wanted |= item_type.write(values)
    if change.from_export and stored.get("source", {}).get("S") == "dump":
        # The dump's overview is exact, nulls and all; only of tabs it says nothing, they have rows of their own.
        wanted = {name: wanted[name] for name in ("discussion_tab",) if name in wanted and name not in stored}
    for date, others in item_type.latest.items():
        if date in wanted and date in stored and _is_later(stored[date], wanted[date]):
            for name in (date, *others):
                wanted.pop(name, None)
    return {name: value for name, value in wanted.items() if stored.get(name) != value}


def _action(change: Change, stored: Item, differing: Mapping[str, Any]) -> dict[str, Any]:
    """The action that sets the differing attributes (None: removes them), if the item is still as it was read."""
    present = {name: value for name, value in differing.items() if value is not None}
    if not stored:
        new = {"TableName": table_name(), "Item": {**change.key, **present}}
        return {"Put": {**new, "ConditionExpression": "attribute_not_exists(PK)"}}
    if change.lookups:
        before = {"id": stored.get("id"), "email": stored.get("email")}
    else:
        before = {"changed": stored.get("changed")}
    before |= {name: stored.get(name) for name in change.item_type.latest if name in differing}
    removed = [name for name, value in differing.items() if value is None]
    return {"Update": update_arguments(change.key, present, remove=removed, before=before)}


def _is_later(stored: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    return wanted is None or stored["S"] >= wanted["S"]


def _lookup_actions(change: Change, stored: Item, stored_items: StoredItems) -> list[dict[str, Any]]:
    """Actions that keep a user's e-mail and id pointing at the user. Raises ChangeRefusedError for another's."""
    username, user_id = change.values["username"], change.values["id"]
    if "id" in stored and stored["id"]["N"] != str(user_id):
        raise ChangeRefusedError(f"the username is that of user {stored['id']['N']} in the table")
    actions: list[dict[str, Any]] = []
    for key in change.lookups:
        owner = LOOKUP.read(stored_items.get(keys.key_name(key), {})).get("username")
        if owner == username:
            continue
        if owner is not None and owner.lower() != username.lower():
            lookup = "id" if key == keys.user_id(user_id) else "e-mail"
            raise ChangeRefusedError(f"its {lookup} is that of another user in the table")
        item = {**key, **LOOKUP.write({"username": username})}
        actions.append({"Put": {"TableName": table_name(), "Item": item, **_if_owned_by(owner or username)}})
    old_email = stored.get("email", {}).get("S", "")
    if old_email and old_email.lower() != str(change.values["email"]).lower():
        deleted = {"TableName": table_name(), "Key": keys.email(old_email)}
        actions.append({"Delete": {**deleted, **_if_owned_by(stored["username"]["S"])}})
    return actions


def _if_owned_by(username: str) -> dict[str, Any]:
    """The condition that a lookup is free, or that user's."""
    return {
        "ConditionExpression": "attribute_not_exists(PK) OR username = :owner",
        "ExpressionAttributeValues": {":owner": {"S": username}},
    }
