"""The events of `events/`, one for each function and outcome: `python -m tests.sam_local.events` writes them.

They are what API Gateway would send, made as the local gateway makes them: at the contract's noon, for the sample site.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.gateway.proxy_event import HttpRequest, RoutedRequest, authorizer_event, proxy_event
from lms_lambda.gateway.sam_local import DYNAMODB_PORT, HOST
from lms_lambda.gateway.tokens import AUDIENCE, ISSUER, claims
from lms_lambda.template import read_template
from tests.api import NOW

FOLDER = ROOT / "events"
GARDEN = "course-v1:SampleX+GARDEN+2026"
SETTINGS = {
    "AWS_ENDPOINT_URL_DYNAMODB": f"http://{HOST}:{DYNAMODB_PORT}",
    "TABLE_NAME": "lms-lambda",
    "LMS_ROOT_URL": "https://lms.example.org",
    "CMS_BASE": "studio.example.org",
    "CORS_ORIGIN_WHITELIST": "",
    "FEATURES": "{}",
    "JWT_ISSUER": ISSUER,
    "JWT_AUDIENCE": AUDIENCE,
    "JWT_PUBLIC_SIGNING_JWK_SET": "",
    # It protects nothing: it signs the tokens of the events, and no others.
    "JWT_SECRET_KEY": "the secret of the events in this folder",
}
"""What the functions are started with for these events; events/environment.json."""


@dataclass(frozen=True)
class Example:
    """An event: the function that gets it, the request that it stands for, and what the function answers.

    `caller` is who the authorizer said is calling. `answer` is the status, or the authorizer's effect.
    """

    function: str
    resource: str
    target: str
    answer: int | str
    method: str = "GET"
    caller: str = "lena"
    body: Any = None
    token: dict[str, Any] | None = None
    """For the authorizer: claims that differ from those of a good token."""


_USER = "/api/mobile/{version}/users/{username}"
_LENA = "/api/mobile/v1/users/lena"
_STATUS = _USER + "/course_status_info/{course_id+}"
_TEAM = "/api/support/v1/manage_course_team"


def _put(role: str, caller: str = "sam", answer: int = 200) -> Example:
    operation = {"course_id": GARDEN, "role": role, "action": "assign"}
    body = {"email": "lena@example.com", "bulk_role_operations": [operation]}
    return Example("CourseTeamFunction", _TEAM, f"{_TEAM}/", answer, "PUT", caller, body)


def _visit(block: str, answer: int) -> Example:
    body = {"last_visited_module_id": f"block-v1:SampleX+GARDEN+2026+type@sequential+block@{block}"}
    return Example("CourseStatusFunction", _STATUS, f"{_LENA}/course_status_info/{GARDEN}", answer, "PATCH", body=body)


EXAMPLES = {
    "authorizer/allow": Example("AuthorizerFunction", _USER, _LENA, "Allow", token={}),
    "authorizer/deny-expired": Example("AuthorizerFunction", _USER, _LENA, "Deny", token={"exp": int(NOW.timestamp())}),
    "authorizer/deny-invalid": Example("AuthorizerFunction", _USER, _LENA, "Deny", token={"aud": "another-site"}),
    "my_user_info/302": Example(
        "MyUserInfoFunction", "/api/mobile/{version}/my_user_info", "/api/mobile/v1/my_user_info", 302
    ),
    "user_detail/200": Example("UserDetailFunction", _USER, _LENA, 200),
    "user_detail/403-another-user": Example("UserDetailFunction", _USER, _LENA, 403, caller="ivan"),
    "user_detail/404-not-loaded": Example(
        "UserDetailFunction", _USER, "/api/mobile/v1/users/nobody", 404, caller="nobody"
    ),
    "enrollments/200-v1": Example(
        "EnrollmentsFunction", f"{_USER}/course_enrollments", f"{_LENA}/course_enrollments/", 200
    ),
    "enrollments/200-v4": Example(
        "EnrollmentsFunction",
        f"{_USER}/course_enrollments",
        "/api/mobile/v4/users/lena/course_enrollments/?page_size=1",
        200,
    ),
    "enrollments_status/200": Example(
        "EnrollmentsStatusFunction", f"{_USER}/enrollments_status", f"{_LENA}/enrollments_status/", 200
    ),
    "course_status/get-200": Example("CourseStatusFunction", _STATUS, f"{_LENA}/course_status_info/{GARDEN}", 200),
    "course_status/patch-200": _visit("rain", 200),
    "course_status/patch-400-unknown-block": _visit("desert", 400),
    "course_team/get-200": Example("CourseTeamFunction", _TEAM, f"{_TEAM}/?email=ivan@example.com", 200, caller="sam"),
    "course_team/put-200": _put("staff"),
    "course_team/put-403-a-learner": _put("staff", caller="lena", answer=403),
    "csrf_token/200": Example("CsrfTokenFunction", "/csrf/api/v1/token", "/csrf/api/v1/token", 200),
}


def event_of(name: str, example: Example) -> dict[str, Any]:
    """The event of an example, as the gateway would send it."""
    template = read_template(TEMPLATE)
    route = next(
        route for route in template.routes if route.path == example.resource and route.method in (example.method, "ANY")
    )
    path = example.target.partition("?")[0].rstrip("/")
    # The variables by their place: of a route's last one the rest of the path.
    names = example.resource.split("/")
    values = path.split("/", len(names) - 1)
    variables = {key.strip("{}+"): value for key, value in zip(names, values, strict=True) if key.startswith("{")}
    headers = [("Host", "lms.example.org"), ("Accept", "application/json")]
    if example.token is not None:
        headers.append(("Authorization", f"JWT {_token(example)}"))
    if example.body is not None:
        headers.append(("Content-Type", "application/json"))
    routed = RoutedRequest(
        request=HttpRequest(
            example.method,
            example.target,
            headers,
            json.dumps(example.body).encode() if example.body is not None else b"",
        ),
        route=route,
        path_parameters=variables,
        stage=template.stage,
        request_id=name,
        extended_request_id=name,
        received=NOW,
    )
    if example.token is not None:
        return authorizer_event(routed)
    said = {
        "principalId": example.caller,
        "username": example.caller,
        "expires": str(int(NOW.timestamp()) + 3600),
        "restricted": "false",
    }
    return proxy_event(routed, None if route.authorizer is None else said, template.binary_media_types)


def _token(example: Example) -> str:
    said = claims(example.caller, now=NOW.timestamp() - 60) | {"iss": ISSUER, "aud": AUDIENCE} | (example.token or {})
    return jwt.encode(said, SETTINGS["JWT_SECRET_KEY"], algorithm="HS256")


def written() -> dict[Path, str]:
    """The text of every file of `events/`."""
    texts = {FOLDER / "environment.json": {"Parameters": SETTINGS}}
    texts |= {FOLDER / f"{name}.json": event_of(name, example) for name, example in EXAMPLES.items()}
    return {path: json.dumps(value, indent=2) + "\n" for path, value in texts.items()}


def main() -> None:
    """Write `events/` anew."""
    for path, text in written().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
