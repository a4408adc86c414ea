"""The template as CloudFormation gets it: after SAM's own transformation, with the settings of a made-up site."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from samtranslator.translator.transform import transform

from lms_lambda.dynamodb.tables import TEMPLATE
from lms_lambda.template import read_document

Json = dict[str, Any]

SETTINGS = {
    "LmsRootUrl": "https://lms.example.org",
    "CmsBase": "studio.example.org",
    "JwtIssuer": "https://lms.example.org/oauth2",
    "JwtAudience": "openedx",
}


class _NoManagedPolicies:
    """In place of a list that SAM would ask AWS for: the template names no policy that it would be needed for."""

    def load(self) -> dict[str, str]:
        return {}


def transformed(change: Callable[[Json], None] | None = None, **settings: str) -> Json:
    """The transformed template, with some of the settings or some of the template changed."""
    document = read_document(TEMPLATE)
    for name, resource in document["Resources"].items():
        # As `sam package` leaves it: code is in S3, under a name that is its hash.
        for key in ("CodeUri", "ContentUri"):
            if key in resource["Properties"]:
                resource["Properties"][key] = f"s3://bucket/{name}-1"
    if change is not None:
        change(document)
    with patch.dict("os.environ", {"AWS_DEFAULT_REGION": "eu-central-1"}):
        result = transform(document, SETTINGS | settings, _NoManagedPolicies())
    # Copied, because SAM shares parts between resources.
    copied: Json = json.loads(json.dumps(result))
    return copied


@pytest.fixture(scope="session")
def template() -> Json:
    """The template as it is written."""
    document: Json = read_document(TEMPLATE)
    return document


@pytest.fixture(scope="session")
def stack() -> Json:
    """The resources of the transformed template, by name."""
    resources: Json = transformed()["Resources"]
    return resources


def of_type(stack: Json, kind: str) -> dict[str, Json]:
    """Names and properties of the resources of a type."""
    return {name: one["Properties"] for name, one in stack.items() if one["Type"] == kind}


def folder_of(template: Json, function: str) -> Path:
    """Where the code of a function is."""
    return TEMPLATE.parent / str(template["Resources"][function]["Properties"]["CodeUri"])
