"""Outlines of several parts, which a load may be replacing at the moment. (lms.table.outlines)"""

import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lms.domain.errors import UnavailableError
from lms.domain.outline import Block
from lms.table import items, keys, outlines
from lms.table.outlines import cached_outline, from_blocks, keep_outline
from lms.table.ttl_cache import forget_cached
from tests.unit.builders import COURSE_ID, KEY, cases

OLD = [Block("course", "course", None), *(Block("chapter", f"chapter-{number}", 0) for number in range(40))]
NEW = [Block("course", "course", None), *(Block("chapter", f"section-{number}", 0) for number in range(40))]

Parts = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    forget_cached()
    yield
    forget_cached()


def parts_of(blocks: list[Block]) -> Parts:
    """The items of an outline, in order."""
    return [{**key, **items.OUTLINE.write(values)} for key, values in from_blocks(COURSE_ID, blocks)]


@pytest.fixture
def kept_in_the_table(monkeypatch: pytest.MonkeyPatch) -> Callable[[Parts], None]:
    """Has the table hold these items."""
    monkeypatch.setattr(outlines, "_PART_BYTES", 60)

    def put(parts: Parts) -> None:
        held = {keys.key_name(part): part for part in parts}

        def get_items(wanted: list[Any], consistent: bool) -> dict[Any, Any]:
            assert consistent
            return {name: held[name] for key in wanted if (name := keys.key_name(key)) in held}

        monkeypatch.setattr(outlines, "get_items", get_items)

    return put


def replaced(parts: Parts, at: int, **fields: Any) -> Parts:
    return [{**part, **fields} if number == at else part for number, part in enumerate(parts)]


def only(content: bytes) -> Parts:
    """An outline of one part, with this content."""
    blocks = b64encode(zlib.compress(content)).decode()
    return [{**keys.outline(COURSE_ID), "blocks": {"B": blocks}, "parts": {"N": "1"}}]


def in_bytes(content: bytes) -> dict[str, str]:
    return {"B": b64encode(content).decode()}


def test_an_outline_of_several_parts_is_put_together_and_kept(kept_in_the_table: Callable[[Parts], None]) -> None:
    parts = parts_of(OLD)
    assert len(parts) > 2
    kept_in_the_table(parts)

    outline = keep_outline(KEY, {keys.key_name(parts[0]): parts[0]})

    assert list(outline.blocks) == OLD
    assert cached_outline(COURSE_ID) is outline


@cases(
    "spoil",
    {
        "that lack one": lambda old, _: old[:-1],
        "that lack all but the first": lambda old, _: old[:1],
        "of which the last is newer": lambda old, new: [*old[:-1], new[len(old) - 1]],
        "of which the first is older": lambda old, new: [old[0], *new[1:]],
        "of which one is damaged": lambda old, _: replaced(old, 1, blocks=in_bytes(b"\0" * 60)),
        "of which one is no base64": lambda old, _: replaced(old, 1, blocks={"B": "x"}),
        "of which one has no blocks": lambda old, _: [old[0], {**keys.outline(COURSE_ID, 1)}, *old[2:]],
        "that are cut off": lambda old, _: replaced(old, len(old) - 1, blocks=in_bytes(b"")),
        "of what is no JSON": lambda _, __: only(b"[{"),
        "of other JSON": lambda _, __: only(b'{"a": 1}'),
        "of a list of numbers": lambda _, __: only(b"[1]"),
        "of JSON that is no block": lambda _, __: only(b'[{"kind": 1}]'),
    },
)
def test_parts_that_do_not_fit_together_are_no_outline_and_are_not_kept(
    kept_in_the_table: Callable[[Parts], None], spoil: Callable[[Parts, Parts], Parts]
) -> None:
    spoilt = spoil(parts_of(OLD), parts_of(NEW))
    kept_in_the_table(spoilt)

    with pytest.raises(UnavailableError, match="do not fit together") as caught:
        keep_outline(KEY, {keys.key_name(spoilt[0]): spoilt[0]})

    assert cached_outline(COURSE_ID) is None
    assert "chapter" not in str(caught.value)


def test_a_course_without_an_outline_is_its_course_block() -> None:
    assert list(keep_outline(KEY, {}).blocks) == [Block("course", "course", None)]
