"""The caller's own page, whose visit counts as a login. (mobile-users.md 2)"""

from datetime import datetime

from lms.observation import Observation
from lms.table import users


def record_login(username: str, now: datetime, observation: Observation) -> str:
    """Note a login at `now`; the username as it is stored, or as given where there is no such user (deviations 4)."""
    user = users.record_login(username, now)
    if user is None:
        return username
    observation.identify_user(user.id)
    return user.username
