"""What the API answers and takes, as pydantic models: the schemas of the OpenAPI document are made of them.

They describe, and are not used to serve: a function builds its answer as plain values. That both agree is checked by
every test that goes over HTTP.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

_COURSE = "course-v1:SampleX+GARDEN+2026"
_BLOCK = "block-v1:SampleX+GARDEN+2026+type@{}+block@{}"
_SITE = "https://lms.example.org"
_SEQUENTIAL, _CHAPTER, _TOP = (
    _BLOCK.format(*block) for block in (("sequential", "how-much"), ("chapter", "water"), ("course", "course"))
)

CourseId = Annotated[
    str,
    Field(
        description="A course key: `course-v1:Org+Number+Run`, or of the older form `Org/Number/Run`.",
        examples=[_COURSE],
    ),
]
UsageId = Annotated[
    str,
    Field(
        description="A usage key: the id of a block of a course.", examples=[_BLOCK.format("problem", "barrel-size")]
    ),
]
Url = Annotated[str, Field(pattern=r"^https?://", json_schema_extra={"format": "uri"})]
Moment = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$",
        json_schema_extra={"format": "date-time"},
        description="A moment in UTC, with six digits of fraction only where there is one.",
        examples=["2026-02-14T10:20:30.123000Z"],
    ),
]


# Django takes whatever is false in Python for a missing value.
_ABSENT: dict[str, JsonValue] = {"enum": ["", None, False, 0, [], {}], "description": "Counts as missing."}


class Body(BaseModel):
    """A JSON object with these keys and no other."""

    model_config = ConfigDict(extra="forbid")


def omittable(description: str, **said: Any) -> Any:
    """A field whose key may be missing. It is never null then: the default is this model's, not the wire's."""
    return Field(default=None, description=description, **said)


# --- Errors (mobile-users.md 1.4) -------------------------------------------------------------------------------------


class Detail(Body):
    """Why a request is refused, in the shape of Django REST framework."""

    detail: str = Field(description="A sentence in English.")


class MobileError(Body):
    """One thing that is wrong with a request."""

    code: Literal["invalid-modification-date", "invalid-module-id"]
    message: Literal["Could not parse modification_date", "Could not find module for module_id"]


class MobileErrors(Body):
    """Why a request is refused, in the mobile API's own shape."""

    errors: list[MobileError] = Field(min_length=1, max_length=1)


