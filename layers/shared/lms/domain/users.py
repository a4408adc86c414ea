"""The people: who has an account, and the Open edX rule of who may see whose pages."""

from dataclasses import dataclass
from datetime import datetime


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


def same_username(one: str, other: str) -> bool:
    """Whether two spellings name the same account: letter case does not tell them apart. (contract/auth.md 9)"""
    return one.lower() == other.lower()
