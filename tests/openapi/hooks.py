"""What Schemathesis must know of the sample site to make requests that get far: names that a document cannot hold.

Of the document's own formats it makes these texts in place of random ones. Texts that a format does not allow, and
requests with other things wrong, it makes all the same.
"""

import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies

_COURSE = "course-v1:SampleX+GARDEN+2026"
_BLOCKS = (
    "problem+block@barrel-size",
    "sequential+block@how-much",
    "chapter+block@water",
    "html+block@loam",
    "course+block@course",
)
_CALLER = os.environ["LMS_LAMBDA_CALLER"]
_BLOCK_ID = re.compile(r"block-v1:(.+)\+type@")

schemathesis.openapi.format("username", strategies.sampled_from([_CALLER, _CALLER.upper()]))
schemathesis.openapi.format("course-key", strategies.just(_COURSE))
schemathesis.openapi.format(
    "usage-key", strategies.sampled_from([f"block-v1:SampleX+GARDEN+2026+type@{block}" for block in _BLOCKS])
)
schemathesis.openapi.format("user-email", strategies.sampled_from(["lena@example.com", "ivan@example.com"]))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make requests that are right as the schemas go right in what no schema can say."""
    if isinstance(case.body, dict):
        _send_block_to_its_course(case.body, case.path_parameters or {})
        _add_operations(case.body)


def _send_block_to_its_course(body: dict[str, Any], path: dict[str, Any]) -> None:
    """The two must agree, and ids of courses also come from answers."""
    block = _BLOCK_ID.match(str(body.get("last_visited_module_id")))
    if block and str(path.get("course_id", "")).startswith("course-v1"):
        path["course_id"] = f"course-v1:{block[1]}"


def _add_operations(body: dict[str, Any]) -> None:
    """Role changes that are carried out, among those that are not: any value at all is one that fails by itself."""
    operations = body.get("bulk_role_operations")
    if isinstance(operations, list) and 0 < len(operations) < 900:
        roles = [{"course_id": _COURSE, "role": role, "action": "assign"} for role in ("staff", "instructor")]
        body["bulk_role_operations"] = [*operations, roles[len(operations) % 2]]
