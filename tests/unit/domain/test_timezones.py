"""The time zone in which a learner's dates are shown. (mobile-users.md 4.3)"""

from hypothesis import given
from hypothesis import strategies as st

from lms.domain.timezones import shown_time_zone
from tests.unit.builders import cases
from tests.unit.strategies import any_text

FRAGMENTS = ("Europe", "Berlin", "UTC", "/", "..", ".", "\0", "~", "\n", "a" * 300, "\ud800")


@cases(
    "preference, expected",
    {
        "the preferred one": ("Europe/Berlin", "Europe/Berlin"),
        "unprintable characters are taken out": ("Europe\x00/\nBerlin\u200b", "Europe/Berlin"),
        "UTC without preference": (None, "UTC"),
        "UTC for an empty one": ("", "UTC"),
        "UTC for unprintable characters only": ("\x00\n", "UTC"),
        "UTC for an unknown one": ("Mars/Olympus", "UTC"),
        "UTC for a folder of zones": ("Europe", "UTC"),
        "UTC for a path that climbs": ("../UTC", "UTC"),
        "UTC for an absolute path": ("/etc/passwd", "UTC"),
        "UTC for a name too long for a file": ("a" * 5000, "UTC"),
        "UTC for blanks": ("   ", "UTC"),
    },
)
def test_the_time_zone_that_is_shown(preference: str | None, expected: str) -> None:
    assert shown_time_zone(preference) == expected


@given(any_text | st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join))
def test_every_preference_gives_a_printable_name(preference: str) -> None:
    shown = shown_time_zone(preference)

    assert shown
    assert shown.isprintable()
