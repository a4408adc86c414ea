"""Rows that hold for the whole site, or for all courses of an organization."""

from collections.abc import Iterable
from typing import Any, ClassVar

from lms_lambda.load.models.base import DateTime, Fact, Id, RowModel, Text, check_numeric_pk, parse_json_field
from lms_lambda.load.reading import check_utf8


class _SiteDetail(RowModel):
    """A row kept under a name of its own among the site's facts."""

    fact_name: ClassVar[str]

    def facts(self, pk: str) -> Iterable[Fact]:
        return [Fact("site", "", "", {self.fact_name: self.json_fields(pk=check_numeric_pk(pk))})]


class MobileConfig(_SiteDetail):
    label = "mobile_api.mobileconfig"
    fact_name = "mobile_config"
    name: Text
    value: Text


class IgnoreMobileAvailableFlag(_SiteDetail):
    label = "mobile_api.ignoremobileavailableflagconfig"
    fact_name = "ignore_mobile_available"
    enabled: bool
    change_date: DateTime | None = None


class UpgradeDeadline(_SiteDetail):
    label = "courseware.dynamicupgradedeadlineconfiguration"
    fact_name = "upgrade_deadline"
    enabled: bool
    change_date: DateTime | None = None


class OrgUpgradeDeadline(_SiteDetail):
    label = "courseware.orgdynamicupgradedeadlineconfiguration"
    fact_name = "org_upgrade_deadline"
    org_id: Text
    enabled: bool = False
    opt_out: bool = False


class SiteConfiguration(_SiteDetail):
    label = "site_configuration.siteconfiguration"
    fact_name = "site_values"
    site: Id
    enabled: bool | None = False
    site_values: Any = None

    def facts(self, pk: str) -> Iterable[Fact]:
        # Of the values only this one is kept; the rest may hold secrets, and does not leave the dump.
        orgs = _course_org_filter(self.site_values)
        fields = {"pk": check_numeric_pk(pk), "site": self.site, "enabled": self.enabled, "orgs": orgs}
        return [Fact("site", "", "", {self.fact_name: fields})]


def _course_org_filter(site_values: Any) -> list[str] | None:
    """The organizations that `course_org_filter` names; None where it is not set, or to nothing. Raises ValueError."""
    if isinstance(site_values, str):
        site_values = parse_json_field("site_values", site_values or "{}")
    if site_values is not None and not isinstance(site_values, dict):
        raise ValueError("site_values is not a JSON object")
    chosen = (site_values or {}).get("course_org_filter")
    if not chosen:
        return None
    orgs = [chosen] if isinstance(chosen, str) else chosen
    if not isinstance(orgs, list) or not all(isinstance(org, str) for org in orgs):
        raise ValueError("course_org_filter must be a text or a list of texts")
    return [check_utf8(org) for org in orgs]
