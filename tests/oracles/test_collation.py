"""The order of course ids, held against the Unicode Collation Algorithm. (mobile-users.md 6.4)"""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyuca.collator import Collator_5_2_0, Collator_9_0_0

from lms.domain.collation import collation_key

ids = st.text(string.ascii_letters + string.digits + "_-~.:+/%@", min_size=1, max_size=12)


@pytest.mark.parametrize("collator", [Collator_5_2_0(), Collator_9_0_0()], ids=["unicode_ci", "0900_ai_ci"])
@given(ids, ids)
def test_ids_sort_by_the_algorithms_first_level(
    collator: Collator_5_2_0 | Collator_9_0_0, one: str, other: str
) -> None:
    def first_level(text: str) -> list[int]:
        weights = list(collator.sort_key(text))
        return weights[: weights.index(0)]

    ours = collation_key(one) < collation_key(other), collation_key(one) == collation_key(other)

    assert ours == (first_level(one) < first_level(other), first_level(one) == first_level(other))
