"""Swagger UI in front of the local gateway: its page, its files, and nothing else of this machine's."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from lms_lambda.gateway.api_docs import ApiDocs
from lms_lambda.gateway.http_server import DevServer
from lms_lambda.gateway.local_server import LocalServer, greeting
from tests.ops.small_api import exchanged, serve, small_gateway

DOCUMENT = '{"openapi": "3.1.1"}'


@pytest.fixture
def made() -> list[str]:
    """A note for each time that the document was made."""
    return []


@pytest.fixture
def server(tmp_path: Path, made: list[str]) -> Iterator[DevServer]:
    def document() -> str:
        made.append("made")
        return DOCUMENT

    server, thread = serve(ApiDocs(small_gateway(tmp_path), document))
    yield server
    server.shutdown()
    thread.join(10)


def got(server: DevServer, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    address = urlsplit(server.url)
    client = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
    client.request(method, path)
    response = client.getresponse()
    answer = response.status, dict(response.getheaders()), response.read()
    client.close()
    return answer


def test_the_page_names_files_that_are_there_and_of_the_right_type(server: DevServer) -> None:
    status, headers, page = got(server, "/api-docs/")
    files = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
    types = {file: got(server, f"/api-docs/{file}")[1]["Content-Type"] for file in files}

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert types == {
        "favicon-32x32.png": "image/png",
        "index.css": "text/css; charset=utf-8",
        "swagger-ui.css": "text/css; charset=utf-8",
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "initializer.js": "text/javascript; charset=utf-8",
    }


def test_nothing_is_fetched_from_elsewhere(server: DevServer) -> None:
    _, headers, page = got(server, "/api-docs/")
    _, _, initializer = got(server, "/api-docs/initializer.js")

    assert b"://" not in page + initializer
    assert b"validatorUrl: null" in initializer
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "connect-src 'self'" in headers["Content-Security-Policy"]


def test_it_is_a_swagger_ui_that_knows_openapi_3_1(server: DevServer) -> None:
    _, _, bundle = got(server, "/api-docs/swagger-ui-bundle.js")

    assert len(bundle) > 1_000_000
    assert b"jsonSchemaDialect" in bundle


def test_the_document_is_made_once_and_only_when_it_is_asked_for(server: DevServer, made: list[str]) -> None:
    got(server, "/api-docs/")
    before = [*made]
    answers = [got(server, "/api-docs/openapi.json") for _ in range(2)]

    assert before == []
    assert made == ["made"]
    assert [(status, headers["Content-Type"], body.decode()) for status, headers, body in answers] == [
        (200, "application/json", DOCUMENT)
    ] * 2


def test_the_path_without_its_slash_leads_to_the_page(server: DevServer) -> None:
    status, headers, _ = got(server, "/api-docs?a=b")

    assert (status, headers["Location"]) == (301, "/api-docs/")


def test_a_query_does_not_matter(server: DevServer) -> None:
    assert got(server, "/api-docs/?urls.primaryName=x")[0] == 200


def test_head_answers_without_a_body(server: DevServer) -> None:
    status, headers, body = got(server, "/api-docs/swagger-ui.css", "HEAD")

    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 100_000


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_takes_no_other_method(server: DevServer, method: str) -> None:
    status, headers, _ = got(server, "/api-docs/", method)

    assert (status, headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/api-docs/../template.yaml",
        "/api-docs/..%2ftemplate.yaml",
        "/api-docs/%2e%2e/template.yaml",
        "/api-docs/../../../../../../etc/passwd",
        "/api-docs//etc/passwd",
        "/api-docs/....//etc/passwd",
        "/api-docs/..\\__init__.py",
        "/api-docs/__init__.py",
        "/api-docs/index.html/",
        "/api-docs/swagger-ui.css%00.js",
        "/api-docs/./swagger-ui.css",
        "/api-docs/dist/swagger-ui.css",
    ],
)
def test_what_is_not_listed_is_not_there(server: DevServer, path: str) -> None:
    status, _, body = exchanged(server, f"GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())

    assert (status, body) == (404, b'{"detail":"Not found."}')


@pytest.mark.parametrize("path", ["/open/a", "/api-docsx", "/api-doc"])
def test_every_other_path_is_the_gateways(server: DevServer, path: str) -> None:
    status, _, body = got(server, path)

    assert status == (200 if path == "/open/a" else 404)
    assert json.loads(body).keys() == ({"event", "context"} if path == "/open/a" else {"detail"})


def test_the_local_server_names_its_page() -> None:
    docs = "http://127.0.0.1:8000/api-docs/"

    assert docs in greeting("http://127.0.0.1:8000", sample=False, own_keys=False, docs_url=docs)
    assert "/api-docs" not in greeting("http://127.0.0.1:8000", sample=False, own_keys=False)


def test_the_local_server_serves_the_documents_of_its_own_api(
    environment: None, dynamodb: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TABLE_NAME": table, "CACHE_SECONDS": "60", "POWERTOOLS_METRICS_DISABLED": "false"}.items():
        monkeypatch.setenv(name, value)  # what the server sets where it is unset must not stay for other tests
    local = LocalServer("127.0.0.1", 0, sample=False, files=[])
    assert local.prepare() == 0
    thread = Thread(target=local.serve_forever)
    thread.start()
    try:
        client = http.client.HTTPConnection("127.0.0.1", urlsplit(local.url).port, timeout=20)
        client.request("GET", "/api-docs/openapi.json")
        served = json.loads(client.getresponse().read())
        client.close()
    finally:
        local.stop()
        thread.join(10)
        local.close()

    assert local.docs_url == f"{local.url}/api-docs/"
    assert "/api/mobile/v4/users/{username}/course_enrollments" in served["paths"]
