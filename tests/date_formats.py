"""The table of date formats that the layer holds, made out of the locales of the Django that is installed.

`make date-formats` writes it; tests/unit/domain/test_date_formats.py fails where the committed one is another.
"""

import json
import re
from datetime import date

from django.utils import dateformat, formats, translation

from lms.domain.date_formats import TABLE, DateFormat
from lms.domain.languages import LANGUAGES
from tests.django_site import languages_of_the_lms

# Django's format characters as str.format has them.
_PLACEHOLDERS = {"j": "{day}", "d": "{day:02}", "n": "{number}", "m": "{number:02}", "Y": "{year:04}"}
_MONTH_NAMES = "FNEM"
_CHARACTER = re.compile(r"\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL)
# What else Django would put something in place of.
_UNKNOWN = "aAbcDefgGhHiIlLoOPrsStTuUwWyzZ"


def date_formats() -> dict[str, DateFormat]:
    """The formats of the LMS's languages, by code, but for those that write dates as English does."""
    with languages_of_the_lms():
        found = {code: _date_format(code) for code in LANGUAGES}
    return {code: written for code, written in found.items() if written != found["en"]}


def as_text() -> str:
    """The table as it is committed: a line for each language."""
    lines = [
        f"{json.dumps(code)}: {json.dumps(written, ensure_ascii=False)}"
        for code, written in sorted(date_formats().items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _date_format(code: str) -> DateFormat:
    with translation.override(code):
        django_format = formats.get_format("DATE_FORMAT")
        names = {character for character in _MONTH_NAMES if re.search(rf"(?<!\\){character}", django_format)}
        months = [dateformat.format(date(2026, month, 1), "".join(names)) for month in range(1, 13)] if names else []
    if len(names) > 1:
        raise ValueError(f"{code}: {django_format} names the month in two ways")
    converted = "".join(_converted(code, found) for found in _CHARACTER.finditer(django_format))
    return {"format": converted, "months": months}


def _converted(code: str, found: re.Match[str]) -> str:
    character = found["plain"]
    if character is None:
        return found["escaped"]
    if character in _UNKNOWN:
        raise ValueError(f"{code}: the format character {character} is not provided for")
    return "{month}" if character in _MONTH_NAMES else _PLACEHOLDERS.get(character, character)


if __name__ == "__main__":
    TABLE.write_text(as_text(), encoding="utf-8")
