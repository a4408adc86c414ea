"""Course and usage keys parse and print as edx-opaque-keys does. (mobile-users.md 5.1, course-team.md 4.3)"""

import pytest
from ccx_keys.locator import CCXBlockUsageLocator, CCXLocator
from hypothesis import example, given
from hypothesis import strategies as st
from opaque_keys import InvalidKeyError
from opaque_keys.edx.keys import CourseKey as OpaqueCourseKey
from opaque_keys.edx.keys import UsageKey as OpaqueUsageKey
from opaque_keys.edx.locator import BlockUsageLocator, CourseLocator, LibraryLocator

from lms.domain.keys import CourseKey, UsageKey, is_library_key, parse_course_key, parse_usage_key
from tests.unit.builders import COURSE_ID, KEY, cases

VERSION = "519665f6223ebd6980884f2b"
FRAGMENTS = (
    *("course-v1:", "slashes:", "block-v1:", "library-v1:", "i4x://", "aside-usage-v1:", "ccx-v1:", "ccx-block-v1:"),
    *("ccx@", "branch@", "version@", "type@", "block@", "+", "/", ":", "@", "%", "~", "-", ".", "_", " ", "\n"),
    *("a", "é", "²", "\ud800", VERSION, VERSION[:6]),
)
SCHEMES = ("course-v1:", "block-v1:", "slashes:", "ccx-v1:", "ccx-block-v1:")

glued = st.lists(st.sampled_from(FRAGMENTS) | st.text(st.characters(), max_size=3), max_size=12).map("".join)
ids = st.text(st.sampled_from("aZ09_-~.:é²%"), min_size=1, max_size=4)
valid_ids = st.text(st.sampled_from("aZ09_-~.:é²"), min_size=1, max_size=8)
valid_slashed_ids = st.text(st.sampled_from("aZ09_-.%é²"), min_size=1, max_size=8)


def suffix(name: str, values: st.SearchStrategy[str] = ids) -> st.SearchStrategy[str]:
    return st.just("") | values.map(f"+{name}@{{}}".format)


nearly_valid = st.builds(
    "{}{}+{}+{}{}{}{}{}{}".format,
    st.sampled_from(SCHEMES),
    *(ids, ids, ids),
    *(suffix("branch"), suffix("version", st.sampled_from([VERSION, VERSION[:2]]))),
    *(suffix("ccx", st.sampled_from(["7", "07", "٣", "x"])), suffix("type"), suffix("block")),
)
texts = st.text(st.characters()) | glued | nearly_valid | st.builds("{}/{}/{}".format, ids, ids, ids)
course_keys = st.builds(
    CourseKey,
    *(valid_ids, valid_ids, valid_ids),
    branch=st.none() | valid_ids,
    version=st.none() | st.just(VERSION),
    ccx=st.none() | st.integers(0).map(str),
) | st.builds(CourseKey, valid_slashed_ids, valid_slashed_ids, valid_slashed_ids, legacy=st.just(True))


def opaque_course_key(text: str) -> CourseLocator | None:
    """What edx-opaque-keys makes of the text, where that is a course run."""
    try:
        key = OpaqueCourseKey.from_string(text)
    except InvalidKeyError:
        return None
    return key if isinstance(key, CourseLocator) and key.org is not None else None


def opaque_usage_key(text: str) -> BlockUsageLocator | None:
    """What edx-opaque-keys makes of the text, where that is a block of a course run."""
    try:
        key = OpaqueUsageKey.from_string(text)
    except InvalidKeyError:
        return None
    # Exactly these types: a library's blocks are a kind of the first.
    if type(key) not in (BlockUsageLocator, CCXBlockUsageLocator) or key.course_key.deprecated:
        return None
    assert isinstance(key, BlockUsageLocator)
    return key if key.course_key.run is not None and key.block_type is not None else None


@given(texts)
@example("course-v1:a+b+c\n")
@example("a/b/c\n")
@example("a/b/")
def test_a_course_key_parses_and_prints_as_edx_opaque_keys_does(text: str) -> None:
    expected, key = opaque_course_key(text), parse_course_key(text)

    assert (key and str(key)) == (expected and str(expected))
    if key and expected:
        assert (key.org, key.number, key.run) == (expected.org, expected.course, expected.run)
        assert key.legacy == expected.deprecated


@given(texts)
@example("block-v1:a+b+c+type@d+block@e\n")
@example("block-v1:a+b+c+type@d+block@e%20f")
def test_a_usage_key_parses_and_prints_as_edx_opaque_keys_does(text: str) -> None:
    expected, key = opaque_usage_key(text), parse_usage_key(text)

    assert (key and str(key)) == (expected and str(expected))
    if key and expected:
        assert (key.block_type, key.block_id) == (expected.block_type, expected.block_id)
        assert str(key.course_key) == str(expected.course_key)


@given(st.builds("library-v1:{}+{}{}".format, ids, ids, suffix("branch")) | texts)
@example("library-v1:a+b")
@example("library-v1:a+b\n")
def test_a_library_is_told_from_a_course_as_edx_opaque_keys_does(text: str) -> None:
    try:
        key = OpaqueCourseKey.from_string(text)
    except InvalidKeyError:
        key = None

    is_library = isinstance(key, LibraryLocator) and key.branch is None and key.version_guid is None
    assert is_library_key(text) == is_library


