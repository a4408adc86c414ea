"""Access patterns of users: the account, the lookups that lead to it, and what it holds."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from lms.domain.errors import ConditionFailedError
from lms.domain.roles import Roles
from lms.domain.users import Account, User, UserIdentifier
from lms.table import keys
from lms.table.client import call, table_name
from lms.table.items import LOOKUP, ROLE, USER, Item
from lms.table.requests import get_item, get_items, query_user, read_together


def get_user(username: str, consistent: bool = False) -> User | None:
    """The user with that name, in any letter case."""
    item = get_item(keys.user(username), consistent)
    return to_user(item) if item else None


def record_login(username: str, now: datetime) -> User | None:
    """Set the user's last login to `now`, unless it is later already; the user, or None where there is none.

    (deviations 14)
    """
    if not keys.is_storable(keys.user(username)):
        return None
    values = USER.write({"last_login": now})
    try:
        answer = call(
            "UpdateItem",
            TableName=table_name(),
            Key=keys.user(username),
            UpdateExpression="SET last_login = :now",
            ConditionExpression="attribute_exists(id) AND (attribute_not_exists(last_login) OR last_login <= :now)",
            ExpressionAttributeValues={":now": values["last_login"]},
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ConditionFailedError as error:
        return to_user(error.item) if error.item else None
    return to_user(answer["Attributes"])


def read_account_and_find(username: str, wanted: UserIdentifier) -> tuple[Account, str | None]:
    """A user's account, and the name of another user, as far as it is known; one round trip."""

    def find() -> str | None:
        if wanted.email is None and wanted.user_id is None:
            return wanted.username
        key = keys.email(wanted.email) if wanted.email is not None else keys.user_id(wanted.user_id or 0)
        item = get_item(key, consistent=True)
        return LOOKUP.read(item)["username"] if item else None

    user, roles, found = read_together(*account_reads(username), find)
    return Account(user, to_roles(roles, user)), found


def account_reads(username: str) -> tuple[Callable[[], User | None], Callable[[], list[Item]]]:
    """The two reads of an account, to be made beside others: the user, and the items that `to_roles` takes."""
    return (
        lambda: get_user(username, consistent=True),
        lambda: query_user(username, "begins_with(SK, :sort)", keys.ROLES, consistent=True),
    )


def usernames(user_ids: Iterable[int]) -> Mapping[int, str]:
    """The names of the users that there are with these ids, by id."""
    wanted = {keys.key_name(key): user_id for user_id in user_ids for key in (keys.user_id(user_id),)}
    found = get_items([keys.user_id(user_id) for user_id in wanted.values()], consistent=True)
    return {wanted[name]: LOOKUP.read(item)["username"] for name, item in found.items()}


# --- From items to the domain -----------------------------------------------------------------------------------------


def to_user(item: Item) -> User | None:
    """The user, or None where the item holds no account yet, only rows that refer to one."""
    values = USER.read(item)
    return User(**values) if "id" in values else None


def to_roles(items: Iterable[Item], user: User | None) -> Roles:
    """All that the user holds, from the ROLE# items of the user."""
    on_courses: dict[str, Mapping[str, str]] = {}
    on_orgs: dict[str, frozenset[str]] = {}
    in_forums: dict[str, frozenset[str]] = {}
    for item in items:
        values: dict[str, Any] = ROLE.read(item)
        held, forums = values["role:"], frozenset(values["forum:"])
        if "course_id" in values:
            on_courses[values["course_id"]] = held
            in_forums[values["course_id"]] = forums
        else:
            on_orgs[values.get("org", "")] = frozenset(held)
    return Roles(
        active=user is not None and user.active,
        global_staff=user is not None and user.staff,
        superuser=user is not None and user.superuser,
        on_courses={course: held for course, held in on_courses.items() if held},
        on_orgs={org: held for org, held in on_orgs.items() if held},
        in_forums={course: held for course, held in in_forums.items() if held},
    )
