"""Rows of a dump, model by model: what a good one says, and why a bad one is rejected. (mobile-users.md 8)"""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from lms.table import items
from lms.table.changes import Change
from lms_lambda.load import compose
from lms_lambda.load.dates import course_dates_changes
from lms_lambda.load.models import MODELS, Fact, RowRejectedError, facts_of
from lms_lambda.load.models.flags import RELATIVE_DATES
from lms_lambda.load.site import site_changes
from lms_lambda.load.staging import Source, Staging, UnknownFactError

COURSE = "course-v1:DemoX+DX101+2026_T1"
BLOCK = "block-v1:DemoX+DX101+2026_T1+type@chapter+block@ch1"
COURSE_BLOCK = "block-v1:DemoX+DX101+2026_T1+type@course+block@course"
MOMENT = "2026-03-02T09:30:15.123Z"
Fields = dict[str, Any]
COMPOSED = (
    compose.user_changes,
    compose.enrollment_changes,
    compose.role_changes,
    compose.progress_changes,
    compose.course_changes,
    course_dates_changes,
)
NOT_OF_ROWS = {"changed", "weeks_to_complete"}
"""Fields that the API writes, or that only a course export has."""

GOOD: dict[str, tuple[str, Fields]] = {
    "auth.user": (
        "4711",
        {
            "username": "mona",
            "email": "mona@example.org",
            "is_active": True,
            "is_staff": False,
            "is_superuser": False,
            "last_login": None,
            "password": "!x",
        },
    ),
    "student.userprofile": ("1", {"user": 4711, "name": "Mona Demo"}),
    "user_api.userpreference": ("1", {"user": 4711, "key": "time_zone", "value": "Asia/Tokyo"}),
    "milestones.usermilestone": ("1", {"user_id": 4711, "milestone": 3, "active": True}),
    "student.courseenrollment": (
        "1",
        {"user": 4711, "course": COURSE, "created": MOMENT, "is_active": True, "mode": "audit"},
    ),
    "certificates.generatedcertificate": (
        "1",
        {
            "user": 4711,
            "course_id": COURSE,
            "status": "downloadable",
            "mode": "honor",
            "download_url": "",
            "verify_uuid": "0123456789abcdef0123456789abcdef",
        },
    ),
    "schedules.schedule": (
        "1",
        {"enrollment": 12, "upgrade_deadline": MOMENT, "start_date": MOMENT, "created": MOMENT, "active": True},
    ),
    "edx_when.datepolicy": ("7", {"created": MOMENT, "modified": MOMENT, "abs_date": None, "rel_date": "14 01:00:00"}),
    "edx_when.contentdate": (
        "8",
        {
            "course_id": COURSE,
            "policy": 7,
            "location": BLOCK,
            "field": "due",
            "active": True,
            "block_type": "chapter",
            "assignment_title": "",
        },
    ),
    "edx_when.userdate": (
        "9",
        {
            "created": MOMENT,
            "modified": MOMENT,
            "user": 4711,
            "content_date": 8,
            "abs_date": MOMENT,
            "rel_date": None,
            "reason": "ill",
            "actor": 4712,
        },
    ),
    "student.fbeenrollmentexclusion": ("1", {"enrollment": 12}),
    "student.courseaccessrole": ("1", {"user": 4711, "org": "DemoX", "course_id": COURSE, "role": "staff"}),
    "django_comment_common.role": ("1", {"name": "Moderator", "course_id": COURSE, "users": [4711, 4712]}),
    "course_groups.cohortmembership": ("1", {"course_user_group": 11, "user": 4711, "course_id": COURSE}),
    "user_api.usercoursetag": (
        "1",
        {"user": 4711, "course_id": COURSE, "key": "xblock.partition_service.partition_101", "value": "0"},
    ),
    "course_groups.coursecohortssettings": (
        "1",
        {
            "course_id": COURSE,
            "is_cohorted": True,
            "_cohorted_discussions": "[]",
            "always_cohort_inline_discussions": False,
        },
    ),
    "course_groups.courseusergroup": (
        "11",
        {"name": "Cohort", "course_id": COURSE, "group_type": "cohort", "users": [4711]},
    ),
    "course_groups.courseusergrouppartitiongroup": (
        "1",
        {"course_user_group": 11, "partition_id": 100, "group_id": 1, "created_at": MOMENT, "updated_at": MOMENT},
    ),
    "courseware.studentmodule": (
        "1",
        {
            "student": 4711,
            "course_id": COURSE,
            "module_state_key": BLOCK,
            "module_type": "chapter",
            "state": '{"position": 2}',
            "created": MOMENT,
            "modified": MOMENT,
        },
    ),
    "completion.blockcompletion": (
        "1",
        {
            "user": 4711,
            "context_key": COURSE,
            "block_key": BLOCK,
            "block_type": "html",
            "completion": 1.0,
            "created": MOMENT,
            "modified": MOMENT,
        },
    ),
    "course_overviews.courseoverview": (
        COURSE,
        {
            "org": "DemoX",
            "display_name": "Demo 101",
            "display_number_with_default": "DX101",
            "display_org_with_default": "DemoX",
            "start": MOMENT,
            "end": None,
            "advertised_start": None,
            "course_image_url": "/a.png",
            "social_sharing_url": None,
            "marketing_url": None,
            "self_paced": False,
            "mobile_available": True,
            "visible_to_staff_only": False,
            "days_early_for_beta": 2.5,
            "certificates_display_behavior": "end",
            "certificates_show_before_end": False,
            "certificate_available_date": None,
            "cert_html_view_enabled": False,
        },
    ),
    "course_overviews.courseoverviewtab": ("1", {"course_overview": COURSE, "tab_id": "discussion"}),
    "course_modes.coursemode": (
        "1",
        {
            "course": COURSE,
            "mode_slug": "verified",
            "min_price": 49,
            "currency": "usd",
            "_expiration_datetime": MOMENT,
            "sku": "A1",
            "android_sku": "",
            "ios_sku": None,
        },
    ),
    "discussions.discussionsconfiguration": (
        COURSE,
        {"enabled": True, "provider_type": "legacy", "lti_configuration": None},
    ),
    "organizations.organization": ("3", {"short_name": "DemoX", "logo": "organization_logos/x.png", "active": True}),
    "organizations.organizationcourse": ("1", {"course_id": COURSE, "organization": 3, "active": True}),
    "milestones.milestone": ("3", {"namespace": "n", "name": "m", "active": True}),
    "milestones.milestonerelationshiptype": ("1", {"name": "requires", "active": True}),
    "milestones.coursemilestone": (
        "1",
        {"course_id": COURSE, "milestone": 3, "milestone_relationship_type": 1, "active": True},
    ),
    "milestones.coursecontentmilestone": (
        "1",
        {
            "course_id": COURSE,
            "content_id": BLOCK,
            "milestone": 3,
            "milestone_relationship_type": 2,
            "active": True,
        },
    ),
    "courseware.coursedynamicupgradedeadlineconfiguration": (
        "1",
        {"course_id": COURSE, "enabled": True, "opt_out": False, "deadline_days": 21},
    ),
    "courseware.dynamicupgradedeadlineconfiguration": ("1", {"enabled": True, "change_date": MOMENT}),
    "courseware.orgdynamicupgradedeadlineconfiguration": ("1", {"org_id": "DemoX", "enabled": True, "opt_out": True}),
    "course_duration_limits.coursedurationlimitconfig": (
        "1",
        {"enabled": True, "enabled_as_of": MOMENT, "site": None, "org": None, "org_course": None, "course": COURSE},
    ),
    "waffle.flag": (
        "1",
        {"name": RELATIVE_DATES, "everyone": None, "authenticated": False, "staff": True, "superusers": True},
    ),
    "waffle_utils.waffleflagorgoverridemodel": (
        "1",
        {
            "change_date": MOMENT,
            "enabled": True,
            "waffle_flag": RELATIVE_DATES,
            "org": "DemoX",
            "override_choice": "on",
        },
    ),
    "waffle_utils.waffleflagcourseoverridemodel": (
        "1",
        {"change_date": MOMENT, "enabled": True, "waffle_flag": RELATIVE_DATES, "course_id": COURSE}
        | {"override_choice": "off"},
    ),
    "mobile_api.mobileconfig": ("1", {"name": "iap_config", "value": "{}"}),
    "mobile_api.ignoremobileavailableflagconfig": ("1", {"enabled": True, "change_date": MOMENT}),
    "site_configuration.siteconfiguration": (
        "1",
        {"site": 1, "enabled": True, "site_values": {"course_org_filter": ["DemoX"]}},
    ),
}
"""A whole row of each model, as `dumpdata` writes it: pk and fields."""

