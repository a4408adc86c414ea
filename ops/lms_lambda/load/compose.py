"""Turns the facts about an item into the change that writes them, and says which rows cannot be loaded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.domain.completions import block_digest
from lms.domain.courses import CourseMode, MilestoneRequirement, UpgradeDeadlineConfig
from lms.domain.dates import parse_stored
from lms.domain.discussion import is_lti_discussion
from lms.domain.enrollments import Certificate
from lms.domain.keys import CourseKey, parse_course_key, parse_usage_key
from lms.domain.roles import INSTRUCTOR, STAFF
from lms.table import changes
from lms.table.changes import Change
from lms_lambda.load.cohorts import content_groups
from lms_lambda.load.dates import schedule_of, user_dates
from lms_lambda.load.site import duration_limit_of
from lms_lambda.load.staging import Reject, Source, SourcedFact, Staging, UnknownFactError


def register_usernames(staging: Staging, reject: Reject) -> None:
    """Note the name of every user of the dump, so that other rows find them by id. Rejects those that clash."""
    emails: set[str] = set()
    for fact, user_id in staging.facts_of_model("auth.user"):
        email = fact.fields["email"].lower()
        if email and email in emails:
            reject(fact.source, "another user of the dump has the same e-mail")
        elif not staging.register_username(user_id, fact.fields["username"]):
            reject(fact.source, "another user of the dump has the same username, but for letter case")
        else:
            emails.add(email)


def user_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user that facts speak of."""
    for user_id, _, facts in staging.items("user"):
        name = staging.username(user_id)
        values: dict[str, Any] = {}
        milestones: set[int] = set()
        for fact in facts:
            if name is None:
                if fact.source.model != "auth.user":
                    reject(fact.source, f"there is no user {user_id}")
            elif fact.source.model == "auth.user":
                if staging.is_rejected(fact.source):
                    continue  # the user is in the table, but this row of the dump clashes with another
                values |= _account(int(user_id), fact.fields)
            elif fact.source.model == "milestones.usermilestone":
                milestones |= {fact.fields["milestone"]} if fact.fields["active"] else set()
                values["milestones"] = milestones
            else:
                values |= fact.fields
        if name is not None and values:
            yield changes.user(name, values, _sources(facts))


def enrollment_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course."""
    for fact, missing in staging.orphans():
        reject(fact.source, f"there is no {missing} in the files that are loaded together")
    for name, course_id, facts in _of_users(staging, "enrollment", reject):
        values: dict[str, Any] = {}
        extensions = [fact for fact in facts if fact.source.model == "edx_when.userdate"]
        if extensions:
            values["user_dates"] = user_dates(extensions)
        for fact in facts:
            if fact.source.model == "user_api.usercoursetag":
                values.setdefault("random_groups", {})[fact.fields["partition"]] = fact.fields["group"]
            elif fact.source.model != "edx_when.userdate":
                values |= _enrollment(fact)
        yield changes.enrollment(name, course_id, values, _sources(facts))


def role_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course, or user and organization; a course's team roles stand in one item."""
    for name, scope, facts in _of_users(staging, "role", reject):
        roles: dict[str, str | None] = {}
        forum_roles: set[str] = set()
        for fact in facts:
            if "forum" in fact.fields:
                forum_roles.add(fact.fields["forum"])
            else:
                role, own_org = fact.fields["role"], _org_of(scope)
                # Of rows for one role, the one with the course's own organization is what gives access.
                if role not in roles or roles[role] != own_org:
                    roles[role] = fact.fields["org"] or ""
        if scope.startswith("org:"):
            yield changes.org_roles(name, scope.removeprefix("org:"), roles, _sources(facts))
            continue
        if INSTRUCTOR in roles:
            # An instructor's staff row says nothing more (course-team.md 4.5).
            roles[STAFF] = None
        yield changes.course_roles(name, scope, roles, sorted(forum_roles), _sources(facts))


