"""Turns the rows that hold for the whole site, or for an organization, into the site's one item."""

from collections.abc import Iterator, Mapping
from typing import Any

from lms.domain.courses import DurationLimit, UpgradeDeadlineConfig
from lms.domain.dates import parse_stored
from lms.domain.site import WaffleFlag
from lms.table import changes
from lms.table.changes import Change
from lms_lambda.load.staging import Staging, UnknownFactError


def site_changes(staging: Staging, site_id: int) -> Iterator[Change]:
    """The change of the site's one item."""
    for _, _, facts in staging.items("site"):
        # By age: of rows that replace each other, the one with the highest number is in force.
        rows = sorted(
            ((name, fields) for fact in facts for name, fields in fact.fields.items()),
            key=lambda row: int(row[1]["pk"]),
        )
        values: dict[str, Any] = {}
        for name, fields in rows:
            match name:
                case "mobile_config":
                    values.setdefault("mobile_configs", {})[fields["name"]] = fields["value"]
                case "ignore_mobile_available":
                    values["ignores_mobile_available"] = fields["enabled"]
                case "upgrade_deadline":
                    values["upgrade_deadlines_enabled"] = fields["enabled"]
                case "org_upgrade_deadline":
                    config = UpgradeDeadlineConfig(fields["enabled"], fields["opt_out"])
                    values.setdefault("org_upgrade_deadlines", {})[fields["org_id"]] = config
                case "relative_dates":
                    names = ("everyone", "authenticated", "staff", "superusers")
                    values["relative_dates"] = WaffleFlag(**{name: fields[name] for name in names})
                case "org_relative_dates":
                    _note_override(values.setdefault("org_relative_dates", {}), fields)
                case "site_values" if fields["site"] == site_id:
                    values["org_filter"] = fields["orgs"] if fields["enabled"] else None
                case "duration_limit":
                    _note_duration_limit(values, fields, site_id)
                case _ if name != "site_values":  # another site's
                    raise UnknownFactError(f"{name}: give it a case in site_changes")
        if values:
            yield changes.site(values, [fact.source for fact in facts])


def duration_limit_of(fields: Mapping[str, Any]) -> DurationLimit:
    """One row of the stacked duration limits."""
    return DurationLimit(fields["enabled"], parse_stored(fields["enabled_as_of"]))


def _note_duration_limit(values: dict[str, Any], fields: Mapping[str, Any], site_id: int) -> None:
    limit = duration_limit_of(fields)
    if fields["org_course"]:
        values.setdefault("org_course_duration_limits", {})[fields["org_course"]] = limit
    elif fields["org"]:
        values.setdefault("org_duration_limits", {})[fields["org"]] = limit
    elif fields["site"] is None:
        values["duration_limit"] = limit
    elif fields["site"] == site_id:
        values["site_duration_limit"] = limit


def _note_override(overrides: dict[str, bool], fields: Mapping[str, Any]) -> None:
    overrides.pop(fields["org"], None)
    if fields["enabled"]:
        overrides[fields["org"]] = fields["override_choice"] == "on"
