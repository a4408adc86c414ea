"""What v3 and v4 of users/{username}/course_enrollments add: pages, the primary course. (mobile-users.md 4.3, 4.4)"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, NotRequired, cast

from lms.domain.assignments import Assignment, CourseProgress, due_of, future_assignments, past_assignments
from lms.domain.dashboard import CourseWork, Dashboard
from lms.domain.dates import format_datetime
from lms.domain.enrollments import EnrolledCourse
from lms.domain.paging import MAX_PAGE_SIZE, Page
from lms.domain.timezones import shown_time_zone
from lms.web.enrollments import EnrollmentContext
from lms.web.request import Request
from lms.web.shapes.enrollments import ConfiguredJson, EnrollmentJson, configs_json, enrollment_json
from lms.web.shapes.schema import CHAPTER, COURSE, SEQUENTIAL, SITE, TOP, DateTime, Schema, TypedDict, Url, UsageId
from lms.web.urls import lms_path


class CourseProgressJson(TypedDict):
    """How many of the course's assignments are done."""

    total_assignments_count: Annotated[int, Schema(minimum=0, examples=[2])]
    assignments_completed: Annotated[int, Schema(minimum=0, examples=[1])]


class EnrollmentV4Json(EnrollmentJson):
    """A course that the caller is enrolled in, with progress where that was asked for."""

    course_progress: NotRequired[Annotated[CourseProgressJson, Schema("Only with `requested_fields=course_progress`.")]]


class LastCompletedJson(TypedDict):
    """Where the learner last completed something. The path is top-down, unlike that of `course_status_info`."""

    last_visited_module_id: Annotated[UsageId, Schema("The sequential.", examples=[SEQUENTIAL])]
    last_visited_module_path: Annotated[
        list[UsageId],
        Schema("Course, chapter and sequential.", minItems=3, maxItems=3, examples=[[TOP, CHAPTER, SEQUENTIAL]]),
    ]
    last_visited_block_id: UsageId
    last_visited_unit_display_name: Annotated[str | None, Schema(examples=["The rain barrel"])]


class AssignmentJson(TypedDict):
    """A graded subsection, or a step of an open response assessment."""

    assignment_type: Annotated[str | None, Schema("The grading format.", examples=["Homework"])]
    complete: bool
    date: Annotated[DateTime, Schema("When it is due.")]
    date_type: Literal["assignment-due-date"]
    description: Literal[""]
    learner_has_access: Literal[True]
    link: Annotated[
        str,
        Schema(
            "Absolute URL; empty while the assignment is not released.",
            examples=[f"{SITE}/courses/{COURSE}/jump_to/{SEQUENTIAL}"],
        ),
    ]
    link_text: Literal[""]
    title: Annotated[str, Schema(examples=["How much water?"])]
    extra_info: Annotated[
        str | None, Schema("Said of an open response assessment whose dates are set by hand.", examples=[None])
    ]
    first_component_block_id: Annotated[UsageId, Schema("The first block to be seen in it.")]


class CourseAssignmentsJson(TypedDict):
    future_assignments: Annotated[list[AssignmentJson], Schema("Those not complete that are due next, on one day.")]
    past_assignments: Annotated[list[AssignmentJson], Schema("All whose due date has passed, by that date.")]


class PrimaryEnrollmentJson(EnrollmentJson):
    """The course that the learner is likely to go on with."""

    course_status: LastCompletedJson | None
    course_progress: CourseProgressJson
    course_assignments: CourseAssignmentsJson


class PageJson(TypedDict):
    """A page of enrollments, newest first."""

    next: Annotated[Url | None, Schema("The next page.", examples=[None])]
    previous: Annotated[Url | None, Schema("The previous page.", examples=[None])]
    count: Annotated[int, Schema("Enrollments on all pages.", minimum=0, examples=[1])]
    num_pages: Annotated[int, Schema(minimum=1, examples=[1])]
    current_page: Annotated[int, Schema(minimum=1, examples=[1])]
    start: Annotated[int, Schema("How many enrollments stand on the pages before.", minimum=0, examples=[0])]


class PageV3Json(PageJson):
    """A page of enrollments, newest first."""

    results: Annotated[list[EnrollmentJson], Schema(maxItems=MAX_PAGE_SIZE["v3"])]


class PageV4Json(PageJson):
    """A page of enrollments, newest first; the primary one is not among them."""

    results: Annotated[list[EnrollmentV4Json], Schema(maxItems=MAX_PAGE_SIZE["v4"])]


