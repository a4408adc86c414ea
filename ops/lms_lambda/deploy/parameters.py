"""Reads and checks the settings of a deployment: the template parameters that samconfig.toml overrides.

The settings are the table `[prod.deploy.parameters.parameter_overrides]`. They are held against the template's own
constraints, and given to the code that will read them on Lambda: what would refuse every token there is refused here,
in a sentence.
"""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lms.settings import SettingsError, settings
from lms.web.verifier import KeysMissingError, verifier
from lms_lambda.template import function_properties

_DERIVED = {"SettingsRevision": "from the other settings", "Architecture": "from the build (make build ARCH=x86_64)"}
REVISION = "SettingsRevision"
"""The parameter that changes with the others: a published version keeps the settings that it was published with."""

_CHANGED_BY_SAM = re.compile(r"""\\[ "']|^(["']).*\1$""", re.DOTALL)


class DeploymentError(Exception):
    """The settings cannot be used; each line of the text says why."""


def read_settings(samconfig: Path, config: str) -> dict[str, str]:
    """The settings that a samconfig.toml has for a config environment such as `prod`. Raises DeploymentError."""
    place = f"[{config}.deploy.parameters.parameter_overrides]"
    try:
        document: Any = tomllib.loads(samconfig.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DeploymentError(f"{samconfig.name} cannot be read: {error}") from error
    for key in (config, "deploy", "parameters", "parameter_overrides"):
        document = document.get(key) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not document:
        raise DeploymentError(f"{samconfig.name} has no {place}: docs/deploy.md says what belongs there.")
    if any(isinstance(value, list | dict) for value in document.values()):
        raise DeploymentError(f"{samconfig.name} {place}: every value must be a text or a number.")
    return {name: str(value) for name, value in document.items()}


def check_settings(overrides: Mapping[str, str], template: Mapping[str, Any]) -> None:
    """Raises DeploymentError, with a line for each setting that is missing, unknown or wrong."""
    problems = list(_against_constraints(overrides, template["Parameters"])) or list(_against_code(overrides, template))
    if problems:
        raise DeploymentError("\n".join(problems))


def complete_settings(overrides: Mapping[str, str], template: Mapping[str, Any]) -> dict[str, str]:
    """Every parameter's value: SAM CLI would keep the last value of one that is left out, whatever its default is."""
    return {**_defaults(template), **overrides, REVISION: settings_revision(overrides, template)}


def settings_revision(overrides: Mapping[str, str], template: Mapping[str, Any]) -> str:
    """A text that is another one when any setting is that the functions' own resources name."""
    values = {**_defaults(template), **overrides}
    referenced = set(_references([template["Globals"]["Function"], function_properties(template)]))
    relevant = {name: value for name, value in values.items() if name in referenced and name != REVISION}
    return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()[:12]


def _defaults(template: Mapping[str, Any]) -> dict[str, str]:
    parameters = template["Parameters"].items()
    return {name: str(parameter["Default"]) for name, parameter in parameters if "Default" in parameter}


def _references(node: Any) -> Iterator[str]:
    """The names that `Ref` refers to, however deep."""
    if isinstance(node, dict):
        if "Ref" in node:
            yield str(node["Ref"])
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _against_constraints(overrides: Mapping[str, str], parameters: Mapping[str, Any]) -> Iterator[str]:
    for name in overrides:
        if name in _DERIVED:
            yield f"{name} comes {_DERIVED[name]}; leave it out."
        elif name not in parameters:
            yield f"{name} is no parameter of the template."
        elif _CHANGED_BY_SAM.search(overrides[name]):
            yield f"{name} has quotes around it, or a backslash before a blank or quote: SAM CLI would change it."
    for name, parameter in parameters.items():
        value = overrides.get(name)
        if value is None:
            if "Default" not in parameter:
                yield f"{name} is missing: {parameter['Description']}"
            continue
        # The value is not quoted back: one of them is a secret.
        wanted = parameter.get("ConstraintDescription", f"must match {parameter.get('AllowedPattern')}")
        if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
            yield f"{name} {wanted}"
        elif "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
            yield f"{name} must be one of {', '.join(map(str, parameter['AllowedValues']))}."
        elif parameter["Type"] == "Number" and not _is_within(value, parameter):
            yield f"{name} must be a whole number, {parameter.get('MinValue', 0)} or more."


def _is_within(value: str, parameter: Mapping[str, Any]) -> bool:
    if not value.isascii() or not value.isdigit():
        return False
    return int(parameter.get("MinValue", 0)) <= int(value) <= int(parameter.get("MaxValue", value))


def _against_code(overrides: Mapping[str, str], template: Mapping[str, Any]) -> Iterator[str]:
    """What the authorizer would say, once it runs with these settings."""
    declared = {
        **template["Globals"]["Function"]["Environment"]["Variables"],
        **template["Resources"]["AuthorizerFunction"]["Properties"]["Environment"]["Variables"],
    }
    values = {**_defaults(template), **overrides}
    environment = {
        name: values[value["Ref"]] if isinstance(value, dict) else str(value)
        for name, value in declared.items()
        if not isinstance(value, dict) or value.get("Ref") in values
    }
    with patch.dict(os.environ, environment, clear=True):
        settings.cache_clear()
        verifier.cache_clear()
        try:
            settings()
            verifier()
        except (SettingsError, KeysMissingError) as problem:
            yield str(problem)
        finally:
            settings.cache_clear()
            verifier.cache_clear()
