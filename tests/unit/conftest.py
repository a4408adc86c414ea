"""What the unit tests share: settings and clocks of a test's own."""

from collections.abc import Callable, Iterator

import pytest

from lms import deadline
from lms.settings import settings
from tests.unit.builders import StoppedTime

SETTINGS = (
    "FEATURES",
    "LMS_ROOT_URL",
    "CMS_BASE",
    "HTTPS",
    "MEDIA_URL",
    "CORS_ORIGIN_WHITELIST",
    "LANGUAGE_CODE",
    "RELEASED_LANGUAGES",
    "COURSE_ACCESS_DURATION_MIN_WEEKS",
    "COURSE_ACCESS_DURATION_MAX_WEEKS",
)


@pytest.fixture
def configure() -> Iterator[Callable[..., None]]:
    """Sets the deployment's settings: `configure(CMS_BASE="studio.example.org")`; all others are unset."""
    with pytest.MonkeyPatch.context() as patch:

        def put(**variables: str) -> None:
            for name in SETTINGS:
                patch.delenv(name, raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)
            settings.cache_clear()

        put()
        yield put
    settings.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StoppedTime:
    """The clock of deadlines and pauses, which stands still but for pauses, and what the test adds."""
    stopped = StoppedTime()
    monkeypatch.setattr(deadline, "time", stopped)
    return stopped
