"""What each endpoint does, takes and answers. HEAD and OPTIONS are the same everywhere and are made from these."""

from collections.abc import Mapping, Sequence
from typing import Any

from lms.domain.dashboard import STATUSES
from lms.domain.enrollments import STATUS_LIMIT
from lms.domain.errors import CourseNotFoundError, InvalidPageError, NotEnrolledError, UserNotFoundError
from lms.domain.keys import CourseKey
from lms.domain.paging import MAX_PAGE_SIZE, PAGE_SIZE
from lms.web.credentials import CSRF_COOKIE
from lms.web.errors import identifier_not_found, json_parse_error, missing_identifier, not_an_object
from lms.web.request import VERSIONS
from lms.web.shapes.access import AccessRefusedJson
from lms.web.shapes.course_status import CourseStatusJson, CourseStatusV1Json
from lms.web.shapes.course_team import RoleChangesRefusedJson, RoleResultsJson, TeamCourseJson
from lms.web.shapes.csrf_token import CsrfTokenJson
from lms.web.shapes.dashboard import EnrollmentsV3Json, EnrollmentsV4Json
from lms.web.shapes.enrollments import EnrollmentJson, EnrollmentsV2Json, EnrollmentV05Json
from lms.web.shapes.enrollments_status import EnrollmentStatusJson
from lms.web.shapes.errors import MobileErrorsJson
from lms.web.shapes.options import PARSES
from lms.web.shapes.schema import COURSE
from lms.web.shapes.user_detail import UserJson
from lms_lambda.openapi.describe import Answer, Operation, Variant, either, refusal
from lms_lambda.openapi.requests import NoFields, RoleChanges, Visit, VisitForm

_JSON, _FORM, _MULTIPART = PARSES
_UNKNOWN_USER = refusal("The token is good, but its user is not known here.", UserNotFoundError())


def _text(name: str, description: str) -> dict[str, Any]:
    """A parameter of the query that takes any text: what it does not know it treats as absent, or answers with 404."""
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}


# --- Mobile: the user -------------------------------------------------------------------------------------------------

_MY_USER_INFO = Operation(
    summary="Find the caller's own page",
    description="Redirects to the caller's user detail, and sets the account's `last_login`.",
    answers=[
        Answer(
            302,
            "Go on to the caller's own page.",
            headers={
                "Location": {
                    "required": True,
                    "description": "Path of the user detail, in the same version; without scheme and host.",
                    "schema": {
                        "type": "string",
                        "pattern": r"^/api/mobile/v[0-9.]+/users/[^/]+$",
                        "examples": ["/api/mobile/v1/users/lena"],
                    },
                }
            },
        )
    ],
)

_USER_DETAIL = Operation(
    summary="Show the caller",
    description="The caller, and where the caller's enrollments are.",
    answers=[
        Answer(
            200,
            "The caller.",
            UserJson,
            links={
                "enrollmentsStatus": {
                    "operationId": "getUserEnrollmentsStatus",
                    "parameters": {"version": "$request.path.version", "username": "$response.body#/username"},
                    "description": "Which courses the user is active in.",
                },
                "enrollments": {
                    "operationId": "getUserCourseEnrollmentsListV4",
                    "parameters": {"username": "$response.body#/username"},
                    "description": "The user's enrollments.",
                },
            },
        ),
        _UNKNOWN_USER,
    ],
)

_ENROLLMENTS_STATUS = Operation(
    summary="Show in which courses the caller is active",
    description=(
        f"The first {STATUS_LIMIT} courses that the caller is enrolled in, by course id, less those not on mobile."
    ),
    answers=[
        Answer(
            200,
            "The courses, by id.",
            list[EnrollmentStatusJson],
            links={
                "courseStatus": {
                    "operationId": "getCourseStatusV1",
                    "parameters": {
                        "username": "$request.path.username",
                        "course_id": "$response.body#/0/course_id",
                    },
                    "description": "Where the learner was in a course.",
                }
            },
        ),
        _UNKNOWN_USER,
    ],
)

# --- Mobile: enrollments ----------------------------------------------------------------------------------------------

_ORG = _text("org", "Only courses of this organization: the key's, whatever the letter case. Empty: none at all.")
_PAGE = _text("page", "A page's number, from 1, or `last`; empty: 1. A page that there is not is a 404.")
_NO_PAGE = refusal("There is no such page.", InvalidPageError())
_ACCEPT_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of `start_display`: the best that the site has, else its own. "
    "A header that cannot be read counts as missing.",
    "schema": {"type": "string", "examples": ["es-MX,es;q=0.9,en;q=0.5"]},
}
_TO_COURSE_STATUS = "Where the learner was in a course."