OTHERS: list[tuple[str, Fields]] = [
    ("courseware.studentmodule", {"module_state_key": COURSE_BLOCK}),
    ("course_duration_limits.coursedurationlimitconfig", {"course": None}),
    ("course_duration_limits.coursedurationlimitconfig", {"course": None, "site": 1}),
    ("course_duration_limits.coursedurationlimitconfig", {"course": None, "org": "DemoX"}),
    ("course_duration_limits.coursedurationlimitconfig", {"course": None, "org_course": "DemoX+DX101"}),
]
"""Fields that make a good row speak of something else, by model."""

NO_DATE = "Input should be a valid datetime"
NO_DURATION = "Value error, must be a duration"
NO_FLAG = "Input should be a valid boolean"
NO_NUMBER = "Input should be a valid integer"
NO_TEXT = "Input should be a valid string"
NO_COURSE = "Value error, is not a course id"

BAD: list[tuple[str, str, Any, str]] = [
    # model, field, what it holds instead (... leaves it out), the start of the reason
    ("auth.user", "username", ..., "username: Field required"),
    ("auth.user", "username", "", "username: Value should have at least 1 item"),
    ("auth.user", "username", "m" * 256, "username: Value should have at most 255 items"),
    ("auth.user", "username", None, f"username: {NO_TEXT}"),
    ("auth.user", "username", True, f"username: {NO_TEXT}"),
    ("auth.user", "username", ["mona"], f"username: {NO_TEXT}"),
    ("auth.user", "username", "mo\ud800na", "username: Value error, is not UTF-8"),
    ("auth.user", "email", None, f"email: {NO_TEXT}"),
    ("auth.user", "email", "\udcff@example.org", "email: Value error, is not UTF-8"),
    ("auth.user", "is_active", "perhaps", f"is_active: {NO_FLAG}"),
    ("auth.user", "is_active", 2, f"is_active: {NO_FLAG}"),
    ("auth.user", "is_staff", None, f"is_staff: {NO_FLAG}"),
    ("auth.user", "is_superuser", "", f"is_superuser: {NO_FLAG}"),
    ("auth.user", "last_login", "2026-02-30T00:00:00Z", f"last_login: {NO_DATE}"),
    ("auth.user", "last_login", "yesterday", f"last_login: {NO_DATE}"),
    ("auth.user", "last_login", 1772443815, "last_login: Value error, must be a date-time in ISO 8601"),
    ("auth.user", "last_login", "1772443815", "last_login: Value error, must be a date-time in ISO 8601"),
    ("auth.user", "last_login", "2026", "last_login: Value error, must be a date-time in ISO 8601"),
    ("auth.user", "last_login", True, "last_login: Value error, must be a date-time in ISO 8601"),
    ("auth.user", "last_login", "0001-01-01T00:00:00+05:00", "last_login: Value error, lies outside of the calendar"),
    ("student.userprofile", "user", "mona", f"user: {NO_NUMBER}"),
    ("student.userprofile", "user", ["mona"], f"user: {NO_NUMBER}"),
    ("student.userprofile", "user", True, f"user: {NO_NUMBER}"),
    ("student.userprofile", "user", 1.5, f"user: {NO_NUMBER}"),
    ("student.userprofile", "name", None, f"name: {NO_TEXT}"),
    ("student.userprofile", "name", False, f"name: {NO_TEXT}"),
    ("user_api.userpreference", "value", None, f"value: {NO_TEXT}"),
    ("user_api.userpreference", "user", None, f"user: {NO_NUMBER}"),
    ("milestones.usermilestone", "milestone", "first", f"milestone: {NO_NUMBER}"),
    ("milestones.usermilestone", "user_id", ..., "user_id: Field required"),
    ("student.courseenrollment", "user", ..., "user: Field required"),
    ("student.courseenrollment", "user", "", f"user: {NO_NUMBER}"),
    ("student.courseenrollment", "user", False, f"user: {NO_NUMBER}"),
    ("student.courseenrollment", "course", "DX101", f"course: {NO_COURSE}"),
    ("student.courseenrollment", "course", "", f"course: {NO_COURSE}"),
    ("student.courseenrollment", "course", "library-v1:DemoX+DX101", f"course: {NO_COURSE}"),
    ("student.courseenrollment", "course", "course-v1:DemoX+DX101", f"course: {NO_COURSE}"),
    ("student.courseenrollment", "course", f"course-v1:DemoX+{'D' * 255}+T1", f"course: {NO_COURSE}"),
    ("student.courseenrollment", "course", None, f"course: {NO_TEXT}"),
    ("student.courseenrollment", "created", "2026-13-01T00:00:00Z", f"created: {NO_DATE}"),
    ("student.courseenrollment", "created", "2026-03-02T25:00:00Z", f"created: {NO_DATE}"),
    ("student.courseenrollment", "created", "", f"created: {NO_DATE}"),
    ("student.courseenrollment", "is_active", "x", f"is_active: {NO_FLAG}"),
    ("student.courseenrollment", "is_active", ..., "is_active: Field required"),
    ("student.courseenrollment", "mode", True, f"mode: {NO_TEXT}"),
    ("student.courseenrollment", "mode", "", "mode: Value should have at least 1 item"),
    ("certificates.generatedcertificate", "status", None, f"status: {NO_TEXT}"),
    ("certificates.generatedcertificate", "course_id", "x", f"course_id: {NO_COURSE}"),
    ("certificates.generatedcertificate", "download_url", {}, f"download_url: {NO_TEXT}"),
    ("schedules.schedule", "enrollment", None, f"enrollment: {NO_NUMBER}"),
    ("schedules.schedule", "upgrade_deadline", "soon", f"upgrade_deadline: {NO_DATE}"),
    ("schedules.schedule", "start_date", "2026-02-30T00:00:00Z", f"start_date: {NO_DATE}"),
    ("edx_when.datepolicy", "rel_date", "two weeks", f"rel_date: {NO_DURATION}"),
    ("edx_when.datepolicy", "rel_date", 1209600, f"rel_date: {NO_DURATION}"),
    ("edx_when.datepolicy", "rel_date", "14", f"rel_date: {NO_DURATION}"),
    ("edx_when.datepolicy", "rel_date", "9999999999 00:00:00", f"rel_date: {NO_DURATION}"),
    ("edx_when.datepolicy", "abs_date", 5, "abs_date: Value error, must be"),
    ("edx_when.contentdate", "course_id", "x", f"course_id: {NO_COURSE}"),
    ("edx_when.contentdate", "policy", None, f"policy: {NO_NUMBER}"),
    ("edx_when.contentdate", "active", "x", f"active: {NO_FLAG}"),
    ("edx_when.userdate", "user", "mona", f"user: {NO_NUMBER}"),
    ("edx_when.userdate", "content_date", ..., "content_date: Field required"),
    ("edx_when.userdate", "modified", None, f"modified: {NO_DATE}"),
    ("student.fbeenrollmentexclusion", "enrollment", "x", f"enrollment: {NO_NUMBER}"),
    ("student.courseaccessrole", "role", "", "role: Value should have at least 1 item"),
    ("student.courseaccessrole", "course_id", "DemoX", "is not a course id"),
    ("student.courseaccessrole", "org", [], f"org: {NO_TEXT}"),
    ("django_comment_common.role", "users", "4711", "users: Input should be a valid list"),
    ("django_comment_common.role", "users", [4711, "x"], f"users.1: {NO_NUMBER}"),
    ("django_comment_common.role", "course_id", "", f"course_id: {NO_COURSE}"),
    ("django_comment_common.role", "name", None, f"name: {NO_TEXT}"),
    ("course_groups.cohortmembership", "course_user_group", "Cohort", f"course_user_group: {NO_NUMBER}"),
    ("course_groups.cohortmembership", "course_id", None, f"course_id: {NO_TEXT}"),
    ("user_api.usercoursetag", "value", None, f"value: {NO_TEXT}"),
    ("user_api.usercoursetag", "course_id", "DemoX", f"course_id: {NO_COURSE}"),
    ("course_groups.coursecohortssettings", "is_cohorted", None, f"is_cohorted: {NO_FLAG}"),
    ("course_groups.courseusergroup", "course_id", "", f"course_id: {NO_COURSE}"),
    ("course_groups.courseusergrouppartitiongroup", "group_id", "A", f"group_id: {NO_NUMBER}"),
    ("courseware.studentmodule", "state", "no JSON", "state: Expecting value"),
    ("courseware.studentmodule", "state", {"position": 2}, f"state: {NO_TEXT}"),
    ("courseware.studentmodule", "state", "[" * 100_000, ""),
    ("courseware.studentmodule", "modified", None, f"modified: {NO_DATE}"),
    ("courseware.studentmodule", "modified", ..., "modified: Field required"),
    ("courseware.studentmodule", "module_state_key", None, f"module_state_key: {NO_TEXT}"),
    ("completion.blockcompletion", "completion", "much", "completion: Input should be a valid number"),
    ("completion.blockcompletion", "context_key", "lib:DemoX:1", f"context_key: {NO_COURSE}"),
    ("completion.blockcompletion", "created", 0, "created: Value error, must be a date-time in ISO 8601"),
    ("course_overviews.courseoverview", "org", None, f"org: {NO_TEXT}"),
    ("course_overviews.courseoverview", "start", "2026-02-29T00:00:00Z", f"start: {NO_DATE}"),
    ("course_overviews.courseoverview", "end", 1772443815.5, "end: Value error, must be a date-time in ISO 8601"),
    ("course_overviews.courseoverview", "mobile_available", "mobile", f"mobile_available: {NO_FLAG}"),
    ("course_overviews.courseoverview", "days_early_for_beta", "two", "days_early_for_beta: Input should be a valid"),
    ("course_overviews.courseoverview", "days_early_for_beta", float("inf"), "days_early_for_beta: Input should be"),
    ("course_overviews.courseoverview", "days_early_for_beta", 1e9, "days_early_for_beta: Input should be less than"),
    ("course_overviews.courseoverview", "display_name", True, f"display_name: {NO_TEXT}"),
    ("course_overviews.courseoverviewtab", "tab_id", None, f"tab_id: {NO_TEXT}"),
    ("course_overviews.courseoverviewtab", "course_overview", "x", f"course_overview: {NO_COURSE}"),
    ("course_modes.coursemode", "mode_slug", "", "mode_slug: Value should have at least 1 item"),
    ("course_modes.coursemode", "min_price", "49.50", f"min_price: {NO_NUMBER}"),
    ("course_modes.coursemode", "min_price", None, f"min_price: {NO_NUMBER}"),
    ("course_modes.coursemode", "_expiration_datetime", "2026-02-30T00:00:00Z", f"_expiration_datetime: {NO_DATE}"),
    ("course_modes.coursemode", "sku", [], f"sku: {NO_TEXT}"),
    ("discussions.discussionsconfiguration", "enabled", None, f"enabled: {NO_FLAG}"),
    ("discussions.discussionsconfiguration", "lti_configuration", "x", f"lti_configuration: {NO_NUMBER}"),
    ("organizations.organization", "active", "x", f"active: {NO_FLAG}"),
    ("organizations.organization", "logo", False, f"logo: {NO_TEXT}"),
    ("organizations.organizationcourse", "organization", "DemoX", f"organization: {NO_NUMBER}"),
    ("milestones.milestone", "active", None, f"active: {NO_FLAG}"),
    ("milestones.milestonerelationshiptype", "name", None, f"name: {NO_TEXT}"),
    ("milestones.coursemilestone", "milestone", "x", f"milestone: {NO_NUMBER}"),
    ("milestones.coursemilestone", "course_id", "x", f"course_id: {NO_COURSE}"),
    ("milestones.coursecontentmilestone", "milestone_relationship_type", None, "milestone_relationship_type: "),
    ("courseware.coursedynamicupgradedeadlineconfiguration", "opt_out", "x", f"opt_out: {NO_FLAG}"),
    ("courseware.dynamicupgradedeadlineconfiguration", "enabled", ..., "enabled: Field required"),
    ("courseware.orgdynamicupgradedeadlineconfiguration", "org_id", None, f"org_id: {NO_TEXT}"),
    ("course_duration_limits.coursedurationlimitconfig", "course", "x", f"course: {NO_COURSE}"),
    ("course_duration_limits.coursedurationlimitconfig", "site", "x", f"site: {NO_NUMBER}"),
    ("course_duration_limits.coursedurationlimitconfig", "enabled_as_of", 5, "enabled_as_of: Value error, must be"),
    ("course_duration_limits.coursedurationlimitconfig", "enabled", "x", f"enabled: {NO_FLAG}"),
    ("waffle.flag", "everyone", "x", f"everyone: {NO_FLAG}"),
    ("waffle.flag", "staff", None, f"staff: {NO_FLAG}"),
    ("waffle_utils.waffleflagorgoverridemodel", "org", "", "org: Value should have at least 1 item"),
    ("waffle_utils.waffleflagcourseoverridemodel", "course_id", "x", "is not a course id"),
    ("waffle_utils.waffleflagcourseoverridemodel", "enabled", "x", f"enabled: {NO_FLAG}"),
    ("mobile_api.mobileconfig", "value", None, f"value: {NO_TEXT}"),
    ("mobile_api.ignoremobileavailableflagconfig", "enabled", None, f"enabled: {NO_FLAG}"),
    ("site_configuration.siteconfiguration", "site", None, f"site: {NO_NUMBER}"),
    ("site_configuration.siteconfiguration", "site_values", "no JSON", "site_values: Expecting value"),
    ("site_configuration.siteconfiguration", "site_values", "[]", "site_values is not a JSON object"),
    ("site_configuration.siteconfiguration", "site_values", 5, "site_values is not a JSON object"),
    (
        "site_configuration.siteconfiguration",
        "site_values",
        {"course_org_filter": [5]},
        "course_org_filter must be a text or a list of texts",
    ),
    (
        "site_configuration.siteconfiguration",
        "site_values",
        '{"course_org_filter": {"DemoX": true}}',
        "course_org_filter must be a text or a list of texts",
    ),
]


