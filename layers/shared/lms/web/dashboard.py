"""The pages of the apps' home screen: page objects, the primary course, progress and assignments. (4.3, 4.4)"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from lms.domain.assignments import (
    Assignment,
    Work,
    assignments_of,
    course_progress,
    future_assignments,
    past_assignments,
)
from lms.domain.dashboard import STATUSES, primary_of, with_status
from lms.domain.dates import format_datetime
from lms.domain.enrollments import EnrolledCourse, Enrollment, newest_first
from lms.domain.outline import last_completed, viewer_of
from lms.domain.paging import InvalidPageError, Page, page_of, page_size
from lms.domain.progress import Progress
from lms.table.access import Study
from lms.web.enrollments import EnrollmentContext, enrollment_json
from lms.web.errors import not_found
from lms.web.request import Request

T = TypeVar("T")

_PAGE_SIZES = {"v3": (10, 100), "v4": (5, 50)}
"""Default and largest size of a page."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What one request shows: the primary course, if it asks for one, and a page of the others."""

    primary: EnrolledCourse | None
    page: Page[EnrolledCourse]
    with_progress: bool

    @property
    def studied(self) -> list[str]:
        """Ids of the courses whose outlines and completions the answer needs."""
        shown = [self.primary] if self.primary else []
        if self.with_progress:
            shown += self.page.items
        return [one.enrollment.course_id for one in shown]


def dashboard_of(request: Request, courses: Sequence[EnrolledCourse], progress: Mapping[str, Progress]) -> Dashboard:
    """The part of the courses that the request asks for. Raises 404 for a page that there is not."""
    primary = None
    if _status(request) is not None:
        courses = with_status(courses, str(_status(request)), request.now)
    elif request.version == "v4":
        first = primary_of([one.enrollment for one in courses], progress)
        primary = next((one for one in courses if one.enrollment is first), None)
        courses = [one for one in courses if one is not primary]
    try:
        return Dashboard(primary, _page(request, courses), _wants_progress(request))
    except InvalidPageError:
        raise not_found("Invalid page.") from None


def likely_studied(request: Request, enrollments: Iterable[Enrollment], progress: Mapping[str, Progress]) -> list[str]:
    """A guess, before the courses themselves are read, at what `Dashboard.studied` will be.

    It is right unless a course is missing, not on mobile or filtered out; then some courses are read later, or in vain.
    """
    shown: list[Enrollment] = []
    rest = newest_first(enrollments)
    if request.version == "v4" and _status(request) is None:
        primary = primary_of(rest, progress)
        shown, rest = [one for one in rest if one is primary], [one for one in rest if one is not primary]
    if _wants_progress(request) and _status(request) in (None, "all"):
        with suppress(InvalidPageError):
            shown += _page(request, rest).items
    return [one.course_id for one in shown]


def _status(request: Request) -> str | None:
    status = request.query.get("status")
    return status if request.version == "v4" and status in STATUSES else None


def _wants_progress(request: Request) -> bool:
    return request.version == "v4" and "course_progress" in request.query.get("requested_fields", "").split(",")


def _page(request: Request, items: Sequence[T]) -> Page[T]:
    default, largest = _PAGE_SIZES[request.version]
    return page_of(items, request.query.get("page"), page_size(request.query.get("page_size"), default, largest))


def dashboard_json(
    request: Request,
    shown: Dashboard,
    view: EnrollmentContext,
    progress: Mapping[str, Progress],
    studies: Mapping[str, Study],
) -> dict[str, Any]:
    """`enrollments`, and in v4 `primary` where there is one."""
    learned = _Learned(view, progress, studies)
    results = []
    for one in shown.page.items:
        item = enrollment_json(one, view)
        if shown.with_progress:
            item["course_progress"] = learned.progress_json(one)
        results.append(item)
    answer: dict[str, Any] = {"enrollments": _page_json(request, shown.page, results)}
    if shown.primary is not None:
        answer["primary"] = enrollment_json(shown.primary, view) | learned.primary_json(shown.primary)
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


class _Learned:
    """What a learner has done, as the apps read it."""

    def __init__(self, view: EnrollmentContext, progress: Mapping[str, Progress], studies: Mapping[str, Study]) -> None:
        self._view = view
        self._progress = progress
        self._studies = studies

    def primary_json(self, one: EnrolledCourse) -> dict[str, Any]:
        return {
            "course_status": self._status_json(one),
            "course_progress": self.progress_json(one),
            "course_assignments": {
                "future_assignments": self._assignments_json(one, future_assignments),
                "past_assignments": self._assignments_json(one, past_assignments),
            },
        }

    def progress_json(self, one: EnrolledCourse) -> dict[str, int]:
        progress = course_progress(self._assignments(one))
        return {"total_assignments_count": progress.total, "assignments_completed": progress.completed}

    def _status_json(self, one: EnrolledCourse) -> dict[str, Any] | None:
        """Where the learner last completed something, top-down; None where that is nowhere in the course."""
        outline = self._studies[one.course.id].outline
        path = last_completed(outline, self._of(one).last_completed_block)
        if path is None:
            return None
        keys = [outline.usage_key(index) for index in path]
        return {
            "last_visited_module_id": keys[2],
            "last_visited_module_path": keys[:3],
            "last_visited_block_id": keys[-1],
            "last_visited_unit_display_name": outline.blocks[path[3]].display_name,
        }

    def _assignments_json(
        self, one: EnrolledCourse, choose: Callable[[Sequence[Assignment], Any], list[Assignment]]
    ) -> list[dict[str, Any]]:
        outline = self._studies[one.course.id].outline
        site = f"{self._view.base_url}/courses/{one.course.id}/jump_to"
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
            for assignment in choose(self._assignments(one), self._view.now)
        ]

    def _assignments(self, one: EnrolledCourse) -> list[Assignment]:
        study = self._studies[one.course.id]
        viewer = viewer_of(one.course, self._view.roles, one.enrollment, self._view.now)
        work = Work(study.completed, self._of(one).selected)
        return assignments_of(study.outline, viewer, work, one.course.end)

    def _of(self, one: EnrolledCourse) -> Progress:
        return self._progress.get(one.course.id) or Progress(one.course.id)