def _page_size(version: str) -> dict[str, Any]:
    default, largest = PAGE_SIZE[version], MAX_PAGE_SIZE[version]
    text = f"Enrollments on a page: {default} where it is missing or no number above 0, and {largest} at most."
    return _text("page_size", text)


def _enrollments(
    version: str, shape: Any, course: str, description: str, *parameters: Mapping[str, Any], errors: Sequence[Answer]
) -> Variant:
    """`course`: JSON pointer to the id of the first course of the answer."""
    link = {
        "operationId": "getCourseStatusV1",
        "parameters": {"username": "$request.path.username", "course_id": f"$response.body#{course}"},
        "description": _TO_COURSE_STATUS,
    }
    operation = Operation(
        summary="List the caller's enrollments",
        description=f"{description} Courses that the app may not load are listed as well, and say why.",
        parameters=[_ORG, *parameters, _ACCEPT_LANGUAGE],
        answers=[Answer(200, "The enrollments, newest first.", shape, links={"courseStatus": link}), *errors],
    )
    return Variant({"GET": operation}, (version,))


_STATUS = _text(
    "status",
    f"Exactly {either(STATUSES)}: only such courses, and none of them as the primary one. "
    "Any other value counts as missing.",
)
_REQUESTED_FIELDS = _text("requested_fields", "A list with commas between; `course_progress` adds the progress.")

_ENROLLMENTS = (
    _enrollments(
        "v0.5", list[EnrollmentV05Json], "/0/course/id",
        "All active enrollments but those whose audit access is over.", errors=[],
    ),
    _enrollments("v1", list[EnrollmentJson], "/0/course/id", "All active enrollments.", errors=[]),
    _enrollments(
        "v2", EnrollmentsV2Json, "/enrollments/0/course/id",
        "All active enrollments, and the site's settings for the apps.", errors=[_UNKNOWN_USER],
    ),
    _enrollments(
        "v3", EnrollmentsV3Json, "/enrollments/results/0/course/id",
        "A page of the active enrollments.",
        _PAGE, _page_size("v3"), errors=[_NO_PAGE, _UNKNOWN_USER],
    ),
    _enrollments(
        "v4", EnrollmentsV4Json, "/primary/course/id",
        "The course that the learner is likely to go on with, and a page of the other active enrollments.",
        _PAGE, _page_size("v4"), _STATUS, _REQUESTED_FIELDS, errors=[_NO_PAGE, _UNKNOWN_USER],
    ),
)  # fmt: skip

# --- Mobile: course status --------------------------------------------------------------------------------------------

_COURSE_ERRORS = [
    Answer(404, "The app may not load the course.", AccessRefusedJson),
    refusal(
        "There is no such user or course, or the caller is not enrolled in it.",
        *(UserNotFoundError(), NotEnrolledError(), CourseNotFoundError(CourseKey("SampleX", "NOTHING", "2026"))),
        others=True,
    ),
]


def _course_status(versions: tuple[str, ...], shape: Any) -> Variant:
    shown = Operation(
        summary="Show where the caller was in a course",
        description="The section that the learner visited last, or the first one that there is.",
        answers=[Answer(200, "The section and its path, bottom-up.", shape), *_COURSE_ERRORS],
    )
    moved = Operation(
        summary="Note where the caller is in a course",
        description="Moves the learner to a block, and answers where the learner is then.",
        bodies={
            _JSON: Visit,
            _FORM: VisitForm,
            _MULTIPART: VisitForm | NoFields,
        },
        answers=[
            Answer(200, "The section and its path, bottom-up, after the move.", CourseStatusJson),
            Answer(400, "The date or the block is not right.", MobileErrorsJson),
            refusal(
                "The body cannot be read.",
                *(not_an_object(), json_parse_error("Expecting value: line 1 column 1")),
                others=True,
            ),
            *_COURSE_ERRORS,
        ],
    )
    return Variant({"GET": shown, "PATCH": moved}, versions)


# --- Support: the course team -----------------------------------------------------------------------------------------

