"""Turns the facts about an item into the change that writes them, and says which rows cannot be loaded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.completions import block_digest
from lms.domain.courses import CourseMode, DurationLimit, MilestoneRequirement, UpgradeDeadlineConfig
from lms.domain.enrollments import Certificate
from lms.domain.keys import CourseKey, parse_course_key, parse_usage_key
from lms.table import items
from lms.table.items import ItemType, Key
from lms_lambda.load.staging import Source, Staging, Told

Reject = Callable[[Source, str], None]


@dataclass(frozen=True, slots=True)
class Change:
    """What a load knows of one item: the fields to set (None: to remove), and the rows that said so."""

    key: Key
    item_type: ItemType
    values: Mapping[str, Any]
    sources: Sequence[Source]
    lookups: tuple[Key, ...] = ()
    """For a user: the e-mail's and the id's items, which are written with it or not at all."""
    revise: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    """Gives further values, from those that are there: for a field that several loads fill together."""
    from_export: bool = False
    """Whether it comes from a course export, which gives way to the overview of a dump."""


def name_users(staging: Staging, reject: Reject) -> None:
    """Note the name of every user of the dump, so that other rows find them by id. Rejects those that clash."""
    emails: set[str] = set()
    for told, user_id in staging.of_model("auth.user"):
        email = told.data["email"].lower()
        if email and email in emails:
            reject(told.source, "another user of the dump has the same e-mail")
        elif not staging.name_user(user_id, told.data["username"]):
            reject(told.source, "another user of the dump has the same username, but for letter case")
        else:
            emails.add(email)


def user_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user that facts speak of."""
    for user_id, _, facts in staging.items("user"):
        name = staging.username(user_id)
        values: dict[str, Any] = {}
        milestones: set[int] = set()
        lookups: tuple[Key, ...] = ()
        for told in facts:
            if name is None:
                if told.source.model != "auth.user":
                    reject(told.source, f"there is no user {user_id}")
            elif told.source.model == "auth.user":
                if staging.is_rejected(told.source):
                    continue  # the user is in the table, but this row of the dump clashes with another
                values |= _account(int(user_id), told.data)
                lookups = _lookups(int(user_id), told.data["email"])
            elif told.source.model == "milestones.usermilestone":
                milestones |= {told.data["milestone"]} if told.data["active"] else set()
                values["milestones"] = milestones
            else:
                values |= told.data
        if name is not None and values:
            yield Change(items.user_key(name), items.USER, values, _sources(facts), lookups)


def enrollment_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course."""
    for told in staging.orphans():
        reject(told.source, f"there is no enrollment {told.data['enrollment']} in the files that are loaded together")
    for name, course_id, facts in _of_users(staging, "enrollment", reject):
        values: dict[str, Any] = {"course_id": course_id}
        for told in facts:
            values |= _enrollment(told)
        yield Change(items.enrollment_key(name, course_id), items.ENROLLMENT, values, _sources(facts))


def role_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course, or user and organization; a course's team roles stand in one item."""
    for name, where, facts in _of_users(staging, "role", reject):
        is_org = where.startswith("org:")
        org = where.removeprefix("org:")
        values: dict[str, Any] = {"org": org} if is_org else {"course_id": where}
        for told in facts:
            if "forum" in told.data:
                values[f"forum:{told.data['forum']}"] = True
            else:
                role, own_org = f"role:{told.data['role']}", _org_of(where)
                # Of rows for one role, the one with the course's own organization is what gives access.
                if role not in values or values[role] != own_org:
                    values[role] = told.data["org"] or ""
        if not is_org and "role:instructor" in values:
            # An instructor's staff row says nothing more (contract/course-team.md 4.5).
            values["role:staff"] = None
        key = items.org_role_key(name, org) if is_org else items.course_role_key(name, where)
        yield Change(key, items.ROLE, values, _sources(facts))


def progress_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course: positions, and the latest of what happened there."""
    for name, course_id, facts in _of_users(staging, "progress", reject):
        values: dict[str, Any] = {"course_id": course_id}
        done: dict[bytes, bool] = {}
        # Of completions at the same moment the newest row counts, whatever the order of the dump.
        for told in sorted(facts, key=lambda told: (len(told.source.pk), told.source.pk)):
            completed = told.data.get("completed")
            if completed:
                _note_completion(values, completed)
                if key := parse_usage_key(completed["block_key"]):
                    done[block_digest(key.block_type, key.block_id)] = completed["completion"] >= 1.0
            else:
                _note_state(values, told.data)
        sources = _sources(facts)
        yield Change(items.progress_key(name, course_id), items.PROGRESS, values, sources)
        if done:
            known = {"course_id": course_id}
            yield Change(
                items.completion_key(name, course_id), items.COMPLETION, known, sources, revise=_revise_done(done)
            )


def course_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per course."""
    references = _References(staging)
    for course_id, _, facts in staging.items("course"):
        key = parse_course_key(course_id)
        if key is None:
            continue
        values: dict[str, Any] = {"course_id": course_id}
        by_name: dict[str, list[Told]] = {}
        for told in facts:
            for name in told.data:
                by_name.setdefault(name, []).append(told)
        for name, about in by_name.items():
            values |= _COURSE_FACTS[name](key, [_Said(told, told.data[name]) for told in about], references, reject)
        yield Change(items.course_key(course_id), items.COURSE, values, _sources(facts))


