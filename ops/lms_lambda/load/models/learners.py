"""Rows of a user in a course: enrollment, certificate, schedule, roles, states of blocks, and completions."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from lms.domain.keys import is_library_key, parse_usage_key
from lms_lambda.load.models.base import (
    CourseId,
    DateTime,
    Fact,
    Id,
    KeyText,
    RowModel,
    Text,
    check_course_id,
    parse_json_field,
)


class CourseEnrollment(RowModel):
    label = "student.courseenrollment"
    user: Id
    course: CourseId
    created: DateTime | None = None
    is_active: bool
    mode: KeyText

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", str(self.user), self.course, self.json_fields())]


class GeneratedCertificate(RowModel):
    label = "certificates.generatedcertificate"
    user: Id
    course_id: CourseId
    status: Text
    mode: Text = ""
    download_url: Text = ""
    verify_uuid: Text = ""

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", str(self.user), self.course_id, self.json_fields())]


class CohortMembership(RowModel):
    label = "course_groups.cohortmembership"
    user: Id
    course_id: CourseId
    course_user_group: Id

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", str(self.user), self.course_id, self.json_fields())]


_PARTITION_TAG = "xblock.partition_service.partition_"


class UserCourseTag(RowModel):
    label = "user_api.usercoursetag"
    user: Id
    course_id: CourseId
    key: Text
    value: Text

    def facts(self, pk: str) -> Iterable[Fact]:
        partition = self.key.removeprefix(_PARTITION_TAG)
        # Open edX assigns another group where the value is none.
        if partition == self.key or not self.value.isascii() or not self.value.isdigit():
            return []
        return [Fact("enrollment", str(self.user), self.course_id, {"partition": partition, "group": int(self.value)})]


class _EnrollmentDetail(RowModel):
    """A row that names an enrollment by its pk; staging finds the user and the course."""

    enrollment: Id

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("enrollment", "", str(self.enrollment), self.json_fields())]


class Schedule(_EnrollmentDetail):
    label = "schedules.schedule"
    upgrade_deadline: DateTime | None = None
    start_date: DateTime | None = None
    created: DateTime | None = None


class FBEEnrollmentExclusion(_EnrollmentDetail):
    label = "student.fbeenrollmentexclusion"


class CourseAccessRole(RowModel):
    label = "student.courseaccessrole"
    user: Id
    org: Text | None = ""
    course_id: Text | None = ""
    role: KeyText

    def facts(self, pk: str) -> Iterable[Fact]:
        # A role on a content library gives no course, but says that its holder may send role changes at all.
        if self.course_id and not is_library_key(self.course_id):
            check_course_id(self.course_id)
        scope = self.course_id or f"org:{self.org or ''}"
        return [Fact("role", str(self.user), scope, self.json_fields())]


class ForumRole(RowModel):
    label = "django_comment_common.role"
    name: KeyText
    course_id: CourseId
    users: list[Id] = Field(default_factory=list)

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("role", str(user), self.course_id, {"forum": self.name}) for user in self.users]


class StudentModule(RowModel):
    label = "courseware.studentmodule"
    student: Id
    course_id: CourseId
    module_state_key: Text
    state: str | None = None
    modified: DateTime

    def facts(self, pk: str) -> Iterable[Fact]:
        state = parse_json_field("state", self.state) if self.state else None
        key = parse_usage_key(self.module_state_key)
        fields: dict[str, Any] = {"modified": self.modified.isoformat()}
        if key is not None and isinstance(state, dict) and state:
            block = f"{key.block_type}@{key.block_id}"
            position = _position(state.get("position"))
            if position is not None:
                fields |= {"block": block, "position": position}
            selected = _selected(state.get("selected"))
            if selected is not None:
                fields |= {"block": block, "selected": selected}
            # The date that visits are compared with is that of the course block's own row (mobile-users.md 5.4).
            fields["is_course"] = key.block_type == "course"
        return [Fact("progress", str(self.student), self.course_id, fields)]


def _position(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _selected(value: Any) -> list[str] | None:
    """The children that a randomized block selected for the learner, from pairs of type and id."""
    if not isinstance(value, list):
        return None
    pairs = [pair for pair in value if isinstance(pair, list) and len(pair) == 2]
    return [f"{block_type}@{block_id}" for block_type, block_id in pairs]


class BlockCompletion(RowModel):
    label = "completion.blockcompletion"
    user: Id
    context_key: CourseId
    block_key: Text
    completion: float
    created: DateTime
    modified: DateTime

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("progress", str(self.user), self.context_key, {"completed": self.json_fields()})]
