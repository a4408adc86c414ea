"""The AWS SDK's chain of credentials, as the command signs with it. (lms_lambda.dynamodb.credentials)"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lms.table.credentials import NoCredentialsError, credentials, use_source
from lms_lambda.cli import main
from lms_lambda.dynamodb.credentials import use_sdk_credentials

CONFIG = """
[default]
region = eu-central-1
[profile site]
region = ap-northeast-1
[profile of-nobody]
region = eu-central-1
credential_process = /no/such/program
"""
KEYS = """
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = secret
[site]
aws_access_key_id = AKIASITE
aws_secret_access_key = other
aws_session_token = token
"""


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`laptop(AWS_PROFILE="site")`: a machine with two profiles, and these variables; no other is set."""
    tmp_path.joinpath("config").write_text(CONFIG)
    tmp_path.joinpath("credentials").write_text(KEYS)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    variables |= {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def put(**more: str) -> None:
        monkeypatch.setattr(os, "environ", variables | more)

    yield put
    use_source(None)


def test_a_profile_gives_key_and_region(laptop: Callable[..., None]) -> None:
    laptop(AWS_PROFILE="site")
    use_sdk_credentials()

    found = credentials(time.time())

    assert (found.access_key, found.secret_key, found.token) == ("AKIASITE", "other", "token")
    assert os.environ["AWS_REGION"] == "ap-northeast-1"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_variable_comes_before_the_profiles_region(laptop: Callable[..., None], variable: str) -> None:
    laptop(**{variable: "us-west-2"})
    use_sdk_credentials()

    assert os.environ["AWS_REGION"] == "us-west-2"
    assert credentials(time.time()).access_key == "AKIADEFAULT"


def test_the_sdk_is_asked_again_so_that_it_can_renew_them(
    laptop: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop()
    use_sdk_credentials()
    now = time.time()
    first = credentials(now)

    assert credentials(now + 59) is first
    assert credentials(now + 62) is not first


@pytest.mark.parametrize("profile", ["of-nobody", "default"])
def test_without_credentials_the_command_ends_with_a_sentence_at_once(
    laptop: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    tmp_path.joinpath("credentials").write_text("")
    tmp_path.joinpath("dump.json").write_text('[{"model": "auth.user", "pk": 1, "fields": {"username": "mona"}}]')
    laptop(AWS_PROFILE=profile)
    began = time.monotonic()

    with pytest.raises(SystemExit) as caught:
        main(["load", str(tmp_path / "dump.json")])

    assert caught.value.code == 2
    assert "NoCredentials: " in capsys.readouterr().err
    assert time.monotonic() - began < 5
    with pytest.raises(NoCredentialsError):
        credentials(time.time())
