"""What CloudFormation is given: roles, routes, logs, versions, alarms, answers of the gateway's own."""

import json
import re
from typing import Any

import pytest

from lms.domain.tokens import NOT_PROVIDED
from lms.web.credentials import SUPPORT_API
from lms.web.errors import not_found, permission_denied, server_error, unauthorized
from lms_lambda.dynamodb.tables import TEMPLATE
from lms_lambda.gateway.tokens import local_key, public_jwk_set
from lms_lambda.template import read_template
from tests.infrastructure.calls import INDEX, TABLE, Use, uses_of
from tests.infrastructure.conftest import SETTINGS, Json, folder_of, of_type, transformed

FOLDERS = {
    f"{app.parent.name.title().replace('_', '')}Function": f"functions/{app.parent.name}"
    for app in sorted(TEMPLATE.parent.glob("functions/*/app.py"))
}
"""Where the code of each function is, by what template.yaml calls the function."""
FUNCTIONS = list(FOLDERS)
XRAY = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
OPEN_ROUTES = {("/csrf/api/v1/token", "ANY"), ("/api/support/v1/manage_course_team", "OPTIONS")}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: Json) -> list[Json]:
    """What a role's own policies say, an option being taken for chosen."""
    found = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in found]


def role_of(stack: Json, function: str) -> Json:
    """The properties of the function's own role."""
    return own(stack, function, "Role", "Role", {"Fn::GetAtt": [function.replace("Function", "Role"), "Arn"]})


def log_group_of(stack: Json, function: str) -> Json:
    """The properties of the function's own log group."""
    group = {"LogFormat": "JSON", "LogGroup": {"Ref": function.replace("Function", "Logs")}}
    return own(stack, function, "Logs", "LoggingConfig", group)


def own(stack: Json, function: str, kind: str, key: str, reference: Json) -> Json:
    """The properties of a resource that has the function's name with another end, and that the function refers to."""
    name = function.replace("Function", kind)
    if name not in stack or stack[function]["Properties"][key] != reference:
        pytest.fail(
            f"template.yaml: declare {name} as of the others, and name it in {key} of {function}", pytrace=False
        )
    properties: Json = stack[name]["Properties"]
    return properties


@pytest.fixture(autouse=True)
def _all_declared(request: pytest.FixtureRequest, stack: Json) -> None:
    if missing(stack) and request.function is not test_these_are_all_the_functions:
        pytest.skip("test_these_are_all_the_functions says what is missing")


def missing(stack: Json) -> list[str]:
    """The functions that template.yaml does not declare."""
    return [function for function in FUNCTIONS if function not in stack]


# --- Rights -----------------------------------------------------------------------------------------------------------


def test_these_are_all_the_functions(stack: Json) -> None:
    for function in missing(stack):
        role, logs = (function.replace("Function", end) for end in ("Role", "Logs"))
        declared = f"{function}, with `CodeUri: {FOLDERS[function]}` and an event of type Api, {role} and {logs}"
        pytest.fail(f"template.yaml: declare {declared}; and its metric in FunctionThrottlesAlarm", pytrace=False)
    found = set(of_type(stack, "AWS::Lambda::Function"))

    assert found == set(FUNCTIONS), "a function's code is in functions/<name>/app.py, its name here in camel case"


def test_every_function_has_a_role_of_its_own(stack: Json) -> None:
    for role in [role_of(stack, function) for function in FUNCTIONS]:
        trusted = role["AssumeRolePolicyDocument"]["Statement"]
        assert [one["Principal"] for one in trusted] == [{"Service": "lambda.amazonaws.com"}]
        assert role["ManagedPolicyArns"] == [{"Ref": "FunctionPolicy"}]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_nothing_on_everything(stack: Json, function: str) -> None:
    for statement in statements(role_of(stack, function)):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            assert isinstance(resource, dict), resource
            assert "*" not in json.dumps(resource)
        assert not [action for action in listed(statement["Action"]) if "*" in action]


