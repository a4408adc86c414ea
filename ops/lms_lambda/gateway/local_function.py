"""Runs a Lambda function's code in this process: loads it once, and calls it with a context like Lambda's.

For laptops and tests. Unlike Lambda, which gives each request an environment of its own, requests share the loaded
module and run in it at the same time, and nothing stops a function that outlives its timeout.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lms_lambda.gateway.proxy_event import ACCOUNT_ID, REGION
from lms_lambda.template import Function

# Lambda's limits for a synchronous call: 6 MB in, and 100 bytes more out.
REQUEST_LIMIT_BYTES = 6 * 1024 * 1024
RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024 + 100

_load_count = itertools.count(1)


class GatewayError(Exception):
    """A function that the template declares cannot be loaded; the message names the function and the reason."""


class FunctionFailedError(Exception):
    """A function raised (`__cause__` is what), or answered what does not fit into 6 MB of JSON."""


@dataclass(frozen=True)
class Context:
    """What a handler gets as its second argument, with the names and types of Lambda's own context object."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    function_version: str = "$LATEST"
    _deadline: float = field(default=0.0, repr=False)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout, never negative."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class LocalFunction:
    """A function of the template, loaded from `root`. Raises GatewayError when that fails."""

    def __init__(self, function: Function, root: Path) -> None:
        self.name = function.name
        self._function = function
        self._handler = load_handler(function, root)

    def invoke(self, event: dict[str, Any], request_id: str) -> Any:
        """Call the handler in this thread; its answer after a round trip through JSON, as Lambda makes it.

        Raises FunctionFailedError.
        """
        try:
            answer = self._handler(event, self._context(request_id))
        # SystemExit: a function that exits must not end the gateway.
        except (Exception, SystemExit) as error:
            raise FunctionFailedError(f"raised {type(error).__name__}") from error
        try:
            text = json.dumps(answer, ensure_ascii=False)
            size = len(text.encode("utf-8"))
        except (TypeError, ValueError, RecursionError) as error:
            raise FunctionFailedError("answered what is not JSON") from error
        if size > RESPONSE_LIMIT_BYTES:
            raise FunctionFailedError(f"answered {size} bytes, more than Lambda's {RESPONSE_LIMIT_BYTES}")
        return json.loads(text)

    def _context(self, request_id: str) -> Context:
        return Context(
            aws_request_id=request_id,
            function_name=self.name,
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}",
            memory_limit_in_mb=str(self._function.memory),
            log_group_name=f"/aws/lambda/{self.name}",
            log_stream_name="local",
            _deadline=time.monotonic() + self._function.timeout,
        )


def load_handler(function: Function, root: Path) -> Callable[[dict[str, Any], Context], Any]:
    """The function's handler, of a module of its own at each call. Raises GatewayError."""
    module_name, _, attribute = function.handler.rpartition(".")
    file = root / function.code_uri / f"{module_name}.py"
    if not file.is_file():
        raise GatewayError(f"{function.name} cannot be loaded: there is no file {file}")
    # Every function's module is called app: each gets a name of its own, and each gateway its own copies.
    name = f"lms_lambda_function_{next(_load_count)}_{function.name}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise GatewayError(f"{function.name} cannot be loaded: {file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their own module up by name while it is being imported.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise GatewayError(f"{function.name} cannot be loaded from {file}: {type(error).__name__}: {error}") from error
    handler = getattr(module, attribute, None)
    if not callable(handler):
        del sys.modules[name]
        raise GatewayError(f"{function.name} cannot be loaded: {file} has no function {attribute}")
    loaded: Callable[[dict[str, Any], Context], Any] = handler
    return loaded
