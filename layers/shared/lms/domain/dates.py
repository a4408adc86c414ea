"""Moments as the wire and the clients write them. All moments are aware datetimes in UTC."""

import re
from datetime import UTC, datetime
from typing import overload

_AP_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
_LOOSE_DATE_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)",
    re.ASCII,
)

UNSET_START = datetime(2030, 1, 1, tzinfo=UTC)
"""The start that Open edX gives a course whose author set none."""


@overload
def format_datetime(moment: datetime) -> str: ...
@overload
def format_datetime(moment: datetime | None) -> str | None: ...
def format_datetime(moment: datetime | None) -> str | None:
    """`2026-03-16T00:00:00Z`, with six digits of fraction only where there is one. (mobile-users.md 1.5)"""
    if moment is None:
        return None
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def ap_date(moment: datetime) -> str:
    """`Sept. 8, 2025`: Associated Press months, the day without a zero. (mobile-users.md 4.3)"""
    return f"{_AP_MONTHS[moment.month - 1]} {moment.day}, {moment.year:04}"


def display_date(moment: datetime, language: str) -> str:
    """The date as Django's date filter writes it in that language, a code such as `es-419`. (mobile-users.md 4.3)"""
    if language.startswith("en"):
        return ap_date(moment)
    # No cold start loads what only other languages need.
    from lms.domain.date_formats import localized_date

    return localized_date(moment, language) or ap_date(moment)


def parse_stored(text: str | None) -> datetime | None:
    """The date that we, or Django, wrote as ISO 8601 with an offset; None for none. Raises ValueError."""
    return datetime.fromisoformat(text) if text else None


def parse_zoned(text: str) -> datetime | None:
    """The moment that a client's ISO 8601 date-time with a UTC offset names, or None. (mobile-users.md 5.2)

    A bare date, a date-time without offset and an impossible date are None.
    """
    moment: datetime | None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _parse_loose(text)
    if moment is None or moment.tzinfo is None:
        return None
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _parse_loose(text: str) -> datetime | None:
    """Single-digit months and the like, which Django takes where Python's own parser does not."""
    match = _LOOSE_DATE_TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    offset = "+00:00" if zone == "Z" else zone
    canonical = (
        f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second or '00':0>2}.{fraction or '0':0<6}{offset}"
    )
    try:
        return datetime.fromisoformat(canonical)
    except ValueError:
        return None