class Metadata(Body):
    """What an endpoint takes and gives, as Django REST framework answers OPTIONS."""

    name: str = Field(description="The endpoint's name.", examples=["User Detail"])
    description: Literal[""]
    renders: list[Literal["application/json"]] = Field(min_length=1, max_length=1)
    parses: list[Literal["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]] = Field(
        min_length=3, max_length=3
    )


class CsrfToken(Body):
    """A token for the header `X-CSRFToken`; the cookie that it must match comes with it."""

    csrfToken: str = Field(pattern="^[A-Za-z0-9]{64}$", examples=["Zq3" + "x" * 61])  # noqa: N815 - its name on the wire


# --- The user (mobile-users.md 3) -------------------------------------------------------------------------------------


class User(Body):
    """Who the caller is."""

    id: int = Field(description="The account's number in the LMS.", examples=[1])
    username: str = Field(description="Spelled as it is stored.", examples=["lena"])
    email: str = Field(description="May be empty.", examples=["lena@example.com"])
    name: str | None = Field(description="The profile's full name; null without a profile.", examples=["Lena Learner"])
    course_enrollments: Url = Field(
        description="Where the user's enrollments are, in the same version of the API.",
        examples=[f"{_SITE}/api/mobile/v1/users/lena/course_enrollments/"],
    )


# --- Enrollments (mobile-users.md 4.3, 7) -----------------------------------------------------------------------------


class AccessGranted(Body):
    """The caller may load the course."""

    has_access: Literal[True]
    error_code: None
    developer_message: None
    user_message: None
    additional_context_user_message: None
    user_fragment: None


class AccessRefused(Body):
    """The caller may not load the course, and why."""

    has_access: Literal[False]
    error_code: Literal[
        "not_visible_to_user",
        "course_not_started",
        "unfulfilled_milestones",
        "audit_expired",
        "mobile_unavailable",
        "old_mongo",
    ] = Field(examples=["course_not_started"])
    developer_message: str = Field(examples=["Course does not start until 2026-09-01 00:00:00+00:00"])
    user_message: str = Field(
        description="For the learner.", examples=["Course does not start until September 01, 2026"]
    )
    additional_context_user_message: str | None = Field(
        description="For the learner, more at length: only with `audit_expired`.", examples=[None]
    )
    user_fragment: None


class CourseImage(Body):
    uri: str = Field(
        description="Path on the LMS's host; the same as the course's `course_image`.",
        examples=["/asset-v1:SampleX+GARDEN+2026+type@asset+block@course.png"],
    )
    name: Literal["Course Image"]


class CourseMedia(Body):
    course_image: CourseImage


class SharingParameters(Body):
    """Query strings to append to a link that is shared."""

    facebook: Literal["utm_medium=social&utm_campaign=social-sharing-db&utm_source=facebook"]
    twitter: Literal["utm_medium=social&utm_campaign=social-sharing-db&utm_source=twitter"]


class Course(Body):
    """The course of an enrollment."""

    id: CourseId
    name: str = Field(examples=["Gardening for Beginners"])
    number: str = Field(description="The number that is shown, which may differ from the key's.", examples=["GARDEN"])
    org: str = Field(
        description="The organization that is shown, which may differ from the key's.", examples=["SampleX"]
    )
    org_logo: str = Field(
        description="Path or URL of the organization's logo; empty without one.",
        examples=["/media/organization_logos/samplex.png"],
    )
    start: Moment | None = Field(description="When the course starts.")
    start_display: str | None = Field(
        description="The start as text: the author's own words, or the date; null where no start is set.",
        examples=["Jan. 5, 2026"],
    )
    start_type: Literal["string", "timestamp", "empty"] = Field(
        description="Whether `start_display` is the author's text, the date, or null.", examples=["timestamp"]
    )
    end: Moment | None = Field(description="When the course ends; null where it does not.")
    dynamic_upgrade_deadline: Moment | None = Field(
        description="Until when the learner may upgrade to the verified mode; null where that is over or not on offer."
    )
    subscription_id: str = Field(
        description="The channel of the course's push notifications: the id in base32, with `_` for padding.",
        pattern="^course_[A-Z2-7]+_*$",
        examples=["course_MNXXK4TTMUWXMMJ2KNQW24DMMVMCWR2BKJCEKTRLGIYDENQ_"],
    )
    courseware_access: AccessGranted | AccessRefused = Field(
        description="Whether the course loads in the app. A course that does not is listed all the same."
    )
    media: CourseMedia
    course_image: str = Field(
        description="Path on the LMS's host.", examples=["/asset-v1:SampleX+GARDEN+2026+type@asset+block@course.png"]
    )
    course_about: str = Field(
        description="The page that presents the course.", examples=[f"{_SITE}/courses/{_COURSE}/about"]
    )
    course_sharing_utm_parameters: SharingParameters
    course_updates: Url = Field(examples=[f"{_SITE}/api/mobile/v4/course_info/{_COURSE}/updates"])
    course_handouts: Url = Field(examples=[f"{_SITE}/api/mobile/v4/course_info/{_COURSE}/handouts"])
    discussion_url: Url | None = Field(
        description="null where the course has no discussion.",
        examples=[f"{_SITE}/api/discussion/v1/courses/{_COURSE}"],
    )
    video_outline: None
    is_self_paced: bool = Field(description="Whether learners set their own pace.")


class Certificate(Body):
    url: Url = Field(examples=[f"{_SITE}/certificates/0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"])


class NoCertificate(Body):
    """An empty object: there is none, or it may not be seen yet."""


class CourseMode(Body):
    """A way to take the course."""

    slug: str = Field(examples=["verified"])
    sku: str | None = Field(description="Of the web shop.", examples=["GARDEN49"])
    android_sku: str | None = Field(description="Of the Google Play store.", examples=[None])
    ios_sku: str | None = Field(description="Of Apple's App Store.", examples=[None])
    min_price: int = Field(description="The least that it costs, in whole units of the mode's currency.", examples=[49])


class CourseProgress(Body):
    """How many of the course's assignments are done."""

    total_assignments_count: int = Field(ge=0, examples=[2])
    assignments_completed: int = Field(ge=0, examples=[1])


class EnrollmentV05(Body):
    """A course that the caller is enrolled in, as v0.5 shows it."""

    created: Moment = Field(description="When the learner enrolled; `1970-01-01T00:00:00Z` where that is not known.")
    mode: str = Field(examples=["verified"])
    is_active: Literal[True]
    course: Course
    certificate: Certificate | NoCertificate


class Enrollment(EnrollmentV05):
    """A course that the caller is enrolled in."""

    audit_access_expires: Moment | None = Field(
        description="When the access of one who audits the course ends, be it past or to come; null if it does not."
    )
    course_modes: list[CourseMode] = Field(min_length=1)


class EnrollmentV4(Enrollment):
    """A course that the caller is enrolled in, with progress where that was asked for."""

    course_progress: CourseProgress = omittable("Only with `requested_fields=course_progress`.")


class LastCompleted(Body):
    """Where the learner last completed something. The path is top-down, unlike that of `course_status_info`."""

    last_visited_module_id: UsageId = Field(description="The sequential.", examples=[_SEQUENTIAL])
    last_visited_module_path: list[UsageId] = Field(
        description="Course, chapter and sequential.",
        min_length=3,
        max_length=3,
        examples=[[_TOP, _CHAPTER, _SEQUENTIAL]],
    )
    last_visited_block_id: UsageId
    last_visited_unit_display_name: str | None = Field(examples=["The rain barrel"])


class Assignment(Body):
    """A graded subsection, or a step of an open response assessment."""

    assignment_type: str | None = Field(description="The grading format.", examples=["Homework"])
    complete: bool
    date: Moment = Field(description="When it is due.")
    date_type: Literal["assignment-due-date"]
    description: Literal[""]
    learner_has_access: Literal[True]
    link: str = Field(
        description="Absolute URL; empty while the assignment is not released.",
        examples=[f"{_SITE}/courses/{_COURSE}/jump_to/{_SEQUENTIAL}"],
    )
    link_text: Literal[""]
    title: str = Field(examples=["How much water?"])
    extra_info: str | None = Field(
        description="Said of an open response assessment whose dates are set by hand.", examples=[None]
    )
    first_component_block_id: UsageId = Field(description="The first block to be seen in it.")


class CourseAssignments(Body):
    future_assignments: list[Assignment] = Field(description="Those not complete that are due next, on one day.")
    past_assignments: list[Assignment] = Field(description="All whose due date has passed, by that date.")


class PrimaryEnrollment(Enrollment):
    """The course that the learner is likely to go on with."""

    course_status: LastCompleted | None
    course_progress: CourseProgress
    course_assignments: CourseAssignments


class Configs(BaseModel):
    """The site's settings for the apps, all of them texts."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    iap_configs: dict[str, str] = Field(
        description="Those whose names begin with `iap_`.", examples=[{"iap_config": '{"enabled": false}'}]
    )


class Page(Body):
    """A page of enrollments, newest first."""

    next: Url | None = Field(description="The next page.", examples=[None])
    previous: Url | None = Field(description="The previous page.", examples=[None])
    count: int = Field(description="Enrollments on all pages.", ge=0, examples=[1])
    num_pages: int = Field(ge=1, examples=[1])
    current_page: int = Field(ge=1, examples=[1])
    start: int = Field(description="How many enrollments stand on the pages before.", ge=0, examples=[0])


class PageV3(Page):
    """A page of enrollments, newest first."""

    results: list[Enrollment] = Field(max_length=100)


class PageV4(Page):
    """A page of enrollments, newest first; the primary one is not among them."""

    results: list[EnrollmentV4] = Field(max_length=50)


class _Configured(Body):
    configs: Configs
    user_timezone: str = Field(
        description="The name of a time zone, `UTC` where none is set.", examples=["Europe/Berlin"]
    )


class EnrollmentsV2(_Configured):
    """All enrollments, newest first."""

    enrollments: list[Enrollment]


class EnrollmentsV3(_Configured):
    """A page of the enrollments."""

    enrollments: PageV3


class EnrollmentsV4(_Configured):
    """What the apps show first: the primary course, and a page of the others."""

    enrollments: PageV4
    primary: PrimaryEnrollment = omittable(
        "Missing where there is no enrollment, and where `status` asks for some enrollments only."
    )


# --- Course status (mobile-users.md 5) --------------------------------------------------------------------------------


class CourseStatus(Body):
    """Where the learner was. The path is bottom-up."""

    last_visited_module_id: UsageId = Field(
        description="The first of the path: the sequential, or what stands above it where there is none.",
        examples=[_SEQUENTIAL],
    )
    last_visited_module_path: list[UsageId] = Field(
        description="Sequential, chapter and course; shorter where those are missing.",
        min_length=1,
        max_length=3,
        examples=[[_SEQUENTIAL, _CHAPTER, _TOP]],
    )


class CourseStatusV1(CourseStatus):
    """Where the learner was, and the block completed last. The path is bottom-up."""

    last_visited_block_id: str = Field(
        description="The block completed last; empty where there is none.", examples=[_BLOCK.format("html", "loam")]
    )


class VisitForm(BaseModel):
    """Where the learner is, as a form. Fields that are not named here are ignored."""

    last_visited_module_id: str = omittable(
        "A block of the course, of any depth. Empty or missing: nothing is written.",
        json_schema_extra={"anyOf": [{"format": "usage-key"}, {"const": ""}]},
        examples=[_BLOCK.format("problem", "barrel-size")],
    )
    modification_date: str = omittable(
        "Since when, with an offset from UTC. One that is older than what is stored changes nothing. "
        "Empty or missing: now.",
        json_schema_extra={"anyOf": [{"format": "date-time"}, {"const": ""}]},
        examples=["2026-04-01T11:59:00+00:00"],
    )


class NoFields(RootModel[Any]):
    """What has no field in it counts as a form without fields."""

    model_config = ConfigDict(json_schema_extra={"not": {"type": "object"}})


class Visit(BaseModel):
    """Where the learner is. Fields that are not named here are ignored."""

    last_visited_module_id: Any = omittable(
        "A block of the course, of any depth. Empty or missing: nothing is written.",
        json_schema_extra={"anyOf": [{"type": "string", "format": "usage-key"}, _ABSENT]},
        examples=[_BLOCK.format("problem", "barrel-size")],
    )
    modification_date: Any = omittable(
        "Since when, with an offset from UTC. One that is older than what is stored changes nothing. "
        "Empty or missing: now.",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}, _ABSENT]},
        examples=["2026-04-01T11:59:00+00:00"],
    )


# --- Enrollments' status (mobile-users.md 6) --------------------------------------------------------------------------


class EnrollmentStatus(Body):
    """Whether the learner is active in a course."""

    course_id: CourseId
    course_name: str = Field(examples=["Gardening for Beginners"])
    recently_active: bool = Field(
        description="Whether the learner enrolled, or first completed a block, in the last 30 days."
    )


# --- The course team (course-team.md 3.3, 4.2 to 4.6) -----------------------------------------------------------------


class TeamCourse(Body):
    """A course that the caller sees, and the queried user's role in it."""

    course_id: CourseId
    course_name: str = Field(examples=["Gardening for Beginners"])
    course_url: Url = Field(
        description="The course in Studio.", examples=[f"https://studio.example.org/course/{_COURSE}"]
    )
    role: Literal["instructor", "staff"] | None = Field(description="Of the queried user.", examples=["staff"])
    status: Literal["active", "archived"] = Field(description="`archived` once the course has ended.")
    org: str = Field(examples=["SampleX"])
    run: str = Field(examples=["2026"])
    number: str = Field(examples=["GARDEN"])


def _of_any_type(schema: dict[str, Any]) -> None:
    del schema["type"]


class RoleOperation(BaseModel):
    """One role change. Fields that are not named here are ignored.

    Nothing that is wrong with an operation fails the request, not even its type: its own result says what it is.
    """

    model_config = ConfigDict(json_schema_extra=_of_any_type)

    course_id: Any = omittable("A course key, as it is spelled in the list of courses.", examples=[_COURSE])
    role: Any = omittable("`instructor` or `staff`.", examples=["staff"])
    action: Any = omittable(
        "`assign` replaces the role that the user has, and enrols the user; `revoke` ends either role.",
        examples=["assign"],
    )


class RoleChanges(BaseModel):
    """Role changes of one user, carried out in order. Fields that are not named here are ignored."""

    email: str = Field(
        min_length=1,
        description="Whose roles change.",
        examples=["ivan@example.com"],
        json_schema_extra={"format": "user-email"},
    )
    bulk_role_operations: list[RoleOperation] = Field(min_length=1, max_length=1000)


class _Echo(Body):
    course_id: Any = Field(description="As it was sent; null where it was not.", examples=[_COURSE])
    role: Any = Field(description="As it was sent; null where it was not.", examples=["staff"])
    action: Any = Field(description="As it was sent; null where it was not.", examples=["assign"])


class OperationDone(_Echo):
    """A role change that is saved."""

    status: Literal["success"]


class OperationFailed(_Echo):
    """A role change that is refused, or that could not be saved."""

    status: Literal["failed"]
    error: str = Field(min_length=1, examples=["Invalid course_id or course not found."])


class RoleResults(Body):
    """One result for each operation, in order."""

    email: str = Field(description="As it was sent.", examples=["ivan@example.com"])
    results: list[OperationDone | OperationFailed] = Field(min_length=1, max_length=1000)


class Refusal(Body):
    status: Literal["failed"]
    error: str = Field(min_length=1, examples=["User not found."])


class RoleChangesRefused(Body):
    """Why none of the operations was carried out."""

    email: str = Field(description="As it was sent; empty where none was.", examples=["ivan@example.com"])
    results: list[Refusal] = Field(min_length=1, max_length=1)
