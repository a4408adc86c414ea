"""Access patterns of course teams: who holds which role, and the conditional writes that change it."""

from collections.abc import Iterable
from datetime import datetime

from lms.domain.course_team import CourseScope
from lms.domain.courses import CourseOverview, CourseSummary
from lms.domain.errors import ConditionFailedError, CourseNotFoundError
from lms.domain.roles import REPLACED_BY, TEAM_ROLES
from lms.domain.users import Account, User
from lms.table import keys
from lms.table.client import call, persist, table_name
from lms.table.courses import course_reads, listing_reads
from lms.table.items import ENROLLMENT, ROLE
from lms.table.requests import read_together, update_fields
from lms.table.users import account_reads, get_user, to_roles


def read_account_and_list(username: str, scope: CourseScope) -> tuple[Account, list[CourseSummary]]:
    """A user's account, and the courses in scope, each once, in the order of their ids; one round trip."""
    singles = course_reads(scope.ids)
    user, roles, *found = read_together(*account_reads(username), *singles, *listing_reads(scope))
    listed: dict[str, CourseSummary] = {}
    for courses in found[: len(singles)]:
        listed |= courses
    for summaries in found[len(singles) :]:
        listed |= {summary.id: summary for summary in summaries}
    return Account(user, to_roles(roles, user)), [listed[course_id] for course_id in sorted(listed)]


def read_user_and_courses(username: str, course_ids: Iterable[str]) -> tuple[User | None, dict[str, CourseOverview]]:
    """A user as last written, and the courses that exist among these; one round trip."""
    user, *courses = read_together(lambda: get_user(username, consistent=True), *course_reads(course_ids))
    return user, {course_id: course for found in courses for course_id, course in found.items()}


def assign_role(
    username: str, course: CourseOverview, role: str, mode: str, now: datetime, token: str, deadline: float
) -> None:
    """Give the user the team role, instead of another one, and enroll the user in `mode`: both or neither.

    An enrollment that exists is made active and keeps its mode (deviations 8). `token` makes a repetition of the same
    call harmless for ten minutes. Raises CourseNotFoundError, or UnavailableError after `deadline`, in seconds of
    `time.monotonic()`.
    """
    held = update_fields(
        ROLE,
        keys.course_role(username, course.id),
        {"course_id": course.id, f"role:{role}": course.key.org, "changed": now},
        remove=[f"role:{REPLACED_BY[role]}"],
    )
    enrolled = update_fields(
        ENROLLMENT,
        keys.enrollment(username, course.id),
        {"course_id": course.id, "active": True, "changed": now, "mode": mode, "created": now},
        keep=("mode", "created"),
    )
    exists = {
        "TableName": table_name(),
        "Key": keys.course(course.id),
        "ConditionExpression": "attribute_exists(PK)",
    }
    actions = [{"ConditionCheck": exists}, {"Update": held}, {"Update": enrolled}]
    try:
        persist(lambda: call("transact_write_items", TransactItems=actions, ClientRequestToken=token), deadline)
    except ConditionFailedError:
        raise CourseNotFoundError(course.key) from None


def revoke_role(username: str, course_id: str, now: datetime, deadline: float) -> None:
    """Take every team role on the course from the user; one who holds none is left as is. Raises UnavailableError."""
    arguments = update_fields(
        ROLE,
        keys.course_role(username, course_id),
        {"changed": now},
        remove=[f"role:{role}" for role in TEAM_ROLES],
    )
    arguments["ConditionExpression"] = "attribute_exists(PK)"
    try:
        persist(lambda: call("update_item", **arguments), deadline)
    except ConditionFailedError:
        return
