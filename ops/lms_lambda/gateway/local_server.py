"""The local server: an embedded DynamoDB or any other, the sample site, and the development gateway in front."""

import os
from collections.abc import Sequence
from pathlib import Path

from lms_lambda.dynamodb.embedded import EmbeddedDynamoDB, use_local_credentials
from lms_lambda.dynamodb.tables import ROOT, TEMPLATE, create_table
from lms_lambda.gateway.api_docs import PATH, ApiDocs
from lms_lambda.gateway.clock import local_clock
from lms_lambda.gateway.http_server import DevServer
from lms_lambda.gateway.rest_api import Gateway
from lms_lambda.gateway.tokens import local_token, use_local_keys
from lms_lambda.load.console import load_and_show
from lms_lambda.template import read_template

SAMPLE = Path(__file__).parents[1] / "sample"
SAMPLE_USERS = {
    "lena": "a learner, enrolled in both courses",
    "ivan": "an instructor of one course",
    "olga": "an instructor of the whole organization",
    "sam": "a support agent (global staff)",
    "ines": "an inactive user",
}


class LocalServer:
    """The API on this machine, from `prepare` to `close`."""

    def __init__(self, host: str, port: int, sample: bool, files: Sequence[Path]) -> None:
        self._host, self._port = host, port
        self.sample = sample
        self._files = files
        self._dynamodb: EmbeddedDynamoDB | None = None
        self._server: DevServer | None = None
        self.own_keys = False

    def prepare(self) -> int:
        """Make everything ready to serve; 0, or the exit code of a load that could not be used."""
        # Before anything slow: a port in use is said at once. Settings come before the functions, which read them.
        os.environ.setdefault("CACHE_SECONDS", "2")
        os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")
        os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
        os.environ.setdefault("HTTPS", "off")
        os.environ.setdefault("CMS_BASE", "localhost:8001")
        self.own_keys = use_local_keys()
        gateway = Gateway(read_template(TEMPLATE), ROOT, local_clock())
        self._server = DevServer(ApiDocs(gateway, _document), self._host, self._port)
        if not os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
            use_local_credentials()
            self._dynamodb = EmbeddedDynamoDB()
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = self._dynamodb.start()
        create_table(os.environ["TABLE_NAME"])
        if self.sample and load_and_show(sorted(SAMPLE.iterdir()), quiet=True):
            raise RuntimeError("The sample site does not load.")
        code = load_and_show(self._files) if self._files else 0
        return code if code == 2 else 0

    @property
    def url(self) -> str:
        """Where the server answers."""
        assert self._server is not None  # noqa: S101 - prepare() comes first
        return self._server.url

    @property
    def docs_url(self) -> str:
        """Where the API's description is shown."""
        return self.url + PATH

    def serve_forever(self) -> None:
        """Answer requests until `stop`."""
        assert self._server is not None  # noqa: S101 - prepare() comes first
        self._server.serve_forever()

    def stop(self) -> None:
        """End `serve_forever`."""
        if self._server is not None:
            self._server.shutdown()

    def close(self) -> None:
        """End the embedded DynamoDB."""
        if self._dynamodb is not None:
            self._dynamodb.stop()


def _document() -> str:
    # Imported when somebody asks for it: pydantic's models take their time, and the server should start without them.
    from lms_lambda.openapi.document import as_text, document

    return as_text(document(read_template(TEMPLATE), ROOT))


def greeting(url: str, sample: bool, own_keys: bool, docs_url: str | None = None) -> str:
    """What a server prints once it answers: the address, the users, and lines to paste."""
    lines = [f"Serving {url}", ""]
    if docs_url:
        lines += [f"The API's description, to read and to try: {docs_url}", ""]
    if own_keys:
        lines += ["No JWT_* settings were found: tokens are signed with a key pair made for this machine.", ""]
    if not sample:
        lines += ["A token for one of your users:", "  .venv/bin/lms-lambda token USERNAME"]
        return "\n".join(lines)
    lines += [
        "Users of the sample site:",
        *(f"  {name:6} {description}" for name, description in SAMPLE_USERS.items()),
        "",
    ]
    now = local_clock()().timestamp()
    mobile, course = f"{url}/api/mobile/v1", "course-v1:SampleX+GARDEN+2026"
    team = f"{url}/api/support/v1/manage_course_team/?email=ivan@example.com"
    lines += [
        "Try, in another terminal (the tokens are good for an hour):",
        "",
        f"  TOKEN={local_token('lena', now=now)}",
        f'  curl -H "Authorization: JWT $TOKEN" {mobile}/users/lena/course_enrollments/',
        f'  curl -H "Authorization: JWT $TOKEN" {mobile}/users/lena/course_status_info/{course}',
        "",
        f"  AGENT={local_token('sam', now=now)}",
        f'  curl -H "Authorization: JWT $AGENT" "{team}"',
        "",
        "Ctrl-C ends it.",
    ]
    return "\n".join(lines)
