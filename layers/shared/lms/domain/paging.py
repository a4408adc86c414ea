"""Pages of a list. (mobile-users.md 4.2, 4.3)"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from lms.domain.errors import InvalidPageError

T = TypeVar("T")

# By version of the mobile API: those that have pages.
PAGE_SIZE = {"v3": 10, "v4": 5}
MAX_PAGE_SIZE = {"v3": 100, "v4": 50}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page: its number from 1, how many there are, and how many items on all of them."""

    items: Sequence[T]
    number: int
    pages: int
    count: int
    size: int

    @property
    def start(self) -> int:
        """How many items stand on the pages before."""
        return (self.number - 1) * self.size


def page_size(asked: str | None, default: int, largest: int) -> int:
    """The size asked for, if it is a positive whole number, up to the largest; else the default."""
    try:
        size = int(asked or "")
    except ValueError:
        return default
    return min(size, largest) if size > 0 else default


def page_of(items: Sequence[T], asked: str | None, size: int) -> Page[T]:
    """The page asked for: 1 when none is, `last` for the last; nothing has one page too. Raises InvalidPageError."""
    pages = max(1, -(-len(items) // size))
    try:
        number = pages if asked == "last" else int(asked or "1")
    except ValueError:
        raise InvalidPageError from None
    if not 1 <= number <= pages:
        raise InvalidPageError
    return Page(items[(number - 1) * size : number * size], number, pages, len(items), size)
