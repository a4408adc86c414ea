"""Reads the XML and policy files of a course export from a folder or a tar archive; nothing is written to disk.

Each file is reduced as soon as it is read, so that an export of a gigabyte, most of it static files, takes little
memory.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lms_lambda.load.olx.xml import BrokenXmlError, Node, read_node
from lms_lambda.load.reading import open_unpacked, parse_json

MAX_FILE_BYTES = 20 * 1024 * 1024
"""More than an XML file of a real course has: below 1 MB."""
_UNREAD_FOLDERS = frozenset({"static", "assets", "drafts"})
"""Drafts are unpublished blocks."""


class UnreadableExportError(Exception):
    """A file or folder that is no course export, or one that cannot be opened; the message says which and why."""


@dataclass(frozen=True, slots=True)
class ExportProblem:
    """One thing that could not be read."""

    file: str
    """Its path inside the export."""
    reason: str
    """One plain sentence."""


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """What an export holds."""

    nodes: dict[str, Node | str]
    """The XML files, by path inside the course's folder. A text stands for a file that cannot be read: why."""
    policies: dict[str, dict[str, Any] | str]
    """The policy files, likewise."""
    problems: list[ExportProblem]
    """Members that were refused unread."""


_Content = Node | dict[str, Any] | str


@dataclass(frozen=True, slots=True)
class _Member:
    path: str
    size: int
    is_regular: bool
    """A file, not a link or a device."""
    read: Callable[[], bytes]


def is_course_export(path: Path) -> bool:
    """Whether `path` is a folder or tar with a course.xml at its top or one folder down. False when unreadable."""
    try:
        with _named(path):
            return any(_course_folder_of(member.path) is not None for member in _members(path))
    except UnreadableExportError:
        return False


def read_files(path: Path) -> ExportFiles:
    """The files of the export at `path` that describe its course. Raises UnreadableExportError."""
    with _named(path):
        contents, refused = _read_members(_members(path))
    prefix = _course_prefix(path, contents)
    inside = {name.removeprefix(prefix): value for name, value in contents.items() if name.startswith(prefix)}
    return ExportFiles(
        nodes={name: value for name, value in inside.items() if not isinstance(value, dict)},
        policies={name: value for name, value in inside.items() if not isinstance(value, Node)},
        problems=[ExportProblem(problem.file.removeprefix(prefix), problem.reason) for problem in refused],
    )


def _read_members(members: Iterator[_Member]) -> tuple[dict[str, _Content], list[ExportProblem]]:
    contents: dict[str, _Content] = {}
    refused: list[ExportProblem] = []
    for member in members:
        parts = _parts(member.path)
        if _escapes(member.path):
            refused.append(ExportProblem(member.path, "Its path leads out of the export; it was not read."))
        elif parts and _describes_the_course(parts):
            name = "/".join(parts)
            reason = _refusal(member)
            if reason:
                refused.append(ExportProblem(name, reason))
            contents[name] = reason or _reduced(parts[-1], member.read())
    return contents, refused


def _members(path: Path) -> Iterator[_Member]:
    return _folder_members(path) if path.is_dir() else _archive_members(path)


def _folder_members(path: Path) -> Iterator[_Member]:
    """The files of the course's folder, which is `path` or a folder right in it; of nothing else that `path` holds."""
    courses = [path] if (path / "course.xml").is_file() else [file.parent for file in path.glob("*/course.xml")]
    for course in courses:
        for folder, subfolders, names in os.walk(course, onerror=_raise):
            if Path(folder) == course:
                subfolders[:] = [name for name in subfolders if name not in _UNREAD_FOLDERS]
            for name in names:
                file = Path(folder, name)
                # Courses kept in git link course.xml to one of several roots; a link within the course is harmless.
                is_regular = file.is_file() and file.resolve().is_relative_to(course.resolve())
                size = file.stat().st_size if is_regular else 0
                yield _Member(_printable(file.relative_to(path).as_posix()), size, is_regular, file.read_bytes)


def _archive_members(path: Path) -> Iterator[_Member]:
    # Not tarfile's own "r|gz": it takes a truncated gzip file for a complete one.
    with open_unpacked(path) as (_, stream), tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            cast(Any, archive).members.clear()  # tarfile keeps every header it has read
            if entry.isdir():
                continue

            def read(entry: tarfile.TarInfo = entry) -> bytes:
                content = archive.extractfile(entry)
                return content.read() if content else b""

            yield _Member(_printable(entry.name), entry.size, entry.isreg(), read)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turns what goes wrong while the export is read into an UnreadableExportError that names it."""
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:  # hostile headers reach all of these
        raise UnreadableExportError(f"{path} is not a readable tar archive: {error}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableExportError(f"{path} is a damaged gzip file: {error}") from error
    except OSError as error:
        raise UnreadableExportError(f"{path} cannot be opened: {error}") from error


def _describes_the_course(parts: list[str]) -> bool:
    folders = parts[:-1]
    if parts[-1] == "policy.json":
        return "policies" in folders[:2]
    # "._" files are macOS metadata, which its tar adds next to each file.
    is_xml = parts[-1].endswith(".xml") and not parts[-1].startswith("._")
    return is_xml and _UNREAD_FOLDERS.isdisjoint(folders[:2])


def _refusal(member: _Member) -> str | None:
    if not member.is_regular:
        return "It is not a regular file but a link or a device; it was not read."
    if member.size > MAX_FILE_BYTES:
        return f"It has {member.size} bytes, more than the {MAX_FILE_BYTES} that are read of one file."
    return None


def _reduced(name: str, content: bytes) -> _Content:
    return _policy(content) if name == "policy.json" else _node(content)


def _node(content: bytes) -> Node | str:
    try:
        return read_node(content)
    except BrokenXmlError as error:
        return str(error)


def _policy(content: bytes) -> dict[str, Any] | str:
    try:
        policy = parse_json(content)
    except ValueError as error:
        return f"It is not JSON: {error}."
    return policy if isinstance(policy, dict) else "It is not a JSON object."


def _course_folder_of(path: str) -> str | None:
    """The course's folder, "" for the top, when `path` can be a course.xml that tells it."""
    parts = _parts(path)
    if parts[-1:] != ["course.xml"] or len(parts) > 2 or _escapes(path):
        return None
    return "/".join(parts[:-1])


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _escapes(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")


def _course_prefix(path: Path, contents: dict[str, _Content]) -> str:
    """What the paths of the course's files begin with. Raises UnreadableExportError for no course, or more than one."""
    folders = sorted({folder for name in contents if (folder := _course_folder_of(name)) is not None})
    if not folders:
        raise UnreadableExportError(f"{path} is not a course export: it holds no course.xml")
    # A run named "course" has its own file at course/course.xml: what stands at the top wins.
    if folders[0] and len(folders) > 1:
        raise UnreadableExportError(f"{path} holds more than one course: {', '.join(folders)}")
    return f"{folders[0]}/" if folders[0] else ""


def _printable(path: str) -> str:
    """Names that are not UTF-8 come with surrogates, which no terminal prints."""
    return path.encode("utf-8", "backslashreplace").decode()


def _raise(error: OSError) -> None:
    raise error
