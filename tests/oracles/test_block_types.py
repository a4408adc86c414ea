"""The table of block types, held against the sources of the XBlocks' packages. (mobile-users.md 7.8)"""

import pytest

from lms.domain.block_types import CONTAINER_TYPES, SCORED_TYPES
from tests.oracles.xblock_classes import class_value, xblock_classes

XBLOCKS = dict(xblock_classes())
PLATFORM_CONTAINERS = {
    *("course", "chapter", "sequential", "vertical", "library_content", "legacy_library_content", "itembank"),
    *("split_test", "conditional", "randomize", "wrapper", "videosequence", "problemset"),
    *("section", "subsection", "unit"),
}
"""Of the platform's xmodule, which is no package."""


@pytest.mark.parametrize("block_type", sorted(XBLOCKS))
def test_a_type_is_what_its_xblock_says(block_type: str) -> None:
    xblock = XBLOCKS[block_type]

    assert (block_type in SCORED_TYPES) is class_value(xblock, "has_score")
    assert (block_type in CONTAINER_TYPES) is class_value(xblock, "has_children")


def test_every_type_of_the_table_is_of_a_package() -> None:
    assert sorted(SCORED_TYPES - XBLOCKS.keys()) == []
    assert sorted(CONTAINER_TYPES - PLATFORM_CONTAINERS - XBLOCKS.keys()) == []
