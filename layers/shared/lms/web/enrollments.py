"""The shape of an enrollment as the apps read it. (mobile-users.md 4.3)"""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from lms.domain.access import AccessError, mobile_access_error
from lms.domain.certificates import certificate_path
from lms.domain.courses import CourseMode, CourseOverview, listed_modes, start_label
from lms.domain.dates import format_datetime
from lms.domain.discussion import has_discussion
from lms.domain.enrollments import EnrolledCourse
from lms.domain.expiry import audit_access_expires, dynamic_upgrade_deadline
from lms.domain.learners import Learner
from lms.domain.roles import Roles
from lms.domain.site import Features, Site
from lms.domain.users import User
from lms.settings import settings
from lms.web.request import Request

_SHARING = "utm_medium=social&utm_campaign=social-sharing-db&utm_source="
_NO_DATE = "1970-01-01T00:00:00Z"
"""Stands in for an enrollment without date: the iOS app drops the whole page for one null here."""


@dataclass(frozen=True, slots=True)
class EnrollmentContext:
    """Everything that the shapes depend on besides the enrollment itself."""

    user: User
    roles: Roles
    site: Site
    features: Features
    now: datetime
    base_url: str
    version: str


def context_of(request: Request, learner: Learner, site: Site) -> EnrollmentContext:
    """What the shapes of the learner's enrollments depend on, in this request."""
    return EnrollmentContext(
        learner.user, learner.roles, site, settings().features, request.now, request.base_url, request.version
    )


def enrollment_json(enrolled: EnrolledCourse, context: EnrollmentContext) -> dict[str, Any]:
    """One element of the list, keys in the contract's order; v0.5 has neither expiry nor modes."""
    enrollment, course = enrolled.enrollment, enrolled.course
    expires = audit_access_expires(course, enrollment, context.roles, context.site, context.features)
    path = certificate_path(course, enrollment.certificate, context.features, context.now)
    item: dict[str, Any] = {
        "audit_access_expires": format_datetime(expires),
        "created": format_datetime(enrollment.created) or _NO_DATE,
        "mode": enrollment.mode,
        "is_active": enrollment.active,
        "course": course_json(enrolled, context),
        "certificate": {"url": _absolute(path, context)} if path else {},
        "course_modes": [_mode_json(mode) for mode in listed_modes(course, context.now)],
    }
    if context.version == "v0.5":
        del item["audit_access_expires"], item["course_modes"]
    return item


def course_json(enrolled: EnrolledCourse, context: EnrollmentContext) -> dict[str, Any]:
    """The `course` of an enrollment; names that a client cannot show as null never are (deviations 11)."""
    enrollment, course = enrolled.enrollment, enrolled.course
    error = mobile_access_error(
        course, context.user, enrollment, context.roles, context.site, context.features, context.now
    )
    start_type, start_display = start_label(course)
    site_path = f"/api/mobile/{context.version}/course_info/{course.id}"
    discussion = has_discussion(course, context.features, may_enter=True)
    return {
        "id": course.id,
        "name": course.display_name_with_default,
        "number": course.display_number_with_default,
        "org": course.display_org_with_default,
        "org_logo": course.logo,
        "start": format_datetime(course.start),
        "start_display": start_display,
        "start_type": start_type,
        "end": format_datetime(course.end),
        "dynamic_upgrade_deadline": format_datetime(
            dynamic_upgrade_deadline(course, enrollment, context.site, context.now)
        ),
        "subscription_id": subscription_id(course.id),
        "courseware_access": access_json(error),
        "media": {"course_image": {"uri": course.image_url, "name": "Course Image"}},
        "course_image": course.image_url,
        "course_about": _about_url(course, context),
        "course_sharing_utm_parameters": {site: f"{_SHARING}{site}" for site in ("facebook", "twitter")},
        "course_updates": f"{context.base_url}{site_path}/updates",
        "course_handouts": f"{context.base_url}{site_path}/handouts",
        "discussion_url": f"{context.base_url}/api/discussion/v1/courses/{course.id}" if discussion else None,
        "video_outline": None,
        "is_self_paced": course.self_paced,
    }


def access_json(error: AccessError | None) -> dict[str, Any]:
    """Whether the course loads, and why not: always the same six keys. (mobile-users.md 7.2)"""
    return {
        "has_access": error is None,
        "error_code": error.code if error else None,
        "developer_message": error.developer_message if error else None,
        "user_message": error.user_message if error else None,
        "additional_context_user_message": error.additional_context if error else None,
        "user_fragment": None,
    }


def subscription_id(course_id: str) -> str:
    """The name under which an app subscribes to the course's push notifications."""
    return "course_" + base64.b32encode(course_id.encode()).decode().replace("=", "_")


def configs_json(site: Site) -> dict[str, Any]:
    """The site's settings for the apps: those of in-app purchases in a group of their own."""
    configs: dict[str, Any] = {"iap_configs": {}}
    for name, value in site.mobile_configs.items():
        (configs["iap_configs"] if name.startswith("iap_") else configs)[name] = value
    return configs


def user_path(version: str, username: str) -> str:
    """The path of a user's page, percent-encoded."""
    return f"/api/mobile/{version}/users/{quote(username, safe='@+-._~')}"


def _mode_json(mode: CourseMode) -> dict[str, Any]:
    return {
        "slug": mode.slug,
        "sku": mode.sku,
        "android_sku": mode.android_sku,
        "ios_sku": mode.ios_sku,
        "min_price": mode.min_price,
    }


def _about_url(course: CourseOverview, context: EnrollmentContext) -> str:
    if context.features.custom_course_urls and course.social_sharing_url:
        return course.social_sharing_url
    return course.marketing_url or f"{context.base_url}/courses/{course.id}/about"


def _absolute(path: str, context: EnrollmentContext) -> str:
    return f"{context.base_url}{path}" if path.startswith("/") else path
