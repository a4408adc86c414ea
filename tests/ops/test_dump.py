"""Reading dumps: which rows come out, whatever the file's form, and how what is no row is named."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_lambda.load.dump import BadRow, Row, UnreadableDumpError, read_dump
from tests.examples import one_in
from tests.ops.dumps import DumpRow, as_lines, dump_row, write_dump, write_file

ROWS = [
    dump_row("auth.user", 4711, username="mona", email="mona@example.org"),
    dump_row("course_overviews.courseoverview", "course-v1:DemoX+DX101+2026_T1", display_name="Größe € 😀"),
    dump_row("auth.user", 4712, username="nora", email=""),
]
READ = [
    Row("auth.user", "4711", {"username": "mona", "email": "mona@example.org"}, "row 1"),
    Row("course_overviews.courseoverview", "course-v1:DemoX+DX101+2026_T1", {"display_name": "Größe € 😀"}, "row 2"),
    Row("auth.user", "4712", {"username": "nora", "email": ""}, "row 3"),
]
GOOD = '{"model": "auth.user", "pk": 1, "fields": {}}'
DEEP = '{"model": "auth.user", "pk": 2, "fields": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
dump_rows = st.builds(
    lambda model, pk, fields: {"model": model, "pk": pk, "fields": fields},
    st.sampled_from(["auth.user", "student.courseenrollment"]),
    st.integers() | st.text(),
    st.dictionaries(st.text(), json_values, max_size=4),
)


def read_text(folder: Path, text: str | bytes, name: str = "dump.json") -> list[Row | BadRow]:
    return list(read_dump(write_file(folder / name, text)))


def read_until_the_end(file: Path) -> tuple[list[Row | BadRow], str | None]:
    """The rows of a dump, and why it cannot be read to its end."""
    found: list[Row | BadRow] = []
    try:
        found.extend(read_dump(file))
    except UnreadableDumpError as error:
        return found, str(error)
    return found, None


def as_written(rows: list[Row | BadRow]) -> list[DumpRow]:
    """The rows as `dump_row` makes them, with every pk as text; none of them may be broken."""
    assert all(isinstance(row, Row) for row in rows), rows
    return [dump_row(row.model, row.pk, **row.fields) for row in rows if isinstance(row, Row)]


def pks(rows: list[Row | BadRow]) -> list[str]:
    return [row.pk for row in rows if isinstance(row, Row)]


def bad(rows: list[Row | BadRow]) -> list[BadRow]:
    return [row for row in rows if isinstance(row, BadRow)]


class TestForms:
    @pytest.mark.parametrize("name", ["dump.json", "dump.json.gz"])
    @pytest.mark.parametrize("indent", [None, 2, 4])
    def test_an_array_gives_its_rows_in_order(self, tmp_path: Path, name: str, indent: int | None) -> None:
        assert read_text(tmp_path, json.dumps(ROWS, indent=indent), name) == READ

    @pytest.mark.parametrize("name", ["dump.jsonl", "dump.jsonl.gz"])
    def test_json_lines_give_their_rows_in_order(self, tmp_path: Path, name: str) -> None:
        rows = list(read_dump(write_dump(tmp_path / name, ROWS)))

        assert [row.place for row in rows] == ["line 1", "line 2", "line 3"]
        assert pks(rows) == ["4711", "course-v1:DemoX+DX101+2026_T1", "4712"]

    @pytest.mark.parametrize("text", [json.dumps(ROWS, ensure_ascii=False), as_lines(ROWS)], ids=["array", "lines"])
    def test_a_byte_order_mark_and_white_space_before_the_first_row_are_ignored(
        self, tmp_path: Path, text: str
    ) -> None:
        assert pks(read_text(tmp_path, f"\ufeff \r\n\t{text}")) == [row.pk for row in READ]

    def test_blank_lines_count_but_are_no_rows(self, tmp_path: Path) -> None:
        rows = read_text(tmp_path, f"{GOOD}\r\n\r\n  \r\n{GOOD}")

        assert [row.place for row in rows] == ["line 1", "line 4"]

    def test_what_a_file_is_called_does_not_matter(self, tmp_path: Path) -> None:
        compressed = gzip.compress(json.dumps(ROWS).encode())

        assert read_text(tmp_path, compressed, "dump.txt") == READ

    @pytest.mark.parametrize("text", ["[]", "[ ]\n", "\ufeff[\n\n]"])
    def test_an_empty_list_has_no_rows(self, tmp_path: Path, text: str) -> None:
        assert read_text(tmp_path, text) == []

    def test_models_are_compared_without_regard_to_case(self, tmp_path: Path) -> None:
        rows = read_text(tmp_path, '[{"model": "student.CourseEnrollment", "pk": 1, "fields": {}}]')

        assert rows == [Row("student.courseenrollment", "1", {}, "row 1")]

    @pytest.mark.parametrize("name", ["dump.json", "dump.jsonl", "dump.json.gz"])
    def test_a_row_larger_than_the_read_buffer_is_read_whole(self, tmp_path: Path, name: str) -> None:
        large = dump_row("courseware.studentmodule", 2, state="é" * 3_000_000)
        rows = list(read_dump(write_dump(tmp_path / name, [ROWS[0], large, ROWS[2]])))

        assert pks(rows) == ["4711", "2", "4712"]
        assert isinstance(rows[1], Row)
        assert rows[1].fields == {"state": "é" * 3_000_000}

    @pytest.mark.parametrize("name", ["dump.json", "dump.jsonl", "dump.json.gz"])
    def test_progress_is_told_up_to_the_whole_size_of_the_file(self, tmp_path: Path, name: str) -> None:
        file = write_dump(tmp_path / name, [dump_row("auth.user", number) for number in range(5000)])
        positions: list[int] = []

        list(read_dump(file, positions.append))

        assert positions == sorted(positions)
        assert positions[-1] == file.stat().st_size


class TestChunks:
    """The reader takes the file in pieces; where they end must not matter."""

    @pytest.mark.parametrize("indent", [None, 2])
    def test_rows_may_be_cut_at_any_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, indent: int | None
    ) -> None:
        text = json.dumps(ROWS, indent=indent, ensure_ascii=False)
        for size in range(1, len(text.encode()) + 2):
            monkeypatch.setattr("lms_lambda.load.dump._CHUNK", size)

            assert read_text(tmp_path, text) == READ, size

    @one_in(2)
    @given(
        rows=st.lists(dump_rows, max_size=4),
        size=st.integers(1, 80),
        ascii_only=st.booleans(),
        indent=st.sampled_from([None, 2]),
        lines=st.booleans(),
    )
    def test_the_rows_are_those_that_json_reads(
        self, tmp_path: Path, rows: list[DumpRow], size: int, ascii_only: bool, indent: int | None, lines: bool
    ) -> None:
        text = as_lines(rows) if lines and rows else json.dumps(rows, ensure_ascii=ascii_only, indent=indent)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("lms_lambda.load.dump._CHUNK", size)

            found = read_text(tmp_path, text)

        assert as_written(found) == [{**row, "pk": str(row["pk"])} for row in rows]

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1 << 20])
    def test_broken_rows_are_named_alike_wherever_the_pieces_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        monkeypatch.setattr("lms_lambda.load.dump._CHUNK", size)

        rows = read_text(tmp_path, f'[{GOOD}, {{"model": "a.b", "pk": 7 "fields": {{}}}}, {GOOD}, 12345, {GOOD}]')

        assert [(type(row), row.place) for row in rows] == [
            (Row, "row 1"),
            (BadRow, "row 2"),
            (Row, "row 3"),
            (BadRow, "row 4"),
            (Row, "row 5"),
        ]


class TestBrokenRows:
    @pytest.mark.parametrize(
        ("broken", "reason"),
        [
            ('{"model": "auth.user", "pk": 2, "fields": {"x": }}', "not JSON: Expecting value"),
            ('{"model": "auth.user", "pk": 2 "fields": {}}', "not JSON: Expecting ',' delimiter"),
            ('{"model": "auth.user", "pk": 2, "fields": {"x": NaN}}', "not JSON: NaN is not JSON"),
            ('{"model": "auth.user", "pk": 2, "fields": {"x": -Infinity}}', "not JSON: -Infinity is not JSON"),
            ('{"model": "auth.user", "pk": 2, "fields": {"x": "a\tb"}}', "not JSON: Invalid control character"),
            ('{"model": "auth.user", "pk": 2, "fields": {"x": "\\q"}}', "not JSON: Invalid \\escape"),
            (DEEP, "not JSON: nested too deeply"),
            ('{"model": "auth.user", "pk": 2, "fields": {"x": ' + "9" * 5000 + "}}", "not JSON: Exceeds the limit"),
            ('{"model": "auth.user", "pk": null, "fields": {}}', "pk must be a number or a text"),
            ('{"model": "auth.user", "pk": true, "fields": {}}', "pk must be a number or a text"),
            ('{"model": "auth.user", "pk": 1.5, "fields": {}}', "pk must be a number or a text"),
            ('{"model": "auth.user", "pk": [2], "fields": {}}', "pk must be a number or a text"),
            ('{"model": "auth.user", "fields": {}}', "pk must be a number or a text"),
            ('{"model": "auth.user", "pk": 2}', "not a row of a dump: it must have a model and fields"),
            ('{"model": 5, "pk": 2, "fields": {}}', "not a row of a dump: it must have a model and fields"),
            ('{"model": "auth.user", "pk": 2, "fields": []}', "not a row of a dump: it must have a model and fields"),
            ("[1, 2]", "not an object"),
            ('"text"', "not an object"),
            ("null", "not an object"),
            ("12", "not an object"),
        ],
    )
    @pytest.mark.parametrize("name", ["dump.json", "dump.jsonl"])
    def test_a_broken_row_is_named_and_the_rest_is_read(
        self, tmp_path: Path, broken: str, reason: str, name: str
    ) -> None:
        rows = [GOOD, broken, '{"model": "auth.user", "pk": 3, "fields": {}}']
        is_array = name == "dump.json"

        found = read_text(tmp_path, f"[{','.join(rows)}]" if is_array else "\n".join(rows), name)

        [problem] = bad(found)
        assert problem.place == ("row 2" if is_array else "line 2")
        assert problem.reason.startswith(reason)
        assert pks(found) == ["1", "3"]

    def test_a_row_whose_pk_is_none_is_named_by_its_model(self, tmp_path: Path) -> None:
        [row] = read_text(tmp_path, '[{"model": "auth.user", "pk": null, "fields": {}}]')

        assert row == BadRow("row 1", "pk must be a number or a text", "auth.user")

    def test_broken_rows_next_to_each_other_are_one_broken_piece_at_the_least(self, tmp_path: Path) -> None:
        found = read_text(tmp_path, f"[{GOOD}, {{{{, ]]]] {{, {GOOD}]")

        assert pks(found) == ["1", "1"]
        assert len(bad(found)) >= 1

    def test_bytes_that_are_no_utf8_break_only_the_line_that_holds_them(self, tmp_path: Path) -> None:
        broken = b'{"model": "auth.user", "pk": 2, "fields": {"username": "\xff"}}'

        found = read_text(tmp_path, b"\n".join([GOOD.encode(), broken, GOOD.encode()]), "dump.jsonl")

        assert pks(found) == ["1", "1"]
        [problem] = bad(found)
        assert (problem.place, problem.reason[:31]) == ("line 2", "not JSON: 'utf-8' codec can't d")

    def test_bytes_that_are_no_utf8_do_not_end_an_array(self, tmp_path: Path) -> None:
        broken = b'{"model": "auth.user", "pk": 2, "fields": {"username": "\xff"}}'

        found = read_text(tmp_path, b"[%s, %s, %s]" % (GOOD.encode(), broken, GOOD.encode()))

        # The row itself is rejected when its fields are read, if the API needs that one.
        assert pks(found) == ["1", "2", "1"]

    def test_a_reason_never_shows_what_the_row_holds(self, tmp_path: Path) -> None:
        broken = '{"model": "auth.user", "pk": 2, "fields": {"email": "mona@example.org", "x": }}'

        [problem] = read_text(tmp_path, f"[{broken}]")

        assert isinstance(problem, BadRow)
        assert "mona" not in problem.reason


class TestFilesThatEndEarly:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            (f"[{GOOD}", "row 1"),
            (f"[{GOOD},", "row 1"),
            (f"[{GOOD}, \n", "row 1"),
            (f"[{GOOD}, {GOOD[:-1]}", "row 1"),
            (f"[{GOOD}, {GOOD[:20]}", "row 1"),
            (f"[{GOOD}, {{", "row 1"),
            (f'[{GOOD}, {{"model": "a.b", "pk": 2, "fields": {{"x": [1, 2]', "row 1"),
            (f'[{GOOD}, {{"model": "a.b", "pk": 2, "fields": {{"x": tru', "row 1"),
            (f'[{GOOD}, {{"model": "a.b", "pk": 2, "fields": {{"x": -', "row 1"),
            (f'[{GOOD}, {{"model": "a.b", "pk": 2, "fields": {{"x": 1.5e', "row 1"),
            (f'[{GOOD}, {{"model": "a.b", "pk": 2, "fields": {{"x": "\\u00', "row 1"),
            (f"{GOOD}\n{GOOD[:-1]}", "line 1"),
            (f"{GOOD}\n{GOOD[:12]}", "line 1"),
        ],
    )
    def test_a_dump_that_ends_in_the_middle_gives_its_whole_rows_and_names_the_last(
        self, tmp_path: Path, text: str, name: str
    ) -> None:
        found, problem = read_until_the_end(write_file(tmp_path / "dump.json", text))

        assert pks(found) == ["1"]
        assert bad(found) == []
        assert problem == (
            f"it ends in the middle, after {name} (auth.user pk 1), the last whole one, which is loaded. "
            "Was the dump interrupted?"
        )

    @pytest.mark.parametrize("text", ["[", "[ ", f"[{GOOD[:30]}", GOOD[:30]])
    def test_a_dump_that_ends_in_its_first_row_has_no_whole_one(self, tmp_path: Path, text: str) -> None:
        found, problem = read_until_the_end(write_file(tmp_path / "dump.json", text))

        assert (found, problem) == ([], "it ends in the middle, after no whole row. Was the dump interrupted?")

    @pytest.mark.parametrize("form", ["array", "pretty array", "lines"])
    def test_wherever_a_dump_is_cut_it_gives_its_whole_rows(self, tmp_path: Path, form: str) -> None:
        made = (
            {
                "array": json.dumps(ROWS, ensure_ascii=False),
                "pretty array": json.dumps(ROWS, ensure_ascii=False, indent=2),
                "lines": as_lines(ROWS),
            }[form]
            .rstrip()
            .encode()
        )
        ends = [end for end in range(len(made)) if made[:end].count(b"}}") > made[: end - 1].count(b"}}")]
        for cut in range(1, len(made)):
            found, problem = read_until_the_end(write_file(tmp_path / "dump.json", made[:cut]))

            assert bad(found) == [], made[:cut]
            assert problem is not None or form == "lines"
            if form != "pretty array":
                assert len(found) == sum(end <= cut for end in ends)
                # After a whole line nothing says that more should follow.
                assert (problem is None) == (form == "lines" and made[:cut].rstrip().endswith(b"}}"))

    @pytest.mark.parametrize(
        "broken",
        [
            '{"model": "auth.user", "pk": 2, "fields": {"x": }}',
            '{"model": "auth.user", "pk": 2 "fields": {}}',
            '{"model": "auth.user", "pk": 2, "fields": {} oops}',
            '{"model": "auth.user", "pk": 2, "fields": {"x": truth}}',
            "oops",
        ],
    )
    @pytest.mark.parametrize("form", ["[{0}, {1}]", "[{0}, {1}", "{0}\n{1}", "{0}\n{1}\n"])
    def test_a_broken_row_at_the_end_is_a_broken_row(self, tmp_path: Path, broken: str, form: str) -> None:
        text = form.replace("{0}", GOOD).replace("{1}", broken)

        found, problem = read_until_the_end(write_file(tmp_path / "dump.json", text))

        assert pks(found) == ["1"]
        assert [row.place.partition(" ")[2] for row in bad(found)] == ["2"]
        assert (problem is None) == (form != "[{0}, {1}")

    @pytest.mark.parametrize("rest", [f"\n[{GOOD}]", f", {GOOD}"])
    def test_what_follows_the_list_is_not_passed_over_in_silence(self, tmp_path: Path, rest: str) -> None:
        found = read_text(tmp_path, f"[{GOOD}]{rest}")

        assert len(found) > 1

    @pytest.mark.parametrize("name", ["dump.json.gz", "dump.jsonl.gz"])
    @pytest.mark.parametrize("missing", [1, 8, 100, 10_000])
    def test_a_truncated_archive_gives_the_rows_before_the_cut_and_names_the_last(
        self, tmp_path: Path, name: str, missing: int
    ) -> None:
        file = write_dump(tmp_path / name, [dump_row("auth.user", n, x=n**9) for n in range(20_000)])
        file.write_bytes(file.read_bytes()[:-missing])

        rows, problem = read_until_the_end(file)

        assert len(rows) > 10_000
        assert pks(rows) == [str(number) for number in range(len(rows))]
        kind = "row" if name == "dump.json.gz" else "line"
        assert problem == (
            f"it ends in the middle, after {kind} {len(rows)} (auth.user pk {len(rows) - 1}), the last whole one, "
            "which is loaded. Was the dump interrupted?"
        )

    def test_an_archive_that_is_hardly_begun_has_no_whole_row(self, tmp_path: Path) -> None:
        file = write_dump(tmp_path / "dump.json.gz", [dump_row("auth.user", 1)])
        file.write_bytes(file.read_bytes()[:5])

        assert read_until_the_end(file) == ([], "it ends in the middle, after no whole row. Was the dump interrupted?")

    @pytest.mark.parametrize("name", ["dump.json.gz", "dump.jsonl.gz"])
    def test_a_damaged_archive_gives_the_rows_before_the_damage_and_names_the_last(
        self, tmp_path: Path, name: str
    ) -> None:
        file = write_dump(tmp_path / name, [dump_row("auth.user", n, x=n**9) for n in range(20_000)])
        content = bytearray(file.read_bytes())
        damaged = len(content) * 3 // 4
        content[damaged : damaged + 200] = b"\xff" * 200
        file.write_bytes(content)

        rows, problem = read_until_the_end(file)

        assert len(pks(rows)) > 6_000
        assert problem is not None
        assert re.match(r"it cannot be read after (row|line) \d+ \(auth.user pk \d+\), the last whole one", problem)

    def test_progress_is_told_up_to_the_whole_size_of_a_file_that_ends_early(self, tmp_path: Path) -> None:
        file = write_file(tmp_path / "dump.json", f"[{GOOD},")
        positions: list[int] = []

        with pytest.raises(UnreadableDumpError):
            list(read_dump(file, positions.append))

        assert positions[-1] == file.stat().st_size


class TestNoDumps:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b" \n ",
            b"hello",
            b"<course/>",
            b'"text"',
            b"12",
            b"\x00\x01\x02",
            b"\xff\xfe[\x00]\x00",
            b"PK\x03\x04",
            gzip.compress(b"hello", mtime=0),
            gzip.compress(b"", mtime=0),
        ],
    )
    def test_a_file_that_is_no_json_list_or_object_is_refused_whole(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(UnreadableDumpError, match="neither a dump of Django"):
            read_text(tmp_path, content)

    def test_another_json_document_is_no_row(self, tmp_path: Path) -> None:
        [row] = read_text(tmp_path, '{"users": []}')

        assert row == BadRow("line 1", "not a row of a dump: it must have a model and fields")


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    file = write_dump(tmp_path / "dump.json", [dump_row("auth.user", number) for number in range(200_000)])
    positions: list[int] = []
    rows = read_dump(file, positions.append)

    first: Any = next(rows)

    assert first.pk == "0"
    assert positions == [1 << 20]
    rows.close()  # type: ignore[attr-defined]
