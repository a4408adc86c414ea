"""What requests are signed with: Lambda's environment, or a container endpoint, whose credentials expire.

A tool on a laptop knows more places to look: it gives a source of its own by `use_source`.
"""

import ipaddress
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from lms import deadline
from lms.table.connections import NoAnswerError, NotSentError, exchange
from lms.table.messages import Endpoint, HttpRequest, parse_endpoint

_RENEW_BEFORE = 300.0
"""Seconds before they expire in which credentials are renewed."""
_ASK_AGAIN = 10.0
"""Seconds between two attempts to renew credentials that are still good."""
_ENDPOINT_SECONDS = 2.0
"""Seconds that the container endpoint may take."""
_PLAIN_HTTP_HOSTS = frozenset({"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
"""Hosts that are asked without TLS, besides this machine's addresses: the endpoints of ECS and EKS."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key of AWS."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    """The session token of temporary credentials."""
    expires: float | None = None
    """Seconds since the epoch; None for those that last as long as the environment."""


class CredentialsError(Exception):
    """There are no credentials now; the text says from where they could not be had."""


class NoCredentialsError(Exception):
    """Nothing says where credentials could be had, or it says nonsense: asking again would not help."""


Source = Callable[[], Credentials]

_lock = threading.Lock()
_source: Source | None = None
_current: Credentials | None = None
_asked_again = 0.0
"""When credentials that were still good could not be renewed: seconds of `time.monotonic()`."""


def use_source(source: Source | None) -> None:
    """Take credentials from `source`, which raises what `credentials` does; None: from this environment."""
    global _source, _current, _asked_again
    with _lock:
        _source, _current, _asked_again = source, None, 0.0


def credentials(now: float) -> Credentials:
    """Credentials that are good at `now`, in seconds since the epoch; renewed some minutes before they expire.

    Those of the environment's variables are read each time. Raises CredentialsError, NoCredentialsError.
    """
    global _current, _asked_again
    if _source is None and os.environ.get("AWS_ACCESS_KEY_ID"):
        return _from_variables()
    with _lock:
        lasting = _current is not None and (_current.expires is None or _current.expires > now)
        if _current is not None and lasting and not _is_due(_current, now):
            return _current
        try:
            _current = (_source or _from_container_endpoint)()
        except (CredentialsError, NoCredentialsError):
            # The old ones serve as long as they last.
            if _current is None or not lasting:
                raise
            _asked_again = time.monotonic()
        return _current


def _is_due(current: Credentials, now: float) -> bool:
    if current.expires is None or current.expires - _RENEW_BEFORE > now:
        return False
    return time.monotonic() - _asked_again > _ASK_AGAIN


def forget_credentials(refused: Credentials) -> None:
    """Ask for new ones at the next call, because DynamoDB says that these have expired."""
    global _current
    with _lock:
        if _current == refused:
            _current = None


def _from_variables() -> Credentials:
    secret_key = os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not secret_key:
        raise NoCredentialsError("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not")
    return Credentials(os.environ["AWS_ACCESS_KEY_ID"], secret_key, os.environ.get("AWS_SESSION_TOKEN") or None)


def _from_container_endpoint() -> Credentials:
    """Where SnapStart and containers have theirs: AWS_CONTAINER_CREDENTIALS_FULL_URI, with its authorization token."""
    url = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not url:
        raise NoCredentialsError("neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set")
    endpoint, target = _container_endpoint(url)
    headers = {"host": endpoint.authority, "accept": "application/json", **_authorization()}
    seconds = min(_ENDPOINT_SECONDS, deadline.seconds_left())
    try:
        answer = exchange(endpoint, HttpRequest("GET", target, headers), seconds, seconds)
    except (NotSentError, NoAnswerError) as error:
        raise CredentialsError(f"the container's credentials endpoint: {error}") from error
    if answer.status != 200:
        raise CredentialsError(f"the container's credentials endpoint answered {answer.status}")
    try:
        found = json.loads(answer.body)
        expires = datetime.fromisoformat(found["Expiration"])
        if expires.tzinfo is None:
            expires = expires.replace(tzinfo=UTC)
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token"), expires.timestamp())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CredentialsError("the container's credentials endpoint answered something else") from None


def _container_endpoint(url: str) -> tuple[Endpoint, str]:
    """The endpoint, and what is asked of it. Raises NoCredentialsError for one that is not to be trusted."""
    try:
        parts = urlsplit(url)
        endpoint = parse_endpoint(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise NoCredentialsError("AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL") from None
    if endpoint.scheme == "http" and not _is_on_this_machine(endpoint.host):
        raise NoCredentialsError("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither HTTPS nor on this machine")
    return endpoint, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


def _is_on_this_machine(host: str) -> bool:
    if host in _PLAIN_HTTP_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _authorization() -> dict[str, str]:
    if path := os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read()
        except (OSError, ValueError) as error:
            raise CredentialsError(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {type(error).__name__}") from None
        # Some write it with a line break at its end; one within is refused by whoever sends it.
        token = token.strip()
    else:
        token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    return {"authorization": token} if token else {}
