"""A Django with the platform's own packages in it, and as much of the LMS around them as they ask for."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import call_command

COURSE_ID = "course-v1:DemoX+DX101+2026_T1"


@dataclass
class Lms:
    """What the packages ask of the LMS, where all is about one learner in one course."""

    relative_dates: bool = False
    """Whether the flag `course_experience.relative_dates` is on."""
    schedule: tuple[datetime, datetime] | None = None
    """When it starts, and when it was created."""

    def find_schedule(self, **_conditions: Any) -> SimpleNamespace:
        if self.schedule is None:
            raise ObjectDoesNotExist
        start, created = self.schedule
        return SimpleNamespace(start_date=start, created=created)


LMS = Lms()


def _stand_in(name: str, **members: Any) -> None:
    """A module of the LMS, which is on no registry."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:depth]), ModuleType(".".join(parts[:depth])))
    vars(sys.modules[name]).update(members)


def _flag(is_enabled: Callable[[Any], bool]) -> SimpleNamespace:
    return SimpleNamespace(is_enabled=is_enabled)


_stand_in(
    "openedx.core.djangoapps.schedules.models",
    Schedule=SimpleNamespace(objects=SimpleNamespace(get=LMS.find_schedule)),
)
_stand_in("openedx.features.course_experience", RELATIVE_DATES_FLAG=_flag(lambda _: LMS.relative_dates))
settings.configure(
    CACHES={"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "edx_when", "milestones", "waffle"],
    SECRET_KEY="a test's own",
    USE_TZ=True,
)
django.setup()
call_command("migrate", verbosity=0)
