"""The deployment's settings: environment variables under Open edX's own names."""

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from lms.domain.site import Features

_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?")
# Without the scheme's own port, which browsers leave out of an origin.
_ORIGIN = re.compile(rf"(?!https://[^/]*:443(?!\d)|http://[^/]*:80(?!\d))https?://{_HOST.pattern}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*(@[A-Za-z0-9]{1,20})?")
_ROOT_URL = re.compile(rf"{_ORIGIN.pattern}/?")
_MEDIA_URL = re.compile(rf"({_ORIGIN.pattern})?/([A-Za-z0-9._~!$&'()*+,;=:@%-]+/)*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    lms_root_url: str
    """`https://lms.example.org`, or empty: then the request's own host."""
    cms_base: str
    https: bool
    features: Features
    allowed_origins: frozenset[str] = frozenset()
    """CORS_ORIGIN_WHITELIST: origins such as `https://apps.lms.example.org`, in lower case."""
    media_url: str = "/media/"
    """MEDIA_URL: what the names of uploaded files are appended to; a path of the LMS, or a URL of another store."""
    language_code: str = "en"
    """LANGUAGE_CODE, in lower case: the language of who asks for none that there is."""
    released_languages: tuple[str, ...] = ()
    """The codes of DarkLangConfig's released languages, in lower case; none where the LMS does not keep any back."""


class SettingsError(Exception):
    """An environment variable that cannot be read; the text names it."""


@cache
def settings() -> Settings:
    """The settings of this environment, read once. Raises SettingsError."""
    flags = _json_object("FEATURES")
    sharing = flags.get("SOCIAL_SHARING_SETTINGS")
    defaults = Features()
    return Settings(
        lms_root_url=_matching("LMS_ROOT_URL", "", _ROOT_URL, "a URL like https://lms.example.org").rstrip("/"),
        cms_base=_matching("CMS_BASE", "localhost:8001", _HOST, "a host like studio.example.org"),
        https=os.environ.get("HTTPS", "on") == "on",
        features=Features(
            milestones=bool(flags.get("MILESTONES_APP", defaults.milestones)),
            prerequisite_courses=bool(flags.get("ENABLE_PREREQUISITE_COURSES", defaults.prerequisite_courses)),
            html_certificates=bool(flags.get("CERTIFICATES_HTML_VIEW", defaults.html_certificates)),
            discussion_service=bool(flags.get("ENABLE_DISCUSSION_SERVICE", defaults.discussion_service)),
            disable_start_dates=bool(flags.get("DISABLE_START_DATES", defaults.disable_start_dates)),
            custom_course_urls=isinstance(sharing, dict) and bool(sharing.get("CUSTOM_COURSE_URLS")),
            min_access_weeks=_weeks("COURSE_ACCESS_DURATION_MIN_WEEKS", defaults.min_access_weeks),
            max_access_weeks=_weeks("COURSE_ACCESS_DURATION_MAX_WEEKS", defaults.max_access_weeks),
        ),
        allowed_origins=_origins("CORS_ORIGIN_WHITELIST"),
        media_url=_matching("MEDIA_URL", "/media/", _MEDIA_URL, "a path or URL like /media/, with / at its end"),
        language_code=_matching("LANGUAGE_CODE", "en", _LANGUAGE, "a language code like es-419").lower(),
        released_languages=_languages("RELEASED_LANGUAGES"),
    )


def _matching(name: str, default: str, pattern: re.Pattern[str], form: str) -> str:
    value = os.environ.get(name) or default
    if value and not pattern.fullmatch(value):
        raise SettingsError(f"{name} is not {form}.")
    return value


def _listed(name: str) -> list[str]:
    """The parts between the commas, in lower case."""
    parts = (part.strip().lower() for part in os.environ.get(name, "").split(","))
    return [part for part in parts if part]


def _languages(name: str) -> tuple[str, ...]:
    languages = tuple(_listed(name))
    if not all(_LANGUAGE.fullmatch(language) for language in languages):
        raise SettingsError(f"{name} is not a list of language codes like en,es-419, with commas between.")
    return languages


def _origins(name: str) -> frozenset[str]:
    origins = frozenset(_listed(name))
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise SettingsError(f"{name} is not a list of origins like https://apps.lms.example.org, with commas between.")
    return origins


def _json_object(name: str) -> dict[str, Any]:
    try:
        value = json.loads(os.environ.get(name) or "{}")
    except ValueError as error:
        raise SettingsError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SettingsError(f"{name} must be a JSON object.")
    return value


def _weeks(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{name} must be a whole number of weeks.")
    return int(text)
