"""GET my_user_info. (mobile-users.md 2)"""

from datetime import UTC, datetime

import pytest

from lms.table.client import call, table_name
from lms.table.users import get_user
from tests.api import Api
from tests.contract.wire import NOT_PROVIDED, VERSIONS
from tests.world import World

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    world.user("mona", 4711, last_login="2026-03-31T08:00:00.000Z")
    world.load()


def last_login(username: str = "mona") -> datetime | None:
    user = get_user(username, consistent=True)
    assert user is not None
    return user.last_login


@pytest.mark.parametrize("version", VERSIONS)
def test_the_answer_is_a_302_to_the_callers_page_in_the_same_version(api: Api, version: str) -> None:
    answer = api.get(f"/api/mobile/{version}/my_user_info")

    assert answer.status == 302
    assert answer.headers["location"] == f"/api/mobile/{version}/users/mona"
    assert answer.body == b""


@pytest.mark.parametrize("slash", ["", "/"])
def test_both_slash_forms_are_served_and_the_query_is_not_forwarded(api: Api, slash: str) -> None:
    answer = api.get(f"/api/mobile/v1/my_user_info{slash}?next=1&org=DemoX")

    assert (answer.status, answer.headers["location"]) == (302, "/api/mobile/v1/users/mona")


@pytest.mark.parametrize(
    ("username", "in_location"),
    [
        ("m.o-n_a@home+1", "m.o-n_a@home+1"),
        ("Zoë demo", "Zo%C3%AB%20demo"),
    ],
)
def test_the_location_is_percent_encoded_and_leads_to_the_callers_page(
    world: World, api: Api, username: str, in_location: str
) -> None:
    world.user(username)
    world.load()

    answer = api.get("/api/mobile/v0.5/my_user_info", caller=username)

    assert answer.headers["location"] == f"/api/mobile/v0.5/users/{in_location}"
    page = api.get(answer.headers["location"], caller=username)
    assert (page.status, page.json["username"]) == (200, username)


def test_the_location_names_the_user_as_stored(api: Api) -> None:
    answer = api.get("/api/mobile/v1/my_user_info", caller="MONA")

    assert answer.headers["location"] == "/api/mobile/v1/users/mona"


def test_the_last_login_is_strictly_later_after_the_call(api: Api) -> None:
    before = last_login()

    api.get("/api/mobile/v1/my_user_info")

    after = last_login()
    assert before is not None
    assert after is not None
    assert after > before
    assert after == NOON


def test_each_call_moves_the_last_login(api: Api) -> None:
    api.get("/api/mobile/v1/my_user_info")
    api.clock.advance(seconds=1)

    api.get("/api/mobile/v1/my_user_info")

    assert last_login() == datetime(2026, 4, 1, 12, 0, 1, tzinfo=UTC)


def test_a_request_that_was_overtaken_does_not_move_the_last_login_back(api: Api) -> None:
    api.get("/api/mobile/v1/my_user_info")
    api.clock.advance(seconds=-1)

    answer = api.get("/api/mobile/v1/my_user_info", caller="MONA")

    assert (answer.status, answer.headers["location"]) == (302, "/api/mobile/v1/users/mona")
    assert last_login() == NOON


def test_a_first_login_is_recorded(world: World, api: Api) -> None:
    world.user("nora", last_login=None)
    world.load()

    api.get("/api/mobile/v1/my_user_info", caller="nora")

    assert last_login("nora") == NOON


def test_an_inactive_user_is_sent_on_too(world: World, api: Api) -> None:
    world.user("nora", is_active=False)
    world.load()

    answer = api.get("/api/mobile/v1/my_user_info", caller="nora")

    assert (answer.status, last_login("nora")) == (302, NOON)


def test_an_anonymous_request_is_401_and_no_login(api: Api) -> None:
    answer = api.get("/api/mobile/v1/my_user_info", caller=None)

    assert (answer.status, answer.json) == (401, NOT_PROVIDED)
    assert last_login() == datetime(2026, 3, 31, 8, tzinfo=UTC)


def test_head_is_405_and_no_login(api: Api) -> None:
    answer = api.request("HEAD", "/api/mobile/v1/my_user_info")

    assert (answer.status, answer.headers["allow"], answer.body) == (405, "GET, OPTIONS", b"")
    assert last_login() == datetime(2026, 3, 31, 8, tzinfo=UTC)


def test_post_is_405_and_no_login(api: Api) -> None:
    answer = api.send_json("POST", "/api/mobile/v1/my_user_info", {})

    assert (answer.status, answer.json) == (405, {"detail": 'Method "POST" not allowed.'})
    assert answer.headers["allow"] == "GET, OPTIONS"
    assert last_login() == datetime(2026, 3, 31, 8, tzinfo=UTC)


def test_a_user_who_is_not_loaded_yet_is_sent_to_the_tokens_name_and_nothing_is_written(api: Api) -> None:
    before = call("Scan", TableName=table_name())["Items"]

    answer = api.get("/api/mobile/v1/my_user_info", caller="Late Comer")

    assert (answer.status, answer.headers["location"]) == (302, "/api/mobile/v1/users/Late%20Comer")
    assert call("Scan", TableName=table_name())["Items"] == before
