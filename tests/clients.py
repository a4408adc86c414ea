"""The clients' own decoders, as strict as the clients are. (clients.md 4, 5, 7)

Every answer that any test receives passes through `decode`: what breaks an app on a phone breaks the test.
"""

import re
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel, StringConstraints, TypeAdapter

# Both apps read these two forms of a date, and only these (clients.md 7).
_DATE = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$"
Date = Annotated[str, StringConstraints(pattern=_DATE)]


class _Strict(BaseModel):
    """No conversions: an integer is an integer. Fields that a client does not read may be there."""

    model_config = ConfigDict(strict=True, extra="ignore")


def _root_relative(uri: str) -> str:
    if uri and not uri.startswith("/"):
        raise ValueError("the iOS app joins the image to its base URL, so it must begin with a slash")
    return uri


# --- iOS (clients.md 5.1 to 5.6): missing or null where a field is required drops the whole page ----------------------


class IosUser(_Strict):
    id: int
    username: str | None = None
    email: str | None = None
    name: str | None = None


class IosAccess(_Strict):
    has_access: bool
    error_code: str | None = None
    developer_message: str | None = None
    user_message: str | None = None
    additional_context_user_message: str | None = None
    user_fragment: str | None = None


class IosImage(_Strict):
    uri: Annotated[str, AfterValidator(_root_relative)] | None = None


class IosMedia(_Strict):
    course_image: IosImage | None = None


class IosSharing(_Strict):
    facebook: str
    twitter: str


class IosCourse(_Strict):
    id: str
    name: str
    number: str
    org: str
    start: Date | None = None
    start_type: Literal["timestamp", "string", "empty"]
    end: Date | None = None
    dynamic_upgrade_deadline: str | None = None
    subscription_id: str
    courseware_access: IosAccess
    media: IosMedia
    course_image: str
    course_about: str
    course_sharing_utm_parameters: IosSharing
    video_outline: str | None = None
    is_self_paced: bool


class IosMode(_Strict):
    slug: str | None = None
    sku: str | None = None
    android_sku: str | None = None
    ios_sku: str | None = None


class IosProgress(_Strict):
    assignments_completed: int | None = None
    total_assignments_count: int | None = None


class IosEnrollment(_Strict):
    audit_access_expires: Date | None = None
    created: Date
    mode: str
    is_active: bool
    course: IosCourse
    course_modes: list[IosMode]
    course_progress: IosProgress | None = None


class IosEnrollmentOfOldList(IosEnrollment):
    """v0.5, which no app calls any more, has no modes."""

    course_modes: list[IosMode] = []


class IosCertificate(_Strict):
    url: str | None = None


class IosStatus(_Strict):
    last_visited_module_id: str | None = None
    last_visited_module_path: list[str] | None = None
    last_visited_block_id: str | None = None
    last_visited_unit_display_name: str | None = None


class IosAssignment(_Strict):
    date: Date | None = None
    date_type: str | None = None
    assignment_type: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    first_component_block_id: str | None = None
    link_text: str | None = None
    complete: bool | None = None
    learner_has_access: bool | None = None
    extra_info: str | None = None


class IosAssignments(_Strict):
    future_assignments: list[IosAssignment] | None = None
    past_assignments: list[IosAssignment] | None = None


class IosPrimary(_Strict):
    audit_access_expires: Date | None = None
    created: Date | None = None
    mode: str | None = None
    is_active: bool | None = None
    course: IosCourse | None = None
    certificate: IosCertificate | None = None
    course_modes: list[IosMode] | None = None
    course_status: IosStatus | None = None
    course_progress: IosProgress | None = None
    course_assignments: IosAssignments | None = None


class IosPage(_Strict):
    results: list[IosEnrollment]
    next: str | None = None
    previous: str | None = None
    count: int | None = None
    num_pages: int | None = None
    current_page: int | None = None
    start: int | None = None


class IosV3(_Strict):
    enrollments: IosPage


class IosV4(_Strict):
    user_timezone: str | None = None
    enrollments: IosPage | None = None
    primary: IosPrimary | None = None


class IosResumeBlock(_Strict):
    last_visited_block_id: str
    last_visited_module_id: str
    last_visited_module_path: list[str]


class IosEnrollmentStatus(_Strict):
    # Null is tolerated, but drops the element: a course that disappears from the calendar.
    course_id: str
    course_name: str
    recently_active: bool


# --- Android (clients.md 5.1 to 5.6): a null that the app unwraps is a screen that fails ------------------------------


class AndroidCourse(_Strict):
    id: str = ""
    name: str | None = None
    start: Date | None = None
    end: Date | None = None
    start_display: str | None = None
    start_type: str | None = None
    courseware_access: dict[str, Any] | None = None
    course_sharing_utm_parameters: dict[str, str]
    course_image: str | None = None
    course_updates: str | None = None
    course_handouts: str | None = None
    discussion_url: str | None = None
    is_self_paced: bool = False