def facts(model: str, pk: str | None = None, **changed: Any) -> list[Fact]:
    """What the good row of a model says with some fields changed."""
    good_pk, fields = GOOD[model]
    return facts_of(model, good_pk if pk is None else pk, fields | changed)


def reason(model: str, pk: str | None = None, **changed: Any) -> str:
    """Why the good row of a model is rejected once some fields are changed; `...` leaves a field out."""
    good_pk, fields = GOOD[model]
    changed = {name: value for name, value in (fields | changed).items() if value is not ...}
    with pytest.raises(RowRejectedError) as rejected:
        facts_of(model, good_pk if pk is None else pk, changed)
    return str(rejected.value)


def test_there_is_a_good_row_for_every_model() -> None:
    assert set(GOOD) == set(MODELS), "write a row of the model into GOOD of this file"
    assert {model for model, *_ in BAD} == set(MODELS), "write into BAD what a field of the model may not hold"


def composed() -> list[Change]:
    """What a load of the good rows would write."""
    with closing(Staging()) as staging:
        for model, (pk, fields) in GOOD.items():
            # The one that other rows name.
            row_pk = "12" if model == "student.courseenrollment" else pk
            staging.add(Source(model, row_pk, "dump.json", "row 1"), facts_of(model, row_pk, fields))
        for number, (model, changed) in enumerate(OTHERS, 100):
            staging.add(Source(model, str(number), "dump.json", "row 1"), facts(model, str(number), **changed))
        staging.resolve_enrollments()
        compose.register_usernames(staging, lambda *_: None)
        changes = [*site_changes(staging, 1)]
        for of_kind in COMPOSED:
            changes += of_kind(staging, lambda *_: None)
        return changes