class EnrollmentsV3Json(ConfiguredJson):
    """A page of the enrollments."""

    enrollments: PageV3Json


class EnrollmentsV4Json(ConfiguredJson):
    """What the apps show first: the primary course, and a page of the others."""

    enrollments: PageV4Json
    primary: NotRequired[
        Annotated[
            PrimaryEnrollmentJson,
            Schema("Missing where there is no enrollment, and where `status` asks for some enrollments only."),
        ]
    ]


def dashboard_v3_json(request: Request, dashboard: Dashboard, context: EnrollmentContext) -> EnrollmentsV3Json:
    """A page of the courses."""
    results = [enrollment_json(enrolled, context) for enrolled in dashboard.page.items]
    return {
        "configs": configs_json(context.site),
        "user_timezone": shown_time_zone(context.user.time_zone),
        "enrollments": {**_page_json(request, dashboard.page), "results": results},
    }


def dashboard_v4_json(request: Request, dashboard: Dashboard, context: EnrollmentContext) -> EnrollmentsV4Json:
    """A page of the courses, and the primary one where there is one."""
    results = [
        _enrollment_v4_json(enrolled, dashboard.work.get(enrolled.course.id), context)
        for enrolled in dashboard.page.items
    ]
    answer: EnrollmentsV4Json = {
        "configs": configs_json(context.site),
        "user_timezone": shown_time_zone(context.user.time_zone),
        "enrollments": {**_page_json(request, dashboard.page), "results": results},
    }
    if dashboard.primary is not None:
        answer["primary"] = _primary_json(dashboard.primary, context)
    return answer


def _page_json(request: Request, page: Page[EnrolledCourse]) -> PageJson:
    # A link to the first page bears no number, as DRF writes it.
    previous = None if page.number == 2 else str(page.number - 1)
    return {
        "next": request.url_with("page", str(page.number + 1)) if page.number < page.pages else None,
        "previous": request.url_with("page", previous) if page.number > 1 else None,
        "count": page.count,
        "num_pages": page.pages,
        "current_page": page.number,
        "start": page.start,
    }


def _enrollment_v4_json(
    enrolled: EnrolledCourse, work: CourseWork | None, context: EnrollmentContext
) -> EnrollmentV4Json:
    item = cast(EnrollmentV4Json, enrollment_json(enrolled, context))
    if work is not None:
        item["course_progress"] = _progress_json(work.progress)
    return item


def _primary_json(work: CourseWork, context: EnrollmentContext) -> PrimaryEnrollmentJson:
    return {
        **enrollment_json(work.enrolled, context),
        "course_status": _last_completed_json(work),
        "course_progress": _progress_json(work.progress),
        "course_assignments": {
            "future_assignments": _assignments_json(work, future_assignments(work.assignments, context.now), context),
            "past_assignments": _assignments_json(work, past_assignments(work.assignments, context.now), context),
        },
    }


def _progress_json(progress: CourseProgress) -> CourseProgressJson:
    return {"total_assignments_count": progress.total, "assignments_completed": progress.completed}


def _last_completed_json(work: CourseWork) -> LastCompletedJson | None:
    """Where the learner last completed something, top-down; None where that is nowhere in the course."""
    if work.last_completed is None:
        return None
    path = [work.outline.usage_key(index) for index in work.last_completed]
    return {
        "last_visited_module_id": path[2],
        "last_visited_module_path": path[:3],
        "last_visited_block_id": path[-1],
        "last_visited_unit_display_name": work.outline.blocks[work.last_completed[3]].display_name,
    }


def _assignments_json(
    work: CourseWork, assignments: Iterable[Assignment], context: EnrollmentContext
) -> list[AssignmentJson]:
    outline = work.outline
    return [
        {
            "assignment_type": assignment.type,
            "complete": assignment.complete,
            "date": format_datetime(due_of(assignment)),
            "date_type": "assignment-due-date",
            "description": "",
            "learner_has_access": True,
            "link": _jump_to_url(work, assignment.block, context) if assignment.released else "",
            "link_text": "",
            "title": assignment.title,
            "extra_info": assignment.extra_info,
            "first_component_block_id": outline.usage_key(assignment.first_component),
        }
        for assignment in assignments
    ]


def _jump_to_url(work: CourseWork, block: int, context: EnrollmentContext) -> str:
    """The LMS's page of a block."""
    return context.base_url + lms_path(f"/courses/{work.enrolled.course.id}/jump_to/{work.outline.usage_key(block)}")
