"""What the loader's own tests share: a site that is really loaded each time, so that nothing hides what they change."""

from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def world(table: str, tmp_path: Path) -> World:
    """An empty site, to be filled with dump rows and course exports through the real loader."""
    return World(tmp_path)
