"""What is read from template.yaml, and what is said when something that serving needs is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lms_lambda.dynamodb.tables import ROOT
from lms_lambda.template import Authorizer, Function, ResponseTemplate, Route, TemplateError, read_template
from tests.ops.small_api import TEMPLATE


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(tmp_path: Path, text: str) -> str:
    with pytest.raises(TemplateError) as caught:
        read_template(written(tmp_path, text))
    return str(caught.value).removeprefix(f"{tmp_path}/template.yaml: ")


def test_a_route_is_read_with_its_function_and_the_authorizer_that_guards_it(tmp_path: Path) -> None:
    template = read_template(written(tmp_path, TEMPLATE))

    assert template.stage == "live"
    assert template.routes == (
        Route("/items/{item}", "ANY", "EchoFunction", "Kept"),
        Route("/items/mine", "ANY", "EchoFunction", "Kept"),
        Route("/items/{item}/files/{file+}", "ANY", "EchoFunction", "Kept"),
        Route("/items/{item}/files/index", "ANY", "EchoFunction", "Kept"),
        Route("/items/readable", "GET", "EchoFunction", "Kept"),
        Route("/fresh", "ANY", "EchoFunction", "Fresh"),
        Route("/open/{name}", "ANY", "EchoFunction", None),
        Route("/answer", "ANY", "AnswerFunction", None),
    )


def test_a_function_takes_what_it_does_not_say_from_globals_and_then_from_lambda(tmp_path: Path) -> None:
    template = read_template(written(tmp_path, TEMPLATE))
    bare = read_template(written(tmp_path, TEMPLATE.replace(", Timeout: 10, MemorySize: 512", "")))

    assert template.functions["EchoFunction"] == Function("EchoFunction", "functions/echo", "app.handler", 28, 512)
    assert template.functions["AnswerFunction"] == Function(
        "AnswerFunction", "functions/answer", "app.handler", 10, 512
    )
    assert bare.functions["AnswerFunction"] == Function("AnswerFunction", "functions/answer", "app.handler", 3, 128)


@pytest.mark.parametrize(
    "reference",
    ["!GetAtt AuthorizerFunction.Arn", "!GetAtt [AuthorizerFunction, Arn]", '!Sub "${AuthorizerFunction.Arn}"'],
)
def test_an_authorizer_is_read_whatever_the_form_of_its_reference(tmp_path: Path, reference: str) -> None:
    template = read_template(written(tmp_path, TEMPLATE.replace("!GetAtt AuthorizerFunction.Arn", reference)))

    assert template.authorizers == {
        "Kept": Authorizer("Kept", "AuthorizerFunction", ("Authorization",), 300),
        "Fresh": Authorizer("Fresh", "AuthorizerFunction", (), 0),
    }
    assert template.authorizers["Kept"].identity_required
    assert not template.authorizers["Fresh"].identity_required


def test_an_authorizer_that_does_not_say_how_long_keeps_results_for_300_seconds(tmp_path: Path) -> None:
    template = read_template(written(tmp_path, TEMPLATE.replace(", ReauthorizeEvery: 300", "")))

    assert template.authorizers["Kept"].ttl == 300


def test_a_gateway_response_is_read_without_the_quotes_around_its_headers(tmp_path: Path) -> None:
    responses = read_template(written(tmp_path, TEMPLATE)).responses

    assert responses["UNAUTHORIZED"] == ResponseTemplate(
        401, {"WWW-Authenticate": 'JWT realm="api"'}, {}, '{"detail":"No token."}'
    )
    assert responses["DEFAULT_4XX"] == ResponseTemplate(None, {}, {}, '{"detail":"Bad request."}')


def test_a_gateway_responses_header_may_come_from_the_authorizer(tmp_path: Path) -> None:
    template = TEMPLATE.replace('"\'JWT realm=\\"api\\"\'"', "context.authorizer.challenge")

    response = read_template(written(tmp_path, template)).responses["UNAUTHORIZED"]

    assert (response.headers, response.from_authorizer) == ({}, {"WWW-Authenticate": "challenge"})


def test_a_media_type_is_read_with_a_slash_for_sams_tilde(tmp_path: Path) -> None:
    assert read_template(written(tmp_path, TEMPLATE)).binary_media_types == ("*/*",)


def test_the_table_is_what_create_table_takes() -> None:
    template = read_template(ROOT / "template.yaml")

    assert template.table["KeySchema"] == [
        {"AttributeName": "PK", "KeyType": "HASH"},
        {"AttributeName": "SK", "KeyType": "RANGE"},
    ]
    assert template.table.keys() == {"AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes"}
    assert template.table["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in template.table["GlobalSecondaryIndexes"]] == ["courses"]


def test_every_route_of_the_project_leads_to_the_folder_of_a_function() -> None:
    template = read_template(ROOT / "template.yaml")
    called = {route.function for route in template.routes}
    called |= {authorizer.function for authorizer in template.authorizers.values()}

    files = {ROOT / template.functions[name].code_uri / "app.py" for name in called}

    assert len(template.routes) > 0
    assert [file for file in files if not file.is_file()] == []


def test_every_short_tag_is_understood(tmp_path: Path) -> None:
    tags = 'Outputs: {A: !Sub "${Api}", B: !Join [",", [!Ref Api, x]], C: !If [x, {y: !Ref Api}, z], D: !Foo {E: f}}'

    assert read_template(written(tmp_path, f"{TEMPLATE}\n{tags}\n")).stage == "live"


def test_a_file_that_is_not_there_or_not_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"nowhere\.yaml cannot be read: .*No such file"):
        read_template(tmp_path / "nowhere.yaml")
    with pytest.raises(TemplateError, match=r"(?s)template\.yaml cannot be read: .*line 1"):
        read_template(written(tmp_path, "a: [unclosed"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("AWS::Serverless::Api", "Other", "Resources: one AWS::Serverless::Api is expected, there are 0"),
        ("AWS::DynamoDB::Table", "Other", "Resources: one AWS::DynamoDB::Table is expected, there are 0"),
        ("StageName: live", "", "Resources.Api.Properties.StageName: missing"),
        ("Handler: app.handler, ", "", "Resources.AuthorizerFunction.Properties.Handler: missing"),
        ("app.handler", "handler", "Globals.Function.Handler: module.function is expected"),
        ("CodeUri: functions/echo", "", "Resources.EchoFunction.Properties.CodeUri: missing"),
        ("Timeout: 28", "Timeout: !Ref T", "Resources.EchoFunction.Properties.Timeout: a whole number is expected"),
        (
            "Path: /fresh",
            "Path: /fresh/",
            "Resources.EchoFunction.Properties.Events.Fresh.Properties.Path: "
            "a path of literals, {variable} and {greedy+}, without a closing slash, is expected",
        ),
        (
            "{file+}",
            "{file+}/more",
            "Resources.EchoFunction.Properties.Events.Files.Properties.Path: a greedy variable must come last",
        ),
        (
            "Path: /items/mine",
            "Path: '/items/{item}'",
            "Resources.EchoFunction.Properties.Events.Mine.Properties: ANY /items/{item} is declared twice",
        ),
        (
            "{Authorizer: Fresh}",
            "{Authorizer: Stale}",
            "Resources.EchoFunction.Properties.Events.Fresh.Properties.Auth.Authorizer: there is no authorizer Stale",
        ),
        (
            "DefaultAuthorizer: Kept",
            "DefaultAuthorizer: K",
            "Api.Properties.Auth.DefaultAuthorizer: there is no authorizer K",
        ),
        ("FunctionPayloadType: REQUEST", "", "Kept.FunctionPayloadType: only REQUEST authorizers are supported"),
        ("!GetAtt AuthorizerFunction.Arn", "!Ref Nobody", "Kept.FunctionArn: there is no function Nobody"),
        (
            "ReauthorizeEvery: 0",
            "QueryStrings: [a]",
            "Identity.QueryStrings: only Headers and ReauthorizeEvery are supported",
        ),
        (
            "ReauthorizeEvery: 0",
            "ReauthorizeEvery: 9",
            "Headers are needed to keep results; without them ReauthorizeEvery must be 0",
        ),
        (
            '"\'JWT realm=\\"api\\"\'"',
            "method.request.header.X",
            "a constant in single quotes or context.authorizer.KEY is supported",
        ),
        ("KeySchema: [{AttributeName: PK, KeyType: HASH}]", "", "Resources.Table.Properties.KeySchema: missing"),
        ("Globals:", "Globals: []\nOther:", "Globals: a map is expected"),
    ],
)
def test_what_is_missing_is_named_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in TEMPLATE

    assert error_of(tmp_path, TEMPLATE.replace(old, new)).endswith(message)


def test_a_template_without_a_route_is_refused(tmp_path: Path) -> None:
    assert (
        error_of(tmp_path, TEMPLATE.replace("Type: Api", "Type: Schedule")) == "Resources: no function has an Api event"
    )
