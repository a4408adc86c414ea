"""The time zone in which a learner's dates are shown. (mobile-users.md 4.3)"""

from zoneinfo import ZoneInfo


def shown_time_zone(preference: str | None) -> str:
    """The preferred time zone without its unprintable characters; `UTC` where that names none."""
    name = "".join(character for character in preference or "" if character.isprintable())
    try:
        return name if name and ZoneInfo(name) else "UTC"
    # An absolute or climbing path is a ValueError, a folder of zones an OSError, an unknown name a KeyError.
    except (ValueError, OSError, KeyError):
        return "UTC"
