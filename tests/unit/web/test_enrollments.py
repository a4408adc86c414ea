"""The shape of an enrollment as the apps read it. (mobile-users.md 4.1, 4.3, 7.2, 7.6, 7.7)"""

from dataclasses import replace
from typing import Any

from lms.domain.access import AccessError
from lms.domain.enrollments import Certificate, EnrolledCourse
from lms.domain.site import Features, Site
from lms.web.enrollments import EnrollmentContext
from lms.web.shapes.access import access_json
from lms.web.shapes.course import course_json, subscription_id
from lms.web.shapes.enrollments import enrollment_json, enrollment_v05_json
from lms.web.shapes.user_detail import user_path
from tests.unit.builders import AUDIT_AND_VERIFIED, LIMITED, MONA, NOW, PLAIN, at, cases, course, enrollment

BASE = "https://lms.example.org"
VIEW = EnrollmentContext(
    MONA, PLAIN, Site(duration_limit=LIMITED), Features(html_certificates=True), NOW, BASE, "v4", "en"
)
GRANTED = {
    "has_access": True,
    "error_code": None,
    "developer_message": None,
    "user_message": None,
    "additional_context_user_message": None,
    "user_fragment": None,
}
COURSE_A = EnrolledCourse(enrollment(), course())


def test_v0_5_has_neither_expiry_nor_modes() -> None:
    item = enrollment_v05_json(COURSE_A, replace(VIEW, version="v0.5"))

    assert list(item) == ["created", "mode", "is_active", "course", "certificate"]


@cases("version", {version: version for version in ("v0.5", "v1", "v2", "v3")})
def test_links_keep_the_version_of_the_request(version: str) -> None:
    shown = course_json(COURSE_A, replace(VIEW, version=version))

    site_path = f"{BASE}/api/mobile/{version}/course_info/course-v1:DemoX+DX101+2026_T1"
    assert (shown["course_updates"], shown["course_handouts"]) == (f"{site_path}/updates", f"{site_path}/handouts")


@cases(
    "course_fields, enrollment_fields, path, expected",
    {
        "a start that was never set": ({"start": at("2030-01-01")}, {}, ("course", "start_type"), "empty"),
        "its text": ({"start": at("2030-01-01")}, {}, ("course", "start_display"), None),
        "a missing start": ({"start": None}, {}, ("course", "start"), None),
        "a missing end": ({"end": None}, {}, ("course", "end"), None),
        "a missing name": ({"name": None}, {}, ("course", "name"), "DX101"),
        "another number": ({"display_number": "101!"}, {}, ("course", "number"), "101!"),
        "another organization": ({"display_org": "Demo U"}, {}, ("course", "org"), "Demo U"),
        "a missing date of enrollment": ({}, {"created": None}, ("created",), "1970-01-01T00:00:00Z"),
        "a course without modes": (
            {},
            {},
            ("course_modes",),
            [{"slug": "audit", "sku": None, "android_sku": None, "ios_sku": None, "min_price": 0}],
        ),
        "a certificate's own address": (
            {"self_paced": True},
            {"certificate": Certificate("downloadable", "verified", "https://certs.example.org/1.pdf")},
            ("certificate",),
            {"url": "https://certs.example.org/1.pdf"},
        ),
        "a certificate's path": (
            {"self_paced": True},
            {"certificate": Certificate("downloadable", "verified", "/media/1.pdf")},
            ("certificate",),
            {"url": f"{BASE}/media/1.pdf"},
        ),
        "a course that is refused": (
            {"visible_to_staff_only": True},
            {},
            ("course", "courseware_access"),
            {
                "has_access": False,
                "error_code": "not_visible_to_user",
                "developer_message": "Course is not visible to this user",
                "user_message": "You do not have access to this course",
                "additional_context_user_message": None,
                "user_fragment": None,
            },
        ),
        "an expiry that has passed": (
            {"modes": AUDIT_AND_VERIFIED, "start": at("2026-01-01")},
            {},
            ("audit_access_expires",),
            "2026-03-30T09:30:15.123456Z",
        ),
    },
)
def test_one_field_of_an_enrollment(
    course_fields: dict[str, Any], enrollment_fields: dict[str, Any], path: tuple[str, ...], expected: Any
) -> None:
    found: Any = enrollment_json(EnrolledCourse(enrollment(**enrollment_fields), course(**course_fields)), VIEW)
    for name in path:
        found = found[name]

    assert found == expected


@cases(
    "custom, sharing, marketing, expected",
    {
        "the page of the LMS": (False, None, None, f"{BASE}/courses/course-v1:DemoX+DX101+2026_T1/about"),
        "empty addresses are none": (True, "", "", f"{BASE}/courses/course-v1:DemoX+DX101+2026_T1/about"),
        "the marketing page": (False, None, "https://m.example", "https://m.example"),
        "the sharing page where the site wants it": (
            True,
            "https://s.example",
            "https://m.example",
            "https://s.example",
        ),
        "not the sharing page otherwise": (False, "https://s.example", "https://m.example", "https://m.example"),
        "the marketing page without a sharing page": (True, None, "https://m.example", "https://m.example"),
    },
)
def test_the_about_page(custom: bool, sharing: str | None, marketing: str | None, expected: str) -> None:
    view = replace(VIEW, features=Features(custom_course_urls=custom))
    one = EnrolledCourse(enrollment(), course(social_sharing_url=sharing, marketing_url=marketing))

    assert course_json(one, view)["course_about"] == expected


@cases(
    "error, expected",
    {
        "access is true and five nulls": (None, [True, None, None, None, None, None]),
        "an error is false and its texts": (
            AccessError("old_mongo", "for developers", "for learners", "more"),
            [False, "old_mongo", "for developers", "for learners", "more", None],
        ),
    },
)
def test_access_always_has_the_same_six_keys(error: AccessError | None, expected: list[Any]) -> None:
    shown = access_json(error)

    assert list(shown) == list(GRANTED)
    assert list(shown.values()) == expected


@cases(
    "course_id, expected",
    {
        "the padding is a line below": (
            "course-v1:DemoX+DX101+2026_T1",
            "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMJQGEVTEMBSGZPVIMI_",
        ),
        "all of the padding": ("a", "course_ME______"),
        "no padding": ("abcde", "course_MFRGGZDF"),
        "a course of the older kind": ("a/b/c", "course_MEXWEL3D"),
        "letters beyond ASCII are UTF-8": ("é", "course_YOUQ____"),
    },
)
def test_the_name_of_a_subscription(course_id: str, expected: str) -> None:
    assert subscription_id(course_id) == expected


@cases(
    "username, expected",
    {
        "a plain name": ("mona", "/api/mobile/v1/users/mona"),
        "a blank is encoded": ("mona lisa", "/api/mobile/v1/users/mona%20lisa"),
        "these stay": ("a@b+c-d.e_f", "/api/mobile/v1/users/a@b+c-d.e_f"),
        "letters beyond ASCII are encoded": ("élise", "/api/mobile/v1/users/%C3%A9lise"),
        "a slash leads nowhere else": ("a/../b", "/api/mobile/v1/users/a%2F..%2Fb"),
    },
)
def test_the_path_of_a_users_page(username: str, expected: str) -> None:
    assert user_path("v1", username) == expected
