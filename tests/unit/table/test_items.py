"""Items of the table: keys, attributes, and the way from the domain's values to items and back. (lms.table.items)"""

import json
import zlib
from base64 import b64decode
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lms.domain.completions import DIGEST_BYTES, block_digest
from lms.domain.course_dates import ContentDate
from lms.domain.courses import (
    CohortContentGroup,
    CourseMode,
    CourseOverview,
    DurationLimit,
    MilestoneRequirement,
    UpgradeDeadlineConfig,
)
from lms.domain.enrollments import Certificate, Enrollment, Schedule, UserDate
from lms.domain.keys import CourseKey
from lms.domain.outline import Block
from lms.domain.partitions import UserPartition
from lms.domain.progress import Progress
from lms.domain.roles import Roles
from lms.domain.site import Site, WaffleFlag
from lms.domain.users import User
from lms.table import codecs, items, keys
from lms.table.codecs import Codec
from lms.table.courses import to_course
from lms.table.items import ItemType
from lms.table.keys import Key
from lms.table.learners import to_enrollment, to_progress
from lms.table.outlines import from_blocks, from_content_dates, to_blocks, to_course_dates
from lms.table.site import to_site
from lms.table.users import to_roles, to_user
from tests.examples import one_in
from tests.unit.builders import COURSE_ID, KEY, MONA, NOW, PLAIN, at, cases
from tests.unit.strategies import json_values, moments, sendable_text

# --- Keys -------------------------------------------------------------------------------------------------------------


@cases(
    "key, partition, sort",
    {
        "a user": (keys.user("Mona"), "USER#mona", "PROFILE"),
        "an enrollment": (keys.enrollment("Mona", COURSE_ID), "USER#mona", f"ENROLL#{COURSE_ID}"),
        "progress in a course": (keys.progress("Mona", COURSE_ID), "USER#mona", f"PROGRESS#{COURSE_ID}"),
        "completions in a course": (keys.completion("Mona", COURSE_ID), "USER#mona", f"COMPLETION#{COURSE_ID}"),
        "roles on a course": (keys.course_role("Mona", COURSE_ID), "USER#mona", f"ROLE#{COURSE_ID}"),
        "roles on an organization": (keys.org_role("Mona", "DemoX"), "USER#mona", "ROLE#org:DemoX"),
        "an e-mail": (keys.email("Mona@Example.org"), "EMAIL#mona@example.org", "USER"),
        "a user id": (keys.user_id(4711), "USERID#4711", "USER"),
        "a course": (keys.course(COURSE_ID), f"COURSE#{COURSE_ID}", "OVERVIEW"),
        "an outline": (keys.outline(COURSE_ID), f"COURSE#{COURSE_ID}", "OUTLINE#00"),
        "a further part of an outline": (keys.outline(COURSE_ID, 7), f"COURSE#{COURSE_ID}", "OUTLINE#07"),
        "a course's dates": (keys.course_dates(COURSE_ID), f"COURSE#{COURSE_ID}", "DATES"),
        "the site": (keys.site(), "SITE", "CONFIG#SITE"),
    },
)
def test_the_key_of(key: Key, partition: str, sort: str) -> None:
    assert key == {"PK": {"S": partition}, "SK": {"S": sort}}


@given(sendable_text)
def test_a_username_has_the_same_key_in_any_letter_case(username: str) -> None:
    assume(username.upper().lower() == username.lower())

    assert keys.user(username.upper()) == keys.user(username.lower()) == keys.user(username)


@cases(
    "partition, sort, expected",
    {
        "2,048 bytes of partition key": ("p" * 2048, "s", True),
        "a byte more": ("p" * 2049, "s", False),
        "1,024 bytes of sort key": ("p", "s" * 1024, True),
        "a byte more of sort key": ("p", "s" * 1025, False),
        "bytes count, not letters": ("é" * 1025, "s", False),
        "as many letters of two bytes as fit": ("é" * 1024, "é" * 512, True),
        "a lone surrogate": ("\ud800", "s", False),
        "a lone surrogate in the sort key": ("p", "\ud800", False),
    },
)
def test_whether_an_item_could_have_a_key(partition: str, sort: str, expected: bool) -> None:
    assert keys.is_storable({"PK": {"S": partition}, "SK": {"S": sort}}) is expected


# --- Fields -----------------------------------------------------------------------------------------------------------

