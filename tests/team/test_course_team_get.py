"""GET manage_course_team: who is asked about, which courses are listed, and what each element says.

(course-team.md 1, 2, 3 and 5)
"""

import pytest

from lms.settings import settings
from tests.api import Api
from tests.team.conftest import COURSE_0, COURSE_1, COURSE_2, PATH, Team
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

NOT_PROVIDED = {"detail": "Authentication credentials were not provided."}
MISSING = {
    "detail": "Missing required query parameters. At least one of 'email', 'username', or 'user_id' is required."
}
ALL_COURSES = [COURSE_0, COURSE_1, COURSE_2]
ELEMENT_KEYS = ["course_id", "course_name", "course_url", "role", "status", "org", "run", "number"]


def not_found(identifier: str) -> dict[str, str]:
    return {"detail": f"User with identifier '{identifier}' not found or not active."}


# --- The cases of the reference's own tests (course-team.md 5, cases 1 to 8) ------------------------------------------


def test_no_parameters_at_all_is_400_even_for_a_plain_user(team: Team, site: World) -> None:
    answer = team.get("pat")

    assert (answer.status, answer.json) == (400, MISSING)


@pytest.mark.parametrize("query", [{"username": "nora"}, {"user_id": "4"}, {"email": "nora@example.org"}])
def test_global_staff_gets_an_array_by_each_identifier(team: Team, site: World, query: dict[str, str]) -> None:
    answer = team.get("sam", **query)

    assert answer.status == 200
    assert isinstance(answer.json, list)
    assert len(answer.json) == 3


@pytest.mark.parametrize("caller", ["pat", "sam", "ina"])
def test_an_unknown_email_is_404_for_everybody(team: Team, site: World, caller: str) -> None:
    answer = team.get(caller, email="nobody@example.org")

    assert (answer.status, answer.json) == (404, not_found("nobody@example.org"))


def test_an_anonymous_request_is_401_with_djangos_challenge(team: Team, site: World) -> None:
    answer = team.get(None, username="nora")

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)
    assert answer.headers["www-authenticate"] == 'JWT realm="api"'


@pytest.mark.parametrize("role", ["instructor", "staff"])
def test_the_element_shows_the_users_role_and_the_course(team: Team, people: World, role: str) -> None:
    people.role("nora", role, COURSE_0)
    people.load()

    assert team.rows("sam", username="nora")[COURSE_0] == {
        "course_id": "course-v1:TestOrg+C0+R",
        "course_name": "Demo C0",
        "course_url": "https://studio.example.org/course/course-v1:TestOrg+C0+R",
        "role": role,
        "status": "active",
        "org": "TestOrg",
        "run": "R",
        "number": "C0",
    }


def test_the_instructor_of_one_course_sees_only_that_course(team: Team, site: World) -> None:
    assert team.listed("ina") == [COURSE_0]


def test_a_plain_user_asking_about_themself_sees_nothing(team: Team, site: World) -> None:
    answer = team.get("pat", username="pat")

    assert (answer.status, answer.json) == (200, [])


# --- Routing, methods, negotiation (course-team.md 1) -----------------------------------------------------------------


def test_both_slash_forms_are_served_without_a_redirect(api: Api, site: World) -> None:
    slashed = api.get("/api/support/v1/manage_course_team/?username=nora", "ina")
    bare = api.get("/api/support/v1/manage_course_team?username=nora", "ina")

    assert (slashed.status, bare.status) == (200, 200)
    assert slashed.body == bare.body


@pytest.mark.parametrize(
    "path",
    [
        "/api/support/v1/manage_course_team//",
        "/api/support/v1/manage_course_team/x",
        "/api/support/v2/manage_course_team/",
    ],
)
def test_a_path_that_is_only_similar_is_404(api: Api, site: World, path: str) -> None:
    answer = api.get(f"{path}?username=nora", "sam")

    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


def test_another_method_is_405_and_names_those_allowed(api: Api, site: World) -> None:
    answer = api.request("PATCH", PATH, "pat")

    assert (answer.status, answer.json) == (405, {"detail": 'Method "PATCH" not allowed.'})
    assert {name.strip() for name in answer.headers["allow"].split(",")} == {"GET", "PUT", "HEAD", "OPTIONS"}


def test_an_anonymous_post_is_401_and_not_405(api: Api, site: World) -> None:
    answer = api.request("POST", PATH, None)

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)


def test_head_is_get_without_the_body(api: Api, site: World) -> None:
    answer = api.request("HEAD", f"{PATH}?username=nora", "sam")

    assert (answer.status, answer.body) == (200, b"")


