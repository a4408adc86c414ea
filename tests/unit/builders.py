"""Small values that the unit tests are made of, with the names and dates of the contract's worked example."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lms.domain.courses import CourseMode, CourseOverview, DurationLimit
from lms.domain.enrollments import Enrollment
from lms.domain.keys import CourseKey
from lms.domain.outline import Block, Outline
from lms.domain.partitions import LearnerGroups, UserPartition
from lms.domain.roles import Roles
from lms.domain.users import User
from lms.web.request import Request

KEY = CourseKey("DemoX", "DX101", "2026_T1")
COURSE_ID = "course-v1:DemoX+DX101+2026_T1"
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MONA = User(id=4711, username="mona", email="mona@example.org", name="Mona Demo")
PLAIN = Roles()
"""The roles of an active learner: none."""
LIMITED = DurationLimit(enabled=True, enabled_as_of=datetime(2026, 1, 1, tzinfo=UTC))
AUDIT_AND_VERIFIED = (CourseMode("audit"), CourseMode("verified", 49))
_COURSE = CourseOverview(
    key=KEY,
    name="Demo 101",
    org="DemoX",
    start=datetime(2026, 3, 16, tzinfo=UTC),
    end=datetime(2026, 7, 1, tzinfo=UTC),
    mobile_available=True,
)
_ENROLLMENT = Enrollment(COURSE_ID, created=datetime(2026, 3, 2, 9, 30, 15, 123456, UTC))


def cases(names: str, table: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Parametrize a test by a table: each case under a sentence that says what it shows."""
    return pytest.mark.parametrize(names, list(table.values()), ids=list(table))


def at(text: str) -> datetime:
    """The moment that an ISO 8601 text names; UTC where it names no offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def course(**fields: Any) -> CourseOverview:
    """Course A, in March and April 2026 open to everybody, with some fields of its own."""
    return replace(_COURSE, **fields)


def enrollment(**fields: Any) -> Enrollment:
    """Mona's enrollment in course A: active, audit, of 2 March 2026."""
    return replace(_ENROLLMENT, **fields)


def course_role(role: str, course_id: str = COURSE_ID, org: str = "DemoX", active: bool = True) -> Roles:
    """The roles of somebody with one role on one course."""
    return Roles(on_courses={course_id: {role: org}}, active=active)


def org_role(role: str, org: str = "DemoX", active: bool = True) -> Roles:
    """The roles of somebody with one role on a whole organization."""
    return Roles(on_orgs={org: frozenset({role})}, active=active)


def outline(*blocks: tuple[str, str, int | None] | Block, partitions: Sequence[UserPartition] = ()) -> Outline:
    """An outline of blocks, or of (type, name, index of the parent)."""
    return Outline(KEY, [block if isinstance(block, Block) else Block(*block) for block in blocks], partitions)


def in_groups(groups: Mapping[str, int]) -> LearnerGroups:
    """A learner in these groups of partitions 50 and 51, each of which has the groups 1 to 9."""
    return LearnerGroups(
        {partition: UserPartition(partition, "cohort", tuple(range(1, 10))) for partition in ("50", "51")}, groups
    )


class StoppedTime:
    """Stands in for the `time` module: sleeping takes no time, and is remembered."""

    def __init__(self) -> None:
        self.now = 500.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Context:
    """What Lambda tells a handler of its invocation."""

    aws_request_id = "lambda-request"

    def __init__(self, milliseconds: int = 28_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


def event(
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    variables: Mapping[str, str] | None = None,
    resource: str = "/tested",
    **gateway: Any,
) -> dict[str, Any]:
    """A REST proxy event at NOW; further arguments are fields of its `requestContext`."""
    return {
        "httpMethod": method,
        "resource": resource,
        "headers": dict(headers or {}),
        "multiValueQueryStringParameters": None,
        "pathParameters": dict(variables or {}),
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
        "requestContext": {"requestId": "gateway-request", "requestTimeEpoch": NOW.timestamp() * 1000, **gateway},
    }


def request(*args: Any, **kwargs: Any) -> Request:
    """The request that `event` with the same arguments stands for."""
    return Request(event(*args, **kwargs), Context())
