"""The rows of a dump that the API needs, one pydantic model per Django model. (contract/mobile-users.md 8)

Each row becomes facts: pieces of knowledge about one item of the table, named by the item's kind and its two keys.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from lms.domain.keys import parse_course_key, parse_usage_key

_A_NUMBER = re.compile(r"[+-]?[\d.]+")

Kind = Literal["user", "enrollment", "role", "progress", "course", "site", "reference"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What one row says about one item. `a` and `b`: user id and course id, or course id alone, or none."""

    kind: Kind
    a: str
    b: str
    data: dict[str, Any]


def _only_text(value: Any) -> Any:
    # pydantic would take a number for seconds since 1970; a dump never writes a date so.
    if value is not None and (not isinstance(value, str) or _A_NUMBER.fullmatch(value)):
        raise ValueError("must be a date-time in ISO 8601")
    return value


def _in_utc(value: datetime) -> datetime:
    # A site that runs with USE_TZ off dumps dates without offset; they are in UTC.
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("lies outside of the calendar") from None


def _storable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("is not UTF-8") from None
    return value


def _course_id(value: str) -> str:
    if len(value) > 255 or parse_course_key(value) is None:
        raise ValueError("is not a course id")
    return value


def _no_flag(value: Any) -> Any:
    # pydantic would take true for 1, and so for somebody's id.
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Id = Annotated[int, BeforeValidator(_no_flag)]
Moment = Annotated[datetime, BeforeValidator(_only_text), AfterValidator(_in_utc)]
Text = Annotated[str, AfterValidator(_storable)]
CourseId = Annotated[Text, AfterValidator(_course_id)]
# A user's name is part of keys, and of 2,048 bytes at the most.
Name = Annotated[Text, Field(min_length=1, max_length=255)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    label: ClassVar[str]

    def facts(self, pk: str) -> Iterable[Fact]:
        """What the row says; nothing, where the API does not need this one."""
        raise AssertionError(f"{type(self).__name__} says nothing")

    def data(self, **more: Any) -> dict[str, Any]:
        """The row's values as JSON would hold them."""
        return {**self.model_dump(mode="json"), **more}


class User(_Model):
    label = "auth.user"
    username: Name
    email: Text = ""
    is_active: bool = True
    is_staff: bool = False
    is_superuser: bool = False
    last_login: Moment | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", _number(pk), "", self.data())]


class UserProfile(_Model):
    label = "student.userprofile"
    user: Id
    name: Text

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user), "", {"name": self.name})]


class UserPreference(_Model):
    label = "user_api.userpreference"
    user: Id
    key: Text
    value: Text

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user), "", {"time_zone": self.value})] if self.key == "time_zone" else []


class UserMilestone(_Model):
    label = "milestones.usermilestone"
    user_id: Id
    milestone: Id
    active: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("user", str(self.user_id), "", self.data())]


class CourseEnrollment(_Model):
    label = "student.courseenrollment"
    user: Id
    course: CourseId
    created: Moment | None = None
    is_active: bool
    mode: Name

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", str(self.user), self.course, self.data())]


class GeneratedCertificate(_Model):
    label = "certificates.generatedcertificate"
    user: Id
    course_id: CourseId
    status: Text
    mode: Text = ""
    download_url: Text = ""
    verify_uuid: Text = ""

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", str(self.user), self.course_id, self.data())]


class _OfEnrollment(_Model):
    """A row that names an enrollment by its pk; staging finds the user and the course."""

    enrollment: Id

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", "", str(self.enrollment), self.data())]


class Schedule(_OfEnrollment):
    label = "schedules.schedule"
    upgrade_deadline: Moment | None = None


class FBEEnrollmentExclusion(_OfEnrollment):
    label = "student.fbeenrollmentexclusion"


class CourseAccessRole(_Model):
    label = "student.courseaccessrole"
    user: Id
    org: Text | None = ""
    course_id: Text | None = ""
    role: Name

    def facts(self, pk: str) -> Iterable[Fact]:
        if self.course_id:
            _course_id(self.course_id)
        return [Fact("role", str(self.user), self.course_id or f"org:{self.org or ''}", self.data())]


