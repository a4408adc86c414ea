"""Authorizer: verifies the JWT of a request and says who is calling. (contract/auth.md 2, 3; design 2)

It authenticates only. Rights are read from the table at each request, because a token is up to an hour stale.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lms.domain.tokens import TokenRefused, identify
from lms.web.credentials import presented_token
from lms.web.observe import logger
from lms.web.verifier import KeysMissing, verifier


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """The policy for a request: Allow with the caller's name, or Deny with the text for the client."""
    now = datetime.fromtimestamp(event["requestContext"]["requestTimeEpoch"] / 1000, UTC)
    try:
        checked = verifier()
        token = presented_token(event)
        identity = identify(checked.verified_claims(token), checked.issuer, checked.audience, now)
    except KeysMissing as problem:
        logger.error("every token is refused", reason=str(problem))
        return _policy("Deny", event, {"detail": "Invalid token."})
    except TokenRefused as refusal:
        return _policy("Deny", event, {"detail": str(refusal)})
    # API Gateway hands the context on as strings.
    return _policy(
        "Allow",
        event,
        {
            "username": identity.username,
            "expires": str(identity.expires),
            "restricted": "true" if identity.restricted else "false",
        },
    )


def _policy(effect: str, event: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, Any]:
    # For the whole stage, not this one route: the gateway keeps the answer and uses it for the token's other requests.
    stage = "/".join(event["methodArn"].split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{stage}/*"}
    return {
        "principalId": context.get("username", "anonymous"),
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }
