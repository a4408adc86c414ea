"""How many examples the properties are tried on: `quick` for people, `thorough` for `make ci`.

tests/conftest.py loads `quick`; `pytest --hypothesis-profile=thorough` takes the other.
"""

from hypothesis import HealthCheck, settings

QUICK = "quick"

# Machines are noisy: that an example is slow says nothing.
settings.register_profile(
    QUICK, deadline=None, max_examples=30, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile(QUICK), max_examples=300)


def one_in(share: int) -> settings:
    """For a property of a whole server or of files: one in so many of the profile's examples.

    The test's fixtures are made once for all of them.
    """
    return settings(
        max_examples=max(1, settings().max_examples // share),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
