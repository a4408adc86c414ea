"""Writes changes to the table: reads what is there, and sends only differences, many in one conditional transaction.

A load never takes back what the API has written since the dump was made: items that it changed bear `changed`, and
keep the fields that are the API's own. That mark is also the condition of each write, so that a change by the API in
the very moment of the load is seen too.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from botocore.exceptions import ClientError

from lms.table import items
from lms.table.access import get_items, update_arguments
from lms.table.client import ConditionFailedError, call, persist, table_name
from lms.table.items import Item
from lms_lambda.load.compose import Change

Outcome = Literal["written", "unchanged", "kept"]
Found = Mapping[tuple[str, str], Item]

_WORKERS = 4
_ACTIONS = 100
"""Actions in one transaction at the most; DynamoDB's limit."""
_BYTES = 3_000_000
"""Bytes in one transaction, below DynamoDB's 4 MB."""
_PATIENCE = 120.0
"""Seconds for which a throttled write is tried again."""
_TRIES = 5
"""Times that a change is worked out anew because its item changed in between."""


class ChangeRefusedError(Exception):
    """A change that cannot be written; the text says why."""


@dataclass(slots=True)
class _Plan:
    """The actions that carry out one change: all of them or none."""

    change: Change
    actions: list[dict[str, Any]] = field(default_factory=list)
    outcome: Outcome = "unchanged"

    @property
    def size(self) -> int:
        return sum(len(str(action)) for action in self.actions)


