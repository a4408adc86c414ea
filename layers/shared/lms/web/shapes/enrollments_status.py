"""An element of users/{username}/enrollments_status. (mobile-users.md 6)"""

from __future__ import annotations

from typing import Annotated

from lms.domain.enrollments import RECENT, EnrollmentStatus
from lms.web.shapes.schema import CourseId, Schema, TypedDict


class EnrollmentStatusJson(TypedDict):
    """Whether the learner is active in a course."""

    course_id: CourseId
    course_name: Annotated[str, Schema(examples=["Gardening for Beginners"])]
    recently_active: Annotated[
        bool, Schema(f"Whether the learner enrolled, or first completed a block, in the last {RECENT.days} days.")
    ]


def enrollment_status_json(status: EnrollmentStatus) -> EnrollmentStatusJson:
    """The course, and whether the learner is active in it."""
    course = status.enrolled.course
    return {
        "course_id": course.id,
        "course_name": course.display_name_with_default,
        "recently_active": status.recently_active,
    }
