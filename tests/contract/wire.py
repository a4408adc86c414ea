"""What the contract tests spell more than once: paths, bodies, and situations that take rows of several models."""

import json
from typing import Any

from tests.api import Answer
from tests.world import COURSE_A, World

VERSIONS = ["v0.5", "v1", "v2", "v3", "v4"]
LIST_VERSIONS = ["v0.5", "v1", "v2"]
"""The versions of the enrollments list without pages."""

NOT_PROVIDED = {"detail": "Authentication credentials were not provided."}
DENIED = {"detail": "You do not have permission to perform this action."}
NOT_FOUND = {"detail": "Not found."}
NO_USER = {"detail": "No User matches the given query."}


def access_denied(code: str, developer: str, user: str, context: str | None = None) -> dict[str, Any]:
    """The access JSON of a course that does not load. (mobile-users.md 7.2)"""
    return {
        "has_access": False,
        "error_code": code,
        "developer_message": developer,
        "user_message": user,
        "additional_context_user_message": context,
        "user_fragment": None,
    }


GRANTED = {
    "has_access": True,
    "error_code": None,
    "developer_message": None,
    "user_message": None,
    "additional_context_user_message": None,
    "user_fragment": None,
}
NOT_VISIBLE = access_denied(
    "not_visible_to_user", "Course is not visible to this user", "You do not have access to this course"
)
STARTS_IN_SEPTEMBER = access_denied(
    "course_not_started",
    "Course does not start until 2026-09-01 00:00:00+00:00",
    "Course does not start until September 01, 2026",
)
MILESTONES_UNFULFILLED = access_denied(
    "unfulfilled_milestones", "User has unfulfilled milestones", "You have unfulfilled milestones"
)
AUDIT_EXPIRED = access_denied(
    "audit_expired",
    "User mona had access to course-v1:DemoX+DX101+2026_T1 until 2026-03-30 09:30:15.123456+00:00",
    "Access expired on Mar 30, 2026",
    "Access to Demo 101 expired on Mar 30, 2026",
)
"""For `expire_audit_access`."""
NOT_ON_MOBILE = access_denied(
    "mobile_unavailable",
    "Course is not available on mobile for this user",
    "You do not have access to this course on a mobile device",
)


def enrollments_path(version: str = "v1", username: str = "mona") -> str:
    return f"/api/mobile/{version}/users/{username}/course_enrollments/"


def status_path(course_id: str = COURSE_A, version: str = "v1", username: str = "mona") -> str:
    return f"/api/mobile/{version}/users/{username}/course_status_info/{course_id}"


def enrollments_in(answer: Answer) -> list[dict[str, Any]]:
    """The enrollments of a list in any of LIST_VERSIONS."""
    assert answer.status == 200
    listed = answer.json if isinstance(answer.json, list) else answer.json["enrollments"]
    assert isinstance(listed, list)
    return listed


def courses_in(answer: Answer) -> list[str]:
    """The ids of the courses of a list, in its order."""
    return [item["course"]["id"] for item in enrollments_in(answer)]


def assert_body(answer: Answer, expected: Any) -> None:
    """The body says this, in this order of keys, as compact JSON."""
    assert answer.json == expected
    assert answer.body.decode() == json.dumps(expected, separators=(",", ":"), ensure_ascii=False)


def require_milestone(
    world: World,
    milestone: int,
    course_id: str = COURSE_A,
    by_course: str | None = None,
    by_content: str | None = None,
    **requirement: Any,
) -> None:
    """A milestone that the course requires, and what fulfils it; `requirement` changes the requirement's own row."""
    requires, fulfills = 1, 2
    world.row("milestones.milestonerelationshiptype", requires, name="requires", active=True)
    world.row("milestones.milestonerelationshiptype", fulfills, name="fulfills", active=True)
    world.row("milestones.milestone", milestone, namespace=course_id, name=f"milestone {milestone}", active=True)

    def relate(model: str, **fields: Any) -> None:
        said = {"milestone": milestone, "milestone_relationship_type": fulfills, "active": True}
        world.row(model, **said | fields)

    relate(
        "milestones.coursemilestone", **{"course_id": course_id, "milestone_relationship_type": requires} | requirement
    )
    if by_course is not None:
        relate("milestones.coursemilestone", course_id=by_course)
    if by_content is not None:
        relate("milestones.coursecontentmilestone", course_id=course_id, content_id=by_content)


def limit_audit_access(world: World, **scope: Any) -> None:
    """A row of the stacked duration limits: for every course, unless `scope` names one of the narrower keys."""
    said: dict[str, Any] = {"enabled": True, "enabled_as_of": "2018-01-01T00:00:00Z"}
    keys: dict[str, Any] = {"site": None, "org": None, "org_course": None, "course": None}
    world.row("course_duration_limits.coursedurationlimitconfig", **said | keys | scope)


def offer_audit_and_verified(world: World, course_id: str = COURSE_A) -> None:
    world.mode("audit", course_id)
    world.mode("verified", course_id, min_price=49)


def expire_audit_access(world: World, course_fields: dict[str, Any], **enrollment: Any) -> None:
    """Course A and mona's audit enrollment in it, whose access ended on 30 March 2026."""
    world.course(**{"display_name": "Demo 101", "start": "2026-01-01T00:00:00Z"} | course_fields)
    offer_audit_and_verified(world)
    limit_audit_access(world)
    world.enroll(**{"created": "2026-03-02T09:30:15.123456Z"} | enrollment)


def show_every_course_on_mobile(world: World, enabled: bool = True) -> None:
    """A row of the flag under which courses count as available on mobile."""
    world.row("mobile_api.ignoremobileavailableflagconfig", enabled=enabled, change_date="2026-01-01T00:00:00Z")