class ForumRole(_Model):
    label = "django_comment_common.role"
    name: Name
    course_id: CourseId
    users: list[Id] = []

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("role", str(user), self.course_id, {"forum": self.name}) for user in self.users]


class StudentModule(_Model):
    label = "courseware.studentmodule"
    student: Id
    course_id: CourseId
    module_state_key: Text
    state: str | None = None
    modified: Moment

    def facts(self, pk: str) -> Iterable[Fact]:
        state = _json("state", self.state) if self.state else None
        key = parse_usage_key(self.module_state_key)
        said: dict[str, Any] = {"modified": self.modified.isoformat()}
        if key is not None and isinstance(state, dict) and state:
            position = _position(state.get("position"))
            if position is not None:
                said |= {"block": f"{key.block_type}@{key.block_id}", "position": position}
            selected = _selected(state.get("selected"))
            if selected is not None:
                said |= {"block": f"{key.block_type}@{key.block_id}", "selected": selected}
            # The date that visits are compared with is that of the course block's own row. (5.4)
            said["is_course"] = key.block_type == "course"
        return [Fact("progress", str(self.student), self.course_id, said)]


def _selected(value: Any) -> list[str] | None:
    """The children that a randomized block drew for the learner: pairs of type and id."""
    if not isinstance(value, list):
        return None
    pairs = [pair for pair in value if isinstance(pair, list) and len(pair) == 2]
    return [f"{block_type}@{block_id}" for block_type, block_id in pairs]


def _json(field: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _number(pk: str) -> str:
    if not pk.isascii() or not pk.isdigit() or len(pk) > 19:
        raise ValueError("pk must be a number")
    return pk


def _position(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


class BlockCompletion(_Model):
    label = "completion.blockcompletion"
    user: Id
    context_key: CourseId
    block_key: Text
    completion: float
    created: Moment
    modified: Moment

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("progress", str(self.user), self.context_key, {"completed": self.data()})]


class CourseOverview(_Model):
    label = "course_overviews.courseoverview"
    org: Text
    display_name: Text | None = None
    display_number_with_default: Text | None = ""
    display_org_with_default: Text | None = ""
    start: Moment | None = None
    end: Moment | None = None
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
    certificate_available_date: Moment | None = None
    cert_html_view_enabled: bool = False

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("course", _course_id(pk), "", {"overview": self.data()})]


class _OfCourse(_Model):
    """A row of a course, kept under a name of its own among the course's facts."""

    fact: ClassVar[str]

    def course_of(self, pk: str) -> str:
        """The id of the row's course."""
        return str(self.model_dump()["course_id"])

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("course", self.course_of(pk), "", {self.fact: self.data(pk=_number(pk))})]


class CourseOverviewTab(_OfCourse):
    label = "course_overviews.courseoverviewtab"
    fact = "tab"
    course_overview: CourseId
    tab_id: Text

    def course_of(self, pk: str) -> str:
        return self.course_overview


class CourseMode(_OfCourse):
    label = "course_modes.coursemode"
    fact = "mode"
    course: CourseId
    mode_slug: Name
    min_price: int = 0
    expiration: Moment | None = Field(default=None, alias="_expiration_datetime")
    sku: Text | None = None
    android_sku: Text | None = None
    ios_sku: Text | None = None

    def course_of(self, pk: str) -> str:
        return self.course


class DiscussionsConfiguration(_OfCourse):
    label = "discussions.discussionsconfiguration"
    fact = "discussion"
    enabled: bool = True
    provider_type: Text | None = ""
    lti_configuration: Id | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        # One row per course: the course is the key.
        return [Fact("course", _course_id(pk), "", {self.fact: self.data()})]


class OrganizationCourse(_OfCourse):
    label = "organizations.organizationcourse"
    fact = "organization"
    course_id: CourseId
    organization: Id
    active: bool = True


class CourseMilestone(_OfCourse):
    label = "milestones.coursemilestone"
    fact = "milestone"
    course_id: CourseId
    milestone: Id
    milestone_relationship_type: Id
    active: bool = True

    def facts(self, pk: str) -> Iterable[Fact]:
        return [*super().facts(pk), Fact("reference", "course_milestone", pk, self.data())]


class CourseUpgradeDeadline(_OfCourse):
    label = "courseware.coursedynamicupgradedeadlineconfiguration"
    fact = "upgrade_deadline"
    course_id: CourseId
    enabled: bool = False
    opt_out: bool = False


