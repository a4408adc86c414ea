"""A load as its user sees it: a progress bar, each rejected row, and a table at the end."""

import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from lms_lambda.load.loader import Loader, ProgressListener, Rejection, Report

_MOST_REJECTIONS = 100
"""Rejected rows that are shown one by one; more are only counted."""


class _Console(Console):
    """A console that leaves it to the command what to do where its reader went away."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _ProgressBar(ProgressListener):
    """Progress as a bar on standard error, where that is a terminal."""

    def __init__(self, console: Console) -> None:
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> "_ProgressBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin_phase(self, name: str, total: int) -> None:
        self._task = self._bar.add_task(f"{name:8}", total=total)

    def advance(self, number: int) -> None:
        self._bar.advance(self._task, number)


def load_and_show(paths: Sequence[Path], quiet: bool = False) -> int:
    """Load the files and say what became of them; the exit code. `quiet`: only what went wrong is said."""
    os.environ.setdefault("TABLE_READ_SECONDS", "60")
    out, err = _Console(highlight=False), _Console(stderr=True, highlight=False)
    count = 0

    def show_rejection(rejection: Rejection) -> None:
        nonlocal count
        count += 1
        if count <= _MOST_REJECTIONS:
            err.print(_rejection_line(rejection), markup=False, soft_wrap=True)

    with _ProgressBar(err) as progress:
        report = Loader(show_rejection, progress, int(os.environ.get("SITE_ID") or 1)).load(paths)
    if count > _MOST_REJECTIONS:
        err.print(f"… and {count - _MOST_REJECTIONS:,} more rejected rows.")
    for problem in report.unusable:
        err.print(f"unusable: {problem}", markup=False, soft_wrap=True)
    if not quiet:
        _show(report, out)
    return report.exit_code


def _rejection_line(rejection: Rejection) -> str:
    row = " ".join(part for part in (rejection.model, rejection.pk and f"pk {rejection.pk}") if part)
    return ": ".join(part for part in (f"rejected: {rejection.file}, {rejection.place}", row, rejection.reason) if part)


def _show(report: Report, out: Console) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("model", no_wrap=True, overflow="ignore", min_width=max(map(len, report.models), default=5))
    for column in ("read", "written", "skipped", "rejected"):
        table.add_column(column, justify="right")
    for model, count in sorted(report.models.items()):
        table.add_row(Text(model), *(f"{n:,}" for n in (count.read, count.written, count.skipped, count.rejected)))
    out.print(table, crop=False, no_wrap=True, width=max(out.width, 120))
    items = report.items
    parts = [f"{items['written']:,} written", f"{items['unchanged']:,} unchanged"]
    if items["kept"]:
        parts.append(f"{items['kept']:,} left as the API changed them since the dump")
    out.print(f"Items: {', '.join(parts)}.")
