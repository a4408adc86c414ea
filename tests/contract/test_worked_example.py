"""The worked example of mobile-users.md 4.3, field by field, from a dump and a course export."""

from typing import Any

import pytest

from tests.api import Answer, Api
from tests.contract.wire import GRANTED, assert_body
from tests.world import COURSE_A, COURSE_B, Tree, World, usage_key

pytestmark = pytest.mark.dynamodb_local

LMS = "https://lms.example.org"
SHARING = {
    "facebook": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=facebook",
    "twitter": "utm_medium=social&utm_campaign=social-sharing-db&utm_source=twitter",
}
TREE: Tree = [
    (
        "chapter",
        "ch1",
        [
            (
                "sequential",
                "s11",
                {"display_name": "Homework 1", "graded": "true", "format": "Homework"},
                [("vertical", "v111", {"display_name": "Welcome"}, [("video", "vid1"), ("problem", "p1")])],
            ),
            (
                "sequential",
                "s12",
                {"display_name": "Homework 2", "graded": "true", "format": "Homework", "due": "2026-04-10T23:59:00Z"},
                [("vertical", "v121", {"display_name": "Questions"}, [("problem", "p2")])],
            ),
        ],
    )
]
RESULT_B: dict[str, Any] = {
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
            "course_image": {"uri": "/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png", "name": "Course Image"}
        },
        "course_image": "/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png",
        "course_about": f"{LMS}/courses/course-v1:DemoX+DX200+2025_T3/about",
        "course_sharing_utm_parameters": SHARING,
        "course_updates": f"{LMS}/api/mobile/v4/course_info/course-v1:DemoX+DX200+2025_T3/updates",
        "course_handouts": f"{LMS}/api/mobile/v4/course_info/course-v1:DemoX+DX200+2025_T3/handouts",
        "discussion_url": None,
        "video_outline": None,
        "is_self_paced": False,
    },
    "certificate": {"url": f"{LMS}/certificates/0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"},
    "course_modes": [{"slug": "verified", "sku": None, "android_sku": None, "ios_sku": None, "min_price": 49}],
}
PRIMARY_A: dict[str, Any] = {
    "audit_access_expires": "2026-04-13T00:00:00Z",
    # A dump keeps milliseconds (mobile-users.md 1.5).
    "created": "2026-03-02T09:30:15.123000Z",
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
            "course_image": {"uri": "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png", "name": "Course Image"}
        },
        "course_image": "/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png",
        "course_about": f"{LMS}/courses/course-v1:DemoX+DX101+2026_T1/about",
        "course_sharing_utm_parameters": SHARING,
        "course_updates": f"{LMS}/api/mobile/v4/course_info/course-v1:DemoX+DX101+2026_T1/updates",
        "course_handouts": f"{LMS}/api/mobile/v4/course_info/course-v1:DemoX+DX101+2026_T1/handouts",
        "discussion_url": f"{LMS}/api/discussion/v1/courses/course-v1:DemoX+DX101+2026_T1",
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
    "course_status": {
        "last_visited_module_id": "block-v1:DemoX+DX101+2026_T1+type@sequential+block@s11",
        "last_visited_module_path": [
            "block-v1:DemoX+DX101+2026_T1+type@course+block@course",
            "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch1",
            "block-v1:DemoX+DX101+2026_T1+type@sequential+block@s11",
        ],
        "last_visited_block_id": "block-v1:DemoX+DX101+2026_T1+type@video+block@vid1",
        "last_visited_unit_display_name": "Welcome",
    },
    "course_progress": {"total_assignments_count": 2, "assignments_completed": 1},
    "course_assignments": {
        "future_assignments": [
            {
                "assignment_type": "Homework",
                "complete": False,
                "date": "2026-04-10T23:59:00Z",
                "date_type": "assignment-due-date",
                "description": "",
                "learner_has_access": True,
                "link": f"{LMS}/courses/course-v1:DemoX+DX101+2026_T1/jump_to/"
                "block-v1:DemoX+DX101+2026_T1+type@sequential+block@s12",
                "link_text": "",
                "title": "Homework 2",
                "extra_info": None,
                "first_component_block_id": "block-v1:DemoX+DX101+2026_T1+type@problem+block@p2",
            }
        ],
        "past_assignments": [],
    },
}


