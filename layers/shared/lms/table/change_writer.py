"""Writes the changes of a load: reads what is there, and sends many changes in one conditional transaction.

docs/decisions/0003-loading-through-conditional-transactions.md says why transactions.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from lms.domain.errors import ConditionFailedError
from lms.table.answers import DynamoDBError
from lms.table.change_plans import ChangeRefusedError, Plan, StoredItems, plan
from lms.table.changes import Change
from lms.table.client import call
from lms.table.requests import get_items

_WORKERS = 4
_ACTIONS = 100
"""Actions in one transaction at the most; DynamoDB's limit."""
_BYTES = 3_000_000
"""Bytes in one transaction, below DynamoDB's 4 MB."""
_TRIES = 5
"""Times that a change is worked out anew because its item changed in between."""
_OF_THE_CHANGE = frozenset(
    {
        "ItemCollectionSizeLimitExceededException",
        "RequestEntityTooLarge",
        "TransactionCanceledException",
        "ValidationException",
    }
)
"""DynamoDB's refusals that are for what is in a change; any other ends the load."""

Outcomes = list[tuple[Change, str, str]]
"""What became of each change (written, unchanged, kept, refused), and the reason where it is refused."""


def write_changes(
    changes: Iterable[Change], refuse: Callable[[Change, str], None], report: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Write the changes, and count their outcomes: written, unchanged, kept (in part: the API's own), refused.

    `refuse` hears of each change that cannot be written, and why; `report`, how many more are done.
    Raises UnavailableError when the table stays out of reach, or DynamoDBError when it may not be written: what is
    written is written, and loading again goes on.
    """
    outcomes: Counter[str] = Counter()
    workers = ThreadPoolExecutor(_WORKERS)
    try:
        running: set[Future[Outcomes]] = set()
        for chunk in _chunks(iter(changes)):
            running.add(workers.submit(_write_chunk, chunk))
            if len(running) > 2 * _WORKERS:
                running = _collect(running, outcomes, refuse, report)
        while running:
            running = _collect(running, outcomes, refuse, report)
    finally:
        # After a failure none that waits is begun: each would wait for the table as long.
        workers.shutdown(cancel_futures=True)
    return outcomes


def _chunks(changes: Iterator[Change]) -> Iterator[list[Change]]:
    # A transaction takes no two actions on one item; changes of one load never share one.
    while chunk := list(islice(changes, _ACTIONS)):
        yield chunk


def _collect(
    running: set[Future[Outcomes]],
    outcomes: Counter[str],
    refuse: Callable[[Change, str], None],
    report: Callable[[int], None],
) -> set[Future[Outcomes]]:
    """Count what is finished, waiting until something is; what still runs."""
    done, left = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        finished = future.result()
        for change, outcome, reason in finished:
            outcomes[outcome] += 1
            if outcome == "refused":
                refuse(change, reason)
        report(len(finished))
    return left


def _write_chunk(chunk: Sequence[Change]) -> Outcomes:
    outcomes: Outcomes = []
    plans: list[Plan] = []
    stored = _read(chunk)
    for change in chunk:
        try:
            plans.append(plan(change, stored))
        except ChangeRefusedError as refusal:
            outcomes.append((change, "refused", str(refusal)))
    for pack in _packs([planned for planned in plans if planned.actions]):
        try:
            _send(pack)
        except (ConditionFailedError, DynamoDBError):
            # One of them stands in the way of the others: each goes alone, worked out anew.
            outcomes += [_write_alone(planned.change) for planned in pack]
        else:
            outcomes += [(planned.change, planned.outcome, "") for planned in pack]
    return outcomes + [(planned.change, planned.outcome, "") for planned in plans if not planned.actions]


def _write_alone(change: Change) -> tuple[Change, str, str]:
    try:
        for _ in range(_TRIES):
            planned = plan(change, _read([change]))
            if not planned.actions:
                return change, planned.outcome, ""
            try:
                _send([planned])
            except ConditionFailedError:
                continue
            return change, planned.outcome, ""
    except ChangeRefusedError as refusal:
        return change, "refused", str(refusal)
    except DynamoDBError as error:
        if error.code not in _OF_THE_CHANGE:
            raise
        return change, "refused", f"DynamoDB refuses it: {error.code}"
    return change, "refused", "its item keeps changing"


def _packs(plans: Iterable[Plan]) -> Iterator[list[Plan]]:
    """The plans in transactions as large as DynamoDB takes them."""
    pack: list[Plan] = []
    actions = size = 0
    for planned in plans:
        if pack and (actions + len(planned.actions) > _ACTIONS or size + planned.size > _BYTES):
            yield pack
            pack, actions, size = [], 0, 0
        pack.append(planned)
        actions, size = actions + len(planned.actions), size + planned.size
    if pack:
        yield pack


def _send(pack: Sequence[Plan]) -> None:
    actions = [action for planned in pack for action in planned.actions]
    call("TransactWriteItems", TransactItems=actions)


def _read(chunk: Sequence[Change]) -> StoredItems:
    return get_items([key for change in chunk for key in (change.key, *change.lookups)], consistent=True)
