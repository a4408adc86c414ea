"""What the environment says of the deployment, under Open edX's own names."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lms.domain.site import Features
from lms.settings import SettingsError, settings
from tests.unit.builders import cases

Configure = Callable[..., None]
DEFAULTS = Features()


def test_nothing_is_needed(configure: Configure) -> None:
    configure()

    found = settings()

    assert (found.lms_root_url, found.cms_base, found.https) == ("", "localhost:8001", True)
    assert (found.features, found.allowed_origins, found.media_url) == (DEFAULTS, frozenset(), "/media/")


@cases(
    "flags, field",
    {
        "milestones": ({"MILESTONES_APP": True}, "milestones"),
        "prerequisite courses": ({"ENABLE_PREREQUISITE_COURSES": True}, "prerequisite_courses"),
        "certificates as pages": ({"CERTIFICATES_HTML_VIEW": True}, "html_certificates"),
        "no discussion service": ({"ENABLE_DISCUSSION_SERVICE": False}, "discussion_service"),
        "no start dates": ({"DISABLE_START_DATES": True}, "disable_start_dates"),
        "addresses to share": ({"SOCIAL_SHARING_SETTINGS": {"CUSTOM_COURSE_URLS": True}}, "custom_course_urls"),
    },
)
def test_each_flag_changes_one_feature(configure: Configure, flags: dict[str, Any], field: str) -> None:
    configure(FEATURES=json.dumps(flags))

    changed = [name for name in Features.__slots__ if getattr(settings().features, name) != getattr(DEFAULTS, name)]

    assert changed == [field]


@cases(
    "value, expected",
    {
        "on": ("on", True),
        "off": ("off", False),
        "the letter case counts": ("ON", False),
        "nothing": ("", False),
    },
)
def test_studio_is_linked_with_https_only_where_that_is_on(configure: Configure, value: str, expected: bool) -> None:
    configure(HTTPS=value)

    assert settings().https is expected


@cases(
    "name, value",
    {
        "a root URL without scheme": ("LMS_ROOT_URL", "lms.example.org"),
        "a root URL of another scheme": ("LMS_ROOT_URL", "ftp://lms.example.org"),
        "a root URL with a path and a blank": ("LMS_ROOT_URL", "https://lms.example.org/a b"),
        "a root URL without host": ("LMS_ROOT_URL", "https://"),
        "a root URL that is a word": ("LMS_ROOT_URL", "x"),
        "a root URL with the scheme's own port": ("LMS_ROOT_URL", "https://lms.example.org:443"),
        "a root URL with an empty label": ("LMS_ROOT_URL", "https://a..b"),
        "a Studio with a scheme": ("CMS_BASE", "https://studio.example.org"),
        "a Studio with a blank": ("CMS_BASE", "studio example"),
        "media without a slash at the end": ("MEDIA_URL", "/media"),
        "media that are no path from the root": ("MEDIA_URL", "media/"),
        "media with a blank": ("MEDIA_URL", "/a b/"),
        "a media host without a path": ("MEDIA_URL", "https://cdn.example.org"),
        "a media host without scheme": ("MEDIA_URL", "//cdn.example.org/"),
        "media with a query": ("MEDIA_URL", "https://cdn.example.org/?x/"),
        "any origin": ("CORS_ORIGIN_WHITELIST", "*"),
        "an origin without scheme": ("CORS_ORIGIN_WHITELIST", "apps.example.org"),
        "an origin with a slash": ("CORS_ORIGIN_WHITELIST", "https://apps.example.org/"),
        "any origin among others": ("CORS_ORIGIN_WHITELIST", "https://a.example, *"),
        "the origin null": ("CORS_ORIGIN_WHITELIST", "null"),
        "origins as JSON": ("CORS_ORIGIN_WHITELIST", "[]"),
        "an origin with the scheme's own port": ("CORS_ORIGIN_WHITELIST", "https://a.example:443"),
        "flags that are no JSON": ("FEATURES", "{"),
        "a list of flags": ("FEATURES", "[]"),
        "a number for flags": ("FEATURES", "1"),
        "weeks in words": ("COURSE_ACCESS_DURATION_MIN_WEEKS", "four"),
    },
)
def test_a_setting_that_cannot_be_right_is_named(configure: Configure, name: str, value: str) -> None:
    configure(**{name: value})

    with pytest.raises(SettingsError, match=name):
        settings()


@pytest.mark.parametrize("value", ["/media/", "/", "/a/b/", "https://cdn.example.org/", "http://127.0.0.1:9000/media/"])
def test_media_are_below_a_path_or_a_url(configure: Configure, value: str) -> None:
    configure(MEDIA_URL=value)

    assert settings().media_url == value


def test_the_bounds_of_audit_access_are_settings(configure: Configure) -> None:
    configure(COURSE_ACCESS_DURATION_MIN_WEEKS="6", COURSE_ACCESS_DURATION_MAX_WEEKS="12")

    assert (settings().features.min_access_weeks, settings().features.max_access_weeks) == (6, 12)
