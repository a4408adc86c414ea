"""Credentials on a laptop or in a pipeline: the AWS SDK's whole chain of profiles, SSO and containers."""

import os
import time

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lms.table.credentials import Credentials, NoCredentialsError, use_source

_LASTING = 360.0
"""Seconds for which they are taken for good, whatever they are; the SDK renews what expires by itself."""


def use_sdk_credentials() -> None:
    """Let the table's client sign with what the AWS SDK finds, and take its Region where no variable names one."""
    session = boto3.Session()
    if not os.environ.get("AWS_REGION") and session.region_name:
        os.environ["AWS_REGION"] = session.region_name

    def from_sdk() -> Credentials:
        try:
            found = session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except (BotoCoreError, ClientError, OSError) as error:
            # The SDK has tried again by itself; a session that has ended wants its user.
            raise NoCredentialsError(str(error)) from error
        if frozen is None:
            raise NoCredentialsError("the AWS SDK finds none: `aws configure`, AWS_PROFILE, …")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, time.time() + _LASTING)

    use_source(from_sdk)
