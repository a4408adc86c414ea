"""The dates of a learner's blocks, beside those that the real edx-when package computes. (mobile-users.md 7.12)

Its rows are dumped by Django and go through our own loader, item and all.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

# isort: off
from tests.oracles.django_lms import COURSE_ID, LMS

# isort: on
from django.contrib.auth.models import User as Account
from django.core import serializers
from django.db import transaction
from edx_django_utils.cache import RequestCache, TieredCache
from edx_when import models
from edx_when.api import get_dates_for_course
from edx_when.field_data import DateLookupFieldData, DateOverrideTransformer
from opaque_keys.edx.keys import CourseKey, UsageKey
from xblock.field_data import FieldData

from lms.domain.assignments import assignments_of
from lms.domain.course_dates import CourseDates, learner_dates
from lms.domain.courses import CourseOverview
from lms.domain.enrollments import Enrollment
from lms.domain.keys import parse_course_key
from lms.domain.outline import Block, Outline, Viewer
from lms.domain.partitions import LearnerGroups
from lms.domain.site import Site, WaffleFlag
from lms.domain.users import User
from lms.table.learners import to_enrollment
from lms.table.outlines import to_course_dates
from lms_lambda.load import compose
from lms_lambda.load.dates import course_dates_changes
from lms_lambda.load.models import facts_of
from lms_lambda.load.staging import Source, Staging

# The package's keys have spaces in them; the site's caches know how to take that.
pytestmark = pytest.mark.filterwarnings("ignore:Cache key contains characters")

COURSE = CourseKey.from_string(COURSE_ID)
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
SETTINGS = settings(max_examples=1000, deadline=None, derandomize=True, phases=set(Phase) - {Phase.explain})
TREE = [
    Block("course", "course", None),
    *(Block("chapter", f"ch{number}", 0) for number in range(2)),
    *(Block("sequential", f"s{number}", 1 + number % 2, graded=True) for number in range(4)),
    *(Block("vertical", f"v{number}", 3 + number) for number in range(4)),
    *(Block("problem", f"p{number}", 7 + number) for number in range(4)),
]
SUBSECTIONS = range(3, 7)

Dates = tuple[datetime | None, timedelta | None]
"""`abs_date` and `rel_date`."""


class ContentRow(NamedTuple):
    block: int
    field: str
    dates: Dates
    active: bool


class UserRow(NamedTuple):
    content_date: int
    """Index among the content dates."""
    dates: Dates


class Generated(NamedTuple):
    """A course, one learner in it, and all that edx-when has of both."""

    self_paced: bool
    relative_dates: bool
    schedule: tuple[datetime, datetime] | None
    """When it starts, and when it was created."""
    exported: Sequence[tuple[datetime | None, datetime | None]]
    """Start and due date of each block, as the course's export has them."""
    content_dates: Sequence[ContentRow]
    user_dates: Sequence[UserRow]
    """The latest last."""


# --- Generated courses ------------------------------------------------------------------------------------------------

# Django dumps milliseconds, no finer.
moments = st.integers(0, 365 * 86_400_000).map(lambda ms: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
durations = st.integers(0, 20).map(lambda weeks: timedelta(weeks=weeks)) | st.timedeltas(
    timedelta(days=-30), timedelta(days=200)
)
absolute: st.SearchStrategy[Dates] = st.tuples(moments, st.none())
relative: st.SearchStrategy[Dates] = st.tuples(st.none(), durations)
schedules = st.tuples(moments, moments)
exports = st.lists(st.tuples(st.none() | moments, st.none() | moments), min_size=len(TREE), max_size=len(TREE))


@st.composite
def anything(draw: st.DrawFn) -> Generated:
    fields = draw(st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["start", "due"])), max_size=12, unique=True))
    policies = absolute | relative | st.just((None, None))
    content_dates = [ContentRow(*field, draw(policies), draw(st.integers(0, 5)) > 0) for field in fields]
    # edx-when fails where a course's end is relative.
    content_dates += [ContentRow(0, "end", dates, True) for dates in draw(st.lists(absolute, max_size=1))]
    user_dates = [
        UserRow(index, dates)
        for index in draw(st.lists(st.integers(0, max(len(content_dates) - 1, 0)), max_size=8))
        for dates in [draw(policies)]
        # It fails, too, where something is added to no date at all.
        if content_dates and (content_dates[index].dates != (None, None) or dates[1] is None)
    ]
    return Generated(
        draw(st.booleans()),
        draw(st.booleans()),
        draw(st.none() | schedules),
        draw(exports),
        content_dates,
        user_dates,
    )


