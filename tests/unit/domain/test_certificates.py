"""Whether a certificate may be shown, and where it is. (mobile-users.md 7.7)"""

from typing import Any

from lms.domain.certificates import certificate_path, is_downloadable, is_shown
from lms.domain.courses import CourseMode
from lms.domain.enrollments import Certificate
from lms.domain.site import Features
from tests.unit.builders import NOW, at, cases, course

UUID = "0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"
JUST_BEFORE = at("2026-04-01T11:59:59.999999")
PDF = Certificate("downloadable", "verified", download_url="https://certs.example.org/mona.pdf")
WEB = Certificate("downloadable", "verified", verify_uuid=UUID)
BOTH = Certificate("downloadable", "verified", "https://certs.example.org/mona.pdf", UUID)
HTML = Features(html_certificates=True)


@cases(
    "certificate, features, html, expected",
    {
        "a file with HTML certificates on": (PDF, HTML, True, PDF.download_url),
        "a file with HTML certificates off": (PDF, Features(), False, PDF.download_url),
        "a file comes before the page": (BOTH, HTML, True, PDF.download_url),
        "a page": (WEB, HTML, True, f"/certificates/{UUID}"),
        "no page where the site has none": (WEB, Features(), True, None),
        "no page where the course has none": (WEB, HTML, False, None),
        "no page without an id": (Certificate("downloadable", "verified"), HTML, True, None),
        "no certificate": (None, HTML, True, None),
        "a certificate that is not finished": (
            Certificate("notpassing", "verified", verify_uuid=UUID),
            HTML,
            True,
            None,
        ),
    },
)
def test_where_a_certificate_is(
    certificate: Certificate | None, features: Features, html: bool, expected: str | None
) -> None:
    shown = course(self_paced=True, html_certificates=html)

    assert certificate_path(shown, certificate, features, NOW) == expected


def test_a_certificate_that_the_course_does_not_show_yet_is_nowhere() -> None:
    assert certificate_path(course(certificates_display_behavior="end"), PDF, HTML, NOW) is None


@cases(
    "status, mode, offered, expected",
    {
        "a finished one": ("downloadable", "verified", (), True),
        "one in honor mode": ("downloadable", "honor", (), True),
        "one in audit mode where honor is on offer": ("downloadable", "audit", (CourseMode("honor"),), True),
        "not one in audit mode": ("downloadable", "audit", (CourseMode("audit"),), False),
        "not one in audit mode where honor has expired": (
            *("downloadable", "audit"),
            (CourseMode("honor", expiration=JUST_BEFORE),),
            False,
        ),
        "one in audit mode where honor expires right now": (
            *("downloadable", "audit"),
            (CourseMode("honor", expiration=NOW),),
            True,
        ),
        "not one in audit mode where nothing is on offer": ("downloadable", "audit", (), False),
        "not one that is being made": ("generating", "verified", (), False),
        "not one that is unavailable": ("unavailable", "verified", (), False),
        "the letter case of the status counts": ("Downloadable", "verified", (), False),
    },
)
def test_which_certificates_are_finished(
    status: str, mode: str, offered: tuple[CourseMode, ...], expected: bool
) -> None:
    assert is_downloadable(Certificate(status, mode), course(modes=offered), NOW) is expected


@cases(
    "fields, expected",
    {
        "a self-paced course shows them at any time": ({"self_paced": True}, True),
        "a course may show them before its end": ({"certificates_show_before_end": True}, True),
        "early shows them at any time": ({"certificates_display_behavior": "early_no_info"}, True),
        "without a behaviour they are not shown": ({"certificates_display_behavior": None, "end": JUST_BEFORE}, False),
        "an unknown behaviour does not show them": (
            {"certificates_display_behavior": "early_with_info", "end": JUST_BEFORE},
            False,
        ),
        "end shows them when the course has ended": (
            {"certificates_display_behavior": "end", "end": JUST_BEFORE},
            True,
        ),
        "end does not at the very moment": ({"certificates_display_behavior": "end", "end": NOW}, False),
        "end does not without an end": ({"certificates_display_behavior": "end", "end": None}, False),
        "a date that has passed does not count with end": (
            {"certificates_display_behavior": "end", "end": None, "certificate_available_date": JUST_BEFORE},
            False,
        ),
        "a date that has passed does not count without a behaviour": (
            {"certificates_display_behavior": None, "certificate_available_date": JUST_BEFORE},
            False,
        ),
        "an empty behaviour does not show them": ({"certificates_display_behavior": "", "end": JUST_BEFORE}, False),
        "a date shows them when it has passed": (
            {"certificates_display_behavior": "end_with_date", "certificate_available_date": JUST_BEFORE},
            True,
        ),
        "a date does not at the very moment": (
            {"certificates_display_behavior": "end_with_date", "certificate_available_date": NOW},
            False,
        ),
        "a missing date does not": (
            {"certificates_display_behavior": "end_with_date", "end": JUST_BEFORE},
            False,
        ),
    },
)
def test_whether_a_course_shows_its_certificates(fields: dict[str, Any], expected: bool) -> None:
    assert is_shown(course(**fields), NOW) is expected
