"""What tests of the loader share: dump files in every form, a load and what became of it, the table as it stands."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lms.table.client import call, table_name
from lms.table.ttl_cache import forget_cached
from lms_lambda.load.loader import Loader, ProgressListener, Rejection, Report

DumpRow = dict[str, Any]
StoredItems = dict[tuple[str, str], dict[str, Any]]


def dump_row(model: str, pk: Any = 1, **fields: Any) -> DumpRow:
    """One object of a dump."""
    return {"model": model, "pk": pk, "fields": fields}


def as_lines(rows: Iterable[Any]) -> str:
    """The rows as `dumpdata --format jsonl` writes them."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_file(file: Path, content: str | bytes) -> Path:
    """The file with that content, compressed where its name ends in .gz."""
    raw = content.encode() if isinstance(content, str) else content
    file.write_bytes(gzip.compress(raw, mtime=0) if file.suffix == ".gz" else raw)
    return file


def write_dump(file: Path, rows: Sequence[Any]) -> Path:
    """A dump of the rows: JSON lines where the name says .jsonl, else an array."""
    return write_file(file, as_lines(rows) if ".jsonl" in file.suffixes else json.dumps(rows))


@dataclass(frozen=True)
class Loaded:
    """What a load did."""

    report: Report
    rejections: list[Rejection]

    @property
    def rejected_rows(self) -> list[tuple[str, str, str, str, str]]:
        """(file, place, model, pk, reason) of each rejected row."""
        return [(row.file, row.place, row.model, row.pk, row.reason) for row in self.rejections]


def load_files(*files: Path) -> Loaded:
    """Load the files together; what the table's readers remember is forgotten."""
    rejections: list[Rejection] = []
    report = Loader(rejections.append, ProgressListener()).load(files)
    forget_cached()
    return Loaded(report, rejections)


def stored_items() -> StoredItems:
    """Every item of the table, by its key."""
    found: StoredItems = {}
    start: dict[str, Any] = {}
    while True:
        page = call("Scan", TableName=table_name(), ConsistentRead=True, **start)
        found |= {(item["PK"]["S"], item["SK"]["S"]): item for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
