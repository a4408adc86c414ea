"""The query and the shapes of the course-team API. (course-team.md 3.1 to 3.5, 4.2)"""

from datetime import datetime
from typing import Any

import pytest

from lms.domain.course_team import EMAIL_REQUIRED, NOT_AN_OBJECT, OPERATIONS_REQUIRED
from lms.domain.courses import CourseSummary
from lms.domain.site import Features
from lms.domain.users import UserIdentifier
from lms.settings import Settings
from lms.web.course_team import read_identifier, refused
from lms.web.errors import HttpError
from lms.web.shapes.course_team import team_course_json
from tests.unit.builders import COURSE_ID, KEY, NOW, PLAIN, at, cases, course_role

SECURE = Settings("", "studio.example.org", True, Features())


@cases(
    "query, expected",
    {
        "an e-mail": ({"email": "u@x"}, ("u@x", UserIdentifier(email="u@x"))),
        "a username": ({"username": "u"}, ("u", UserIdentifier(username="u"))),
        "a user id": ({"user_id": "5"}, ("5", UserIdentifier(user_id=5))),
        "the e-mail decides": (
            {"user_id": "5", "username": "u", "email": "u@x"},
            ("u@x", UserIdentifier(email="u@x")),
        ),
        "the username comes before the id": ({"user_id": "5", "username": "u"}, ("u", UserIdentifier(username="u"))),
        "an empty one counts as absent": ({"email": "", "username": "u"}, ("u", UserIdentifier(username="u"))),
        "blanks around an id": ({"user_id": " 1"}, (" 1", UserIdentifier(user_id=1))),
        "a blank after an id": ({"user_id": "1 "}, ("1 ", UserIdentifier(user_id=1))),
        "a sign before an id": ({"user_id": "+1"}, ("+1", UserIdentifier(user_id=1))),
        "a zero before an id": ({"user_id": "01"}, ("01", UserIdentifier(user_id=1))),
        "a hexadecimal id is nobody's": ({"user_id": "0x4"}, ("0x4", UserIdentifier(user_id=0))),
        "an exponent is nobody's": ({"user_id": "1e3"}, ("1e3", UserIdentifier(user_id=0))),
        "a negative id is nobody's": ({"user_id": "-1"}, ("-1", UserIdentifier(user_id=-1))),
        "an id that is no number is nobody's": ({"user_id": "abc"}, ("abc", UserIdentifier(user_id=0))),
        "a fraction is nobody's": ({"user_id": "1.0"}, ("1.0", UserIdentifier(user_id=0))),
        "an id of too many digits is nobody's": ({"user_id": "9" * 5000}, ("9" * 5000, UserIdentifier(user_id=0))),
    },
)
def test_which_user_a_query_asks_about(query: dict[str, str], expected: tuple[str, UserIdentifier]) -> None:
    assert read_identifier(query) == expected


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
        read_identifier(query)

    text = "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
    assert (caught.value.status, caught.value.body) == (400, {"detail": text})


def test_the_element_of_a_course_in_its_order() -> None:
    listed = CourseSummary(KEY, "Demo 101", at("2026-07-01"))

    assert list(team_course_json(listed, course_role("staff"), SECURE, NOW).items()) == [
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
    assert team_course_json(CourseSummary(KEY, "x", end), PLAIN, SECURE, NOW)["status"] == expected


def test_a_course_without_name_is_shown_by_its_number() -> None:
    assert team_course_json(CourseSummary(KEY, None, None), PLAIN, SECURE, NOW)["course_name"] == "DX101"


def test_a_studio_without_https_is_linked_without() -> None:
    settings = Settings("", "localhost:8001", False, Features())

    shown = team_course_json(CourseSummary(KEY, "x", None), PLAIN, settings, NOW)
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
    answer = refused(body, error)

    assert answer.status == 400
    assert answer.body == {"email": email, "results": [{"status": "failed", "error": error}]}
