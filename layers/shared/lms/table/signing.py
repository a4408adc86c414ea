"""AWS Signature Version 4 of a request to DynamoDB: a POST to `/` with a JSON body.

The oracle is botocore's signer: tests/unit/table/test_signing.py.
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache

from lms.table.credentials import Credentials

_SERVICE = "dynamodb"
_ALGORITHM = "AWS4-HMAC-SHA256"


def sign(
    headers: Mapping[str, str], body: bytes, credentials: Credentials, region: str, timestamp: str
) -> dict[str, str]:
    """The headers to send: those given, and those that sign them and the body.

    `headers`: names in lower case, `host` among them. `timestamp`: UTC, as `20260401T120000Z`.
    """
    signed = {**headers, "x-amz-date": timestamp}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(signed)
    listed = ";".join(names)
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in names)
    canonical = f"POST\n/\n\n{lines}\n{listed}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{timestamp[:8]}/{region}/{_SERVICE}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = _signing_key(credentials.secret_key, timestamp[:8], region)
    signature = _hmac(key, f"{_ALGORITHM}\n{timestamp}\n{scope}\n{digest}").hex()
    credential = f"{credentials.access_key}/{scope}"
    signed["authorization"] = f"{_ALGORITHM} Credential={credential}, SignedHeaders={listed}, Signature={signature}"
    return signed


@lru_cache(maxsize=4)
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, _SERVICE, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
