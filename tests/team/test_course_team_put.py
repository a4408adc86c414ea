"""PUT manage_course_team: which requests and operations are refused, in which order, and what the others do.

(course-team.md 1, 2, 4 and 5; deviations 5, 6, 8, 9)
"""

import json
from typing import Any

import pytest

from tests.api import Api
from tests.team.conftest import (
    COURSE_0,
    COURSE_1,
    COURSE_2,
    PATH,
    CourseTeamFunction,
    Team,
    failed,
    operation,
    refusal,
    succeeded,
)
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

NOT_AN_OBJECT = "Request data must be a JSON object with 'email' and 'bulk_role_operations' fields."
EMAIL_REQUIRED = "Missing required field: 'email' is required."
OPERATIONS_REQUIRED = "Missing or empty 'bulk_role_operations' field. Must be a non-empty list."
TOO_MANY = "Too many operations. At most 1000 'bulk_role_operations' are allowed per request."
NO_PERMISSION = "You do not have permission to perform bulk role operations."
FIELDS_REQUIRED = "Missing required fields: 'course_id', 'role', and 'action' are all required."
INVALID_ROLE = "Invalid role. Must be 'instructor' or 'staff'."
INVALID_ACTION = "Invalid action. Must be 'assign' or 'revoke'."
INVALID_COURSE = "Invalid course_id or course not found."


def no_access(course_id: str, org: str = "TestOrg") -> str:
    return f"You do not have instructor access to course '{course_id}' or org '{org}'."


# --- The cases of the reference's own tests (course-team.md 5, cases 9 to 21) -----------------------------------------


def test_a_missing_email_is_told_before_an_empty_list(team: Team, site: World) -> None:
    answer = team.send({"bulk_role_operations": []}, "pat")

    assert (answer.status, answer.json) == (400, refusal("", EMAIL_REQUIRED))


def test_an_empty_list_is_400_before_permission_and_lookup(team: Team, site: World) -> None:
    answer = team.put(caller="pat", email="nobody@example.org")

    assert (answer.status, answer.json) == (400, refusal("nobody@example.org", OPERATIONS_REQUIRED))


def test_a_list_for_a_body_is_400(team: Team, site: World) -> None:
    answer = team.send(["invalid"], "pat")

    assert (answer.status, answer.json) == (400, refusal("", NOT_AN_OBJECT))


def test_an_operation_of_empty_strings_fails_and_is_echoed(team: Team, site: World) -> None:
    empty = operation("", "", "")

    assert team.results(empty, caller="ina") == [failed(empty, FIELDS_REQUIRED)]


def test_an_unknown_email_is_404(team: Team, site: World) -> None:
    answer = team.put(operation(), caller="ina", email="nobody@example.org")

    assert (answer.status, answer.json) == (404, refusal("nobody@example.org", "User not found."))


def test_an_invalid_course_id_fails(team: Team, site: World) -> None:
    wrong = operation("invalid-course-id")

    assert team.results(wrong, caller="ina") == [failed(wrong, INVALID_COURSE)]


def test_an_invalid_action_fails(team: Team, site: World) -> None:
    wrong = operation(action="invalid_action")

    assert team.results(wrong, caller="ina") == [failed(wrong, INVALID_ACTION)]


@pytest.mark.parametrize("caller", ["sam", "sue"])
def test_global_staff_and_superusers_assign_instructor_and_enroll(team: Team, site: World, caller: str) -> None:
    one = operation(COURSE_2, "instructor")

    answer = team.put(one, caller=caller)

    assert answer.status == 200
    assert answer.json == {"email": "nora@example.org", "results": [succeeded(one)]}
    assert team.stored_roles("nora", COURSE_2) == {"instructor"}
    enrollment = team.stored_enrollment("nora", COURSE_2)
    assert enrollment is not None
    assert (enrollment.active, enrollment.mode) == (True, "audit")


def test_revoking_what_was_never_held_succeeds(team: Team, site: World) -> None:
    one = operation(COURSE_1, "staff", "revoke")

    assert team.results(one) == [succeeded(one)]
    assert team.stored_roles("nora", COURSE_1) == set()