def test_what_a_row_of_every_model_says_becomes_fields_of_items() -> None:
    changes = composed()

    assert all(change.item_type.write(change.values) for change in changes)
    models = {source.model for change in changes for source in change.sources}
    references = {model for model in GOOD if {fact.kind for fact in facts(model)} == {"reference"}}
    assert GOOD.keys() - models == references, "ops/lms_lambda/load/compose.py makes no change of what the row says"


@pytest.fixture(scope="module")
def changes() -> list[Change]:
    try:
        return composed()
    except UnknownFactError:
        pytest.skip("test_what_a_row_of_every_model_says_becomes_fields_of_items says why nothing can be loaded")


@pytest.mark.parametrize("name", ["USER", "ENROLLMENT", "PROGRESS", "COURSE", "SITE"])
def test_each_field_of_an_item_is_filled_by_a_row(changes: list[Change], name: str) -> None:
    item_type = getattr(items, name)
    filled = {field for change in changes if change.item_type is item_type for field in change.values}

    without = item_type.fields.keys() - filled - NOT_OF_ROWS
    assert not without, "read the field in ops/lms_lambda/load/models, and pass it on in ops/lms_lambda/load/compose.py"


@pytest.mark.parametrize("model", sorted(GOOD))
def test_a_whole_row_is_taken(model: str) -> None:
    assert facts(model)


