"""GET users/{username}. (mobile-users.md 3)"""

import pytest

from tests.api import Api
from tests.world import World

pytestmark = pytest.mark.dynamodb_local

DENIED = {"detail": "You do not have permission to perform this action."}


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    world.user("mona", 4711)
    world.user("nora", name=None)
    world.load()


@pytest.mark.parametrize("version", ["v0.5", "v1", "v2", "v3", "v4"])
def test_the_answer_is_the_contracts_example_in_every_version(api: Api, version: str) -> None:
    answer = api.get(f"/api/mobile/{version}/users/mona")

    assert answer.status == 200
    assert answer.json == {
        "id": 4711,
        "username": "mona",
        "email": "mona@example.org",
        "name": "Mona Demo",
        "course_enrollments": f"https://lms.example.org/api/mobile/{version}/users/mona/course_enrollments/",
    }


def test_a_user_without_profile_has_a_null_name(api: Api) -> None:
    assert api.get("/api/mobile/v1/users/nora", caller="nora").json["name"] is None


def test_an_anonymous_request_is_401_with_djangos_challenge(api: Api) -> None:
    answer = api.get("/api/mobile/v1/users/mona", caller=None)

    assert (answer.status, answer.json) == (401, {"detail": "Authentication credentials were not provided."})
    assert answer.headers["www-authenticate"] == 'JWT realm="api"'


@pytest.mark.parametrize("name", ["nobody", "nora"])
def test_another_users_page_is_403_whether_or_not_there_is_such_a_user(api: Api, name: str) -> None:
    answer = api.get(f"/api/mobile/v1/users/{name}", caller="mona")

    assert (answer.status, answer.json) == (403, DENIED)
