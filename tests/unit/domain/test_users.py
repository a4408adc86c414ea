"""Whose pages a user may see. (mobile-users.md 1.3, auth.md 9)"""

from lms.domain.users import same_username
from tests.unit.builders import cases


@cases(
    "one, other, expected",
    {
        "the same spelling": ("mona", "mona", True),
        "another letter case": ("MONA", "Mona", True),
        "another letter case beyond ASCII": ("ÉLISE", "élise", True),
        "another name": ("mona", "lisa", False),
        "a longer name": ("mona", "mona2", False),
        "a blank more": ("mona", "mona ", False),
        "no name": ("", "mona", False),
    },
)
def test_whether_two_spellings_name_the_same_account(one: str, other: str, expected: bool) -> None:
    assert same_username(one, other) is expected
    assert same_username(other, one) is expected
