"""The deployment's settings: environment variables under Open edX's own names."""

import json
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from lms.domain.site import Features


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    lms_root_url: str
    """`https://lms.example.org`, or empty: then the request's own host."""
    cms_base: str
    https: bool
    features: Features


class SettingsError(Exception):
    """An environment variable that cannot be read; the text names it."""


@cache
def settings() -> Settings:
    """The settings of this environment, read once. Raises SettingsError."""
    flags = _json_object("FEATURES")
    sharing = flags.get("SOCIAL_SHARING_SETTINGS")
    defaults = Features()
    return Settings(
        lms_root_url=os.environ.get("LMS_ROOT_URL", "").rstrip("/"),
        cms_base=os.environ.get("CMS_BASE", "localhost:8001"),
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
    )


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
