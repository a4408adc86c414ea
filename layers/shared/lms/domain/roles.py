"""Course access roles, and what they let a user do. (mobile-users.md 7.3, course-team.md 3.4)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from lms.domain.keys import CourseKey

INSTRUCTOR: Final = "instructor"
STAFF: Final = "staff"
LIMITED_STAFF = "limited_staff"
BETA_TESTER = "beta_testers"
TeamRole = Literal["instructor", "staff"]
TEAM_ROLES: tuple[TeamRole, ...] = (INSTRUCTOR, STAFF)
STAFF_ACCESS_ROLES = (STAFF, LIMITED_STAFF, INSTRUCTOR)
REPLACED_BY: Mapping[str, TeamRole] = {INSTRUCTOR: STAFF, STAFF: INSTRUCTOR}
"""The team role that ends when another one is assigned. (course-team.md 4.5)"""
FORUM_ROLES = ("Administrator", "Moderator", "Group Moderator", "Community TA")
"""Forum roles whose holders keep audit access. (mobile-users.md 7.4)"""


@dataclass(frozen=True, slots=True)
class Roles:
    """What a user holds: roles on courses, roles on whole organizations, forum roles, and the account's own flags."""

    active: bool = True
    """Whether the account is active: without that, course and organization roles give nothing."""
    global_staff: bool = False
    superuser: bool = False
    on_courses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Course id -> role -> the organization stored with it."""
    on_orgs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Organization -> roles that hold for each of its courses."""
    in_forums: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Course id -> forum roles."""

    def has_staff_access(self, course: CourseKey) -> bool:
        """Whether the user may see the course as its staff does. (mobile-users.md 7.3)"""
        if self.global_staff:
            return True
        if not self.active:
            return False
        held = self.on_courses.get(str(course), {})
        # A row whose organization is not the key's own gives nothing, in any letter case but the exact one.
        if any(held.get(role) == course.org for role in STAFF_ACCESS_ROLES):
            return True
        return not self.on_orgs.get(course.org, frozenset()).isdisjoint(STAFF_ACCESS_ROLES)

    def is_beta_tester(self, course: CourseKey) -> bool:
        """Whether the user sees the course some days early. (mobile-users.md 7.3)"""
        return self.active and BETA_TESTER in self.on_courses.get(str(course), {})

    def moderates_forum(self, course: CourseKey) -> bool:
        """Whether a forum role of the course keeps its audit access open. (mobile-users.md 7.4)"""
        return not self.in_forums.get(str(course), frozenset()).isdisjoint(FORUM_ROLES)

    def team_role(self, course_id: str) -> TeamRole | None:
        """`instructor`, `staff` or None: instructor wins where both are stored. (course-team.md 3.5)"""
        held = self.on_courses.get(course_id, {})
        return next((role for role in TEAM_ROLES if role in held), None)

    @property
    def instructed_courses(self) -> frozenset[str]:
        """Ids of courses on which the user is instructor by a role of the course itself."""
        return frozenset(course for course, held in self.on_courses.items() if INSTRUCTOR in held)

    @property
    def instructed_orgs(self) -> frozenset[str]:
        """Organizations, in lower case, on whose every course the user is instructor."""
        return frozenset(org.lower() for org, held in self.on_orgs.items() if org and INSTRUCTOR in held)

    @property
    def sees_every_course(self) -> bool:
        """Whether the support page lists every course to this user. (course-team.md 3.4)"""
        return self.global_staff or self.superuser

    @property
    def may_change_roles(self) -> bool:
        """Whether the user may send role changes at all: any instructor row counts. (course-team.md 4.2)"""
        return (
            self.sees_every_course
            or bool(self.instructed_courses)
            or any(INSTRUCTOR in held for held in self.on_orgs.values())
        )

    def may_change_roles_on(self, course_id: str, course: CourseKey) -> bool:
        """Whether the user may change roles on the course spelled `course_id`. (course-team.md 4.3)"""
        return (
            self.sees_every_course or course_id in self.instructed_courses or course.org.lower() in self.instructed_orgs
        )
