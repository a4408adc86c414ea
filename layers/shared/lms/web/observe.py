"""Logs and metrics. A log line names the request and the caller's user id: no token, e-mail, name or body."""

import os
from functools import cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

SERVICE = "lms-lambda"

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=SERVICE, service=SERVICE)


@cache
def _warm(function: str) -> list[str]:
    """An empty list the first time that a function runs in this environment."""
    return [function][:0]


def count(name: str, number: int = 1) -> None:
    """Add to a metric of this request."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)


def log_caller(user_id: int) -> None:
    """Name the caller in every further log line of this request."""
    logger.append_keys(user_id=user_id)


def begin(request_id: str, route: str) -> None:
    """Start the logs and metrics of a request."""
    logger.clear_state()
    logger.append_keys(request_id=request_id, route=route)
    metrics.add_dimension(name="route", value=route or "unknown")
    seen = _warm(os.environ.get("AWS_LAMBDA_FUNCTION_NAME", route))
    count("ColdStart", 0 if seen else 1)
    seen.append("warm")


def end(status: int, milliseconds: float) -> None:
    """Log the request and send its metrics."""
    count("Request")
    count("ClientError", 1 if 400 <= status < 500 else 0)
    count("ServerError", 1 if status >= 500 else 0)
    logger.info("request", status=status, milliseconds=round(milliseconds, 1))
    metrics.flush_metrics()
