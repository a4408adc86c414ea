"""A function of the template, called without HTTP: by an admitted caller, at a time that the test gives."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from lms_lambda.dynamodb.tables import ROOT, TEMPLATE
from lms_lambda.gateway.local_function import LocalFunction
from lms_lambda.gateway.proxy_event import HttpRequest, RoutedRequest, proxy_event, response_from
from lms_lambda.template import read_template
from tests.api import NOW, Answer


class FunctionOfTemplate:
    """The function with that name, which has `seconds` to its timeout."""

    def __init__(self, name: str, seconds: int) -> None:
        self._template = read_template(TEMPLATE)
        self._function = LocalFunction(replace(self._template.functions[name], timeout=seconds), ROOT)

    def send_json(
        self,
        method: str,
        path: str,
        body: Any,
        caller: str,
        received: datetime = NOW,
        request_id: str | None = None,
        **path_parameters: str,
    ) -> Answer:
        """A request with a JSON body that arrived at `received`."""
        routed = RoutedRequest(
            request=HttpRequest(method, path, [("Content-Type", "application/json")], json.dumps(body).encode()),
            route=next(route for route in self._template.routes if route.function == self._function.name),
            path_parameters=path_parameters,
            stage=self._template.stage,
            request_id=request_id or str(uuid4()),
            extended_request_id="",
            received=received,
        )
        admitted = {"username": caller, "expires": str(received.timestamp() + 60), "restricted": "false"}
        event = proxy_event(routed, admitted, self._template.binary_media_types)
        response = response_from(self._function.invoke(event, routed.request_id))
        return Answer(response.status, {name.lower(): value for name, value in response.headers}, response.body)