def test_only_traces_are_allowed_everywhere_because_x_ray_knows_no_resources(stack: Json) -> None:
    policy = stack["FunctionPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    everywhere = [one for one in policy if one.get("Resource") == "*"]
    assert [set(one["Action"]) for one in everywhere] == [XRAY]
    others = [one["Fn::If"][1] for one in policy if one not in everywhere]
    assert [one["Resource"] for one in others] == [{"Ref": "KmsKeyArn"}]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_exactly_the_calls_that_the_code_makes(stack: Json, template: Json, function: str) -> None:
    allowed = set()
    where = f"in the role of {function} in template.yaml"
    for statement in statements(role_of(stack, function)):
        for action in listed(statement["Action"]):
            if action.startswith("dynamodb:"):
                on = {json.dumps({"Fn::GetAtt": ["Table", "Arn"]}): TABLE}.get(json.dumps(statement["Resource"]), INDEX)
                assert on == TABLE or statement["Resource"] == {"Fn::Sub": "${Table.Arn}/index/courses"}
                condition = statement.get("Condition", {})
                partitions = condition.get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
                whole = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}}
                assert condition == whole, f"give {action} a Condition as the others have, {where}: on which partitions"
                allowed |= {Use(action, on, partition) for partition in partitions}

    made = set(uses_of(folder_of(template, function) / "app.py"))
    assert made <= allowed, f"allow {sorted(made - allowed)} {where}: the code calls it"
    assert allowed <= made, f"take {sorted(allowed - made)} out, {where}: the code does not call it"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_beside_the_table_a_role_writes_its_own_log_and_nothing_else(stack: Json, function: str) -> None:
    others = [one for one in statements(role_of(stack, function)) if "dynamodb" not in str(one)]

    logs = function.replace("Function", "Logs")
    assert [(set(one["Action"]), one["Resource"]) for one in others] == [
        ({"logs:CreateLogStream", "logs:PutLogEvents"}, {"Fn::GetAtt": [logs, "Arn"]})
    ], f"the role of {function} in template.yaml writes {logs}.Arn"


def test_the_gateway_may_call_its_own_functions_only_and_only_as_their_alias(stack: Json) -> None:
    permissions = of_type(stack, "AWS::Lambda::Permission")

    assert permissions
    for permission in permissions.values():
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert permission["FunctionName"]["Ref"].endswith("Aliaslive")
        assert permission["SourceArn"]["Fn::Sub"][1]["__ApiId__"] == {"Ref": "Api"}


# --- Routes -----------------------------------------------------------------------------------------------------------


