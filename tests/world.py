"""A site for a test, written down as an operator's files: rows of a Django dump, and course exports (OLX)."""

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from lms.table.client import table_name
from lms.table.ttl_cache import forget_cached
from lms_lambda.dynamodb.tables import sdk_client
from lms_lambda.load.loader import Loader, ProgressListener, Rejection, Report

COURSE_A = "course-v1:DemoX+DX101+2026_T1"
COURSE_B = "course-v1:DemoX+DX200+2025_T3"
DAY_ONE = "2026-03-16T00:00:00Z"

# A tree is a list of blocks; a block is (type, name, attributes, children).
type_and_name = tuple[str, str]
Tree = list[tuple[Any, ...]]

WORKED_TREE: Tree = [
    (
        "chapter",
        "ch1",
        [
            ("sequential", "s11", [("vertical", "v111"), ("vertical", "v112")]),
            ("sequential", "s12", [("vertical", "v121")]),
        ],
    ),
    ("chapter", "ch2", [("sequential", "s21", [("vertical", "v211")])]),
]
"""The tree of mobile-users.md 5.4."""


def usage_key(course_id: str, block_type: str, name: str) -> str:
    """`block-v1:…+type@…+block@…`"""
    namespace, _, parts = course_id.partition(":")
    return f"{'ccx-block-v1' if namespace == 'ccx-v1' else 'block-v1'}:{parts}+type@{block_type}+block@{name}"


class World:
    """Rows and exports, collected by the calls below and loaded by `load`. Every row can be given any field.

    `folder` takes the files; the table is empty. `copies`: what another test has loaded from the same files is copied.
    """

    def __init__(self, folder: Path, copies: bool = False) -> None:
        self._folder = folder
        self._may_copy = copies
        self._numbers = itertools.count(1000)
        self.rows: list[dict[str, Any]] = []
        self.files: list[Path] = []
        self.rejections: list[Rejection] = []
        self._users: dict[str, int] = {}

    def row(self, model: str, pk: int | str | None = None, **fields: Any) -> int | str:
        """One row of a dump; its pk."""
        pk = next(self._numbers) if pk is None else pk
        self.rows.append({"model": model, "pk": pk, "fields": fields})
        return pk

    def user(self, username: str = "mona", pk: int | None = None, name: str | None = "Mona Demo", **fields: Any) -> int:
        """An account and its profile (none where `name` is None); its id."""
        pk = next(self._numbers) if pk is None else pk
        account: dict[str, Any] = {
            "email": f"{username}@example.org",
            "is_active": True,
            "is_staff": False,
            "is_superuser": False,
        }
        self.row("auth.user", pk, username=username, **account | fields)
        if name is not None:
            self.row("student.userprofile", user=pk, name=name)
        self._users[username] = pk
        return pk

    def course(self, course_id: str = COURSE_A, **fields: Any) -> str:
        """A course overview: available on mobile, begun on 16 March 2026, ending in July; its id."""
        _, _, parts = course_id.partition(":")
        org, number = (parts.split("+") if parts else course_id.split("/"))[:2]
        overview: dict[str, Any] = {
            "org": org,
            "display_name": f"Demo {number}",
            "display_number_with_default": number,
            "display_org_with_default": org,
            "start": DAY_ONE,
            "end": "2026-07-01T00:00:00Z",
            "advertised_start": None,
            "course_image_url": f"/asset-v1:{parts}+type@asset+block@a.png",
            "social_sharing_url": None,
            "marketing_url": None,
            "self_paced": False,
            "mobile_available": True,
            "visible_to_staff_only": False,
            "days_early_for_beta": None,
            "certificates_display_behavior": "end",
            "certificates_show_before_end": False,
            "certificate_available_date": None,
            "cert_html_view_enabled": False,
        }
        self.row("course_overviews.courseoverview", course_id, **overview | fields)
        return course_id

    def enroll(self, username: str = "mona", course_id: str = COURSE_A, **fields: Any) -> int | str:
        """An enrollment: active, audit, of 2 March 2026; its pk."""
        said: dict[str, Any] = {"created": "2026-03-02T09:30:15.123Z", "is_active": True, "mode": "audit"}
        return self.row("student.courseenrollment", user=self._users[username], course=course_id, **said | fields)

    def mode(self, slug: str, course_id: str = COURSE_A, **fields: Any) -> None:
        """A course mode without expiration."""
        said: dict[str, Any] = {"min_price": 0, "currency": "usd", "_expiration_datetime": None}
        skus = {"sku": None, "android_sku": None, "ios_sku": None}
        self.row("course_modes.coursemode", course=course_id, mode_slug=slug, **said | skus | fields)

    def role(self, username: str, role: str, course_id: str = "", org: str | None = None) -> None:
        """A course access role: on a course, or on all of an organization's."""
        named = org if org is not None else course_id.partition(":")[2].partition("+")[0]
        self.row("student.courseaccessrole", user=self._users[username], org=named, course_id=course_id, role=role)

    def state(self, username: str, block: type_and_name, state: Any, modified: str, course_id: str = COURSE_A) -> None:
        """A student module, e.g. a saved position."""
        self.row(
            "courseware.studentmodule",
            student=self._users[username],
            course_id=course_id,
            module_state_key=usage_key(course_id, *block),
            module_type=block[0],
            state=state if state is None or isinstance(state, str) else json.dumps(state),
            created=modified,
            modified=modified,
        )

    def completion(
        self, username: str, block: type_and_name, modified: str, course_id: str = COURSE_A, **fields: Any
    ) -> None:
        """A block completion, created when it was last modified."""
        key = usage_key(course_id, *block)
        said: dict[str, Any] = {"block_type": block[0], "completion": 1.0, "created": modified, "modified": modified}
        user = self._users[username]
        self.row("completion.blockcompletion", user=user, context_key=course_id, block_key=key, **said | fields)

    def export(self, tree: Tree, course_id: str = COURSE_A, **attributes: str) -> Path:
        """A course export in the older layout, with every block in one file; the folder.

        A block of the tree is (type, name), with a dict of attributes and a list of children where it has them.
        """
        org, number, run = course_id.partition(":")[2].split("+")
        folder = self._folder / f"export-{next(self._numbers)}"
        folder.mkdir()
        names = {"url_name": run, "org": org, "course": number, "display_name": f"Demo {number}"}
        folder.joinpath("course.xml").write_text(_element("course", names | attributes, tree))
        self.files.append(folder)
        return folder

    def load(self) -> Report:
        """Load everything collected so far, as `lms-lambda load` would, and start anew. `rejections` keeps the rest."""
        dump = self._folder / f"dump-{next(self._numbers)}.json"
        dump.write_text(json.dumps(self.rows))
        files = [*self.files, *([dump] if self.rows else [])]
        loaded = _load_or_copy(files) if self._may_copy else _load(files)
        self._may_copy = False
        self.rejections += loaded.rejections
        self.rows, self.files = [], []
        forget_cached()
        return loaded.report