@given(course_keys)
def test_a_course_key_survives_printing_and_parsing(key: CourseKey) -> None:
    assert parse_course_key(str(key)) == key


@given(course_keys)
def test_the_blocks_of_a_coachs_course_are_those_of_its_master(key: CourseKey) -> None:
    opaque = opaque_course_key(str(key))

    assert opaque is not None
    master = opaque.to_course_locator() if isinstance(opaque, CCXLocator) else opaque
    assert str(key.master) == str(master)


@given(course_keys.filter(lambda key: not key.legacy), valid_ids, valid_ids)
def test_a_usage_key_survives_printing_and_parsing(key: CourseKey, block_type: str, block_id: str) -> None:
    usage_key = UsageKey(key, block_type, block_id)

    assert parse_usage_key(str(usage_key)) == usage_key


@cases(
    "text, expected",
    {
        "the usual spelling is a course run": (COURSE_ID, KEY),
        "letters of any script are taken": ("course-v1:É+²+数", CourseKey("É", "²", "数")),
        "a branch is kept": ("course-v1:a+b+c+branch@draft", CourseKey("a", "b", "c", branch="draft")),
        "a version is kept": (f"course-v1:a+b+c+version@{VERSION}", CourseKey("a", "b", "c", version=VERSION)),
        "three parts between slashes are a legacy key": ("a/b/c", CourseKey("a", "b", "c", legacy=True)),
        "a legacy key may hold a percent sign": ("a/b%20/c", CourseKey("a", "b%20", "c", legacy=True)),
        "a coach's course is one": ("ccx-v1:a+b+c+ccx@7", CourseKey("a", "b", "c", ccx="7")),
        "a coach's course has a number": ("ccx-v1:a+b+c", None),
        "no other course has one": ("course-v1:a+b+c+ccx@7", None),
        "nothing is no key": ("", None),
        "a word is no key": ("abc", None),
        "a missing run is no key": ("course-v1:a+b", None),
        "an empty run is no key": ("course-v1:a+b+", None),
        "a fourth part is no key": ("course-v1:a+b+c+d", None),
        "spaces in place of plus signs are no key": ("course-v1:a b c", None),
        "a prefix in capitals is no key": ("COURSE-V1:a+b+c", None),
        "a missing prefix is no key": ("a+b+c", None),
        "a blank before it is no key": (" course-v1:a+b+c", None),
        "a blank after it is no key": ("course-v1:a+b+c ", None),
        "a newline after it is no key": ("course-v1:a+b+c\n", None),
        "a short version is no key": ("course-v1:a+b+c+version@51", None),
        "branch and version in the wrong order are no key": (f"course-v1:a+b+c+version@{VERSION}+branch@x", None),
        "a second branch is no key": ("course-v1:a+b+c+branch@x+branch@y", None),
        "a library is no course": ("library-v1:a+b", None),
        "two slashed parts are no key": ("a/b", None),
        "four slashed parts are no key": ("a/b/c/d", None),
    },
)
def test_a_text_is_a_course_key_or_none(text: str, expected: CourseKey | None) -> None:
    assert parse_course_key(text) == expected


@cases(
    "text, expected",
    {
        "a block of a course": (
            "block-v1:DemoX+DX101+2026_T1+type@vertical+block@v121",
            UsageKey(KEY, "vertical", "v121"),
        ),
        "a course key is no usage key": (COURSE_ID, None),
        "a block without type is none": ("block-v1:a+b+c+block@d", None),
        "a type without block is none": ("block-v1:a+b+c+type@d", None),
        "a block before its type is none": ("block-v1:a+b+c+block@d+type@e", None),
        "the older spelling names no run": ("i4x://a/b/vertical/v121", None),
        "a library's block is none of a course": ("lib-block-v1:a+b+type@d+block@e", None),
        "a word is none": ("abc", None),
        "nothing is none": ("", None),
    },
)
def test_a_text_is_a_usage_key_or_none(text: str, expected: UsageKey | None) -> None:
    assert parse_usage_key(text) == expected


@pytest.mark.parametrize("text", [COURSE_ID, "a/b/c", f"course-v1:a+b+c+branch@d+version@{VERSION}"])
def test_a_course_key_prints_as_it_was_spelled(text: str) -> None:
    assert str(parse_course_key(text)) == text


@cases(
    "key, expected",
    {
        "a course run": (KEY, "block-v1:DemoX+DX101+2026_T1+type@course+block@c"),
        "a branch of one": (CourseKey("a", "b", "c", branch="d"), "block-v1:a+b+c+branch@d+type@course+block@c"),
        "a legacy course": (CourseKey("a", "b", "c", legacy=True), "i4x://a/b/course/c"),
    },
)
def test_a_course_names_the_usage_keys_of_its_blocks(key: CourseKey, expected: str) -> None:
    assert key.usage_key("course", "c") == expected