_USER_QUERY = {
    "name": "user",
    "in": "query",
    "required": True,
    "style": "form",
    "explode": True,
    "description": "Which user: the first of `email`, `username` and `user_id` that is not empty, and that one alone. "
    "Each is a parameter of its own, as in `?email=ivan%40example.com`.",
    "schema": {
        "type": "object",
        "properties": {
            "email": {"type": "string", "description": "Whatever the letter case.", "examples": ["ivan@example.com"]},
            "username": {"type": "string", "description": "Whatever the letter case.", "examples": ["ivan"]},
            "user_id": {"type": "string", "description": "The account's number.", "examples": ["2"]},
        },
        "anyOf": [
            {"required": [name], "properties": {name: {"minLength": 1}}} for name in ("email", "username", "user_id")
        ],
    },
    "examples": {"email": {"value": {"email": "ivan@example.com"}}},
}

_SHOW_TEAM = Operation(
    summary="List courses with a user's roles in them",
    description="The courses on whose teams the caller may change roles (all, for global staff), and in each the role "
    "of the user who is asked about. Any learner may ask, and sees no courses.",
    parameters=[_USER_QUERY],
    answers=[
        Answer(200, "The courses.", list[TeamCourseJson]),
        refusal("No user is named.", missing_identifier()),
        refusal(
            "There is no such user, or the account is not active.",
            identifier_not_found("nobody@example.com"),
            others=True,
        ),
    ],
)

_CHANGE_TEAM = Operation(
    summary="Change a user's roles on course teams",
    description="Carries out each operation by itself, in order, and says what became of it: the answer is 200 even if "
    "all of them failed. A role that is assigned comes with an enrollment.",
    bodies={_JSON: RoleChanges},
    body_required=True,
    answers=[
        Answer(200, "One result for each operation.", RoleResultsJson),
        Answer(
            400,
            "The request is not complete, has too many operations, or the user is not active.",
            RoleChangesRefusedJson,
        ),
        refusal("The body cannot be read.", json_parse_error("Expecting value: line 1 column 1 (char 0)"), others=True),
        Answer(
            403,
            "The caller is no instructor of any course or organization, and not global staff.",
            RoleChangesRefusedJson,
        ),
        Answer(404, "There is no user with this e-mail.", RoleChangesRefusedJson),
    ],
)

# --- The CSRF token ---------------------------------------------------------------------------------------------------

_CSRF_TOKEN = Operation(
    summary="Get a CSRF token",
    description="For the header `X-CSRFToken` of a request that the JWT cookies authenticate. Each answer has another "
    "token; all of them match the browser's cookie.",
    answers=[
        Answer(
            200,
            "A token.",
            CsrfTokenJson,
            headers={
                "Set-Cookie": {
                    "description": f"The cookie `{CSRF_COOKIE}`, where the request has none.",
                    "schema": {"type": "string", "pattern": f"^{CSRF_COOKIE}=[A-Za-z0-9]+; "},
                }
            },
        )
    ],
)

ENDPOINTS: Mapping[str, Sequence[Variant]] = {
    "My User Info": [Variant({"GET": _MY_USER_INFO})],
    "User Detail": [Variant({"GET": _USER_DETAIL})],
    "User Course Enrollments List": _ENROLLMENTS,
    "User Enrollments Status": [Variant({"GET": _ENROLLMENTS_STATUS})],
    "Course Status": [
        _course_status(("v1",), CourseStatusV1Json),
        _course_status(tuple(version for version in VERSIONS if version != "v1"), CourseStatusJson),
    ],
    "Course Team Manage Api": [Variant({"GET": _SHOW_TEAM, "PUT": _CHANGE_TEAM})],
    "Csrf Token": [Variant({"GET": _CSRF_TOKEN})],
}
"""By the name that the handler's `@endpoint` gives."""

VARIABLES: Mapping[str, Mapping[str, Any]] = {
    "version": {
        "description": "Version of the mobile API.",
        "schema": {"type": "string", "enum": list(VERSIONS)},
        "example": "v1",
    },
    "username": {
        "description": "The caller's own name, whatever the letter case. Any other, known or not, is a 403.",
        "schema": {"type": "string", "minLength": 1, "format": "username"},
        "example": "lena",
    },
    "course_id": {
        "description": "A course key. It may hold slashes, if it is of the older form; what follows it is ignored.",
        "schema": {"type": "string", "minLength": 1, "format": "course-key"},
        "example": COURSE,
    },
    "tail": {
        "description": "Whatever follows the path; it is ignored.",
        "schema": {"type": "string", "minLength": 1},
        "example": "index.html",
    },
}
"""OpenAPI parameter objects of the paths' variables, without name and place."""
