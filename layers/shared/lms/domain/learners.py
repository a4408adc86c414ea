"""What is read of a person at once: the read models of the endpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Enrollment
from lms.domain.outline import Outline
from lms.domain.progress import Progress
from lms.domain.roles import Roles
from lms.domain.site import Site
from lms.domain.users import User


@dataclass(frozen=True, slots=True)
class Learner:
    """A user with everything that a list of the user's courses needs."""

    user: User
    roles: Roles
    enrollments: Sequence[Enrollment]
    progress: Mapping[str, Progress]
    """By course id."""

    def progress_in(self, course_id: str) -> Progress:
        """The learner's place in a course; an empty one where the learner did nothing there yet."""
        return self.progress.get(course_id) or Progress(course_id)


@dataclass(frozen=True, slots=True)
class LearnerInCourse:
    """A user and one course."""

    user: User
    roles: Roles
    enrollment: Enrollment | None
    progress: Progress
    course: CourseOverview
    outline: Outline
    site: Site


@dataclass(frozen=True, slots=True)
class OutlineCompletion:
    """A course's outline, and how much of it a learner has completed."""

    outline: Outline
    completed: frozenset[bytes]
    """Digests of the completed blocks: see `lms.domain.completions`."""
