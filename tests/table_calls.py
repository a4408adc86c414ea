"""Puts something between the table's access patterns and DynamoDB."""

from typing import Any

import pytest

from lms.table import change_writer, course_team, learners, requests, users


def replace_call(monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    """Have every access pattern make its requests by `call`, in place of `lms.table.client.call`."""
    for module in (change_writer, course_team, learners, requests, users):
        monkeypatch.setattr(module, "call", call)
