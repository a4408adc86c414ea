"""Which language an answer is in: Django's rules over Open edX's languages. (mobile-users.md 1.6)"""

import re
from collections.abc import Iterable, Iterator, Sequence

LANGUAGES = (
    "en", "rtl", "eo", "am", "ar", "az", "bg-bg", "bn-bd", "bn-in", "bs", "ca", "ca@valencia", "cs", "cy", "da",
    "de-de", "el", "en-uk", "en@lolcat", "en@pirate", "es-419", "es-ar", "es-ec", "es-es", "es-mx", "es-pe", "et-ee",
    "eu-es", "fa", "fa-ir", "fi-fi", "fil", "fr", "gl", "gu", "he", "hi", "hr", "hu", "hy-am", "id", "it-it", "ja-jp",
    "kk-kz", "km-kh", "kn", "ko-kr", "lt-lt", "ml", "mn", "mr", "ms", "nb", "ne", "nl-nl", "or", "pl", "pt-br",
    "pt-pt", "ro", "ru", "si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr-tr", "uk", "ur", "vi", "uz",
    "zh-cn", "zh-hk", "zh-tw",
)  # fmt: skip
"""The LMS's LANGUAGES as Open edX sets them. Of several that a language may stand for, the first is taken."""

_CHINESE = {
    "zh-hans": "zh-cn",
    "zh-hans-cn": "zh-cn",
    "zh-hans-sg": "zh-cn",
    "zh-sg": "zh-cn",
    "zh-hant": "zh-tw",
    "zh-hant-mo": "zh-tw",
    "zh-hant-tw": "zh-tw",
    "zh-mo": "zh-tw",
    "zh-hant-hk": "zh-hk",
}
_MAX_HEADER = 500
"""Characters of the header that Django reads; it ends at the last comma before."""
_RANGE = re.compile(
    r"(?P<tag>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)"
    r"(?:\s*;\s*q=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
    r"(?:\s*,\s*|$)"
)


def negotiate_language(accept_language: str, default: str, released: Sequence[str]) -> str:
    """The code of the language to answer in: the best of an Accept-Language header that the LMS has, else `default`.

    `default` is LANGUAGE_CODE. `released` are the codes that the site has released to its users; empty where it keeps
    none back. All codes are in lower case.
    """
    tags = _preferred_tags(accept_language)
    for tag in _released_only(tags, [*released, default]) if released else tags:
        if tag == "*":
            break
        supported = supported_language(tag)
        if supported is not None:
            return supported
    return supported_language(default) or default


def supported_language(code: str) -> str | None:
    """The LMS's language for a code: that very one, a more general one, or the first other variant; else None."""
    general = code
    while True:
        if general in LANGUAGES:
            return general
        shorter, hyphen, _ = general.rpartition("-")
        if not hyphen:
            return next((language for language in LANGUAGES if language.startswith(f"{general}-")), None)
        general = shorter


def _preferred_tags(accept_language: str) -> list[str]:
    """The tags of the header in lower case, the best first; none at all where any part of it is malformed."""
    if len(accept_language) > _MAX_HEADER:
        accept_language = accept_language[: max(0, accept_language.rfind(",", 0, _MAX_HEADER))]
    text = accept_language.lower()
    qualities: list[tuple[float, str]] = []
    position = 0
    while position < len(text):
        found = _RANGE.match(text, position)
        if found is None:
            return []
        qualities.append((float(found["quality"] or 1), found["tag"]))
        position = found.end()
    return [tag for _, tag in sorted(qualities, key=lambda pair: -pair[0])]


def _released_only(tags: Iterable[str], released: Sequence[str]) -> Iterator[str]:
    """The tags that are released, and for another variant of a released language the last released one of its kind."""
    for tag in tags:
        tag = _CHINESE.get(tag, tag)
        same_language = [code for code in released if code.partition("-")[0] == tag.partition("-")[0]]
        if tag in released:
            yield tag
        elif same_language:
            yield same_language[-1]