def test_head_of_an_unknown_user_is_404(api: Api, site: World) -> None:
    assert api.request("HEAD", f"{PATH}?username=nobody", "sam").status == 404


def test_options_says_what_the_endpoint_takes(api: Api, site: World) -> None:
    answer = api.request("OPTIONS", PATH, "pat")

    assert answer.status == 200
    assert answer.json["name"] == "Course Team Manage Api"
    assert answer.json["renders"] == ["application/json"]


def test_an_accept_header_without_json_is_406(api: Api, site: World) -> None:
    answer = api.get(f"{PATH}?username=nora", "sam", Accept="text/html")

    assert (answer.status, answer.json) == (406, {"detail": "Could not satisfy the request Accept header."})


def test_an_accept_header_with_json_is_served(api: Api, site: World) -> None:
    assert api.get(f"{PATH}?username=nora", "sam", Accept="text/html, application/json;q=0.1").status == 200


def test_the_answer_is_compact_json(api: Api, site: World) -> None:
    answer = api.get(f"{PATH}?username=nora", "ina")

    assert answer.headers["content-type"] == "application/json"
    assert answer.body.startswith(b'[{"course_id":"course-v1:TestOrg+C0+R","course_name":"Demo C0","course_url":"')


# --- The outer permission (course-team.md 2) --------------------------------------------------------------------------


def test_a_restricted_token_is_403(api: Api, site: World) -> None:
    token = api.token("sam", is_restricted=True)
    answer = api.get(f"{PATH}?username=nora", None, Authorization=f"JWT {token}")

    assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})


def test_a_restricted_token_without_parameters_is_403_and_not_400(api: Api, site: World) -> None:
    token = api.token("sam", is_restricted=True)

    assert api.get(PATH, None, Authorization=f"JWT {token}").status == 403


def test_an_inactive_caller_is_accepted(team: Team, people: World) -> None:
    people.user("ian", is_active=False)
    people.role("ian", "instructor", COURSE_1)
    people.load()

    assert team.listed("ian") == [COURSE_1]


def test_a_caller_who_is_not_in_the_table_sees_no_course(team: Team, site: World) -> None:
    assert team.listed("stranger") == []


# --- Query parameters (course-team.md 3.1) ----------------------------------------------------------------------------


def test_the_first_identifier_present_decides_alone(api: Api, site: World) -> None:
    answer = api.get(f"{PATH}?email=&user_id=4&username=wrong", "sam")

    assert (answer.status, answer.json) == (404, not_found("wrong"))


def test_an_empty_parameter_counts_as_absent(api: Api, site: World) -> None:
    assert api.get(f"{PATH}?email&username=&user_id=4", "sam").status == 200


def test_unknown_parameters_are_ignored(api: Api, site: World) -> None:
    assert len(api.get(f"{PATH}?page=2&username=nora&org=Other&limit=1", "sam").json) == 3


def test_the_last_of_a_repeated_parameter_wins(api: Api, site: World) -> None:
    right = api.get(f"{PATH}?username=wrong&username=nora", "sam")
    wrong = api.get(f"{PATH}?username=nora&username=wrong", "sam")

    assert right.status == 200
    assert (wrong.status, wrong.json) == (404, not_found("wrong"))


def test_an_empty_last_value_makes_the_parameter_absent(api: Api, site: World) -> None:
    assert api.get(f"{PATH}?email=wrong@example.org&email=&username=nora", "sam").status == 200


def test_a_plus_sign_in_the_query_is_a_space_and_an_encoded_one_is_itself(api: Api, people: World) -> None:
    people.user("plus", email="a+b@example.org")
    people.load()

    literal = api.get(f"{PATH}?email=a+b@example.org", "sam")
    encoded = api.get(f"{PATH}?email=a%2Bb@example.org", "sam")

    assert (literal.status, literal.json) == (404, not_found("a b@example.org"))
    assert encoded.status == 200


@pytest.mark.parametrize("query", ["email=NORA@Example.ORG", "username=NoRa"])
def test_emails_and_usernames_compare_without_regard_to_case(api: Api, site: World, query: str) -> None:
    assert api.get(f"{PATH}?{query}", "sam").status == 200


def test_a_user_id_may_be_padded(api: Api, site: World) -> None:
    assert api.get(f"{PATH}?user_id=%204", "sam").status == 200


