"""Access patterns of course teams: who holds which role, and the conditional writes that change it."""

from collections.abc import Iterable
from datetime import datetime

from lms.domain.course_team import CourseScope
from lms.domain.courses import CourseOverview, CourseSummary
from lms.domain.errors import ConditionFailedError, CourseNotFoundError, UnavailableError
from lms.domain.roles import REPLACED_BY, TEAM_ROLES
from lms.domain.users import Account, User
from lms.table import keys
from lms.table.client import call, table_name
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


def assign_role(username: str, course: CourseOverview, role: str, mode: str, now: datetime, token: str) -> None:
    """Give the user the team role, instead of another one, and enroll the user in `mode`: both or neither.

    An enrollment that exists is made active and keeps its mode (deviations 8). `token` makes a repetition of the same
    call harmless for ten minutes. Raises CourseNotFoundError, UnavailableError.
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
        call("TransactWriteItems", TransactItems=actions, ClientRequestToken=token)
    except ConditionFailedError as error:
        if error.outcome_unknown:
            raise UnavailableError("the course is gone, but was not always", outcome_unknown=True) from None
        raise CourseNotFoundError(course.key) from None


def revoke_role(username: str, course_id: str, now: datetime, token: str) -> None:
    """Take every team role on the course from the user; one who holds none is left as is. Raises UnavailableError.

    A transaction of one write, because only that takes a token: an attempt that was held up on its way, and arrives
    after a later assignment, is known by it and takes nothing.
    """
    arguments = update_fields(
        ROLE,
        keys.course_role(username, course_id),
        {"course_id": course_id, "changed": now},
        remove=[f"role:{role}" for role in TEAM_ROLES],
    )
    if_held = {**arguments, "ConditionExpression": "attribute_exists(PK)"}
    try:
        call("TransactWriteItems", TransactItems=[{"Update": if_held}], ClientRequestToken=token)
    except ConditionFailedError as error:
        if not error.outcome_unknown:
            return
        # A transaction that was cancelled leaves no trace of its token. This one does, so that an attempt which is
        # still on its way takes nothing either.
        call("TransactWriteItems", TransactItems=[{"Update": arguments}], ClientRequestToken=token)
