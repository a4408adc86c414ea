"""Course overviews: what is known of a course as a whole, and how it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lms.domain.dates import UNSET_START, display_date
from lms.domain.keys import CourseKey

DEFAULT_MODE = "audit"

StartType = Literal["string", "timestamp", "empty"]


@dataclass(frozen=True, slots=True)
class CourseMode:
    """One way to be enrolled in a course."""

    slug: str
    min_price: int = 0
    expiration: datetime | None = None
    sku: str | None = None
    android_sku: str | None = None
    ios_sku: str | None = None

    def is_offered(self, now: datetime) -> bool:
        """Whether the mode has not expired; it still counts at the very moment that it does."""
        return self.expiration is None or self.expiration >= now


@dataclass(frozen=True, slots=True)
class DurationLimit:
    """One row of the stacked audit duration limits; a field that is None says nothing. (mobile-users.md 7.4)"""

    enabled: bool | None = None
    enabled_as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class UpgradeDeadlineConfig:
    """Whether learners of a course or an organization get an upgrade deadline of their own. (mobile-users.md 7.5)"""

    enabled: bool = False
    opt_out: bool = False


@dataclass(frozen=True, slots=True)
class MilestoneRequirement:
    """A milestone that a course requires, and whether a course or a piece of content can fulfil it."""

    milestone: int
    by_course: bool = False
    by_content: bool = False


@dataclass(frozen=True, slots=True)
class CohortContentGroup:
    """The group of a user partition that a cohort is linked to: what the cohort's learners may see."""

    cohort: int
    partition: str
    group: int


@dataclass(frozen=True, slots=True)
class CourseSummary:
    """What a long list shows of a course."""

    key: CourseKey
    name: str | None = None
    """The display name."""
    end: datetime | None = None
    """Aware, in UTC."""

    @property
    def id(self) -> str:
        """The course key, printed."""
        return str(self.key)

    @property
    def display_name_with_default(self) -> str:
        """The display name; the key's number where there is none, because clients cannot show null. (deviations 11)"""
        return self.name if self.name is not None else self.key.number

    def has_ended(self, now: datetime) -> bool:
        """Whether the end lies strictly before `now`. (course-team.md 3.5)"""
        return self.end is not None and self.end < now


@dataclass(frozen=True, slots=True)
class CourseOverview(CourseSummary):
    """A course as a whole. Dates are aware and in UTC."""

    org: str = ""
    """The key's organization as the LMS stored it."""
    display_number: str = ""
    display_org: str = ""
    start: datetime | None = None
    advertised_start: str | None = None
    image_url: str = ""
    social_sharing_url: str | None = None
    marketing_url: str | None = None
    logo: str = ""
    """Name of the organization's logo in the LMS's file storage: `organization_logos/demox.png`."""
    self_paced: bool = False
    mobile_available: bool = False
    visible_to_staff_only: bool = False
    days_early_for_beta: float | None = None
    certificates_display_behavior: str | None = None
    certificates_show_before_end: bool = False
    certificate_available_date: datetime | None = None
    html_certificates: bool = False
    discussion_tab: bool = False
    discussion_enabled: bool = True
    discussion_lti: bool = False
    weeks_to_complete: int | None = None
    modes: tuple[CourseMode, ...] = ()
    duration_limit: DurationLimit | None = None
    upgrade_deadline_config: UpgradeDeadlineConfig | None = None
    requires: tuple[MilestoneRequirement, ...] = ()
    cohorted: bool = False
    """Whether cohorts are in force, whoever is in one."""
    content_groups: tuple[CohortContentGroup, ...] = ()

    @property
    def display_number_with_default(self) -> str:
        """The number as overridden for display, else the key's. (mobile-users.md 4.3)"""
        return self.display_number or self.key.number

    @property
    def display_org_with_default(self) -> str:
        """The organization as overridden for display, else the key's. (mobile-users.md 4.3)"""
        return self.display_org or self.key.org

    def offered_modes(self, now: datetime) -> list[CourseMode]:
        """The modes that have not expired, in stored order. (mobile-users.md 7.6)"""
        return [mode for mode in self.modes if mode.is_offered(now)]


def start_label(course: CourseOverview, language: str) -> tuple[StartType, str | None]:
    """How a course's start is announced: its type and its text, a date in that language. (mobile-users.md 4.3)"""
    if course.advertised_start:
        return "string", course.advertised_start
    if course.start == UNSET_START:
        return "empty", None
    return "timestamp", display_date(course.start, language) if course.start else ""


def listed_modes(course: CourseOverview, now: datetime) -> list[CourseMode]:
    """The modes that a client may offer; the default mode where none is left. (mobile-users.md 7.6)"""
    return course.offered_modes(now) or [CourseMode(DEFAULT_MODE)]


def default_enrollment_mode(modes: Sequence[CourseMode]) -> str:
    """The mode of an enrollment that nobody chose, out of the modes on offer. (course-team.md 4.5)"""
    offered = {mode.slug for mode in modes}
    return next((slug for slug in (DEFAULT_MODE, "honor") if slug in offered), DEFAULT_MODE)
