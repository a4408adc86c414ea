"""Pages of a list. (mobile-users.md 4.2, 4.3)"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.errors import InvalidPageError
from lms.domain.paging import page_of, page_size
from tests.unit.builders import cases
from tests.unit.strategies import any_text


@cases(
    "asked, expected",
    {
        "none is the default": (None, 5),
        "an empty one is the default": ("", 5),
        "a word is the default": ("abc", 5),
        "a fraction is the default": ("2.5", 5),
        "zero is the default": ("0", 5),
        "a negative one is the default": ("-1", 5),
        "a number of too many digits is the default": ("9" * 5000, 5),
        "one is the least": ("1", 1),
        "the largest is taken": ("50", 50),
        "a larger one is the largest": ("51", 50),
    },
)
def test_the_size_of_a_page(asked: str | None, expected: int) -> None:
    assert page_size(asked, 5, 50) == expected


@cases(
    "asked, number, items, start",
    {
        "none is the first": (None, 1, "abc", 0),
        "an empty one is the first": ("", 1, "abc", 0),
        "a number": ("2", 2, "def", 3),
        "the last by its number": ("3", 3, "g", 6),
        "the last by its name": ("last", 3, "g", 6),
    },
)
def test_the_page_that_is_asked_for(asked: str | None, number: int, items: str, start: int) -> None:
    page = page_of("abcdefg", asked, 3)

    assert (page.number, page.items, page.start) == (number, items, start)
    assert (page.pages, page.count, page.size) == (3, 7, 3)


@pytest.mark.parametrize("asked", ["0", "4", "-1", "abc", "1.0", "Last", "9" * 5000])
def test_a_page_that_there_is_not(asked: str) -> None:
    with pytest.raises(InvalidPageError):
        page_of("abcdefg", asked, 3)


@pytest.mark.parametrize("asked", [None, "1", "last"])
def test_nothing_has_one_page(asked: str | None) -> None:
    page = page_of("", asked, 5)

    assert (page.number, page.pages, page.count, page.start, page.items) == (1, 1, 0, 0, "")


@given(st.lists(st.integers()), st.integers(1, 12))
def test_the_pages_together_hold_every_item_once(items: list[int], size: int) -> None:
    pages = page_of(items, "last", size).number
    parts = [page_of(items, str(number), size) for number in range(1, pages + 1)]

    assert [item for part in parts for item in part.items] == items
    assert all(part.start == sum(len(before.items) for before in parts[:index]) for index, part in enumerate(parts))


@given(any_text, st.integers(0, 20))
def test_any_text_asks_for_a_page_or_for_none(asked: str, count: int) -> None:
    size = page_size(asked, 5, 50)
    assert 1 <= size <= 50
    try:
        page = page_of(range(count), asked, size)
    except InvalidPageError:
        return
    assert 1 <= page.number <= page.pages
