"""GET users/{username}/course_enrollments, v0.5 to v2: the list and its shape. (mobile-users.md 4, 7)"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from lms.settings import settings
from tests.api import Api
from tests.contract.wire import (
    DENIED,
    GRANTED,
    LIST_VERSIONS,
    NO_USER,
    NOT_PROVIDED,
    assert_body,
    courses_in,
    enrollments_in,
    enrollments_path,
    limit_audit_access,
)
from tests.world import COURSE_A, COURSE_B, World

VERSIONS = pytest.mark.parametrize("version", LIST_VERSIONS)
UUID = "0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"
PAST, FUTURE = "2026-04-01T11:59:59Z", "2026-04-01T12:00:01Z"
NOW = "2026-04-01T12:00:00Z"


def only_item(api: Api, version: str = "v1") -> dict[str, Any]:
    (item,) = enrollments_in(api.get(enrollments_path(version)))
    return item


def only_course(api: Api, version: str = "v1") -> dict[str, Any]:
    course = only_item(api, version)["course"]
    assert isinstance(course, dict)
    return course


def enroll_in_a(world: World, mode: str = "audit", **course: Any) -> int | str:
    """Mona in course A; the enrollment's pk."""
    world.user("mona", 4711)
    world.course(**course)
    return world.enroll(mode=mode)


# --- The worked example (mobile-users.md 4.3) -------------------------------------------------------------------------


def course_a_item(version: str) -> dict[str, Any]:
    return {
        "audit_access_expires": "2026-04-13T00:00:00Z",
        "created": "2026-03-02T09:30:15.123456Z",
        "mode": "audit",
        "is_active": True,
        "course": {
            "id": "course-v1:DemoX+DX101+2026_T1",
            "name": "Demo 101",
            "number": "DX101",
            "org": "DemoX",
            "org_logo": "/media/organization_logos/demox.png",
            "start": "2026-03-16T00:00:00Z",
            "start_display": "March 16, 2026",
            "start_type": "timestamp",
            "end": "2026-07-01T00:00:00Z",
            "dynamic_upgrade_deadline": "2026-05-01T23:59:59Z",
            "subscription_id": "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMJQGEVTEMBSGZPVIMI_",
            "courseware_access": GRANTED,
            "media": {
                "course_image": {
                    "uri": "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png",
                    "name": "Course Image",
                }
            },
            "course_image": "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png",
            "course_about": "https://lms.example.org/courses/course-v1:DemoX+DX101+2026_T1/about",
            "course_sharing_utm_parameters": {
                "facebook": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=facebook",
                "twitter": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=twitter",
            },
            "course_updates": (
                f"https://lms.example.org/api/mobile/{version}/course_info/course-v1:DemoX+DX101+2026_T1/updates"
            ),
            "course_handouts": (
                f"https://lms.example.org/api/mobile/{version}/course_info/course-v1:DemoX+DX101+2026_T1/handouts"
            ),
            "discussion_url": "https://lms.example.org/api/discussion/v1/courses/course-v1:DemoX+DX101+2026_T1",
            "video_outline": None,
            "is_self_paced": False,
        },
        "certificate": {},
        "course_modes": [
            {"slug": "audit", "sku": "", "android_sku": None, "ios_sku": None, "min_price": 0},
            {
                "slug": "verified",
                "sku": "6D7CAF1",
                "android_sku": "mobile.android.49",
                "ios_sku": "mobile.ios.49",
                "min_price": 49,
            },
        ],
    }


def course_b_item(version: str) -> dict[str, Any]:
    return {
        "audit_access_expires": None,
        "created": "2025-09-01T08:00:00Z",
        "mode": "verified",
        "is_active": True,
        "course": {
            "id": "course-v1:DemoX+DX200+2025_T3",
            "name": "Demo 200",
            "number": "DX200",
            "org": "DemoX",
            "org_logo": "",
            "start": "2025-09-08T00:00:00Z",
            "start_display": "Sept. 8, 2025",
            "start_type": "timestamp",
            "end": "2025-12-20T00:00:00Z",
            "dynamic_upgrade_deadline": None,
            "subscription_id": "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMRQGAVTEMBSGVPVIMY_",
            "courseware_access": GRANTED,
            "media": {
                "course_image": {
                    "uri": "/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png",
                    "name": "Course Image",
                }
            },
            "course_image": "/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png",
            "course_about": "https://lms.example.org/courses/course-v1:DemoX+DX200+2025_T3/about",
            "course_sharing_utm_parameters": {
                "facebook": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=facebook",
                "twitter": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=twitter",
            },
            "course_updates": (
                f"https://lms.example.org/api/mobile/{version}/course_info/course-v1:DemoX+DX200+2025_T3/updates"
            ),
            "course_handouts": (
                f"https://lms.example.org/api/mobile/{version}/course_info/course-v1:DemoX+DX200+2025_T3/handouts"
            ),
            "discussion_url": None,
            "video_outline": None,
            "is_self_paced": False,
        },
        "certificate": {"url": "https://lms.example.org/certificates/0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"},
        "course_modes": [
            {"slug": "verified", "sku": None, "android_sku": None, "ios_sku": None, "min_price": 49},
        ],
    }


