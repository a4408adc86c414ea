"""Signatures: whatever is signed, botocore signs it alike. (lms.table.signing)"""

from datetime import UTC, datetime
from unittest.mock import patch

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import given
from hypothesis import strategies as st

from lms.table.credentials import Credentials
from lms.table.signing import sign

printable = st.characters(min_codepoint=32, max_codepoint=126)
header_values = (st.text(printable, min_size=1, max_size=40) | st.text("a \t", min_size=1)).filter(str.strip)
header_names = st.from_regex(r"x-amz-[a-z0-9-]{1,20}", fullmatch=True).filter(
    lambda name: name not in ("x-amz-date", "x-amz-security-token")
)
key_texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=60)
tokens = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=400)
regions = st.sampled_from(["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"])
moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def signed_by_sdk(
    headers: dict[str, str], body: bytes, credentials: Credentials, region: str, moment: datetime
) -> dict[str, str]:
    """The headers as botocore sends them, names in lower case."""
    request = AWSRequest("POST", f"https://{headers['host']}/", headers=dict(headers), data=body)
    given = SdkCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    with patch.object(botocore.auth, "get_current_datetime", lambda: moment):
        botocore.auth.SigV4Auth(given, "dynamodb", region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@given(
    st.dictionaries(header_names, header_values, max_size=4),
    header_values,
    st.binary(max_size=500),
    st.builds(Credentials, st.from_regex(r"[A-Z0-9]{1,30}", fullmatch=True), key_texts, tokens),
    regions,
    moments,
)
def test_every_request_is_signed_as_botocore_does(
    extra: dict[str, str], content_type: str, body: bytes, credentials: Credentials, region: str, moment: datetime
) -> None:
    headers = {**extra, "content-type": content_type, "host": f"dynamodb.{region}.amazonaws.com"}

    signed = sign(headers, body, credentials, region, moment.strftime("%Y%m%dT%H%M%SZ"))

    assert signed == signed_by_sdk(headers, body, credentials, region, moment)


def test_a_port_is_part_of_the_host_that_is_signed() -> None:
    headers = {"host": "127.0.0.1:8000"}
    credentials, moment = Credentials("AKIA", "secret"), datetime(2026, 4, 1, 12, tzinfo=UTC)

    signed = sign(headers, b"{}", credentials, "eu-central-1", "20260401T120000Z")

    assert signed == signed_by_sdk(headers, b"{}", credentials, "eu-central-1", moment)


def test_what_is_given_is_left_alone() -> None:
    headers = {"host": "dynamodb.eu-central-1.amazonaws.com"}

    sign(headers, b"{}", Credentials("AKIA", "secret", "token"), "eu-central-1", "20260401T120000Z")

    assert headers == {"host": "dynamodb.eu-central-1.amazonaws.com"}
