"""Dates in the language of the answer, with Django itself as the oracle. (mobile-users.md 4.3)"""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.template import defaultfilters
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from lms.domain.date_formats import TABLE, date_formats
from lms.domain.dates import display_date
from lms.domain.languages import LANGUAGES
from tests.date_formats import as_text
from tests.django_site import languages_of_the_lms
from tests.unit.builders import at, cases
from tests.unit.strategies import utc_moments


@pytest.fixture(scope="module", autouse=True)
def django_of_the_lms() -> Iterator[None]:
    with languages_of_the_lms():
        yield


def test_the_committed_table_is_what_django_makes() -> None:
    assert TABLE.read_text(encoding="utf-8") == as_text(), "make date-formats writes it anew"


@given(utc_moments, st.sampled_from(LANGUAGES))
@example(at("0001-01-01"), "en")
def test_a_date_is_written_as_djangos_date_filter_writes_it(moment: datetime, language: str) -> None:
    with translation.override(language):
        assert display_date(moment, language) == defaultfilters.date(moment, "DATE_FORMAT")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_month_is_named_as_django_names_it(language: str) -> None:
    for month in range(1, 13):
        moment = at(f"2026-{month:02}-05")
        with translation.override(language):
            assert display_date(moment, language) == defaultfilters.date(moment, "DATE_FORMAT")


@cases(
    "language, text",
    {
        "English": ("en", "Sept. 5, 2026"),
        "the Spanish of Latin America": ("es-419", "5 de septiembre de 2026"),
        "the Spanish of Mexico": ("es-mx", "5 de Septiembre de 2026"),
        "Japanese, in numbers": ("ja-jp", "2026年9月5日"),
        "Greek, with zeros": ("el", "05/09/2026"),
        "Chinese, which Django's formats know by another name": ("zh-cn", "Sept. 5, 2026"),
        "a language that there is not": ("tlh", "Sept. 5, 2026"),
    },
)
def test_a_date_in_the_words_of_its_language(language: str, text: str) -> None:
    assert display_date(at("2026-09-05"), language) == text


def test_english_and_the_languages_that_django_has_no_words_for_are_left_out_of_the_table() -> None:
    left_out = set(LANGUAGES) - date_formats().keys()

    assert left_out == {
        *("en", "en-uk", "en@lolcat", "en@pirate"),
        *("rtl", "am", "fil", "gu", "or", "si", "zh-cn", "zh-hk", "zh-tw"),
    }
