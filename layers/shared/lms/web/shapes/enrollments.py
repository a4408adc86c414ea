"""The answers of users/{username}/course_enrollments up to v2, and what v3 and v4 have of them. (mobile-users.md 4)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, cast

from lms.domain.certificates import certificate_path
from lms.domain.courses import CourseMode, listed_modes
from lms.domain.dates import format_datetime
from lms.domain.enrollments import EnrolledCourse
from lms.domain.expiry import audit_access_expires
from lms.domain.site import Site
from lms.domain.timezones import shown_time_zone
from lms.web.enrollments import EnrollmentContext
from lms.web.shapes.course import CourseJson, course_json
from lms.web.shapes.schema import SITE, DateTime, Schema, TypedDict, Url, extra_items

_NO_DATE = "1970-01-01T00:00:00Z"
"""Stands in for an enrollment without date: the iOS app drops the whole page for one null here."""


class CertificateJson(TypedDict):
    url: Annotated[Url, Schema(examples=[f"{SITE}/certificates/0f3c2a9be1d44c5f8a7b6c5d4e3f2a1b"])]


class NoCertificateJson(TypedDict):
    """An empty object: there is none, or it may not be seen yet."""


class CourseModeJson(TypedDict):
    """A way to take the course."""

    slug: Annotated[str, Schema(examples=["verified"])]
    sku: Annotated[str | None, Schema("Of the web shop.", examples=["GARDEN49"])]
    android_sku: Annotated[str | None, Schema("Of the Google Play store.", examples=[None])]
    ios_sku: Annotated[str | None, Schema("Of Apple's App Store.", examples=[None])]
    min_price: Annotated[int, Schema("The least that it costs, in whole units of the mode's currency.", examples=[49])]


class EnrollmentV05Json(TypedDict):
    """A course that the caller is enrolled in, as v0.5 shows it."""

    created: Annotated[DateTime, Schema(f"When the learner enrolled; `{_NO_DATE}` where that is not known.")]
    mode: Annotated[str, Schema(examples=["verified"])]
    is_active: Annotated[bool, Schema(const=True)]
    course: CourseJson
    certificate: CertificateJson | NoCertificateJson


class EnrollmentJson(EnrollmentV05Json):
    """A course that the caller is enrolled in."""

    audit_access_expires: Annotated[
        DateTime | None,
        Schema("When the access of one who audits the course ends, be it past or to come; null if it does not."),
    ]
    course_modes: Annotated[list[CourseModeJson], Schema(minItems=1)]


@extra_items(str)
class ConfigsJson(TypedDict):
    """The site's settings for the apps, all of them texts."""

    iap_configs: Annotated[
        dict[str, str],
        Schema("Those whose names begin with `iap_`.", examples=[{"iap_config": '{"enabled": false}'}]),
    ]


class ConfiguredJson(TypedDict):
    """What stands beside the enrollments from v2 on."""

    configs: ConfigsJson
    user_timezone: Annotated[
        str, Schema("The name of a time zone, `UTC` where none is set.", examples=["Europe/Berlin"])
    ]


class EnrollmentsV2Json(ConfiguredJson):
    """All enrollments, newest first."""

    enrollments: list[EnrollmentJson]


def enrollment_v05_json(enrolled: EnrolledCourse, context: EnrollmentContext) -> EnrollmentV05Json:
    """One element of v0.5's list, which has neither expiry nor modes."""
    enrollment, course = enrolled.enrollment, enrolled.course
    path = certificate_path(course, enrollment.certificate, context.features, context.now)
    return {
        "created": format_datetime(enrollment.created) or _NO_DATE,
        "mode": enrollment.mode,
        "is_active": enrollment.active,
        "course": course_json(enrolled, context),
        "certificate": {"url": _absolute(path, context)} if path else {},
    }


def enrollment_json(enrolled: EnrolledCourse, context: EnrollmentContext) -> EnrollmentJson:
    """One element of the list from v1 on, keys in the contract's order."""
    expires = audit_access_expires(enrolled.course, enrolled.enrollment, context.roles, context.site, context.features)
    return {
        "audit_access_expires": format_datetime(expires),
        **enrollment_v05_json(enrolled, context),
        "course_modes": [_mode_json(mode) for mode in listed_modes(enrolled.course, context.now)],
    }


def configs_json(site: Site) -> ConfigsJson:
    """The site's settings for the apps: those of in-app purchases in a group of their own."""
    in_app_purchases = {name: value for name, value in site.mobile_configs.items() if name.startswith("iap_")}
    others = {name: value for name, value in site.mobile_configs.items() if not name.startswith("iap_")}
    # The names are the operator's own: no type knows them.
    return cast(ConfigsJson, {"iap_configs": in_app_purchases, **others})


def enrollments_v2_json(enrollments: Sequence[EnrolledCourse], context: EnrollmentContext) -> EnrollmentsV2Json:
    """All of the enrollments, in the order given."""
    return {
        "configs": configs_json(context.site),
        "user_timezone": shown_time_zone(context.user.time_zone),
        "enrollments": [enrollment_json(enrolled, context) for enrolled in enrollments],
    }


def _mode_json(mode: CourseMode) -> CourseModeJson:
    return {
        "slug": mode.slug,
        "sku": mode.sku,
        "android_sku": mode.android_sku,
        "ios_sku": mode.ios_sku,
        "min_price": mode.min_price,
    }


def _absolute(path: str, context: EnrollmentContext) -> str:
    return f"{context.base_url}{path}" if path.startswith("/") else path
