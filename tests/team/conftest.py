"""A site with three courses of one organization and the people of course-team.md 5, and the support API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from lms.domain.enrollments import Enrollment
from lms.table import client
from lms.table.learners import read_learner_and_site
from tests.api import Answer, Api
from tests.functions import FunctionOfTemplate
from tests.world import World

PATH = "/api/support/v1/manage_course_team/"
COURSE_0 = "course-v1:TestOrg+C0+R"
COURSE_1 = "course-v1:TestOrg+C1+R"
COURSE_2 = "course-v1:TestOrg+C2+R"

Operation = dict[str, Any]


def operation(course_id: Any = COURSE_0, role: Any = "staff", action: Any = "assign", **extra: Any) -> Operation:
    """One operation of a PUT."""
    return {"course_id": course_id, "role": role, "action": action, **extra}


def succeeded(one: Operation) -> dict[str, Any]:
    """The result of an operation that was carried out."""
    return {**one, "status": "success"}


def failed(one: Operation, error: str) -> dict[str, Any]:
    """The result of an operation that was not carried out."""
    return {**one, "status": "failed", "error": error}


def refusal(email: Any, error: str) -> dict[str, Any]:
    """The body of a PUT that is refused as a whole. (course-team.md 4.2)"""
    return {"email": email, "results": [{"status": "failed", "error": error}]}


@dataclass(frozen=True)
class Team:
    """The support API, and what is stored behind it."""

    api: Api

    def get(self, caller: str | None = "sam", **query: str) -> Answer:
        """A GET with these query parameters."""
        return self.api.get(f"{PATH}?{urlencode(query)}", caller)

    def rows(self, caller: str = "sam", **query: str) -> dict[str, dict[str, Any]]:
        """The elements of a successful GET, by course id."""
        answer = self.get(caller, **query)
        assert answer.status == 200, answer.body
        return {row["course_id"]: row for row in answer.json}

    def listed(self, caller: str, username: str = "nora") -> list[str]:
        """The ids of the courses that the caller sees."""
        return sorted(self.rows(caller, username=username))

    def send(self, body: Any, caller: str | None = "sam") -> Answer:
        """A PUT with any JSON body."""
        return self.api.send_json("PUT", PATH, body, caller)

    def put(self, *operations: Any, caller: str | None = "sam", email: Any = "nora@example.org") -> Answer:
        """A PUT with an e-mail and operations."""
        return self.send({"email": email, "bulk_role_operations": list(operations)}, caller)

    def results(self, *operations: Any, caller: str = "sam", email: str = "nora@example.org") -> list[dict[str, Any]]:
        """The results of a PUT that was answered with 200."""
        answer = self.put(*operations, caller=caller, email=email)
        assert answer.status == 200, answer.body
        results: list[dict[str, Any]] = answer.json["results"]
        return results

    def stored_roles(self, username: str = "nora", course_id: str = COURSE_0) -> set[str]:
        """All roles that the user holds on the course, as stored."""
        learner, _ = read_learner_and_site(username)
        return set(learner.roles.on_courses.get(course_id, {}))

    def stored_enrollment(self, username: str = "nora", course_id: str = COURSE_0) -> Enrollment | None:
        """The user's enrollment in the course, as stored."""
        learner, _ = read_learner_and_site(username)
        return next((one for one in learner.enrollments if one.course_id == course_id), None)


@pytest.fixture
def team(api: Api) -> Team:
    return Team(api)


@pytest.fixture
def people(world: World) -> World:
    """Staff sam, superuser sue, plain pat and nora, instructor ina of course 0, sid staff of course 1; not loaded."""
    world.user("sam", 1, is_staff=True)
    world.user("sue", 2, is_superuser=True)
    world.user("pat", 3)
    world.user("nora", 4)
    world.user("ina", 5)
    world.user("sid", 6)
    for course_id in (COURSE_0, COURSE_1, COURSE_2):
        world.course(course_id)
    world.role("ina", "instructor", COURSE_0)
    world.role("sid", "staff", COURSE_1)
    return world


@pytest.fixture
def site(people: World) -> World:
    """The same, loaded; a test may add rows and load again."""
    people.load()
    return people


@dataclass(frozen=True)
class CourseTeamFunction:
    """The course-team function, called without HTTP, with as many seconds to its timeout as a test gives it."""

    def put(self, *operations: Any, seconds: int, caller: str = "sam", request_id: str | None = None) -> Answer:
        """A PUT for nora, by a caller whom the authorizer admitted."""
        body = {"email": "nora@example.org", "bulk_role_operations": list(operations)}
        function = FunctionOfTemplate("CourseTeamFunction", seconds)
        return function.send_json("PUT", PATH, body, caller, request_id=request_id)


@pytest.fixture
def course_team(table: str) -> CourseTeamFunction:
    return CourseTeamFunction()


Tamper = Callable[[str, dict[str, Any], Callable[[], Any]], Any]
"""Stands between the function and DynamoDB at each single attempt: is given the operation, its arguments, and a way to
make the real attempt."""


@pytest.fixture
def tamper(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tamper], None]:
    """Put something between the function and the table: `tamper(lambda name, arguments, real: …)`."""
    original = client._attempt

    def install(what: Tamper) -> None:
        def attempt(name: str, arguments: dict[str, Any]) -> Any:
            return what(name, arguments, lambda: original(name, arguments))

        monkeypatch.setattr(client, "_attempt", attempt)

    return install
