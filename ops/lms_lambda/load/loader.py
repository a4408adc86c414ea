"""Loads dumps and course exports into the table: reads them all, writes what differs, says what became of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lms.table.change_writer import write_changes
from lms.table.changes import Change
from lms.table.users import usernames
from lms_lambda.load import compose, dates, site
from lms_lambda.load.dump import BadRow, UnreadableDumpError, read_dump
from lms_lambda.load.export import NotACourseError, course_key_of, export_changes
from lms_lambda.load.models import MODELS, RowRejectedError, facts_of
from lms_lambda.load.olx.course import UnreadableExportError, is_course_export, read_course_export
from lms_lambda.load.staging import Source, Staging

COURSE_EXPORT = "course export (OLX)"
"""Stands where a Django model stands for the rows of a dump."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row, or a file of an export, that was not loaded."""

    file: str
    place: str
    """The row's place in the file; of an export, the file in it."""
    model: str
    """Empty, like the pk, for what is no row."""
    pk: str
    reason: str


@dataclass(slots=True)
class ModelCount:
    """What became of the rows of one model."""

    read: int = 0
    skipped: int = 0
    """Rows that the API does not need."""
    rejected: int = 0

    @property
    def written(self) -> int:
        """Rows whose content is in the table now."""
        return self.read - self.skipped - self.rejected


@dataclass(slots=True)
class Report:
    """What a load did."""

    models: dict[str, ModelCount] = field(default_factory=dict)
    """Rows by model, also those of models that are skipped."""
    items: Counter[str] = field(default_factory=Counter)
    """Items by outcome: written, unchanged, kept, refused."""
    rejections: int = 0
    unusable: list[str] = field(default_factory=list)
    """Files that are neither a dump nor an export, or cannot be read to their end, and why."""

    @property
    def exit_code(self) -> int:
        """0: all was loaded. 1: some rows were rejected. 2: a file, or all of it, was unusable."""
        if self.unusable:
            return 2
        return 1 if self.rejections else 0


class ProgressListener:
    """Hears how far a load is; this one keeps it to itself."""

    def begin_phase(self, name: str, total: int) -> None:
        """A new phase begins, of so many bytes or items."""

    def advance(self, number: int) -> None:
        """So many more are done."""


