"""GET users/{username}/course_enrollments, v0.5 to v2: the list and its shape. (mobile-users.md 4, 7)"""

from collections.abc import Callable
from typing import Any

import pytest

from lms.settings import settings
from tests.api import Api
from tests.contract.wire import (
    LIST_VERSIONS,
    NO_USER,
    assert_body,
    courses_in,
    enrollments_in,
    enrollments_path,
)
from tests.world import COURSE_A, World

VERSIONS = pytest.mark.parametrize("version", LIST_VERSIONS)


def only_item(api: Api) -> dict[str, Any]:
    (item,) = enrollments_in(api.get(enrollments_path()))
    return item


def only_course(api: Api) -> dict[str, Any]:
    course = only_item(api)["course"]
    assert isinstance(course, dict)
    return course


def enroll_in_a(world: World, **course: Any) -> int | str:
    """Mona in course A; the enrollment's pk."""
    world.user("mona", 4711)
    world.course(**course)
    return world.enroll()


# --- Which enrollments, in which order (mobile-users.md 4.4, rule 1; mobile-users.md 4.6, cases 1 to 5) ---------------


@pytest.mark.parametrize("version", ["v0.5", "v1"])
def test_the_token_of_a_user_who_is_not_loaded_yet_gets_an_empty_array(api: Api, version: str) -> None:
    answer = api.get(enrollments_path(version))

    assert answer.status == 200
    assert_body(answer, [])


def test_the_token_of_a_user_who_is_not_loaded_yet_is_404_in_v2(api: Api) -> None:
    answer = api.get(enrollments_path("v2"))

    assert answer.status == 404
    assert_body(answer, NO_USER)


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
def test_org_keeps_the_courses_of_that_organization_in_any_letter_case(
    world: World, api: Api, six_courses: None, version: str
) -> None:
    world.load()

    assert courses_in(api.get(f"{enrollments_path(version)}?org=%65DX")) == OF_EDX


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


def test_the_sites_organization_filter_gives_the_same_result(world: World, api: Api, six_courses: None) -> None:
    values = {"course_org_filter": ["edX", "Nobody"]}
    world.row("site_configuration.siteconfiguration", site=1, enabled=True, site_values=values)
    world.load()

    assert courses_in(api.get(enrollments_path())) == OF_EDX
    assert courses_in(api.get(f"{enrollments_path()}?org=MITx")) == []


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


@pytest.mark.parametrize(
    ("start", "advertised", "start_type", "start_display"),
    [
        ("2026-09-01T00:00:00Z", "Next autumn", "string", "Next autumn"),
        ("2030-01-01T00:00:00Z", None, "empty", None),
        (None, None, "timestamp", ""),
    ],
    ids=["by its text", "not at all", "by no date"],
)
def test_the_start_is_announced_by_its_text_its_date_or_not_at_all(
    world: World, api: Api, start: str | None, advertised: str | None, start_type: str, start_display: str | None
) -> None:
    enroll_in_a(world, start=start, advertised_start=advertised)
    world.load()

    course = only_course(api)

    assert (course["start_type"], course["start_display"]) == (start_type, start_display)
    assert course["start"] == start


def test_the_about_page_is_the_sharing_url_where_the_site_says_so(
    world: World, api: Api, features: Callable[..., None]
) -> None:
    features(SOCIAL_SHARING_SETTINGS={"CUSTOM_COURSE_URLS": True})
    enroll_in_a(world, social_sharing_url="https://share.example.org/a", marketing_url="https://www.example.org/a")
    world.load()

    assert only_course(api)["course_about"] == "https://share.example.org/a"


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


# --- Modes (mobile-users.md 7.6) --------------------------------------------------------------------------------------


def test_modes_are_listed_in_stored_order_with_credit_and_skus_as_stored(world: World, api: Api) -> None:
    enroll_in_a(world)
    world.mode("verified", min_price=49, sku="", android_sku="a", ios_sku=None)
    world.mode("credit", min_price=10, sku="c", android_sku="", ios_sku="")
    world.mode("audit")
    world.load()

    assert only_item(api)["course_modes"] == [
        {"slug": "verified", "sku": "", "android_sku": "a", "ios_sku": None, "min_price": 49},
        {"slug": "credit", "sku": "c", "android_sku": "", "ios_sku": "", "min_price": 10},
        {"slug": "audit", "sku": None, "android_sku": None, "ios_sku": None, "min_price": 0},
    ]


# --- Upgrade deadline, certificate, discussion (mobile-users.md 7.5, 7.7, 7.9, 4.6) -----------------------------------


@pytest.mark.parametrize(
    ("opts_out", "deadline"), [(False, "2026-04-20T00:00:00Z"), (True, "2026-05-01T23:59:59Z")], ids=["in", "out"]
)
def test_a_personal_deadline_holds_in_a_self_paced_course_unless_it_opts_out(
    world: World, api: Api, opts_out: bool, deadline: str
) -> None:
    enrollment = enroll_in_a(world, self_paced=True)
    world.mode("verified", _expiration_datetime="2026-05-01T23:59:59Z")
    world.row("schedules.schedule", enrollment=enrollment, upgrade_deadline="2026-04-20T00:00:00Z", active=True)
    world.row("courseware.dynamicupgradedeadlineconfiguration", enabled=True, deadline_days=21)
    of_course: dict[str, Any] = {"course_id": COURSE_A, "enabled": True, "opt_out": opts_out, "deadline_days": 21}
    world.row("courseware.coursedynamicupgradedeadlineconfiguration", **of_course)
    of_org: dict[str, Any] = {"org_id": "DemoX", "enabled": True, "opt_out": True, "deadline_days": 21}
    world.row("courseware.orgdynamicupgradedeadlineconfiguration", **of_org)
    world.load()

    assert only_course(api)["dynamic_upgrade_deadline"] == deadline


def test_a_certificates_file_is_exactly_its_download_url(world: World, api: Api) -> None:
    enroll_in_a(world, self_paced=True)
    file = {"download_url": "https://cdn.example.org/pdf/0f3c.pdf", "verify_uuid": "0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"}
    certificate = {"status": "downloadable", "mode": "verified", **file}
    world.row("certificates.generatedcertificate", user=4711, course_id=COURSE_A, **certificate)
    world.load()

    assert only_item(api)["certificate"] == {"url": "https://cdn.example.org/pdf/0f3c.pdf"}


@pytest.mark.parametrize("configured", [None, {"enabled": False, "provider_type": "legacy"}], ids=["tab", "off"])
def test_the_discussion_is_linked_where_a_hidden_tab_and_no_configuration_say_so(
    world: World, api: Api, configured: dict[str, Any] | None
) -> None:
    enroll_in_a(world)
    world.row("course_overviews.courseoverviewtab", course_overview=COURSE_A, tab_id="discussion", is_hidden=True)
    if configured is not None:
        world.row("discussions.discussionsconfiguration", COURSE_A, lti_configuration=None, **configured)
    world.load()

    link = "https://lms.example.org/api/discussion/v1/courses/course-v1:DemoX+DX101+2026_T1"
    assert only_course(api)["discussion_url"] == (None if configured else link)


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