flags = st.booleans()
integers = st.integers(-(10**37), 10**37)
# DynamoDB's numbers: 38 digits, from 1E-130 to 9.99E+125.
numbers = st.just(0.0) | st.floats(1e-129, 1e125) | st.floats(-1e125, -1e-129)
limits = st.builds(DurationLimit, st.none() | flags, st.none() | moments)
upgrades = st.builds(UpgradeDeadlineConfig, flags, flags)
requirements = st.builds(MilestoneRequirement, st.integers(), flags, flags)
content_groups = st.builds(CohortContentGroup, st.integers(), sendable_text, st.integers())
partitions = st.builds(UserPartition, sendable_text, sendable_text, st.lists(st.integers()).map(tuple), flags)
user_dates = st.builds(UserDate, st.integers(), st.none() | moments, st.none() | st.timedeltas())
optional_text = st.none() | sendable_text
VALUES: dict[Codec, st.SearchStrategy[Any]] = {
    codecs.TEXT: sendable_text,
    codecs.INTEGER: integers,
    codecs.NUMBER: numbers,
    codecs.BOOLEAN: flags,
    codecs.BYTES: st.binary(),
    codecs.DIGESTS: st.frozensets(st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)),
    codecs.DATETIME: moments,
    codecs.STRINGS: st.dictionaries(sendable_text, sendable_text),
    codecs.SET: st.frozensets(sendable_text) | st.frozensets(st.integers()),
    codecs.CERTIFICATE: st.builds(Certificate, sendable_text, sendable_text, sendable_text, sendable_text),
    codecs.COURSE_MODES: st.lists(
        st.builds(
            CourseMode,
            *(sendable_text, st.integers(), st.none() | moments),
            *(optional_text, optional_text, optional_text),
        ),
        max_size=3,
    ).map(tuple),
    codecs.DURATION_LIMIT: limits,
    codecs.DURATION_LIMITS: st.dictionaries(sendable_text, limits),
    codecs.UPGRADE_DEADLINE_CONFIG: upgrades,
    codecs.UPGRADE_DEADLINE_CONFIGS: st.dictionaries(sendable_text, upgrades),
    codecs.MILESTONE_REQUIREMENTS: st.lists(requirements, max_size=3).map(tuple),
    codecs.INTEGERS: st.dictionaries(sendable_text, st.integers()),
    codecs.SEQUENCE: st.lists(sendable_text).map(tuple),
    codecs.CONTENT_GROUPS: st.lists(content_groups, max_size=3).map(tuple),
    codecs.USER_PARTITIONS: st.lists(partitions, max_size=3).map(tuple),
    codecs.SCHEDULE: st.builds(Schedule, moments, moments),
    codecs.USER_DATES: st.lists(user_dates, max_size=3).map(tuple),
    codecs.WAFFLE_FLAG: st.builds(WaffleFlag, st.none() | flags, flags, flags, flags),
    codecs.SWITCHES: st.dictionaries(sendable_text, flags),
}
"""What a field may hold, by its codec."""
ITEM_TYPES = {name.lower(): value for name, value in vars(items).items() if isinstance(value, ItemType)}
FIELDS = [(kind, name) for kind, one in ITEM_TYPES.items() for name in (*one.fields, *one.prefixed)]


def test_there_are_values_for_every_codec() -> None:
    without = [name for name, one in vars(codecs).items() if isinstance(one, Codec) and one not in VALUES]

    assert not without, "say in VALUES of this file what a field with the codec may hold"


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[f"{kind} {name}" for kind, name in FIELDS])
@one_in(15)
@given(data=st.data())
def test_every_field_is_read_as_it_was_written(kind: str, name: str, data: st.DataObject) -> None:
    item_type = ITEM_TYPES[kind]
    value = data.draw(VALUES[{**item_type.fields, **item_type.prefixed}[name]])
    if name in item_type.prefixed:
        rest = data.draw(sendable_text)
        written = item_type.write({f"{name}{rest}": value})
        assert item_type.read(written)[name] == {rest: value}
    else:
        written = item_type.write({name: value})
        assert item_type.read(written)[name] == value
    # What DynamoDB takes: one value of one type, text that UTF-8 can hold.
    (stored,) = written.values()
    assert len(stored) == 1
    assert isinstance(stored.get("S", "").encode(), bytes)


@cases(
    "value",
    {
        "a fraction of 17 digits": 0.1 + 0.2,
        "a third": 1 / 3,
        "a whole number": 2.0,
        "a large number": 1e22,
    },
)
def test_a_number_keeps_all_its_digits(value: float) -> None:
    written = items.COURSE.write({"days_early_for_beta": value})

    assert items.COURSE.read(written) == {"days_early_for_beta": value}