def load_worked_example(world: World, features: Callable[..., None]) -> None:
    features(CERTIFICATES_HTML_VIEW=True)
    world.user("mona", 4711)
    world.row("user_api.userpreference", user=4711, key="time_zone", value="Europe/Berlin")
    world.row("mobile_api.mobileconfig", name="iap_enabled", value="false")
    world.row("mobile_api.mobileconfig", name="min_app", value="5.0")
    world.course(COURSE_A, display_name="Demo 101")
    world.row("course_overviews.courseoverviewtab", course_overview=COURSE_A, tab_id="discussion")
    logo = world.row("organizations.organization", name="Demo", logo="organization_logos/demox.png", active=True)
    world.row("organizations.organizationcourse", course_id=COURSE_A, organization=logo, active=True)
    world.mode("audit", COURSE_A, sku="")
    skus = {"sku": "6D7CAF1", "android_sku": "mobile.android.49", "ios_sku": "mobile.ios.49"}
    world.mode("verified", COURSE_A, min_price=49, _expiration_datetime="2026-05-01T23:59:59Z", **skus)
    limit_audit_access(world)
    world.course(
        COURSE_B,
        display_name="Demo 200",
        start="2025-09-08T00:00:00Z",
        end="2025-12-20T00:00:00Z",
        course_image_url="/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png",
        cert_html_view_enabled=True,
    )
    world.mode("verified", COURSE_B, min_price=49)
    world.enroll(course_id=COURSE_B, created="2025-09-01T08:00:00.000Z", mode="verified")
    world.enroll(course_id=COURSE_A, created="2026-03-02T09:30:15.123456Z")
    certificate(world, course_id=COURSE_B, mode="verified", verify_uuid=UUID)
    world.load()


def test_v1_is_the_worked_examples_array(world: World, api: Api, features: Callable[..., None]) -> None:
    load_worked_example(world, features)

    answer = api.get(enrollments_path("v1"))

    assert answer.status == 200
    assert_body(answer, [course_a_item("v1"), course_b_item("v1")])


def test_v05_is_that_array_without_expiry_and_modes(world: World, api: Api, features: Callable[..., None]) -> None:
    load_worked_example(world, features)
    items = [course_a_item("v0.5"), course_b_item("v0.5")]
    for item in items:
        del item["audit_access_expires"], item["course_modes"]

    answer = api.get(enrollments_path("v0.5"))

    assert answer.status == 200
    assert_body(answer, items)


def test_v2_is_that_array_with_configs_and_time_zone(world: World, api: Api, features: Callable[..., None]) -> None:
    load_worked_example(world, features)

    answer = api.get(enrollments_path("v2"))

    assert answer.status == 200
    assert_body(
        answer,
        {
            "configs": {"iap_configs": {"iap_enabled": "false"}, "min_app": "5.0"},
            "user_timezone": "Europe/Berlin",
            "enrollments": [course_a_item("v2"), course_b_item("v2")],
        },
    )


# --- Which enrollments, in which order (mobile-users.md 4.4, rule 1; mobile-users.md 4.6, cases 1 to 5) ---------------


@VERSIONS
def test_one_enrollment_is_one_item_with_urls_of_its_course(world: World, api: Api, version: str) -> None:
    enroll_in_a(world)
    world.load()

    item = only_item(api, version)

    course = item["course"]
    assert item["mode"] == "audit"
    assert course["subscription_id"] == "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMJQGEVTEMBSGZPVIMI_"
    assert course["course_about"] == "https://lms.example.org/courses/course-v1:DemoX+DX101+2026_T1/about"
    info = f"https://lms.example.org/api/mobile/{version}/course_info/course-v1:DemoX+DX101+2026_T1"
    assert course["course_updates"] == f"{info}/updates"
    assert course["course_handouts"] == f"{info}/handouts"
    assert course["course_image"] == "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png"
    assert course["media"]["course_image"]["uri"] == "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png"


@VERSIONS
def test_an_enrollment_in_a_course_that_does_not_exist_is_left_out(world: World, api: Api, version: str) -> None:
    world.user("mona")
    world.enroll()
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == []


@VERSIONS
def test_an_inactive_enrollment_is_left_out(world: World, api: Api, version: str) -> None:
    world.user("mona")
    world.course()
    world.enroll(is_active=False)
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == []


@VERSIONS
def test_an_anonymous_request_is_401(api: Api, version: str) -> None:
    answer = api.get(enrollments_path(version), caller=None)

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)


@VERSIONS
@pytest.mark.parametrize("username", ["nora", "nobody"])
def test_another_or_unknown_user_is_403(world: World, api: Api, version: str, username: str) -> None:
    world.user("mona")
    world.user("nora")
    world.load()

    answer = api.get(enrollments_path(version, username))

    assert (answer.status, answer.json) == (403, DENIED)


@pytest.mark.parametrize("version", ["v0.5", "v1"])
def test_the_token_of_a_user_who_is_not_loaded_yet_gets_an_empty_array(api: Api, version: str) -> None:
    answer = api.get(enrollments_path(version))

    assert answer.status == 200
    assert_body(answer, [])


def test_the_token_of_a_user_who_is_not_loaded_yet_is_404_in_v2(api: Api) -> None:
    answer = api.get(enrollments_path("v2"))

    assert answer.status == 404
    assert_body(answer, NO_USER)


@VERSIONS
def test_an_inactive_user_is_served(world: World, api: Api, version: str) -> None:
    world.user("mona", is_active=False)
    world.course()
    world.enroll()
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == [COURSE_A]


@VERSIONS
def test_the_newest_enrollment_comes_first(world: World, api: Api, version: str) -> None:
    world.user("mona")
    for number, created in (("B", "2026-03-02T09:30:15.122Z"), ("C", "2026-03-02T09:30:15.123Z"), ("A", None)):
        world.course(f"course-v1:DemoX+{number}+R")
        world.enroll(course_id=f"course-v1:DemoX+{number}+R", created=created or "2026-03-01T23:59:59.999Z")
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == [
        "course-v1:DemoX+C+R",
        "course-v1:DemoX+B+R",
        "course-v1:DemoX+A+R",
    ]


@VERSIONS
def test_enrollments_of_the_same_moment_are_in_the_order_of_their_courses(world: World, api: Api, version: str) -> None:
    world.user("mona")
    for number in "BDAC":
        world.course(f"course-v1:DemoX+{number}+R")
        world.enroll(course_id=f"course-v1:DemoX+{number}+R")
    world.load()

    listed = courses_in(api.get(enrollments_path(version)))

    assert listed == [f"course-v1:DemoX+{number}+R" for number in "ABCD"]


