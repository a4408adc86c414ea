"""Rows of the feature flags that change an answer: the flag, and what overrides it for an organization or a course."""

from collections.abc import Iterable

from lms_lambda.load.models.base import Fact, KeyText, RowModel, Text, check_course_id, check_numeric_pk

RELATIVE_DATES = "course_experience.relative_dates"


class WaffleFlag(RowModel):
    label = "waffle.flag"
    name: Text
    everyone: bool | None = None
    authenticated: bool = False
    staff: bool = False
    superusers: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        if self.name != RELATIVE_DATES:
            return []
        return [Fact("site", "", "", {"relative_dates": self.json_fields(pk=check_numeric_pk(pk))})]


class WaffleFlagOrgOverride(RowModel):
    label = "waffle_utils.waffleflagorgoverridemodel"
    waffle_flag: Text
    org: KeyText
    override_choice: Text = "on"
    enabled: bool = False

    def facts(self, pk: str) -> Iterable[Fact]:
        if self.waffle_flag != RELATIVE_DATES:
            return []
        return [Fact("site", "", "", {"org_relative_dates": self.json_fields(pk=check_numeric_pk(pk))})]


class WaffleFlagCourseOverride(RowModel):
    label = "waffle_utils.waffleflagcourseoverridemodel"
    waffle_flag: Text
    course_id: Text | None = None
    override_choice: Text = "on"
    enabled: bool = False

    def facts(self, pk: str) -> Iterable[Fact]:
        if self.waffle_flag != RELATIVE_DATES or not self.course_id:
            return []
        fields = self.json_fields(pk=check_numeric_pk(pk))
        return [Fact("course_dates", check_course_id(self.course_id), "", {"relative_dates": fields})]
