"""The dates of a course's blocks that edx-when keeps, and what they come to for one learner. (mobile-users.md 7.12)

edx-when is the LMS's own store of dates: those that blocks had when the course was published last, those of self-paced
courses, which count from a learner's schedule, and the extensions of single learners. Where it has a date, that counts,
and not the one in the course's export.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Enrollment, Schedule, UserDate
from lms.domain.site import Site
from lms.domain.users import User

FIELDS = ("start", "due", "end")
"""The fields of a block that edx-when knows dates of."""

DateKey = tuple[str, str, str]
"""A block's type, its id, and one of FIELDS."""

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ContentDate:
    """A date of a block: of its own, or counted from the start of each learner's schedule."""

    id: int
    block_type: str
    block_id: str
    field: str
    """One of FIELDS."""
    abs_date: datetime | None = None
    rel_date: timedelta | None = None
    """From the start of the schedule on. Where there is one, `abs_date` does not count."""

    @property
    def key(self) -> DateKey:
        return self.block_type, self.block_id, self.field


@dataclass(frozen=True, slots=True)
class LearnerDates:
    """Which dates a learner's blocks have, where it is not those of the course's export."""

    self_paced: bool = False
    known: Mapping[DateKey, datetime | None] = field(default_factory=dict)
    """The dates of edx-when; None says that the learner has none."""

    def date(self, key: DateKey, exported: datetime | None) -> datetime | None:
        """The date of one field of a block, of which the course's export says `exported`.

        In a self-paced course what an export says of `due` never counts, of `start` only on the course block.
        """
        block_type, _, name = key
        if self.self_paced and (name == "due" or (name == "start" and block_type != "course")):
            exported = None
        return self.known.get(key, exported)

    def inherited(self, path: Iterable[DateKey], exported: datetime | None) -> datetime | None:
        """The date of the first on the path, or else of the next one that edx-when has a date of: a block's ancestors.

        So courseware reads a block, while lists of assignments ask for the block's own date alone.
        """
        keys = list(path)
        return next((self.known[key] for key in keys if key in self.known), self.date(keys[0], exported))


class CourseDates:
    """What edx-when has of a course: its active content dates, by rising id."""

    def __init__(self, content_dates: Sequence[ContentDate] = (), relative_dates: bool | None = None) -> None:
        """`relative_dates`: whether they are switched on or off for this course alone; None leaves it to the site."""
        self.content_dates = content_dates
        self.relative_dates = relative_dates
        self._by_id = {content_date.id: content_date for content_date in content_dates}
        self._absolute = {date.key: date.abs_date for date in content_dates if date.rel_date is None}
        self._has_relative = any(date.rel_date is not None for date in content_dates)
        self._end, self._cutoff = _end_and_cutoff(content_dates)

    def known_to(
        self, schedule: Schedule | None, user_dates: Iterable[UserDate], relative: bool
    ) -> Mapping[DateKey, datetime | None]:
        """The dates for a learner; `relative` says whether dates that count from a schedule are switched on."""
        known: Mapping[DateKey, datetime | None] = self._absolute
        if relative and self._has_relative:
            known = {
                date.key: date.abs_date if date.rel_date is None else self._scheduled(schedule, date.rel_date)
                for date in self.content_dates
                # A relative date says nothing to whom has no schedule: staff who are not enrolled, say.
                if date.rel_date is None or schedule is not None
            }
        return {**known, **self._extended(schedule, user_dates, relative)} if user_dates else known

    def _scheduled(self, schedule: Schedule | None, rel_date: timedelta) -> datetime | None:
        """The date that far into a schedule, at most the course's end; None for who began too late to keep it."""
        if schedule is None or (self._cutoff is not None and schedule.created > self._cutoff):
            return None
        if self._end is None:
            return _add(schedule.start, rel_date)
        return None if schedule.start > self._end else min(_add(schedule.start, rel_date), self._end)

    def _extended(
        self, schedule: Schedule | None, user_dates: Iterable[UserDate], relative: bool
    ) -> Mapping[DateKey, datetime | None]:
        extended: dict[DateKey, datetime | None] = {}
        for user_date in user_dates:
            content_date = self._by_id.get(user_date.content_date)
            if content_date is None or (content_date.rel_date is not None and not relative):
                continue
            if user_date.abs_date is not None:
                extended[content_date.key] = user_date.abs_date
            elif content_date.rel_date is None:
                extended[content_date.key] = _extend(content_date.abs_date, schedule, user_date)
            elif schedule is not None:
                # Neither the course's end nor a late beginning limits an extension.
                extended[content_date.key] = _extend(_add(schedule.start, content_date.rel_date), schedule, user_date)
        return extended


def learner_dates(
    course: CourseOverview, dates: CourseDates, enrollment: Enrollment | None, user: User, site: Site
) -> LearnerDates:
    """The dates of a course's blocks for a learner. (mobile-users.md 7.12)"""
    relative = _has_relative_dates(course, dates, user, site)
    known = (
        dates.known_to(enrollment.schedule, enrollment.user_dates, relative)
        if enrollment is not None
        else dates.known_to(None, (), relative)
    )
    return LearnerDates(course.self_paced, known)


def _has_relative_dates(course: CourseOverview, dates: CourseDates, user: User, site: Site) -> bool:
    """Whether the flag is on: for the course, else its organization, else the user."""
    if dates.relative_dates is not None:
        return dates.relative_dates
    of_org = site.org_relative_dates.get(course.key.org)
    return of_org if of_org is not None else site.relative_dates.is_active(user)


def _end_and_cutoff(content_dates: Iterable[ContentDate]) -> tuple[datetime | None, datetime | None]:
    """The course's end, and the last moment to begin it and still have time for whatever is due the longest after."""
    ends = [date for date in content_dates if date.block_type == "course" and date.field == "end"]
    end = ends[0].abs_date if ends else None
    longest = max((date.rel_date for date in content_dates if date.field == "due" and date.rel_date), default=None)
    return end, end if end is None or longest is None else _add(end, -longest)


def _extend(date: datetime | None, schedule: Schedule | None, user_date: UserDate) -> datetime | None:
    # edx-when adds to a date only for who has a schedule, though only relative dates need one.
    if date is None or schedule is None or user_date.rel_date is None:
        return date
    return _add(date, user_date.rel_date)


def _add(moment: datetime, duration: timedelta) -> datetime:
    """The moment so much later, within the calendar."""
    try:
        return moment + duration
    except OverflowError:
        return _LAST if duration > timedelta(0) else _FIRST