def test_an_enrollment_without_date_comes_last(world: World, api: Api) -> None:
    world.user("mona")
    world.course(COURSE_A)
    world.course(COURSE_B)
    world.enroll(course_id=COURSE_A, created=None)
    world.enroll(course_id=COURSE_B, created="2001-01-01T00:00:00Z")
    world.load()

    assert courses_in(api.get(enrollments_path())) == [COURSE_B, COURSE_A]


def test_an_enrollment_without_date_has_a_date_long_past_because_no_app_may_read_null(world: World, api: Api) -> None:
    world.user("mona")
    world.course()
    world.enroll(created=None)
    world.load()

    assert only_item(api)["created"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_slash_forms_are_served_without_redirect(world: World, api: Api, slash: str) -> None:
    enroll_in_a(world)
    world.load()

    answer = api.get(f"/api/mobile/v1/users/mona/course_enrollments{slash}?org=DemoX")

    assert courses_in(answer) == [COURSE_A]


@VERSIONS
def test_head_is_200_without_body(world: World, api: Api, version: str) -> None:
    enroll_in_a(world)
    world.load()

    answer = api.request("HEAD", enrollments_path(version))

    assert (answer.status, answer.body) == (200, b"")


@VERSIONS
def test_options_is_200(api: Api, version: str) -> None:
    assert api.request("OPTIONS", enrollments_path(version)).status == 200


def test_a_large_list_is_compressed_when_the_client_takes_it(world: World, api: Api) -> None:
    world.user("mona")
    for number in range(20):
        world.course(f"course-v1:DemoX+N{number:02}+R")
        world.enroll(course_id=f"course-v1:DemoX+N{number:02}+R")
    world.load()

    compressed = api.get(enrollments_path(), Accept_Encoding="gzip, deflate")
    plain = api.get(enrollments_path())
    refused = api.get(enrollments_path(), Accept_Encoding="gzip;q=0")

    assert [one.headers.get("content-encoding") for one in (compressed, plain, refused)] == ["gzip", None, None]
    assert len(enrollments_in(plain)) == 20
    assert compressed.body == plain.body == refused.body
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"]) / 5


# --- Query parameters (mobile-users.md 4.2, 4.6, cases 11, 12) --------------------------------------------------------

ORG_COURSES = [
    ("course-v1:edX+one+R", {}),
    ("course-v1:edX+two+R", {}),
    ("course-v1:edX+three+R", {"visible_to_staff_only": True}),
    ("course-v1:Proversity.org+p+R", {}),
    ("course-v1:MITx+m+R", {}),
    ("course-v1:HarvardX+h+R", {}),
]
OF_EDX = ["course-v1:edX+one+R", "course-v1:edX+two+R", "course-v1:edX+three+R"]


@pytest.fixture
def six_courses(world: World) -> None:
    world.user("mona")
    for minute, (course_id, fields) in enumerate(ORG_COURSES):
        world.course(course_id, **fields)
        world.enroll(course_id=course_id, created=f"2026-03-02T09:{59 - minute}:00Z")


@VERSIONS
@pytest.mark.parametrize("org", ["edX", "EDX", "edx", "eDx", "%65dX"])
def test_org_keeps_the_courses_of_that_organization_in_any_letter_case(
    world: World, api: Api, six_courses: None, version: str, org: str
) -> None:
    world.load()

    assert courses_in(api.get(f"{enrollments_path(version)}?org={org}")) == OF_EDX


@VERSIONS
@pytest.mark.parametrize("org", ["", "ed", "edXX", "edX%20", "edX,MITx", "%25", "one"])
def test_org_means_equality_and_an_empty_one_matches_nothing(
    world: World, api: Api, six_courses: None, version: str, org: str
) -> None:
    world.load()

    assert courses_in(api.get(f"{enrollments_path(version)}?org={org}")) == []


def test_org_without_a_value_matches_nothing(world: World, api: Api, six_courses: None) -> None:
    world.load()

    assert courses_in(api.get(f"{enrollments_path()}?org")) == []


def test_of_a_repeated_org_the_last_one_counts(world: World, api: Api, six_courses: None) -> None:
    world.load()

    assert courses_in(api.get(f"{enrollments_path()}?org=edX&org=MITx")) == ["course-v1:MITx+m+R"]


def test_org_is_compared_with_the_overviews_organization_not_with_the_displayed_one(world: World, api: Api) -> None:
    enroll_in_a(world, display_org_with_default="Shown")
    world.load()

    assert courses_in(api.get(f"{enrollments_path()}?org=Shown")) == []
    assert courses_in(api.get(f"{enrollments_path()}?org=DemoX")) == [COURSE_A]


@VERSIONS
@pytest.mark.parametrize("filtered", ["edX", ["edX"], ["edX", "Nobody"]])
def test_the_sites_organization_filter_gives_the_same_result(
    world: World, api: Api, six_courses: None, version: str, filtered: object
) -> None:
    world.row("site_configuration.siteconfiguration", site=1, enabled=True, site_values={"course_org_filter": filtered})
    world.load()

    assert courses_in(api.get(enrollments_path(version))) == OF_EDX
    assert courses_in(api.get(f"{enrollments_path(version)}?org=MITx")) == []


@pytest.mark.parametrize(
    ("configuration", "listed"),
    [
        ({"site_values": {"course_org_filter": "EDX"}}, []),
        ({"enabled": False, "site_values": {"course_org_filter": "MITx"}}, [one for one, _ in ORG_COURSES]),
        ({"site_values": {}}, [one for one, _ in ORG_COURSES]),
        ({"site_values": {"course_org_filter": []}}, [one for one, _ in ORG_COURSES]),
        ({"site_values": {"course_org_filter": ""}}, [one for one, _ in ORG_COURSES]),
        ({"site_values": '{"course_org_filter": ["MITx"]}'}, ["course-v1:MITx+m+R"]),
    ],
)
def test_the_sites_filter_is_of_exact_case_and_only_in_force_when_enabled(
    world: World, api: Api, six_courses: None, configuration: dict[str, Any], listed: list[str]
) -> None:
    world.row("site_configuration.siteconfiguration", **{"site": 1, "enabled": True} | configuration)
    world.load()

    assert courses_in(api.get(enrollments_path())) == listed


@VERSIONS
def test_parameters_of_other_versions_and_unknown_ones_are_ignored(world: World, api: Api, version: str) -> None:
    enroll_in_a(world)
    world.load()
    bare = api.get(enrollments_path(version))

    answer = api.get(
        f"{enrollments_path(version)}"
        "?page=99&page_size=0&status=completed&requested_fields=course_progress&username=nora&format=xml&x[]=%FF"
    )

    assert (answer.status, answer.body) == (200, bare.body)


# --- Names, dates and links of the course (mobile-users.md 4.3, 4.6, cases 1, 9, 36) ----------------------------------

UNSET = "2030-01-01T00:00:00Z"


@VERSIONS
@pytest.mark.parametrize(
    ("start", "advertised", "start_type", "start_display"),
    [
        ("2026-09-01T00:00:00Z", "Next autumn", "string", "Next autumn"),
        ("2026-09-01T00:00:00Z", None, "timestamp", "Sept. 1, 2026"),
        ("2026-09-01T00:00:00Z", "", "timestamp", "Sept. 1, 2026"),
        (UNSET, "Some day", "string", "Some day"),
        (UNSET, None, "empty", None),
        (UNSET, "", "empty", None),
        (None, None, "timestamp", ""),
        (None, "Some day", "string", "Some day"),
        ("2030-01-01T00:00:01Z", None, "timestamp", "Jan. 1, 2030"),
    ],
)
def test_the_start_is_announced_by_its_text_its_date_or_not_at_all(
    world: World, api: Api, version: str, start: str | None, advertised: str | None, start_type: str, start_display: str
) -> None:
    enroll_in_a(world, start=start, advertised_start=advertised)
    world.load()

    course = only_course(api, version)

    assert (course["start_type"], course["start_display"]) == (start_type, start_display)
    assert course["start"] == start


def test_months_are_spelled_as_newspapers_do_and_days_without_zero(world: World, api: Api) -> None:
    world.user("mona")
    for month in range(1, 13):
        course_id = f"course-v1:DemoX+M{month:02}+R"
        world.course(course_id, start=f"2024-{month:02}-{month + 4:02}T00:00:00Z")
        world.enroll(course_id=course_id)
    world.load()

    assert [item["course"]["start_display"] for item in enrollments_in(api.get(enrollments_path()))] == [
        "Jan. 5, 2024",
        "Feb. 6, 2024",
        "March 7, 2024",
        "April 8, 2024",
        "May 9, 2024",
        "June 10, 2024",
        "July 11, 2024",
        "Aug. 12, 2024",
        "Sept. 13, 2024",
        "Oct. 14, 2024",
        "Nov. 15, 2024",
        "Dec. 16, 2024",
    ]


@VERSIONS
def test_a_start_is_written_in_the_language_that_the_client_prefers(world: World, api: Api, version: str) -> None:
    enroll_in_a(world, start="2026-09-25T00:00:00Z")
    world.load()

    def shown(language: str) -> tuple[str, str]:
        answer = api.get(enrollments_path(version), Accept_Language=language)
        [item] = enrollments_in(answer)
        return answer.headers["content-language"], item["course"]["start_display"]

    assert shown("es-CO,es;q=0.9") == ("es-419", "25 de septiembre de 2026")
    assert shown("de;q=0.8,ja") == ("ja-jp", "2026年9月25日")
    assert shown("en-GB") == ("en", "Sept. 25, 2026")
    assert shown("tlh") == ("en", "Sept. 25, 2026")


def test_an_advertised_start_is_in_the_authors_language(world: World, api: Api) -> None:
    enroll_in_a(world, start="2026-09-25T00:00:00Z", advertised_start="Next autumn")
    world.load()

    answer = api.get(enrollments_path(), Accept_Language="es")

    assert enrollments_in(answer)[0]["course"]["start_display"] == "Next autumn"


def test_the_sites_language_is_for_those_who_ask_for_none(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    enroll_in_a(world, start="2026-09-25T00:00:00Z")
    world.load()
    monkeypatch.setenv("LANGUAGE_CODE", "fr")
    monkeypatch.setenv("RELEASED_LANGUAGES", "fr,en")
    settings.cache_clear()

    def shown(**headers: str) -> str:
        [item] = enrollments_in(api.get(enrollments_path(), **headers))
        return str(item["course"]["start_display"])

    assert shown() == "25 septembre 2026"
    assert shown(Accept_Language="en-US") == "Sept. 25, 2026"
    # German is not released.
    assert shown(Accept_Language="de") == "25 septembre 2026"


@pytest.mark.parametrize(
    ("course_id", "subscription_id"),
    [
        (COURSE_A, "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMJQGEVTEMBSGZPVIMI_"),
        (COURSE_B, "course_MNXXK4TTMUWXMMJ2IRSW232YFNCFQMRQGAVTEMBSGVPVIMY_"),
        ("course-v1:edX+toy+2012_Fall", "course_MNXXK4TTMUWXMMJ2MVSFQK3UN54SWMRQGEZF6RTBNRWA____"),
        ("course-v1:X+Y+Z1", "course_MNXXK4TTMUWXMMJ2LAVVSK22GE______"),
        ("a/b/c", "course_MEXWEL3D"),
    ],
)
def test_the_subscription_id_is_the_course_id_in_base32_with_underscores_for_padding(
    world: World, api: Api, course_id: str, subscription_id: str
) -> None:
    world.user("mona")
    world.course(course_id)
    world.enroll(course_id=course_id)
    world.load()

    assert only_course(api)["subscription_id"] == subscription_id


@VERSIONS
def test_number_and_organization_are_shown_as_overridden(world: World, api: Api, version: str) -> None:
    enroll_in_a(world, display_number_with_default="Shown 101", display_org_with_default="Shown Org")
    world.load()

    course = only_course(api, version)

    assert (course["number"], course["org"]) == ("Shown 101", "Shown Org")


@VERSIONS
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_course_without_number_and_organization_to_show_has_those_of_its_key(
    world: World, api: Api, version: str, nothing: str | None
) -> None:
    enroll_in_a(world, display_number_with_default=nothing, display_org_with_default=nothing)
    world.load()

    course = only_course(api, version)

    assert (course["number"], course["org"]) == ("DX101", "DemoX")


@VERSIONS
def test_a_course_without_name_is_called_by_its_number(world: World, api: Api, version: str) -> None:
    enroll_in_a(world, display_name=None)
    world.load()

    assert only_course(api, version)["name"] == "DX101"


@VERSIONS
def test_the_sharing_parameters_parse_to_the_expected_triples(world: World, api: Api, version: str) -> None:
    enroll_in_a(world)
    world.load()

    parameters = only_course(api, version)["course_sharing_utm_parameters"]

    assert {site: parse_qs(text) for site, text in parameters.items()} == {
        "facebook": {
            "utm_medium": ["social"],
            "utm_campaign": ["social-sharing-db"],
            "utm_source": ["facebook"],
        },
        "twitter": {
            "utm_medium": ["social"],
            "utm_campaign": ["social-sharing-db"],
            "utm_source": ["twitter"],
        },
    }


@pytest.mark.parametrize("custom_urls", [True, False, None])
@pytest.mark.parametrize("sharing", ["https://share.example.org/a", "", None])
@pytest.mark.parametrize("marketing", ["https://www.example.org/a", "", None])
def test_the_about_page_is_the_sharing_url_the_marketing_url_or_the_lmss_own(
    world: World,
    api: Api,
    features: Callable[..., None],
    custom_urls: bool | None,
    sharing: str | None,
    marketing: str | None,
) -> None:
    if custom_urls is not None:
        features(SOCIAL_SHARING_SETTINGS={"CUSTOM_COURSE_URLS": custom_urls})
    enroll_in_a(world, social_sharing_url=sharing, marketing_url=marketing)
    world.load()

    about = only_course(api)["course_about"]

    if custom_urls and sharing:
        assert about == "https://share.example.org/a"
    elif marketing:
        assert about == "https://www.example.org/a"
    else:
        assert about == "https://lms.example.org/courses/course-v1:DemoX+DX101+2026_T1/about"


@pytest.mark.parametrize(
    ("links", "logo"),
    [
        ([], ""),
        ([("first.png", True)], "/media/first.png"),
        ([("first.png", False), ("second.png", True)], "/media/second.png"),
        ([("first.png", True), ("second.png", True)], "/media/first.png"),
        ([("first.png", False)], ""),
        ([("", True)], ""),
        ([("https://cdn.example.org/logo.png", True)], "https://cdn.example.org/logo.png"),
    ],
)
def test_the_logo_is_that_of_the_first_active_link_to_an_organization(
    world: World, api: Api, links: list[tuple[str, bool]], logo: str
) -> None:
    enroll_in_a(world)
    for file, active in links:
        organization = world.row("organizations.organization", name="Demo", logo=file, active=True)
        world.row("organizations.organizationcourse", course_id=COURSE_A, organization=organization, active=active)
    world.load()

    assert only_course(api)["org_logo"] == logo


def test_the_logo_is_below_media_url(
    world: World, api: Api, features: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIA_URL", "https://cdn.example.org/lms/")
    features()
    enroll_in_a(world)
    organization = world.row("organizations.organization", name="Demo", logo="organization_logos/für.png", active=True)
    world.row("organizations.organizationcourse", course_id=COURSE_A, organization=organization, active=True)
    world.load()

    assert only_course(api)["org_logo"] == "https://cdn.example.org/lms/organization_logos/f%C3%BCr.png"


def test_generated_urls_of_a_course_beyond_ascii_are_encoded(world: World, api: Api) -> None:
    course_id = "course-v1:ÜniX+Bäume+2026"
    encoded = "course-v1:%C3%9CniX+B%C3%A4ume+2026"
    world.user(pk=4711)
    world.course(course_id)
    world.enroll(course_id=course_id)
    world.row("course_overviews.courseoverviewtab", course_overview=course_id, tab_id="discussion")
    world.load()

    shown = only_course(api)

    assert shown["id"] == course_id
    assert shown["course_updates"] == f"https://lms.example.org/api/mobile/v1/course_info/{encoded}/updates"
    assert shown["course_handouts"] == f"https://lms.example.org/api/mobile/v1/course_info/{encoded}/handouts"
    assert shown["discussion_url"] == f"https://lms.example.org/api/discussion/v1/courses/{encoded}"
    assert shown["course_about"] == f"https://lms.example.org/courses/{course_id}/about"


def test_image_end_and_pacing_are_the_overviews(world: World, api: Api) -> None:
    enroll_in_a(world, course_image_url="/c4x/a.png", end=None, self_paced=True)
    world.load()

    course = only_course(api)

    assert (course["course_image"], course["media"]["course_image"]["uri"]) == ("/c4x/a.png", "/c4x/a.png")
    assert (course["end"], course["is_self_paced"], course["video_outline"]) == (None, True, None)


# --- Configs and time zone (mobile-users.md 4.3, 4.6, case 15) --------------------------------------------------------


def test_only_names_that_start_with_iap_and_an_underscore_are_iap_configs(world: World, api: Api) -> None:
    world.user("mona")
    world.row("mobile_api.mobileconfig", name="simple config", value="simple value")
    world.row("mobile_api.mobileconfig", name="iap_config", value="iap value")
    world.row("mobile_api.mobileconfig", name="iap config", value="false iap")
    world.load()

    assert api.get(enrollments_path("v2")).json["configs"] == {
        "iap_configs": {"iap_config": "iap value"},
        "simple config": "simple value",
        "iap config": "false iap",
    }


def test_without_configs_there_is_an_empty_object_of_iap_configs(world: World, api: Api) -> None:
    world.user("mona")
    world.load()

    assert_body(
        api.get(enrollments_path("v2")),
        {"configs": {"iap_configs": {}}, "user_timezone": "UTC", "enrollments": []},
    )


def test_of_two_configs_with_one_name_the_last_row_wins(world: World, api: Api) -> None:
    world.user("mona")
    world.row("mobile_api.mobileconfig", 2, name="min_app", value="new")
    world.row("mobile_api.mobileconfig", 1, name="min_app", value="old")
    world.load()

    assert api.get(enrollments_path("v2")).json["configs"]["min_app"] == "new"


@pytest.mark.parametrize(
    ("preference", "shown"),
    [
        (None, "UTC"),
        ("", "UTC"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("Europe/Atlantis", "UTC"),
        ("Europe", "UTC"),
        ("../../etc/passwd", "UTC"),
        ("/etc/passwd", "UTC"),
        ("Eur\u200bope/Ber\u0000lin\n", "Europe/Berlin"),
        ("\u200b\u0007", "UTC"),
        ("Ё" * 300, "UTC"),
    ],
)
def test_the_time_zone_is_the_preference_without_unprintable_characters_and_utc_where_that_names_none(
    world: World, api: Api, preference: str | None, shown: str
) -> None:
    world.user("mona", 4711)
    if preference is not None:
        world.row("user_api.userpreference", user=4711, key="time_zone", value=preference)
    world.row("user_api.userpreference", user=4711, key="pref-lang", value="Asia/Tokyo")
    world.row("courseware.lastseencoursewaretimezone", user=4711, last_seen_courseware_timezone="Asia/Tokyo")
    world.load()

    assert api.get(enrollments_path("v2")).json["user_timezone"] == shown


# --- Modes (mobile-users.md 7.6) --------------------------------------------------------------------------------------

DEFAULT_MODE = {"slug": "audit", "sku": None, "android_sku": None, "ios_sku": None, "min_price": 0}


def modes_of(item: dict[str, Any]) -> list[str]:
    return [mode["slug"] for mode in item["course_modes"]]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_modes_are_listed_in_stored_order_with_credit_and_skus_as_stored(world: World, api: Api, version: str) -> None:
    enroll_in_a(world)
    world.mode("verified", min_price=49, sku="", android_sku="a", ios_sku=None)
    world.mode("credit", min_price=10, sku="c", android_sku="", ios_sku="")
    world.mode("audit")
    world.load()

    assert only_item(api, version)["course_modes"] == [
        {"slug": "verified", "sku": "", "android_sku": "a", "ios_sku": None, "min_price": 49},
        {"slug": "credit", "sku": "c", "android_sku": "", "ios_sku": "", "min_price": 10},
        DEFAULT_MODE,
    ]


def test_an_expired_mode_is_left_out_but_not_at_the_moment_of_its_expiration(world: World, api: Api) -> None:
    enroll_in_a(world)
    world.mode("audit", _expiration_datetime=PAST)
    world.mode("verified", _expiration_datetime=NOW)
    world.mode("honor", _expiration_datetime=FUTURE)
    world.load()

    assert modes_of(only_item(api)) == ["verified", "honor"]


@pytest.mark.parametrize("modes", [[], ["verified"], ["audit", "verified"]])
def test_where_no_mode_is_left_the_default_mode_is_listed(world: World, api: Api, modes: list[str]) -> None:
    enroll_in_a(world)
    for slug in modes:
        world.mode(slug, _expiration_datetime=PAST, sku="gone", min_price=49)
    world.load()

    assert only_item(api)["course_modes"] == [DEFAULT_MODE]


# --- Upgrade deadline (mobile-users.md 7.5) ---------------------------------------------------------------------------

DEADLINE = "2026-05-01T23:59:59Z"
OTHER_DEADLINE = "2026-06-01T00:00:00Z"
PERSONAL = "2026-04-20T00:00:00Z"


def upgrade_deadline(world: World, api: Api) -> object:
    world.load()
    return only_course(api)["dynamic_upgrade_deadline"]


@pytest.mark.parametrize("mode", ["audit", "honor", "unpaid-executive-education", "unpaid-bootcamp"])
def test_from_a_free_mode_the_upgrade_deadline_is_the_verified_modes_expiration(
    world: World, api: Api, mode: str
) -> None:
    enroll_in_a(world, mode)
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) == DEADLINE


@pytest.mark.parametrize("mode", ["verified", "professional", "no-id-professional", "credit", "masters"])
def test_from_any_other_mode_there_is_no_upgrade_deadline(world: World, api: Api, mode: str) -> None:
    enroll_in_a(world, mode)
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) is None


@pytest.mark.parametrize(
    ("modes", "deadline"),
    [
        ([], None),
        ([("verified", None)], None),
        ([("verified", PAST)], None),
        ([("verified", NOW)], NOW),
        ([("audit", DEADLINE), ("honor", DEADLINE)], None),
        ([("professional", DEADLINE)], DEADLINE),
        ([("no-id-professional", DEADLINE)], None),
        ([("verified", DEADLINE), ("no-id-professional", OTHER_DEADLINE)], DEADLINE),
        ([("verified", DEADLINE), ("professional", OTHER_DEADLINE)], OTHER_DEADLINE),
        ([("professional", OTHER_DEADLINE), ("verified", DEADLINE)], OTHER_DEADLINE),
        ([("professional", PAST), ("verified", DEADLINE)], DEADLINE),
        ([("professional", None), ("verified", DEADLINE)], None),
    ],
)
def test_without_a_personal_deadline_that_of_the_paid_mode_holds_professional_first(
    world: World, api: Api, modes: list[tuple[str, str | None]], deadline: str | None
) -> None:
    enroll_in_a(world)
    for slug, expiration in modes:
        world.mode(slug, min_price=49, _expiration_datetime=expiration)

    assert upgrade_deadline(world, api) == deadline


def give_personal_deadline(world: World, deadline: str | None = PERSONAL, self_paced: bool = True) -> None:
    enrollment = enroll_in_a(world, self_paced=self_paced)
    world.row("schedules.schedule", enrollment=enrollment, upgrade_deadline=deadline, active=True)


def enable_personal_deadlines(world: World, enabled: bool = True) -> None:
    world.row("courseware.dynamicupgradedeadlineconfiguration", enabled=enabled, deadline_days=21)


def configure_course(world: World, enabled: bool, opt_out: bool) -> None:
    model = "courseware.coursedynamicupgradedeadlineconfiguration"
    world.row(model, course_id=COURSE_A, enabled=enabled, opt_out=opt_out, deadline_days=21)


def configure_org(world: World, enabled: bool, opt_out: bool, org: str = "DemoX") -> None:
    model = "courseware.orgdynamicupgradedeadlineconfiguration"
    world.row(model, org_id=org, enabled=enabled, opt_out=opt_out, deadline_days=21)


@pytest.mark.parametrize(
    ("personal", "deadline"), [(PERSONAL, PERSONAL), (FUTURE, FUTURE), (NOW, None), (PAST, None), (None, DEADLINE)]
)
def test_a_personal_deadline_holds_in_a_self_paced_course_until_it_has_passed(
    world: World, api: Api, personal: str | None, deadline: str | None
) -> None:
    give_personal_deadline(world, personal)
    enable_personal_deadlines(world)
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) == deadline


@pytest.mark.parametrize(
    "modes",
    [
        [],
        [("verified", PAST)],
        [("professional", DEADLINE)],
        [("no-id-professional", DEADLINE)],
        [("verified", DEADLINE), ("professional", DEADLINE)],
    ],
)
def test_a_personal_deadline_is_none_without_a_verified_mode_or_with_a_professional_one(
    world: World, api: Api, modes: list[tuple[str, str]]
) -> None:
    give_personal_deadline(world)
    enable_personal_deadlines(world)
    for slug, expiration in modes:
        world.mode(slug, _expiration_datetime=expiration)

    assert upgrade_deadline(world, api) is None


@pytest.mark.parametrize("others", [[], ["no-id-professional"]])
def test_a_personal_deadline_holds_for_a_verified_mode_without_expiration(
    world: World, api: Api, others: list[str]
) -> None:
    give_personal_deadline(world)
    enable_personal_deadlines(world)
    for slug in ["verified", *others]:
        world.mode(slug)

    assert upgrade_deadline(world, api) == PERSONAL


def test_in_an_instructor_paced_course_there_is_no_personal_deadline(world: World, api: Api) -> None:
    give_personal_deadline(world, self_paced=False)
    enable_personal_deadlines(world)
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) == DEADLINE