@pytest.mark.parametrize("user_id", ["0", "9" * 5000, "abc"], ids=["zero", "a long one", "a word"])
def test_a_user_id_that_nobody_has_is_404(api: Api, site: World, user_id: str) -> None:
    answer = api.get(f"{PATH}?user_id={user_id}", "sam")

    assert (answer.status, answer.json) == (404, not_found(user_id))


# --- Errors (course-team.md 3.2) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("email=%C3%BC%27s%22%3C%3E%26@x", "ü's\"<>&@x"),
        ("username=a%2520b", "a%20b"),
    ],
)
def test_the_404_quotes_the_identifier_decoded_and_otherwise_as_sent(
    api: Api, site: World, sent: str, shown: str
) -> None:
    answer = api.get(f"{PATH}?{sent}", "sam")

    assert (answer.status, answer.json) == (404, not_found(shown))


@pytest.mark.parametrize(
    "query", [{"email": "ilse@example.org"}, {"username": "ilse"}, {"user_id": "77"}], ids=["email", "username", "id"]
)
def test_an_inactive_user_is_404_like_an_unknown_one(team: Team, people: World, query: dict[str, str]) -> None:
    people.user("ilse", 77, is_active=False)
    people.load()

    answer = team.get("sam", **query)

    assert (answer.status, answer.json) == (404, not_found(next(iter(query.values()))))


# --- Which courses (course-team.md 3.4) -------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", ["sam", "sue"])
def test_global_staff_and_superusers_see_every_course(team: Team, people: World, caller: str) -> None:
    people.course("course-v1:OtherOrg+X+R")
    people.load()

    assert team.listed(caller) == ["course-v1:OtherOrg+X+R", *ALL_COURSES]


def test_no_role_but_instructor_shows_a_course(team: Team, people: World) -> None:
    people.role("pat", "staff", COURSE_0)
    people.role("pat", "staff", org="TestOrg")
    people.load()

    assert team.listed("pat") == []


def test_an_instructor_of_an_organization_sees_its_courses_and_no_others(team: Team, people: World) -> None:
    people.course("course-v1:OtherOrg+X+R")
    people.course("course-v1:TestOrg2+X+R")
    people.role("pat", "instructor", org="TestOrg")
    people.load()

    assert team.listed("pat") == ALL_COURSES


def test_course_and_organization_roles_unite_without_duplicates(team: Team, people: World) -> None:
    people.course("course-v1:OtherOrg+X+R")
    people.role("pat", "instructor", org="TestOrg")
    people.role("pat", "instructor", COURSE_0)
    people.role("pat", "instructor", "course-v1:OtherOrg+X+R")
    people.load()

    answer = team.get("pat", username="nora")

    assert sorted(row["course_id"] for row in answer.json) == ["course-v1:OtherOrg+X+R", *ALL_COURSES]


def test_the_organization_stored_with_a_course_role_opens_no_other_course(team: Team, people: World) -> None:
    people.role("pat", "instructor", COURSE_2, org="TestOrg")
    people.load()

    assert team.listed("pat") == [COURSE_2]


def test_a_role_with_neither_course_nor_organization_shows_nothing(team: Team, people: World) -> None:
    people.role("pat", "instructor", course_id="", org="")
    people.load()

    assert team.listed("pat") == []


def test_an_organizations_letter_case_does_not_matter(team: Team, people: World) -> None:
    people.role("pat", "instructor", org="TESTORG")
    people.load()

    assert team.listed("pat") == ALL_COURSES


def test_it_is_the_overviews_organization_that_counts_and_the_keys_that_is_shown(team: Team, people: World) -> None:
    people.course("course-v1:KeyOrg+X+R", org="ShownOrg")
    people.user("kai")
    people.role("pat", "instructor", org="ShownOrg")
    people.role("kai", "instructor", org="KeyOrg")
    people.load()

    rows = team.rows("pat", username="nora")

    assert list(rows) == ["course-v1:KeyOrg+X+R"]
    assert rows["course-v1:KeyOrg+X+R"]["org"] == "KeyOrg"
    assert team.listed("kai") == []


def test_a_role_on_a_course_without_overview_shows_nothing(team: Team, people: World) -> None:
    people.role("pat", "instructor", "course-v1:TestOrg+Gone+R")
    people.load()

    assert team.listed("pat") == []


def test_what_is_listed_depends_on_the_caller_and_not_on_the_user_asked_about(team: Team, people: World) -> None:
    people.role("nora", "instructor", COURSE_2)
    people.load()

    rows = team.rows("ina", username="nora")

    assert list(rows) == [COURSE_0]
    assert rows[COURSE_0]["role"] is None


