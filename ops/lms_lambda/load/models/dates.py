"""Rows of edx-when: the dates of courses' blocks, and the extensions of single learners. (mobile-users.md 7.12)"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from lms_lambda.load.models.base import CourseId, DateTime, Fact, Id, RowModel, Text, check_numeric_pk

_DURATION = re.compile(r"(?:(-?\d{1,9}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{6}))?", re.ASCII)


def _microseconds(value: Any) -> Any:
    """A duration as Django writes it, `14 01:00:00`: only the days bear a sign. Raises ValueError."""
    if value is None:
        return None
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("must be a duration: days, and hours:minutes:seconds")
    days, hours, minutes, seconds, microseconds = (int(part or 0) for part in match.groups())
    duration = timedelta(days, seconds, microseconds, minutes=minutes, hours=hours)
    return duration // timedelta(microseconds=1)


Microseconds = Annotated[int, BeforeValidator(_microseconds)]
"""A duration, in microseconds."""


class DatePolicy(RowModel):
    label = "edx_when.datepolicy"
    abs_date: DateTime | None = None
    rel_date: Microseconds | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("reference", "date_policy", pk, self.json_fields())]


class ContentDate(RowModel):
    label = "edx_when.contentdate"
    course_id: CourseId
    policy: Id
    location: Text | None = None
    field: Text = ""
    active: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        fields = self.json_fields(pk=check_numeric_pk(pk))
        return [Fact("course_dates", self.course_id, "", {"content_date": fields})]


class UserDate(RowModel):
    label = "edx_when.userdate"
    user: Id
    content_date: Id
    abs_date: DateTime | None = None
    rel_date: Microseconds | None = None
    modified: DateTime

    def facts(self, pk: str) -> Iterable[Fact]:
        # Staging finds the course.
        fields = self.json_fields(pk=check_numeric_pk(pk))
        return [Fact("user_date", str(self.user), str(self.content_date), fields)]
