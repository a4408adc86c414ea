"""Reads an Open edX course export (OLX): the course's attributes and its tree of published blocks.

    export = read_course_export(Path("course.tar.gz"))
    export.blocks[0].attributes["display_name"]

What cannot be read is listed in `problems`, and the rest is there all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lms.domain.block_types import CONTAINER_TYPES
from lms_lambda.load.olx.files import ExportFiles, ExportProblem, UnreadableExportError, is_course_export, read_files
from lms_lambda.load.olx.values import (
    ASSESSMENT_FIELDS,
    BLOCK_FIELDS,
    COURSE_FIELDS,
    ORA_FIELDS,
    SPLIT_TEST_FIELDS,
    Reader,
    typed_attributes,
)
from lms_lambda.load.olx.xml import COURSE_IDENTITY, Node

__all__ = [
    "CourseExport",
    "ExportProblem",
    "ExportedBlock",
    "UnreadableExportError",
    "is_course_export",
    "read_course_export",
]

MAX_DEPTH = 50
"""Levels of blocks, the course being the first; a real course has seven at most."""
_INHERITED = frozenset({"start", "due", "graded", "format", "visible_to_staff_only", "days_early_for_beta"})


@dataclass(frozen=True, slots=True)
class ExportedBlock:
    """One published block."""

    type: str
    """`sequential`."""
    name: str
    """Its url_name, the block id."""
    parent: int | None
    """Index in CourseExport.blocks; None only for the course block at index 0."""
    attributes: dict[str, Any]
    """What is set on the block; start, due, graded, format, visible_to_staff_only and days_early_for_beta also from the
    nearest ancestor that sets them. Dates are aware UTC datetimes, or None where the export sets null; group_access is
    partition id to group ids. An openassessment also has `ora`: submission_start and submission_due (datetime or None),
    date_config_type and teams_enabled if set, and assessments, a list of {name, start, due}. A split_test has
    user_partition_id and group_id_to_child, group id to usage key.
    """


@dataclass(frozen=True, slots=True)
class CourseExport:
    """One course run."""

    org: str
    number: str
    run: str
    attributes: dict[str, Any]
    """The course block's own, typed, policy.json applied; not org, course and url_name."""
    blocks: tuple[ExportedBlock, ...]
    """Parents before children, siblings in course order."""
    problems: tuple[ExportProblem, ...]


def read_course_export(path: Path) -> CourseExport:
    """The course that the export at `path` holds: a .tar.gz or .tar file, or a folder.

    Raises UnreadableExportError for something that is no course export, an archive that cannot be opened, and a course
    whose own file, organization, number or run cannot be read.
    """
    files = read_files(path)
    root = _course_node(files, "course.xml", path)
    run = root.name
    if run is None:
        raise UnreadableExportError(f"{path} is not a course export: its course.xml has no url_name")
    course_file = _file_of("course", run)
    is_pointed = root.is_pointer and course_file in files.nodes
    definition = _course_node(files, course_file, path) if is_pointed else root
    tree = _BlockTree(files, policy_names=[run, *([definition.name] if definition.name else [])])
    attributes = tree.add_course(root, run)
    return CourseExport(
        org=_course_identifier("org", root, definition, path),
        number=_course_identifier("course", root, definition, path),
        run=run,
        attributes=attributes,
        blocks=tuple(tree.blocks),
        problems=tuple(tree.problems),
    )


