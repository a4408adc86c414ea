"""Where `sam local` is not API Gateway: each difference that docs/local-lambda.md names, as SAM CLI shows it today.

What the contract says of the same requests is tested on the local gateway, which reads the GatewayResponses.
When one of these fails after an update of SAM CLI, SAM has come nearer: select the contract's tests for it instead.
"""

import gzip

import pytest

from tests.api import NOW, Api
from tests.contract.wire import enrollments_path
from tests.world import COURSE_A, World

pytestmark = pytest.mark.integration

DETAIL = "/api/mobile/v1/users/mona"
TEAM = "/api/support/v1/manage_course_team/?username=mona"


@pytest.fixture(autouse=True)
def only_in_sam_local(request: pytest.FixtureRequest, world: World) -> None:
    assert request.config.getoption("--sam-local"), "these tests are `make test-sam-local`'s"
    world.user("mona", 4711)
    world.user("boss", is_staff=True)
    world.course()
    world.load()


@pytest.mark.parametrize("path", ["/", "/login", "/api/mobile/v1/users/mona/nothing"])
@pytest.mark.parametrize("caller", ["mona", None])
def test_an_unknown_path_is_403_in_sams_own_words(api: Api, path: str, caller: str | None) -> None:
    answer = api.get(path, caller=caller)

    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(
    "header", ["JWT abc", "Basic bW9uYTpwdw==", "JWT a b"], ids=["no token", "another scheme", "two words"]
)
def test_a_refusal_of_the_authorizer_is_403_without_its_text(api: Api, header: str) -> None:
    answer = api.get(DETAIL, caller=None, Authorization=header)

    assert (answer.status, answer.json) == (403, {"message": "User is not authorized to access this resource"})
    assert "www-authenticate" not in answer.headers


def test_an_expired_token_is_refused_like_any_other(api: Api) -> None:
    token = api.token(exp=int(NOW.timestamp()))

    answer = api.get(DETAIL, caller=None, Authorization=f"JWT {token}")

    assert (answer.status, answer.json) == (403, {"message": "User is not authorized to access this resource"})


def test_a_request_without_the_header_is_401_in_sams_own_words(api: Api) -> None:
    answer = api.get(DETAIL, caller=None)

    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert "www-authenticate" not in answer.headers


def test_a_preflight_is_guarded_like_the_other_methods_of_its_path(api: Api) -> None:
    answer = api.request("OPTIONS", TEAM, caller=None, headers={"Origin": "https://apps.example.org"})

    assert (answer.status, answer.json) == (403, {"message": "User is not authorized to access this resource"})


def test_the_clock_stands_still_and_every_request_has_the_same_id(api: Api) -> None:
    api.clock.advance(hours=2)
    from_then = api.token()
    api.clock.reset()

    # A token of a later time comes from the future of a clock that does not go on.
    assert api.get(DETAIL, caller=None, Authorization=f"JWT {from_then}").status == 403
    assert api.get(DETAIL).status == 200


def test_role_changes_are_carried_out_though_the_requests_share_an_id(api: Api) -> None:
    for role in ("staff", "instructor"):
        change = {"course_id": COURSE_A, "role": role, "action": "assign"}
        body = {"email": "mona@example.org", "bulk_role_operations": [change]}
        assert api.send_json("PUT", "/api/support/v1/manage_course_team/", body, "boss").json["results"] == [
            change | {"status": "success"}
        ]
        assert [one["role"] for one in api.get(TEAM, "boss").json] == [role]


def test_a_percent_encoded_slash_ends_a_segment(api: Api) -> None:
    assert api.get("/api/mobile/v1/users/mo%2Fna").json == {"message": "Missing Authentication Token"}


def test_a_compressed_answer_is_decoded_only_for_an_accept_header(world: World, api: Api) -> None:
    for number in range(20):
        world.enroll("mona", world.course(f"course-v1:DemoX+C{number}+R"))
    world.load()

    with pytest.raises(gzip.BadGzipFile):
        api.get(enrollments_path(), Accept_Encoding="gzip")
    assert len(api.get(enrollments_path(), Accept_Encoding="gzip", Accept="application/json").json) == 20