def test_a_course_instructor_assigns_on_the_own_course(team: Team, site: World) -> None:
    one = operation(COURSE_0, "staff")

    assert team.results(one, caller="ina") == [succeeded(one)]
    assert team.stored_roles("nora", COURSE_0) == {"staff"}


@pytest.mark.parametrize("email", ["nora@example.org", "nobody@example.org"])
def test_a_plain_user_is_403_whether_or_not_the_email_is_known(team: Team, site: World, email: str) -> None:
    answer = team.put(operation(), caller="pat", email=email)

    assert (answer.status, answer.json) == (403, refusal(email, NO_PERMISSION))


def test_an_instructor_of_a_library_may_send_changes_and_carries_out_none(team: Team, people: World) -> None:
    people.role("pat", "instructor", "library-v1:TestOrg+BANK")
    people.load()

    assert people.rejections == []
    assert team.results(operation(COURSE_0), caller="pat") == [failed(operation(COURSE_0), no_access(COURSE_0))]


def test_an_instructor_of_the_organization_assigns_on_its_other_courses(team: Team, people: World) -> None:
    people.role("ina", "instructor", org="TestOrg")
    people.load()
    one = operation(COURSE_1)

    assert team.results(one, caller="ina") == [succeeded(one)]
    assert team.stored_roles("nora", COURSE_1) == {"staff"}


def test_a_course_instructor_is_refused_on_another_course(team: Team, site: World) -> None:
    one = operation(COURSE_1)

    assert team.results(one, caller="ina") == [failed(one, no_access(COURSE_1))]
    assert team.stored_roles("nora", COURSE_1) == set()
    assert team.stored_enrollment("nora", COURSE_1) is None


# --- Authentication, negotiation and the body (course-team.md 1, 2) ---------------------------------------------------


def test_an_anonymous_put_is_401_with_djangos_challenge(team: Team, site: World) -> None:
    answer = team.put(operation(), caller=None)

    assert (answer.status, answer.json) == (401, {"detail": "Authentication credentials were not provided."})
    assert answer.headers["www-authenticate"] == 'JWT realm="api"'


def test_a_restricted_token_is_403_in_djangos_own_shape(api: Api, site: World) -> None:
    headers = {"Authorization": f"JWT {api.token('sam', is_restricted=True)}", "Content-Type": "application/json"}
    answer = api.request("PUT", PATH, None, "{}", headers)

    assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})


def test_the_path_without_slash_takes_the_same_put(api: Api, team: Team, site: World) -> None:
    body = {"email": "nora@example.org", "bulk_role_operations": [operation()]}

    answer = api.send_json("PUT", "/api/support/v1/manage_course_team", body, "sam")

    assert (answer.status, answer.json["results"]) == (200, [succeeded(operation())])
    assert team.stored_roles() == {"staff"}


def test_malformed_json_is_400_in_djangos_own_shape(api: Api, site: World) -> None:
    answer = api.request("PUT", PATH, "sam", '{"email": }', {"Content-Type": "application/json"})

    assert answer.status == 400
    assert list(answer.json) == ["detail"]
    assert answer.json["detail"].startswith("JSON parse error - ")


def test_another_media_type_is_415(api: Api, site: World) -> None:
    answer = api.request("PUT", PATH, "sam", "{}", {"Content-Type": "text/plain"})

    assert (answer.status, answer.json) == (415, {"detail": 'Unsupported media type "text/plain" in request.'})


def test_the_media_type_is_not_looked_at_before_the_token(api: Api, site: World) -> None:
    assert api.request("PUT", PATH, None, "{}", {"Content-Type": "text/plain"}).status == 401


def test_an_empty_body_is_an_empty_object(api: Api, site: World) -> None:
    answer = api.request("PUT", PATH, "sam", "", {"Content-Type": "application/json"})

    assert (answer.status, answer.json) == (400, refusal("", EMAIL_REQUIRED))


def test_a_form_is_an_object_whose_list_is_a_text(api: Api, site: World) -> None:
    form = "email=nora%40example.org&bulk_role_operations=%5B%7B%7D%5D"

    answer = api.send_form("PUT", PATH, form, "sam")

    assert (answer.status, answer.json) == (400, refusal("nora@example.org", OPERATIONS_REQUIRED))


