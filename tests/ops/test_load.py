"""Loading: what the table holds after dumps and exports, in any order, repeated, and next to the API's writes."""

import itertools
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.completions import block_digest
from lms.domain.course_dates import ContentDate, CourseDates
from lms.domain.course_team import CourseScope
from lms.domain.courses import (
    CohortContentGroup,
    CourseMode,
    CourseOverview,
    DurationLimit,
    MilestoneRequirement,
    UpgradeDeadlineConfig,
)
from lms.domain.enrollments import Certificate, Enrollment, Schedule, UserDate
from lms.domain.errors import UnavailableError
from lms.domain.keys import parse_course_key
from lms.domain.learners import Learner
from lms.domain.outline import Block, Outline
from lms.domain.partitions import UserPartition
from lms.domain.progress import Progress, moved
from lms.domain.site import WaffleFlag
from lms.domain.users import User, UserIdentifier
from lms.table import client, items
from lms.table.answers import AttemptFailedError
from lms.table.course_team import assign_role, read_account_and_list, revoke_role
from lms.table.courses import get_courses
from lms.table.learners import read_learner_and_site, read_learner_in_course, save_visit
from lms.table.outlines import from_blocks, to_blocks
from lms.table.requests import get_items
from lms.table.site import get_site
from lms.table.ttl_cache import forget_cached
from lms.table.users import get_user, read_account_and_find, record_login
from lms_lambda.dynamodb.tables import create_table
from lms_lambda.load.loader import Loader, ModelCount, ProgressListener
from lms_lambda.load.models.flags import RELATIVE_DATES
from tests.examples import one_in
from tests.ops.dumps import dump_row, load_files, stored_items, write_dump
from tests.world import COURSE_A, COURSE_B, DAY_ONE, WORKED_TREE, World, usage_key

pytestmark = pytest.mark.dynamodb_local

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
NO_ENROLLMENT = "there is no enrollment 55 in the files that are loaded together"
NOBODY = "there is no user 77"
CREATED = datetime(2026, 3, 2, 9, 30, 15, 123000, tzinfo=UTC)


def learner(username: str = "mona") -> Learner:
    return read_learner_and_site(username)[0]


def enrollment(username: str = "mona", course_id: str = COURSE_A) -> Enrollment | None:
    return next((found for found in learner(username).enrollments if found.course_id == course_id), None)


def progress(username: str = "mona", course_id: str = COURSE_A) -> Progress:
    return learner(username).progress[course_id]


def course(course_id: str = COURSE_A) -> CourseOverview:
    forget_cached()
    return get_courses([course_id])[course_id]


def owner(email: str | None = None, user_id: int | None = None) -> str | None:
    """The name of the user with that e-mail or id, as the API looks it up."""
    return read_account_and_find("nobody", UserIdentifier(email=email, user_id=user_id))[1]


def outline_of(course_id: str = COURSE_A, username: str = "mona") -> Sequence[Block]:
    return whole_outline_of(course_id, username).blocks


def dates_of(course_id: str, username: str = "mona") -> CourseDates:
    return whole_outline_of(course_id, username).dates


def whole_outline_of(course_id: str, username: str) -> Outline:
    key = parse_course_key(course_id)
    assert key is not None
    forget_cached()
    return read_learner_in_course(username, key).outline


def assign(role: str, username: str = "mona", course_id: str = COURSE_A) -> None:
    assign_role(username, course(course_id), role, "audit", NOW, str(uuid4()))


def revoke(username: str = "mona", course_id: str = COURSE_A) -> None:
    revoke_role(username, course_id, NOW, str(uuid4()))


def visit(positions: dict[str, int], username: str = "mona", course_id: str = COURSE_A) -> None:
    seen = learner(username).progress.get(course_id, Progress(course_id))
    save_visit(username, seen, moved(seen, positions, "course@course" in positions, NOW))


def reasons(world: World) -> list[tuple[str, str, str]]:
    """(model, pk, reason) of each rejected row."""
    return [(row.model, row.pk, row.reason) for row in world.rejections]


def throttled(is_turned_away: Callable[[int], bool]) -> Callable[[str, Any], Any]:
    """Stands in for `client._attempt`: turns away some of the writes, by their numbers from 0."""
    real, writes = client._attempt, itertools.count()

    def attempt(operation: str, arguments: Any) -> Any:
        if operation == "TransactWriteItems" and is_turned_away(next(writes)):
            raise AttemptFailedError("DynamoDB answered ThrottlingException", maybe_done=False)
        return real(operation, arguments)

    return attempt