@given(moments, moments)
@example(at("0001-01-03"), at("0999-01-01"))
@example(at("2026-04-01T12:00:00"), at("2026-04-01T12:00:00.000001"))
def test_moments_order_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    texts = [items.PROGRESS.write({"changed": moment})["changed"]["S"] for moment in (one, other)]

    assert [len(text) for text in texts] == [27, 27]
    assert (texts[0] < texts[1], texts[0] == texts[1]) == (one < other, one == other)


@cases(
    "moment, text",
    {
        "a whole second": ("2026-04-01T12:00:00", "2026-04-01T12:00:00.000000Z"),
        "an offset": ("2026-04-01T12:00:00.5+02:00", "2026-04-01T10:00:00.500000Z"),
        "an early year": ("0099-01-01", "0099-01-01T00:00:00.000000Z"),
    },
)
def test_how_a_moment_is_written(moment: str, text: str) -> None:
    assert items.USER.write({"last_login": at(moment)}) == {"last_login": {"S": text}}


def test_none_has_no_attribute() -> None:
    assert items.USER.write({"name": None, "email": ""}) == {"email": {"S": ""}}


def test_attributes_that_are_not_a_types_own_are_not_read() -> None:
    item = {"PK": {"S": "p"}, "SK": {"S": "s"}, "other": {"S": "x"}, "odd:x": {"S": "y"}, "org": {"S": "DemoX"}}

    assert items.ROLE.read(item) == {"role:": {}, "forum:": {}, "org": "DemoX"}


def test_a_field_that_a_type_does_not_have_cannot_be_written() -> None:
    with pytest.raises(KeyError, match=r"USER of lms/table/items\.py has no field nickname"):
        items.USER.write({"nickname": "x"})


@cases(
    "item_type, name, expected",
    {
        "an enrollment's mode": (items.ENROLLMENT, "mode", True),
        "an enrollment's certificate": (items.ENROLLMENT, "certificate", False),
        "a position": (items.PROGRESS, "position:chapter@ch1", True),
        "a completion": (items.PROGRESS, "last_completed_at", False),
        "a role": (items.ROLE, "role:staff", True),
        "a forum role": (items.ROLE, "forum:Moderator", False),
        "a user's name": (items.USER, "name", False),
    },
)
def test_whether_a_load_leaves_an_attribute_alone(item_type: ItemType, name: str, expected: bool) -> None:
    assert item_type.is_owned_by_api(name) is expected


# --- From items to the domain -----------------------------------------------------------------------------------------


@cases(
    "value, item_type, others",
    {
        "a user": (User, items.USER, {}),
        "an enrollment": (Enrollment, items.ENROLLMENT, {}),
        "progress": (Progress, items.PROGRESS, {"positions": "position:", "selected": "selected:"}),
        "a course": (CourseOverview, items.COURSE, {"key": "course_id"}),
        "a site": (Site, items.SITE, {}),
    },
)
def test_a_domains_value_and_its_item_have_the_same_fields(
    value: Any, item_type: ItemType, others: dict[str, str]
) -> None:
    of_value = {others.get(part.name, part.name) for part in fields(value)}
    of_item = item_type.fields.keys() | item_type.prefixed.keys()

    without_codec = of_value - of_item
    assert not without_codec, "give the field a codec in layers/shared/lms/table/items.py"
    without_field = of_item - of_value - {"changed", "source", "shard", "org_course"}
    assert not without_field, f"no item could be read: give {value.__name__} in layers/shared/lms/domain the field"


def held(value: Any) -> dict[str, Any]:
    """The fields of a domain value, by name."""
    return {part.name: getattr(value, part.name) for part in fields(value)}


def test_a_user_is_read_from_all_its_fields() -> None:
    user = replace(MONA, time_zone="Europe/Berlin", last_login=NOW, milestones=frozenset({7}), staff=True)

    assert to_user(items.USER.write(held(user))) == user


def test_a_user_has_the_defaults_for_what_is_missing() -> None:
    assert to_user({"id": {"N": "5"}, "username": {"S": "u"}}) == User(5, "u")


def test_an_enrollment_is_read_from_all_its_fields() -> None:
    certificate, schedule, extension = Certificate("downloadable", "verified"), Schedule(NOW, NOW), UserDate(7, NOW)
    enrolled = Enrollment(
        COURSE_ID, NOW, "verified", False, certificate, NOW, True, 7, {"100": 2}, schedule, (extension,)
    )

    assert to_enrollment(items.ENROLLMENT.write(held(enrolled) | {"changed": NOW})) == enrolled