def test_an_accept_header_without_json_is_406_and_changes_nothing(api: Api, team: Team, site: World) -> None:
    body = json.dumps({"email": "nora@example.org", "bulk_role_operations": [operation()]})
    headers = {"Content-Type": "application/json", "Accept": "text/html"}

    answer = api.request("PUT", PATH, "sam", body, headers)

    assert (answer.status, answer.json) == (406, {"detail": "Could not satisfy the request Accept header."})
    assert team.stored_roles() == set()


# --- The request as a whole (course-team.md 4.2) ----------------------------------------------------------------------


def test_username_and_user_id_beside_the_email_are_ignored(team: Team, site: World) -> None:
    body = {"email": "nora@example.org", "username": "pat", "user_id": 3, "bulk_role_operations": [operation()]}

    assert team.send(body).status == 200
    assert team.stored_roles("nora") == {"staff"}
    assert team.stored_roles("pat") == set()


def test_the_permission_comes_before_the_lookup_of_an_inactive_user(team: Team, people: World) -> None:
    people.user("ilse", is_active=False)
    people.load()

    answer = team.put(operation(), caller="pat", email="ilse@example.org")

    assert (answer.status, answer.json) == (403, refusal("ilse@example.org", NO_PERMISSION))


def test_an_inactive_user_is_400_and_not_404(team: Team, people: World) -> None:
    people.user("ilse", is_active=False)
    people.load()

    answer = team.put(operation(), email="ilse@example.org")

    assert (answer.status, answer.json) == (400, refusal("ilse@example.org", "User is not active."))
    assert team.stored_roles("ilse") == set()


@pytest.mark.parametrize("email", [" nora@example.org", "a" * 5000], ids=["a blank more", "a long one"])
def test_an_email_is_neither_trimmed_nor_guessed_and_is_echoed_as_sent(team: Team, site: World, email: str) -> None:
    answer = team.put(operation(), email=email)

    assert (answer.status, answer.json) == (404, refusal(email, "User not found."))


def test_an_email_is_found_in_any_letter_case_and_echoed_as_sent(team: Team, site: World) -> None:
    answer = team.put(operation(), email="NORA@example.ORG")

    assert (answer.status, answer.json["email"]) == (200, "NORA@example.ORG")
    assert team.stored_roles("nora") == {"staff"}


def test_no_role_but_instructor_lets_a_caller_in(team: Team, people: World) -> None:
    people.role("pat", "staff", COURSE_0)
    people.role("pat", "staff", org="TestOrg")
    people.load()

    answer = team.put(operation(), caller="pat")

    assert (answer.status, answer.json) == (403, refusal("nora@example.org", NO_PERMISSION))


def test_an_instructor_row_of_nothing_passes_the_gate_and_then_fails_each_operation(team: Team, people: World) -> None:
    people.role("pat", "instructor", course_id="", org="")
    people.load()

    assert team.results(operation(), caller="pat") == [failed(operation(), no_access(COURSE_0))]


def test_a_caller_who_is_not_in_the_table_has_no_permission(team: Team, site: World) -> None:
    assert team.put(operation(), caller="stranger").status == 403


def test_an_inactive_instructor_may_still_change_roles(team: Team, people: World) -> None:
    people.user("ian", is_active=False)
    people.role("ian", "instructor", COURSE_0)
    people.load()

    assert team.results(operation(), caller="ian") == [succeeded(operation())]


def test_too_many_operations_are_refused_in_the_results_shape_and_nothing_is_written(team: Team, site: World) -> None:
    answer = team.put(*[operation()] * 1001)

    assert (answer.status, answer.json) == (400, refusal("nora@example.org", TOO_MANY))
    assert team.stored_roles() == set()
    assert team.stored_enrollment() is None


def test_the_number_of_operations_is_checked_before_the_permission(team: Team, site: World) -> None:
    assert team.put(*[operation()] * 1001, caller="pat").status == 400


