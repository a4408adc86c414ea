"""What a load has read but not yet written: facts in a SQLite file, so that rows may come in any order and number."""

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lms_lambda.load.models import Fact

_SCHEMA = """
CREATE TABLE fact (kind TEXT, owner TEXT, scope TEXT, model TEXT, pk TEXT, fields TEXT, file TEXT, place TEXT);
CREATE TABLE row (model TEXT, pk TEXT, PRIMARY KEY (model, pk)) WITHOUT ROWID;
CREATE TABLE rejected (model TEXT, pk TEXT, PRIMARY KEY (model, pk)) WITHOUT ROWID;
CREATE TABLE username (id TEXT PRIMARY KEY, name TEXT, folded TEXT UNIQUE) WITHOUT ROWID;
"""
_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: a row of a file."""

    model: str
    pk: str
    file: str
    place: str
    """Where the row stands in the file: `line 3`, `row 3`."""


@dataclass(frozen=True, slots=True)
class SourcedFact:
    """What a row says about an item, and which row it is."""

    source: Source
    fields: dict[str, Any]
    """Those of the Fact."""


Reject = Callable[[Source, str], None]
"""Takes a row that cannot be loaded, and why."""


class UnknownFactError(Exception):
    """Rows of a model say something of which nobody makes a field of an item; the text says where to write that."""


class Staging:
    """Facts on disk, by the item that they speak of. A row that is read again replaces what it said before."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="lms-lambda-", suffix=".sqlite")  # noqa: SIM115 - closed below
        self._db = sqlite3.connect(self._file.name, isolation_level=None, check_same_thread=False)
        # The file is ours alone and thrown away at the end: nothing of it needs to survive a crash.
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA} BEGIN")
        self._pending: list[tuple[str, ...]] = []

    def close(self) -> None:
        """Throw everything away."""
        self._db.close()
        self._file.close()

    def add(self, source: Source, facts: Iterable[Fact]) -> None:
        """Keep the facts of one row."""
        row = (source.model, source.pk)
        if not self._db.execute("INSERT OR IGNORE INTO row VALUES (?, ?)", row).rowcount:
            self._flush()
            self._index_sources()
            self._db.execute("DELETE FROM fact WHERE model = ? AND pk = ?", row)
        for fact in facts:
            fields = json.dumps(fact.fields, separators=(",", ":"))
            self._pending.append((fact.kind, fact.owner, fact.scope, *row, fields, source.file, source.place))
        if len(self._pending) >= _BATCH:
            self._flush()

    def reject(self, source: Source) -> bool:
        """Note that a row is not loaded; False where it was noted before, for another of its facts."""
        inserted = self._db.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?)", (source.model, source.pk))
        return inserted.rowcount == 1

    def is_rejected(self, source: Source) -> bool:
        """Whether a row was noted as not loaded."""
        query = "SELECT 1 FROM rejected WHERE model = ? AND pk = ?"
        return self._db.execute(query, (source.model, source.pk)).fetchone() is not None

    def count_rejected(self) -> Counter[str]:
        """How many rows of each model were rejected after they had been read."""
        return Counter(dict(self._db.execute("SELECT model, count(*) FROM rejected GROUP BY model").fetchall()))

    def resolve_enrollments(self) -> None:
        """Find the user and the course of rows that name an enrollment, and the course of those that name a date.

        Call it once, after the last row.
        """
        self._flush()
        self._db.execute("CREATE INDEX IF NOT EXISTS item ON fact (kind, owner, scope)")
        self._index_sources()
        self._db.execute(
            """UPDATE fact SET (owner, scope) = (SELECT enrollment.owner, enrollment.scope FROM fact enrollment
               WHERE enrollment.model = 'student.courseenrollment' AND enrollment.pk = fact.scope)
               WHERE kind = 'enrollment' AND owner = ''"""
        )
        self._db.execute(
            """UPDATE fact SET (kind, scope) = (SELECT 'enrollment', content_date.owner FROM fact content_date
               WHERE content_date.model = 'edx_when.contentdate' AND content_date.pk = fact.scope)
               WHERE kind = 'user_date' AND EXISTS (SELECT 1 FROM fact content_date
               WHERE content_date.model = 'edx_when.contentdate' AND content_date.pk = fact.scope)"""
        )

    def orphans(self) -> Iterator[tuple[SourcedFact, str]]:
        """Facts that name an enrollment or a content date which was not read, and what that is."""
        query = """SELECT model, pk, file, place, fields, kind FROM fact
                   WHERE (kind = 'enrollment' AND owner IS NULL) OR kind = 'user_date'"""
        for *source, stored, kind in self._db.execute(query).fetchall():
            fields = json.loads(stored)
            name, field = ("enrollment", "enrollment") if kind == "enrollment" else ("content date", "content_date")
            yield SourcedFact(Source(*source), fields), f"{name} {fields[field]}"

    def unknown_users(self) -> list[str]:
        """Ids of users that facts speak of, but whose name is not registered."""
        query = """SELECT DISTINCT owner FROM fact WHERE kind IN ('user', 'enrollment', 'role', 'progress')
                   AND owner IS NOT NULL AND owner NOT IN (SELECT id FROM username)"""
        return [user_id for (user_id,) in self._db.execute(query)]

    def register_username(self, user_id: str, name: str) -> bool:
        """Note a user's name; False where it is another user's already, in any letter case."""
        inserted = self._db.execute("INSERT OR IGNORE INTO username VALUES (?, ?, ?)", (user_id, name, name.lower()))
        return inserted.rowcount == 1

    def unregister_username(self, user_id: str) -> None:
        """Take a user's name back: what is said of the user cannot be loaded."""
        self._db.execute("DELETE FROM username WHERE id = ?", (user_id,))

    def username(self, user_id: str) -> str | None:
        """The name noted for a user."""
        found = self._db.execute("SELECT name FROM username WHERE id = ?", (user_id,)).fetchone()
        return found[0] if found else None

    def facts_of_model(self, model: str) -> Iterator[tuple[SourcedFact, str]]:
        """The facts of one model and their owners, in the order of the rows' numbers."""
        query = """SELECT model, pk, file, place, fields, owner FROM fact WHERE model = ?
                   ORDER BY CAST(pk AS INTEGER), pk"""
        for *source, fields, owner in self._db.execute(query, (model,)):
            yield SourcedFact(Source(*source), json.loads(fields)), owner

    def references(self, name: str) -> dict[str, Any]:
        """Rows that others point at, by pk."""
        query = "SELECT scope, fields FROM fact WHERE kind = 'reference' AND owner = ?"
        return {pk: json.loads(fields) for pk, fields in self._db.execute(query, (name,))}

    def count_items(self, kind: str) -> int:
        """How many items of a kind the facts speak of."""
        query = "SELECT count(*) FROM (SELECT DISTINCT owner, scope FROM fact WHERE kind = ? AND owner IS NOT NULL)"
        return int(self._db.execute(query, (kind,)).fetchone()[0])

    def count_completions(self) -> int:
        """How many items of completions the facts speak of: they are written beside the progress items."""
        query = (
            "SELECT count(*) FROM (SELECT DISTINCT owner, scope FROM fact WHERE model = 'completion.blockcompletion')"
        )
        return int(self._db.execute(query).fetchone()[0])

    def items(self, kind: str) -> Iterator[tuple[str, str, list[SourcedFact]]]:
        """For each item of a kind: its owner, its scope, and all the facts about it."""
        query = """SELECT owner, scope, model, pk, file, place, fields FROM fact
                   WHERE kind = ? AND owner IS NOT NULL ORDER BY owner, scope, rowid"""
        # A cursor of its own: writing goes on in between.
        found = self._db.cursor().execute(query, (kind,))
        for (owner, scope), group in groupby(found, key=lambda row: (row[0], row[1])):
            yield owner, scope, [SourcedFact(Source(*row[2:6]), json.loads(row[6])) for row in group]

    def _index_sources(self) -> None:
        self._db.execute("CREATE INDEX IF NOT EXISTS source ON fact (model, pk)")

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._pending)
        self._pending.clear()
