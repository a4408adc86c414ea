"""Turns the rows of edx-when into what the table holds: a course's dates, and the extensions of a learner."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from lms.domain.course_dates import FIELDS, ContentDate
from lms.domain.dates import parse_stored
from lms.domain.enrollments import Schedule, UserDate
from lms.domain.keys import parse_usage_key
from lms.table import changes
from lms.table.changes import Change
from lms_lambda.load.staging import Reject, SourcedFact, Staging


def course_dates_changes(staging: Staging, reject: Reject) -> Iterator[Change]:
    """One change per course that has dates, or a flag of its own that says whether relative ones count."""
    policies = staging.references("date_policy")
    for course_id, _, facts in staging.items("course_dates"):
        values: dict[str, Any] = {}
        for fact in sorted(facts, key=_age):
            if flag := fact.fields.get("relative_dates"):
                # Of rows that replace each other, the one with the highest number is in force.
                values["relative_dates"] = flag["override_choice"] == "on" if flag["enabled"] else None
                continue
            row = fact.fields["content_date"]
            content_dates = values.setdefault("content_dates", [])
            policy = policies.get(str(row["policy"]))
            if policy is None:
                reject(fact.source, f"there is no date policy {row['policy']} in the files that are loaded together")
            elif content_date := _content_date(row, policy):
                content_dates.append(content_date)
        yield changes.course_dates(course_id, values, [fact.source for fact in facts])


def user_dates(facts: Iterable[SourcedFact]) -> tuple[UserDate, ...]:
    """The extensions of a learner in a course, the latest last; those that nothing can come to depend on are left out.

    Each extension is a row of its own, and the latest of a content date counts. If that one only adds to the course's
    date, and the learner has no schedule to count that from, the latest with a date of its own does.
    """
    kept: dict[int, list[UserDate]] = {}
    ordered: list[UserDate] = []
    for fact in sorted(facts, key=lambda fact: (parse_stored(fact.fields["modified"]), _age(fact)), reverse=True):
        row = fact.fields
        user_date = UserDate(row["content_date"], **_dates(row))
        later = kept.setdefault(user_date.content_date, [])
        if not later or (user_date.abs_date is not None and all(date.abs_date is None for date in later)):
            later.append(user_date)
            ordered.append(user_date)
    return tuple(reversed(ordered))


def schedule_of(fields: Mapping[str, Any]) -> Schedule | None:
    """The schedule in a row; None where it has no start to count from."""
    start, created = parse_stored(fields["start_date"]), parse_stored(fields["created"])
    return Schedule(start, created) if start and created else None


def _content_date(row: Mapping[str, Any], policy: Mapping[str, Any]) -> ContentDate | None:
    """The date that a row gives a block; None for one that is not in force, or of no block or field that we know."""
    key = parse_usage_key(row["location"] or "")
    if not row["active"] or key is None or row["field"] not in FIELDS:
        return None
    return ContentDate(int(row["pk"]), key.block_type, key.block_id, row["field"], **_dates(policy))


def _dates(fields: Mapping[str, Any]) -> dict[str, Any]:
    microseconds = fields["rel_date"]
    rel_date = None if microseconds is None else timedelta(microseconds=microseconds)
    return {"abs_date": parse_stored(fields["abs_date"]), "rel_date": rel_date}


def _age(fact: SourcedFact) -> int:
    return int(fact.source.pk)