def routes(stack: Json) -> dict[tuple[str, str], Json]:
    """What the API declares, by path and method; ANY for every method."""
    paths = stack["Api"]["Properties"]["Body"]["paths"]
    names = {"x-amazon-apigateway-any-method": "ANY"}
    return {
        (path, names.get(method, method.upper())): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def test_every_route_has_an_authorizer_except_the_csrf_token_and_preflights(stack: Json) -> None:
    unguarded = {
        route for route, operation in routes(stack).items() if operation.get("security") in (None, [], [{"NONE": []}])
    }

    assert unguarded == OPEN_ROUTES


def test_every_function_has_a_route_but_for_the_authorizer(stack: Json) -> None:
    integrations = json.dumps([operation["x-amazon-apigateway-integration"] for operation in routes(stack).values()])

    without = [function for function in FUNCTIONS if f"${{{function}" not in integrations]
    assert without == ["AuthorizerFunction"], "template.yaml: an endpoint has an event of type Api under Events"


def test_the_support_api_has_the_authorizer_that_looks_at_cookies(stack: Json) -> None:
    for (path, method), operation in routes(stack).items():
        if (path, method) not in OPEN_ROUTES:
            expected = "SupportJwt" if path.startswith(SUPPORT_API) else "MobileJwt"
            assert operation["security"] == [{expected: []}], f"template.yaml: {path} needs the authorizer {expected}"


def test_what_is_kept_is_kept_by_the_header_alone(stack: Json) -> None:
    schemes = stack["Api"]["Properties"]["Body"]["securityDefinitions"]
    kept = {name: scheme["x-amazon-apigateway-authorizer"] for name, scheme in schemes.items()}

    assert kept["MobileJwt"]["identitySource"] == "method.request.header.Authorization"
    assert kept["MobileJwt"]["authorizerResultTtlInSeconds"] == 300
    assert kept["SupportJwt"]["authorizerResultTtlInSeconds"] == 0
    assert {authorizer["type"] for authorizer in kept.values()} == {"request"}


def test_there_is_one_stage_and_all_that_watches_the_api_watches_that_one(stack: Json) -> None:
    """SAM makes a stage "Stage" beside it unless it is told the version of OpenAPI."""
    assert [one["StageName"] for one in of_type(stack, "AWS::ApiGateway::Stage").values()] == ["live"]
    assert [one for one in of_type(stack, "AWS::ApiGateway::Deployment").values() if "StageName" in one] == []


def test_a_domain_of_its_own_changes_the_stage_so_that_the_other_address_is_switched_off(stack: Json) -> None:
    assert "HasDomain" in json.dumps(stack["ApiliveStage"]["Properties"])
    assert '"disableExecuteApiEndpoint": {"Fn::If": ["HasDomain", true, false]}' in json.dumps(stack["Api"])


def test_no_route_ends_in_a_slash_because_the_gateway_serves_both_forms(stack: Json) -> None:
    assert not [path for path, _ in routes(stack) if path.endswith("/")]


def test_routes_and_authorizers_call_the_alias(stack: Json) -> None:
    body = stack["Api"]["Properties"]["Body"]
    integrations = [operation["x-amazon-apigateway-integration"]["uri"] for operation in routes(stack).values()]
    authorizers = [
        scheme["x-amazon-apigateway-authorizer"]["authorizerUri"] for scheme in body["securityDefinitions"].values()
    ]

    for uri in integrations:
        assert re.search(r"\$\{\w+Function\.Alias\}|\$\{\w+Aliaslive\}", json.dumps(uri)), uri
    for uri in authorizers:
        assert "AuthorizerFunctionAliaslive" in json.dumps(uri)


# --- Answers of the gateway's own -------------------------------------------------------------------------------------


def test_every_gateway_response_is_an_object_with_a_text_in_detail(stack: Json) -> None:
    responses = stack["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(responses)
    for name, response in responses.items():
        assert set(response["responseTemplates"]) == {"application/json"}, name
        body = json.loads(response["responseTemplates"]["application/json"])
        assert list(body) == ["detail"], name
        assert isinstance(body["detail"], str), name
        assert body["detail"], name


def test_the_gateways_own_answers_have_the_words_of_the_functions_errors() -> None:
    # Their bodies stand in template.yaml, beside the errors of lms/web/errors.py, because the gateway runs no code.
    same = {
        "UNAUTHORIZED": unauthorized(NOT_PROVIDED),
        **dict.fromkeys(["MISSING_AUTHENTICATION_TOKEN", "INVALID_SIGNATURE", "RESOURCE_NOT_FOUND"], not_found()),
        "WAF_FILTERED": permission_denied(),
        "DEFAULT_5XX": server_error(),
    }
    responses = read_template(TEMPLATE).responses

    assert {name: json.loads(responses[name].body or "") for name in same} == {
        name: error.body for name, error in same.items()
    }


def test_no_gateway_response_may_be_taken_for_anything_but_json(stack: Json) -> None:
    responses = stack["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    for name, response in responses.items():
        assert response["responseParameters"]["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'", name


def test_a_401_names_the_challenge(stack: Json) -> None:
    responses = stack["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    refusals = {name: one for name, one in responses.items() if str(one.get("statusCode")) == "401"}
    assert set(refusals) == {"UNAUTHORIZED", "ACCESS_DENIED"}
    for response in refusals.values():
        challenge = unauthorized("").headers["WWW-Authenticate"]
        assert response["responseParameters"]["gatewayresponse.header.WWW-Authenticate"] == f"'{challenge}'"


# --- Logs and traces --------------------------------------------------------------------------------------------------


def test_every_log_group_forgets(stack: Json) -> None:
    groups = of_type(stack, "AWS::Logs::LogGroup")

    assert len(groups) == len(FUNCTIONS) + 1
    assert {json.dumps(group["RetentionInDays"]) for group in groups.values()} == {'{"Ref": "LogRetentionDays"}'}
    assert len({json.dumps(group["LogGroupName"]) for group in groups.values()}) == len(groups)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_log_group_of_its_own_and_is_traced(stack: Json, function: str) -> None:
    group, properties = log_group_of(stack, function), stack[function]["Properties"]

    folder = FOLDERS[function].removeprefix("functions/")
    assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{folder}"}
    assert properties["TracingConfig"] == {"Mode": "Active"}


def test_the_access_log_is_json_and_holds_nothing_that_a_client_said(stack: Json) -> None:
    stage = stack["ApiliveStage"]["Properties"]
    line = stage["AccessLogSetting"]["Format"]

    variables = set(re.findall(r"\$context\.[\w.]+", line))
    assert len(json.loads(line)) == len(variables)
    assert len(line) < 3000
    told = ("path", "domain", "principal", "user", "claims", "detail", "header", "query", "requestOverride")
    assert [name for name in variables if any(word in name.lower() for word in told)] == ["$context.resourcePath"]
    # A trace would hold the URL with its query, for 30 days: the operator must ask for it.
    assert stage["TracingEnabled"] == {"Fn::If": ["TracesApi", True, False]}
    [every] = stage["MethodSettings"]
    assert (every["DataTraceEnabled"], every["LoggingLevel"], every["MetricsEnabled"]) == (False, "OFF", True)
    assert (every["ThrottlingRateLimit"], every["ThrottlingBurstLimit"]) == (
        {"Ref": "ThrottlingRate"},
        {"Ref": "ThrottlingBurst"},
    )


# --- Versions ---------------------------------------------------------------------------------------------------------


def versions(resources: Json) -> set[str]:
    return set(of_type(resources, "AWS::Lambda::Version"))


def test_every_function_is_deployed_bit_by_bit_and_taken_back_by_alarms(stack: Json) -> None:
    groups = of_type(stack, "AWS::CodeDeploy::DeploymentGroup")

    assert len(groups) == len(versions(stack)) == len(FUNCTIONS)
    for group in groups.values():
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        # All at once is for mending what an alarm sounds for.
        condition, without, chosen = group["AlarmConfiguration"]["Fn::If"]
        assert (condition, without) == ("IsAllAtOnce", {})
        watched = [alarm["Name"]["Ref"] for alarm in chosen["Alarms"]]
        assert watched == [
            *("ServerErrorsAlarm", "LatencyAlarm", "FunctionThrottlesAlarm", "AuthorizerAlarm"),
            "UnsavedOperationsAlarm",
        ]
        assert all(stack[name]["Type"] == "AWS::CloudWatch::Alarm" for name in watched)


def test_new_code_in_the_layer_makes_a_new_version_of_every_function(stack: Json) -> None:
    def change(document: Json) -> None:
        document["Resources"]["SharedLayer"]["Properties"]["ContentUri"] = "s3://bucket/SharedLayer-2"

    assert not versions(transformed(change)["Resources"]) & versions(stack)


def test_new_code_of_a_function_makes_a_new_version_of_that_one(stack: Json) -> None:
    def change(document: Json) -> None:
        document["Resources"]["EnrollmentsFunction"]["Properties"]["CodeUri"] = "s3://bucket/EnrollmentsFunction-2"

    renewed = versions(transformed(change)["Resources"]) - versions(stack)

    assert [name.partition("Version")[0] for name in renewed] == ["EnrollmentsFunction"]


def test_other_settings_make_a_new_version_of_every_function(stack: Json) -> None:
    """SAM does not see a parameter's new value, and a version keeps its environment: what it sees is its description.

    CloudFormation replaces a version whose description changes; Lambda makes one only of a function that changed too.
    """
    for name, version in of_type(stack, "AWS::Lambda::Version").items():
        function = name.partition("Version")[0]
        needed = {"Ref": "SettingsRevision"}
        assert version.get("Description") == needed, (
            f"template.yaml: {function} needs `VersionDescription`, as others have"
        )
    for function in FUNCTIONS:
        environment = stack[function]["Properties"]["Environment"]["Variables"]
        assert environment["SETTINGS_REVISION"] == {"Ref": "SettingsRevision"}


def test_the_same_sources_make_the_same_template(stack: Json) -> None:
    assert transformed()["Resources"] == stack


# --- The table --------------------------------------------------------------------------------------------------------


def test_the_table_outlives_mistakes(stack: Json) -> None:
    table = stack["Table"]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"


# --- Alarms -----------------------------------------------------------------------------------------------------------


def test_an_alarm_names_the_part_of_the_manual_that_says_what_to_do(stack: Json) -> None:
    headings = set(re.findall(r"(?m)^#+ (.+)$", (TEMPLATE.parent / "docs/operations.md").read_text()))
    alarms = of_type(stack, "AWS::CloudWatch::Alarm")

    assert alarms
    for name, alarm in alarms.items():
        [section] = re.findall(r'docs/operations\.md, "(.+)"', alarm["AlarmDescription"])
        assert section in headings, name
        assert alarm["TreatMissingData"] == "notBreaching"


def test_the_throttles_alarm_watches_every_function(stack: Json) -> None:
    metrics = stack["FunctionThrottlesAlarm"]["Properties"]["Metrics"][1:]

    watched = [one["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"] for one in metrics]
    assert not set(FUNCTIONS) - set(watched), "add the function's metric to FunctionThrottlesAlarm of template.yaml"
    assert len(watched) == len(FUNCTIONS)


def test_the_dashboard_is_json(stack: Json) -> None:
    body = stack["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]

    widgets = json.loads(body)["widgets"]
    assert len({widget["properties"]["title"] for widget in widgets}) == len(widgets) == 8
    # A namespace with other characters than letters and digits must be quoted in a search.
    searches = re.findall(r"SEARCH\('\{(.+?)[,}]M?", json.dumps(widgets).replace('\\"', '"'))
    assert searches


# --- Parameters -------------------------------------------------------------------------------------------------------


def test_every_parameter_is_typed_explained_bounded_and_used(template: Json) -> None:
    rest = json.dumps({key: value for key, value in template.items() if key not in ("Parameters", "Metadata")})
    for name, parameter in template["Parameters"].items():
        assert parameter["Type"] in ("String", "Number"), name
        assert parameter["Description"].endswith("."), name
        assert {"AllowedPattern", "AllowedValues", "MinValue", "NoEcho"} & set(parameter), name
        assert f'"{name}"' in rest, name


def test_every_parameter_stands_in_a_group(template: Json) -> None:
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template["Parameters"])


ONE_KEY = json.dumps({"keys": [{"kid": "a", "kty": "RSA", "n": "sXch_-", "e": "AQAB"}]})
TWO_KEYS = json.dumps(
    {"keys": [{"kty": "RSA", "n": "x", "e": "AQAB"}, {"kty": "RSA", "n": "y", "e": "AQAB"}]}, indent=1
)


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "LmsRootUrl",
            ["https://lms.example.org", "https://lms.example.org:8443"],
            [
                "",
                "lms.example.org",
                "http://lms.example.org",
                "https://lms.example.org/",
                "https://a b",
                "https://a/x",
                "https://a:443",
            ],
        ),
        (
            "CmsBase",
            ["studio.example.org", "localhost:8001"],
            ["", "https://studio.example.org", "studio.example.org/"],
        ),
        (
            "MediaUrl",
            ["/media/", "/", "https://cdn.example.org/", "https://s3.eu-west-1.amazonaws.com/my-bucket/media/"],
            [
                "",
                "media/",
                "/media",
                "https://cdn.example.org",
                "http://cdn.example.org/",
                "//cdn.example.org/",
                "/a b/",
            ],
        ),
        (
            "CorsOriginWhitelist",
            ["", "https://apps.example.org", "https://a.example:18450,https://b.example"],
            [
                "*",
                "https://*",
                "apps.example.org",
                "https://a.example/",
                "https://a.example:443,https://b.example",
                "https://a.example:443",
                "https://a.example,https://b.example:443",
                "https://a.example, https://b.example",
                "null",
            ],
        ),
        ("LanguageCode", ["en", "es-419", "zh-Hans", "ca@valencia"], ["", "es_419", "es-", "Spanish (Spain)"]),
        ("ReleasedLanguages", ["", "en", "en,es-419,ca@valencia"], ["en, es", "en,", ",en", "[]", "es_419"]),
        ("Features", ["{}", '{"MILESTONES_APP": true}'], ["", "[]", "true", "{"]),
        ("JwtIssuer", ["https://lms.example.org/oauth2"], ["", " ", "a b"]),
        ("JwtAudience", ["openedx"], ["", "a b"]),
        (
            "JwtPublicSigningJwkSet",
            ["", ONE_KEY, ONE_KEY.replace(" ", ""), TWO_KEYS, ONE_KEY.replace('"e"', '"key_ops": ["verify"], "e"')],
            ["x", "[]", "{}", '{"keys":[]}', '{"keys":{}}', "https://lms.example.org/jwks.json", ONE_KEY[:-1]],
        ),
        ("JwtSecretKey", ["", "x" * 16, "{{resolve:secretsmanager:lms/jwt:SecretString:key}}"], ["short", "a b" * 9]),
        ("SettingsRevision", ["1", "3f9c2e5a7b1d"], ["", "a b", "x" * 65]),
        ("DynamoDBEndpointUrl", ["", "http://host.docker.internal:8042"], ["host:8042", "http://"]),
        ("DomainName", ["", "api.lms.example.org"], ["api", "https://api.example.org", "*.example.org"]),
        ("AlarmTopicArn", ["", "arn:aws:sns:eu-central-1:123456789012:alarms"], ["alarms", "arn:aws:sqs:x:1:y"]),
        (
            "CertificateArn",
            ["", "arn:aws:acm:eu-central-1:123456789012:certificate/1-2"],
            ["x", "arn:aws:iam::123456789012:server-certificate/x"],
        ),
        (
            "KmsKeyArn",
            ["", "arn:aws:kms:eu-central-1:123456789012:key/1-2"],
            ["alias/x", "arn:aws:kms:eu-central-1:123456789012:alias/x"],
        ),
    ],
)
def test_a_wrong_parameter_is_refused_at_deploy(template: Json, name: str, good: list[str], bad: list[str]) -> None:
    # Java's matches(), which CloudFormation uses, is of the whole text.
    pattern = re.compile(template["Parameters"][name]["AllowedPattern"])

    assert [value for value in good if not pattern.fullmatch(value)] == []
    assert [value for value in bad if pattern.fullmatch(value)] == []


def test_options_are_off_by_default(template: Json, stack: Json) -> None:
    defaults = {name: parameter.get("Default") for name, parameter in template["Parameters"].items()}

    assert (defaults["UseWaf"], defaults["DomainName"], defaults["ManageApiGatewayAccount"]) == ("false", "", "false")
    assert defaults["TraceApi"] == "false"
    assert (defaults["SnapStart"], defaults["ProvisionedConcurrency"], defaults["KmsKeyArn"]) == ("None", 0, "")
    optional = {name: one["Condition"] for name, one in stack.items() if "Condition" in one}
    assert optional == {
        "Waf": "HasWaf",
        "WafAssociation": "HasWaf",
        "Domain": "HasDomain",
        "DomainMapping": "HasDomain",
        "ApiGatewayAccount": "ManagesApiGatewayAccount",
        "ApiGatewayLogsRole": "ManagesApiGatewayAccount",
    }


def test_the_settings_of_a_site_with_three_keys_fit_into_lambdas_4_kb(stack: Json) -> None:
    key = json.loads(public_jwk_set(local_key()))["keys"][0]
    values = SETTINGS | {"JwtPublicSigningJwkSet": json.dumps({"keys": [key] * 3}), "Features": "x" * 500}
    values |= {"CorsOriginWhitelist": "x" * 200, "JwtSecretKey": "x" * 64, "SettingsRevision": "x" * 12}
    values |= {"ReleasedLanguages": "x" * 100}
    environment = stack["AuthorizerFunction"]["Properties"]["Environment"]["Variables"]

    size = sum(
        len(name) + len(values.get(value.get("Ref", ""), "x" * 60) if isinstance(value, dict) else str(value))
        for name, value in environment.items()
    )
    assert size < 4096


def test_nothing_but_the_key_itself_is_secret_and_that_is_not_shown(template: Json) -> None:
    hidden = [name for name, parameter in template["Parameters"].items() if parameter.get("NoEcho")]

    assert hidden == ["JwtSecretKey"]
    for name, resource in template["Resources"].items():
        assert ("JwtSecretKey" in json.dumps(resource)) == (name == "AuthorizerFunction")
    assert "JwtSecretKey" not in json.dumps(template["Outputs"])
