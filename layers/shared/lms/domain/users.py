"""The people: who has an account, how it is named, and what it holds."""

from dataclasses import dataclass
from datetime import datetime

from lms.domain.roles import Roles


@dataclass(frozen=True, slots=True)
class User:
    """An account of the LMS."""

    id: int
    username: str
    email: str = ""
    name: str | None = None
    """The profile's name; None where there is no profile."""
    active: bool = True
    staff: bool = False
    superuser: bool = False
    time_zone: str | None = None
    last_login: datetime | None = None
    milestones: frozenset[int] = frozenset()
    """Milestones that the user has earned, by id."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user, if there is one, and all that the user holds."""

    user: User | None
    roles: Roles


@dataclass(frozen=True, slots=True)
class UserIdentifier:
    """By what a user is looked up: exactly one of these."""

    email: str | None = None
    """In any letter case."""
    username: str | None = None
    """In any letter case."""
    user_id: int | None = None


def same_username(username: str, other: str) -> bool:
    """Whether two spellings name the same account: letter case does not tell them apart. (auth.md 9)"""
    return username.lower() == other.lower()