@pytest.mark.parametrize("model", sorted(GOOD))
def test_fields_that_are_not_needed_are_ignored_whatever_they_hold(model: str) -> None:
    assert facts(model, not_of_ours={"a": [None, "\ud800"]}) == facts(model)


@pytest.mark.parametrize(("model", "field", "value", "start"), BAD)
def test_a_bad_row_is_rejected_with_its_field_and_the_reason(model: str, field: str, value: Any, start: str) -> None:
    assert reason(model, **{field: value}).startswith(start)


def test_every_bad_field_of_a_row_is_named() -> None:
    found = reason("student.courseenrollment", user="x", course="y", is_active="z")

    assert [part.partition(":")[0] for part in found.split("; ")] == ["user", "course", "is_active"]


# Those two are nothing but texts, and take any.
@pytest.mark.parametrize(
    "model", sorted(set(GOOD) - {"mobile_api.mobileconfig", "milestones.milestonerelationshiptype"})
)
def test_a_reason_never_shows_a_value_of_the_row(model: str) -> None:
    secret = "mona@example.org"

    assert secret not in reason(model, secret, **dict.fromkeys(GOOD[model][1], secret))


def test_a_model_that_the_api_does_not_need_is_not_among_the_models() -> None:
    assert not {"sessions.session", "student.userstanding", "oauth2_provider.accesstoken"} & set(MODELS)


