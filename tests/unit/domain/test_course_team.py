"""Which role changes are accepted, and what is said of the others. (course-team.md 4.2, 4.3)"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms.domain.course_team import (
    EMAIL_REQUIRED,
    FIELDS_REQUIRED,
    INVALID_ACTION,
    INVALID_COURSE,
    INVALID_ROLE,
    NOT_AN_OBJECT,
    OPERATIONS_REQUIRED,
    TOO_MANY_OPERATIONS,
    CourseScope,
    Operation,
    Refusal,
    check_operation,
    named_course,
    request_shape_error,
    scope_of,
)
from lms.domain.keys import CourseKey
from lms.domain.roles import Roles
from tests.unit.builders import COURSE_ID, KEY, PLAIN, cases, course_role, org_role
from tests.unit.strategies import any_text, json_values

EVERYBODY = Roles(superuser=True)
GOOD = {"course_id": COURSE_ID, "role": "staff", "action": "assign"}
ONE = [GOOD]


def exists(_key: CourseKey) -> bool:
    return True


def body(**changes: Any) -> dict[str, Any]:
    return {"email": "u@example.com", "bulk_role_operations": ONE} | changes


@cases(
    "sent, expected",
    {
        "an e-mail and an operation are enough": (body(), None),
        "an e-mail of blanks is looked up": (body(email="  "), None),
        "unknown fields do not matter": (body(username=5), None),
        "a thousand operations are taken": (body(bulk_role_operations=ONE * 1000), None),
        "a thousand and one are too many": (body(bulk_role_operations=ONE * 1001), TOO_MANY_OPERATIONS),
        "an operation of any shape is looked at later": (body(bulk_role_operations=[None]), None),
        "a list is no object": ([body()], NOT_AN_OBJECT),
        "a string is no object": ("u@example.com", NOT_AN_OBJECT),
        "a number is no object": (5, NOT_AN_OBJECT),
        "null is no object": (None, NOT_AN_OBJECT),
        "an empty object has no e-mail": ({}, EMAIL_REQUIRED),
        "an empty e-mail is none": (body(email=""), EMAIL_REQUIRED),
        "null is no e-mail": (body(email=None), EMAIL_REQUIRED),
        "zero is no e-mail": (body(email=0), EMAIL_REQUIRED),
        "a number is no e-mail": (body(email=5), EMAIL_REQUIRED),
        "a list is no e-mail": (body(email=["u@example.com"]), EMAIL_REQUIRED),
        "an object is no e-mail": (body(email={"a": 1}), EMAIL_REQUIRED),
        "a missing e-mail comes before missing operations": ({"bulk_role_operations": []}, EMAIL_REQUIRED),
        "missing operations": ({"email": "u@example.com"}, OPERATIONS_REQUIRED),
        "an empty list of operations": (body(bulk_role_operations=[]), OPERATIONS_REQUIRED),
        "an empty object for operations": (body(bulk_role_operations={}), OPERATIONS_REQUIRED),
        "a number for operations": (body(bulk_role_operations=1), OPERATIONS_REQUIRED),
        "true for operations": (body(bulk_role_operations=True), OPERATIONS_REQUIRED),
        "null for operations": (body(bulk_role_operations=None), OPERATIONS_REQUIRED),
        "an object for operations": (body(bulk_role_operations=GOOD), OPERATIONS_REQUIRED),
        "a string for operations": (body(bulk_role_operations="[{}]"), OPERATIONS_REQUIRED),
    },
)
def test_the_shape_of_a_request(sent: Any, expected: str | None) -> None:
    assert request_shape_error(sent) == (Refusal(expected) if expected else None)


@cases(
    "operation, expected",
    {
        "a string is no operation": ("assign", FIELDS_REQUIRED),
        "null is no operation": (None, FIELDS_REQUIRED),
        "a number is no operation": (5, FIELDS_REQUIRED),
        "a list is no operation": ([GOOD], FIELDS_REQUIRED),
        "an empty object lacks everything": ({}, FIELDS_REQUIRED),
        "a missing course": (GOOD | {"course_id": None}, FIELDS_REQUIRED),
        "an empty course": (GOOD | {"course_id": ""}, FIELDS_REQUIRED),
        "an empty list as course": (GOOD | {"course_id": []}, FIELDS_REQUIRED),
        "an empty object as role": (GOOD | {"role": {}}, FIELDS_REQUIRED),
        "false as action": (GOOD | {"action": False}, FIELDS_REQUIRED),
        "an empty role": (GOOD | {"role": ""}, FIELDS_REQUIRED),
        "an action that is zero": (GOOD | {"action": 0}, FIELDS_REQUIRED),
        "a missing field comes before an invalid one": (GOOD | {"role": "boss", "action": None}, FIELDS_REQUIRED),
        "an unknown role": (GOOD | {"role": "beta_testers"}, INVALID_ROLE),
        "a role in capitals": (GOOD | {"role": "STAFF"}, INVALID_ROLE),
        "a role with a blank": (GOOD | {"role": "staff "}, INVALID_ROLE),
        "a list as role": (GOOD | {"role": ["staff"]}, INVALID_ROLE),
        "an object as role": (GOOD | {"role": {"staff": 1}}, INVALID_ROLE),
        "a number as role": (GOOD | {"role": 5}, INVALID_ROLE),
        "true as role": (GOOD | {"role": True}, INVALID_ROLE),
        "a blank before the role": (GOOD | {"role": " staff"}, INVALID_ROLE),
        "an invalid role comes before an invalid action": (GOOD | {"role": "x", "action": "y"}, INVALID_ROLE),
        "an unknown action": (GOOD | {"action": "remove"}, INVALID_ACTION),
        "an action in capitals": (GOOD | {"action": "ASSIGN"}, INVALID_ACTION),
        "an action with a blank": (GOOD | {"action": "assign "}, INVALID_ACTION),
        "a number as action": (GOOD | {"action": 5}, INVALID_ACTION),
        "a list as action": (GOOD | {"action": ["assign"]}, INVALID_ACTION),
        "an object as action": (GOOD | {"action": {"assign": 1}}, INVALID_ACTION),
        "an invalid action comes before an invalid course": (GOOD | {"action": "y", "course_id": "z"}, INVALID_ACTION),
        "a course id that is none": (GOOD | {"course_id": "abc"}, INVALID_COURSE),
        "a course id with a blank": (GOOD | {"course_id": f"{COURSE_ID} "}, INVALID_COURSE),
        "a course id with a blank before it": (GOOD | {"course_id": f" {COURSE_ID}"}, INVALID_COURSE),
        "a course id with a line end": (GOOD | {"course_id": f"{COURSE_ID}\n"}, INVALID_COURSE),
        "a course id with a NUL": (GOOD | {"course_id": f"{COURSE_ID}\0"}, INVALID_COURSE),
        "a course id without a run": (GOOD | {"course_id": "course-v1:DemoX+DX101"}, INVALID_COURSE),
        "a course id with an empty run": (GOOD | {"course_id": "course-v1:DemoX+DX101+"}, INVALID_COURSE),
        "a course id without its kind": (GOOD | {"course_id": "DemoX+DX101+2026_T1"}, INVALID_COURSE),
        "a course id that is percent-encoded": (GOOD | {"course_id": COURSE_ID.replace("+", "%2B")}, INVALID_COURSE),
        "a block": (GOOD | {"course_id": "block-v1:DemoX+DX101+2026_T1+type@course+block@course"}, INVALID_COURSE),
        "a course id with spaces for plus signs": (GOOD | {"course_id": COURSE_ID.replace("+", " ")}, INVALID_COURSE),
        "a course id in capitals": (GOOD | {"course_id": COURSE_ID.upper()}, INVALID_COURSE),
        "a number as course id": (GOOD | {"course_id": 5}, INVALID_COURSE),
        "a list as course id": (GOOD | {"course_id": [COURSE_ID]}, INVALID_COURSE),
        "a library": (GOOD | {"course_id": "library-v1:DemoX+L"}, INVALID_COURSE),
    },
)
def test_what_is_wrong_with_an_operation(operation: Any, expected: str) -> None:
    assert check_operation(operation, EVERYBODY, exists) == Refusal(expected)


@cases(
    "changes, expected",
    {
        "assigning staff": ({}, Operation(KEY, "staff", "assign")),
        "assigning instructor": ({"role": "instructor"}, Operation(KEY, "instructor", "assign")),
        "revoking": ({"action": "revoke"}, Operation(KEY, "staff", "revoke")),
        "unknown fields do not matter": ({"note": "x"}, Operation(KEY, "staff", "assign")),
        "a legacy key": ({"course_id": "a/b/c"}, Operation(CourseKey("a", "b", "c", legacy=True), "staff", "assign")),
        "an organization beyond ASCII": (
            {"course_id": "course-v1:É+b+c"},
            Operation(CourseKey("É", "b", "c"), "staff", "assign"),
        ),
    },
)
def test_operations_that_are_accepted(changes: dict[str, Any], expected: Operation) -> None:
    assert check_operation(GOOD | changes, EVERYBODY, exists) == expected


def test_a_course_that_does_not_exist_is_found_out_before_access_is() -> None:
    assert check_operation(GOOD, Roles(), lambda key: key != KEY) == Refusal(INVALID_COURSE)


@cases(
    "caller, spelled, accepted",
    {
        "an instructor of the course": (course_role("instructor"), COURSE_ID, True),
        "an instructor of its organization, in any letter case": (org_role("instructor", "DEMOX"), COURSE_ID, True),
        "staff of the course": (course_role("staff"), COURSE_ID, False),
        "an instructor of the course under another spelling": (
            course_role("instructor"),
            "slashes:DemoX+DX101+2026_T1",
            False,
        ),
        "an instructor of nothing in particular": (org_role("instructor", ""), COURSE_ID, False),
    },
)
def test_who_may_change_roles(caller: Roles, spelled: str, accepted: bool) -> None:
    checked = check_operation(GOOD | {"course_id": spelled}, caller, exists)

    refusal = Refusal(f"You do not have instructor access to course '{spelled}' or org 'DemoX'.")
    assert checked == (Operation(KEY, "staff", "assign") if accepted else refusal)


@cases(
    "operation, expected",
    {
        "a good operation names its course": (GOOD, KEY),
        "an operation that is refused for its role names none": (GOOD | {"role": "x"}, None),
        "an operation that is refused for its action names none": (GOOD | {"action": "x"}, None),
        "a course id that is none": (GOOD | {"course_id": "x"}, None),
        "a course id that is no text": (GOOD | {"course_id": 5}, None),
        "what is no operation": (None, None),
    },
)
def test_the_course_that_an_operation_names(operation: Any, expected: CourseKey | None) -> None:
    assert named_course(operation) == expected


values = json_values(any_text) | st.sampled_from([COURSE_ID, "staff", "assign"])


@given(values | st.fixed_dictionaries({"course_id": values, "role": values, "action": values}))
def test_every_operation_is_accepted_or_refused_with_a_reason(operation: Any) -> None:
    checked = check_operation(operation, EVERYBODY, exists)

    assert checked.error if isinstance(checked, Refusal) else checked.course == named_course(operation)


@given(values | st.fixed_dictionaries({"email": values, "bulk_role_operations": values}))
def test_every_body_is_taken_or_refused_with_a_reason(sent: Any) -> None:
    refusal = request_shape_error(sent)

    assert refusal.error if refusal else isinstance(sent["email"], str) and sent["bulk_role_operations"]


@cases(
    "roles, expected",
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
def test_which_courses_the_holder_of_roles_sees(roles: Roles, expected: CourseScope) -> None:
    assert scope_of(roles) == expected
