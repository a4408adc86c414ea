"""The order of course ids in the LMS's database: MySQL's collation, not code points. (mobile-users.md 6.4)"""

_IN_ORDER = "_-:.@/%+~0123456789abcdefghijklmnopqrstuvwxyz"
"""What an id in ASCII is spelled with, as `utf8mb4_unicode_ci` and `utf8mb4_0900_ai_ci` order it: see collation_key."""
_WEIGHTS = {ord(character): weight for weight, character in enumerate(_IN_ORDER, start=1)}


def collation_key(course_id: str) -> str:
    """A text to sort the id by: without regard to case or accents, punctuation before digits before letters.

    That is the Unicode Collation Algorithm's first level, which `utf8mb4_unicode_ci` (Tutor's since Redwood) and
    `utf8mb4_0900_ai_ci` (MySQL 8's own) share for ids in ASCII. `utf8mb3_general_ci`, of older sites, has another order
    of punctuation; letters beyond ASCII come last here, by code point.
    """
    if not course_id.isascii():
        # Imported by the few requests that need it.
        from unicodedata import combining, normalize

        course_id = "".join(character for character in normalize("NFKD", course_id) if not combining(character))
    return course_id.lower().translate(_WEIGHTS)
