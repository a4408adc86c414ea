"""What the environment says of the deployment, under Open edX's own names."""

import json
from collections.abc import Callable
from typing import Any

from lms.domain.site import Features
from lms.settings import settings
from tests.unit.builders import cases

Configure = Callable[..., None]
DEFAULTS = Features()


def test_nothing_is_needed(configure: Configure) -> None:
    configure()

    found = settings()

    assert (found.lms_root_url, found.cms_base, found.https) == ("", "localhost:8001", True)
    assert (found.features, found.allowed_origins) == (DEFAULTS, frozenset())


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


def test_the_bounds_of_audit_access_are_settings(configure: Configure) -> None:
    configure(COURSE_ACCESS_DURATION_MIN_WEEKS="6", COURSE_ACCESS_DURATION_MAX_WEEKS="12")

    assert (settings().features.min_access_weeks, settings().features.max_access_weeks) == (6, 12)