@dataclass(frozen=True)
class _Loaded:
    """What came of a load."""

    report: Report
    rejections: list[Rejection]


@dataclass(frozen=True)
class _LoadedBefore:
    """What came of a load into an empty table: all the items, too."""

    loaded: _Loaded
    items: list[dict[str, Any]]


_loaded_before: dict[str, _LoadedBefore] = {}
"""By digest of the files."""


def _load(files: list[Path]) -> _Loaded:
    rejections: list[Rejection] = []
    report = Loader(rejections.append, ProgressListener()).load(files)
    return _Loaded(report, rejections)


def _load_or_copy(files: list[Path]) -> _Loaded:
    """Load into an empty table; or put the items that came of it when the same files were loaded into another before.

    Most tests of a module begin with the same site, and to put its items takes a fifth of the time.
    """
    digest = _digest_of(files)
    before = _loaded_before.get(digest)
    if before is None:
        loaded = _load(files)
        pages = sdk_client().get_paginator("scan").paginate(TableName=table_name(), ConsistentRead=True)
        before = _loaded_before[digest] = _LoadedBefore(loaded, [item for page in pages for item in page["Items"]])
    else:
        _put(before.items)
    return before.loaded


def _digest_of(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        for path in [file] if file.is_file() else sorted(path for path in file.rglob("*") if path.is_file()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(file.parent)} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _put(items: list[dict[str, Any]]) -> None:
    batch_size = 25  # DynamoDB's limit
    for start in range(0, len(items), batch_size):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + batch_size]]
        answer = sdk_client().batch_write_item(RequestItems={table_name(): requests})
        assert not answer["UnprocessedItems"]


def _element(tag: str, attributes: dict[str, str], children: Tree) -> str:
    inner = ""
    for block_type, name, *rest in children:
        said = next((part for part in rest if isinstance(part, dict)), {})
        below = next((part for part in rest if isinstance(part, list)), [])
        # Never only a url_name: that would be a pointer to a file of its own.
        named = {"url_name": name, "display_name": name}
        inner += _element(block_type, named | said, below)
    shown = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{tag} {shown}>{inner}</{tag}>"