class AndroidAssignment(_Strict):
    date: Date
    date_type: Literal["assignment-due-date"]
    title: str = ""
    description: str = ""
    link: str = ""
    first_component_block_id: str = ""
    assignment_type: str | None = None
    complete: bool = False
    learner_has_access: bool = False


class AndroidAssignments(_Strict):
    future_assignments: list[AndroidAssignment] | None = None
    past_assignments: list[AndroidAssignment] | None = None


class AndroidEnrollment(_Strict):
    audit_access_expires: Date | None = None
    created: str | None = None
    mode: str | None = None
    is_active: bool = False
    course: AndroidCourse
    certificate: IosCertificate | None = None
    course_progress: IosProgress | None = None
    course_status: IosStatus | None = None
    course_assignments: AndroidAssignments | None = None


class AndroidPage(_Strict):
    results: list[AndroidEnrollment]
    next: str | None = None
    previous: str | None = None
    count: int = 0
    num_pages: int = 0
    current_page: int = 0


class AndroidConfigs(_Strict):
    # A string that holds JSON; an empty one parses to null in the app.
    config: Annotated[str, StringConstraints(min_length=2)] | None = None


class AndroidEnrollments(_Strict):
    enrollments: AndroidPage
    configs: AndroidConfigs
    primary: AndroidEnrollment | None = None


class AndroidCourseStatus(_Strict):
    last_visited_block_id: str = ""


# --- The support page (course-team.md 6) ------------------------------------------------------------------------------


class SupportCourse(_Strict):
    course_id: str
    course_name: str
    course_url: str
    role: Literal["instructor", "staff"] | None
    status: Literal["active", "archived"]
    org: str
    run: str
    number: str


class SupportResult(_Strict):
    status: Literal["success", "failed"]
    course_id: Any
    error: Annotated[str, StringConstraints(min_length=1)] = "-"


class SupportResults(_Strict):
    results: list[SupportResult]


class ErrorBody(RootModel[dict[str, Any]]):
    """An object; the Android app takes `error_code` and `developer_message` for texts."""


_ENROLLMENTS = re.compile(r"/api/mobile/(v[\d.]+)/users/[^/]+/course_enrollments/?")
# By hand on purpose: which endpoints a shipped app calls, and as what it reads the answers, is a fact of that app. What
# no app calls is not here; every answer is held to the document besides (tests/document.py).
_DECODERS: list[tuple[str, re.Pattern[str], list[Any]]] = [
    ("GET", re.compile(r"/api/mobile/[^/]+/users/[^/]+/?"), [IosUser]),
    ("GET", re.compile(r"/api/mobile/v1/users/[^/]+/course_status_info/.*"), [IosResumeBlock, AndroidCourseStatus]),
    ("GET", re.compile(r"/api/mobile/[^/]+/users/[^/]+/enrollments_status/.*"), [list[IosEnrollmentStatus]]),
    ("GET", re.compile(r"/api/support/v1/manage_course_team/?"), [list[SupportCourse]]),
    ("PUT", re.compile(r"/api/support/v1/manage_course_team/?"), [SupportResults]),
]
_BY_VERSION: dict[str, list[Any]] = {
    "v0.5": [list[IosEnrollmentOfOldList], list[AndroidEnrollment]],
    "v1": [list[IosEnrollment], list[AndroidEnrollment]],
    "v2": [],
    "v3": [IosV3, AndroidEnrollments],
    "v4": [IosV4, AndroidEnrollments],
}


def decode(method: str, target: str, status: int, body: bytes) -> None:
    """Read an answer as each client that may get it does. Raises where a client would fail."""
    if status >= 400 and method != "HEAD":
        # The iOS app keeps a body only if it begins and ends with a brace.
        assert body.startswith(b"{"), f"an error that is no object: {body[:100]!r}"
        assert body.endswith(b"}"), f"an error that is no object: {body[-100:]!r}"
        said = ErrorBody.model_validate_json(body).root
        for name in ("error_code", "developer_message", "detail"):
            assert isinstance(said.get(name, ""), str), f"{name} is not a text: {said}"
    if status == 200:
        path = urlsplit(target).path
        versioned = _ENROLLMENTS.fullmatch(path) if method == "GET" else None
        decoders = [*_BY_VERSION[versioned[1]]] if versioned else []
        for verb, pattern, of_path in _DECODERS:
            decoders += of_path if verb == method and pattern.fullmatch(path) else []
        for decoder in decoders:
            _adapter(decoder).validate_json(body)


@cache
def _adapter(decoder: Any) -> TypeAdapter[Any]:
    return TypeAdapter(decoder)