def empty_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on with a new table."""
    name = f"test-{uuid4()}"
    monkeypatch.setenv("TABLE_NAME", name)
    create_table(name)
    forget_cached()


@pytest.fixture
def at_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """`at_the_last_moment(write)`: the API does `write` once, after the loader has read and before it writes."""

    def interleave(write: Callable[[], None]) -> None:
        todo = [write]

        def read_then_lose_the_race(*arguments: Any, **named: Any) -> Any:
            found = get_items(*arguments, **named)
            if todo:
                todo.pop()()
            return found

        monkeypatch.setattr("lms.table.change_writer.get_items", read_then_lose_the_race)

    return interleave


def fill(world: World) -> None:
    """A small site with a row of every model that the loader reads."""
    world.user("mona", 4711, last_login="2026-03-31T08:00:00Z")
    world.user("nora", 4712, name="Nora", is_staff=True, is_superuser=True, is_active=False)
    world.row("user_api.userpreference", 1, user=4711, key="time_zone", value="Asia/Tokyo")
    world.row("user_api.userpreference", 2, user=4711, key="pref-lang", value="de")
    world.row("milestones.usermilestone", 1, user_id=4711, milestone=3, active=True)
    world.row("milestones.usermilestone", 2, user_id=4711, milestone=4, active=False)
    world.course(COURSE_A, days_early_for_beta=2.5, self_paced=True, certificate_available_date="2026-08-01T00:00:00Z")
    world.course(COURSE_B)
    world.row("course_overviews.courseoverviewtab", 1, course_overview=COURSE_A, tab_id="discussion")
    world.row("course_overviews.courseoverviewtab", 2, course_overview=COURSE_A, tab_id="wiki")
    world.row(
        "discussions.discussionsconfiguration", COURSE_A, enabled=False, provider_type="yellowdig", lti_configuration=7
    )
    enrolled = world.enroll("mona", COURSE_A)
    world.enroll("nora", COURSE_A, mode="verified", is_active=False)
    world.enroll("mona", COURSE_B, created="2026-03-03T00:00:00Z")
    world.row("student.fbeenrollmentexclusion", 1, enrollment=enrolled)
    schedule = {"start_date": "2026-03-16T00:00:00Z", "created": "2026-03-02T09:30:15.200Z"}
    world.row("schedules.schedule", 1, enrollment=enrolled, upgrade_deadline="2026-05-01T00:00:00Z", **schedule)
    world.row("edx_when.userdate", 1, user=4711, content_date=31, modified=DAY_ONE, abs_date=DAY_ONE, rel_date=None)
    world.row("edx_when.datepolicy", 21, abs_date="2026-07-01T00:00:00Z", rel_date=None)
    world.row("edx_when.datepolicy", 22, abs_date=None, rel_date="14 00:00:00")
    content_date: dict[str, Any] = {"course_id": COURSE_A, "active": True}
    essay, whole = usage_key(COURSE_A, "sequential", "s11"), usage_key(COURSE_A, "course", "course")
    world.row("edx_when.contentdate", 31, policy=22, location=essay, field="due", **content_date)
    world.row("edx_when.contentdate", 30, policy=21, location=whole, field="end", **content_date)
    world.row("edx_when.contentdate", 32, policy=21, location=essay, field="due", **content_date | {"active": False})
    world.row("edx_when.contentdate", 33, policy=21, location=essay, field="other", **content_date)
    world.row("edx_when.contentdate", 34, policy=21, location=None, field="due", **content_date)
    world.row("waffle.flag", 1, name=RELATIVE_DATES, everyone=None, staff=True, superusers=True)
    for pk, enabled in ((1, True), (2, False)):
        override: dict[str, Any] = {"waffle_flag": RELATIVE_DATES, "enabled": enabled, "override_choice": "on"}
        world.row("waffle_utils.waffleflagorgoverridemodel", pk, org="MoreX", **override)
    world.row("waffle_utils.waffleflagorgoverridemodel", 3, org="DemoX", **override | {"enabled": True})
    override |= {"enabled": True, "override_choice": "off"}
    world.row("waffle_utils.waffleflagcourseoverridemodel", 1, course_id=COURSE_A, **override)
    world.row(
        "certificates.generatedcertificate",
        1,
        user=4711,
        course_id=COURSE_A,
        status="downloadable",
        mode="honor",
        download_url="https://certs.example.org/1.pdf",
        verify_uuid="0123456789abcdef0123456789abcdef",
    )
    world.mode("audit", pk=11)
    world.mode("verified", pk=12, min_price=49, _expiration_datetime="2026-06-01T00:00:00Z", sku="A1", android_sku="")
    world.role("mona", "beta_testers", COURSE_A)
    world.role("mona", "staff", COURSE_B)
    world.role("nora", "instructor", org="DemoX")
    world.row("django_comment_common.role", 1, name="Moderator", course_id=COURSE_A, users=[4711, 4712])
    world.state("mona", ("course", "course"), {"position": 2}, "2026-03-20T10:00:00Z")
    world.state("mona", ("chapter", "ch1"), {"position": 1}, "2026-03-21T10:00:00Z")
    world.completion("mona", ("html", "h1"), "2026-03-18T10:00:00Z")
    world.completion("mona", ("html", "h2"), "2026-03-19T10:00:00Z", created="2026-03-17T10:00:00Z")
    world.row("course_groups.coursecohortssettings", 1, course_id=COURSE_A, is_cohorted=True)
    for cohort in (11, 12):
        named = {"name": f"Cohort {cohort}", "group_type": "cohort", "users": [4711]}
        world.row("course_groups.courseusergroup", cohort, course_id=COURSE_A, **named)
    world.row("course_groups.cohortmembership", 1, course_user_group=11, user=4711, course_id=COURSE_A)
    world.row("course_groups.courseusergrouppartitiongroup", 1, course_user_group=11, partition_id=100, group_id=2)
    for number, partition in ((1, 102), (2, 101)):
        tag = f"xblock.partition_service.partition_{partition}"
        world.row("user_api.usercoursetag", number, user=4711, course_id=COURSE_A, key=tag, value="1")
    world.row("organizations.organization", 5, short_name="DemoX", logo="organization_logos/demo.png", active=True)
    world.row("organizations.organizationcourse", 1, course_id=COURSE_A, organization=5, active=True)
    world.row("milestones.milestonerelationshiptype", 1, name="requires")
    world.row("milestones.milestonerelationshiptype", 2, name="fulfills")
    world.row("milestones.milestone", 3, namespace="n", name="m", active=True)
    milestone: dict[str, Any] = {"milestone": 3, "active": True}
    world.row("milestones.coursemilestone", 1, course_id=COURSE_A, milestone_relationship_type=1, **milestone)
    world.row("milestones.coursemilestone", 2, course_id=COURSE_B, milestone_relationship_type=2, **milestone)
    content = usage_key(COURSE_A, "sequential", "s11")
    of_content = {"course_id": COURSE_A, "content_id": content, "milestone_relationship_type": 2}
    world.row("milestones.coursecontentmilestone", 1, **of_content, **milestone)
    of_course = {"course_id": COURSE_A, "enabled": True, "opt_out": True, "deadline_days": 21}
    world.row("courseware.coursedynamicupgradedeadlineconfiguration", 1, **of_course)
    world.row("courseware.dynamicupgradedeadlineconfiguration", 1, enabled=True, deadline_days=21)
    world.row("courseware.orgdynamicupgradedeadlineconfiguration", 1, org_id="DemoX", enabled=True, opt_out=True)
    limit: dict[str, Any] = {"enabled": True, "enabled_as_of": "2026-01-01T00:00:00Z"}
    world.row("course_duration_limits.coursedurationlimitconfig", 1, **limit)
    world.row("course_duration_limits.coursedurationlimitconfig", 2, course=COURSE_A, enabled=False)
    world.row("mobile_api.mobileconfig", 1, name="iap_config", value='{"a": 1}')
    world.row("mobile_api.ignoremobileavailableflagconfig", 1, enabled=True, change_date="2026-01-01T00:00:00Z")
    site_values = json.dumps({"course_org_filter": ["DemoX"], "SECRET": "hidden"})
    world.row("site_configuration.siteconfiguration", 1, site=1, enabled=True, site_values=site_values)
    world.row("sessions.session", "abc", session_data="x")


class TestEveryFact:
    """One load of a row of every model; each test looks at one item."""

    @pytest.fixture(autouse=True)
    def site(self, world: World) -> None:
        fill(world)
        report = world.load()
        assert (report.exit_code, world.rejections) == (0, [])

    def test_a_user_holds_the_account_the_profile_the_time_zone_and_the_milestones(self) -> None:
        assert get_user("mona") == User(
            id=4711,
            username="mona",
            email="mona@example.org",
            name="Mona Demo",
            active=True,
            staff=False,
            superuser=False,
            time_zone="Asia/Tokyo",
            last_login=datetime(2026, 3, 31, 8, tzinfo=UTC),
            milestones=frozenset({3}),
        )
        assert get_user("NORA") == User(
            4712, "nora", "nora@example.org", "Nora", active=False, staff=True, superuser=True
        )

    def test_a_user_is_found_by_e_mail_in_any_case_and_by_id(self) -> None:
        assert owner(email="Mona@Example.ORG") == "mona"
        assert owner(user_id=4712) == "nora"

    def test_an_enrollment_holds_its_certificate_schedule_exclusion_and_extensions(self) -> None:
        assert enrollment("mona", COURSE_A) == Enrollment(
            COURSE_A,
            created=CREATED,
            mode="audit",
            active=True,
            certificate=Certificate(
                "downloadable", "honor", "https://certs.example.org/1.pdf", "0123456789abcdef0123456789abcdef"
            ),
            upgrade_deadline=datetime(2026, 5, 1, tzinfo=UTC),
            excluded_from_fbe=True,
            cohort=11,
            random_groups={"101": 1, "102": 1},
            schedule=Schedule(datetime(2026, 3, 16, tzinfo=UTC), CREATED.replace(microsecond=200000)),
            user_dates=(UserDate(31, datetime(2026, 3, 16, tzinfo=UTC)),),
        )
        assert enrollment("mona", COURSE_B) == Enrollment(COURSE_B, datetime(2026, 3, 3, tzinfo=UTC))
        assert enrollment("nora", COURSE_A) == Enrollment(COURSE_A, CREATED, "verified", active=False)

    def test_roles_are_those_on_courses_on_organizations_and_in_forums(self) -> None:
        mona, nora = learner("mona").roles, learner("nora").roles

        assert mona.on_courses == {COURSE_A: {"beta_testers": "DemoX"}, COURSE_B: {"staff": "DemoX"}}
        assert mona.in_forums == {COURSE_A: frozenset({"Moderator"})}
        assert nora.on_orgs == {"DemoX": frozenset({"instructor"})}
        assert nora.in_forums == {COURSE_A: frozenset({"Moderator"})}

    def test_progress_is_the_positions_and_the_latest_of_what_happened(self) -> None:
        assert progress() == Progress(
            COURSE_A,
            positions={"course@course": 2, "chapter@ch1": 1},
            course_state_modified=datetime(2026, 3, 20, 10, tzinfo=UTC),
            latest_state_modified=datetime(2026, 3, 21, 10, tzinfo=UTC),
            last_completed_block="block-v1:DemoX+DX101+2026_T1+type@html+block@h2",
            last_completed_at=datetime(2026, 3, 19, 10, tzinfo=UTC),
            latest_completion_created=datetime(2026, 3, 18, 10, tzinfo=UTC),
        )

    def test_completions_are_kept_block_by_block(self) -> None:
        [stored] = [item for (_, sort), item in stored_items().items() if sort == f"COMPLETION#{COURSE_A}"]

        assert items.COMPLETION.read(stored)["completed"] == {block_digest("html", "h1"), block_digest("html", "h2")}

    def test_a_course_holds_its_overview_and_everything_that_points_at_it(self) -> None:
        key = parse_course_key(COURSE_A)
        assert key is not None
        assert course() == CourseOverview(
            key,
            name="Demo DX101",
            org="DemoX",
            display_number="DX101",
            display_org="DemoX",
            start=datetime(2026, 3, 16, tzinfo=UTC),
            end=datetime(2026, 7, 1, tzinfo=UTC),
            image_url="/asset-v1:DemoX+DX101+2026_T1+type@asset+block@a.png",
            logo="organization_logos/demo.png",
            self_paced=True,
            mobile_available=True,
            days_early_for_beta=2.5,
            certificates_display_behavior="end",
            certificate_available_date=datetime(2026, 8, 1, tzinfo=UTC),
            discussion_tab=True,
            discussion_enabled=False,
            discussion_lti=True,
            modes=(
                CourseMode("audit"),
                CourseMode("verified", 49, datetime(2026, 6, 1, tzinfo=UTC), "A1", android_sku=""),
            ),
            duration_limit=DurationLimit(False),
            upgrade_deadline_config=UpgradeDeadlineConfig(True, True),
            requires=(MilestoneRequirement(3, by_course=True, by_content=True),),
            cohorted=True,
            content_groups=(CohortContentGroup(11, "100", 2),),
        )

    def test_a_course_holds_the_dates_of_its_blocks_that_are_in_force(self) -> None:
        dates = dates_of(COURSE_A)

        assert dates.content_dates == [
            ContentDate(30, "course", "course", "end", abs_date=datetime(2026, 7, 1, tzinfo=UTC)),
            ContentDate(31, "sequential", "s11", "due", rel_date=timedelta(days=14)),
        ]
        assert dates.relative_dates is False

    def test_the_site_holds_its_configuration_and_no_secret(self) -> None:
        site = get_site()

        assert site.mobile_configs == {"iap_config": '{"a": 1}'}
        assert site.ignores_mobile_available
        assert site.org_filter == frozenset({"DemoX"})
        assert site.duration_limit == DurationLimit(True, datetime(2026, 1, 1, tzinfo=UTC))
        assert site.upgrade_deadlines_enabled
        assert site.org_upgrade_deadlines == {"DemoX": UpgradeDeadlineConfig(True, True)}
        assert site.relative_dates == WaffleFlag(staff=True, superusers=True)
        assert site.org_relative_dates == {"DemoX": True}
        assert "hidden" not in str(stored_items())

    def test_courses_are_listed_by_organization_in_any_case(self) -> None:
        _, listed = read_account_and_list("mona", CourseScope(orgs=frozenset({"DEMOX"})))

        assert [str(listing.key) for listing in listed] == [COURSE_A, COURSE_B]


class TestReport:
    def test_rows_are_counted_by_model_and_items_by_outcome(self, world: World) -> None:
        fill(world)

        report = world.load()

        assert report.models["auth.user"] == ModelCount(read=2)
        assert report.models["user_api.userpreference"] == ModelCount(read=2, skipped=1)
        assert report.models["sessions.session"] == ModelCount(read=1, skipped=1)
        assert report.models["student.courseenrollment"] == ModelCount(read=3)
        assert report.models["student.courseenrollment"].written == 3
        # 2 users, 3 enrollments, 4 roles, 1 progress, 1 set of completions, 2 courses, 1 course's dates, 1 site
        assert report.items == {"written": 15}

    def test_a_model_that_the_api_does_not_need_is_skipped_whatever_its_rows_hold(self, world: World) -> None:
        world.row("oauth2_provider.accesstoken", 1, user="nobody", expires=5)

        report = world.load()

        assert (report.exit_code, world.rejections) == (0, [])
        assert report.models == {"oauth2_provider.accesstoken": ModelCount(read=1, skipped=1)}

    @pytest.mark.usefixtures("table")
    def test_a_rejected_row_is_named_by_file_place_model_pk_and_reason(self, tmp_path: Path) -> None:
        rows: list[Any] = [
            dump_row("auth.user", 1, username="mona"),
            dump_row("auth.user", 2, username=""),
            [],
            dump_row("student.courseenrollment", 9, user=77, course=COURSE_A, is_active=True, mode="audit"),
        ]

        loaded = load_files(write_dump(tmp_path / "users.json", rows))

        assert loaded.rejected_rows == [
            (
                "users.json",
                "row 2",
                "auth.user",
                "2",
                "username: Value should have at least 1 item after validation, not 0",
            ),
            ("users.json", "row 3", "", "", "not an object"),
            ("users.json", "row 4", "student.courseenrollment", "9", NOBODY),
        ]
        assert loaded.report.exit_code == 1
        assert loaded.report.models["auth.user"] == ModelCount(read=2, rejected=1)
        assert loaded.report.models["student.courseenrollment"] == ModelCount(read=1, rejected=1)
        assert get_user("mona") == User(1, "mona")

    @pytest.mark.usefixtures("table")
    def test_one_unusable_file_does_not_keep_the_others_out(self, tmp_path: Path) -> None:
        bad, good = tmp_path / "bad.json", tmp_path / "good.json"
        bad.write_text("hello")

        loaded = load_files(bad, tmp_path / "none.json", write_dump(good, [dump_row("auth.user", 1, username="mona")]))

        assert loaded.report.exit_code == 2
        assert [text.rpartition("/")[2] for text in loaded.report.unusable] == [
            "bad.json: it is neither a dump of Django (JSON) nor a course export (OLX)",
            "none.json: No such file or directory",
        ]
        assert get_user("mona") == User(1, "mona")

    @pytest.mark.parametrize(
        ("model", "pk"),
        [("student.userprofile", "\ud800"), ("organizations.organization", "\ud800"), ("a.\ud800", "1")],
        ids=["profile", "organization", "model"],
    )
    def test_a_pk_or_model_that_is_no_utf8_is_one_bad_row(self, world: World, model: str, pk: str) -> None:
        world.user("mona", 4711)
        world.row(model, pk, user=4711, name="Mona", logo="x")

        report = world.load()

        assert report.exit_code == 1
        # So that it can be printed.
        assert all(name.isprintable() for name in report.models)
        assert get_user("mona") is not None


class TestOrderAndRepetition:
    def test_loading_twice_writes_nothing(self, world: World) -> None:
        fill(world)
        world.export(WORKED_TREE)
        rows, files = world.rows, world.files
        world.load()
        before = stored_items()
        world.rows, world.files = rows, files

        report = world.load()

        assert report.items["written"] == 0
        assert report.exit_code == 0
        assert stored_items() == before

    @pytest.mark.parametrize("seed", range(5))
    def test_rows_in_any_order_give_the_same_table(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        fill(world)
        rows = world.rows
        world.load()
        expected = stored_items()
        shuffled = rows[::-1] if seed == 0 else random.Random(seed).sample(rows, len(rows))
        empty_table(monkeypatch)

        load_files(write_dump(tmp_path / "shuffled.json", shuffled))

        assert stored_items() == expected

    @pytest.mark.parametrize("seed", range(3))
    def test_files_in_any_order_and_form_give_the_same_table(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
    ) -> None:
        fill(world)
        export = world.export(WORKED_TREE)
        rows = world.rows
        world.load()
        expected = stored_items()
        parts = [rows[number::4] for number in range(4)]
        names = ("a.json", "b.jsonl", "c.json.gz", "d.jsonl.gz")
        files = [write_dump(tmp_path / name, part) for name, part in zip(names, parts, strict=True)]
        empty_table(monkeypatch)

        load_files(*random.Random(seed).sample([*files, export], 5))

        assert stored_items() == expected

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_of_completions_that_changed_at_one_moment_the_same_is_the_last_in_any_order(
        self, world: World, order: Sequence[int]
    ) -> None:
        world.user("mona")
        completed = [("html", "h1", 501), ("html", "h2", 502)]
        for number in order:
            block_type, name, pk = completed[number]
            world.completion("mona", (block_type, name), "2026-03-18T10:00:00Z", pk=pk)

        world.load()

        assert progress().last_completed_block == usage_key(COURSE_A, "html", "h2")

    @pytest.mark.parametrize("orgs", list(itertools.permutations(["DemoX", "OtherX"])))
    def test_of_rows_for_one_role_the_one_with_the_courses_own_organization_counts(
        self, world: World, orgs: Sequence[str]
    ) -> None:
        world.user("mona")
        for org in orgs:
            world.role("mona", "staff", COURSE_A, org=org)

        world.load()

        assert learner().roles.on_courses == {COURSE_A: {"staff": "DemoX"}}

    @pytest.mark.usefixtures("table")
    def test_a_row_that_is_read_again_replaces_what_it_said_before(self, tmp_path: Path) -> None:
        user = dump_row("auth.user", 1, username="mona")
        forum = dump_row("django_comment_common.role", 5, name="Moderator", course_id=COURSE_A, users=[1])
        old = write_dump(tmp_path / "old.json", [user, dump_row("student.userprofile", 8, user=1, name="Old"), forum])
        profile = dump_row("student.userprofile", 8, user=1, name="New")
        new = write_dump(tmp_path / "new.json", [profile, forum | {"fields": forum["fields"] | {"users": []}}])

        load_files(old, new)

        assert get_user("mona") == User(1, "mona", name="New")
        assert learner().roles.in_forums == {}


class TestSeveralLoads:
    def test_rows_of_several_loads_merge_into_one_item(self, world: World) -> None:
        world.user("Mona", 4711, name=None)
        world.load()
        world.row("student.userprofile", 1, user=4711, name="Mona Demo")
        world.load()
        world.row("user_api.userpreference", 1, user=4711, key="time_zone", value="Asia/Tokyo")
        world.load()
        world.enroll("Mona", COURSE_A)
        world.role("Mona", "staff", COURSE_A)
        world.load()

        assert world.rejections == []
        assert get_user("mona") == User(4711, "Mona", "Mona@example.org", name="Mona Demo", time_zone="Asia/Tokyo")
        assert enrollment() == Enrollment(COURSE_A, CREATED)
        assert learner().roles.on_courses == {COURSE_A: {"staff": "DemoX"}}

    def test_a_later_dump_updates_and_removes_values(self, world: World) -> None:
        world.user("mona", 4711)
        world.course(COURSE_A, advertised_start="Spring", days_early_for_beta=2.5)
        world.enroll(created="2026-03-01T00:00:00Z", pk=1)
        world.mode("audit", pk=1)
        world.mode("verified", pk=2)
        world.load()
        world.user("mona", 4711, is_staff=True)
        world.course(COURSE_A, end=None, display_name=None, start="2026-04-01T00:00:00Z", self_paced=True)
        world.enroll(created=None, mode="verified", is_active=False, pk=1)
        world.mode("honor", pk=3)
        report = world.load()

        loaded = course()
        assert (loaded.end, loaded.name, loaded.advertised_start, loaded.days_early_for_beta) == (
            None,
            None,
            None,
            None,
        )
        assert (loaded.start, loaded.self_paced) == (datetime(2026, 4, 1, tzinfo=UTC), True)
        assert [mode.slug for mode in loaded.modes] == ["honor"]
        assert enrollment() == Enrollment(COURSE_A, None, "verified", active=False)
        assert get_user("mona") == User(4711, "mona", "mona@example.org", "Mona Demo", staff=True)
        assert report.items == {"written": 3}

    def test_a_later_login_is_never_taken_back(self, world: World) -> None:
        world.user("mona", 4711, last_login="2026-03-01T00:00:00Z")
        world.load()
        record_login("mona", NOW)
        world.user("mona", 4711, last_login="2026-03-02T00:00:00Z")

        world.load()

        user = get_user("mona")
        assert user is not None
        assert user.last_login == NOW

    def test_a_changed_e_mail_moves_its_lookup(self, world: World) -> None:
        world.user("mona", 4711, email="old@example.org")
        world.load()
        world.user("mona", 4711, email="New@example.org")
        world.load()

        assert owner(email="old@example.org") is None
        assert owner(email="new@example.org") == "mona"

    def test_an_e_mail_that_is_gone_has_no_lookup(self, world: World) -> None:
        world.user("mona", 4711, email="old@example.org")
        world.load()
        world.user("mona", 4711, email="")
        world.load()

        assert owner(email="old@example.org") is None
        assert owner(user_id=4711) == "mona"

    def test_an_e_mail_can_pass_to_another_user(self, world: World) -> None:
        world.user("mona", 4711, email="shared@example.org")
        world.load()
        world.user("mona", 4711, email="mona@example.org")
        world.user("nora", 4712, email="shared@example.org")
        world.load()

        assert world.rejections == []
        assert owner(email="shared@example.org") == "nora"
        assert owner(email="mona@example.org") == "mona"

    def test_another_spelling_of_a_username_is_the_same_user(self, world: World) -> None:
        world.user("mona", 4711)
        world.load()
        world.user("Mona", 4711, email="mona@example.org")
        world.load()

        assert world.rejections == []
        user = get_user("mona")
        assert user is not None
        assert user.username == "Mona"
        assert owner(user_id=4711) == "Mona"


class TestRowsThatPointAtNothing:
    @pytest.mark.usefixtures("table")
    @pytest.mark.parametrize(
        ("model", "fields", "reason"),
        [
            ("student.userprofile", {"user": 77, "name": "x"}, NOBODY),
            ("user_api.userpreference", {"user": 77, "key": "time_zone", "value": "UTC"}, NOBODY),
            ("milestones.usermilestone", {"user_id": 77, "milestone": 3}, NOBODY),
            ("student.courseenrollment", {"course": COURSE_A, "user": 77, "is_active": True, "mode": "x"}, NOBODY),
            ("certificates.generatedcertificate", {"course_id": COURSE_A, "user": 77, "status": "x"}, NOBODY),
            ("student.courseaccessrole", {"course_id": COURSE_A, "user": 77, "role": "staff"}, NOBODY),
            ("student.courseaccessrole", {"org": "DemoX", "user": 77, "role": "staff"}, NOBODY),
            ("django_comment_common.role", {"course_id": COURSE_A, "name": "x", "users": [77, 78]}, NOBODY),
            (
                "courseware.studentmodule",
                {
                    "student": 77,
                    "course_id": COURSE_A,
                    "module_state_key": usage_key(COURSE_A, "course", "course"),
                    "modified": "2026-03-01T00:00:00Z",
                },
                NOBODY,
            ),
            (
                "completion.blockcompletion",
                {
                    "user": 77,
                    "context_key": COURSE_A,
                    "block_key": "x",
                    "completion": 1.0,
                    "created": "2026-03-01T00:00:00Z",
                    "modified": "2026-03-01T00:00:00Z",
                },
                NOBODY,
            ),
            ("course_groups.cohortmembership", {"course_id": COURSE_A, "user": 77, "course_user_group": 1}, NOBODY),
            (
                "user_api.usercoursetag",
                {
                    "course_id": COURSE_A,
                    "user": 77,
                    "key": "xblock.partition_service.partition_1",
                    "value": "1",
                },
                NOBODY,
            ),
            (
                "course_groups.courseusergrouppartitiongroup",
                {"course_user_group": 5, "partition_id": 100, "group_id": 1},
                "there is no cohort 5 in the files that are loaded together",
            ),
            (
                "schedules.schedule",
                {"enrollment": 55},
                NO_ENROLLMENT,
            ),
            (
                "student.fbeenrollmentexclusion",
                {"enrollment": 55},
                NO_ENROLLMENT,
            ),
            (
                "edx_when.userdate",
                {"user": 1, "content_date": 31, "modified": DAY_ONE},
                "there is no content date 31 in the files that are loaded together",
            ),
            (
                "edx_when.contentdate",
                {"course_id": COURSE_A, "policy": 21, "field": "due"},
                "there is no date policy 21 in the files that are loaded together",
            ),
            (
                "organizations.organizationcourse",
                {"course_id": COURSE_A, "organization": 5},
                "there is no organization 5 in the files loaded together",
            ),
            (
                "milestones.coursemilestone",
                {"course_id": COURSE_A, "milestone": 3, "milestone_relationship_type": 1},
                "its milestone or relationship type is not in the files that are loaded together",
            ),
        ],
    )
    def test_a_row_that_points_at_nothing_is_rejected_once(
        self, tmp_path: Path, model: str, fields: dict[str, Any], reason: str
    ) -> None:
        rows = [dump_row("auth.user", 1, username="mona"), dump_row(model, 9, **fields)]

        loaded = load_files(write_dump(tmp_path / "dump.jsonl", rows))

        assert loaded.rejected_rows == [("dump.jsonl", "line 2", model, "9", reason)]
        assert loaded.report.exit_code == 1
        assert loaded.report.models[model] == ModelCount(read=1, rejected=1)
        assert get_user("mona") == User(1, "mona")

    def test_a_forum_role_with_one_unknown_user_still_counts_for_the_others(self, world: World) -> None:
        world.user("mona", 4711)
        world.row("django_comment_common.role", 5, name="Moderator", course_id=COURSE_A, users=[4711, 77])

        world.load()

        assert reasons(world) == [("django_comment_common.role", "5", NOBODY)]
        assert learner().roles.in_forums == {COURSE_A: frozenset({"Moderator"})}


class TestExtensions:
    MARCH_20, MARCH_21 = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 21, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("rows", "kept"),
        [
            # (content date, abs_date, rel_date) from the latest to the first
            ([(31, "21", None), (31, "20", None)], [UserDate(31, MARCH_21)]),
            ([(31, None, "2"), (31, None, "1")], [UserDate(31, rel_date=timedelta(days=2))]),
            (
                [(31, None, "2"), (31, None, "1"), (31, "21", None), (31, None, "3"), (31, "20", None)],
                [UserDate(31, MARCH_21), UserDate(31, rel_date=timedelta(days=2))],
            ),
            ([(31, "21", None), (32, "20", None)], [UserDate(32, MARCH_20), UserDate(31, MARCH_21)]),
            ([(31, None, None)], [UserDate(31)]),
        ],
        ids=["the latest", "the latest that adds days", "and the latest date behind it", "of each date", "taken back"],
    )
    def test_of_a_learners_extensions_those_that_can_count_are_kept(
        self, world: World, rows: list[tuple[int, str | None, str | None]], kept: list[UserDate]
    ) -> None:
        user = world.user()
        world.enroll()
        world.row("edx_when.datepolicy", 21, rel_date="14 00:00:00")
        for pk in (31, 32):
            place = usage_key(COURSE_A, "sequential", f"s{pk}")
            world.row("edx_when.contentdate", pk, course_id=COURSE_A, policy=21, location=place, field="due")
        for number, (pk, day, days) in enumerate(rows):
            dates = {
                "abs_date": day and f"2026-03-{day}T00:00:00Z",
                "rel_date": days and f"{days} 00:00:00",
                "modified": f"2026-03-{25 - number}T00:00:00Z",
            }
            world.row("edx_when.userdate", user=user, content_date=pk, **dates)
        world.load()

        found = enrollment()
        assert found is not None
        assert list(found.user_dates) == kept

    def test_of_two_that_changed_at_one_moment_the_newer_row_is_the_later(self, world: World) -> None:
        user = world.user()
        world.enroll()
        world.row("edx_when.datepolicy", 21, rel_date="14 00:00:00")
        place = usage_key(COURSE_A, "sequential", "s11")
        world.row("edx_when.contentdate", 31, course_id=COURSE_A, policy=21, location=place, field="due")
        for pk, day in ((10, 21), (9, 20)):
            date = f"2026-03-{day}T00:00:00Z"
            world.row("edx_when.userdate", pk, user=user, content_date=31, abs_date=date, modified=DAY_ONE)
        world.load()

        found = enrollment()
        assert found is not None
        assert found.user_dates == (UserDate(31, self.MARCH_21),)

    def test_a_schedule_without_a_start_is_none(self, world: World) -> None:
        world.user()
        world.row("schedules.schedule", enrollment=world.enroll(), start_date=None, created=DAY_ONE)
        world.load()

        found = enrollment()
        assert found is not None
        assert found.schedule is None


class TestClashes:
    def test_of_two_users_with_one_e_mail_in_a_dump_the_second_is_rejected(self, world: World) -> None:
        world.user("mona", 4711, email="Same@example.org")
        world.user("nora", 4712, email="same@example.org", name=None)
        world.enroll("nora", pk=9)

        world.load()

        assert reasons(world) == [
            ("auth.user", "4712", "another user of the dump has the same e-mail"),
            ("student.courseenrollment", "9", "there is no user 4712"),
        ]
        assert owner(email="same@example.org") == "mona"
        assert learner("mona").enrollments == []
        assert get_user("nora") is None

    def test_of_two_users_whose_names_differ_only_in_case_the_second_is_rejected(self, world: World) -> None:
        world.user("mona", 4711)
        world.user("Mona", 4712, email="other@example.org", name=None)
        world.enroll("Mona", pk=9)

        world.load()

        assert reasons(world) == [
            ("auth.user", "4712", "another user of the dump has the same username, but for letter case"),
            ("student.courseenrollment", "9", "there is no user 4712"),
        ]
        assert learner("mona").enrollments == []
        assert owner(email="other@example.org") is None

    def test_many_users_may_have_no_e_mail(self, world: World) -> None:
        world.user("mona", 4711, email="")
        world.user("nora", 4712, email="")

        assert world.load().exit_code == 0

    def test_a_user_whose_e_mail_is_anothers_in_the_table_is_rejected_with_all_that_is_theirs(
        self, world: World
    ) -> None:
        world.user("mona", 4711, email="mona@example.org")
        world.load()
        world.user("nora", 4712, email="MONA@example.org", name=None)
        world.enroll("nora", pk=9)
        world.role("nora", "staff", COURSE_A)

        report = world.load()

        assert [(model, reason) for model, _, reason in reasons(world)] == [
            ("auth.user", "its e-mail is that of another user in the table"),
            ("student.courseenrollment", "there is no user 4712"),
            ("student.courseaccessrole", "there is no user 4712"),
        ]
        assert report.items["written"] == 0
        assert owner(email="mona@example.org") == "mona"
        assert owner(user_id=4712) is None

    def test_a_user_whose_name_is_anothers_in_the_table_is_rejected_with_all_that_is_theirs(self, world: World) -> None:
        world.user("mona", 4711)
        world.load()
        world.user("mona", 5000, email="other@example.org", name=None)
        world.enroll("mona", pk=9)

        world.load()

        assert reasons(world) == [
            ("auth.user", "5000", "the username is that of user 4711 in the table"),
            ("student.courseenrollment", "9", "there is no user 5000"),
        ]
        assert get_user("mona") == User(4711, "mona", "mona@example.org", "Mona Demo")
        assert learner("mona").enrollments == []
        assert owner(email="other@example.org") is None

    def test_a_clash_in_a_dump_of_users_that_are_in_the_table_leaves_the_second_as_it_was(self, world: World) -> None:
        world.user("mona", 9, email="mona@example.org")
        world.user("nora", 10, email="nora@example.org")
        world.load()
        world.user("mona", 9, email="same@example.org")
        world.user("nora", 10, email="same@example.org", is_staff=True)

        world.load()

        assert ("auth.user", "10", "another user of the dump has the same e-mail") in reasons(world)
        assert owner(email="same@example.org") == "mona"
        assert owner(email="nora@example.org") == "nora"
        nora = get_user("nora")
        assert nora is not None
        assert (nora.email, nora.staff) == ("nora@example.org", False)

    def test_a_name_too_long_for_a_key_is_one_rejected_row(self, world: World) -> None:
        world.user("mona", 4711, email="m" * 2048 + "@example.org", name=None)
        world.user("nora", 4712)

        world.load()

        assert reasons(world) == [("auth.user", "4711", "its key is too long for DynamoDB")]
        assert get_user("nora") is not None

    def test_a_value_that_dynamodb_refuses_is_one_rejected_row(self, world: World) -> None:
        world.user("mona", 4711, name="m" * 420_000)
        world.user("nora", 4712)

        world.load()

        assert {(model, reason) for model, _, reason in reasons(world)} == {
            ("auth.user", "DynamoDB refuses it: ValidationException"),
            ("student.userprofile", "DynamoDB refuses it: ValidationException"),
        }
        assert get_user("nora") is not None


class TestRoles:
    @pytest.mark.parametrize("roles", list(itertools.permutations(["staff", "instructor"])))
    def test_both_team_roles_on_a_course_collapse_to_instructor(self, world: World, roles: Sequence[str]) -> None:
        world.user("mona")
        for role in roles:
            world.role("mona", role, COURSE_A)

        world.load()

        assert learner().roles.on_courses == {COURSE_A: {"instructor": "DemoX"}}

    def test_both_team_roles_on_an_organization_are_kept(self, world: World) -> None:
        world.user("mona")
        world.role("mona", "staff", org="DemoX")
        world.role("mona", "instructor", org="DemoX")

        world.load()

        assert learner().roles.on_orgs == {"DemoX": frozenset({"staff", "instructor"})}

    def test_other_roles_and_forum_roles_stand_next_to_a_team_role(self, world: World) -> None:
        user = world.user("mona")
        world.role("mona", "beta_testers", COURSE_A)
        world.role("mona", "instructor", COURSE_A)
        for name in ("Moderator", "Group Moderator"):
            world.row("django_comment_common.role", name=name, course_id=COURSE_A, users=[user])

        world.load()

        assert learner().roles.on_courses == {COURSE_A: {"instructor": "DemoX", "beta_testers": "DemoX"}}
        assert learner().roles.in_forums == {COURSE_A: frozenset({"Moderator", "Group Moderator"})}


class TestCourses:
    def test_modes_stand_in_the_order_of_their_numbers(self, world: World) -> None:
        world.course()
        for pk, slug in ((100, "verified"), (9, "honor"), (20, "audit")):
            world.mode(slug, pk=pk)

        world.load()

        assert [mode.slug for mode in course().modes] == ["honor", "audit", "verified"]

    def test_only_active_requirements_count_whether_or_not_their_milestone_is_active(self, world: World) -> None:
        world.course()
        world.row("milestones.milestonerelationshiptype", 1, name="requires")
        world.row("milestones.milestonerelationshiptype", 2, name="fulfills")
        for milestone, active in ((3, True), (4, True), (5, False)):
            world.row("milestones.milestone", milestone, namespace="n", name="m", active=active)
        for pk, (milestone, relation, active) in enumerate(
            [(3, 1, True), (4, 1, False), (5, 1, True), (3, 2, False), (4, 2, True)]
        ):
            world.row(
                "milestones.coursemilestone",
                pk + 1,
                course_id=COURSE_A,
                milestone=milestone,
                milestone_relationship_type=relation,
                active=active,
            )

        world.load()

        assert course().requires == (MilestoneRequirement(3), MilestoneRequirement(5))

    @pytest.mark.parametrize(
        ("logo", "stored"),
        [
            ("organization_logos/x.png", "organization_logos/x.png"),
            ("/static/x.png", "/static/x.png"),
            ("https://cdn.example.org/x.png", "https://cdn.example.org/x.png"),
            ("", ""),
            (None, ""),
        ],
    )
    def test_a_logo_is_the_first_active_organizations(self, world: World, logo: str | None, stored: str) -> None:
        world.course()
        world.row("organizations.organization", 1, logo="organization_logos/other.png")
        world.row("organizations.organization", 2, logo=logo)
        world.row("organizations.organizationcourse", 10, course_id=COURSE_A, organization=1, active=True)
        world.row("organizations.organizationcourse", 8, course_id=COURSE_A, organization=1, active=False)
        world.row("organizations.organizationcourse", 9, course_id=COURSE_A, organization=2, active=True)

        world.load()

        assert course().logo == stored

    def test_duration_limits_stack_by_site_organization_course_and_run(self, world: World) -> None:
        world.course()
        limits: list[dict[str, Any]] = [
            {"enabled": True},
            {"site": 1, "enabled": False},
            {"site": 2, "enabled": True},
            {"org": "DemoX", "enabled": None, "enabled_as_of": "2026-01-01T00:00:00Z"},
            {"org_course": "DemoX+DX101", "enabled": True},
            {"course": COURSE_A, "enabled": True, "enabled_as_of": "2026-02-01T00:00:00Z"},
            {"course": COURSE_A, "enabled": False},
        ]
        for pk, limit in enumerate(limits):
            world.row("course_duration_limits.coursedurationlimitconfig", pk + 1, **limit)

        world.load()

        site = get_site()
        assert site.duration_limit == DurationLimit(True)
        assert site.site_duration_limit == DurationLimit(False)
        assert site.org_duration_limits == {"DemoX": DurationLimit(None, datetime(2026, 1, 1, tzinfo=UTC))}
        assert site.org_course_duration_limits == {"DemoX+DX101": DurationLimit(True)}
        assert course().duration_limit == DurationLimit(False)

    def test_of_configuration_rows_the_one_with_the_highest_number_is_in_force(self, world: World) -> None:
        for pk, enabled in ((10, False), (9, True), (2, True)):
            world.row("mobile_api.ignoremobileavailableflagconfig", pk, enabled=enabled)
            world.row("courseware.dynamicupgradedeadlineconfiguration", pk, enabled=not enabled)

        world.load()

        assert not get_site().ignores_mobile_available
        assert get_site().upgrade_deadlines_enabled

    @pytest.mark.parametrize(
        ("fields", "orgs"),
        [
            ({"site": 1, "enabled": True}, frozenset({"DemoX"})),
            ({"site": 1, "enabled": False}, None),
            ({"site": 2, "enabled": True}, None),
        ],
    )
    def test_the_organization_filter_is_that_of_the_site_if_enabled(
        self, world: World, fields: dict[str, Any], orgs: frozenset[str] | None
    ) -> None:
        values = {"course_org_filter": "DemoX"}
        world.row("site_configuration.siteconfiguration", 1, site_values=values, **fields)

        world.load()

        assert get_site().org_filter == orgs


class TestExports:
    @pytest.fixture(autouse=True)
    def user(self, world: World) -> None:
        world.user("mona")

    def test_an_export_alone_gives_the_course_and_its_outline(self, world: World) -> None:
        world.export(WORKED_TREE, display_name="From the export", start="2026-03-20T00:00:00Z")

        report = world.load()

        assert report.models["course export (OLX)"] == ModelCount(read=1)
        assert (course().name, course().start) == ("From the export", datetime(2026, 3, 20, tzinfo=UTC))
        assert course().mobile_available
        assert [(block.type, block.name, block.parent) for block in outline_of()][:4] == [
            ("course", "course", None),
            ("chapter", "ch1", 0),
            ("sequential", "s11", 1),
            ("vertical", "v111", 2),
        ]

    @pytest.mark.parametrize("export_first", [True, False])
    def test_a_dumps_overview_counts_in_either_order_and_the_exports_outline_too(
        self, world: World, export_first: bool
    ) -> None:
        def load_export() -> None:
            world.export(WORKED_TREE, display_name="From the export", start="2026-03-20T00:00:00Z")
            world.load()

        def load_overview() -> None:
            world.course(COURSE_A, display_name="From the dump", start=None)
            world.load()

        for load in (load_export, load_overview) if export_first else (load_overview, load_export):
            load()

        assert (course().name, course().start) == ("From the dump", None)
        assert len(outline_of()) == 10

    def test_an_exports_partitions_and_experiments_are_in_the_outline(self, world: World) -> None:
        partition = {"id": 101, "name": "Test", "scheme": "random", "version": 3, "groups": [{"id": 0}, {"id": 1}]}
        # The older spelling, and another run: what a course that was copied may still name.
        arms = {"0": "i4x://DemoX/DX101/vertical/a", "1": usage_key(COURSE_B, "vertical", "b"), "2": "nothing"}
        attributes = {"user_partition_id": "101", "group_id_to_child": json.dumps(arms)}
        world.course()
        world.export([("split_test", "test", attributes, [("vertical", "a"), ("vertical", "b")])])
        world.files[-1].joinpath("policies/2026_T1").mkdir(parents=True)
        policy = {"course/2026_T1": {"user_partitions": [partition]}}
        world.files[-1].joinpath("policies/2026_T1/policy.json").write_text(json.dumps(policy))

        report = world.load()

        key = parse_course_key(COURSE_A)
        assert key is not None
        assert report.exit_code == 0
        outline = read_learner_in_course("mona", key).outline
        assert outline.partitions == (UserPartition("101", "random", (0, 1)),)
        assert outline.blocks[1].user_partition_id == "101"
        assert outline.blocks[1].group_id_to_child == {"0": "vertical@a", "1": "vertical@b"}

    def test_together_the_overview_counts_as_well(self, world: World) -> None:
        world.export(WORKED_TREE, display_name="From the export")
        world.course(COURSE_A, display_name="From the dump")

        world.load()

        assert course().name == "From the dump"
        assert len(outline_of()) == 10

    @pytest.mark.parametrize("export_first", [True, False])
    def test_a_discussion_tab_that_only_the_export_tells_of_is_kept_in_either_order(
        self, world: World, export_first: bool
    ) -> None:
        export = world.export(WORKED_TREE)
        policy = export / "policies/2026_T1/policy.json"
        policy.parent.mkdir(parents=True)
        policy.write_text(json.dumps({"course/2026_T1": {"tabs": [{"type": "discussion", "name": "Discussion"}]}}))
        world.files = []
        for from_export in (True, False) if export_first else (False, True):
            if from_export:
                world.files = [export]
            else:
                world.course(COURSE_A)
            world.load()

        assert course().discussion_tab

    def test_a_newer_export_replaces_the_outline(self, world: World) -> None:
        world.export(WORKED_TREE)
        world.load()
        world.export([("chapter", "new", [])])
        world.load()

        assert [block.name for block in outline_of()] == ["course", "new"]

    def test_a_long_outline_is_split_and_read_back_equal(self, world: World) -> None:
        chance = random.Random(7)
        names = [f"{chance.getrandbits(128):032x}" for _ in range(25_000)]
        world.export([("chapter", "ch1", [("html", name) for name in names])])
        world.load()

        parts = [sort for partition, sort in stored_items() if sort.startswith("OUTLINE#")]
        assert parts[:2] == ["OUTLINE#00", "OUTLINE#01"]
        assert [block.name for block in outline_of()] == ["course", "ch1", *names]

    def test_parts_of_a_longer_outline_do_not_disturb_a_shorter_one(self, world: World) -> None:
        chance = random.Random(7)
        world.export([("chapter", f"{chance.getrandbits(128):032x}") for _ in range(25_000)])
        world.load()
        world.export(WORKED_TREE)
        world.load()

        assert len(outline_of()) == 10

    def test_a_name_that_is_no_text_of_utf8_does_not_end_the_load(self, world: World) -> None:
        export = world.export(WORKED_TREE)
        policy = export / "policies/2026_T1/policy.json"
        policy.parent.mkdir(parents=True)
        policy.write_text('{"chapter/ch1": {"display_name": "\\ud800"}}')

        world.load()

        assert get_user("mona") is not None


moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
names = st.text(min_size=1, max_size=20)
blocks = st.builds(
    Block,
    type=st.sampled_from(["chapter", "sequential", "vertical", "html", "openassessment"]),
    name=names,
    parent=st.integers(0, 1000),
    display_name=st.none() | st.text(max_size=20),
    start=st.none() | moments,
    visible_to_staff_only=st.booleans(),
    days_early_for_beta=st.none() | st.floats(0, 100),
    group_access=st.dictionaries(st.sampled_from(["50", "123"]), st.lists(st.integers(1, 9), max_size=3), max_size=2),
    due=st.none() | moments,
    graded=st.booleans(),
    format=st.none() | st.text(max_size=20),
    weight=st.none() | st.floats(0, 100),
    ora=st.none() | st.dictionaries(names, st.text(), max_size=2),
)


class TestOutlineItems:
    @one_in(6)
    @given(st.lists(blocks, max_size=10))
    def test_every_outline_is_read_back_as_it_was_written(self, rest: list[Block]) -> None:
        outline = [Block("course", "course", None), *rest]

        written = from_blocks(COURSE_A, outline)

        assert to_blocks([items.OUTLINE.write(fields) for _, fields in written]) == outline

    @one_in(6)
    @given(st.lists(blocks, min_size=1, max_size=5), st.integers(1, 200))
    def test_every_outline_can_be_cut_into_parts(self, outline: list[Block], size: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lms.table.outlines._PART_BYTES", size)

            written = from_blocks(COURSE_A, outline)

        assert all(len(fields["blocks"]) <= size for _, fields in written)
        assert all(fields["parts"] == len(written) for _, fields in written)
        assert to_blocks([items.OUTLINE.write(fields) for _, fields in written]) == outline


class TestWritesOfTheApi:
    """What the API wrote since the dump was made stays, however often the old dump is loaded."""

    @pytest.fixture(autouse=True)
    def dump(self, world: World, tmp_path: Path) -> Path:
        world.user("mona", 4711)
        world.course()
        world.enroll(is_active=False, mode="verified", pk=1)
        world.role("mona", "staff", COURSE_A)
        world.state("mona", ("course", "course"), {"position": 1}, "2026-03-20T10:00:00Z")
        world.state("mona", ("chapter", "ch1"), {"position": 1}, "2026-03-20T10:00:00Z")
        world.export(WORKED_TREE)
        file = write_dump(tmp_path / "old.json", world.rows)
        world.load()
        return file

    def test_an_assigned_role_and_its_enrollment_are_kept(self, dump: Path) -> None:
        assign("instructor")

        report = load_files(dump).report

        assert learner().roles.on_courses == {COURSE_A: {"instructor": "DemoX"}}
        assert enrollment() == Enrollment(COURSE_A, CREATED, "verified", active=True)
        assert (report.items["kept"], report.items["written"], report.exit_code) == (2, 0, 0)

    def test_a_revoked_role_is_not_given_back(self, dump: Path) -> None:
        revoke()

        report = load_files(dump).report

        assert learner().roles.on_courses == {}
        assert (report.items["kept"], report.items["written"]) == (1, 0)

    def test_a_visit_is_kept(self, dump: Path) -> None:
        visit({"course@course": 2, "chapter@ch2": 1})

        report = load_files(dump).report

        assert progress() == Progress(
            COURSE_A,
            {"course@course": 2, "chapter@ch1": 1, "chapter@ch2": 1},
            course_state_modified=NOW,
            latest_state_modified=NOW,
            changed=NOW,
        )
        assert (report.items["kept"], report.items["written"]) == (1, 0)

    def test_what_the_api_never_writes_is_still_loaded_onto_such_an_item(self, world: World) -> None:
        assign("instructor")
        visit({"course@course": 2})
        world.completion("mona", ("html", "h1"), "2026-03-21T00:00:00Z")
        world.row("django_comment_common.role", 1, name="Moderator", course_id=COURSE_A, users=[4711])
        certificate = {"user": 4711, "course_id": COURSE_A, "status": "downloadable"}
        world.row("certificates.generatedcertificate", 1, **certificate)
        world.load()

        assert progress().last_completed_block == usage_key(COURSE_A, "html", "h1")
        assert learner().roles.in_forums == {COURSE_A: frozenset({"Moderator"})}
        found = enrollment()
        assert found is not None
        assert found.certificate == Certificate("downloadable")

    def test_a_role_that_the_api_never_gives_is_still_loaded(self, world: World) -> None:
        assign("instructor")
        world.role("mona", "beta_testers", COURSE_A)
        world.load()

        assert learner().roles.on_courses == {COURSE_A: {"instructor": "DemoX", "beta_testers": "DemoX"}}


class TestRaces:
    """The API writes in the very moment between the loader's read and its write."""

    @pytest.fixture(autouse=True)
    def site(self, world: World) -> None:
        world.user("mona", 4711, last_login="2026-03-01T00:00:00Z")
        world.course()
        world.load()

    def test_a_role_that_is_assigned_meanwhile_is_kept(
        self, world: World, at_the_last_moment: Callable[[Callable[[], None]], None]
    ) -> None:
        world.enroll(is_active=False)
        world.role("mona", "staff", COURSE_A)
        at_the_last_moment(lambda: assign("instructor"))

        report = world.load()

        assert learner().roles.on_courses == {COURSE_A: {"instructor": "DemoX"}}
        found = enrollment()
        assert found is not None
        assert (found.active, found.created) == (True, NOW)
        assert report.exit_code == 0

    def test_a_role_that_is_revoked_meanwhile_stays_revoked(
        self, world: World, at_the_last_moment: Callable[[Callable[[], None]], None]
    ) -> None:
        assign("staff")
        world.role("mona", "staff", COURSE_A)
        world.row("django_comment_common.role", 1, name="Moderator", course_id=COURSE_A, users=[4711])
        at_the_last_moment(revoke)

        world.load()

        assert learner().roles.on_courses == {}
        assert learner().roles.in_forums == {COURSE_A: frozenset({"Moderator"})}

    def test_a_visit_meanwhile_is_kept(
        self, world: World, at_the_last_moment: Callable[[Callable[[], None]], None]
    ) -> None:
        world.state("mona", ("course", "course"), {"position": 1}, "2026-03-20T10:00:00Z")
        at_the_last_moment(lambda: visit({"course@course": 2}))

        report = world.load()

        assert progress() == Progress(
            COURSE_A, {"course@course": 2}, course_state_modified=NOW, latest_state_modified=NOW, changed=NOW
        )
        assert report.items["kept"] == 1

    def test_a_login_meanwhile_is_kept(
        self, world: World, at_the_last_moment: Callable[[Callable[[], None]], None]
    ) -> None:
        def log_in() -> None:
            record_login("mona", NOW)

        world.user("mona", 4711, last_login="2026-03-02T00:00:00Z", is_staff=True)
        at_the_last_moment(log_in)

        world.load()

        user = get_user("mona")
        assert user is not None
        assert (user.last_login, user.staff) == (NOW, True)

    def test_one_lost_race_does_not_keep_the_rest_of_its_transaction_out(
        self, world: World, at_the_last_moment: Callable[[Callable[[], None]], None]
    ) -> None:
        for number in range(30):
            world.user(f"learner{number}", number + 1)
            world.enroll(f"learner{number}")
        world.load()
        for number in range(30):
            world.user(f"learner{number}", number + 1)
            world.enroll(f"learner{number}", is_active=False)
        world.row("user_api.userpreference", 1, user=1, key="time_zone", value="UTC")
        at_the_last_moment(lambda: assign("staff", "learner7"))

        report = world.load()

        active = [number for number in range(30) if (found := enrollment(f"learner{number}")) and found.active]
        assert active == [7]
        assert report.exit_code == 0


