"""Types the attribute values of a course export: OLX writes every value that is not a string as JSON inside the XML.

The same reader takes the values of policy.json, which are typed already.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lms_lambda.load.reading import check_utf8, in_utc, parse_json

Reader = Callable[[Any], Any]

_LONGEST_QUOTE = 80
"""Characters of an unreadable value that a message repeats."""
_OLD_DATE_FORMATS = ("%b %d, %Y", "%B %d, %Y", "%b %d, %Y %H:%M", "%B %d, %Y %H:%M")
"""Spellings of exports from before 2014, which wrote dates for people."""


def read_date(value: Any) -> datetime | None:
    """A date as aware UTC; None for an explicit null. No zone means UTC. Raises ValueError when it is not a date."""
    text = value.strip().strip('"') if isinstance(value, str) else value
    if text in (None, "", "null"):
        return None
    moment = (_iso_date(text) or _old_date(text)) if isinstance(text, str) else None
    if moment is None:
        raise ValueError("is not a date")
    return moment


def read_boolean(value: Any) -> bool | None:
    """A boolean; None when unset. Raises ValueError when it is neither."""
    decoded = _decoded(value)
    if isinstance(decoded, str) and decoded.lower() in ("true", "false"):
        return decoded.lower() == "true"
    if decoded is None or decoded == "":
        return None
    if decoded in (0, 1):
        return bool(decoded)
    raise ValueError("is not true or false")


def read_number(value: Any) -> int | float | None:
    """A finite number; None when unset. Raises ValueError when it is neither."""
    decoded = _decoded(value)
    if decoded is None or decoded == "":
        return None
    if isinstance(decoded, bool) or not isinstance(decoded, int | float) or not math.isfinite(decoded):
        raise ValueError("is not a number")
    return decoded


def read_text(value: Any) -> str | None:
    """A string as it stands, even if it looks like a number; None when unset, which Studio writes as `null`.

    Raises ValueError for an object or a list.
    """
    if isinstance(value, dict | list):
        raise ValueError("is not text")
    text = check_utf8(str(value))
    return None if value is None or text == "null" else text


def read_structure(value: Any) -> Any:
    """An object, list, boolean or number; None when unset. Raises ValueError for any other text."""
    decoded = _decoded(value)
    if decoded == "":
        return None
    if isinstance(decoded, str):
        raise ValueError("is not JSON")
    return decoded


def read_group_access(value: Any) -> dict[str, list[int]] | None:
    """Partition id to group ids; None when unset. Raises ValueError when it has another shape."""
    decoded = _decoded(value)
    if decoded is None or decoded == "":
        return None
    if not isinstance(decoded, dict) or not all(
        partition.isdecimal() and _is_group_list(groups) for partition, groups in decoded.items()
    ):
        raise ValueError("is not a JSON object of group lists")
    return {str(int(partition)): groups for partition, groups in decoded.items()}


def read_usage_keys(value: Any) -> dict[str, str] | None:
    """Usage keys by name; None when unset. Raises ValueError when it has another shape."""
    decoded = read_structure(value)
    if decoded is None:
        return None
    if not isinstance(decoded, dict) or not all(isinstance(key, str) for key in decoded.values()):
        raise ValueError("is not a JSON object of usage keys")
    return {check_utf8(name): check_utf8(key) for name, key in decoded.items()}


def read_user_partitions(value: Any) -> list[dict[str, Any]] | None:
    """User partitions as {id, scheme, groups, active}; None when unset. Raises ValueError for another shape."""
    partitions = read_structure(value)
    if not partitions:
        return None
    try:
        return [
            {
                "id": int(partition["id"]),
                # The first version knew no other scheme.
                "scheme": "random" if partition.get("version") == 1 else read_text(partition["scheme"]) or "",
                "groups": [int(group["id"]) for group in partition["groups"]],
                "active": bool(partition.get("active", True)),
            }
            for partition in partitions
        ]
    except (TypeError, KeyError, AttributeError, ValueError):
        raise ValueError("is not a list of user partitions") from None


BLOCK_FIELDS: Mapping[str, Reader] = {
    "display_name": read_text,
    "start": read_date,
    "due": read_date,
    "graded": read_boolean,
    "format": read_text,
    "visible_to_staff_only": read_boolean,
    "group_access": read_group_access,
    "days_early_for_beta": read_number,
    "weight": read_number,
    "has_score": read_boolean,
    "hide_from_toc": read_boolean,
}

ORA_FIELDS: Mapping[str, Reader] = {
    "submission_start": read_date,
    "submission_due": read_date,
    "date_config_type": read_text,
    "teams_enabled": read_boolean,
    "rubric_assessments": read_structure,
}

SPLIT_TEST_FIELDS: Mapping[str, Reader] = {"user_partition_id": read_number, "group_id_to_child": read_usage_keys}

ASSESSMENT_FIELDS: Mapping[str, Reader] = {"name": read_text, "start": read_date, "due": read_date}

_COURSE_DATES = ("end", "enrollment_start", "enrollment_end", "certificate_available_date")
_COURSE_TEXTS = ("advertised_start", "course_image", "display_coursenumber", "display_organization")
_COURSE_BOOLEANS = (
    *("cert_html_view_enabled", "certificates_show_before_end", "entrance_exam_enabled", "enable_subsection_gating"),
    *("invitation_only", "mobile_available", "self_paced"),
)
_COURSE_STRUCTURES = (
    *("advanced_modules", "allow_anonymous", "allow_anonymous_to_peers", "certificates", "cohort_config"),
    *("disable_progress_graph", "discussion_blackouts", "discussion_topics", "discussions_settings"),
    *("enable_proctored_exams", "enable_timed_exams", "entrance_exam_minimum_score_pct", "hide_progress_tab"),
    *("instructor_info", "is_new", "ispublic", "learning_info", "lti_passports", "max_student_enrollments_allowed"),
    *("minimum_grade_credit", "other_course_settings", "pre_requisite_courses", "static_asset_settings", "tabs"),
    "teams_configuration",
)

COURSE_FIELDS: Mapping[str, Reader] = {
    **BLOCK_FIELDS,
    **dict.fromkeys(_COURSE_DATES, read_date),
    **dict.fromkeys(_COURSE_TEXTS, read_text),
    **dict.fromkeys(_COURSE_BOOLEANS, read_boolean),
    **dict.fromkeys(_COURSE_STRUCTURES, read_structure),
    "user_partitions": read_user_partitions,
}


def typed_attributes(
    raw: Mapping[str, Any], fields: Mapping[str, Reader], unreadable: Callable[[str, str], None]
) -> dict[str, Any]:
    """The attributes of `raw` that `fields` names, typed; the rest is left out.

    An unset attribute is left out, except a date, which stays as None: a block's own null date ends inheritance.
    `unreadable(attribute, reason)` is called for each value that cannot be read. Such an attribute is left out too,
    except group_access, which becomes {}: Open edX shows such a block.
    """
    typed: dict[str, Any] = {}
    for attribute, reader in fields.items():
        if attribute not in raw:
            continue
        try:
            value = reader(raw[attribute])
        except ValueError as error:
            unreadable(attribute, f"{error}: {_quoted(raw[attribute])}")
            if reader is read_group_access:
                typed[attribute] = {}
        else:
            if value is not None or reader is read_date:
                typed[attribute] = value
    return typed


def _decoded(value: Any) -> Any:
    """The JSON value that an attribute's text spells, the text itself when it spells none, or a value typed already."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except ValueError:
        return value.strip()


def _iso_date(text: str) -> datetime | None:
    try:
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _old_date(text: str) -> datetime | None:
    for date_format in _OLD_DATE_FORMATS:
        try:
            return datetime.strptime(text, date_format).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _is_group_list(groups: Any) -> bool:
    return isinstance(groups, list) and all(isinstance(group, int) and not isinstance(group, bool) for group in groups)


def _quoted(value: Any) -> str:
    quoted = repr(value)
    return quoted if len(quoted) <= _LONGEST_QUOTE else f"{quoted[:_LONGEST_QUOTE]}…"