def site_changes(staging: Staging, site_id: int) -> Iterator[Change]:
    """The change of the site's one item."""
    for _, _, facts in staging.items("site"):
        # By age: of rows that replace each other, the one with the highest number is in force.
        said = sorted(
            ((name, data) for told in facts for name, data in told.data.items()), key=lambda one: int(one[1]["pk"])
        )
        values: dict[str, Any] = {}
        for name, data in said:
            match name:
                case "mobile_config":
                    values.setdefault("mobile_configs", {})[data["name"]] = data["value"]
                case "ignore_mobile_available":
                    values["ignores_mobile_available"] = data["enabled"]
                case "upgrade_deadline":
                    values["upgrade_deadlines_enabled"] = data["enabled"]
                case "org_upgrade_deadline":
                    config = UpgradeDeadlineConfig(data["enabled"], data["opt_out"])
                    values.setdefault("org_upgrade_deadlines", {})[data["org_id"]] = config
                case "site_values" if data["site"] == site_id:
                    values["org_filter"] = data["orgs"] if data["enabled"] else None
                case "duration_limit":
                    _note_duration_limit(values, data, site_id)
        if values:
            yield Change(items.site_key(), items.SITE, values, _sources(facts))


# --- Users and what is theirs -----------------------------------------------------------------------------------------


def _account(user_id: int, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": user_id,
        "username": data["username"],
        "email": data["email"],
        "active": data["is_active"],
        "staff": data["is_staff"],
        "superuser": data["is_superuser"],
        "last_login": _moment(data["last_login"]),
    }


def _lookups(user_id: int, email: str) -> tuple[Key, ...]:
    return (items.user_id_key(user_id), *([items.email_key(email)] if email else []))


def _of_users(staging: Staging, kind: str, reject: Reject) -> Iterator[tuple[str, str, list[Told]]]:
    """Like `Staging.items`, with the user's name for the id; facts about nobody are rejected."""
    for user_id, b, facts in staging.items(kind):
        name = staging.username(user_id)
        if name is None:
            for told in facts:
                reject(told.source, f"there is no user {user_id}")
        else:
            yield name, b, facts


def _org_of(course_id: str) -> str | None:
    key = parse_course_key(course_id)
    return key.org if key else None


def _enrollment(told: Told) -> dict[str, Any]:
    data = told.data
    match told.source.model:
        case "student.courseenrollment":
            return {"created": _moment(data["created"]), "mode": data["mode"], "active": data["is_active"]}
        case "certificates.generatedcertificate":
            names = ("status", "mode", "download_url", "verify_uuid")
            return {"certificate": Certificate(**{name: data[name] for name in names})}
        case "schedules.schedule":
            return {"upgrade_deadline": _moment(data["upgrade_deadline"])}
        case _:
            return {"excluded_from_fbe": True}


def _note_state(values: dict[str, Any], data: Mapping[str, Any]) -> None:
    modified = datetime.fromisoformat(data["modified"])
    values["latest_state_modified"] = max(modified, values.get("latest_state_modified", modified))
    if "position" in data:
        values[f"position:{data['block']}"] = data["position"]
    if "selected" in data:
        values[f"selected:{data['block']}"] = frozenset(data["selected"])
    if data.get("is_course"):
        values["course_state_modified"] = modified


