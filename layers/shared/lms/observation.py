"""Logs and metrics. A log line names the request and the caller's user id: no token, e-mail, name or body."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

SERVICE = "lms-lambda"

logger = Logger(service=SERVICE)


class Observation:
    """What one request leaves in the logs and metrics."""

    def __init__(self, request_id: str, route: str) -> None:
        logger.clear_state()
        logger.append_keys(request_id=request_id, route=route)
        # Of its own: the local server answers several requests at once, and shared metrics would run together.
        self._metrics = EphemeralMetrics(
            namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", SERVICE), service=SERVICE
        )
        self._metrics.add_dimension(name="route", value=route or "unknown")
        self.count("ColdStart", 0 if _is_warm(os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or route) else 1)

    def identify_user(self, user_id: int) -> None:
        """Name the caller, by id, in every further log line of this request."""
        logger.append_keys(user_id=user_id)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a metric of this request."""
        self._metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)

    def note(self, message: str, **fields: Any) -> None:
        """Log something that an operator may look for. `fields` quote nothing of the request."""
        logger.info(message, **fields)

    def warn(self, message: str, **fields: Any) -> None:
        """Log that something did not work, which may work later."""
        logger.warning(message, **fields)

    def error(self, message: str, **fields: Any) -> None:
        """Log that something of ours went wrong."""
        logger.error(message, **fields)

    def end(self, status: int, milliseconds: float) -> None:
        """Log the request and send its metrics."""
        self.count("Request")
        self.count("ClientError", 1 if 400 <= status < 500 else 0)
        self.count("ServerError", 1 if status >= 500 else 0)
        logger.info("request", status=status, milliseconds=round(milliseconds, 1))
        self._metrics.flush_metrics()


def _is_warm(function: str) -> bool:
    """Whether the function has run in this environment before."""
    runs = _runs(function)
    runs.append(True)
    return len(runs) > 1


@cache
def _runs(_function: str) -> list[bool]:
    return []