class TestATableThatIsThrottled:
    def test_it_ends_the_load_and_the_next_one_finishes_the_work(
        self, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(world)
        rows = world.rows
        world.load()
        expected = stored_items()
        empty_table(monkeypatch)
        file = write_dump(tmp_path / "dump.json", rows)
        with monkeypatch.context() as patch:
            patch.setattr(client, "_WRITE_SECONDS", 2.0)
            patch.setattr(client, "_attempt", throttled(lambda number: number >= 3))
            with pytest.raises(UnavailableError, match="ThrottlingException"):
                load_files(file)
        halfway = stored_items()

        again = load_files(file)

        assert 0 < len(halfway) < len(expected)
        assert again.report.exit_code == 0
        assert 0 < again.report.items["unchanged"] < len(expected)
        assert stored_items() == expected

    def test_a_short_throttling_is_waited_out(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "_attempt", throttled(lambda number: number < 3))
        world.user("mona")

        assert world.load().exit_code == 0
        assert get_user("mona") is not None


def test_nothing_is_read_into_the_table_from_a_load_without_rows(table: str, tmp_path: Path) -> None:
    loaded = load_files(write_dump(tmp_path / "empty.json", []))

    assert (loaded.report.exit_code, loaded.report.models, stored_items()) == (0, {}, {})


def test_progress_counts_up_to_the_total_of_each_phase(world: World, tmp_path: Path) -> None:
    class Counted(ProgressListener):
        def __init__(self) -> None:
            self.phases: dict[str, list[int]] = {}
            self._phase = ""

        def begin_phase(self, name: str, total: int) -> None:
            self._phase = name
            self.phases[name] = [total, 0]

        def advance(self, number: int) -> None:
            self.phases[self._phase][1] += number

    fill(world)
    file = write_dump(tmp_path / "dump.json.gz", world.rows)
    counted = Counted()

    Loader(lambda _: None, counted).load([file])

    size = file.stat().st_size
    assert counted.phases == {"Reading": [size, size], "Writing": [15, 15]}