@pytest.mark.parametrize("rows", [[], [False], [True, False]])
def test_personal_deadlines_must_be_enabled_by_the_newest_row(world: World, api: Api, rows: list[bool]) -> None:
    give_personal_deadline(world)
    for enabled in rows:
        enable_personal_deadlines(world, enabled)
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) == DEADLINE


@pytest.mark.parametrize(
    ("of_course", "of_org", "deadline"),
    [
        # (enabled, opt_out)
        (None, None, PERSONAL),
        ((True, True), None, DEADLINE),
        ((True, True), (True, False), DEADLINE),
        ((False, True), None, PERSONAL),
        ((True, False), None, PERSONAL),
        (None, (True, True), DEADLINE),
        (None, (False, True), PERSONAL),
        (None, (True, False), PERSONAL),
        ((True, False), (True, True), PERSONAL),
        ((False, False), (True, True), DEADLINE),
        ((False, True), (True, True), DEADLINE),
    ],
)
def test_a_course_or_its_organization_can_opt_out_of_personal_deadlines(
    world: World,
    api: Api,
    of_course: tuple[bool, bool] | None,
    of_org: tuple[bool, bool] | None,
    deadline: str,
) -> None:
    give_personal_deadline(world)
    enable_personal_deadlines(world)
    if of_course is not None:
        configure_course(world, *of_course)
    if of_org is not None:
        configure_org(world, *of_org)
    configure_org(world, True, True, org="OtherX")
    world.mode("verified", _expiration_datetime=DEADLINE)

    assert upgrade_deadline(world, api) == deadline


