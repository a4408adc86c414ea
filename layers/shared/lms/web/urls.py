"""URLs as Django writes them. (mobile-users.md 4.3)"""

from urllib.parse import quote

_SAFE_IN_PATH = "!$&'()*+,;=/~:@"
"""What Django's `reverse` leaves as it is, beside letters, digits and `-._`."""
_SAFE_IN_NAME = "/~!*()'"
"""What its file storage leaves as it is in the name of a file."""


def lms_path(path: str) -> str:
    """A path of the LMS, percent-encoded as `reverse` does it: `:`, `@` and `+` stay, letters beyond ASCII do not."""
    return quote(path, safe=_SAFE_IN_PATH)


def stored_file_url(media_url: str, name: str) -> str:
    """The URL of a file in the LMS's storage: its name below MEDIA_URL; one that is a URL or a path stays as it is."""
    if not name or name.startswith("/") or "://" in name:
        return name
    return media_url + quote(name, safe=_SAFE_IN_NAME)
