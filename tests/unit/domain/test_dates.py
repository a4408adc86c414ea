"""Moments on the wire, in messages, and as clients send them. (mobile-users.md 1.5, 4.3, 5.2, 7.2)"""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from lms.domain.dates import ap_date, format_datetime, parse_zoned
from tests.unit.builders import at, cases
from tests.unit.strategies import any_text, moments, utc_moments

ISO_FRAGMENTS = (
    *("2026", "0001", "9999", "03", "3", "20", "31", "10", "00", "59", "24", "60", "123456", "1234567", "W12", "W53"),
    *("-", ":", ".", ",", "T", "t", " ", "Z", "z", "+", "+00:00", "+05", "-0530", "+24:00", "+23:59:59.5", "\n", "é"),
)
separators = st.sampled_from(["T", " ", "_", "é", "\ud800"])
iso_texts = (
    st.builds(lambda moment, mark: moment.isoformat(mark), moments, separators)
    | st.builds(lambda moment: moment.isoformat().replace("-", "", 2).replace(":", ""), moments)
    | st.builds(lambda moment: f"{moment:%G-W%V-%u}T10:00:00{moment:%z}", moments)
    | st.lists(st.sampled_from(ISO_FRAGMENTS), max_size=16).map("".join)
)


@cases(
    "moment, text",
    {
        "a moment ends in Z": (at("2026-03-16"), "2026-03-16T00:00:00Z"),
        "a fraction has six digits": (at("2026-03-02T09:30:15.123456"), "2026-03-02T09:30:15.123456Z"),
        "milliseconds are filled up": (at("2026-03-02T09:30:15.123"), "2026-03-02T09:30:15.123000Z"),
        "a single microsecond shows": (at("2026-03-02T09:30:15.000001"), "2026-03-02T09:30:15.000001Z"),
        "an early year has four digits": (at("0099-01-01"), "0099-01-01T00:00:00Z"),
        "no moment is null": (None, None),
    },
)
def test_the_wire_form_of_a_moment(moment: datetime | None, text: str | None) -> None:
    assert format_datetime(moment) == text


@given(utc_moments)
def test_the_wire_form_parses_back_to_the_same_moment(moment: datetime) -> None:
    text = format_datetime(moment)

    assert text is not None
    assert text.endswith("Z")
    assert parse_zoned(text) == moment


@cases(
    "day, text",
    {
        "January is cut": ("2026-01-01", "Jan. 1, 2026"),
        "February is cut": ("2024-02-05", "Feb. 5, 2024"),
        "March is spelled out": ("2026-03-16", "March 16, 2026"),
        "April is spelled out": ("2026-04-30", "April 30, 2026"),
        "May is spelled out": ("2026-05-10", "May 10, 2026"),
        "June is spelled out": ("2026-06-01", "June 1, 2026"),
        "July is spelled out": ("2026-07-04", "July 4, 2026"),
        "August is cut": ("2026-08-31", "Aug. 31, 2026"),
        "September has four letters": ("2025-09-08", "Sept. 8, 2025"),
        "October is cut": ("2026-10-20", "Oct. 20, 2026"),
        "November is cut": ("2026-11-09", "Nov. 9, 2026"),
        "December is cut": ("2026-12-25", "Dec. 25, 2026"),
    },
)
def test_a_start_is_shown_with_associated_press_months(day: str, text: str) -> None:
    assert ap_date(at(day)) == text


@cases(
    "text, moment",
    {
        "Z is UTC": ("2026-03-20T10:00:00Z", "2026-03-20T10:00:00"),
        "an offset is taken off": ("2026-03-20T10:00:00+05:30", "2026-03-20T04:30:00"),
        "an offset may be hours only": ("2026-03-20T10:00:00+05", "2026-03-20T05:00:00"),
        "an offset may lack its colon": ("2026-03-20T10:00:00-0530", "2026-03-20T15:30:00"),
        "an offset may lead into another day": ("2026-03-20T23:30:00-01:00", "2026-03-21T00:30:00"),
        "the basic form is taken": ("20260320T100000Z", "2026-03-20T10:00:00"),
        "a week date is taken": ("2026-W12-5T10:00:00Z", "2026-03-20T10:00:00"),
        "a space may stand for T": ("2026-03-20 10:00:00Z", "2026-03-20T10:00:00"),
        "seconds may be missing": ("2026-03-20T10:00Z", "2026-03-20T10:00:00"),
        "a fraction may be short": ("2026-03-20T10:00:00.5Z", "2026-03-20T10:00:00.500000"),
        "a fraction may be longer than microseconds": ("2026-03-20T10:00:00.123456789Z", "2026-03-20T10:00:00.123456"),
        "single digits are taken": ("2026-3-2T9:5:7Z", "2026-03-02T09:05:07"),
        "single digits without seconds are taken": ("2026-3-2 9:05+01:00", "2026-03-02T08:05:00"),
        "single digits with a short fraction are taken": ("2026-3-2T9:05:07,25Z", "2026-03-02T09:05:07.250000"),
        "single digits with a long fraction are taken": ("2026-3-2T9:05:07.1234567Z", "2026-03-02T09:05:07.123456"),
        "a blank before the offset is taken": ("2026-03-20T10:00:00 +00:00", "2026-03-20T10:00:00"),
    },
)
def test_a_date_time_with_an_offset_is_read_in_utc(text: str, moment: str) -> None:
    parsed = parse_zoned(text)

    assert parsed == at(moment)
    assert parsed.tzinfo is UTC


@cases(
    "text",
    {
        "a word": "abc",
        "nothing": "",
        "a bare date": "2026-03-20",
        "a blank": " ",
        "a date-time without offset": "2026-03-20T10:00:00",
        "the basic form without offset": "20260320T100000",
        "seconds since 1970": "1775044800",
        "a date as HTTP writes it": "20 March 2026 10:00:00 GMT",
        "a date with something after it": "2026-03-20T10:00:00Z; x",
        "a loose date-time without offset": "2026-3-20T10:00:00",
        "an offset that lost its plus sign": "2026-03-20T10:00:00 00:00",
        "a month and a day that there are not": "2026-13-45T00:00:00Z",
        "a loose date that there is not": "2026-2-30T9:00:00Z",
        "an hour that there is not": "2026-03-20T25:00:00Z",
        "an offset of a whole day": "2026-03-20T10:00:00+24:00",
        "an offset of more than a day": "2026-03-20T10:00:00+25:00",
        "a moment before the calendar begins": "0001-01-01T00:00:00+01:00",
        "a moment after the calendar ends": "9999-12-31T23:59:59-01:00",
        "digits of another script": "२०२६-03-20T10:00:00Z",
        "a newline at the end": "2026-3-20T10:00:00Z\n",
        "a lone surrogate": "\ud800",
    },
)
def test_what_is_not_a_date_time_with_an_offset_is_none(text: str) -> None:
    assert parse_zoned(text) is None


@given(iso_texts)
@example("0001-01-01T00:00:00+01:00")
def test_whatever_python_reads_with_an_offset_is_read_the_same(text: str) -> None:
    parsed = parse_zoned(text)

    try:
        expected = datetime.fromisoformat(text)
    except ValueError:
        return
    if expected.tzinfo is None:
        assert parsed is None
        return
    try:
        assert parsed == expected.astimezone(UTC)
    except OverflowError:
        assert parsed is None


@given(any_text | iso_texts)
def test_no_text_makes_reading_a_date_fail(text: str) -> None:
    parsed = parse_zoned(text)

    assert parsed is None or parsed.tzinfo is UTC
