"""A Django that is set up like the LMS, as far as tests hold our rules against Django's own."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings
from django.test import override_settings
from django.utils.translation import to_locale

from lms.domain.languages import LANGUAGES

TRUSTED = "https://apps.example.org:8443"
NO_SENTENCES = struct.pack("<7I", 0x950412DE, 0, 0, 28, 28, 0, 28)
"""A catalogue of gettext that translates nothing."""


def set_up_django() -> None:
    """A Django that is served over HTTPS as lms.example.org, and trusts one other origin; once per process."""
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["lms.example.org"], CSRF_TRUSTED_ORIGINS=[TRUSTED], SECRET_KEY="x")
        django.setup()


@contextmanager
def languages_of_the_lms() -> Iterator[None]:
    """Django with the LMS's LANGUAGES, and with a catalogue of the LMS's own for each, as its LOCALE_PATHS hold them.

    What a catalogue translates does not matter to dates: their words are in Django's.
    """
    set_up_django()
    with tempfile.TemporaryDirectory() as folder:
        for code in LANGUAGES:
            catalogue = Path(folder, to_locale(code), "LC_MESSAGES/django.mo")
            catalogue.parent.mkdir(parents=True, exist_ok=True)
            catalogue.write_bytes(NO_SENTENCES)
        with override_settings(
            LANGUAGES=[(code, code) for code in LANGUAGES],
            LANGUAGE_CODE="en",
            LOCALE_PATHS=[folder],
            MIDDLEWARE=[],
            ROOT_URLCONF=__name__,
            USE_TZ=True,
        ):
            yield


urlpatterns: list[object] = []