@st.composite
def extended_in_a_self_paced_course(draw: st.DrawFn) -> Generated:
    """Relative due dates of subsections, their units and problems, and one extension or more of the subsections.

    Now and then a subsection has a date in the export alone. The course ends around the last of them, or never.
    """
    weeks = draw(st.lists(st.integers(1, 12), min_size=3, max_size=4))
    content_dates = [
        ContentRow(block, "due", (None, timedelta(weeks=week)), True)
        for subsection, week in zip(SUBSECTIONS, weeks, strict=False)
        for block in (subsection, subsection + 4, subsection + 8)
    ]
    start = draw(moments)
    created = start - timedelta(days=draw(st.integers(-10, 90)))
    content_dates += [ContentRow(0, "start", dates, True) for dates in draw(st.lists(absolute, max_size=1))]
    ends = [] if draw(st.integers(0, 9)) == 0 else [start + timedelta(days=draw(st.integers(-5, 120)))]
    content_dates += [ContentRow(0, "end", (end, None), True) for end in ends]
    extensions = st.builds(UserRow, st.sampled_from([0, 3, 6]), absolute | relative)
    user_dates = draw(st.lists(extensions, min_size=1, max_size=6))
    return Generated(True, True, (start, created), draw(exports), content_dates, user_dates)


# --- The real package -------------------------------------------------------------------------------------------------


@contextmanager
def database(generated: Generated) -> Iterator[Account]:
    """The rows of edx-when, and the learner's account."""
    TieredCache.dangerous_clear_all_tiers()
    RequestCache.clear_all_namespaces()
    LMS.relative_dates, LMS.schedule = generated.relative_dates, generated.schedule
    with transaction.atomic():
        learner = Account.objects.create(username="mona", email="mona@example.org")
        rows = [
            models.ContentDate.objects.create(
                course_id=COURSE,
                location=location(row.block),
                field=row.field,
                active=row.active,
                policy=models.DatePolicy.objects.create(abs_date=row.dates[0], rel_date=row.dates[1]),
            )
            for row in generated.content_dates
        ]
        # The oldest last: the number of a row says nothing of its age.
        for number, user_date in reversed(list(enumerate(generated.user_dates))):
            created = models.UserDate.objects.create(
                user=learner,
                content_date=rows[user_date.content_date],
                abs_date=user_date.dates[0],
                rel_date=user_date.dates[1],
            )
            # Saving would set it to now.
            modified = NOW + timedelta(milliseconds=number)
            models.UserDate.objects.filter(pk=created.pk).update(modified=modified)
        yield learner
        transaction.set_rollback(True)


def location(index: int) -> UsageKey:
    return COURSE.make_usage_key(TREE[index].type, TREE[index].name)


class Authored(FieldData):  # type: ignore[misc]
    """Fields of blocks as the modulestore gives them, with `SelfPacedDateOverrideProvider` around it."""

    def __init__(self, generated: Generated) -> None:
        self.self_paced = generated.self_paced

    def has(self, _block: "XBlock", _name: str) -> bool:
        return True

    def get(self, block: "XBlock", name: str) -> datetime | None:
        if self.self_paced and (name == "due" or block.location.block_type != "course"):
            return None
        return block.exported[name]

    def set(self, block: "XBlock", name: str, value: Any) -> None:
        raise NotImplementedError

    def delete(self, block: "XBlock", name: str) -> None:
        raise NotImplementedError


class XBlock:
    """A block of the courseware."""

    def __init__(self, generated: Generated, index: int) -> None:
        self._generated, self._parent = generated, TREE[index].parent
        self.location = location(index)
        self.exported = dict(zip(("start", "due"), generated.exported[index], strict=True))

    def get_parent(self) -> "XBlock | None":
        return None if self._parent is None else XBlock(self._generated, self._parent)

    def read(self, name: str, field_data: FieldData) -> Any:
        """A field, as an XBlock reads it."""
        return field_data.get(self, name) if field_data.has(self, name) else field_data.default(self, name)


