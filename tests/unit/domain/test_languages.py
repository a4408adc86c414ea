"""The language of an answer, with Django itself as the oracle. (mobile-users.md 1.6)"""

from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.test import RequestFactory, override_settings
from hypothesis import example, given
from hypothesis import strategies as st

from lms.domain.languages import LANGUAGES, negotiate_language, supported_language
from tests.django_site import languages_of_the_lms
from tests.unit.builders import cases
from tests.unit.strategies import any_text

TAGS = (
    *LANGUAGES,
    *("en-US", "en-GB", "es", "es-CO", "ES-mx", "de", "de-AT", "ja", "pt", "fr-CA-x-y", "zh", "zh-Hans", "zh-Hant-HK"),
    *("nn", "no", "xx", "xx-419", "sr-Latn", "*", "en_US", "abcdefghi", "1", ""),
)
QUALITIES = ("", ";q=1", ";q=0.5", " ; q=0.8", ";q=0", ";q=1.000", ";q=0.123", ";q=2", ";q=", ";q=0.1234", ";Q=0.3")
ranges = st.builds("".join, st.tuples(st.sampled_from(TAGS), st.sampled_from(QUALITIES)))
headers = st.lists(ranges, max_size=6).flatmap(
    lambda listed: st.sampled_from([",", ", ", " , ", ",,", " "]).map(lambda comma: comma.join(listed))
)
defaults = st.sampled_from(["en", "es-419", "es", "de", "zh-hans", "ES-MX", "fr-ca", "ca@valencia"])


@pytest.fixture(scope="module", autouse=True)
def django_of_the_lms() -> Iterator[None]:
    with languages_of_the_lms():
        yield


def language_by_django(accept_language: str, default: str) -> str:
    request = RequestFactory().get("/", headers={"Accept-Language": accept_language})
    with override_settings(LANGUAGE_CODE=default):
        answer = LocaleMiddleware(lambda _request: HttpResponse())(request)
    language: str = answer.headers["Content-Language"]
    return language


@given(headers | any_text, defaults)
@example("es-ES,es;q=0.9," * 40, "en")
@example("es-ES" + "x" * 500, "en")
@example("es-ES" + " " * 500 + ",de", "en")
@example("es-ES,", "en")
@example(" es-ES", "en")
@example("es-ES\n", "en")
def test_the_language_is_the_one_that_django_picks(header: str, default: str) -> None:
    assert negotiate_language(header, default.lower(), released=()) == language_by_django(header, default)


@given(st.sampled_from(TAGS))
def test_a_language_stands_for_itself_or_for_a_variant_that_there_is(tag: str) -> None:
    language = supported_language(tag)

    assert language is None or language in LANGUAGES


@cases(
    "header, language",
    {
        "none at all": ("", "en"),
        "Spanish is Latin America's": ("es", "es-419"),
        "another country's Spanish is Latin America's": ("es-CO,es;q=0.9", "es-419"),
        "a country of its own": ("es-mx", "es-mx"),
        "the better quality, not the first": ("fr;q=0.5, de;q=0.8", "de-de"),
        "the next where one is not there": ("tlh, xx;q=0.9, ja;q=0.2", "ja-jp"),
        "a region that there is not": ("en-GB", "en"),
        "a header that is malformed in any part": ("fr, de;q=x", "en"),
        "anything": ("*", "en"),
    },
)
def test_the_best_language_that_the_lms_has_is_taken(header: str, language: str) -> None:
    assert negotiate_language(header, "en", released=()) == language


def test_a_language_code_that_the_lms_does_not_list_is_taken_as_it_is() -> None:
    assert negotiate_language("xx", "tlh", released=()) == "tlh"


@cases(
    "header, language",
    {
        "one that is released": ("fr", "fr"),
        "one that is kept back": ("de", "en"),
        "the next one, that is released": ("de, fr;q=0.1", "fr"),
        "another variant of one that is released": ("es-AR", "es-mx"),
        "the language code, which is always released": ("en-GB, fr;q=0.5", "en"),
        "Chinese by its newer name": ("zh-Hant-HK", "zh-hk"),
        "Chinese in simplified letters": ("zh-Hans", "zh-cn"),
        "anything": ("*, fr;q=0.1", "fr"),
    },
)
def test_only_released_languages_are_taken_where_the_lms_keeps_others_back(header: str, language: str) -> None:
    released = ("es-419", "es-mx", "fr", "zh-cn", "zh-hk", "zh-tw")

    assert negotiate_language(header, "en", released) == language
