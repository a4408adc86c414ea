"""What holds for the whole site: the operator's rows of configuration, and the settings of the deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lms.domain.courses import DurationLimit, UpgradeDeadlineConfig
from lms.domain.users import User


@dataclass(frozen=True, slots=True)
class WaffleFlag:
    """A feature flag that an operator switches in the database; by default it is off."""

    everyone: bool | None = None
    """On or off for everybody; None: only on for the users below."""
    authenticated: bool = False
    staff: bool = False
    superusers: bool = False

    def is_active(self, user: User) -> bool:
        """Whether the flag is on for a user who is logged in."""
        if self.everyone is not None:
            return self.everyone
        return self.authenticated or (self.staff and user.staff) or (self.superusers and user.superuser)


@dataclass(frozen=True, slots=True)
class Site:
    """Site-wide configuration that Open edX keeps in its database."""

    mobile_configs: Mapping[str, str] = field(default_factory=dict)
    ignores_mobile_available: bool = False
    """Whether every course counts as available on mobile."""
    org_filter: frozenset[str] | None = None
    """The organizations that the site shows, in exact case; None, or none of them, shows all."""
    duration_limit: DurationLimit | None = None
    site_duration_limit: DurationLimit | None = None
    org_duration_limits: Mapping[str, DurationLimit] = field(default_factory=dict)
    org_course_duration_limits: Mapping[str, DurationLimit] = field(default_factory=dict)
    """By `ORG+COURSE`."""
    upgrade_deadlines_enabled: bool = False
    org_upgrade_deadlines: Mapping[str, UpgradeDeadlineConfig] = field(default_factory=dict)
    relative_dates: WaffleFlag = WaffleFlag()
    """`course_experience.relative_dates`: whether courses may have dates that count from a learner's schedule."""
    org_relative_dates: Mapping[str, bool] = field(default_factory=dict)
    """The same for an organization's courses, whatever the flag says."""


@dataclass(frozen=True, slots=True)
class Features:
    """Settings and FEATURES flags of Open edX that change an answer, with Open edX's defaults."""

    milestones: bool = False
    """MILESTONES_APP"""
    prerequisite_courses: bool = False
    """ENABLE_PREREQUISITE_COURSES"""
    html_certificates: bool = False
    """CERTIFICATES_HTML_VIEW"""
    discussion_service: bool = True
    """ENABLE_DISCUSSION_SERVICE"""
    disable_start_dates: bool = False
    """DISABLE_START_DATES"""
    custom_course_urls: bool = False
    """SOCIAL_SHARING_SETTINGS.CUSTOM_COURSE_URLS"""
    min_access_weeks: int = 4
    """COURSE_ACCESS_DURATION_MIN_WEEKS"""
    max_access_weeks: int = 18
    """COURSE_ACCESS_DURATION_MAX_WEEKS"""
