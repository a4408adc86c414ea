"""Credentials on a laptop or in a pipeline: the AWS SDK's whole chain of profiles, SSO and containers."""

import os
import time

import boto3
from botocore.exceptions import BotoCoreError

from lms.table.credentials import Credentials, CredentialsError, use_source

_ASKED_AGAIN = 360.0
"""Seconds after which the SDK is asked again; it renews what expires by itself."""


def use_sdk_credentials() -> None:
    """Let the table's client sign with what the AWS SDK finds, and take its Region where no variable names one."""
    session = boto3.Session()
    if "AWS_REGION" not in os.environ and session.region_name:
        os.environ["AWS_REGION"] = session.region_name

    def from_sdk() -> Credentials:
        try:
            found = session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as error:
            raise CredentialsError(str(error)) from error
        if frozen is None:
            raise CredentialsError("the AWS SDK finds no credentials: `aws configure` or AWS_PROFILE")
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token, time.time() + _ASKED_AGAIN)

    use_source(from_sdk)
