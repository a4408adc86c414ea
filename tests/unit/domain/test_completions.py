"""The digests that stand for completed blocks. (lms.domain.completions)"""

from hypothesis import given

from lms.domain.completions import DIGEST_BYTES, block_digest
from tests.unit.strategies import any_text


@given(any_text, any_text)
def test_every_block_has_a_short_digest(block_type: str, block_id: str) -> None:
    assert len(block_digest(block_type, block_id)) == DIGEST_BYTES == 8


def test_a_digest_is_the_same_wherever_it_is_made() -> None:
    assert block_digest("problem", "p1").hex() == "daab9daae06b5b39"


def test_type_and_id_both_count() -> None:
    assert len({block_digest(kind, name) for kind in ("problem", "html") for name in ("p1", "p2")}) == 4
