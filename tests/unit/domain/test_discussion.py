"""Whether a course's discussion is open to a learner. (mobile-users.md 7.9)"""

from lms.domain.discussion import has_discussion, is_lti_discussion
from lms.domain.site import Features
from tests.unit.builders import cases, course


@cases(
    "tab, enabled, lti, service, may_enter, expected",
    {
        "it is where everything is in place": (True, True, False, True, True, True),
        "not without a tab": (False, True, False, True, True, False),
        "not where the course switched it off": (True, False, False, True, True, False),
        "not where an LTI tool has taken its place": (True, True, True, True, True, False),
        "not where the site has no discussion service": (True, True, False, False, True, False),
        "not for somebody who may not enter the course": (True, True, False, True, False, False),
    },
)
def test_whether_a_discussion_is_open(
    tab: bool, enabled: bool, lti: bool, service: bool, may_enter: bool, expected: bool
) -> None:
    tried = course(discussion_tab=tab, discussion_enabled=enabled, discussion_lti=lti)

    assert has_discussion(tried, Features(discussion_service=service), may_enter) is expected


@cases(
    "provider, configured, expected",
    {
        "an LTI provider with its configuration": ("piazza", True, True),
        "an LTI provider without one": ("piazza", False, False),
        "a configuration left over beside the platform's forum": ("openedx", True, False),
        "one left over beside its older forum": ("legacy", True, False),
        "a provider that is not known": ("disqus", True, False),
        "no provider": (None, True, False),
    },
)
def test_an_lti_tool_takes_the_tabs_place_only_as_the_provider(
    provider: str | None, configured: bool, expected: bool
) -> None:
    assert is_lti_discussion(provider, configured) is expected
