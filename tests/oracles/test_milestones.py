"""Which milestones keep a learner out, held against edx-milestones with its own tables. (mobile-users.md 7.1, 7.10)"""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

# isort: off
import tests.oracles.django_lms  # noqa: F401 - sets Django up

# isort: on
from django.apps import apps
from django.core.serializers import serialize
from milestones import api
from milestones.models import (
    CourseContentMilestone,
    CourseMilestone,
    Milestone,
    MilestoneRelationshipType,
    UserMilestone,
)

from lms.domain.access import lacks_milestone, lacks_prerequisite
from lms.domain.courses import CourseOverview, MilestoneRequirement
from lms.domain.keys import CourseKey
from lms.domain.site import Features
from lms_lambda.load import compose
from lms_lambda.load.models import facts_of
from lms_lambda.load.staging import Source, Staging

COURSE = CourseKey("DemoX", "DX101", "2026_T1")
COURSES = [str(COURSE), "course-v1:DemoX+DX200+2025_T3"]
CONTENT = ["block-v1:DemoX+DX101+2026_T1+type@chapter+block@exam"]
USER = 4711
FEATURES = Features(milestones=True, prerequisite_courses=True)
MODELS = ["milestone", "milestonerelationshiptype", "coursemilestone", "coursecontentmilestone", "usermilestone"]

numbers = st.sampled_from([1, 2, 3])
links = st.tuples(st.sampled_from(["requires", "fulfills"]), st.booleans())
"""How a course or its content goes with a milestone, and whether the row is active."""
rows_of_courses = st.dictionaries(st.tuples(st.sampled_from(COURSES), numbers), links)
rows_of_content = st.dictionaries(st.tuples(st.sampled_from(CONTENT), numbers), links)


def store(
    active: dict[int, bool],
    of_courses: dict[tuple[str, int], tuple[str, bool]],
    of_content: dict[tuple[str, int], tuple[str, bool]],
    of_user: dict[int, bool],
) -> None:
    Milestone.objects.all().delete()  # and with them whatever points at them
    kinds = {kind.name: kind for kind in MilestoneRelationshipType.objects.all()}
    milestones = {
        number: Milestone.objects.create(pk=number, namespace="n", name=f"m{number}", active=active.get(number, True))
        for number in (1, 2, 3)
    }
    for (course_id, number), (kind, is_active) in of_courses.items():
        CourseMilestone.objects.create(
            course_id=course_id,
            milestone=milestones[number],
            milestone_relationship_type=kinds[kind],
            active=is_active,
        )
    for (content_id, number), (kind, is_active) in of_content.items():
        CourseContentMilestone.objects.create(
            course_id=str(COURSE),
            content_id=content_id,
            milestone=milestones[number],
            milestone_relationship_type=kinds[kind],
            active=is_active,
        )
    for number, is_active in of_user.items():
        UserMilestone.objects.create(user_id=USER, milestone=milestones[number], active=is_active)


def dumped_rows() -> Iterator[dict[str, Any]]:
    """The rows as `dumpdata` writes them."""
    for name in MODELS:
        yield from json.loads(serialize("json", apps.get_model("milestones", name).objects.all()))


def loaded() -> tuple[tuple[MilestoneRequirement, ...], frozenset[int]]:
    """What a load makes of those rows: what the course requires, and what the user has."""
    staging = Staging()
    try:
        user = {"model": "auth.user", "pk": USER, "fields": {"username": "mona"}}
        for row in [user, *dumped_rows()]:
            pk = str(row["pk"])
            staging.add(Source(row["model"], pk, "dump.json", "row 1"), facts_of(row["model"], pk, row["fields"]))
        staging.resolve_enrollments()
        compose.register_usernames(staging, reject)
        courses = {change.values["course_id"]: change.values for change in compose.course_changes(staging, reject)}
        [user_values] = [change.values for change in compose.user_changes(staging, reject)]
    finally:
        staging.close()
    requires = courses.get(str(COURSE), {}).get("requires", ())
    return requires, frozenset(user_values.get("milestones", frozenset()))


def reject(source: Source, reason: str) -> None:
    raise AssertionError(f"{source.model} {source.pk}: {reason}")


@hypothesis_settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(numbers, st.booleans()), rows_of_courses, rows_of_content, st.dictionaries(numbers, st.booleans())
)
@example({1: False}, {(COURSES[0], 1): ("requires", True), (COURSES[1], 1): ("fulfills", True)}, {}, {})
def test_a_course_blocks_as_the_package_says(
    active: dict[int, bool],
    of_courses: dict[tuple[str, int], tuple[str, bool]],
    of_content: dict[tuple[str, int], tuple[str, bool]],
    of_user: dict[int, bool],
) -> None:
    store(active, of_courses, of_content, of_user)
    requires, earned = loaded()
    course = CourseOverview(key=COURSE, requires=requires)

    paths = api.get_course_milestones_fulfillment_paths(str(COURSE), {"id": USER})

    assert lacks_milestone(course, earned, FEATURES) is any(map(bool, paths.values()))
    assert lacks_prerequisite(course, earned, FEATURES) is any(path.get("courses") for path in paths.values())
