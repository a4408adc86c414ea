"""Authorizer: verifies the JWT of a request and says who is calling. (auth.md 2, 3, 7)

It authenticates only. Rights are read from the table at each request, because a token is up to an hour stale.
"""

import time
from collections.abc import Mapping
from typing import Any

from lms.domain.errors import AuthenticationError
from lms.domain.tokens import INVALID, NOT_PROVIDED, Identity, identify
from lms.settings import SettingsError, settings
from lms.web.credentials import is_support, read_credential
from lms.web.request import Request
from lms.web.verifier import KeysMissingError, verifier


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The policy for a request: Allow with the caller's name, or Deny with the text for the client."""
    started = time.perf_counter()
    request = Request(event, context, observed_as="authorizer")
    effect, answer = _decide(request)
    request.observation.end(200 if effect == "Allow" else 401, (time.perf_counter() - started) * 1000)
    return _policy(effect, event, answer)


def _decide(request: Request) -> tuple[str, dict[str, str]]:
    """Allow or Deny, and what the function or the gateway's answer is told: strings, as API Gateway hands them on."""
    try:
        settings()
        identity = _identity(request)
    except (KeysMissingError, SettingsError) as problem:
        request.observation.error("every token is refused", reason=str(problem))
        return "Deny", {"detail": INVALID}
    except AuthenticationError as refusal:
        return "Deny", {"detail": str(refusal), **_opened_to(request)}
    return "Allow", {
        "username": identity.username,
        "expires": str(identity.expires),
        "restricted": "true" if identity.restricted else "false",
    }


def _opened_to(request: Request) -> dict[str, str]:
    """The origin that may read a refusal: on the support API alone, because the gateway keeps the mobile API's refusals
    by the header `Authorization`, and the next caller who sends the same is of another origin, or of none.
    """
    return {"allowed_origin": request.allowed_origin} if is_support(request) and request.allowed_origin else {}


def _identity(request: Request) -> Identity:
    checked = verifier()
    credential = read_credential(request)
    try:
        claims = checked.verified_claims(credential.token)
        return identify(claims, checked.issuer, checked.audience, request.now)
    except AuthenticationError:
        if credential.is_final:
            raise
        raise AuthenticationError(NOT_PROVIDED) from None


def _policy(effect: str, event: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, Any]:
    # For the whole stage, not this one route: the gateway keeps the answer and uses it for the token's other requests.
    stage = "/".join(event["methodArn"].split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{stage}/*"}
    return {
        "principalId": context.get("username", "anonymous"),
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }
