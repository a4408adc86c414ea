"""Random values that more than one property is asked of."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
utc_moments = st.datetimes(timezones=st.just(UTC))
# A day off both ends of the calendar, so that every one of them exists in UTC too.
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=offsets)  # noqa: DTZ001 - hypothesis adds it

any_text = st.text(st.characters())
"""Text as Python holds it: lone surrogates too, which neither UTF-8 nor DynamoDB can."""
sendable_text = st.text(st.characters(codec="utf-8"))


def json_values(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any JSON value with these texts in it."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
    )