def test_progress_is_read_from_all_its_fields() -> None:
    progress = Progress(
        COURSE_ID,
        positions={"chapter@a:b": 2, "course@course": 1},
        selected={"itembank@a:b": ("problem@p2", "problem@p1")},
        course_state_modified=NOW,
        latest_state_modified=NOW,
        last_completed_block="block",
        last_completed_at=NOW,
        latest_completion_created=NOW,
        changed=NOW,
    )
    values = held(progress)
    values |= {f"position:{block}": position for block, position in values.pop("positions").items()}
    values |= {f"selected:{block}": children for block, children in values.pop("selected").items()}

    assert to_progress(items.PROGRESS.write(values)) == progress


def test_a_course_is_read_from_all_its_fields() -> None:
    overview = CourseOverview(
        key=KEY,
        name="Demo",
        org="DemoX",
        display_number="101",
        display_org="Demo U",
        start=NOW,
        end=NOW,
        advertised_start="Soon",
        image_url="/image",
        social_sharing_url="https://s",
        marketing_url="https://m",
        logo="/logo",
        self_paced=True,
        mobile_available=True,
        visible_to_staff_only=True,
        days_early_for_beta=1.5,
        certificates_display_behavior="end",
        certificates_show_before_end=True,
        certificate_available_date=NOW,
        html_certificates=True,
        discussion_tab=True,
        discussion_enabled=False,
        discussion_lti=True,
        weeks_to_complete=6,
        modes=(CourseMode("verified", 49, NOW, "a", "", None),),
        duration_limit=DurationLimit(True, NOW),
        upgrade_deadline_config=UpgradeDeadlineConfig(True, True),
        requires=(MilestoneRequirement(7, True, True),),
        cohorted=True,
        content_groups=(CohortContentGroup(7, "100", 2),),
    )
    values = held(overview)
    values |= keys.course_listing(values.pop("key"), "DemoX") | {"source": "overview"}

    assert to_course(items.COURSE.write(values)) == overview


def test_a_site_is_read_from_all_its_fields() -> None:
    site = Site(
        {"iap_config": "x"},
        True,
        frozenset({"DemoX"}),
        *(DurationLimit(True, NOW), DurationLimit(False)),
        {"DemoX": DurationLimit()},
        {"DemoX+DX101": DurationLimit(None, NOW)},
        True,
        {"DemoX": UpgradeDeadlineConfig(True, False)},
        WaffleFlag(True, True, True, True),
        {"DemoX": False},
    )

    assert to_site(items.SITE.write(held(site))) == site


def test_a_site_without_rows_has_the_defaults() -> None:
    assert to_site({}) == Site()


def test_items_that_hold_only_rows_that_refer_to_one_are_none() -> None:
    assert to_user(items.USER.write({"name": "Mona"})) is None
    assert to_enrollment(items.ENROLLMENT.write({"course_id": COURSE_ID, "mode": "audit"})) is None
    assert to_course(items.COURSE.write({"course_id": COURSE_ID, "name": "Demo"})) is None
    assert to_course(items.COURSE.write({"course_id": "x", "source": "overview"})) is None
    assert to_course({}) is None


ROLE_ITEMS = [
    items.ROLE.write({"course_id": COURSE_ID, "role:staff": "DemoX", "forum:Moderator": True, "changed": NOW}),
    items.ROLE.write({"course_id": "a/b/c", "forum:Student": True}),
    items.ROLE.write({"course_id": "d/e/f", "changed": NOW}),
    items.ROLE.write({"org": "DemoX", "role:instructor": "DemoX"}),
    items.ROLE.write({"role:instructor": ""}),
]


def test_roles_are_read_from_the_items_that_hold_any() -> None:
    assert to_roles(ROLE_ITEMS, replace(MONA, staff=True, superuser=True)) == Roles(
        active=True,
        global_staff=True,
        superuser=True,
        on_courses={COURSE_ID: {"staff": "DemoX"}},
        on_orgs={"DemoX": frozenset({"instructor"}), "": frozenset({"instructor"})},
        in_forums={COURSE_ID: frozenset({"Moderator"}), "a/b/c": frozenset({"Student"})},
    )


@cases(
    "user, expected",
    {
        "a user": (MONA, PLAIN),
        "an inactive user": (replace(MONA, active=False), Roles(active=False)),
        "nobody": (None, Roles(active=False)),
    },
)
def test_the_flags_of_an_account_without_roles(user: User | None, expected: Roles) -> None:
    assert to_roles([], user) == expected


