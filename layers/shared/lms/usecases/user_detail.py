"""Who the caller is. (mobile-users.md 3)"""

from lms.domain.errors import UserNotFoundError
from lms.domain.users import User
from lms.observation import Observation
from lms.table.users import get_user


def user_detail(username: str, observation: Observation) -> User:
    """The user with that name, in any letter case. Raises UserNotFoundError."""
    user = get_user(username)
    if user is None:
        raise UserNotFoundError
    observation.identify_user(user.id)
    return user
