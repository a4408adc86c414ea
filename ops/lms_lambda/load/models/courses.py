"""Rows of a course: the overview, and what belongs to the course or is pointed at by one of its rows."""

from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from lms_lambda.load.models.base import (
    CourseId,
    DateTime,
    Fact,
    Id,
    KeyText,
    RowModel,
    Text,
    check_course_id,
    check_numeric_pk,
)


class CourseOverview(RowModel):
    label = "course_overviews.courseoverview"
    org: Text
    display_name: Text | None = None
    display_number_with_default: Text | None = ""
    display_org_with_default: Text | None = ""
    start: DateTime | None = None
    end: DateTime | None = None
    advertised_start: Text | None = None
    course_image_url: Text | None = ""
    social_sharing_url: Text | None = None
    marketing_url: Text | None = None
    self_paced: bool = False
    mobile_available: bool = False
    visible_to_staff_only: bool = False
    days_early_for_beta: float | None = Field(default=None, allow_inf_nan=False, ge=-36500, le=36500)
    certificates_display_behavior: Text | None = None
    certificates_show_before_end: bool = False
    certificate_available_date: DateTime | None = None
    cert_html_view_enabled: bool = False

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("course", check_course_id(pk), "", {"overview": self.json_fields()})]


class _CourseDetail(RowModel):
    """A row of a course, kept under a name of its own among the course's facts."""

    fact_name: ClassVar[str]

    def course_of(self, pk: str) -> str:
        """The id of the row's course."""
        return str(self.model_dump()["course_id"])

    def facts(self, pk: str) -> Iterable[Fact]:
        fields = self.json_fields(pk=check_numeric_pk(pk))
        return [Fact("course", self.course_of(pk), "", {self.fact_name: fields})]


class CourseOverviewTab(_CourseDetail):
    label = "course_overviews.courseoverviewtab"
    fact_name = "tab"
    course_overview: CourseId
    tab_id: Text

    def course_of(self, pk: str) -> str:
        return self.course_overview


class CourseMode(_CourseDetail):
    label = "course_modes.coursemode"
    fact_name = "mode"
    course: CourseId
    mode_slug: KeyText
    min_price: int = 0
    expiration: DateTime | None = Field(default=None, alias="_expiration_datetime")
    sku: Text | None = None
    android_sku: Text | None = None
    ios_sku: Text | None = None

    def course_of(self, pk: str) -> str:
        return self.course


class DiscussionsConfiguration(_CourseDetail):
    label = "discussions.discussionsconfiguration"
    fact_name = "discussion"
    enabled: bool = True
    provider_type: Text | None = ""
    lti_configuration: Id | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        # One row per course: the course is the key.
        return [Fact("course", check_course_id(pk), "", {self.fact_name: self.json_fields()})]


class OrganizationCourse(_CourseDetail):
    label = "organizations.organizationcourse"
    fact_name = "organization"
    course_id: CourseId
    organization: Id
    active: bool = True


class CourseMilestone(_CourseDetail):
    label = "milestones.coursemilestone"
    fact_name = "milestone"
    course_id: CourseId
    milestone: Id
    milestone_relationship_type: Id
    active: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        return [*super().facts(pk), Fact("reference", "course_milestone", pk, self.json_fields())]


class CourseCohortsSettings(_CourseDetail):
    label = "course_groups.coursecohortssettings"
    fact_name = "cohorts_settings"
    course_id: CourseId
    is_cohorted: bool = False


class CourseUserGroup(_CourseDetail):
    label = "course_groups.courseusergroup"
    fact_name = "cohort"
    course_id: CourseId

    def facts(self, pk: str) -> Iterable[Fact]:
        return [*super().facts(pk), Fact("reference", "cohort", pk, self.json_fields())]


class CourseUpgradeDeadline(_CourseDetail):
    label = "courseware.coursedynamicupgradedeadlineconfiguration"
    fact_name = "upgrade_deadline"
    course_id: CourseId
    enabled: bool = False
    opt_out: bool = False


class CourseDurationLimit(RowModel):
    label = "course_duration_limits.coursedurationlimitconfig"
    enabled: bool | None = None
    enabled_as_of: DateTime | None = None
    site: Id | None = None
    org: Text | None = None
    org_course: Text | None = None
    course: CourseId | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        fields = {"duration_limit": self.json_fields(pk=check_numeric_pk(pk))}
        return [Fact("course", self.course, "", fields) if self.course else Fact("site", "", "", fields)]


class _ReferenceModel(RowModel):
    """A row that others point at by its pk."""

    fact_name: ClassVar[str]

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("reference", self.fact_name, pk, self.json_fields())]


class Organization(_ReferenceModel):
    label = "organizations.organization"
    fact_name = "organization"
    logo: Text | None = ""
    active: bool = True


class CourseUserGroupPartitionGroup(_ReferenceModel):
    label = "course_groups.courseusergrouppartitiongroup"
    fact_name = "cohort_partition_group"
    course_user_group: Id
    partition_id: int
    group_id: int


class Milestone(_ReferenceModel):
    label = "milestones.milestone"
    fact_name = "milestone"
    active: bool = True


class MilestoneRelationshipType(_ReferenceModel):
    label = "milestones.milestonerelationshiptype"
    fact_name = "milestone_relationship_type"
    name: Text


class CourseContentMilestone(_ReferenceModel):
    label = "milestones.coursecontentmilestone"
    fact_name = "content_milestone"
    milestone: Id
    milestone_relationship_type: Id
    active: bool = True