def test_operations_over_100_courses_have_1000_results_in_order(
    team: Team, people: World, course_team: CourseTeamFunction
) -> None:
    for number in range(100):
        people.course(f"course-v1:Bulk+C{number:02}+R")
    people.load()
    operations = [operation(f"course-v1:Bulk+C{n % 100:02}+R", "staff", "revoke", at=n) for n in range(1000)]
    for n in range(0, 1000, 7):
        operations[n]["role"] = "owner"
    for n in (991, 995, 999):
        operations[n]["action"] = "assign"

    answer = course_team.put(*operations, seconds=300)

    assert answer.status == 200
    results = answer.json["results"]
    assert [(one["course_id"], one["role"], one["action"]) for one in results] == [
        (one["course_id"], one["role"], one["action"]) for one in operations
    ]
    assert [n for n, one in enumerate(results) if one["status"] == "failed"] == list(range(0, 1000, 7))
    assert team.stored_roles("nora", "course-v1:Bulk+C91+R") == {"staff"}
    assert team.stored_roles("nora", "course-v1:Bulk+C99+R") == {"staff"}
    assert team.stored_roles("nora", "course-v1:Bulk+C00+R") == set()


# --- One operation: what is refused, and what is looked at first (course-team.md 4.3) ---------------------------------


@pytest.mark.parametrize(("name", "value"), [("course_id", {}), ("role", 0), ("action", False)])
def test_a_falsy_field_is_missing_and_echoed_as_sent(team: Team, site: World, name: str, value: Any) -> None:
    one = operation() | {name: value}

    result = team.results(one)

    assert result == [failed(one, FIELDS_REQUIRED)]
    assert type(result[0][name]) is type(value)


def test_an_absent_field_is_missing_and_echoed_as_null(team: Team, site: World) -> None:
    one = {key: value for key, value in operation().items() if key != "role"}

    assert team.results(one) == [failed(operation(role=None), FIELDS_REQUIRED)]


def test_an_operation_that_is_no_object_fails_alone(team: Team, site: World) -> None:
    results = team.results(["course_id", "role", "action"], operation())

    assert results == [failed(operation(None, None, None), FIELDS_REQUIRED), succeeded(operation())]
    assert team.stored_roles() == {"staff"}


@pytest.mark.parametrize("role", ["STAFF", {"role": "staff"}], ids=["capitals", "object"])
def test_a_role_that_is_not_exactly_instructor_or_staff_is_invalid(team: Team, site: World, role: Any) -> None:
    one = operation(role=role)

    assert team.results(one, operation(COURSE_1)) == [failed(one, INVALID_ROLE), succeeded(operation(COURSE_1))]


@pytest.mark.parametrize("action", ["assign ", ["assign"]], ids=["a blank more", "list"])
def test_an_action_that_is_not_exactly_assign_or_revoke_is_invalid(team: Team, site: World, action: Any) -> None:
    one = operation(action=action)

    assert team.results(one, operation(COURSE_1)) == [failed(one, INVALID_ACTION), succeeded(operation(COURSE_1))]


@pytest.mark.parametrize(
    "course_id",
    [
        "course-v1:TestOrg+Gone+R",
        "course-v1:testorg+C0+R",
        "course-v1:TestOrg+C0+R+branch@draft",
        ["course-v1:TestOrg+C0+R"],
    ],
    ids=["gone", "another letter case", "a branch", "a list"],
)
def test_a_course_that_cannot_be_parsed_or_does_not_exist_is_invalid(team: Team, site: World, course_id: Any) -> None:
    one = operation(course_id)

    assert team.results(one, operation(COURSE_1)) == [failed(one, INVALID_COURSE), succeeded(operation(COURSE_1))]


@pytest.mark.parametrize(("course_id", "org"), [("OldOrg/Old101/2013", "OldOrg"), ("course-v1:Ünï+Zähl+Läuf", "Ünï")])
def test_older_keys_and_keys_outside_of_ascii_are_accepted(team: Team, people: World, course_id: str, org: str) -> None:
    people.course(course_id)
    people.load()
    one = operation(course_id)

    assert team.results(one) == [succeeded(one)]
    assert team.stored_roles("nora", course_id) == {"staff"}
    assert team.results(one, caller="ina") == [failed(one, no_access(course_id, org))]


def test_an_organizations_letter_case_does_not_matter(team: Team, people: World) -> None:
    people.role("pat", "instructor", org="TESTORG")
    people.load()

    assert team.results(operation(COURSE_2), caller="pat") == [succeeded(operation(COURSE_2))]


