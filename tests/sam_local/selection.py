"""Which of the tests over HTTP are put to `sam local`, and which of those cannot be, with the reason.

The rest of the contract's tests vary rules of the domain: they would say nothing more of the build or of SAM. The list
is kept by hand on purpose: a container takes seconds to start, so a file comes in where it shows something of its own.
That every function starts in its container is shown by the events of test_events.py.
"""

from fnmatch import fnmatch

import pytest

FILES = (
    "tests/sam_local/test_differences.py",
    "tests/sam_local/test_events.py",
    "tests/contract/test_common_rules.py",
    "tests/contract/test_course_status.py",
    "tests/contract/test_dashboard.py",
    "tests/contract/test_demo_course.py",
    "tests/contract/test_enrollments_status.py",
    "tests/contract/test_my_user_info.py",
    "tests/contract/test_user_detail.py",
    "tests/team/test_course_team_get.py",
    "tests/team/test_course_team_put.py",
)

LEFT_OUT = {
    "SAM reads no GatewayResponses: what the gateway itself refuses has SAM's own words": (
        "test_a_header_that_does_not_authenticate_is_401_with_its_own_text*",
        "test_a_path_that_is_only_similar_is_404*",
        "test_a_path_that_there_is_not_is_a_404_in_json_with_and_without_token*",
        "test_a_request_without_credentials_is_401_with_the_challenge*",
        "test_a_token_that_is_no_good_is_401_with_its_own_text*",
        "test_an_anonymous_options_is_401*",
        "test_an_anonymous_post_is_401*",
        "test_an_anonymous_put_is_401_with_djangos_challenge",
        "test_an_anonymous_request_is_401*",
        "test_an_anonymous_request_is_401_with_djangos_challenge",
        "test_others_are_refused[None-401]",
        "test_the_media_type_is_not_looked_at_before_the_token",
    ),
    "SAM's clock stands still": (
        "test_a_course_becomes_archived_as_time_passes",
        "test_a_token_is_refused_from_the_second_of_its_expiry_though_it_was_taken_before",
        "test_each_call_moves_the_last_login",
        "test_the_worked_table_is_followed_step_by_step",
    ),
    "a container keeps the settings that it was started with": (
        "test_the_course_url_names_studios_host_and_port",
        "test_without_any_key_every_token_is_refused",
    ),
}
"""By reason, patterns of test names."""


def can_be_put_to_sam(test: pytest.Item) -> bool:
    """Whether a test runs with `--sam-local`."""
    # FEATURES are such settings too.
    if test.nodeid.partition("::")[0] not in FILES or "features" in getattr(test, "fixturenames", ()):
        return False
    patterns = [pattern.replace("[", "[[]") for patterns in LEFT_OUT.values() for pattern in patterns]
    return not any(fnmatch(test.name, pattern) for pattern in patterns)
