"""Cohorts, and the content groups that they are linked to: three models that point at each other."""

from collections.abc import Callable

from lms.domain.courses import CohortContentGroup
from lms_lambda.load.staging import Source, Staging


def content_groups(staging: Staging, reject: Callable[[Source, str], None]) -> dict[int, CohortContentGroup]:
    """The content group of each cohort that has one, by the cohort's id. Rejects the links of unknown cohorts."""
    cohorts = staging.references("cohort")
    found: dict[int, CohortContentGroup] = {}
    for fact, _ in staging.facts_of_model("course_groups.courseusergrouppartitiongroup"):
        cohort = fact.fields["course_user_group"]
        if str(cohort) in cohorts:
            found[cohort] = CohortContentGroup(cohort, str(fact.fields["partition_id"]), fact.fields["group_id"])
        else:
            reject(fact.source, f"there is no cohort {cohort} in the files that are loaded together")
    return found