@pytest.fixture(autouse=True)
def site(world: World, features: Any) -> None:
    features(CERTIFICATES_HTML_VIEW=True)
    world.user("mona", 4711)
    world.row("user_api.userpreference", user=4711, key="time_zone", value="Europe/Berlin")
    world.row("mobile_api.mobileconfig", name="iap_enabled", value="false")
    world.row("mobile_api.mobileconfig", name="min_app", value="5.0")
    world.row("course_duration_limits.coursedurationlimitconfig", enabled=True, enabled_as_of="2020-01-01T00:00:00Z")

    world.course(COURSE_A, display_name="Demo 101")
    world.row("course_overviews.courseoverviewtab", course_overview=COURSE_A, tab_id="discussion")
    logo = world.row("organizations.organization", logo="organization_logos/demox.png", short_name="DemoX", active=True)
    world.row("organizations.organizationcourse", course_id=COURSE_A, organization=logo, active=True)
    world.mode("audit", sku="")
    world.mode(
        "verified",
        min_price=49,
        sku="6D7CAF1",
        android_sku="mobile.android.49",
        ios_sku="mobile.ios.49",
        _expiration_datetime="2026-05-01T23:59:59Z",
    )
    world.export(TREE)
    world.enroll("mona", COURSE_A)
    world.completion("mona", ("problem", "p1"), "2026-03-20T10:00:00Z")
    world.completion("mona", ("video", "vid1"), "2026-03-20T10:05:00Z")

    dates = {"start": "2025-09-08T00:00:00Z", "end": "2025-12-20T00:00:00Z"}
    image = "/asset-v1:DemoX+DX200+2025_T3+type@asset+block@c.png"
    world.course(COURSE_B, display_name="Demo 200", course_image_url=image, cert_html_view_enabled=True, **dates)
    world.mode("verified", COURSE_B, min_price=49)
    world.enroll("mona", COURSE_B, created="2025-09-01T08:00:00Z", mode="verified")
    world.row(
        "certificates.generatedcertificate",
        user=4711,
        course_id=COURSE_B,
        status="downloadable",
        mode="verified",
        download_url="",
        verify_uuid="0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b",
    )
    assert world.load().exit_code == 0


CONFIGS = {"iap_configs": {"iap_enabled": "false"}, "min_app": "5.0"}
LISTED_A = {
    name: value
    for name, value in PRIMARY_A.items()
    if name not in ("course_status", "course_progress", "course_assignments")
}


def page(*results: dict[str, Any]) -> dict[str, Any]:
    return {
        "next": None,
        "previous": None,
        "count": len(results),
        "num_pages": 1,
        "current_page": 1,
        "start": 0,
        "results": list(results),
    }


@pytest.mark.parametrize("version", ["v0.5", "v1"])
def test_the_first_versions_are_an_array(api: Api, version: str) -> None:
    assert_body(list_of(api, version), [_of_version(LISTED_A, version), _of_version(RESULT_B, version)])


def test_v2_adds_configs_and_time_zone(api: Api) -> None:
    listed = [_of_version(LISTED_A, "v2"), _of_version(RESULT_B, "v2")]

    assert_body(list_of(api, "v2"), {"configs": CONFIGS, "user_timezone": "Europe/Berlin", "enrollments": listed})


def test_v3_is_a_page(api: Api) -> None:
    listed = page(_of_version(LISTED_A, "v3"), _of_version(RESULT_B, "v3"))

    assert_body(list_of(api, "v3"), {"configs": CONFIGS, "user_timezone": "Europe/Berlin", "enrollments": listed})


def test_v4_without_status_has_a_primary_course(api: Api) -> None:
    assert_body(
        list_of(api, "v4"),
        {
            "configs": CONFIGS,
            "user_timezone": "Europe/Berlin",
            "enrollments": page(RESULT_B),
            "primary": PRIMARY_A,
        },
    )


def test_the_status_of_the_course_is_the_first_section_and_the_last_completed_block(api: Api) -> None:
    answer = api.get(f"/api/mobile/v1/users/mona/course_status_info/{COURSE_A}")

    assert answer.json == {
        "last_visited_module_id": usage_key(COURSE_A, "sequential", "s11"),
        "last_visited_module_path": [
            usage_key(COURSE_A, "sequential", "s11"),
            usage_key(COURSE_A, "chapter", "ch1"),
            usage_key(COURSE_A, "course", "course"),
        ],
        "last_visited_block_id": usage_key(COURSE_A, "video", "vid1"),
    }


def test_enrollments_status_is_the_example(api: Api) -> None:
    answer = api.get("/api/mobile/v1/users/mona/enrollments_status/")

    assert answer.json == [
        {"course_id": COURSE_A, "course_name": "Demo 101", "recently_active": True},
        {"course_id": COURSE_B, "course_name": "Demo 200", "recently_active": False},
    ]


def list_of(api: Api, version: str) -> Answer:
    return api.get(f"/api/mobile/{version}/users/mona/course_enrollments/")


def _of_version(item: dict[str, Any], version: str) -> dict[str, Any]:
    course = {
        name: value.replace("/v4/", f"/{version}/") if name in ("course_updates", "course_handouts") else value
        for name, value in item["course"].items()
    }
    left_out = {"audit_access_expires", "course_modes"} if version == "v0.5" else set()
    return {name: value for name, value in (item | {"course": course}).items() if name not in left_out}