def progress_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per user and course: positions, and the latest of what happened there."""
    for name, course_id, facts in _of_users(staging, "progress", reject):
        positions: dict[str, int] = {}
        selected: dict[str, tuple[str, ...]] = {}
        values: dict[str, Any] = {}
        completed: dict[bytes, bool] = {}
        # Of completions at the same moment the newest row counts, whatever the order of the dump.
        for fact in sorted(facts, key=lambda fact: (len(fact.source.pk), fact.source.pk)):
            fields = fact.fields
            if completion := fields.get("completed"):
                _note_completion(values, completion)
                if key := parse_usage_key(completion["block_key"]):
                    completed[block_digest(key.block_type, key.block_id)] = completion["completion"] >= 1.0
                continue
            _note_state(values, fields)
            if "position" in fields:
                positions[fields["block"]] = fields["position"]
            if "selected" in fields:
                selected[fields["block"]] = tuple(fields["selected"])
        sources = _sources(facts)
        yield changes.progress(name, course_id, positions, selected, values, sources)
        if completed:
            yield changes.completion(name, course_id, completed, sources)


def course_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per course."""
    references = _References(staging, reject)
    for course_id, _, facts in staging.items("course"):
        key = parse_course_key(course_id)
        if key is None:
            continue
        values: dict[str, Any] = {}
        rows_by_name: dict[str, list[_CourseRow]] = {}
        for fact in facts:
            for name, fields in fact.fields.items():
                rows_by_name.setdefault(name, []).append(_CourseRow(fact.source, fields))
        for name, rows in rows_by_name.items():
            if name not in _COURSE_FACTS:
                raise UnknownFactError(f"{name}: write a function that composes it, and name it in _COURSE_FACTS")
            values |= _COURSE_FACTS[name](key, rows, references, reject)
        if "overview" in rows_by_name:
            yield changes.course_overview(key, values, _sources(facts), read_from="dump")
        else:
            yield changes.course(course_id, values, _sources(facts))


# --- Users and what is theirs -----------------------------------------------------------------------------------------


def _account(user_id: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": user_id,
        "username": fields["username"],
        "email": fields["email"],
        "active": fields["is_active"],
        "staff": fields["is_staff"],
        "superuser": fields["is_superuser"],
        "last_login": parse_stored(fields["last_login"]),
    }


def _of_users(staging: Staging, kind: str, reject: Reject) -> Iterator[tuple[str, str, list[SourcedFact]]]:
    """Like `Staging.items`, with the user's name for the id; facts about nobody are rejected."""
    for user_id, scope, facts in staging.items(kind):
        name = staging.username(user_id)
        if name is None:
            for fact in facts:
                reject(fact.source, f"there is no user {user_id}")
        else:
            yield name, scope, facts


def _org_of(course_id: str) -> str | None:
    key = parse_course_key(course_id)
    return key.org if key else None


def _enrollment(fact: SourcedFact) -> dict[str, Any]:
    fields = fact.fields
    match fact.source.model:
        case "student.courseenrollment":
            return {"created": parse_stored(fields["created"]), "mode": fields["mode"], "active": fields["is_active"]}
        case "certificates.generatedcertificate":
            names = ("status", "mode", "download_url", "verify_uuid")
            return {"certificate": Certificate(**{name: fields[name] for name in names})}
        case "schedules.schedule":
            return {"upgrade_deadline": parse_stored(fields["upgrade_deadline"]), "schedule": schedule_of(fields)}
        case "course_groups.cohortmembership":
            return {"cohort": fields["course_user_group"]}
        case "student.fbeenrollmentexclusion":
            return {"excluded_from_fbe": True}
        case _:
            raise UnknownFactError(f"{fact.source.model}: give it a case in _enrollment")


def _note_state(values: dict[str, Any], fields: Mapping[str, Any]) -> None:
    modified = datetime.fromisoformat(fields["modified"])
    values["latest_state_modified"] = max(modified, values.get("latest_state_modified", modified))
    if fields.get("is_course"):
        values["course_state_modified"] = modified


def _note_completion(values: dict[str, Any], fields: Mapping[str, Any]) -> None:
    created, modified = datetime.fromisoformat(fields["created"]), datetime.fromisoformat(fields["modified"])
    values["latest_completion_created"] = max(created, values.get("latest_completion_created", created))
    if modified >= values.get("last_completed_at", modified):
        values |= {"last_completed_at": modified, "last_completed_block": fields["block_key"]}


# --- Courses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CourseRow:
    """A row that speaks of a course."""

    source: Source
    fields: dict[str, Any]


class _References:
    """Rows that courses point at, and which milestones can be fulfilled."""

    def __init__(self, staging: Staging, reject: Reject) -> None:
        self.organizations = staging.references("organization")
        self.content_groups = content_groups(staging, reject)
        self.milestones = staging.references("milestone")
        self.relations = {pk: row["name"] for pk, row in staging.references("milestone_relationship_type").items()}
        self.by_course = self._fulfilled(staging.references("course_milestone"))
        self.by_content = self._fulfilled(staging.references("content_milestone"))

    def _fulfilled(self, rows: Mapping[str, Any]) -> set[int]:
        return {
            row["milestone"]
            for row in rows.values()
            if row["active"] and self.relations.get(str(row["milestone_relationship_type"])) == "fulfills"
        }


