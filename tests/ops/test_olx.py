"""Course exports: which blocks and attributes are read, and what happens to those that cannot be."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lms_lambda.load.olx.course import (
    CourseExport,
    ExportedBlock,
    ExportProblem,
    UnreadableExportError,
    is_course_export,
    read_course_export,
)

COURSE_XML = '<course url_name="2030" org="SchoolX" course="Bio101"/>'
SMALL_COURSE = {
    "course.xml": COURSE_XML,
    "course/2030.xml": '<course display_name="Biology"><chapter url_name="week1"/><wiki slug="x"/></course>',
    "chapter/week1.xml": '<chapter display_name="Week 1"><sequential url_name="cells"/></chapter>',
    "sequential/cells.xml": '<sequential display_name="Cells"><vertical url_name="unit1"/></sequential>',
    "vertical/unit1.xml": '<vertical display_name="Unit"><html url_name="intro"/><problem url_name="quiz"/></vertical>',
    "html/intro.xml": '<html filename="intro" display_name="Intro"/>',
    "problem/quiz.xml": '<problem display_name="Quiz" weight="2.5"><p>1 + 1 <b>?</b></p></problem>',
}
SMALL_COURSE_BLOCKS = [
    ("course", "2030", None),
    ("chapter", "week1", 0),
    ("sequential", "cells", 1),
    ("vertical", "unit1", 2),
    ("html", "intro", 3),
    ("problem", "quiz", 3),
]
BILLION_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><chapter display_name="&c;"/>'
)
EXTERNAL_ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><chapter display_name="Week">&e;</chapter>'

Content = str | bytes


def write_folder(folder: Path, files: Mapping[str, Content]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def write_archive(file: Path, files: Mapping[str, Content], mode: str = "w:gz") -> Path:
    with tarfile.open(str(file), mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return file


def read(folder: Path, files: Mapping[str, Content]) -> CourseExport:
    return read_course_export(write_folder(folder, files))


def read_inline(folder: Path, inside: str, course_attributes: str = "", policy: Any = None) -> CourseExport:
    """The export whose course.xml holds everything, with `inside` as its content."""
    files: dict[str, Content] = {
        "course.xml": f'<course url_name="2030" org="SchoolX" course="Bio101" {course_attributes}>{inside}</course>'
    }
    if policy is not None:
        files["policies/2030/policy.json"] = json.dumps(policy)
    return read(folder, files)


def outline(export: CourseExport) -> list[tuple[str, str, int | None]]:
    return [(block.type, block.name, block.parent) for block in export.blocks]


def block(export: CourseExport, name: str) -> ExportedBlock:
    return next(block for block in export.blocks if block.name == name)


class TestStructure:
    def test_a_course_of_pointers_is_read_in_course_order_parents_first(self, tmp_path: Path) -> None:
        export = read(tmp_path, SMALL_COURSE)

        assert (export.org, export.number, export.run) == ("SchoolX", "Bio101", "2030")
        assert outline(export) == SMALL_COURSE_BLOCKS
        assert export.problems == ()
        assert block(export, "quiz").attributes == {"display_name": "Quiz", "weight": 2.5}

    def test_a_course_inlined_in_course_xml_gives_the_same_blocks(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<chapter url_name="week1"><sequential url_name="cells"><vertical url_name="unit1">'
            '<html url_name="intro">Hello <b>you</b></html><problem url_name="quiz"><p>?</p></problem>'
            "</vertical></sequential></chapter>",
        )

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert export.problems == ()

    def test_inlined_blocks_and_pointers_mix_at_every_level(self, tmp_path: Path) -> None:
        files = SMALL_COURSE | {
            "chapter/week1.xml": (
                '<chapter><sequential url_name="cells"/><sequential url_name="inlined" display_name="Here">'
                '<vertical url_name="unit2"/></sequential></chapter>'
            ),
            "vertical/unit2.xml": '<vertical><video url_name="film" display_name="Film"/></vertical>',
        }

        export = read(tmp_path, files)

        assert outline(export) == [
            *SMALL_COURSE_BLOCKS,
            ("sequential", "inlined", 1),
            ("vertical", "unit2", 6),
            ("video", "film", 7),
        ]

    def test_the_old_spellings_slug_and_name_are_read(self, tmp_path: Path) -> None:
        export = read(
            tmp_path,
            {
                "course.xml": '<course slug="2012" org="SchoolX" course="Bio" name="Old"><chapter slug="w1"/></course>',
                "chapter/w1.xml": '<chapter name="Week"/>',
            },
        )

        assert export.run == "2012"
        assert export.attributes == {"display_name": "Old"}
        assert block(export, "w1").attributes == {"display_name": "Week"}

    def test_display_name_wins_over_its_old_spelling(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<chapter url_name="w" name="Old" display_name="New"/>')

        assert block(export, "w").attributes == {"display_name": "New"}

    def test_a_colon_in_a_url_name_is_a_folder_in_its_path(self, tmp_path: Path) -> None:
        export = read(
            tmp_path,
            {
                "course.xml": '<course url_name="r" org="o" course="c"><chapter url_name="part:one"/></course>',
                "chapter/part/one.xml": '<chapter display_name="One"/>',
            },
        )

        assert block(export, "part:one").attributes == {"display_name": "One"}

    def test_org_and_course_may_stand_in_the_pointed_file(self, tmp_path: Path) -> None:
        files: dict[str, Content] = {
            "course.xml": '<course url_name="2030"/>',
            "course/2030.xml": '<course org="SchoolX" course="Bio101"/>',
        }

        export = read(tmp_path, files)

        assert (export.org, export.number, export.run) == ("SchoolX", "Bio101", "2030")

    @pytest.mark.parametrize(
        "container",
        [
            *("chapter", "sequential", "vertical", "library_content", "legacy_library_content", "itembank"),
            *("split_test", "conditional", "randomize", "wrapper", "videosequence", "problemset"),
            *("section", "unit", "subsection"),
        ],
    )
    def test_the_children_of_a_container_are_blocks(self, tmp_path: Path, container: str) -> None:
        export = read_inline(tmp_path, f'<{container} url_name="box"><html url_name="a">text</html></{container}>')

        assert outline(export)[1:] == [(container, "box", 0), ("html", "a", 1)]

    def test_the_parts_of_a_problem_builder_are_blocks_and_its_fields_are_none(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<problem-builder url_name="pb" xblock-family="xblock.v1" weight="2.0"'
            ' xmlns:option="http://code.edx.org/xblock/option"><option:display_name>Build</option:display_name>'
            '<pb-mcq url_name="q" question="Why?"><pb-choice url_name="c" value="a">Because</pb-choice></pb-mcq>'
            '<html url_name="h"><p>Text</p></html></problem-builder>',
        )

        assert outline(export)[1:] == [
            *[("problem-builder", "pb", 0), ("pb-mcq", "q", 1), ("pb-choice", "c", 2), ("html", "h", 1)]
        ]
        assert block(export, "pb").attributes == {"weight": 2.0}

    @pytest.mark.parametrize("leaf", ["problem", "html", "poll", "never_seen_before"])
    def test_the_inner_xml_of_any_other_type_is_content(self, tmp_path: Path, leaf: str) -> None:
        inside = f'<vertical url_name="v"><{leaf} url_name="a"><vertical url_name="not_a_block"/></{leaf}></vertical>'

        export = read_inline(tmp_path, inside)

        assert outline(export)[1:] == [("vertical", "v", 0), (leaf, "a", 1)]

    def test_what_is_not_a_block_in_a_container_is_skipped(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<wiki slug="w"/><textbook title="t"><entry/></textbook><pdf_textbook/><html_textbook/><grading_policy/>'
            "<metadata><chapter url_name='hidden'/></metadata><meta/><license/><policy/><!-- note --><?pi x?>"
            '<conditional url_name="if"><show sources="i4x://a/b/html/c"/><html url_name="c">text</html></conditional>',
        )

        assert outline(export)[1:] == [("conditional", "if", 0), ("html", "c", 1)]
        assert export.problems == ()

    def test_an_unnamed_inlined_block_gets_the_same_name_at_each_load(self, tmp_path: Path) -> None:
        plain = read_inline(tmp_path / "a", "<vertical url_name='v'><html>Hello</html></vertical>")
        indented = read_inline(tmp_path / "b", "<vertical url_name='v'>\n  <html>\n    Hello\n  </html>\n</vertical>")
        other = read_inline(tmp_path / "c", "<vertical url_name='v'><html>Goodbye</html></vertical>")

        assert plain.blocks[2].name == "html_3a16ee5bbf7b"
        assert indented.blocks[2].name == "html_3a16ee5bbf7b"
        assert other.blocks[2].name != "html_3a16ee5bbf7b"

    def test_identical_unnamed_siblings_get_different_names(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, "<html>Hello</html><html>Hello</html><html>Hello</html>")

        assert [block.name for block in export.blocks[1:]] == [
            "html_3a16ee5bbf7b",
            "html_3a16ee5bbf7b_2",
            "html_3a16ee5bbf7b_3",
        ]

    def test_drafts_are_ignored(self, tmp_path: Path) -> None:
        export = read(tmp_path, SMALL_COURSE | {"drafts/vertical/unit1.xml": "<vertical", "drafts/course.xml": "<"})

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert export.problems == ()


class TestInheritanceAndPolicy:
    def test_a_block_takes_what_is_inherited_from_its_nearest_ancestor(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<chapter url_name="c" start="2030-02-01T00:00:00Z" display_name="C" weight="3" hide_from_toc="true"'
            ' group_access=\'{"50": [1]}\' visible_to_staff_only="true" days_early_for_beta="2">'
            '<sequential url_name="s" graded="true" format="Quiz" due="2030-03-01T00:00:00Z">'
            '<vertical url_name="v" visible_to_staff_only="false" start="2030-02-02T00:00:00Z"/>'
            "</sequential></chapter>",
            course_attributes='start="2030-01-01T00:00:00Z"',
        )

        assert block(export, "2030").attributes == {"start": datetime(2030, 1, 1, tzinfo=UTC)}
        assert block(export, "s").attributes == {
            "start": datetime(2030, 2, 1, tzinfo=UTC),
            "due": datetime(2030, 3, 1, tzinfo=UTC),
            "graded": True,
            "format": "Quiz",
            "visible_to_staff_only": True,
            "days_early_for_beta": 2,
        }
        assert block(export, "v").attributes == {
            "start": datetime(2030, 2, 2, tzinfo=UTC),
            "due": datetime(2030, 3, 1, tzinfo=UTC),
            "graded": True,
            "format": "Quiz",
            "visible_to_staff_only": False,
            "days_early_for_beta": 2,
        }

    @pytest.mark.parametrize("null", ["null", "", "&quot;&quot;"])
    def test_an_explicit_null_date_ends_inheritance(self, tmp_path: Path, null: str) -> None:
        export = read_inline(
            tmp_path,
            f'<chapter url_name="c"><sequential url_name="s" start="{null}" due="{null}"><vertical url_name="v"'
            ' display_name="V"/></sequential></chapter>',
            course_attributes='start="2030-01-01T00:00:00Z" due="2030-02-01T00:00:00Z"',
        )

        assert block(export, "s").attributes == {"start": None, "due": None}
        assert block(export, "v").attributes == {"start": None, "due": None, "display_name": "V"}

    def test_policy_overrides_the_xml_of_any_block(self, tmp_path: Path) -> None:
        policy = {
            "course/2030": {"display_name": "From policy", "start": "2031-01-01T00:00:00Z", "due": None},
            "chapter/c": {"graded": True, "group_access": {"50": [7]}, "visible_to_staff_only": False},
        }

        export = read_inline(
            tmp_path,
            '<chapter url_name="c" display_name="Kept" graded="false" visible_to_staff_only="true"/>',
            course_attributes='display_name="From XML" start="2030-01-01T00:00:00Z"',
            policy=policy,
        )

        assert export.attributes == {
            "display_name": "From policy",
            "start": datetime(2031, 1, 1, tzinfo=UTC),
            "due": None,
        }
        assert block(export, "c").attributes == {
            "display_name": "Kept",
            "start": datetime(2031, 1, 1, tzinfo=UTC),
            "due": None,
            "graded": True,
            "visible_to_staff_only": False,
            "group_access": {"50": [7]},
        }

    def test_the_policy_folder_may_be_named_after_the_pointed_course(self, tmp_path: Path) -> None:
        files: dict[str, Content] = {
            "course.xml": COURSE_XML,
            "course/2030.xml": '<course url_name="Spring"><chapter url_name="c" graded="false"/></course>',
            "policies/Spring/policy.json": '{"course/Spring": {"end": "2031-01-01"}, "chapter/c": {"graded": true}}',
        }

        export = read(tmp_path, files)

        assert export.attributes == {"end": datetime(2031, 1, 1, tzinfo=UTC)}
        assert block(export, "c").attributes == {"graded": True}

    def test_the_policy_of_another_run_is_not_applied(self, tmp_path: Path) -> None:
        export = read(tmp_path, SMALL_COURSE | {"policies/2029/policy.json": '{"course/2030": {"display_name": "No"}}'})

        assert export.attributes == {"display_name": "Biology"}

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"{", "It is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."),
            (b"", "It is not JSON: Expecting value: line 1 column 1 (char 0)."),
            (b"[]", "It is not a JSON object."),
            (b'{"a": NaN}', "It is not JSON: NaN is not JSON."),
            (b"[" * 200_000, "It is not JSON: nested too deeply."),
        ],
    )
    def test_a_broken_policy_is_a_problem_and_the_rest_loads(self, tmp_path: Path, content: bytes, reason: str) -> None:
        export = read(tmp_path, SMALL_COURSE | {"policies/2030/policy.json": content})

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert export.problems == (ExportProblem("policies/2030/policy.json", reason),)

    def test_a_policy_that_is_not_utf_8_is_a_problem(self, tmp_path: Path) -> None:
        export = read(tmp_path, SMALL_COURSE | {"policies/2030/policy.json": b'{"course/2030": "\xff"}'})

        assert [problem.file for problem in export.problems] == ["policies/2030/policy.json"]

    def test_a_policy_may_begin_with_a_byte_order_mark(self, tmp_path: Path) -> None:
        policy = b'\xef\xbb\xbf{"course/2030": {"display_name": "Marked"}}'

        export = read(tmp_path, SMALL_COURSE | {"policies/2030/policy.json": policy})

        assert export.attributes == {"display_name": "Marked"}

    def test_a_policy_entry_that_is_no_object_is_a_problem(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<chapter url_name="c" graded="true"/>', policy={"chapter/c": [1]})

        assert block(export, "c").attributes == {"graded": True}
        assert export.problems == (
            ExportProblem("policies/2030/policy.json", "The entry chapter/c is not a JSON object."),
        )


class TestTyping:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=UTC)),
            ("&quot;2030-01-01T00:00:00Z&quot;", datetime(2030, 1, 1, tzinfo=UTC)),
            ("2030-01-01T02:30:00+02:30", datetime(2030, 1, 1, tzinfo=UTC)),
            ("2030-01-01T00:00:00.000500+00:00", datetime(2030, 1, 1, 0, 0, 0, 500, tzinfo=UTC)),
            ("2030-01-01T00:00:00", datetime(2030, 1, 1, tzinfo=UTC)),
            ("2013-02-05T05:00", datetime(2013, 2, 5, 5, 0, tzinfo=UTC)),
            ("2013-02-05", datetime(2013, 2, 5, tzinfo=UTC)),
            (" 2013-02-05 ", datetime(2013, 2, 5, tzinfo=UTC)),
            ("Feb 5, 2013", datetime(2013, 2, 5, tzinfo=UTC)),
            ("February 5, 2013", datetime(2013, 2, 5, tzinfo=UTC)),
        ],
    )
    def test_a_date_becomes_aware_utc(self, tmp_path: Path, text: str, moment: datetime) -> None:
        export = read_inline(tmp_path, f'<chapter url_name="c" start="{text}"/>')

        start = block(export, "c").attributes["start"]
        assert start == moment
        assert start.tzinfo is UTC
        assert export.problems == ()

    @pytest.mark.parametrize("text", ["soon", "2030-13-01", "20", "0001-01-01T00:00:00+10:00", "[1]"])
    def test_an_unreadable_date_is_a_problem_and_inheritance_goes_on(self, tmp_path: Path, text: str) -> None:
        export = read_inline(
            tmp_path, f'<chapter url_name="c" start="{text}"/>', course_attributes='start="2030-01-01T00:00:00Z"'
        )

        assert block(export, "c").attributes == {"start": datetime(2030, 1, 1, tzinfo=UTC)}
        assert export.problems == (ExportProblem("course.xml", f"start of chapter/c is not a date: {text!r}."),)

    def test_an_unreadable_value_of_the_policy_names_the_policy(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<chapter url_name="c"/>', policy={"course/2030": {"end": 5}})

        assert ExportProblem("policies/2030/policy.json", "end of the course is not a date: 5.") in export.problems
        assert "end" not in export.attributes

    @pytest.mark.parametrize(
        ("text", "value"), [("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False)]
    )
    def test_booleans_are_read_in_any_letter_case(self, tmp_path: Path, text: str, value: bool) -> None:
        export = read_inline(
            tmp_path, f'<chapter url_name="c" graded="{text}" visible_to_staff_only="{text}" hide_from_toc="{text}"/>'
        )

        assert block(export, "c").attributes == {
            "graded": value,
            "visible_to_staff_only": value,
            "hide_from_toc": value,
        }

    @pytest.mark.parametrize("text", ["null", ""])
    def test_an_unset_value_that_is_no_date_is_absent(self, tmp_path: Path, text: str) -> None:
        attributes = ("graded", "visible_to_staff_only", "group_access", "days_early_for_beta", "weight")
        written = " ".join(f'{attribute}="{text}"' for attribute in attributes)

        export = read_inline(tmp_path, f'<chapter url_name="c" {written} display_name="C"/>')

        assert block(export, "c").attributes == {"display_name": "C"}
        assert export.problems == ()

    @pytest.mark.parametrize(
        ("attribute", "text", "complaint"),
        [
            ("graded", "yes", "is not true or false"),
            ("weight", "heavy", "is not a number"),
            ("weight", "1e999", "is not a number"),
            ("weight", "NaN", "is not a number"),
            ("weight", "true", "is not a number"),
        ],
    )
    def test_an_unreadable_value_is_a_problem_and_absent(
        self, tmp_path: Path, attribute: str, text: str, complaint: str
    ) -> None:
        export = read_inline(tmp_path, f'<chapter url_name="c" {attribute}="{text}" display_name="C"/>')

        assert block(export, "c").attributes == {"display_name": "C"}
        assert export.problems == (ExportProblem("course.xml", f"{attribute} of chapter/c {complaint}: {text!r}."),)

    def test_a_message_repeats_only_the_beginning_of_a_long_value(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, f'<chapter url_name="c" weight="{"x" * 100_000}"/>')

        assert export.problems == (ExportProblem("course.xml", f"weight of chapter/c is not a number: '{'x' * 79}…."),)

    @pytest.mark.parametrize(
        "access",
        ["{50: [1]}", '["50"]', '{"50": 1}', '{"50": ["a"]}', '{"50": [true]}', '{"all": [1]}', '{"": [1]}', "all"],
    )
    def test_unreadable_group_access_is_a_problem_and_the_block_is_visible(self, tmp_path: Path, access: str) -> None:
        written = access.replace('"', "&quot;")

        export = read_inline(tmp_path, f'<chapter url_name="c" group_access="{written}"/>')

        assert block(export, "c").attributes == {"group_access": {}}
        assert export.problems == (
            ExportProblem("course.xml", f"group_access of chapter/c is not a JSON object of group lists: {access!r}."),
        )

    def test_names_stay_strings_even_if_they_look_like_json(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<chapter url_name="c" display_name="2024" format="true"/>',
            course_attributes='display_name="101" advertised_start="2030" course_image="1" display_coursenumber="7.00"'
            ' display_organization="[]"',
            policy={"chapter/c": {"format": 5}},
        )

        assert export.attributes == {
            "display_name": "101",
            "advertised_start": "2030",
            "course_image": "1",
            "display_coursenumber": "7.00",
            "display_organization": "[]",
        }
        assert block(export, "c").attributes == {"display_name": "2024", "format": "5"}

    def test_course_attributes_are_typed_and_unknown_ones_kept_as_written(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            "",
            course_attributes=(
                'self_paced="true" mobile_available="False" days_early_for_beta="1.5" advertised_start="null"'
                ' tabs="[{&quot;type&quot;: &quot;courseware&quot;}]" pre_requisite_courses="[]"'
                ' certificates_display_behavior="end" graceperiod="" end="&quot;2030-06-01T00:00:00Z&quot;"'
                ' enrollment_start="2029-01-01T00:00:00Z" enrollment_end="null" max_student_enrollments_allowed="null"'
                ' certificate_available_date="2030-07-01" invented_later="12"'
            ),
        )

        assert export.attributes == {
            "self_paced": True,
            "mobile_available": False,
            "days_early_for_beta": 1.5,
            "tabs": [{"type": "courseware"}],
            "pre_requisite_courses": [],
            "certificates_display_behavior": "end",
            "graceperiod": "",
            "end": datetime(2030, 6, 1, tzinfo=UTC),
            "enrollment_start": datetime(2029, 1, 1, tzinfo=UTC),
            "enrollment_end": None,
            "certificate_available_date": datetime(2030, 7, 1, tzinfo=UTC),
            "invented_later": "12",
        }
        assert export.blocks[0].attributes == {"days_early_for_beta": 1.5}

    def test_a_course_structure_that_is_not_json_is_a_problem_and_absent(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, "", course_attributes='tabs="[{" user_partitions=""')

        assert export.attributes == {}
        assert export.problems == (ExportProblem("course.xml", "tabs of the course is not JSON: '[{'."),)


CHAPTER = '<chapter url_name="c" display_name="C"/>'
PARTITION: dict[str, Any] = {
    "id": 100,
    "name": "Cohorts",
    "scheme": "cohort",
    "version": 3,
    "groups": [{"id": 1}, {"id": "2"}],
}


class TestPartitionsAndExperiments:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, {}),
            ({"active": False}, {"active": False}),
            ({"groups": []}, {"groups": []}),
            ({"version": 2, "scheme": "random"}, {"scheme": "random"}),
            ({"version": 1, "scheme": "cohort"}, {"scheme": "random"}),
        ],
    )
    def test_a_courses_user_partitions_are_read(
        self, tmp_path: Path, changes: dict[str, Any], expected: dict[str, Any]
    ) -> None:
        export = read_inline(tmp_path, CHAPTER, policy={"course/2030": {"user_partitions": [PARTITION | changes]}})

        assert export.problems == ()
        assert export.attributes["user_partitions"] == [
            {"id": 100, "scheme": "cohort", "groups": [1, 2], "active": True} | expected
        ]

    @pytest.mark.parametrize(
        "value",
        ["all", 5, {"id": 100}, [5], [[]], [PARTITION | {"id": "x"}], [PARTITION | {"groups": [{}]}]],
    )
    def test_unreadable_user_partitions_are_a_problem_and_absent(self, tmp_path: Path, value: Any) -> None:
        export = read_inline(tmp_path, CHAPTER, policy={"course/2030": {"user_partitions": value}})

        assert export.attributes == {}
        assert len(export.problems) == 1

    def test_an_experiment_says_which_child_is_whose(self, tmp_path: Path) -> None:
        arms = json.dumps({"0": "block-v1:o+c+r+type@vertical+block@a"})
        attributes = f"user_partition_id=\"101\" group_id_to_child='{arms}'"

        export = read_inline(tmp_path, f'<split_test url_name="t" {attributes}><vertical url_name="a"/></split_test>')

        assert block(export, "t").attributes == {"user_partition_id": 101, "group_id_to_child": json.loads(arms)}

    def test_only_an_experiment_says_so(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<vertical url_name="v" user_partition_id="101" display_name="V"/>')

        assert block(export, "v").attributes == {"display_name": "V"}

    @pytest.mark.parametrize("arms", ["[]", '{"0": 5}', "5", '{"0": "\\ud800"}'])
    def test_unreadable_arms_are_a_problem_and_absent(self, tmp_path: Path, arms: str) -> None:
        written = arms.replace('"', "&quot;")

        export = read_inline(tmp_path, f'<split_test url_name="t" group_id_to_child="{written}" display_name="T"/>')

        assert block(export, "t").attributes == {"display_name": "T"}
        assert len(export.problems) == 1


class TestOpenAssessment:
    def test_its_dates_and_steps_are_read(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<vertical url_name="v"><openassessment url_name="essay" submission_start="2030-01-01T00:00:00+00:00"'
            ' submission_due="2030-02-01T00:00:00Z" date_config_type="manual" text_response="required">'
            '<title>Essay</title><assessments><assessment name="peer-assessment" must_grade="5"'
            ' start="2030-02-01T00:00:00" due="2030-03-01T00:00:00Z"/><assessment name="staff-assessment"/>'
            "</assessments><rubric><criterion/></rubric></openassessment></vertical>",
        )

        assert block(export, "essay").attributes == {
            "display_name": "Essay",
            "ora": {
                "submission_start": datetime(2030, 1, 1, tzinfo=UTC),
                "submission_due": datetime(2030, 2, 1, tzinfo=UTC),
                "date_config_type": "manual",
                "assessments": [
                    {
                        "name": "peer-assessment",
                        "start": datetime(2030, 2, 1, tzinfo=UTC),
                        "due": datetime(2030, 3, 1, tzinfo=UTC),
                    },
                    {"name": "staff-assessment", "start": None, "due": None},
                ],
            },
        }

    def test_its_steps_may_stand_in_an_attribute_of_a_file_of_its_own(self, tmp_path: Path) -> None:
        steps = [{"name": "self-assessment", "start": None, "due": "2030-03-01T00:00:00Z"}, "not a step"]
        files: dict[str, Content] = {
            "course.xml": '<course url_name="r" org="o" course="c"><openassessment url_name="essay"/></course>',
            "openassessment/essay.xml": '<openassessment display_name="Essay" submission_due="null"/>',
            "policies/r/policy.json": json.dumps({"openassessment/essay": {"rubric_assessments": steps}}),
        }

        export = read(tmp_path, files)

        assert block(export, "essay").attributes == {
            "display_name": "Essay",
            "ora": {
                "submission_start": None,
                "submission_due": None,
                "assessments": [
                    {"name": "self-assessment", "start": None, "due": datetime(2030, 3, 1, tzinfo=UTC)},
                ],
            },
        }

    def test_that_it_is_for_teams_is_read(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<openassessment url_name="essay" display_name="Essay" teams_enabled="True"/>')

        assert block(export, "essay").attributes["ora"]["teams_enabled"] is True

    def test_an_unreadable_step_date_is_a_problem(self, tmp_path: Path) -> None:
        export = read_inline(
            tmp_path,
            '<openassessment url_name="essay" submission_start="later"><assessments>'
            '<assessment name="peer-assessment" due="never"/></assessments></openassessment>',
        )

        assert block(export, "essay").attributes["ora"] == {
            "submission_start": None,
            "submission_due": None,
            "assessments": [{"name": "peer-assessment", "start": None, "due": None}],
        }
        assert export.problems == (
            ExportProblem("course.xml", "submission_start of openassessment/essay is not a date: 'later'."),
            ExportProblem("course.xml", "due of openassessment/essay is not a date: 'never'."),
        )


class TestBrokenFiles:
    @pytest.mark.parametrize("file", ["chapter/week1.xml", "sequential/cells.xml", "vertical/unit1.xml"])
    def test_a_broken_file_leaves_its_block_without_children_in_place(self, tmp_path: Path, file: str) -> None:
        broken_type = file.split("/")[0]
        depth = ["course", "chapter", "sequential", "vertical"].index(broken_type)

        export = read(tmp_path, SMALL_COURSE | {file: "<p>cut off"})

        assert outline(export) == SMALL_COURSE_BLOCKS[: depth + 1]
        assert export.problems == (
            ExportProblem(file, "It is not well-formed XML: no element found: line 1, column 10."),
        )

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "It is not well-formed XML: no element found: line 1, column 0."),
            (b"<problem a='1' a='2'/>", "It is not well-formed XML: duplicate attribute: line 1, column 15."),
            (
                b"<problem>\xff</problem>",
                "It is not well-formed XML: not well-formed (invalid token): line 1, column 9.",
            ),
            (b"<problem>&nbsp;</problem>", "It is not well-formed XML: undefined entity: line 1, column 9."),
        ],
    )
    def test_a_broken_leaf_stays_in_place_and_its_siblings_load(
        self, tmp_path: Path, content: bytes, reason: str
    ) -> None:
        export = read(tmp_path, SMALL_COURSE | {"problem/quiz.xml": content})

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert block(export, "quiz").attributes == {}
        assert export.problems == (ExportProblem("problem/quiz.xml", reason),)

    def test_an_unknown_encoding_is_a_problem(self, tmp_path: Path) -> None:
        files = SMALL_COURSE | {"problem/quiz.xml": '<?xml version="1.0" encoding="klingon"?><problem/>'}

        export = read(tmp_path, files)

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert [problem.file for problem in export.problems] == ["problem/quiz.xml"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_a_byte_order_mark_is_understood(self, tmp_path: Path, encoding: str) -> None:
        files = SMALL_COURSE | {"problem/quiz.xml": '<problem display_name="Größe"/>'.encode(encoding)}

        export = read(tmp_path, files)

        assert block(export, "quiz").attributes == {"display_name": "Größe"}

    def test_a_pointer_to_a_missing_file_is_a_block_without_children(self, tmp_path: Path) -> None:
        files = {name: content for name, content in SMALL_COURSE.items() if name != "sequential/cells.xml"}

        export = read(tmp_path, files)

        assert outline(export) == SMALL_COURSE_BLOCKS[:3]
        assert export.problems == (
            ExportProblem("sequential/cells.xml", "It is not in the export, but chapter/week1.xml points to it."),
        )

    def test_a_missing_file_of_the_course_leaves_the_course_alone(self, tmp_path: Path) -> None:
        export = read(tmp_path, {"course.xml": COURSE_XML})

        assert outline(export) == [("course", "2030", None)]
        assert export.problems == (
            ExportProblem("course/2030.xml", "It is not in the export, but course.xml points to it."),
        )

    def test_a_broken_file_that_nothing_points_to_is_no_problem(self, tmp_path: Path) -> None:
        export = read(
            tmp_path, SMALL_COURSE | {"problem/leftover.xml": "<", "chapter/._week1.xml": b"\x00\x05\x16\x07"}
        )

        assert export.problems == ()

    @pytest.mark.parametrize("content", [BILLION_LAUGHS, EXTERNAL_ENTITY])
    def test_entities_are_refused_and_the_rest_loads(self, tmp_path: Path, content: str) -> None:
        export = read(tmp_path, SMALL_COURSE | {"chapter/week1.xml": content})

        assert outline(export) == SMALL_COURSE_BLOCKS[:2]
        assert block(export, "week1").attributes == {}
        assert export.problems == (ExportProblem("chapter/week1.xml", "It declares XML entities, which are not read."),)

    def test_a_block_that_is_reached_twice_is_left_out_the_second_time(self, tmp_path: Path) -> None:
        files = SMALL_COURSE | {
            "course/2030.xml": '<course><chapter url_name="week1"/><chapter url_name="week1"/></course>'
        }

        export = read(tmp_path, files)

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert export.problems == (
            ExportProblem(
                "course/2030.xml", "The block chapter/week1 is in the course already; this second one is left out."
            ),
        )

    def test_blocks_of_different_types_may_share_a_name(self, tmp_path: Path) -> None:
        export = read_inline(tmp_path, '<chapter url_name="a" graded="true"/><sequential url_name="a" graded="true"/>')

        assert outline(export)[1:] == [("chapter", "a", 0), ("sequential", "a", 0)]

    def test_a_cycle_of_pointers_ends(self, tmp_path: Path) -> None:
        files = SMALL_COURSE | {"vertical/unit1.xml": '<vertical><sequential url_name="cells"/></vertical>'}

        export = read(tmp_path, files)

        assert outline(export) == SMALL_COURSE_BLOCKS[:4]
        assert export.problems == (
            ExportProblem(
                "vertical/unit1.xml",
                "The block sequential/cells is in the course already; this second one is left out.",
            ),
        )

    def test_a_course_inside_itself_ends(self, tmp_path: Path) -> None:
        export = read(tmp_path, {"course.xml": COURSE_XML, "course/2030.xml": f"<course>{COURSE_XML}</course>"})

        assert outline(export) == [("course", "2030", None)]
        assert len(export.problems) == 1

    def test_five_thousand_nested_blocks_are_read_down_to_the_fiftieth_level(self, tmp_path: Path) -> None:
        nested = "".join(f'<vertical url_name="v{level}">' for level in range(2, 5002)) + "</vertical>" * 5000

        export = read_inline(tmp_path, nested)

        assert [block.name for block in export.blocks] == ["2030", *(f"v{level}" for level in range(2, 51))]
        assert export.problems == (
            ExportProblem("course.xml", "The block vertical/v51 is more than 50 levels deep; it is left out."),
        )

    def test_five_thousand_nested_unnamed_blocks_and_tags_do_not_exhaust_the_stack(self, tmp_path: Path) -> None:
        blocks = "<vertical>" * 5000 + "</vertical>" * 5000
        content = f'<html url_name="deep">{"<b>" * 5000}{"</b>" * 5000}</html>'

        export = read_inline(tmp_path, blocks + content)

        assert len(export.blocks) == 51
        assert export.blocks[-1].name == "deep"


class TestNotAnExport:
    @pytest.mark.parametrize("file", ["course.xml", "course/2030.xml"])
    def test_a_broken_course_file_makes_the_export_unreadable(self, tmp_path: Path, file: str) -> None:
        folder = write_folder(tmp_path, SMALL_COURSE | {file: "<course"})

        with pytest.raises(UnreadableExportError) as caught:
            read_course_export(folder)

        assert str(caught.value) == (
            f"{folder} cannot be read, because of its {file}: "
            "It is not well-formed XML: unclosed token: line 1, column 0."
        )

    @pytest.mark.parametrize("file", ["course.xml", "course/2030.xml"])
    def test_a_course_file_that_holds_something_else_makes_the_export_unreadable(
        self, tmp_path: Path, file: str
    ) -> None:
        folder = write_folder(tmp_path, SMALL_COURSE | {file: '<library org="o" library="l" url_name="2030"/>'})

        with pytest.raises(UnreadableExportError, match=f"its {file} holds <library>, not <course>"):
            read_course_export(folder)

    @pytest.mark.parametrize(
        ("root", "missing"),
        [
            ('<course url_name="r" course="c"/>', "org"),
            ('<course url_name="r" org="o"/>', "course"),
            ('<course org="o" course="c"/>', "url_name"),
        ],
    )
    def test_a_course_without_an_identity_is_unreadable(self, tmp_path: Path, root: str, missing: str) -> None:
        folder = write_folder(tmp_path, {"course.xml": root, "course/r.xml": "<course/>"})

        with pytest.raises(UnreadableExportError, match=f"its course.xml has no {missing}$"):
            read_course_export(folder)

    def test_a_folder_with_several_courses_is_unreadable_and_says_so(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, {"one/course.xml": COURSE_XML, "two/course.xml": COURSE_XML})

        with pytest.raises(UnreadableExportError, match="holds more than one course: one, two"):
            read_course_export(folder)

    def test_a_folder_without_course_xml_is_no_export(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path, {"a/b/course.xml": COURSE_XML})

        assert not is_course_export(folder)
        with pytest.raises(UnreadableExportError, match=r"holds no course\.xml"):
            read_course_export(folder)

    def test_an_archive_without_course_xml_is_no_export(self, tmp_path: Path) -> None:
        archive = write_archive(tmp_path / "x.tar.gz", {"chapter/week1.xml": "<chapter/>"})

        assert not is_course_export(archive)
        with pytest.raises(UnreadableExportError, match=r"holds no course\.xml"):
            read_course_export(archive)

    @pytest.mark.parametrize(
        "content",
        [b"", b'[{"model": "auth.user"}]\n', gzip.compress(b'[{"model": "auth.user"}]\n'), b"\x1f\x8bnot gzip"],
        ids=["empty", "a dump", "a gzipped dump", "not gzip"],
    )
    def test_a_file_that_is_no_archive_is_no_export(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "course.tar.gz"
        file.write_bytes(content)

        assert not is_course_export(file)
        with pytest.raises(UnreadableExportError, match=f"^{file} is "):
            read_course_export(file)

    def test_a_path_that_does_not_exist_is_no_export(self, tmp_path: Path) -> None:
        assert not is_course_export(tmp_path / "nowhere")
        with pytest.raises(UnreadableExportError, match="cannot be opened"):
            read_course_export(tmp_path / "nowhere")

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
    def test_a_truncated_gzip_archive_is_unreadable(self, tmp_path: Path, share: float) -> None:
        noise = {f"html/{number}.xml": os.urandom(2_000) for number in range(50)}
        whole = write_archive(tmp_path / "whole.tar.gz", {**SMALL_COURSE, **noise}).read_bytes()
        archive = tmp_path / "cut.tar.gz"
        archive.write_bytes(whole[: int(len(whole) * share)])

        with pytest.raises(UnreadableExportError, match="damaged gzip file"):
            read_course_export(archive)


class TestArchivesAndFolders:
    @pytest.mark.parametrize("mode", ["w", "w:gz"])
    @pytest.mark.parametrize("prefix", ["course/", "./", "", "my export/", "./course/"])
    def test_the_course_may_stand_at_the_top_of_an_archive_or_in_any_folder(
        self, tmp_path: Path, mode: str, prefix: str
    ) -> None:
        files = {prefix + name: content for name, content in SMALL_COURSE.items()}
        policy: dict[str, Content] = {f"{prefix}policies/2030/policy.json": '{"chapter/week1": {"graded": true}}'}
        archive = write_archive(tmp_path / "export.bin", files | policy, mode)

        export = read_course_export(archive)

        assert is_course_export(archive)
        assert outline(export) == SMALL_COURSE_BLOCKS
        assert block(export, "week1").attributes == {"display_name": "Week 1", "graded": True}
        assert export.problems == ()

    def test_a_folder_that_holds_the_course_folder_is_an_export(self, tmp_path: Path) -> None:
        write_folder(tmp_path / "course", SMALL_COURSE)

        assert is_course_export(tmp_path)
        assert is_course_export(tmp_path / "course")
        assert outline(read_course_export(tmp_path)) == SMALL_COURSE_BLOCKS

    def test_a_run_named_course_is_not_taken_for_a_folder_with_a_course(self, tmp_path: Path) -> None:
        files: dict[str, Content] = {
            "course/course.xml": '<course display_name="Pointed"/>',
            "course.xml": '<course url_name="course" org="o" course="c"/>',
        }

        export = read_course_export(write_archive(tmp_path / "x.tar.gz", files))

        assert (export.run, export.attributes) == ("course", {"display_name": "Pointed"})

    def test_problems_name_files_by_their_path_in_the_course(self, tmp_path: Path) -> None:
        files = {f"course/{name}": content for name, content in SMALL_COURSE.items()} | {"course/problem/quiz.xml": ""}

        export = read_course_export(write_archive(tmp_path / "x.tar.gz", files))

        assert [problem.file for problem in export.problems] == ["problem/quiz.xml"]

    @pytest.mark.parametrize("name", ["../vertical/unit1.xml", "/vertical/unit1.xml", "a/../vertical/unit1.xml"])
    def test_a_member_whose_path_escapes_is_a_problem_and_not_read(self, tmp_path: Path, name: str) -> None:
        archive = write_archive(tmp_path / "x.tar.gz", SMALL_COURSE | {name: '<vertical display_name="Evil"/>'})

        export = read_course_export(archive)

        assert block(export, "unit1").attributes == {"display_name": "Unit"}
        assert export.problems == (ExportProblem(name, "Its path leads out of the export; it was not read."),)

    def test_a_member_over_twenty_megabytes_is_one_problem_and_not_read(self, tmp_path: Path) -> None:
        huge = b'<problem display_name="Huge">' + b" " * (20 * 1024 * 1024) + b"</problem>"
        archive = write_archive(tmp_path / "x.tar.gz", SMALL_COURSE | {"problem/quiz.xml": huge})

        export = read_course_export(archive)

        assert block(export, "quiz").attributes == {}
        assert export.problems == (
            ExportProblem(
                "problem/quiz.xml", "It has 20971559 bytes, more than the 20971520 that are read of one file."
            ),
        )

    def test_a_large_static_file_is_not_a_problem(self, tmp_path: Path) -> None:
        archive = write_archive(
            tmp_path / "x.tar.gz", SMALL_COURSE | {"static/film.mp4": b" " * 21_000_000, "static/broken.xml": "<"}
        )

        assert read_course_export(archive).problems == ()

    def test_a_link_in_an_archive_is_not_followed(self, tmp_path: Path) -> None:
        archive = write_archive(tmp_path / "x.tar", SMALL_COURSE, "w")
        with tarfile.open(archive, "a") as tar:
            link = tarfile.TarInfo("problem/quiz.xml")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)

        export = read_course_export(archive)

        assert export.problems == (
            ExportProblem("problem/quiz.xml", "It is not a regular file but a link or a device; it was not read."),
        )

    def test_a_link_in_a_folder_is_followed_within_the_course_only(self, tmp_path: Path) -> None:
        course = write_folder(tmp_path / "course", SMALL_COURSE | {"roots/2030.xml": COURSE_XML})
        outside = write_folder(tmp_path / "outside", {"secret.xml": '<problem display_name="Secret"/>'})
        (course / "course.xml").unlink()
        (course / "course.xml").symlink_to("roots/2030.xml")
        (course / "problem/quiz.xml").unlink()
        (course / "problem/quiz.xml").symlink_to(outside / "secret.xml")

        export = read_course_export(course)

        assert outline(export) == SMALL_COURSE_BLOCKS
        assert block(export, "quiz").attributes == {}
        assert [problem.file for problem in export.problems] == ["problem/quiz.xml"]

    def test_a_member_name_that_is_not_utf_8_can_be_printed(self, tmp_path: Path) -> None:
        archive = write_archive(tmp_path / "x.tar", SMALL_COURSE, "w")
        with tarfile.open(archive, "a", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
            tar.addfile(tarfile.TarInfo("../\udcff.xml"))

        problems = read_course_export(archive).problems

        assert [problem.file.encode() for problem in problems] == [b"../\\udcff.xml"]

    @pytest.mark.skipif("OLX_SAMPLE" not in os.environ, reason="OLX_SAMPLE names no real course export")
    def test_a_real_export_reads_without_a_problem(self) -> None:
        export = read_course_export(Path(os.environ["OLX_SAMPLE"]))

        assert export.problems == ()
        assert len(export.blocks) > 1