class TestKeys:
    @pytest.mark.parametrize(
        "model",
        [
            "auth.user",
            "course_modes.coursemode",
            "course_overviews.courseoverviewtab",
            "organizations.organizationcourse",
            "milestones.coursemilestone",
            "mobile_api.mobileconfig",
            "course_duration_limits.coursedurationlimitconfig",
            "site_configuration.siteconfiguration",
            "edx_when.contentdate",
            "edx_when.userdate",
            "waffle.flag",
        ],
    )
    @pytest.mark.parametrize("pk", ["x", "-1", "", "1.5", "١", "\ud800"])
    def test_a_pk_that_must_be_a_number_is_one(self, model: str, pk: str) -> None:
        assert reason(model, pk) == "pk must be a number"

    @pytest.mark.parametrize("model", ["auth.user", "course_modes.coursemode", "mobile_api.mobileconfig"])
    def test_a_number_longer_than_any_database_has_is_rejected(self, model: str) -> None:
        assert reason(model, "1" * 5000) == "pk must be a number"

    @pytest.mark.parametrize("model", ["course_overviews.courseoverview", "discussions.discussionsconfiguration"])
    @pytest.mark.parametrize("pk", ["1", "", "course-v1:DemoX+DX101", "library-v1:DemoX+DX101", "\ud800"])
    def test_a_pk_that_must_be_a_course_id_is_one(self, model: str, pk: str) -> None:
        assert reason(model, pk) == "is not a course id"