class CourseDurationLimit(_Model):
    label = "course_duration_limits.coursedurationlimitconfig"
    enabled: bool | None = None
    enabled_as_of: Moment | None = None
    site: Id | None = None
    org: Text | None = None
    org_course: Text | None = None
    course: CourseId | None = None

    def facts(self, pk: str) -> Iterable[Fact]:
        said = {"duration_limit": self.data(pk=_number(pk))}
        return [Fact("course", self.course, "", said) if self.course else Fact("site", "", "", said)]


class _OfSite(_Model):
    """A row that holds for the whole site."""

    fact: ClassVar[str]

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("site", "", "", {self.fact: self.data(pk=_number(pk))})]


class MobileConfig(_OfSite):
    label = "mobile_api.mobileconfig"
    fact = "mobile_config"
    name: Text
    value: Text


class IgnoreMobileAvailableFlag(_OfSite):
    label = "mobile_api.ignoremobileavailableflagconfig"
    fact = "ignore_mobile_available"
    enabled: bool
    change_date: Moment | None = None


class UpgradeDeadline(_OfSite):
    label = "courseware.dynamicupgradedeadlineconfiguration"
    fact = "upgrade_deadline"
    enabled: bool
    change_date: Moment | None = None


class OrgUpgradeDeadline(_OfSite):
    label = "courseware.orgdynamicupgradedeadlineconfiguration"
    fact = "org_upgrade_deadline"
    org_id: Text
    enabled: bool = False
    opt_out: bool = False


class SiteConfiguration(_OfSite):
    label = "site_configuration.siteconfiguration"
    fact = "site_values"
    site: Id
    enabled: bool | None = False
    site_values: Any = None

    def facts(self, pk: str) -> Iterable[Fact]:
        values = self.site_values
        if isinstance(values, str):
            values = _json("site_values", values or "{}")
        if values is not None and not isinstance(values, dict):
            raise ValueError("site_values is not a JSON object")
        # Only this one is used; the rest may hold secrets, and does not leave the dump.
        chosen = (values or {}).get("course_org_filter")
        orgs = [chosen] if isinstance(chosen, str) else chosen
        if orgs is not None and not (isinstance(orgs, list) and all(isinstance(org, str) for org in orgs)):
            raise ValueError("course_org_filter must be a text or a list of texts")
        for org in orgs or []:
            _storable(org)
        said = {"pk": _number(pk), "site": self.site, "enabled": self.enabled, "orgs": orgs}
        return [Fact("site", "", "", {self.fact: said})]


class _Reference(_Model):
    """A row that others point at."""

    name_of_table: ClassVar[str]

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("reference", self.name_of_table, pk, self.data())]


class Organization(_Reference):
    label = "organizations.organization"
    name_of_table = "organization"
    logo: Text | None = ""
    active: bool = True


class Milestone(_Reference):
    label = "milestones.milestone"
    name_of_table = "milestone"
    active: bool = True


class MilestoneRelationshipType(_Reference):
    label = "milestones.milestonerelationshiptype"
    name_of_table = "milestone_relationship_type"
    name: Text


class CourseContentMilestone(_Reference):
    label = "milestones.coursecontentmilestone"
    name_of_table = "content_milestone"
    milestone: Id
    milestone_relationship_type: Id
    active: bool = True


def _all_models(base: type[_Model]) -> Iterable[type[_Model]]:
    for model in base.__subclasses__():
        yield from _all_models(model)
        if hasattr(model, "label"):
            yield model


MODELS: dict[str, type[_Model]] = {model.label: model for model in _all_models(_Model)}


class RowRejectedError(Exception):
    """A row whose fields are not what they must be; the text says which and why."""


def facts_of(model: str, pk: str, fields: dict[str, Any]) -> list[Fact]:
    """The facts of one row. Raises RowRejectedError, and KeyError for a model that the API does not need."""
    try:
        return list(MODELS[model].model_validate(fields).facts(pk))
    except ValidationError as error:
        problems = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise RowRejectedError("; ".join(problems)) from None
    except (ValueError, RecursionError) as error:
        raise RowRejectedError(str(error)) from None