def write(
    changes: Iterable[Change], refuse: Callable[[Change, str], None], report: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Write the changes, and count their outcomes: written, unchanged, kept (in part: the API's own), refused.

    `refuse` hears of each change that cannot be written, and why; `report`, how many more are done.
    Raises UnavailableError when the table stays out of reach: what is written is written, and loading again goes on.
    """
    outcomes: Counter[str] = Counter()
    with ThreadPoolExecutor(_WORKERS) as workers:
        running: set[Future[list[tuple[Change, str, str]]]] = set()
        for chunk in _chunks(iter(changes)):
            running.add(workers.submit(_write_chunk, chunk))
            if len(running) > 2 * _WORKERS:
                running = _collect(running, outcomes, refuse, report, FIRST_COMPLETED)
        while running:
            running = _collect(running, outcomes, refuse, report, FIRST_COMPLETED)
    return outcomes


def _chunks(changes: Iterator[Change]) -> Iterator[list[Change]]:
    # A transaction takes no two actions on one item; changes of one load never share one.
    while chunk := list(islice(changes, _ACTIONS)):
        yield chunk


def _collect(
    running: set[Future[list[tuple[Change, str, str]]]],
    outcomes: Counter[str],
    refuse: Callable[[Change, str], None],
    report: Callable[[int], None],
    until: str,
) -> set[Future[list[tuple[Change, str, str]]]]:
    done, left = wait(running, return_when=until)
    for future in done:
        finished = future.result()
        for change, outcome, reason in finished:
            outcomes[outcome] += 1
            if outcome == "refused":
                refuse(change, reason)
        report(len(finished))
    return left


def _write_chunk(chunk: Sequence[Change]) -> list[tuple[Change, str, str]]:
    """The outcome of each change, and the reason where it is refused."""
    outcomes: list[tuple[Change, str, str]] = []
    plans: list[_Plan] = []
    found = _read(chunk)
    for change in chunk:
        try:
            plans.append(_plan(change, found))
        except ChangeRefusedError as refusal:
            outcomes.append((change, "refused", str(refusal)))
    for pack in _packs([plan for plan in plans if plan.actions]):
        try:
            _send(pack)
        except (ConditionFailedError, ClientError):
            # One of them stands in the way of the others: each goes alone, worked out anew.
            outcomes += [_write_alone(plan.change) for plan in pack]
        else:
            outcomes += [(plan.change, plan.outcome, "") for plan in pack]
    return outcomes + [(plan.change, plan.outcome, "") for plan in plans if not plan.actions]


def _write_alone(change: Change) -> tuple[Change, str, str]:
    try:
        for _ in range(_TRIES):
            plan = _plan(change, _read([change]))
            if not plan.actions:
                return change, plan.outcome, ""
            try:
                _send([plan])
            except ConditionFailedError:
                continue
            return change, plan.outcome, ""
    except ChangeRefusedError as refusal:
        return change, "refused", str(refusal)
    except ClientError as error:
        return change, "refused", f"DynamoDB refuses it: {error.response['Error']['Code']}"
    return change, "refused", "its item keeps changing"


def _packs(plans: Iterable[_Plan]) -> Iterator[list[_Plan]]:
    pack: list[_Plan] = []
    actions = size = 0
    for plan in plans:
        if pack and (actions + len(plan.actions) > _ACTIONS or size + plan.size > _BYTES):
            yield pack
            pack, actions, size = [], 0, 0
        pack.append(plan)
        actions, size = actions + len(plan.actions), size + plan.size
    if pack:
        yield pack


def _send(pack: Sequence[_Plan]) -> None:
    actions = [action for plan in pack for action in plan.actions]
    persist(lambda: call("transact_write_items", TransactItems=actions), time.monotonic() + _PATIENCE)


def _read(chunk: Sequence[Change]) -> Found:
    keys = [key for change in chunk for key in (change.key, *change.lookups)]
    unstorable = [key for key in keys if not items.is_storable(key)]
    return get_items([key for key in keys if key not in unstorable], consistent=True)


def _plan(change: Change, found: Found) -> _Plan:
    """What must be written for the change, given what is there. Raises ChangeRefusedError."""
    if not all(items.is_storable(key) for key in (change.key, *change.lookups)):
        raise ChangeRefusedError("its key is too long for DynamoDB")
    now = found.get(items.key_name(change.key), {})
    item_type = change.item_type
    values = {**change.values, **(change.revise(item_type.read(now)) if change.revise else {})}
    wanted: dict[str, Any] = {name: None for name, value in values.items() if value is None}
    wanted |= item_type.write(values)
    if change.from_export and now.get("source", {}).get("S") == "dump":
        # The dump's overview is exact, nulls and all; only of tabs it says nothing, they have rows of their own.
        wanted = {name: wanted[name] for name in ("discussion_tab",) if name in wanted and name not in now}
    for moment, others in item_type.latest.items():
        if moment in wanted and moment in now and _is_later(now[moment], wanted[moment]):
            for name in (moment, *others):
                wanted.pop(name, None)
    differing = {name: value for name, value in wanted.items() if now.get(name) != value}
    outcome: Outcome = "written"
    if "changed" in now:
        kept = [name for name in differing if item_type.is_owned_by_api(name)]
        for name in kept:
            del differing[name]
        outcome = "kept" if kept else outcome
    plan = _Plan(change, outcome=outcome if differing or outcome == "kept" else "unchanged")
    if differing:
        plan.actions.append(_action(change, now, differing))
    if change.lookups:
        plan.actions += _lookup_actions(change, now, found)
        plan.outcome = "written" if plan.actions else plan.outcome
    return plan


def _action(change: Change, now: Item, differing: Mapping[str, Any]) -> dict[str, Any]:
    """The action that sets the differing attributes (None: removes them), if the item is still as it was read."""
    present = {name: value for name, value in differing.items() if value is not None}
    if not now:
        new = {"TableName": table_name(), "Item": {**change.key, **present}}
        return {"Put": {**new, "ConditionExpression": "attribute_not_exists(PK)"}}
    before = {"id": now.get("id"), "email": now.get("email")} if change.lookups else {"changed": now.get("changed")}
    before |= {name: now.get(name) for name in change.item_type.latest if name in differing}
    removed = [name for name, value in differing.items() if value is None]
    return {"Update": update_arguments(change.key, present, remove=removed, before=before)}


def _is_later(stored: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    return wanted is None or stored["S"] >= wanted["S"]


def _lookup_actions(change: Change, now: Item, found: Found) -> list[dict[str, Any]]:
    """Actions that keep a user's e-mail and id pointing at the user. Raises ChangeRefusedError for another's."""
    name, user_id = change.values["username"], str(change.values["id"])
    if "id" in now and now["id"]["N"] != user_id:
        raise ChangeRefusedError(f"the username is that of user {now['id']['N']} in the table")
    actions: list[dict[str, Any]] = []
    stored = items.LOOKUP.write({"username": name})
    for key in change.lookups:
        owner = items.LOOKUP.read(found.get(items.key_name(key), {})).get("username")
        if owner == name:
            continue
        if owner is not None and owner.lower() != name.lower():
            what = "id" if key == items.user_id_key(int(user_id)) else "e-mail"
            raise ChangeRefusedError(f"its {what} is that of another user in the table")
        actions.append(
            {
                "Put": {
                    "TableName": table_name(),
                    "Item": {**key, **stored},
                    "ConditionExpression": "attribute_not_exists(PK) OR username = :owner",
                    "ExpressionAttributeValues": {":owner": {"S": owner or name}},
                }
            }
        )
    old_email = now.get("email", {}).get("S", "")
    if old_email and old_email.lower() != str(change.values["email"]).lower():
        actions.append(
            {
                "Delete": {
                    "TableName": table_name(),
                    "Key": items.email_key(old_email),
                    "ConditionExpression": "attribute_not_exists(PK) OR username = :owner",
                    "ExpressionAttributeValues": {":owner": {"S": now["username"]["S"]}},
                }
            }
        )
    return actions