class TestUsers:
    def test_a_user_is_known_by_id(self) -> None:
        [fact] = facts("auth.user")

        assert (fact.kind, fact.owner, fact.fields["username"]) == ("user", "4711", "mona")

    def test_a_password_never_leaves_the_dump(self) -> None:
        [fact] = facts("auth.user", password="pbkdf2_sha256$1$secret$hash")

        assert "secret" not in str(fact)

    @pytest.mark.parametrize("name", ["m", "m" * 255, "Mona", "ünï", "a b", "名前", "m@x"])
    def test_every_username_that_django_can_hold_is_taken(self, name: str) -> None:
        [fact] = facts("auth.user", username=name)

        assert fact.fields["username"] == name

    def test_a_number_stands_for_its_text(self) -> None:
        [fact] = facts("auth.user", username=12345)

        assert fact.fields["username"] == "12345"

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-03-02T09:30:15.123Z", "2026-03-02T09:30:15.123000Z"),
            ("2026-03-02T09:30:15Z", "2026-03-02T09:30:15Z"),
            ("2026-03-02T09:30:15.123456+05:30", "2026-03-02T04:00:15.123456Z"),
            ("2026-03-02T09:30:15", "2026-03-02T09:30:15Z"),
            ("2026-03-02 09:30:15+00:00", "2026-03-02T09:30:15Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999000Z"),
        ],
    )
    def test_a_date_is_in_utc_where_it_names_no_offset(self, text: str, moment: str) -> None:
        [fact] = facts("auth.user", last_login=text)

        assert fact.fields["last_login"] == moment

    def test_only_the_time_zone_of_a_users_preferences_is_needed(self) -> None:
        assert facts("user_api.userpreference", key="pref-lang", value="de") == []
        assert facts("user_api.userpreference") == [Fact("user", "4711", "", {"time_zone": "Asia/Tokyo"})]


class TestRolesAndForums:
    def test_a_role_on_a_course_belongs_to_user_and_course(self) -> None:
        [fact] = facts("student.courseaccessrole")

        assert (fact.kind, fact.owner, fact.scope) == ("role", "4711", COURSE)

    @pytest.mark.parametrize("course_id", ["", None])
    def test_a_role_without_course_holds_for_the_organization(self, course_id: str | None) -> None:
        [fact] = facts("student.courseaccessrole", course_id=course_id)

        assert (fact.kind, fact.owner, fact.scope) == ("role", "4711", "org:DemoX")

    @pytest.mark.parametrize("org", ["", None])
    def test_a_role_without_course_and_organization_is_kept_as_such(self, org: str | None) -> None:
        # Open edX knows site-wide rows such as `course_creator_group`; an instructor's counts in course-team.md 4.2.
        [fact] = facts("student.courseaccessrole", course_id="", org=org)

        assert (fact.kind, fact.owner, fact.scope) == ("role", "4711", "org:")

    def test_a_forum_role_says_something_of_each_of_its_users(self) -> None:
        assert facts("django_comment_common.role") == [
            Fact("role", "4711", COURSE, {"forum": "Moderator"}),
            Fact("role", "4712", COURSE, {"forum": "Moderator"}),
        ]

    def test_a_forum_role_without_users_says_nothing(self) -> None:
        assert facts("django_comment_common.role", users=[]) == []


class TestGroups:
    def test_a_cohort_is_a_learners_in_a_course(self) -> None:
        [fact] = facts("course_groups.cohortmembership")

        assert (fact.kind, fact.owner, fact.scope) == ("enrollment", "4711", COURSE)

    def test_an_experiments_group_is_a_learners_in_a_course(self) -> None:
        assert facts("user_api.usercoursetag") == [Fact("enrollment", "4711", COURSE, {"partition": "101", "group": 0})]

    @pytest.mark.parametrize(
        "other", [{"key": "notes"}, {"value": ""}, {"value": "A"}, {"value": "-1"}, {"value": "²"}], ids=str
    )
    def test_a_tag_that_names_no_group_is_skipped(self, other: Fields) -> None:
        assert facts("user_api.usercoursetag", **other) == []


