"""The query and the shapes of the course-team API. (contract/course-team.md 3.1 to 3.5, 4.2)"""

from datetime import datetime
from typing import Any

import pytest

from lms.domain.course_team import EMAIL_REQUIRED, NOT_AN_OBJECT, OPERATIONS_REQUIRED
from lms.domain.roles import Roles
from lms.domain.site import Features
from lms.settings import Settings
from lms.table.access import CourseScope, ListedCourse
from lms.web.course_team import Identifier, course_json, identifier, refused, scope_of
from lms.web.errors import HttpError
from tests.unit.builders import COURSE_ID, KEY, NOW, PLAIN, at, cases, course_role, org_role

SECURE = Settings("", "studio.example.org", True, Features())


@cases(
    "query, expected",
    {
        "an e-mail": ({"email": "u@x"}, Identifier("u@x", {"email": "u@x"})),
        "a username": ({"username": "u"}, Identifier("u", {"username": "u"})),
        "a user id": ({"user_id": "5"}, Identifier("5", {"user_id": 5})),
        "the e-mail decides": (
            {"user_id": "5", "username": "u", "email": "u@x"},
            Identifier("u@x", {"email": "u@x"}),
        ),
        "the username comes before the id": ({"user_id": "5", "username": "u"}, Identifier("u", {"username": "u"})),
        "an empty one counts as absent": ({"email": "", "username": "u"}, Identifier("u", {"username": "u"})),
        "blanks around an id": ({"user_id": " 1"}, Identifier(" 1", {"user_id": 1})),
        "a negative id is nobody's": ({"user_id": "-1"}, Identifier("-1", {"user_id": -1})),
        "an id that is no number is nobody's": ({"user_id": "abc"}, Identifier("abc", {"user_id": 0})),
        "a fraction is nobody's": ({"user_id": "1.0"}, Identifier("1.0", {"user_id": 0})),
        "an id of too many digits is nobody's": ({"user_id": "9" * 5000}, Identifier("9" * 5000, {"user_id": 0})),
    },
)
def test_which_user_a_query_asks_about(query: dict[str, str], expected: Identifier) -> None:
    assert identifier(query) == expected


@cases(
    "query",
    {
        "nothing": {},
        "empty ones only": {"email": "", "username": "", "user_id": ""},
        "an unknown one": {"name": "u"},
        "the letter case counts": {"Email": "u@x"},
    },
)
def test_a_query_that_names_nobody_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(HttpError) as caught:
        identifier(query)

    text = "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
    assert (caught.value.status, caught.value.body) == (400, {"detail": text})


@cases(
    "caller, expected",
    {
        "global staff sees every course": (Roles(global_staff=True), CourseScope(every=True)),
        "a superuser sees every course": (Roles(superuser=True), CourseScope(every=True)),
        "an instructor sees the course": (course_role("instructor"), CourseScope(ids=frozenset({COURSE_ID}))),
        "an instructor of an organization sees its courses": (
            org_role("instructor"),
            CourseScope(orgs=frozenset({"demox"})),
        ),
        "staff sees none": (course_role("staff"), CourseScope()),
        "a learner sees none": (PLAIN, CourseScope()),
        "a row with neither course nor organization shows none": (org_role("instructor", ""), CourseScope()),
    },
)
def test_which_courses_a_caller_sees(caller: Roles, expected: CourseScope) -> None:
    assert scope_of(caller) == expected


def test_the_element_of_a_course_in_its_order() -> None:
    listed = ListedCourse(KEY, "Demo 101", at("2026-07-01"))

    assert list(course_json(listed, course_role("staff"), SECURE, NOW).items()) == [
        ("course_id", COURSE_ID),
        ("course_name", "Demo 101"),
        ("course_url", f"https://studio.example.org/course/{COURSE_ID}"),
        ("role", "staff"),
        ("status", "active"),
        ("org", "DemoX"),
        ("run", "2026_T1"),
        ("number", "DX101"),
    ]


@cases(
    "end, expected",
    {
        "no end is active": (None, "active"),
        "an end ahead is active": (at("2026-04-01T12:00:00.000001"), "active"),
        "an end right now is active": (NOW, "active"),
        "an end that passed is archived": (at("2026-04-01T11:59:59.999999"), "archived"),
    },
)
def test_whether_a_course_is_archived(end: datetime | None, expected: str) -> None:
    assert course_json(ListedCourse(KEY, "x", end), PLAIN, SECURE, NOW)["status"] == expected


def test_a_course_without_name_is_shown_by_its_number() -> None:
    assert course_json(ListedCourse(KEY, None, None), PLAIN, SECURE, NOW)["course_name"] == "DX101"


def test_a_studio_without_https_is_linked_without() -> None:
    settings = Settings("", "localhost:8001", False, Features())

    shown = course_json(ListedCourse(KEY, "x", None), PLAIN, settings, NOW)
    assert shown["course_url"] == f"http://localhost:8001/course/{COURSE_ID}"


@cases(
    "body, error, email",
    {
        "what is no object has no e-mail": ([], NOT_AN_OBJECT, ""),
        "an e-mail that is none is not echoed": ({"email": 5}, EMAIL_REQUIRED, ""),
        "an e-mail is echoed as it was sent": ({"email": " U@x "}, OPERATIONS_REQUIRED, " U@x "),
    },
)
def test_the_refusal_of_a_whole_request(body: Any, error: str, email: str) -> None:
    answer = refused(400, body, error)

    assert answer.status == 400
    assert answer.body == {"email": email, "results": [{"status": "failed", "error": error}]}
