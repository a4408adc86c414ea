"""A small API for the gateway's tests: a template and functions of its own, so that the project's do not matter."""

from __future__ import annotations

import base64
import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lms_lambda.gateway.http_server import Application, DevServer
from lms_lambda.gateway.rest_api import Gateway, HttpRequest, HttpResponse
from lms_lambda.template import read_template

TEMPLATE = """
Globals:
  Function: {Handler: app.handler, Timeout: 10, MemorySize: 512}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      BinaryMediaTypes: ["*~1*"]
      Auth:
        DefaultAuthorizer: Kept
        Authorizers:
          Kept:
            FunctionArn: !GetAtt AuthorizerFunction.Arn
            FunctionPayloadType: REQUEST
            Identity: {Headers: [Authorization], ReauthorizeEvery: 300}
          Fresh:
            FunctionArn: !GetAtt AuthorizerFunction.Arn
            FunctionPayloadType: REQUEST
            Identity: {ReauthorizeEvery: 0}
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: "401"
          ResponseParameters: {Headers: {WWW-Authenticate: "'JWT realm=\\"api\\"'"}}
          ResponseTemplates: {application/json: '{"detail":"No token."}'}
        ACCESS_DENIED:
          StatusCode: "401"
          ResponseTemplates: {application/json: '{"detail":"$context.authorizer.detail"}'}
        MISSING_AUTHENTICATION_TOKEN:
          StatusCode: "404"
          ResponseTemplates: {application/json: '{"detail":"Not found."}'}
        INVALID_SIGNATURE:
          StatusCode: "404"
          ResponseTemplates: {application/json: '{"detail":"Not found, signed."}'}
        REQUEST_TOO_LARGE:
          ResponseTemplates: {application/json: '{"detail":"Too large."}'}
        DEFAULT_4XX:
          ResponseTemplates: {application/json: '{"detail":"Bad request."}'}
        DEFAULT_5XX:
          ResponseTemplates:
            application/json: '{"detail":"Error.","type":"$context.responseType","id":"$context.requestId"}'
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: PK, AttributeType: S}]
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
  AuthorizerFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/authorizer}
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo
      Timeout: 28
      Events:
        Item: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: "/items/{item}"}}
        Mine: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: /items/mine}}
        Files: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: "/items/{item}/files/{file+}"}}
        Index: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: "/items/{item}/files/index"}}
        Get: {Type: Api, Properties: {RestApiId: !Ref Api, Method: get, Path: /items/readable}}
        Fresh:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: ANY, Path: /fresh, Auth: {Authorizer: Fresh}}
        Open:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: ANY, Path: "/open/{name}", Auth: {Authorizer: NONE}}
  AnswerFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/answer
      Events:
        Root:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: ANY, Path: /answer, Auth: {Authorizer: NONE}}
"""

# Answers with the event and the context that it got.
ECHO = """
import json

def handler(event, context):
    got = {"event": event, "context": {
        "aws_request_id": context.aws_request_id, "function_name": context.function_name,
        "function_version": context.function_version, "invoked_function_arn": context.invoked_function_arn,
        "memory_limit_in_mb": context.memory_limit_in_mb, "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name, "remaining": context.get_remaining_time_in_millis()}}
    return {"statusCode": 200, "body": json.dumps(got)}
"""

# Answers with what the request's body says: JSON, or a Python expression in a Python header.
ANSWER = """
import base64, json

def handler(event, context):
    body = base64.b64decode(event["body"]).decode()
    return eval(body) if "Python" in event["headers"] else json.loads(body)
"""

# Does as the Authorization header says, and counts its calls.
AUTHORIZER = """
calls = 0
events = []

def handler(event, context):
    global calls
    calls += 1
    events.append(event)
    does = event["headers"].get("Authorization", "allow")
    if does.startswith("raise "):
        raise ValueError(does.removeprefix("raise "))
    if does.startswith("answer "):
        return eval(does.removeprefix("answer "))
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    if does.startswith("deny "):
        statement["Effect"] = "Deny"
    if does.startswith("only "):
        statement["Resource"] = does.removeprefix("only ")
    if does == "this method":
        statement["Resource"] = event["methodArn"]
    return {
        "principalId": "someone",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"calls": calls, "staff": True, "active": False, "share": 0.5, "detail": does[5:]},
    }
"""


class Clock:
    """A time that moves only when told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 9, 7, 5, 2, 250_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def small_gateway(root: Path, clock: Clock | None = None, template: str = TEMPLATE, **functions: str) -> Gateway:
    """A gateway of the template and the functions written to `root`; `functions` replace sources by folder name."""
    (root / "template.yaml").write_text(template, encoding="utf-8")
    sources = {"echo": ECHO, "answer": ANSWER, "authorizer": AUTHORIZER} | functions
    for folder, source in sources.items():
        (root / "functions" / folder).mkdir(parents=True, exist_ok=True)
        (root / "functions" / folder / "app.py").write_text(source, encoding="utf-8")
    return Gateway(read_template(root / "template.yaml"), root, clock or Clock())


def send(
    gateway: Gateway, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> HttpResponse:
    """A request with the header that the authorizer allows, unless `headers` are given."""
    pairs = list(({"Authorization": "allow"} if headers is None else headers).items())
    return gateway.handle(HttpRequest(method, target, pairs, body))


def event_of(response: HttpResponse) -> Any:
    """The event that the echo function got."""
    assert response.status == 200, response.body
    return json.loads(response.body)["event"]


def answered(gateway: Gateway, answer: dict[str, Any]) -> HttpResponse:
    """The response that becomes of a function's answer."""
    return send(gateway, "/answer", {}, "POST", json.dumps(answer).encode())


def header(response: HttpResponse, name: str) -> list[str]:
    return [value for given, value in response.headers if given.lower() == name.lower()]


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def serve(gateway: Application) -> tuple[DevServer, threading.Thread]:
    """A server on a free port, and the thread in which it answers until its shutdown."""
    server = DevServer(gateway, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    return server, thread


def connected(server: DevServer) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((str(address.hostname), address.port), timeout=20)


def exchanged(server: DevServer, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to bytes as they are, after which the server closes the connection."""
    with connected(server) as connection:
        connection.sendall(request)
        received = b""
        while part := connection.recv(65_536):
            received += part
    head, _, body = received.partition(b"\r\n\r\n")
    line, *headers = head.decode("iso-8859-1").split("\r\n")
    assert line.startswith("HTTP/1.1 ")
    return int(line.split()[1]), dict(header.split(": ", 1) for header in headers), body