class TestStates:
    @pytest.mark.parametrize(
        ("state", "position"),
        [
            ('{"position": 2}', 2),
            ('{"position": "2"}', 2),
            ('{"position": 0}', 0),
            ('{"position": 999999}', 999999),
            ('{"position": 1000000}', None),
            ('{"position": -1}', None),
            ('{"position": 2.0}', None),
            ('{"position": true}', None),
            ('{"position": null}', None),
            ('{"position": "two"}', None),
            ('{"position": "²"}', None),
            ('{"position": [2]}', None),
            ('{"done": true}', None),
        ],
    )
    def test_a_position_is_a_small_whole_number(self, state: str, position: int | None) -> None:
        [fact] = facts("courseware.studentmodule", state=state)

        assert fact.fields.get("position") == position
        assert fact.fields.get("block") == (None if position is None else "chapter@ch1")

    @pytest.mark.parametrize("state", [None, "", "{}", "null", "[]", "5"])
    def test_an_empty_state_says_only_when_it_changed(self, state: str | None) -> None:
        [fact] = facts("courseware.studentmodule", state=state)

        assert fact.fields == {"modified": "2026-03-02T09:30:15.123000+00:00"}

    @pytest.mark.parametrize("key", ["i4x://DemoX/DX101/chapter/ch1", "", "chapter", "lb:DemoX:lib:html:x"])
    def test_a_state_of_a_block_without_usage_key_says_only_when_it_changed(self, key: str) -> None:
        [fact] = facts("courseware.studentmodule", module_state_key=key)

        assert fact.fields == {"modified": "2026-03-02T09:30:15.123000+00:00"}

    @pytest.mark.parametrize(("key", "is_course"), [(COURSE_BLOCK, True), (BLOCK, False)])
    def test_the_course_blocks_own_state_is_known_as_such(self, key: str, is_course: bool) -> None:
        [fact] = facts("courseware.studentmodule", module_state_key=key)

        assert fact.fields["is_course"] is is_course


class TestDates:
    @pytest.mark.parametrize(
        ("text", "duration"),
        [
            ("00:00:00", timedelta(0)),
            ("14 01:00:00", timedelta(days=14, hours=1)),
            ("1 23:59:59.123456", timedelta(2) - timedelta(seconds=1) + timedelta(microseconds=123456)),
            # Django's way to write an hour before.
            ("-1 23:00:00", -timedelta(hours=1)),
        ],
    )
    def test_a_duration_is_read_as_django_writes_it(self, text: str, duration: timedelta) -> None:
        [fact] = facts("edx_when.datepolicy", rel_date=text)

        assert fact.fields == {"abs_date": None, "rel_date": duration // timedelta(microseconds=1)}

    def test_an_extension_names_its_user_and_its_content_date(self) -> None:
        [fact] = facts("edx_when.userdate")

        assert (fact.kind, fact.owner, fact.scope) == ("user_date", "4711", "8")

    @pytest.mark.parametrize(
        ("model", "field"),
        [
            ("waffle.flag", "name"),
            ("waffle_utils.waffleflagorgoverridemodel", "waffle_flag"),
            ("waffle_utils.waffleflagcourseoverridemodel", "waffle_flag"),
        ],
    )
    def test_of_flags_only_that_of_relative_dates_is_needed(self, model: str, field: str) -> None:
        assert facts(model, **{field: "course_experience.calendar_sync"}) == []

    def test_an_override_for_no_course_says_nothing(self) -> None:
        assert facts("waffle_utils.waffleflagcourseoverridemodel", course_id=None) == []


class TestSiteConfiguration:
    @pytest.mark.parametrize(
        ("site_values", "orgs"),
        [
            ('{"course_org_filter": "DemoX"}', ["DemoX"]),
            ('{"course_org_filter": ["DemoX", "MoreX"]}', ["DemoX", "MoreX"]),
            ({"course_org_filter": "DemoX"}, ["DemoX"]),
            ({"course_org_filter": ["DemoX"]}, ["DemoX"]),
            ({"course_org_filter": []}, None),
            ({"course_org_filter": ""}, None),
            ('{"course_org_filter": ""}', None),
            ({"course_org_filter": None}, None),
            ({"SECRET": "x"}, None),
            ({}, None),
            ("{}", None),
            ("", None),
            (None, None),
        ],
    )
    def test_the_organization_filter_is_read_from_text_and_from_an_object(
        self, site_values: Any, orgs: list[str] | None
    ) -> None:
        [fact] = facts("site_configuration.siteconfiguration", site_values=site_values)

        assert fact.fields == {"site_values": {"pk": "1", "site": 1, "enabled": True, "orgs": orgs}}

    def test_an_organization_that_cannot_be_stored_is_rejected(self) -> None:
        values = '{"course_org_filter": "\\ud800"}'

        assert reason("site_configuration.siteconfiguration", site_values=values)


class TestDurationLimits:
    def test_a_limit_with_a_course_belongs_to_the_course(self) -> None:
        [fact] = facts("course_duration_limits.coursedurationlimitconfig")

        assert (fact.kind, fact.owner) == ("course", COURSE)

    @pytest.mark.parametrize("scope", [{}, {"site": 1}, {"org": "DemoX"}, {"org_course": "DemoX+DX101"}])
    def test_any_other_limit_belongs_to_the_site(self, scope: Fields) -> None:
        [fact] = facts("course_duration_limits.coursedurationlimitconfig", course=None, **scope)

        assert (fact.kind, fact.owner) == ("site", "")