class Loader:
    """Loads once. `on_rejection` hears of each row that is not loaded, as soon as that is known."""

    def __init__(self, on_rejection: Callable[[Rejection], None], progress: ProgressListener, site_id: int = 1) -> None:
        self._on_rejection = on_rejection
        self._progress = progress
        self._site_id = site_id
        self._report = Report()
        self._staging = Staging()
        self._exports: list[tuple[str, Path]] = []

    def load(self, paths: Sequence[Path]) -> Report:
        """Load the files. Raises UnavailableError; loading again goes on from there."""
        try:
            self._read(paths)
            self._write()
        finally:
            self._staging.close()
        for model, number in self._staging_rejections.items():
            self._count(model).rejected += number
        return self._report

    # --- Reading ------------------------------------------------------------------------------------------------------

    def _read(self, paths: Sequence[Path]) -> None:
        self._progress.begin_phase("Reading", sum(path.stat().st_size for path in paths if path.is_file()))
        for path in paths:
            try:
                if is_course_export(path):
                    self._exports.append((path.name, path))
                elif path.is_dir():
                    self._report.unusable.append(f"{path}: the folder holds no course.xml")
                else:
                    self._read_dump(path)
            except (UnreadableDumpError, UnreadableExportError) as error:
                self._report.unusable.append(f"{path}: {error}")
            except OSError as error:
                self._report.unusable.append(f"{path}: {error.strerror or error}")

    def _read_dump(self, path: Path) -> None:
        reported = 0

        def report(position: int) -> None:
            nonlocal reported
            self._progress.advance(position - reported)
            reported = position

        for row in read_dump(path, report):
            count = self._count(row.model or "(no model)")
            count.read += 1
            if isinstance(row, BadRow):
                count.rejected += 1
                self._report_rejection(Rejection(path.name, row.place, row.model, row.pk, row.reason))
            elif row.model not in MODELS:
                count.skipped += 1
            else:
                source = Source(row.model, row.pk, path.name, row.place)
                try:
                    facts = facts_of(row.model, row.pk, row.fields)
                except RowRejectedError as rejection:
                    count.rejected += 1
                    self._report_rejection(Rejection(path.name, row.place, row.model, row.pk, str(rejection)))
                    continue
                self._staging.add(source, facts)
                if not facts:
                    count.skipped += 1

    # --- Writing ------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        staging = self._staging
        staging.resolve_enrollments()
        compose.register_usernames(staging, self._reject)
        self._register_users_of_table()
        kinds = ("user", "enrollment", "role", "progress", "course", "course_dates", "site")
        total = sum(staging.count_items(kind) for kind in kinds) + staging.count_completions() + len(self._exports)
        self._progress.begin_phase("Writing", total)
        # Users first: who cannot be written has no enrollments, roles or progress either.
        self._write_users()
        # Exports before overviews, which are exact where an export has to guess.
        for name, path in self._exports:
            self._write_changes(self._read_export(name, path))
        self._write_changes(compose.course_changes(staging, self._reject))
        self._write_changes(dates.course_dates_changes(staging, self._reject))
        self._write_changes(site.site_changes(staging, self._site_id))
        self._write_changes(compose.enrollment_changes(staging, self._reject))
        self._write_changes(compose.role_changes(staging, self._reject))
        self._write_changes(compose.progress_changes(staging, self._reject))
        self._staging_rejections = staging.count_rejected()

    def _write_users(self) -> None:
        refused: list[Change] = []
        users = compose.user_changes(self._staging, self._reject)
        outcomes = write_changes(users, lambda change, _: refused.append(change), self._progress.advance)
        del outcomes["refused"]
        self._report.items.update(outcomes)
        # Once more: an e-mail may be free now that its old owner is written.
        self._write_changes(iter(refused))

    def _register_users_of_table(self) -> None:
        """Find the names of users that the dump speaks of, but does not hold, in the table."""
        unknown = [user_id for user_id in self._staging.unknown_users() if user_id.isdigit()]
        for at in range(0, len(unknown), 1000):
            for user_id, username in usernames(map(int, unknown[at : at + 1000])).items():
                self._staging.register_username(str(user_id), username)

    def _read_export(self, name: str, path: Path) -> Iterator[Change]:
        count = self._count(COURSE_EXPORT)
        try:
            export = read_course_export(path)
            course_id = str(course_key_of(export))
        except (UnreadableExportError, NotACourseError) as error:
            self._report.unusable.append(f"{path}: {error}")
            return
        count.read += 1
        for problem in export.problems:
            self._report_rejection(Rejection(name, problem.file, COURSE_EXPORT, course_id, problem.reason))
        if len(export.blocks) == 1 and export.problems:
            # Nothing of the tree could be read; an outline that is in the table is better than none.
            count.rejected += 1
            return
        yield from export_changes(export, Source(COURSE_EXPORT, course_id, name, "course.xml"))

    def _write_changes(self, changes: Iterator[Change]) -> None:
        self._report.items.update(write_changes(changes, self._refuse, self._progress.advance))

    def _refuse(self, change: Change, reason: str) -> None:
        if change.account_id is not None:
            self._staging.unregister_username(str(change.account_id))
        for source in change.sources:
            self._reject(source, reason)

    def _reject(self, source: Source, reason: str) -> None:
        if self._staging.reject(source):
            self._report_rejection(Rejection(source.file, source.place, source.model, source.pk, reason))

    def _report_rejection(self, rejection: Rejection) -> None:
        self._report.rejections += 1
        self._on_rejection(rejection)

    def _count(self, model: str) -> ModelCount:
        return self._report.models.setdefault(model, ModelCount())