def test_it_is_the_keys_organization_that_gives_access(team: Team, people: World) -> None:
    course_id = "course-v1:KeyOrg+X+R"
    people.course(course_id, org="ShownOrg")
    people.user("kai")
    people.role("pat", "instructor", org="ShownOrg")
    people.role("kai", "instructor", org="KeyOrg")
    people.load()

    refused = team.results(operation(course_id), caller="pat")
    accepted = team.results(operation(course_id), caller="kai")

    assert refused == [failed(operation(course_id), no_access(course_id, "KeyOrg"))]
    assert accepted == [succeeded(operation(course_id))]


def test_the_organization_stored_with_a_course_role_opens_no_other_course(team: Team, people: World) -> None:
    people.role("pat", "instructor", COURSE_2, org="TestOrg")
    people.load()

    assert team.results(operation(COURSE_0), caller="pat") == [failed(operation(COURSE_0), no_access(COURSE_0))]


def test_a_callers_staff_role_on_the_course_gives_nothing(team: Team, people: World) -> None:
    people.role("sid", "instructor", COURSE_2)
    people.load()

    assert team.results(operation(COURSE_1), caller="sid") == [failed(operation(COURSE_1), no_access(COURSE_1))]


# --- Results (course-team.md 4.4) -------------------------------------------------------------------------------------


def test_a_result_has_its_keys_in_the_contracts_order(team: Team, site: World) -> None:
    good, bad = team.results(operation(), operation(role="owner"))

    assert list(good) == ["course_id", "role", "action", "status"]
    assert list(bad) == ["course_id", "role", "action", "status", "error"]


def test_the_body_is_compact_and_names_the_email_first(team: Team, site: World) -> None:
    assert team.put(operation()).body == (
        b'{"email":"nora@example.org","results":[{"course_id":"course-v1:TestOrg+C0+R","role":"staff",'
        b'"action":"assign","status":"success"}]}'
    )


def test_extra_fields_are_ignored_and_not_echoed(team: Team, site: World) -> None:
    body = {
        "email": "nora@example.org",
        "dry_run": True,
        "bulk_role_operations": [operation(status="failed", error="no", org="Other")],
    }

    answer = team.send(body)

    assert answer.json == {"email": "nora@example.org", "results": [succeeded(operation())]}
    assert team.stored_roles() == {"staff"}


def test_every_operation_may_fail_and_the_answer_is_still_200(team: Team, site: World) -> None:
    one, other = operation("nope"), operation(role="owner")

    answer = team.put(one, other)

    assert answer.status == 200
    assert answer.json["results"] == [failed(one, INVALID_COURSE), failed(other, INVALID_ROLE)]


def test_failures_in_between_keep_the_order(team: Team, site: World) -> None:
    operations = [
        operation(COURSE_2),
        operation("nope"),
        operation(COURSE_0, "instructor"),
        operation(COURSE_1, "owner"),
        operation(COURSE_1, "staff", "revoke"),
    ]

    assert team.results(*operations) == [
        succeeded(operations[0]),
        failed(operations[1], INVALID_COURSE),
        succeeded(operations[2]),
        failed(operations[3], INVALID_ROLE),
        succeeded(operations[4]),
    ]


# --- assign (course-team.md 4.5) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [("staff", "instructor"), ("instructor", "staff")])
def test_assigning_replaces_the_other_team_role(team: Team, people: World, before: str, after: str) -> None:
    people.role("nora", before, COURSE_0)
    people.load()

    team.results(operation(role=after))

    assert team.stored_roles() == {after}
    assert team.rows("sam", username="nora")[COURSE_0]["role"] == after


@pytest.mark.parametrize("role", ["staff", "instructor"])
def test_assigning_settles_a_course_on_which_both_roles_are_stored(team: Team, people: World, role: str) -> None:
    people.role("nora", "staff", COURSE_0)
    people.role("nora", "instructor", COURSE_0)
    people.load()

    assert team.results(operation(role=role)) == [succeeded(operation(role=role))]
    assert team.stored_roles() == {role}


def test_assigning_keeps_roles_that_are_not_the_teams(team: Team, people: World) -> None:
    people.role("nora", "beta_testers", COURSE_0)
    people.load()

    team.results(operation())

    assert team.stored_roles() == {"beta_testers", "staff"}


