"""Settings before they are deployed: what is wrong is said in a sentence, and what is right reaches SAM as it is."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lms_lambda.deploy.parameters import (
    DeploymentError,
    check_settings,
    complete_settings,
    read_settings,
    settings_revision,
)
from lms_lambda.deploy.sam_deploy import main
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.gateway.tokens import local_key, public_jwk_set
from lms_lambda.template import read_document

GOOD = {
    "LmsRootUrl": "https://lms.example.org",
    "CmsBase": "studio.example.org",
    "CorsOriginWhitelist": "https://apps.lms.example.org",
    "JwtIssuer": "https://lms.example.org/oauth2",
    "JwtAudience": "openedx",
    "LogRetentionDays": "90",
}


SAM = ROOT / ".venv-sam/bin/python"
needs_sam = pytest.mark.skipif(not SAM.exists(), reason="needs SAM CLI: make lint installs it")


@pytest.fixture(scope="module")
def template() -> Any:
    return read_document(TEMPLATE)


@pytest.fixture
def good(environment: None) -> dict[str, str]:
    return GOOD | {"JwtPublicSigningJwkSet": public_jwk_set(local_key())}


def problems(overrides: dict[str, str], template: Any) -> list[str]:
    with pytest.raises(DeploymentError) as caught:
        check_settings(overrides, template)
    return str(caught.value).splitlines()


def test_good_settings_are_deployed(good: dict[str, str], template: Any) -> None:
    check_settings(good, template)
    check_settings(
        good | {"JwtPublicSigningJwkSet": "", "JwtSecretKey": "{{resolve:secretsmanager:lms:SecretString:key}}"},
        template,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LmsRootUrl": None}, "LmsRootUrl is missing: "),
        (
            {"LmsRootUrl": "http://lms.example.org"},
            "LmsRootUrl must be https:// and a host, without a path",
        ),
        ({"CorsOriginWhitelist": "*"}, "CorsOriginWhitelist must be origins like"),
        ({"LanguageCode": "es_419"}, "LanguageCode must be a language code like es-419."),
        ({"ReleasedLanguages": "en, es"}, "ReleasedLanguages must be language codes like es-419, commas between"),
        ({"Features": "{x}"}, "FEATURES is not JSON"),
        ({"JwtPublicSigningJwkSet": "{}"}, "JwtPublicSigningJwkSet must be a JSON Web Key Set"),
        (
            {"JwtPublicSigningJwkSet": '{"keys":[{"kty":"RSA"}]}'},
            "JWT_PUBLIC_SIGNING_JWK_SET is not a JSON Web Key Set",
        ),
        ({"JwtPublicSigningJwkSet": None}, "Neither JWT_PUBLIC_SIGNING_JWK_SET nor JWT_SECRET_KEY holds a key."),
        ({"LogRetentionDays": "31"}, "LogRetentionDays must be one of 1, 3, 5"),
        ({"ThrottlingRate": "0"}, "ThrottlingRate must be a whole number, 1 or more."),
        ({"ThrottlingRate": "many"}, "ThrottlingRate must be a whole number, 1 or more."),
        ({"JwtAudience": "a\\'b"}, "JwtAudience has quotes around it, or a backslash"),
        ({"JwtAudience": "'a'"}, "JwtAudience has quotes around it, or a backslash"),
        ({"LmsUrl": "x"}, "LmsUrl is no parameter of the template."),
        ({"SettingsRevision": "7"}, "SettingsRevision comes from the other settings; leave it out."),
        ({"Architecture": "x86_64"}, "Architecture comes from the build (make build ARCH=x86_64); leave it out."),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(
    good: dict[str, str], template: Any, changes: dict[str, str | None], message: str
) -> None:
    changed = {name: value for name, value in (good | changes).items() if value is not None}

    [problem] = problems(changed, template)

    assert problem.startswith(message)


def test_every_wrong_setting_is_named_at_once(template: Any) -> None:
    named = problems({"JwtAudience": "a b", "Nonsense": "1"}, template)

    assert {line.partition(" ")[0] for line in named} == {
        "JwtAudience",
        "Nonsense",
        "LmsRootUrl",
        "CmsBase",
        "JwtIssuer",
    }


def test_a_secret_is_never_quoted(good: dict[str, str], template: Any) -> None:
    private = json.dumps({"keys": [{"kty": "RSA", "n": "hidden", "e": "AQAB", "d": "hidden"}]})

    assert "hidden" not in " ".join(problems(good | {"JwtPublicSigningJwkSet": private}, template))


def test_any_other_setting_makes_another_revision(good: dict[str, str], template: Any) -> None:
    changes = [{}, {"JwtAudience": "other"}, {"JwtPublicSigningJwkSet": ""}, {"KmsKeyArn": "x"}, {"SnapStart": "y"}]

    assert len({settings_revision(good | change, template) for change in changes}) == len(changes)
    assert settings_revision(dict(reversed(good.items())), template) == settings_revision(good, template)


def test_what_no_function_reads_publishes_no_version(good: dict[str, str], template: Any) -> None:
    others = {"ThrottlingRate": "900", "LogRetentionDays": "7", "AlarmTopicArn": "x", "UseWaf": "true"}

    assert settings_revision(good | others, template) == settings_revision(good, template)


def test_a_parameter_that_is_left_out_gets_its_default_and_not_its_last_value(
    good: dict[str, str], template: Any
) -> None:
    assert set(complete_settings(good, template)) == set(template["Parameters"])
    assert complete_settings(good, template)["JwtSecretKey"] == ""
    assert complete_settings(good, template)["Architecture"] == "arm64"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no [prod.deploy.parameters.parameter_overrides]"),
        ("[prod.deploy.parameters]\nparameter_overrides = 'A=1 B=2'", "has no [prod"),
        ("[prod.deploy.parameters.parameter_overrides]\nA = ['1']", "every value must be a text or a number"),
        ("[prod", "cannot be read"),
        ("prod = 1", "has no [prod"),
    ],
)
def test_a_samconfig_without_settings_says_where_they_belong(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(text)

    with pytest.raises(DeploymentError, match=re.escape(message)):
        read_settings(file, "prod")


def test_a_missing_samconfig_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match=r"samconfig\.toml cannot be read"):
        read_settings(tmp_path / "samconfig.toml", "prod")


@needs_sam
def test_sam_reads_the_settings_as_they_were_written(good: dict[str, str], tmp_path: Path) -> None:
    """SAM CLI's own parser, on the file that it is given."""
    settings = good | {"Features": '{"A B": "c, d=e\'s"}', "JwtSecretKey": 'a "quoted" secret\\=1'}
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(settings))
    program = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type;"
        "print(json.dumps(Type().convert((sys.argv[1],), None, None)))"
    )

    read = subprocess.run([str(SAM), "-c", program, f"file://{file}"], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == settings


def test_the_example_in_the_manual_is_accepted_once_its_keys_are_real(good: dict[str, str], template: Any) -> None:
    manual = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    _, _, example = manual.partition("[prod.deploy.parameters.parameter_overrides]\n")
    names = [line.partition("=")[0].strip() for line in example.partition("```")[0].splitlines() if "=" in line]

    assert {"LmsRootUrl", "CmsBase", "JwtIssuer", "JwtAudience", "JwtPublicSigningJwkSet"} <= set(names)
    assert set(names) <= set(template["Parameters"])


@needs_sam
def test_sam_gets_as_far_as_aws(
    good: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real `sam deploy`, with an AWS that nobody listens for: all that it is told, it takes."""
    built = tmp_path / ".aws-sam/build/template.yaml"
    built.parent.mkdir(parents=True)
    built.write_text(TEMPLATE.read_text())
    lines = [f"{name} = '{value}'" for name, value in good.items()]
    settings = "\n".join(["", "[prod.deploy.parameters.parameter_overrides]", *lines])
    (tmp_path / "samconfig.toml").write_text((ROOT / "samconfig.toml").read_text() + settings)
    (tmp_path / ".venv-sam").symlink_to(ROOT / ".venv-sam")
    monkeypatch.setattr("lms_lambda.deploy.sam_deploy.ROOT", tmp_path)
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**unreachable, "SAM_CLI_TELEMETRY": "0"}.items():
        monkeypatch.setenv(name, value)

    code = main("prod")

    assert code == 1
    assert "Could not connect to the endpoint URL" in "".join(capfd.readouterr())
    assert [file.name for file in (tmp_path / ".aws-sam").iterdir()] == ["build"]


def test_nothing_is_deployed_before_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lms_lambda.deploy.sam_deploy.ROOT", tmp_path)

    assert main("prod") == 2
    assert capfd.readouterr().err == "Not deployed.\nNothing is built yet: make build\n"
