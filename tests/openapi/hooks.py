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
    """Send a block to its own course: ids of courses also come from answers, and a schema cannot tell which agree."""
    body = case.body if isinstance(case.body, dict) else {}
    block = _BLOCK_ID.match(str(body.get("last_visited_module_id")))
    path = case.path_parameters or {}
    if block and str(path.get("course_id", "")).startswith("course-v1"):
        path["course_id"] = f"course-v1:{block[1]}"