@pytest.mark.parametrize(
    ("modes", "mode"),
    [
        ([], "audit"),
        (["verified", "honor"], "honor"),
    ],
)
def test_a_new_enrollment_has_the_courses_default_mode(team: Team, people: World, modes: list[str], mode: str) -> None:
    for slug in modes:
        people.mode(slug, COURSE_0)
    people.load()

    team.results(operation())

    enrollment = team.stored_enrollment()
    assert enrollment is not None
    assert (enrollment.active, enrollment.mode) == (True, mode)


def test_a_mode_that_is_no_longer_offered_is_not_the_default(team: Team, people: World) -> None:
    people.mode("audit", COURSE_0, _expiration_datetime="2026-03-01T00:00:00Z")
    people.mode("honor", COURSE_0)
    people.load()

    team.results(operation())

    enrollment = team.stored_enrollment()
    assert enrollment is not None
    assert enrollment.mode == "honor"


@pytest.mark.parametrize("active", [True, False])
def test_an_existing_enrollment_is_made_active_and_keeps_its_mode_and_date(
    team: Team, people: World, active: bool
) -> None:
    people.mode("audit", COURSE_0)
    people.mode("verified", COURSE_0)
    people.enroll("nora", COURSE_0, is_active=active, mode="verified")
    people.load()

    assert team.results(operation()) == [succeeded(operation())]

    enrollment = team.stored_enrollment()
    assert enrollment is not None
    assert (enrollment.active, enrollment.mode) == (True, "verified")
    assert enrollment.created is not None
    assert enrollment.created.isoformat() == "2026-03-02T09:30:15.123000+00:00"


def test_the_new_course_is_on_the_users_phone_at_once(api: Api, team: Team, site: World) -> None:
    team.results(operation())

    listed = api.get("/api/mobile/v1/users/nora/course_enrollments/", "nora").json

    assert [(one["course"]["id"], one["mode"], one["created"]) for one in listed] == [
        (COURSE_0, "audit", "2026-04-01T12:00:00Z")
    ]


def test_a_course_that_is_over_and_hidden_is_no_obstacle(team: Team, people: World) -> None:
    closed = "course-v1:TestOrg+Closed+R"
    people.course(closed, end="2020-01-01T00:00:00Z", enrollment_end="2019-01-01T00:00:00Z", visible_to_staff_only=True)
    people.load()

    assert team.results(operation(closed)) == [succeeded(operation(closed))]
    assert team.stored_enrollment("nora", closed) is not None


def test_superusers_are_targets_like_any_other(team: Team, site: World) -> None:
    team.results(operation(COURSE_2), email="sue@example.org")

    assert team.stored_roles("sue", COURSE_2) == {"staff"}


def test_a_user_without_profile_gets_role_and_enrollment(team: Team, people: World) -> None:
    people.user("noel", name=None)
    people.load()

    assert team.results(operation(), email="noel@example.org") == [succeeded(operation())]
    assert team.stored_roles("noel") == {"staff"}


# --- revoke (course-team.md 4.6) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("held", "named"), [("staff", "instructor"), ("instructor", "staff")])
def test_revoking_takes_every_team_role_whichever_it_names(team: Team, people: World, held: str, named: str) -> None:
    people.role("nora", held, COURSE_0)
    people.load()
    one = operation(COURSE_0, named, "revoke")

    assert team.results(one) == [succeeded(one)]
    assert team.stored_roles() == set()
    assert team.rows("sam", username="nora")[COURSE_0]["role"] is None


def test_revoking_takes_a_role_stored_with_another_organization(team: Team, people: World) -> None:
    people.role("nora", "staff", COURSE_0, org="Elsewhere")
    people.load()

    team.results(operation(action="revoke"))

    assert team.stored_roles() == set()


def test_revoking_keeps_the_other_roles_and_other_courses(team: Team, people: World) -> None:
    for role in ("staff", "beta_testers", "data_researcher"):
        people.role("nora", role, COURSE_0)
    people.role("nora", "staff", COURSE_1)
    people.load()

    team.results(operation(action="revoke"))

    assert team.stored_roles("nora", COURSE_0) == {"beta_testers", "data_researcher"}
    assert team.stored_roles("nora", COURSE_1) == {"staff"}


