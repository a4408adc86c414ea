"""What course, organization and forum roles let a user do. (mobile-users.md 7.3, course-team.md 3.4 to 4.3)"""

from lms.domain.keys import CourseKey
from lms.domain.roles import Roles
from tests.unit.builders import COURSE_ID, KEY, PLAIN, cases, course_role, org_role

OTHER = "course-v1:DemoX+DX200+2025_T3"
NOWHERE = org_role("instructor", org="")


@cases(
    "roles, expected",
    {
        "a learner has none": (PLAIN, False),
        "global staff has it": (Roles(global_staff=True), True),
        "inactive global staff has it still": (Roles(global_staff=True, active=False), True),
        "a superuser who is not staff has none": (Roles(superuser=True), False),
        "staff of the course has it": (course_role("staff"), True),
        "limited staff of the course has it": (course_role("limited_staff"), True),
        "an instructor of the course has it": (course_role("instructor"), True),
        "a beta tester has none": (course_role("beta_testers"), False),
        "a data researcher has none": (course_role("data_researcher"), False),
        "staff whose account is not active has none": (course_role("staff", active=False), False),
        "a row with the organization in other letter case gives nothing": (course_role("staff", org="demox"), False),
        "a row with an empty organization gives nothing": (course_role("staff", org=""), False),
        "staff of another course has none": (course_role("staff", course_id=OTHER), False),
        "staff of the organization has it": (org_role("staff"), True),
        "limited staff of the organization has it": (org_role("limited_staff"), True),
        "an instructor of the organization has it": (org_role("instructor"), True),
        "a beta tester of the organization has none": (org_role("beta_testers"), False),
        "staff of the organization in other letter case has none": (org_role("staff", org="demox"), False),
        "staff of the organization whose account is not active has none": (org_role("staff", active=False), False),
        "a second role with the right organization is enough": (
            Roles(on_courses={COURSE_ID: {"staff": "Other", "instructor": "DemoX"}}),
            True,
        ),
    },
)
def test_staff_access_to_a_course(roles: Roles, expected: bool) -> None:
    assert roles.has_staff_access(KEY) is expected


@cases(
    "roles, expected",
    {
        "a learner is none": (PLAIN, False),
        "the role on the course makes one": (course_role("beta_testers"), True),
        "whatever organization the row names": (course_role("beta_testers", org="other"), True),
        "an inactive account is none": (course_role("beta_testers", active=False), False),
        "staff is none by that": (course_role("staff"), False),
        "another course's tester is none": (course_role("beta_testers", course_id=OTHER), False),
        "the role on the organization makes none": (org_role("beta_testers"), False),
    },
)
def test_beta_testers_of_a_course(roles: Roles, expected: bool) -> None:
    assert roles.is_beta_tester(KEY) is expected


@cases(
    "names, expected",
    {
        "an administrator": ({"Administrator"}, True),
        "a moderator": ({"Moderator"}, True),
        "a group moderator": ({"Group Moderator"}, True),
        "a community TA": ({"Community TA"}, True),
        "one role of several is enough": ({"Student", "Moderator"}, True),
        "a student is no moderator": ({"Student"}, False),
        "the letter case counts": ({"moderator"}, False),
        "no role at all": (set(), False),
    },
)
def test_forum_roles_that_keep_audit_access(names: set[str], expected: bool) -> None:
    assert Roles(in_forums={COURSE_ID: frozenset(names)}).moderates_forum(KEY) is expected
    assert Roles(in_forums={OTHER: frozenset(names)}).moderates_forum(KEY) is False


