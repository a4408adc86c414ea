"""The `lms-lambda` command: serve, load, token, table, openapi."""

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

# Each command imports what it needs: `token` should not wait for moto.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    options = _parser().parse_args(arguments)
    if getattr(options, "endpoint_url", None):
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = options.endpoint_url
    os.environ.setdefault("TABLE_NAME", "lms-lambda")
    if getattr(options, "table_name", None):
        os.environ["TABLE_NAME"] = options.table_name
    if endpoint := os.environ.get("AWS_ENDPOINT_URL_DYNAMODB"):
        if not _is_url(endpoint):
            _fail(f"{endpoint} is no URL of a DynamoDB, like http://127.0.0.1:8000")
        _use_local_credentials()
    elif hasattr(options, "endpoint_url") and options.run is not _serve:
        _use_sdk_credentials()
    site = os.environ.get("SITE_ID") or "1"
    if not site.isascii() or not site.isdigit():
        _fail(f"SITE_ID must be the number of a Django site, not {site}")
    try:
        code: int = options.run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; there is nobody left to tell.
        for stream in (sys.stdout, sys.stderr):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lms-lambda", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    table_options = argparse.ArgumentParser(add_help=False)
    table_options.add_argument("--endpoint-url", metavar="URL", help="a DynamoDB other than AWS's, e.g. DynamoDB Local")
    table_options.add_argument("--table-name", metavar="NAME", help="the table (TABLE_NAME, else lms-lambda)")

    serve = commands.add_parser("serve", parents=[table_options], help="serve the API on this machine, for development")
    serve.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serve.add_argument("--port", type=int, default=8000, help="default: %(default)s; 0 takes a free one")
    serve.add_argument("--no-sample", action="store_true", help="leave the sample site out")
    serve.add_argument("--load", action="append", default=[], type=Path, metavar="FILE", help="load a dump or export")
    serve.set_defaults(run=_serve)

    load = commands.add_parser(
        "load", parents=[table_options], help="load Django dumps and course exports into the table"
    )
    load.add_argument("--create-table", action="store_true", help="make the table where there is none")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="dumpdata (JSON, JSONL, .gz) or OLX")
    load.set_defaults(run=_load)

    token = commands.add_parser("token", help="print a token that the local server accepts")
    token.add_argument("username", metavar="USERNAME")
    token.add_argument("--expires-in", type=int, default=3600, metavar="SECONDS", help="default: %(default)s")
    token.set_defaults(run=_token)

    table = commands.add_parser("table", help="make or describe the table")
    actions = table.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("create", parents=[table_options], help="make the table").set_defaults(run=_create_table)
    actions.add_parser("describe", parents=[table_options], help="print its state").set_defaults(run=_describe_table)

    openapi = commands.add_parser("openapi", help="print the OpenAPI document of the API")
    openapi.set_defaults(run=_openapi)
    return parser


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _use_local_credentials() -> None:
    from lms_lambda.dynamodb.embedded import use_local_credentials

    use_local_credentials()


def _use_sdk_credentials() -> None:
    from lms_lambda.dynamodb.credentials import use_sdk_credentials

    use_sdk_credentials()


def _token(options: argparse.Namespace) -> int:
    from lms_lambda.gateway.clock import local_clock
    from lms_lambda.gateway.tokens import local_token

    try:
        now = local_clock()
    except ValueError as error:
        _fail(str(error))
    print(local_token(options.username, options.expires_in, now().timestamp()))
    return 0


def _create_table(_options: argparse.Namespace) -> int:
    from lms_lambda.dynamodb.tables import create_table

    name = os.environ["TABLE_NAME"]
    made = _explain_table_errors(lambda: create_table(name))
    print(f"Table {name} {'is made' if made else 'was there already'}.")
    return 0


def _describe_table(_options: argparse.Namespace) -> int:
    from lms_lambda.dynamodb.tables import describe_table

    described = _explain_table_errors(lambda: describe_table(os.environ["TABLE_NAME"]))
    print(json.dumps(described, indent=2, default=str))
    return 0


def _load(options: argparse.Namespace) -> int:
    from lms_lambda.load.console import load_and_show

    if options.create_table:
        _create_table_quietly()
    again = "What is written is written: run it again."
    try:
        return _explain_table_errors(lambda: load_and_show(options.files), again)
    except BrokenPipeError:
        raise
    except Exception:
        # Not 1, which says that all but some rows is loaded.
        traceback.print_exc()
        _fail(f"The load broke off. {again}")


def _create_table_quietly() -> None:
    from lms_lambda.dynamodb.tables import create_table

    _explain_table_errors(lambda: create_table(os.environ["TABLE_NAME"]))


def _serve(options: argparse.Namespace) -> int:
    from lms_lambda.gateway.local_server import LocalServer, greeting

    server = LocalServer(options.host, options.port, sample=not options.no_sample, files=options.load)
    try:
        # Until the server runs, Ctrl-C is an exception like any other; from then on both signals end it in order.
        code = _explain_table_errors(server.prepare)
        if code:
            return code
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: Thread(target=server.stop).start())
        print(greeting(server.url, server.sample, server.own_keys, server.docs_url), flush=True)
        server.serve_forever()
    except ValueError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"Cannot serve on {options.host}:{options.port}: {error.strerror or error}. Try another --port.")
    finally:
        server.close()
    return 0


def _openapi(_options: argparse.Namespace) -> int:
    from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
    from lms_lambda.gateway.local_function import GatewayError
    from lms_lambda.openapi.describe import UndescribedError
    from lms_lambda.openapi.document import as_text, document
    from lms_lambda.template import TemplateError, read_template

    try:
        print(as_text(document(read_template(TEMPLATE), ROOT)), end="")
    except (UndescribedError, GatewayError, TemplateError) as error:
        _fail(str(error))
    return 0


def _explain_table_errors(action: Callable[[], T], advice: str = "") -> T:
    """The result of the action, or a sentence instead of a traceback where DynamoDB refuses or is out of reach."""
    from lms.domain.errors import UnavailableError
    from lms.table.answers import DynamoDBError

    name = os.environ["TABLE_NAME"]
    try:
        return action()
    except DynamoDBError as error:
        if error.code == "ResourceNotFoundException":
            _fail(f"There is no table {name}. Make it with: lms-lambda table create --table-name {name}")
        _fail(f"The table cannot be used: {str(error).rstrip('.')}. {advice}".rstrip())
    except UnavailableError as error:
        _fail(f"DynamoDB does not answer: {error}. {advice}".rstrip())


def _fail(text: str) -> NoReturn:
    print(f"lms-lambda: {text}", file=sys.stderr)
    raise SystemExit(2)
