"""The answer of users/{username}/course_status_info/{course_id}. (mobile-users.md 5)"""

from __future__ import annotations

from typing import Annotated

from lms.domain.progress import CourseStatus
from lms.web.shapes.schema import BLOCK, CHAPTER, SEQUENTIAL, TOP, Schema, TypedDict, UsageId


class CourseStatusJson(TypedDict):
    """Where the learner was. The path is bottom-up."""

    last_visited_module_id: Annotated[
        UsageId,
        Schema(
            "The first of the path: the sequential, or what stands above it where there is none.",
            examples=[SEQUENTIAL],
        ),
    ]
    last_visited_module_path: Annotated[
        list[UsageId],
        Schema(
            "Sequential, chapter and course; shorter where those are missing.",
            minItems=1,
            maxItems=3,
            examples=[[SEQUENTIAL, CHAPTER, TOP]],
        ),
    ]


class CourseStatusV1Json(CourseStatusJson):
    """Where the learner was, and the block completed last. The path is bottom-up."""

    last_visited_block_id: Annotated[
        str, Schema("The block completed last; empty where there is none.", examples=[BLOCK.format("html", "loam")])
    ]


def course_status_json(status: CourseStatus) -> CourseStatusJson:
    """Where the learner was."""
    return {"last_visited_module_id": status.path[0], "last_visited_module_path": [*status.path]}


def course_status_v1_json(status: CourseStatus) -> CourseStatusV1Json:
    """Where the learner was, and the block completed last, as v1 alone shows it."""
    return {**course_status_json(status), "last_visited_block_id": status.last_completed_block or ""}