@cases(
    "roles, expected",
    {
        "none without a row": (PLAIN, None),
        "staff": (course_role("staff"), "staff"),
        "instructor": (course_role("instructor"), "instructor"),
        "instructor wins over a staff row": (
            Roles(on_courses={COURSE_ID: {"staff": "DemoX", "instructor": "DemoX"}}),
            "instructor",
        ),
        "the row's organization does not matter": (course_role("staff", org="other"), "staff"),
        "limited staff is invisible": (course_role("limited_staff"), None),
        "a beta tester is invisible": (course_role("beta_testers"), None),
        "a role on the organization is invisible": (org_role("instructor"), None),
        "a role on another course is invisible": (course_role("staff", course_id=OTHER), None),
    },
)
def test_the_team_role_that_the_support_page_shows(roles: Roles, expected: str | None) -> None:
    assert roles.team_role(COURSE_ID) == expected


@cases(
    "roles, courses, orgs",
    {
        "a learner instructs nothing": (PLAIN, set(), set()),
        "staff instructs nothing": (course_role("staff"), set(), set()),
        "a beta tester instructs nothing": (course_role("beta_testers"), set(), set()),
        "limited staff of an organization instructs nothing": (org_role("limited_staff"), set(), set()),
        "an instructor of a course instructs that course only": (course_role("instructor"), {COURSE_ID}, set()),
        "an organization's instructor instructs it in lower case": (org_role("instructor"), set(), {"demox"}),
        "staff of an organization instructs nothing": (org_role("staff"), set(), set()),
        "a row with neither course nor organization gives nothing": (NOWHERE, set(), set()),
    },
)
def test_what_an_instructor_may_list(roles: Roles, courses: set[str], orgs: set[str]) -> None:
    assert roles.instructed_courses == courses
    assert roles.instructed_orgs == orgs


@cases(
    "roles, expected",
    {
        "a learner": (PLAIN, False),
        "global staff": (Roles(global_staff=True), True),
        "a superuser": (Roles(superuser=True), True),
        "an instructor": (course_role("instructor"), False),
    },
)
def test_who_sees_every_course(roles: Roles, expected: bool) -> None:
    assert roles.sees_every_course is expected


@cases(
    "roles, expected",
    {
        "a learner may not": (PLAIN, False),
        "staff of a course may not": (course_role("staff"), False),
        "staff of an organization may not": (org_role("staff"), False),
        "an instructor of a course may": (course_role("instructor"), True),
        "an instructor of an organization may": (org_role("instructor"), True),
        "a row with neither course nor organization passes this gate": (NOWHERE, True),
        "global staff may": (Roles(global_staff=True), True),
        "a superuser may": (Roles(superuser=True), True),
    },
)
def test_who_may_send_role_changes(roles: Roles, expected: bool) -> None:
    assert roles.may_change_roles is expected


@cases(
    "roles, spelled, expected",
    {
        "global staff may on every course": (Roles(global_staff=True), COURSE_ID, True),
        "a superuser may on every course": (Roles(superuser=True), COURSE_ID, True),
        "an instructor of the course may": (course_role("instructor"), COURSE_ID, True),
        "the row's organization does not matter": (course_role("instructor", org="other"), COURSE_ID, True),
        "only the very spelling of the row counts": (course_role("instructor"), "slashes:DemoX+DX101+2026_T1", False),
        "an instructor of another course may not": (course_role("instructor", course_id=OTHER), COURSE_ID, False),
        "staff of the course may not": (course_role("staff"), COURSE_ID, False),
        "an instructor of the organization may": (org_role("instructor"), COURSE_ID, True),
        "an organization's letter case does not matter": (org_role("instructor", org="dEMOx"), COURSE_ID, True),
        "an instructor of another organization may not": (org_role("instructor", org="Other"), COURSE_ID, False),
        "a row with neither course nor organization gives nothing": (NOWHERE, COURSE_ID, False),
        "a learner may not": (PLAIN, COURSE_ID, False),
    },
)
def test_who_may_change_roles_on_a_course(roles: Roles, spelled: str, expected: bool) -> None:
    assert roles.may_change_roles_on(spelled, KEY) is expected


def test_an_empty_organization_of_a_row_is_no_course_organization() -> None:
    assert NOWHERE.may_change_roles_on("a/b/c", CourseKey("a", "b", "c", legacy=True)) is False
