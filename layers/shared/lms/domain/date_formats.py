"""Dates in other languages than English, by a table that is made of Django's own locales. (mobile-users.md 4.3)

`make date-formats` writes the table, date_formats.json. It is read once it is needed: most sites never do.
"""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypedDict

TABLE = Path(__file__).with_name("date_formats.json")


class DateFormat(TypedDict):
    """How a language writes a date."""

    format: str
    """A format string over `day`, `month` (a name), `number` (of the month) and `year`."""
    months: list[str]
    """The names of the twelve months; empty where the format has none."""


@cache
def date_formats() -> dict[str, DateFormat]:
    """The formats by language code; a language that is not there writes dates as English does."""
    formats: dict[str, DateFormat] = json.loads(TABLE.read_text(encoding="utf-8"))
    return formats


def localized_date(moment: datetime, language: str) -> str | None:
    """`8 de septiembre de 2025` for `es-419`; None for a language without a format of its own."""
    written = date_formats().get(language)
    if written is None:
        return None
    month = written["months"][moment.month - 1] if written["months"] else ""
    return written["format"].format(day=moment.day, month=month, number=moment.month, year=moment.year)