class _BlockTree:
    """The blocks of one course, as they are found from its course.xml down."""

    def __init__(self, files: ExportFiles, policy_names: list[str]) -> None:
        self.blocks: list[ExportedBlock] = []
        self.problems = dict.fromkeys(files.problems)  # a dict: a file refused unread is reported once
        self._files = files
        self._found: set[tuple[str, str]] = set()
        self._twins: Counter[str] = Counter()
        self._policy_names = policy_names
        paths = [f"policies/{name}/policy.json" for name in policy_names]
        self._policy_file = next((path for path in paths if path in files.policies), paths[0])
        self._policy = self._read_policy()

    def add_course(self, root: Node, run: str) -> dict[str, Any]:
        """Adds the course and every block below it; returns the course's own attributes, typed."""
        self._found.add(("course", run))
        node, file = self._definition(root, run, "course.xml")
        policy = {key: value for name in reversed(self._policy_names) for key, value in self._entry("course", name)}
        raw = {**_spelled_today(node.attributes), **policy}
        attributes = {name: raw[name] for name in raw if name not in COURSE_FIELDS and name not in COURSE_IDENTITY}
        attributes |= self._typed(raw, policy, COURSE_FIELDS, file)
        block_attributes = {name: value for name, value in attributes.items() if name in BLOCK_FIELDS}
        self.blocks.append(ExportedBlock("course", run, None, block_attributes))
        self._add_children(node, file, 0, depth=1)
        return attributes

    def _add_children(self, node: Node, file: str, index: int, depth: int) -> None:
        if self.blocks[index].type in CONTAINER_TYPES:
            for child in node.children:
                self._add_block(child, file, index, depth + 1)

    def _add_block(self, node: Node, file: str, parent: int, depth: int) -> None:
        name = node.name or self._generated_name(node)
        if (node.tag, name) in self._found:
            self._report(file, f"The block {node.tag}/{name} is in the course already; this second one is left out.")
            return
        if depth > MAX_DEPTH:
            self._report(file, f"The block {node.tag}/{name} is more than {MAX_DEPTH} levels deep; it is left out.")
            return
        self._found.add((node.tag, name))
        definition, file = self._definition(node, name, file)
        attributes = {key: value for key, value in self.blocks[parent].attributes.items() if key in _INHERITED}
        attributes |= self._own_attributes(node.tag, name, definition, file)
        self.blocks.append(ExportedBlock(node.tag, name, parent, attributes))
        self._add_children(definition, file, len(self.blocks) - 1, depth)

    def _generated_name(self, node: Node) -> str:
        """A name that is the same at each load, for a block that has none."""
        name = base = f"{node.tag}_{node.digest}"
        self._twins[base] += 1
        if self._twins[base] > 1:
            name = f"{base}_{self._twins[base]}"
        return name

    def _definition(self, node: Node, name: str, file: str) -> tuple[Node, str]:
        """The node that says what the block is, and the file it stands in: `node` itself unless it is a pointer."""
        if not node.is_pointer:
            return node, file
        path = _file_of(node.tag, name)
        found = self._files.nodes.get(path)
        if isinstance(found, Node):
            return found, path
        self._report(path, found or f"It is not in the export, but {file} points to it.")
        return node, file

    def _own_attributes(self, tag: str, name: str, node: Node, file: str) -> dict[str, Any]:
        policy = dict(self._entry(tag, name))
        raw = {**_spelled_today(node.attributes), **policy}
        if tag != "openassessment":
            fields = {**BLOCK_FIELDS, **SPLIT_TEST_FIELDS} if tag == "split_test" else BLOCK_FIELDS
            return self._typed(raw, policy, fields, file, f"{tag}/{name}")
        typed = self._typed(raw, policy, {**BLOCK_FIELDS, **ORA_FIELDS}, file, f"{tag}/{name}")
        ora = {field: typed.pop(field) for field in ORA_FIELDS if field in typed}
        steps = ora.pop("rubric_assessments", None)
        if node.assessments or not isinstance(steps, list):
            steps = node.assessments
        typed["ora"] = {
            "submission_start": None,
            "submission_due": None,
            **ora,
            "assessments": [self._assessment(step, file, name) for step in steps if isinstance(step, dict)],
        }
        return typed

    def _assessment(self, step: Mapping[str, Any], file: str, name: str) -> dict[str, Any]:
        unset = {"name": "", "start": None, "due": None}
        return unset | self._typed(step, {}, ASSESSMENT_FIELDS, file, f"openassessment/{name}")

    def _typed(
        self,
        raw: Mapping[str, Any],
        policy: Mapping[str, Any],
        fields: Mapping[str, Reader],
        file: str,
        block: str = "the course",
    ) -> dict[str, Any]:
        def unreadable(attribute: str, reason: str) -> None:
            self._report(self._policy_file if attribute in policy else file, f"{attribute} of {block} {reason}.")

        return typed_attributes(raw, fields, unreadable)

    def _read_policy(self) -> dict[str, Any]:
        policy = self._files.policies.get(self._policy_file, {})
        if isinstance(policy, str):
            self._report(self._policy_file, policy)
            return {}
        return policy

    def _entry(self, tag: str, name: str) -> list[tuple[str, Any]]:
        entry = self._policy.get(f"{tag}/{name}", {})
        if not isinstance(entry, dict):
            self._report(self._policy_file, f"The entry {tag}/{name} is not a JSON object.")
            return []
        return list(entry.items())

    def _report(self, file: str, reason: str) -> None:
        self.problems.setdefault(ExportProblem(file, reason))


def _file_of(tag: str, name: str) -> str:
    return f"{tag}/{name.replace(':', '/')}.xml"


def _course_node(files: ExportFiles, file: str, path: Path) -> Node:
    node = files.nodes[file]
    if isinstance(node, str):
        raise UnreadableExportError(f"{path} cannot be read, because of its {file}: {node}")
    if node.tag != "course":
        raise UnreadableExportError(f"{path} is not a course export: its {file} holds <{node.tag}>, not <course>")
    return node


def _course_identifier(attribute: str, root: Node, definition: Node, path: Path) -> str:
    value = root.attributes.get(attribute) or definition.attributes.get(attribute)
    if not value:
        raise UnreadableExportError(f"{path} is not a course export: its course.xml has no {attribute}")
    return value


def _spelled_today(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes with `name`, the old spelling, as display_name."""
    old = {"display_name": attributes["name"]} if "name" in attributes else {}
    return {**old, **{key: value for key, value in attributes.items() if key != "name"}}