# --- The index of courses ---------------------------------------------------------------------------------------------


def test_a_course_is_listed_by_its_organization_in_lower_case() -> None:
    assert keys.course_listing(KEY, "DemoX") == {
        "shard": f"COURSES#{zlib.crc32(COURSE_ID.encode()) % 16}",
        "org_course": f"demox#{COURSE_ID}",
        "course_id": COURSE_ID,
    }


def test_courses_spread_over_all_shards() -> None:
    listings = [keys.course_listing(CourseKey("a", "b", str(run)), "a") for run in range(500)]

    assert {one["shard"] for one in listings} == {keys.shard_name(shard) for shard in range(16)}


# --- Outlines ---------------------------------------------------------------------------------------------------------

finite = st.floats(allow_nan=False, allow_infinity=False)
blocks = st.builds(
    Block,
    type=sendable_text,
    name=sendable_text,
    parent=st.none() | st.integers(0, 100_000),
    display_name=optional_text,
    start=st.none() | moments,
    visible_to_staff_only=flags,
    days_early_for_beta=st.none() | finite,
    group_access=st.dictionaries(sendable_text, st.lists(st.integers(0), max_size=3), max_size=2),
    user_partition_id=optional_text,
    group_id_to_child=st.dictionaries(sendable_text, sendable_text, max_size=2),
    due=st.none() | moments,
    graded=flags,
    format=optional_text,
    weight=st.none() | finite,
    has_score=st.none() | flags,
    ora=st.none() | st.dictionaries(sendable_text, json_values(sendable_text), max_size=2),
)


def stored(written: list[tuple[Key, dict[str, Any]]]) -> list[Any]:
    return [items.OUTLINE.write(values) for _, values in written]


@given(st.lists(blocks, max_size=5))
@example(
    [Block("course", "course", None), Block("chapter", "a", 0, weight=0.0, days_early_for_beta=0.0, display_name="")]
)
def test_an_outline_is_read_as_it_was_written(written: list[Block]) -> None:
    assert to_blocks(stored(from_blocks(COURSE_ID, written))) == written


def test_a_small_outline_is_one_item() -> None:
    ((key, values),) = from_blocks(COURSE_ID, [Block("course", "course", None)])

    assert key == keys.outline(COURSE_ID)
    assert values["parts"] == 1
    assert json.loads(zlib.decompress(values["blocks"])) == [{"type": "course", "name": "course"}]


def test_a_large_outline_is_cut_into_items_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lms.table.outlines._PART_BYTES", 50)
    tree = [Block("course", "course", None), *(Block("chapter", f"ch{n}", 0) for n in range(100))]
    written = from_blocks(COURSE_ID, tree)

    assert len(written) > 2
    assert [key for key, _ in written] == [keys.outline(COURSE_ID, part) for part in range(len(written))]
    assert {values["parts"] for _, values in written} == {len(written)}
    assert all(len(values["blocks"]) <= 50 for _, values in written)
    assert to_blocks(stored(written)) == tree


dates_of_edx_when = st.tuples(st.none() | moments, st.none() | st.timedeltas())
content_dates = st.builds(
    lambda pk, texts, dates: ContentDate(pk, *texts, *dates),
    st.integers(),
    st.tuples(sendable_text, sendable_text, sendable_text),
    dates_of_edx_when,
)


@given(st.lists(content_dates, max_size=5), st.none() | flags)
def test_a_courses_dates_are_read_as_they_were_written(written: list[ContentDate], relative_dates: bool | None) -> None:
    values = {"content_dates": from_content_dates(written), "relative_dates": relative_dates}

    read = to_course_dates(items.COURSE_DATES.write(values))

    assert (read.content_dates, read.relative_dates) == (written, relative_dates)


def test_a_course_without_dates_of_its_own_has_none() -> None:
    assert to_course_dates({}).content_dates == []


def test_a_courses_5000_dates_stay_below_the_limit_of_an_item() -> None:
    dates = [
        ContentDate(700_000 + 3 * n, "problem", f"{n * 7919:032x}", "due", NOW + timedelta(hours=n))
        for n in range(5000)
    ]

    assert len(from_content_dates(dates)) < 200_000


def test_a_learners_5000_completions_stay_far_below_the_limit_of_an_item() -> None:
    completed = frozenset(block_digest("problem", f"{number:032x}") for number in range(5000))

    stored = items.COMPLETION.write({"completed": completed})

    assert len(b64decode(stored["completed"]["B"])) == 40_000
    assert items.COMPLETION.read(stored) == {"completed": completed}
