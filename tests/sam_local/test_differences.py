"""Where `sam local` is not API Gateway: each difference that docs/local-lambda.md names, as SAM CLI shows it today.

What the contract says of the same requests is tested on the local gateway, which reads the GatewayResponses.
When one of these fails after an update of SAM CLI, SAM has come nearer: select the contract's tests for it instead.
"""

import gzip
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from lms_lambda.gateway.sam_local import SamLocal
from tests.api import NOW, Api
from tests.contract.wire import enrollments_path
from tests.world import COURSE_A, World

pytestmark = pytest.mark.integration("sam-local")

DETAIL = "/api/mobile/v1/users/mona"
TEAM = "/api/support/v1/manage_course_team/?username=mona"


@pytest.fixture(autouse=True)
def site(world: World) -> None:
    world.user("mona", 4711)
    world.user("boss", is_staff=True)
    world.course()
    world.load()


def sams_own(server: SamLocal, path: str, method: str = "GET", **headers: str) -> tuple[int, str, bytes]:
    """Status, challenge and body of an answer that SAM itself makes, which the apps' decoders would refuse."""
    request = Request(f"{server.url}{path}", method=method, headers=headers)  # noqa: S310 - http, our own server
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=60)  # noqa: S310
    with caught.value as answer:
        return answer.status or 0, answer.headers.get("WWW-Authenticate", ""), answer.read()


# SAM's bodies end with a line feed: the iOS app, which looks for a closing brace, would not even read them.
UNKNOWN = (403, "", b'{"message":"Missing Authentication Token"}\n')
REFUSED = (403, "", b'{"message":"User is not authorized to access this resource"}\n')
ANONYMOUS = (401, "", b'{"message":"Unauthorized"}\n')


@pytest.mark.parametrize("path", ["/", "/login", "/api/mobile/v1/users/mona/nothing"])
def test_an_unknown_path_is_403_in_sams_own_words(server: SamLocal, api: Api, path: str) -> None:
    assert sams_own(server, path) == UNKNOWN
    assert sams_own(server, path, Authorization=f"JWT {api.token()}") == UNKNOWN


@pytest.mark.parametrize(
    "header", ["JWT abc", "Basic bW9uYTpwdw==", "JWT a b"], ids=["no token", "another scheme", "two words"]
)
def test_a_refusal_of_the_authorizer_is_403_without_its_text(server: SamLocal, header: str) -> None:
    assert sams_own(server, DETAIL, Authorization=header) == REFUSED


def test_an_expired_token_is_refused_like_any_other(server: SamLocal, api: Api) -> None:
    assert sams_own(server, DETAIL, Authorization=f"JWT {api.token(exp=int(NOW.timestamp()))}") == REFUSED


def test_a_request_without_the_header_is_401_in_sams_own_words(server: SamLocal) -> None:
    assert sams_own(server, DETAIL) == ANONYMOUS


def test_a_preflight_is_guarded_like_the_other_methods_of_its_path(server: SamLocal) -> None:
    assert sams_own(server, TEAM, "OPTIONS", Origin="https://apps.example.org") == REFUSED


def test_the_clock_stands_still(server: SamLocal, api: Api) -> None:
    api.clock.advance(hours=2)
    of_later = api.token()
    api.clock.reset()

    # It comes from the future of a clock that does not go on.
    assert sams_own(server, DETAIL, Authorization=f"JWT {of_later}") == REFUSED
    assert api.get(DETAIL).status == 200


def test_role_changes_are_carried_out_though_the_requests_share_an_id(api: Api) -> None:
    for role in ("staff", "instructor"):
        change = {"course_id": COURSE_A, "role": role, "action": "assign"}
        body = {"email": "mona@example.org", "bulk_role_operations": [change]}
        assert api.send_json("PUT", "/api/support/v1/manage_course_team/", body, "boss").json["results"] == [
            change | {"status": "success"}
        ]
        assert [one["role"] for one in api.get(TEAM, "boss").json] == [role]


def test_a_percent_encoded_slash_ends_a_segment(server: SamLocal, api: Api) -> None:
    assert sams_own(server, "/api/mobile/v1/users/mo%2Fna", Authorization=f"JWT {api.token()}") == UNKNOWN


def test_a_compressed_answer_is_decoded_only_for_an_accept_header(world: World, api: Api) -> None:
    for number in range(20):
        world.enroll("mona", world.course(f"course-v1:DemoX+C{number}+R"))
    world.load()

    with pytest.raises(gzip.BadGzipFile):
        api.get(enrollments_path(), Accept_Encoding="gzip")
    assert len(api.get(enrollments_path(), Accept_Encoding="gzip", Accept="application/json").json) == 20