def _revise_done(said: Mapping[bytes, bool]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def revise(stored: Mapping[str, Any]) -> dict[str, Any]:
        kept = {digest for digest in stored.get("completed", frozenset()) if said.get(digest, True)}
        return {"completed": kept | {digest for digest, complete in said.items() if complete}}

    return revise


def _note_completion(values: dict[str, Any], data: Mapping[str, Any]) -> None:
    created, modified = datetime.fromisoformat(data["created"]), datetime.fromisoformat(data["modified"])
    values["latest_completion_created"] = max(created, values.get("latest_completion_created", created))
    if modified >= values.get("last_completed_at", modified):
        values |= {"last_completed_at": modified, "last_completed_block": data["block_key"]}


# --- Courses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    told: Told
    data: Any


class _References:
    """Rows that courses point at, and which milestones can be fulfilled."""

    def __init__(self, staging: Staging) -> None:
        self.organizations = staging.reference("organization")
        self.milestones = staging.reference("milestone")
        self.relations = {pk: row["name"] for pk, row in staging.reference("milestone_relationship_type").items()}
        self.by_course = self._fulfilled(staging.reference("course_milestone"))
        self.by_content = self._fulfilled(staging.reference("content_milestone"))

    def _fulfilled(self, rows: Mapping[str, Any]) -> set[int]:
        return {
            row["milestone"]
            for row in rows.values()
            if row["active"] and self.relations.get(str(row["milestone_relationship_type"])) == "fulfills"
        }


def _overview(key: CourseKey, said: Sequence[_Said], _references: _References, _reject: Reject) -> dict[str, Any]:
    data = said[-1].data
    return {
        **items.course_listing(key, data["org"] or key.org),
        "source": "dump",
        "name": data["display_name"],
        "org": data["org"],
        "display_number": data["display_number_with_default"] or "",
        "display_org": data["display_org_with_default"] or "",
        "start": _moment(data["start"]),
        "end": _moment(data["end"]),
        "advertised_start": data["advertised_start"],
        "image_url": data["course_image_url"] or "",
        "social_sharing_url": data["social_sharing_url"],
        "marketing_url": data["marketing_url"],
        "self_paced": data["self_paced"],
        "mobile_available": data["mobile_available"],
        "visible_to_staff_only": data["visible_to_staff_only"],
        "days_early_for_beta": data["days_early_for_beta"],
        "certificates_display_behavior": data["certificates_display_behavior"],
        "certificates_show_before_end": data["certificates_show_before_end"],
        "certificate_available_date": _moment(data["certificate_available_date"]),
        "html_certificates": data["cert_html_view_enabled"],
    }


def _tabs(_key: CourseKey, said: Sequence[_Said], _references: _References, _reject: Reject) -> dict[str, Any]:
    return {"discussion_tab": any(one.data["tab_id"] == "discussion" for one in said)}


def _modes(_key: CourseKey, said: Sequence[_Said], _references: _References, _reject: Reject) -> dict[str, Any]:
    return {
        "modes": tuple(
            CourseMode(
                slug=one.data["mode_slug"],
                min_price=one.data["min_price"],
                expiration=_moment(one.data["expiration"]),
                sku=one.data["sku"],
                android_sku=one.data["android_sku"],
                ios_sku=one.data["ios_sku"],
            )
            for one in _by_age(said)
        )
    }


def _discussion(_key: CourseKey, said: Sequence[_Said], _references: _References, _reject: Reject) -> dict[str, Any]:
    data = said[-1].data
    return {"discussion_enabled": data["enabled"], "discussion_lti": data["lti_configuration"] is not None}


def _logo(_key: CourseKey, said: Sequence[_Said], references: _References, reject: Reject) -> dict[str, Any]:
    logo = None
    for one in _by_age(said):
        organization = references.organizations.get(str(one.data["organization"]))
        if organization is None:
            reject(one.told.source, f"there is no organization {one.data['organization']} in the files loaded together")
        elif one.data["active"] and logo is None:
            stored = organization["logo"] or ""
            # As the LMS's own file storage gives it: relative to the site's /media/.
            logo = f"/media/{stored}" if stored and "://" not in stored and not stored.startswith("/") else stored
    return {"logo": logo}


def _requirements(_key: CourseKey, said: Sequence[_Said], references: _References, reject: Reject) -> dict[str, Any]:
    needs = []
    for one in _by_age(said):
        milestone = one.data["milestone"]
        relation = references.relations.get(str(one.data["milestone_relationship_type"]))
        if str(milestone) not in references.milestones or relation is None:
            reject(one.told.source, "its milestone or relationship type is not in the files that are loaded together")
        elif one.data["active"] and relation == "requires" and references.milestones[str(milestone)]["active"]:
            by_course, by_content = milestone in references.by_course, milestone in references.by_content
            needs.append(MilestoneRequirement(milestone, by_course, by_content))
    return {"requires": tuple(needs)}


def _upgrade_deadline(_key: CourseKey, said: Sequence[_Said], _refs: _References, _reject: Reject) -> dict[str, Any]:
    data = _by_age(said)[-1].data
    return {"upgrade_deadline_config": UpgradeDeadlineConfig(data["enabled"], data["opt_out"])}


def _duration_limit(_key: CourseKey, said: Sequence[_Said], _refs: _References, _reject: Reject) -> dict[str, Any]:
    return {"duration_limit": _limit(_by_age(said)[-1].data)}


_COURSE_FACTS: Mapping[str, Callable[[CourseKey, Sequence[_Said], _References, Reject], dict[str, Any]]] = {
    "overview": _overview,
    "tab": _tabs,
    "mode": _modes,
    "discussion": _discussion,
    "organization": _logo,
    "milestone": _requirements,
    "upgrade_deadline": _upgrade_deadline,
    "duration_limit": _duration_limit,
}


def _note_duration_limit(values: dict[str, Any], data: Mapping[str, Any], site_id: int) -> None:
    limit = _limit(data)
    if data["org_course"]:
        values.setdefault("org_course_duration_limits", {})[data["org_course"]] = limit
    elif data["org"]:
        values.setdefault("org_duration_limits", {})[data["org"]] = limit
    elif data["site"] is None:
        values["duration_limit"] = limit
    elif data["site"] == site_id:
        values["site_duration_limit"] = limit


def _limit(data: Mapping[str, Any]) -> DurationLimit:
    return DurationLimit(data["enabled"], _moment(data["enabled_as_of"]))


def _by_age(said: Iterable[_Said]) -> list[_Said]:
    return sorted(said, key=lambda one: int(one.data["pk"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _sources(facts: Iterable[Told]) -> list[Source]:
    return [told.source for told in facts]