# --- Certificate (mobile-users.md 7.7, 4.6, case 35) ------------------------------------------------------------------

PDF = "https://cdn.example.org/pdf/0f3c.pdf"
ENDED: dict[str, Any] = {"end": "2025-12-20T00:00:00Z", "cert_html_view_enabled": True}


def certificate(world: World, course_id: str = COURSE_A, **fields: Any) -> None:
    """Mona's certificate, downloadable unless `fields` says otherwise."""
    said = {"status": "downloadable", "mode": "verified", "download_url": "", "verify_uuid": ""}
    world.row("certificates.generatedcertificate", user=4711, course_id=course_id, **said | fields)


@VERSIONS
def test_without_a_certificate_there_is_an_empty_object(world: World, api: Api, version: str) -> None:
    enroll_in_a(world, **ENDED)
    world.load()

    assert only_item(api, version)["certificate"] == {}


@VERSIONS
@pytest.mark.parametrize("html", [True, False])
def test_a_pdf_is_exactly_its_download_url_with_html_certificates_on_and_off(
    world: World, api: Api, features: Callable[..., None], version: str, html: bool
) -> None:
    features(CERTIFICATES_HTML_VIEW=html)
    enroll_in_a(world, **ENDED)
    certificate(world, download_url=PDF, verify_uuid=UUID)
    world.load()

    assert only_item(api, version)["certificate"] == {"url": PDF}


