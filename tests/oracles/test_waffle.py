"""Whom a feature flag is on for, beside what the real django-waffle says."""

from itertools import product
from types import SimpleNamespace

import pytest

# isort: off
import tests.oracles.django_lms  # noqa: F401 - sets Django up

# isort: on
from waffle.models import Flag

from lms.domain.site import WaffleFlag
from lms.domain.users import User


@pytest.mark.parametrize("everyone", [None, True, False])
def test_a_flag_is_on_for_whom_django_waffle_says(everyone: bool | None) -> None:
    for authenticated, staff, superusers, is_staff, is_superuser in product([True, False], repeat=5):
        user = SimpleNamespace(pk=1, is_authenticated=True, is_staff=is_staff, is_superuser=is_superuser)
        theirs = Flag(
            pk=1, name="a", everyone=everyone, authenticated=authenticated, staff=staff, superusers=superusers
        )
        ours = WaffleFlag(everyone, authenticated, staff, superusers)

        assert ours.is_active(User(1, "mona", staff=is_staff, superuser=is_superuser)) is bool(
            theirs.is_active(SimpleNamespace(user=user, GET={}, COOKIES={}, headers={}))
        )