def _overview(_key: CourseKey, rows: Sequence[_CourseRow], _references: _References, _reject: Reject) -> dict[str, Any]:
    fields = rows[-1].fields
    return {
        "name": fields["display_name"],
        "org": fields["org"],
        "display_number": fields["display_number_with_default"] or "",
        "display_org": fields["display_org_with_default"] or "",
        "start": parse_stored(fields["start"]),
        "end": parse_stored(fields["end"]),
        "advertised_start": fields["advertised_start"],
        "image_url": fields["course_image_url"] or "",
        "social_sharing_url": fields["social_sharing_url"],
        "marketing_url": fields["marketing_url"],
        "self_paced": fields["self_paced"],
        "mobile_available": fields["mobile_available"],
        "visible_to_staff_only": fields["visible_to_staff_only"],
        "days_early_for_beta": fields["days_early_for_beta"],
        "certificates_display_behavior": fields["certificates_display_behavior"],
        "certificates_show_before_end": fields["certificates_show_before_end"],
        "certificate_available_date": parse_stored(fields["certificate_available_date"]),
        "html_certificates": fields["cert_html_view_enabled"],
    }


def _tabs(_key: CourseKey, rows: Sequence[_CourseRow], _references: _References, _reject: Reject) -> dict[str, Any]:
    return {"discussion_tab": any(row.fields["tab_id"] == "discussion" for row in rows)}


def _modes(_key: CourseKey, rows: Sequence[_CourseRow], _references: _References, _reject: Reject) -> dict[str, Any]:
    return {
        "modes": tuple(
            CourseMode(
                slug=row.fields["mode_slug"],
                min_price=row.fields["min_price"],
                expiration=parse_stored(row.fields["expiration"]),
                sku=row.fields["sku"],
                android_sku=row.fields["android_sku"],
                ios_sku=row.fields["ios_sku"],
            )
            for row in _by_age(rows)
        )
    }


def _discussion(_key: CourseKey, rows: Sequence[_CourseRow], _refs: _References, _reject: Reject) -> dict[str, Any]:
    fields = rows[-1].fields
    is_lti = is_lti_discussion(fields["provider_type"], fields["lti_configuration"] is not None)
    return {"discussion_enabled": fields["enabled"], "discussion_lti": is_lti}


def _logo(_key: CourseKey, rows: Sequence[_CourseRow], references: _References, reject: Reject) -> dict[str, Any]:
    logo = None
    for row in _by_age(rows):
        organization = references.organizations.get(str(row.fields["organization"]))
        if organization is None:
            reject(row.source, f"there is no organization {row.fields['organization']} in the files loaded together")
        elif row.fields["active"] and logo is None:
            logo = organization["logo"] or ""
    return {"logo": logo}


def _requirements(
    _key: CourseKey, rows: Sequence[_CourseRow], references: _References, reject: Reject
) -> dict[str, Any]:
    needs = []
    for row in _by_age(rows):
        milestone = row.fields["milestone"]
        relation = references.relations.get(str(row.fields["milestone_relationship_type"]))
        if str(milestone) not in references.milestones or relation is None:
            reject(row.source, "its milestone or relationship type is not in the files that are loaded together")
        elif row.fields["active"] and relation == "requires":
            # Whether the milestone's own row is active is not asked, there or here.
            by_course, by_content = milestone in references.by_course, milestone in references.by_content
            needs.append(MilestoneRequirement(milestone, by_course, by_content))
    return {"requires": tuple(needs)}


def _cohorted(_key: CourseKey, rows: Sequence[_CourseRow], _references: _References, _reject: Reject) -> dict[str, Any]:
    return {"cohorted": rows[-1].fields["is_cohorted"]}


def _content_groups(
    _key: CourseKey, rows: Sequence[_CourseRow], references: _References, _reject: Reject
) -> dict[str, Any]:
    links = (references.content_groups.get(int(row.fields["pk"])) for row in _by_age(rows))
    return {"content_groups": tuple(link for link in links if link is not None)}


def _upgrade_deadline(
    _key: CourseKey, rows: Sequence[_CourseRow], _refs: _References, _reject: Reject
) -> dict[str, Any]:
    fields = _by_age(rows)[-1].fields
    return {"upgrade_deadline_config": UpgradeDeadlineConfig(fields["enabled"], fields["opt_out"])}


def _duration_limit(_key: CourseKey, rows: Sequence[_CourseRow], _refs: _References, _reject: Reject) -> dict[str, Any]:
    return {"duration_limit": duration_limit_of(_by_age(rows)[-1].fields)}


_COURSE_FACTS: Mapping[str, Callable[[CourseKey, Sequence[_CourseRow], _References, Reject], dict[str, Any]]] = {
    "overview": _overview,
    "tab": _tabs,
    "mode": _modes,
    "discussion": _discussion,
    "organization": _logo,
    "milestone": _requirements,
    "cohorts_settings": _cohorted,
    "cohort": _content_groups,
    "upgrade_deadline": _upgrade_deadline,
    "duration_limit": _duration_limit,
}


def _by_age(rows: Iterable[_CourseRow]) -> list[_CourseRow]:
    return sorted(rows, key=lambda row: int(row.fields["pk"]))


def _sources(facts: Iterable[SourcedFact]) -> list[Source]:
    return [fact.source for fact in facts]