@VERSIONS
def test_a_web_certificate_is_an_absolute_url_of_its_id(
    world: World, api: Api, features: Callable[..., None], version: str
) -> None:
    features(CERTIFICATES_HTML_VIEW=True)
    enroll_in_a(world, **ENDED)
    certificate(world, verify_uuid=UUID)
    world.load()

    assert only_item(api, version)["certificate"] == {
        "url": "https://lms.example.org/certificates/0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"
    }


@pytest.mark.parametrize(
    ("html", "of_course", "uuid"), [(False, True, UUID), (True, False, UUID), (True, True, ""), (None, True, UUID)]
)
def test_a_web_certificate_needs_the_feature_the_courses_consent_and_an_id(
    world: World, api: Api, features: Callable[..., None], html: bool | None, of_course: bool, uuid: str
) -> None:
    if html is not None:
        features(CERTIFICATES_HTML_VIEW=html)
    enroll_in_a(world, **ENDED | {"cert_html_view_enabled": of_course})
    certificate(world, verify_uuid=uuid)
    world.load()

    assert only_item(api)["certificate"] == {}


@pytest.mark.parametrize("status", ["notpassing", "unavailable", "generating", "audit_passing", "error", ""])
def test_a_certificate_that_is_not_downloadable_is_not_shown(world: World, api: Api, status: str) -> None:
    enroll_in_a(world, **ENDED)
    certificate(world, status=status, download_url=PDF)
    world.load()

    assert only_item(api)["certificate"] == {}