class BlockStructure:
    """A course's block structure, collected from the modulestore."""

    def __init__(self, generated: Generated) -> None:
        blocks = [XBlock(generated, index) for index in range(len(TREE))]
        self.fields = {
            (block.location, name): block.read(name, Authored(generated))
            for block in blocks
            for name in ("start", "due")
        }

    def override_xblock_field(self, usage_key: UsageKey, name: str, value: Any) -> None:
        self.fields[usage_key, name] = value


# --- Ours -------------------------------------------------------------------------------------------------------------


def loaded(learner: Account, schedule: tuple[datetime, datetime] | None) -> tuple[Enrollment, CourseDates]:
    """The learner's enrollment and the course's dates, after a dump was loaded and the items were read again."""
    rows = json.loads(
        serializers.serialize(
            "json",
            [
                learner,
                *models.UserDate.objects.all(),
                *models.ContentDate.objects.order_by("-pk"),
                *models.DatePolicy.objects.all(),
            ],
        )
    )
    enrollment = {"user": learner.pk, "course": COURSE_ID, "created": "2026-01-01", "is_active": True, "mode": "audit"}
    rows.append({"model": "student.courseenrollment", "pk": 1, "fields": enrollment})
    if schedule is not None:
        start, created = (moment.isoformat() for moment in schedule)
        fields = {"enrollment": 1, "start_date": start, "created": created}
        rows.append({"model": "schedules.schedule", "pk": 1, "fields": fields})
    with closing(Staging()) as staging:
        for row in rows:
            source = Source(row["model"], str(row["pk"]), "dump.json", "")
            staging.add(source, facts_of(row["model"], str(row["pk"]), row["fields"]))
        staging.resolve_enrollments()
        compose.register_usernames(staging, refuse)
        (enrolled,) = compose.enrollment_changes(staging, refuse)
        dates = list(course_dates_changes(staging, refuse))
    found = to_enrollment(enrolled.item_type.write(enrolled.values))
    assert found is not None
    return found, to_course_dates(dates[0].item_type.write(dates[0].values) if dates else {})


def refuse(source: Source, reason: str) -> None:
    raise AssertionError(f"{source}: {reason}")


# --- Both -------------------------------------------------------------------------------------------------------------


def assert_both_agree(generated: Generated) -> None:
    key = parse_course_key(COURSE_ID)
    assert key is not None
    course = CourseOverview(key, self_paced=generated.self_paced)
    site = Site(relative_dates=WaffleFlag(everyone=generated.relative_dates))
    with database(generated) as learner:
        enrollment, course_dates = loaded(learner, generated.schedule)
        dates = learner_dates(course, course_dates, enrollment, User(learner.pk, "mona"), site)
        blocks = [
            Block(block.type, block.name, block.parent, graded=block.graded, start=start, due=due)
            for block, (start, due) in zip(TREE, generated.exported, strict=True)
        ]
        outline = Outline(key, blocks, dates=course_dates)
        viewer = Viewer(staff=False, beta_tester=False, groups=LearnerGroups({}, {}), now=NOW, dates=dates)

        # What the package itself answers.
        theirs = get_dates_for_course(COURSE, learner, use_cached=False)
        assert {(at.block_type, at.block_id, name): date for (at, name), date in theirs.items()} == dates.known

        # The assignments of the apps' home screen: a block structure, transformed.
        structure = BlockStructure(generated)
        DateOverrideTransformer(learner).transform(SimpleNamespace(course_key=COURSE), structure)
        assignments = assignments_of(outline, viewer, frozenset(), {}, None)
        assert {assignment.block for assignment in assignments} == set(SUBSECTIONS)
        for assignment in assignments:
            start = structure.fields[location(assignment.block), "start"]
            assert assignment.due == structure.fields[location(assignment.block), "due"]
            assert assignment.released is (start is None or start < NOW)

        # The courseware that a course's status walks through.
        field_data = DateLookupFieldData(Authored(generated), course_id=COURSE, user=learner, use_cached=False)
        for index in range(len(TREE)):
            start = XBlock(generated, index).read("start", field_data)
            assert outline.is_visible(index, viewer) is (start is None or start < NOW)


@SETTINGS
@given(extended_in_a_self_paced_course())
def test_an_extension_in_a_self_paced_course_with_relative_dates_is_what_edx_when_computes(
    generated: Generated,
) -> None:
    assert_both_agree(generated)


@settings(SETTINGS, max_examples=400)
@given(anything())
def test_whatever_edx_when_holds_is_read_as_it_reads_it(generated: Generated) -> None:
    assert_both_agree(generated)
