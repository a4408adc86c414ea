"""Whether a learner's certificate may be shown, and where it is. (mobile-users.md 7.7)"""

from datetime import datetime

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Certificate
from lms.domain.site import Features


def certificate_path(
    course: CourseOverview, certificate: Certificate | None, features: Features, now: datetime
) -> str | None:
    """The certificate's URL, absolute or from the site's root, or None. (mobile-users.md 7.7)"""
    if certificate is None or not is_downloadable(certificate, course, now) or not is_shown(course, now):
        return None
    if certificate.download_url:
        return certificate.download_url
    if features.html_certificates and course.html_certificates and certificate.verify_uuid:
        return f"/certificates/{certificate.verify_uuid}"
    return None


def is_downloadable(certificate: Certificate, course: CourseOverview, now: datetime) -> bool:
    """Whether the certificate is finished; one in audit mode only counts where honor is on offer."""
    if certificate.status != "downloadable":
        return False
    return certificate.mode != "audit" or any(mode.slug == "honor" for mode in course.offered_modes(now))


def is_shown(course: CourseOverview, now: datetime) -> bool:
    """Whether the course shows its certificates yet."""
    if course.self_paced or course.certificates_show_before_end:
        return True
    match course.certificates_display_behavior:
        case "early_no_info":
            return True
        case "end_with_date":
            return course.certificate_available_date is not None and course.certificate_available_date < now
        case "end":
            return course.has_ended(now)
        case _:
            return False