def test_the_order_is_that_of_the_course_ids(team: Team, people: World) -> None:
    for name in ("zz", "aa", "Mm"):
        people.course(f"course-v1:{name}+X+R")
    people.load()

    ids = [row["course_id"] for row in team.get("sam", username="nora").json]

    assert ids == [
        "course-v1:Mm+X+R",
        "course-v1:TestOrg+C0+R",
        "course-v1:TestOrg+C1+R",
        "course-v1:TestOrg+C2+R",
        "course-v1:aa+X+R",
        "course-v1:zz+X+R",
    ]


def test_more_courses_than_one_batch_are_all_listed(team: Team, people: World) -> None:
    ids = [f"course-v1:Many+C{number:03}+R" for number in range(205)]
    for course_id in ids:
        people.course(course_id)
        people.role("pat", "instructor", course_id)
    people.load()

    assert team.listed("pat") == ids


# --- The elements (course-team.md 3.3, 3.5) ---------------------------------------------------------------------------


def test_the_keys_stand_in_the_contracts_order(team: Team, site: World) -> None:
    for row in team.get("sam", username="nora").json:
        assert list(row) == ELEMENT_KEYS


def test_other_roles_are_invisible(team: Team, people: World) -> None:
    people.role("nora", "limited_staff", COURSE_0)
    people.load()

    assert team.rows("sam", username="nora")[COURSE_0]["role"] is None


def test_roles_on_an_organization_are_invisible(team: Team, people: World) -> None:
    people.role("nora", "instructor", org="TestOrg")
    people.load()

    assert [row["role"] for row in team.rows("sam", username="nora").values()] == [None, None, None]


def test_the_role_is_the_same_by_every_identifier(team: Team, people: World) -> None:
    people.role("nora", "staff", COURSE_1)
    people.load()

    by_email = team.get("sam", email="nora@example.org")
    by_name = team.get("sam", username="NORA")
    by_id = team.get("sam", user_id="4")

    assert by_email.json == by_name.json == by_id.json
    assert [row["role"] for row in by_id.json] == [None, "staff", None]


def test_a_course_becomes_archived_as_time_passes(team: Team, people: World) -> None:
    people.course("course-v1:TestOrg+End+R", end="2026-04-01T12:00:00Z")
    people.load()

    before = team.rows("sam", username="nora")
    team.api.clock.advance(milliseconds=1)
    after = team.rows("sam", username="nora")

    assert before["course-v1:TestOrg+End+R"]["status"] == "active"
    assert after["course-v1:TestOrg+End+R"]["status"] == "archived"


def test_number_and_organization_are_the_keys_whatever_the_overview_displays(team: Team, people: World) -> None:
    people.course("course-v1:TestOrg+Num+R", display_number_with_default="7.00x", display_org_with_default="Shown")
    people.load()

    row = team.rows("sam", username="nora")["course-v1:TestOrg+Num+R"]

    assert (row["number"], row["org"]) == ("Num", "TestOrg")


def test_names_outside_of_ascii_go_out_unescaped(team: Team, people: World) -> None:
    people.course("course-v1:Ünï+Zähl+Läuf", display_name="Brot & Öl 🍞")
    people.load()

    row = team.rows("sam", username="nora")["course-v1:Ünï+Zähl+Läuf"]

    assert (row["course_name"], row["org"], row["number"], row["run"]) == ("Brot & Öl 🍞", "Ünï", "Zähl", "Läuf")
    assert "Brot & Öl 🍞".encode() in team.get("sam", username="nora").body


def test_a_course_of_the_older_key_form_is_listed(team: Team, people: World) -> None:
    people.course("OldOrg/Old101/2013")
    people.role("nora", "staff", "OldOrg/Old101/2013", org="OldOrg")
    people.load()

    row = team.rows("sam", username="nora")["OldOrg/Old101/2013"]

    assert (row["org"], row["number"], row["run"]) == ("OldOrg", "Old101", "2013")
    assert row["course_url"] == "https://studio.example.org/course/OldOrg/Old101/2013"
    assert row["role"] == "staff"


def test_the_course_url_names_studios_host_and_port(team: Team, site: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMS_BASE", "localhost:18010")
    monkeypatch.setenv("HTTPS", "off")
    settings.cache_clear()

    url = team.rows("ina", username="nora")[COURSE_0]["course_url"]

    assert url == "http://localhost:18010/course/course-v1:TestOrg+C0+R"