@pytest.mark.parametrize(
    ("modes", "shown"),
    [
        ([], False),
        ([("audit", None)], False),
        ([("honor", PAST)], False),
        ([("honor", NOW)], True),
        ([("audit", None), ("honor", None)], True),
    ],
)
def test_a_certificate_in_audit_mode_counts_only_where_honor_is_on_offer(
    world: World, api: Api, modes: list[tuple[str, str | None]], shown: bool
) -> None:
    enroll_in_a(world, **ENDED)
    for slug, expiration in modes:
        world.mode(slug, _expiration_datetime=expiration)
    certificate(world, mode="audit", download_url=PDF)
    world.load()

    assert only_item(api)["certificate"] == ({"url": PDF} if shown else {})


RUNNING: dict[str, Any] = {
    "end": FUTURE,
    "self_paced": False,
    "certificates_show_before_end": False,
    "certificates_display_behavior": None,
    "certificate_available_date": None,
}


@pytest.mark.parametrize(
    ("course", "shown"),
    [
        ({"self_paced": True}, True),
        ({"certificates_show_before_end": True}, True),
        ({"certificates_display_behavior": "early_no_info"}, True),
        ({"certificates_display_behavior": "end_with_date", "certificate_available_date": PAST}, True),
        ({"certificates_display_behavior": "end_with_date", "certificate_available_date": NOW}, False),
        ({"certificates_display_behavior": "end_with_date", "certificate_available_date": FUTURE}, False),
        ({"certificates_display_behavior": "end_with_date", "end": PAST}, False),
        ({"certificates_display_behavior": "end", "end": PAST}, True),
        ({"certificates_display_behavior": "end", "end": NOW}, False),
        ({"certificates_display_behavior": "end", "end": FUTURE}, False),
        ({"certificates_display_behavior": "end", "end": None}, False),
        ({"certificates_display_behavior": "end", "certificate_available_date": PAST}, False),
        ({"certificates_display_behavior": None, "end": PAST, "certificate_available_date": PAST}, False),
        ({"certificates_display_behavior": "", "end": PAST}, False),
        ({"certificates_display_behavior": "early_with_info", "end": PAST}, False),
    ],
)
def test_a_certificate_is_shown_when_its_course_says_so(
    world: World, api: Api, course: dict[str, Any], shown: bool
) -> None:
    enroll_in_a(world, **RUNNING | course)
    certificate(world, download_url=PDF)
    world.load()

    assert only_item(api)["certificate"] == ({"url": PDF} if shown else {})


