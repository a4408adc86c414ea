"""The course of an enrollment, the same in every version of course_enrollments. (mobile-users.md 4.3)"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from lms.domain.access import mobile_access_error
from lms.domain.courses import CourseOverview, StartType, start_label
from lms.domain.dates import format_datetime
from lms.domain.discussion import has_discussion
from lms.domain.enrollments import EnrolledCourse
from lms.domain.expiry import dynamic_upgrade_deadline
from lms.web.enrollments import EnrollmentContext
from lms.web.shapes.access import AccessGrantedJson, AccessRefusedJson, access_json
from lms.web.shapes.schema import COURSE, SITE, CourseId, DateTime, Schema, TypedDict, Url
from lms.web.urls import lms_path, stored_file_url

_IMAGE = "/asset-v1:SampleX+GARDEN+2026+type@asset+block@course.png"
_FACEBOOK = "utm_medium=social&utm_campaign=social-sharing-db&utm_source=facebook"
_TWITTER = "utm_medium=social&utm_campaign=social-sharing-db&utm_source=twitter"


class CourseImageJson(TypedDict):
    uri: Annotated[str, Schema("Path on the LMS's host; the same as the course's `course_image`.", examples=[_IMAGE])]
    name: Literal["Course Image"]


class CourseMediaJson(TypedDict):
    course_image: CourseImageJson


class SharingParametersJson(TypedDict):
    """Query strings to append to a link that is shared."""

    facebook: Annotated[str, Schema(const=_FACEBOOK)]
    twitter: Annotated[str, Schema(const=_TWITTER)]


class CourseJson(TypedDict):
    """The course of an enrollment."""

    id: CourseId
    name: Annotated[str, Schema(examples=["Gardening for Beginners"])]
    number: Annotated[str, Schema("The number that is shown, which may differ from the key's.", examples=["GARDEN"])]
    org: Annotated[
        str, Schema("The organization that is shown, which may differ from the key's.", examples=["SampleX"])
    ]
    org_logo: Annotated[
        str,
        Schema(
            "Path or URL of the organization's logo; empty without one.",
            examples=["/media/organization_logos/samplex.png"],
        ),
    ]
    start: Annotated[DateTime | None, Schema("When the course starts.")]
    start_display: Annotated[
        str | None,
        Schema(
            "The start as text: the author's own words, or the date in the language of the answer; "
            "null where no start is set.",
            examples=["Jan. 5, 2026"],
        ),
    ]
    start_type: Annotated[
        StartType, Schema("Whether `start_display` is the author's text, the date, or null.", examples=["timestamp"])
    ]
    end: Annotated[DateTime | None, Schema("When the course ends; null where it does not.")]
    dynamic_upgrade_deadline: Annotated[
        DateTime | None,
        Schema("Until when the learner may upgrade to the verified mode; null where that is over or not on offer."),
    ]
    subscription_id: Annotated[
        str,
        Schema(
            "The channel of the course's push notifications: the id in base32, with `_` for padding.",
            pattern="^course_[A-Z2-7]+_*$",
            examples=["course_MNXXK4TTMUWXMMJ2KNQW24DMMVMCWR2BKJCEKTRLGIYDENQ_"],
        ),
    ]
    courseware_access: Annotated[
        AccessGrantedJson | AccessRefusedJson,
        Schema("Whether the course loads in the app. A course that does not is listed all the same."),
    ]
    media: CourseMediaJson
    course_image: Annotated[str, Schema("Path on the LMS's host.", examples=[_IMAGE])]
    course_about: Annotated[
        str, Schema("The page that presents the course.", examples=[f"{SITE}/courses/{COURSE}/about"])
    ]
    course_sharing_utm_parameters: SharingParametersJson
    course_updates: Annotated[Url, Schema(examples=[f"{SITE}/api/mobile/v4/course_info/{COURSE}/updates"])]
    course_handouts: Annotated[Url, Schema(examples=[f"{SITE}/api/mobile/v4/course_info/{COURSE}/handouts"])]
    discussion_url: Annotated[
        Url | None,
        Schema(
            "null where the course has no discussion.",
            examples=[f"{SITE}/api/discussion/v1/courses/{COURSE}"],
        ),
    ]
    video_outline: None
    is_self_paced: Annotated[bool, Schema("Whether learners set their own pace.")]


def course_json(enrolled: EnrolledCourse, context: EnrollmentContext) -> CourseJson:
    """The course, keys in the contract's order; names that a client cannot show as null never are (deviations 11)."""
    enrollment, course = enrolled.enrollment, enrolled.course
    error = mobile_access_error(
        course, context.user, enrollment, context.roles, context.site, context.features, context.now
    )
    start_type, start_display = start_label(course, context.language)
    deadline = dynamic_upgrade_deadline(course, enrollment, context.site, context.now)
    api = f"{context.base_url}/api"
    course_id = lms_path(course.id)
    course_info = f"{api}/mobile/{context.version}/course_info/{course_id}"
    discussion = has_discussion(course, context.features, may_enter=True)
    return {
        "id": course.id,
        "name": course.display_name_with_default,
        "number": course.display_number_with_default,
        "org": course.display_org_with_default,
        "org_logo": stored_file_url(context.media_url, course.logo),
        "start": format_datetime(course.start),
        "start_display": start_display,
        "start_type": start_type,
        "end": format_datetime(course.end),
        "dynamic_upgrade_deadline": format_datetime(deadline),
        "subscription_id": subscription_id(course.id),
        "courseware_access": access_json(error),
        "media": {"course_image": {"uri": course.image_url, "name": "Course Image"}},
        "course_image": course.image_url,
        "course_about": _about_url(course, context),
        "course_sharing_utm_parameters": {"facebook": _FACEBOOK, "twitter": _TWITTER},
        "course_updates": f"{course_info}/updates",
        "course_handouts": f"{course_info}/handouts",
        "discussion_url": f"{api}/discussion/v1/courses/{course_id}" if discussion else None,
        "video_outline": None,
        "is_self_paced": course.self_paced,
    }


def subscription_id(course_id: str) -> str:
    """The name under which an app subscribes to the course's push notifications."""
    return "course_" + base64.b32encode(course_id.encode()).decode().replace("=", "_")


def _about_url(course: CourseOverview, context: EnrollmentContext) -> str:
    if context.features.custom_course_urls and course.social_sharing_url:
        return course.social_sharing_url
    # As it is, unlike the other URLs: Open edX writes this one itself.
    return course.marketing_url or f"{context.base_url}/courses/{course.id}/about"