def test_revoking_keeps_the_enrollment_as_it_is(team: Team, people: World) -> None:
    people.enroll("nora", COURSE_0, mode="verified")
    people.role("nora", "staff", COURSE_0)
    people.load()
    before = team.stored_enrollment()

    team.results(operation(action="revoke"))

    assert before is not None
    assert team.stored_enrollment() == before


def test_revoking_enrolls_nobody(team: Team, site: World) -> None:
    team.results(operation(action="revoke"))

    assert team.stored_enrollment() is None


def test_revoking_leaves_roles_on_the_organization(team: Team, people: World) -> None:
    people.role("nora", "instructor", org="TestOrg")
    people.role("nora", "instructor", COURSE_0)
    people.load()

    team.results(operation(role="instructor", action="revoke"))

    assert team.stored_roles() == set()
    assert team.results(operation(COURSE_0), caller="nora", email="pat@example.org") == [succeeded(operation())]


# --- Several operations (course-team.md 4.7) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "held", "enrolled"),
    [
        ([("staff", "assign"), ("instructor", "assign")], {"instructor"}, True),
        ([("staff", "assign"), ("staff", "revoke")], set(), True),
        ([("staff", "revoke"), ("staff", "assign")], {"staff"}, True),
        ([("staff", "revoke"), ("staff", "revoke")], set(), False),
        ([("staff", "assign"), ("instructor", "assign"), ("staff", "revoke")], set(), True),
    ],
)
def test_operations_on_one_course_take_effect_in_their_order(
    team: Team, site: World, steps: list[tuple[str, str]], held: set[str], enrolled: bool
) -> None:
    operations = [operation(COURSE_0, role, action) for role, action in steps]

    assert team.results(*operations) == [succeeded(one) for one in operations]
    assert team.stored_roles() == held
    assert (team.stored_enrollment() is not None) is enrolled


def test_a_failure_in_between_stops_neither_its_course_nor_the_others(team: Team, site: World) -> None:
    operations = [operation(COURSE_0), operation(COURSE_0, "owner"), operation(COURSE_0, "instructor")]

    results = team.results(*operations, operation(COURSE_1))

    assert [one["status"] for one in results] == ["success", "failed", "success", "success"]
    assert team.stored_roles("nora", COURSE_0) == {"instructor"}
    assert team.stored_roles("nora", COURSE_1) == {"staff"}


def test_a_caller_who_revokes_themself_finishes_the_list_and_is_refused_next_time(team: Team, site: World) -> None:
    revoke = operation(COURSE_0, "instructor", "revoke")

    first = team.results(revoke, operation(COURSE_0, "staff"), caller="ina", email="ina@example.org")
    second = team.put(operation(), caller="ina")

    assert first == [succeeded(revoke), succeeded(operation(COURSE_0, "staff"))]
    assert team.stored_roles("ina") == {"staff"}
    assert (second.status, second.json) == (403, refusal("nora@example.org", NO_PERMISSION))


def test_a_caller_who_demotes_themself_keeps_only_the_other_courses(team: Team, people: World) -> None:
    people.role("ina", "instructor", COURSE_1)
    people.load()

    team.results(operation(COURSE_0, "staff"), caller="ina", email="ina@example.org")

    results = team.results(operation(COURSE_0), operation(COURSE_1), caller="ina")
    assert results == [failed(operation(COURSE_0), no_access(COURSE_0)), succeeded(operation(COURSE_1))]


def test_get_shows_what_a_put_has_just_written(team: Team, site: World) -> None:
    shown = []
    for one in (operation(role="instructor"), operation(role="staff"), operation(action="revoke")):
        team.results(one)
        shown.append(team.rows("sam", email="nora@example.org")[COURSE_0]["role"])

    assert shown == ["instructor", "staff", None]


def test_a_new_instructor_may_use_the_role_at_once(team: Team, site: World) -> None:
    team.results(operation(COURSE_2, "instructor"))

    assert team.listed("nora", "pat") == [COURSE_2]
    assert team.results(operation(COURSE_2), caller="nora", email="pat@example.org") == [succeeded(operation(COURSE_2))]
