"""The items of the table: the attributes of each type, and how each is written.

An attribute is named like the field of the domain value that it holds. Every item is written attribute by attribute, so
a writer that knows only some of them leaves the others alone. docs/data-model.md shows the same as a table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lms.table.codecs import (
    BOOLEAN,
    BYTES,
    CERTIFICATE,
    CONTENT_GROUPS,
    COURSE_MODES,
    DATETIME,
    DIGESTS,
    DURATION_LIMIT,
    DURATION_LIMITS,
    INTEGER,
    INTEGERS,
    MILESTONE_REQUIREMENTS,
    NUMBER,
    SCHEDULE,
    SEQUENCE,
    SET,
    STRINGS,
    SWITCHES,
    TEXT,
    UPGRADE_DEADLINE_CONFIG,
    UPGRADE_DEADLINE_CONFIGS,
    USER_DATES,
    USER_PARTITIONS,
    WAFFLE_FLAG,
    AttributeValue,
    Codec,
)

Item = Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class ItemType:
    """One type of item: its fields, and the fields that the API itself may have changed since a dump was made."""

    fields: Mapping[str, Codec]
    prefixed: Mapping[str, Codec] = field(default_factory=dict)
    """Attributes of the form `<prefix><name>`: many small values that are written one by one."""
    latest: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dates that a load only moves forward, and the fields that go with each."""
    owned_by_api: frozenset[str] = frozenset()
    """Fields, or prefixes, that a load leaves alone on an item that bears `changed`, the mark of the API's writes."""

    def write(self, values: Mapping[str, Any]) -> dict[str, AttributeValue]:
        """The attributes that hold `values`, by field name; a value of None has no attribute."""
        return {name: self._codec(name).write(value) for name, value in values.items() if value is not None}

    def read(self, item: Item) -> dict[str, Any]:
        """The fields that the item holds, by name; those with a prefix as a dict under the prefix."""
        found: dict[str, Any] = {prefix: {} for prefix in self.prefixed}
        for name, stored in item.items():
            if name in self.fields:
                found[name] = self.fields[name].read(stored)
            elif ":" in name:
                prefix, _, rest = name.partition(":")
                if f"{prefix}:" in self.prefixed:
                    found[f"{prefix}:"][rest] = self.prefixed[f"{prefix}:"].read(stored)
        return found

    def is_owned_by_api(self, name: str) -> bool:
        """Whether a load leaves the attribute alone once the API has changed the item."""
        return name in self.owned_by_api or f"{name.partition(':')[0]}:" in self.owned_by_api

    def _codec(self, name: str) -> Codec:
        codec = self.fields.get(name) or self.prefixed.get(f"{name.partition(':')[0]}:")
        if codec is None:
            own = next((constant for constant, value in globals().items() if value is self), "the item type")
            raise KeyError(f"{own} of lms/table/items.py has no field {name}: give it a codec there")
        return codec


USER = ItemType(
    {
        "id": INTEGER,
        "username": TEXT,
        "email": TEXT,
        "name": TEXT,
        "active": BOOLEAN,
        "staff": BOOLEAN,
        "superuser": BOOLEAN,
        "time_zone": TEXT,
        "last_login": DATETIME,
        "milestones": SET,
    },
    latest={"last_login": ()},
)
LOOKUP = ItemType({"username": TEXT})
ENROLLMENT = ItemType(
    {
        "course_id": TEXT,
        "created": DATETIME,
        "mode": TEXT,
        "active": BOOLEAN,
        "certificate": CERTIFICATE,
        "upgrade_deadline": DATETIME,
        "excluded_from_fbe": BOOLEAN,
        "cohort": INTEGER,
        "random_groups": INTEGERS,
        "schedule": SCHEDULE,
        "user_dates": USER_DATES,
        "changed": DATETIME,
    },
    owned_by_api=frozenset({"created", "mode", "active"}),
)
PROGRESS = ItemType(
    {
        "course_id": TEXT,
        "course_state_modified": DATETIME,
        "latest_state_modified": DATETIME,
        "last_completed_block": TEXT,
        "last_completed_at": DATETIME,
        "latest_completion_created": DATETIME,
        "changed": DATETIME,
    },
    prefixed={"position:": INTEGER, "selected:": SEQUENCE},
    latest={
        "latest_state_modified": (),
        "last_completed_at": ("last_completed_block",),
        "latest_completion_created": (),
    },
    owned_by_api=frozenset({"position:", "course_state_modified", "latest_state_modified"}),
)
COMPLETION = ItemType({"course_id": TEXT, "completed": DIGESTS})
ROLE = ItemType(
    {"course_id": TEXT, "org": TEXT, "changed": DATETIME},
    prefixed={"role:": TEXT, "forum:": BOOLEAN},
    owned_by_api=frozenset({"role:staff", "role:instructor"}),
)
COURSE = ItemType(
    {
        "course_id": TEXT,
        "shard": TEXT,
        "org_course": TEXT,
        "source": TEXT,
        "name": TEXT,
        "org": TEXT,
        "display_number": TEXT,
        "display_org": TEXT,
        "start": DATETIME,
        "end": DATETIME,
        "advertised_start": TEXT,
        "image_url": TEXT,
        "social_sharing_url": TEXT,
        "marketing_url": TEXT,
        "logo": TEXT,
        "self_paced": BOOLEAN,
        "mobile_available": BOOLEAN,
        "visible_to_staff_only": BOOLEAN,
        "days_early_for_beta": NUMBER,
        "certificates_display_behavior": TEXT,
        "certificates_show_before_end": BOOLEAN,
        "certificate_available_date": DATETIME,
        "html_certificates": BOOLEAN,
        "discussion_tab": BOOLEAN,
        "discussion_enabled": BOOLEAN,
        "discussion_lti": BOOLEAN,
        "weeks_to_complete": INTEGER,
        "modes": COURSE_MODES,
        "duration_limit": DURATION_LIMIT,
        "upgrade_deadline_config": UPGRADE_DEADLINE_CONFIG,
        "requires": MILESTONE_REQUIREMENTS,
        "cohorted": BOOLEAN,
        "content_groups": CONTENT_GROUPS,
    }
)
OUTLINE = ItemType({"blocks": BYTES, "parts": INTEGER, "partitions": USER_PARTITIONS})
COURSE_DATES = ItemType({"content_dates": BYTES, "relative_dates": BOOLEAN})
SITE = ItemType(
    {
        "mobile_configs": STRINGS,
        "ignores_mobile_available": BOOLEAN,
        "org_filter": SET,
        "duration_limit": DURATION_LIMIT,
        "site_duration_limit": DURATION_LIMIT,
        "org_duration_limits": DURATION_LIMITS,
        "org_course_duration_limits": DURATION_LIMITS,
        "upgrade_deadlines_enabled": BOOLEAN,
        "org_upgrade_deadlines": UPGRADE_DEADLINE_CONFIGS,
        "relative_dates": WAFFLE_FLAG,
        "org_relative_dates": SWITCHES,
    }
)