# --- Discussion (mobile-users.md 7.9, 4.6, case 10) -------------------------------------------------------------------


@VERSIONS
@pytest.mark.parametrize(
    ("tab", "service", "configuration", "shown"),
    [
        ("discussion", True, None, True),
        ("discussion", None, None, True),
        ("discussion", True, {"enabled": True}, True),
        ("discussion", True, {"enabled": False}, False),
        ("discussion", True, {"provider_type": "openedx", "lti_configuration": 7}, True),
        ("discussion", True, {"provider_type": "piazza", "lti_configuration": 7}, False),
        ("discussion", False, None, False),
        ("progress", True, None, False),
        (None, True, {"enabled": True}, False),
    ],
)
def test_the_discussion_is_linked_when_tab_configuration_and_service_are_on(
    world: World,
    api: Api,
    features: Callable[..., None],
    version: str,
    tab: str | None,
    service: bool | None,
    configuration: dict[str, Any] | None,
    shown: bool,
) -> None:
    if service is not None:
        features(ENABLE_DISCUSSION_SERVICE=service)
    enroll_in_a(world)
    if tab is not None:
        world.row("course_overviews.courseoverviewtab", course_overview=COURSE_A, tab_id=tab, is_hidden=True)
    if configuration is not None:
        provider = {"provider_type": "legacy", "lti_configuration": None}
        world.row("discussions.discussionsconfiguration", COURSE_A, **provider | configuration)
    world.load()

    expected = "https://lms.example.org/api/discussion/v1/courses/course-v1:DemoX+DX101+2026_T1"
    assert only_course(api, version)["discussion_url"] == (expected if shown else None)
