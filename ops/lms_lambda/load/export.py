"""Turns a course export (OLX) into what the table holds of the course: its overview and its outline."""

from collections.abc import Iterator, Mapping
from typing import Any

from lms.domain.keys import CourseKey, parse_course_key, parse_usage_key
from lms.domain.outline import Block
from lms.domain.partitions import UserPartition
from lms.table import changes
from lms.table.changes import Change
from lms_lambda.load.olx.course import CourseExport, ExportedBlock
from lms_lambda.load.staging import Source


class NotACourseError(Exception):
    """An export whose names make no course key."""


def course_key_of(export: CourseExport) -> CourseKey:
    """The key of the exported course. Raises NotACourseError."""
    text = f"course-v1:{export.org}+{export.number}+{export.run}"
    key = parse_course_key(text)
    if key is None or str(key) != text or len(text) > 255:
        raise NotACourseError(f"{text} is not a course id")
    return key


def export_changes(export: CourseExport, source: Source) -> Iterator[Change]:
    """The changes that write the course. Raises NotACourseError."""
    key = course_key_of(export)
    overview = _overview(key, export.attributes)
    yield changes.course_overview(key, overview, [source], read_from="export")
    blocks = [_block(block) for block in export.blocks]
    yield from changes.outline(key, blocks, _partitions(export.attributes), [source])


def _partitions(attributes: Mapping[str, Any]) -> list[UserPartition]:
    return [
        UserPartition(str(partition["id"]), partition["scheme"], tuple(partition["groups"]), partition["active"])
        for partition in attributes.get("user_partitions") or []
    ]


def _block(block: ExportedBlock) -> Block:
    attributes = block.attributes
    return Block(
        type=block.type,
        # Open edX names the course block so when it imports an export, whatever the export's run is called.
        name=block.name if block.parent is not None else "course",
        parent=block.parent,
        display_name=attributes.get("display_name"),
        start=attributes.get("start"),
        visible_to_staff_only=bool(attributes.get("visible_to_staff_only")),
        days_early_for_beta=attributes.get("days_early_for_beta"),
        group_access=attributes.get("group_access") or {},
        user_partition_id=str(int(attributes["user_partition_id"])) if "user_partition_id" in attributes else None,
        group_id_to_child=_children_by_group(attributes.get("group_id_to_child") or {}),
        due=attributes.get("due"),
        graded=bool(attributes.get("graded")),
        format=attributes.get("format"),
        weight=attributes.get("weight"),
        has_score=attributes.get("has_score"),
        ora=_plain(attributes["ora"]) if attributes.get("ora") else None,
    )


def _children_by_group(group_id_to_child: Mapping[str, str]) -> dict[str, str]:
    """Group id to `type@id`. The usage keys may be another run's, or of the older kind: Studio maps them on import."""
    found = {}
    for group, text in group_id_to_child.items():
        key = parse_usage_key(text)
        if key is not None:
            found[group] = f"{key.block_type}@{key.block_id}"
        elif text.startswith("i4x://"):
            found[group] = "@".join(text.split("/")[-2:])
    return found


def _overview(key: CourseKey, attributes: Mapping[str, Any]) -> dict[str, Any]:
    image = attributes.get("course_image") or "images_course_image.jpg"
    tabs = attributes.get("tabs") if isinstance(attributes.get("tabs"), list) else []
    return {
        "name": attributes.get("display_name"),
        "org": key.org,
        "display_number": attributes.get("display_coursenumber") or "",
        "display_org": attributes.get("display_organization") or "",
        "start": attributes.get("start"),
        "end": attributes.get("end"),
        "advertised_start": attributes.get("advertised_start"),
        "image_url": f"/asset-v1:{key.org}+{key.number}+{key.run}+type@asset+block@{image}",
        "self_paced": bool(attributes.get("self_paced")),
        # An export says nothing of it unless its author did. A course whose overview row was not loaded either would
        # otherwise be closed to every app (docs/deviations.md).
        "mobile_available": attributes.get("mobile_available") is not False,
        "visible_to_staff_only": bool(attributes.get("visible_to_staff_only")),
        "days_early_for_beta": attributes.get("days_early_for_beta"),
        "certificates_display_behavior": attributes.get("certificates_display_behavior"),
        "certificates_show_before_end": bool(attributes.get("certificates_show_before_end")),
        "certificate_available_date": attributes.get("certificate_available_date"),
        "html_certificates": bool(attributes.get("cert_html_view_enabled")),
        "discussion_tab": any(isinstance(tab, dict) and tab.get("type") == "discussion" for tab in tabs or []),
    }


def _plain(value: Any) -> Any:
    """The value with its moments as text, as JSON takes them."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
