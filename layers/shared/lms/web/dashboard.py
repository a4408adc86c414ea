"""What a request asks of the home screen of the apps. (mobile-users.md 4.2)"""

from lms.domain.dashboard import STATUSES, DashboardQuery
from lms.domain.paging import MAX_PAGE_SIZE, PAGE_SIZE, page_size
from lms.web.request import Request


def read_dashboard_query(request: Request) -> DashboardQuery:
    """What the request asks for; `status`, progress and the primary course only in v4. (mobile-users.md 4.2)"""
    query, has_primary = request.query, request.version == "v4"
    status = query.get("status")
    return DashboardQuery(
        page=query.get("page"),
        page_size=page_size(query.get("page_size"), PAGE_SIZE[request.version], MAX_PAGE_SIZE[request.version]),
        org=query.get("org"),
        status=status if has_primary and status in STATUSES else None,
        with_primary=has_primary,
        with_progress=has_primary and "course_progress" in query.get("requested_fields", "").split(","),
    )
