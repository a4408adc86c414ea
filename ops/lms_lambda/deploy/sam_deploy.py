"""Deploys what is built, once its settings are known to be good. `make deploy CONFIG=prod` runs it."""

import subprocess
import sys

import yaml

from lms_lambda.deploy.parameters import DeploymentError, check_settings, complete_settings, read_settings
from lms_lambda.dynamodb.tables import ROOT
from lms_lambda.template import TemplateError, read_document


def main(config: str, *sam_options: str) -> int:
    """Check the settings of `config` and deploy with them; `sam_options` go to `sam deploy`. The exit code."""
    built = ROOT / ".aws-sam/build/template.yaml"
    try:
        if not built.is_file():
            raise DeploymentError("Nothing is built yet: make build")
        overrides = read_settings(ROOT / "samconfig.toml", config)
        template = read_document(built)
        check_settings(overrides, template)
    except (DeploymentError, TemplateError) as error:
        print(f"Not deployed.\n{error}", file=sys.stderr)
        return 2
    # In a file that only its owner reads: arguments of a process can be seen by everybody on the machine.
    file = ROOT / f".aws-sam/settings-{config}.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(complete_settings(overrides, template)))
    try:
        return subprocess.run(  # noqa: S603 - our own command, with our own arguments
            [
                *(str(ROOT / ".venv-sam/bin/sam"), "deploy", "--template-file", str(built)),
                # By its path: SAM looks for it beside the template first.
                *("--config-file", str(ROOT / "samconfig.toml"), "--config-env", config),
                *("--parameter-overrides", f"file://{file}", *sam_options),
            ],
            cwd=ROOT,
            check=False,
        ).returncode
    finally:
        file.unlink()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
