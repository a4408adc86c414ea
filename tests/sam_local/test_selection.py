"""What is left out of `make test-sam-local` is there to be left out."""

import pytest

from lms_lambda.dynamodb.tables import ROOT
from tests.sam_local.selection import FILES, LEFT_OUT


@pytest.mark.parametrize("pattern", [pattern for patterns in LEFT_OUT.values() for pattern in patterns])
def test_each_name_that_is_left_out_is_a_tests(pattern: str) -> None:
    start = pattern.partition("[")[0]
    definition = f"def {start[:-1]}" if start.endswith("*") else f"def {start}("

    assert [path for path in FILES if definition in (ROOT / path).read_text(encoding="utf-8")]
