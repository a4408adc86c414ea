"""The home screen of the apps: its query, page objects, the primary course, progress and assignments.

(mobile-users.md 4.2, 4.3)
"""

from collections.abc import Iterable
from typing import Any

from lms.domain.assignments import Assignment, CourseProgress, future_assignments, past_assignments
from lms.domain.dashboard import STATUSES, CourseWork, Dashboard, DashboardQuery
from lms.domain.dates import format_datetime
from lms.domain.enrollments import EnrolledCourse
from lms.domain.paging import Page, page_size
from lms.web.enrollments import EnrollmentContext, enrollment_json
from lms.web.request import Request

PAGE_SIZES = {"v3": (10, 100), "v4": (5, 50)}
"""Default and largest size of a page, by the versions that have pages."""


def read_dashboard_query(request: Request) -> DashboardQuery:
    """What the request asks for; `status`, progress and the primary course only in v4. (mobile-users.md 4.2)"""
    default, largest = PAGE_SIZES[request.version]
    query, has_primary = request.query, request.version == "v4"
    status = query.get("status")
    return DashboardQuery(
        page=query.get("page"),
        page_size=page_size(query.get("page_size"), default, largest),
        org=query.get("org"),
        status=status if has_primary and status in STATUSES else None,
        with_primary=has_primary,
        with_progress=has_primary and "course_progress" in query.get("requested_fields", "").split(","),
    )


def dashboard_json(request: Request, dashboard: Dashboard, context: EnrollmentContext) -> dict[str, Any]:
    """`enrollments`, and in v4 `primary` where there is one."""
    results = []
    for enrolled in dashboard.page.items:
        item = enrollment_json(enrolled, context)
        if work := dashboard.work.get(enrolled.course.id):
            item["course_progress"] = _progress_json(work.progress)
        results.append(item)
    answer: dict[str, Any] = {"enrollments": _page_json(request, dashboard.page, results)}
    if dashboard.primary is not None:
        primary = _primary_json(dashboard.primary, context)
        answer["primary"] = enrollment_json(dashboard.primary.enrolled, context) | primary
    return answer


def _page_json(request: Request, page: Page[EnrolledCourse], results: list[dict[str, Any]]) -> dict[str, Any]:
    # A link to the first page bears no number, as DRF writes it.
    previous = None if page.number == 2 else str(page.number - 1)
    return {
        "next": request.url_with("page", str(page.number + 1)) if page.number < page.pages else None,
        "previous": request.url_with("page", previous) if page.number > 1 else None,
        "count": page.count,
        "num_pages": page.pages,
        "current_page": page.number,
        "start": page.start,
        "results": results,
    }


def _primary_json(work: CourseWork, context: EnrollmentContext) -> dict[str, Any]:
    return {
        "course_status": _status_json(work),
        "course_progress": _progress_json(work.progress),
        "course_assignments": {
            "future_assignments": _assignments_json(work, future_assignments(work.assignments, context.now), context),
            "past_assignments": _assignments_json(work, past_assignments(work.assignments, context.now), context),
        },
    }


def _progress_json(progress: CourseProgress) -> dict[str, int]:
    return {"total_assignments_count": progress.total, "assignments_completed": progress.completed}


def _status_json(work: CourseWork) -> dict[str, Any] | None:
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
) -> list[dict[str, Any]]:
    outline = work.outline
    site = f"{context.base_url}/courses/{work.enrolled.course.id}/jump_to"
    return [
        {
            "assignment_type": assignment.type,
            "complete": assignment.complete,
            "date": format_datetime(assignment.due),
            "date_type": "assignment-due-date",
            "description": "",
            "learner_has_access": True,
            "link": f"{site}/{outline.usage_key(assignment.block)}" if assignment.released else "",
            "link_text": "",
            "title": assignment.title,
            "extra_info": assignment.extra_info,
            "first_component_block_id": outline.usage_key(assignment.first_component),
        }
        for assignment in assignments
    ]
