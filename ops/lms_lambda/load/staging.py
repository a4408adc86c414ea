"""What a load has read but not yet written: facts in a SQLite file, so that rows may come in any order and number."""

import json
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lms_lambda.load.models import Fact

_SCHEMA = """
CREATE TABLE fact (kind TEXT, a TEXT, b TEXT, model TEXT, pk TEXT, data TEXT, file TEXT, place TEXT);
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


@dataclass(frozen=True, slots=True)
class Told:
    """A fact's data, and its source."""

    source: Source
    data: dict[str, Any]


class Staging:
    """Facts on disk, by the item that they speak of. A row that is read again replaces what it said before."""

    def __init__(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="lms-lambda-", suffix=".sqlite")  # noqa: SIM115 - closed below
        self._db = sqlite3.connect(self._file.name, isolation_level=None, check_same_thread=False)
        # The file is ours alone and thrown away at the end: nothing of it needs to survive a crash.
        self._db.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA} BEGIN")
        self._waiting: list[tuple[str, ...]] = []

    def close(self) -> None:
        """Throw everything away."""
        self._db.close()
        self._file.close()

    def add(self, source: Source, facts: Iterable[Fact]) -> None:
        """Keep the facts of one row."""
        row = (source.model, source.pk)
        if not self._db.execute("INSERT OR IGNORE INTO row VALUES (?, ?)", row).rowcount:
            self._flush()
            self._index()
            self._db.execute("DELETE FROM fact WHERE model = ? AND pk = ?", row)
        for fact in facts:
            data = json.dumps(fact.data, separators=(",", ":"))
            self._waiting.append((fact.kind, fact.a, fact.b, *row, data, source.file, source.place))
        if len(self._waiting) >= _BATCH:
            self._flush()

    def reject(self, source: Source) -> bool:
        """Note that a row is not loaded; False where it was noted before, for another of its facts."""
        done = self._db.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?)", (source.model, source.pk))
        return done.rowcount == 1

    def is_rejected(self, source: Source) -> bool:
        """Whether a row was noted as not loaded."""
        query = "SELECT 1 FROM rejected WHERE model = ? AND pk = ?"
        return self._db.execute(query, (source.model, source.pk)).fetchone() is not None

    def rejected(self) -> Counter[str]:
        """How many rows of each model were rejected after they had been read."""
        return Counter(dict(self._db.execute("SELECT model, count(*) FROM rejected GROUP BY model").fetchall()))

    def rows(self) -> Counter[str]:
        """How many rows of each model are held."""
        return Counter(dict(self._db.execute("SELECT model, count(*) FROM row GROUP BY model").fetchall()))

    def settle(self) -> None:
        """Call once, after the last row: finds the user and the course of rows that name an enrollment."""
        self._flush()
        self._db.execute("CREATE INDEX IF NOT EXISTS item ON fact (kind, a, b)")
        self._index()
        self._db.execute(
            """UPDATE fact SET (a, b) = (SELECT e.a, e.b FROM fact e WHERE e.model = 'student.courseenrollment'
               AND e.pk = fact.b) WHERE kind = 'enrollment' AND a = ''"""
        )

    def orphans(self) -> Iterator[Told]:
        """Facts that name an enrollment which was not read."""
        return self._told("SELECT model, pk, file, place, data FROM fact WHERE kind = 'enrollment' AND a IS NULL")

    def unknown_users(self) -> list[str]:
        """Ids of users that facts speak of, but no user read so far has."""
        query = """SELECT DISTINCT a FROM fact WHERE kind IN ('user', 'enrollment', 'role', 'progress')
                   AND a IS NOT NULL AND a NOT IN (SELECT id FROM username)"""
        return [user_id for (user_id,) in self._db.execute(query)]

    def name_user(self, user_id: str, name: str) -> bool:
        """Note a user's name; False where it is another user's already, in any letter case."""
        done = self._db.execute("INSERT OR IGNORE INTO username VALUES (?, ?, ?)", (user_id, name, name.lower()))
        return done.rowcount == 1

    def forget_user(self, user_id: str) -> None:
        """Take a user's name back: what is said of the user cannot be loaded."""
        self._db.execute("DELETE FROM username WHERE id = ?", (user_id,))

    def username(self, user_id: str) -> str | None:
        """The name noted for a user."""
        found = self._db.execute("SELECT name FROM username WHERE id = ?", (user_id,)).fetchone()
        return found[0] if found else None

    def of_model(self, model: str) -> Iterator[tuple[Told, str]]:
        """The facts of one model and their first keys, in the order of the rows' numbers."""
        query = "SELECT model, pk, file, place, data, a FROM fact WHERE model = ? ORDER BY CAST(pk AS INTEGER), pk"
        for *source, data, a in self._db.execute(query, (model,)):
            yield Told(Source(*source), json.loads(data)), a

    def reference(self, name: str) -> dict[str, Any]:
        """Rows that others point at, by pk."""
        query = "SELECT b, data FROM fact WHERE kind = 'reference' AND a = ?"
        return {pk: json.loads(data) for pk, data in self._db.execute(query, (name,))}

    def count(self, kind: str) -> int:
        """How many items of a kind the facts speak of."""
        query = "SELECT count(*) FROM (SELECT DISTINCT a, b FROM fact WHERE kind = ? AND a IS NOT NULL)"
        return int(self._db.execute(query, (kind,)).fetchone()[0])

    def count_completions(self) -> int:
        """How many items of completions the facts speak of: they are written beside the progress items."""
        query = "SELECT count(*) FROM (SELECT DISTINCT a, b FROM fact WHERE model = 'completion.blockcompletion')"
        return int(self._db.execute(query).fetchone()[0])

    def items(self, kind: str) -> Iterator[tuple[str, str, list[Told]]]:
        """For each item of a kind: its two keys, and all the facts about it."""
        query = """SELECT a, b, model, pk, file, place, data FROM fact WHERE kind = ? AND a IS NOT NULL
                   ORDER BY a, b, rowid"""
        # A cursor of its own: writing goes on in between.
        found = self._db.cursor().execute(query, (kind,))
        for (a, b), group in groupby(found, key=lambda row: (row[0], row[1])):
            yield a, b, [Told(Source(*row[2:6]), json.loads(row[6])) for row in group]

    def _told(self, query: str) -> Iterator[Told]:
        for *source, data in self._db.execute(query).fetchall():
            yield Told(Source(*source), json.loads(data))

    def _index(self) -> None:
        self._db.execute("CREATE INDEX IF NOT EXISTS source ON fact (model, pk)")

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()
