"""Reduces one XML file of a course export to its blocks: tag, attributes, children.

The file is read as a stream of tags, so that the content of a problem or an HTML block, however large or deep, is
never held in memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from lms.domain.block_types import CONTAINER_TYPES
from lms_lambda.load.olx.values import ASSESSMENT_FIELDS, BLOCK_FIELDS, ORA_FIELDS, SPLIT_TEST_FIELDS

_NOT_BLOCKS = frozenset(
    {
        *("wiki", "textbook", "pdf_textbook", "html_textbook", "grading_policy", "policy"),
        *("metadata", "meta", "license"),
        "show",  # a conditional's list of the blocks it shows
    }
)
_FIELD_NAMESPACE = "{http://code.edx.org/xblock/option}"
"""Begins the tag of a child element that holds a field of an XBlock."""
_IDENTITY = frozenset({"url_name", "slug"})
COURSE_IDENTITY = _IDENTITY | {"org", "course"}
_KEPT_ATTRIBUTES = _IDENTITY | {"name"} | BLOCK_FIELDS.keys() | ORA_FIELDS.keys() | SPLIT_TEST_FIELDS.keys()
_GENERATED_DIGITS = 12
"""Hex digits of a generated name."""


class BrokenXmlError(Exception):
    """An XML file that cannot be read; the message is the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One block as an XML file writes it."""

    tag: str
    attributes: dict[str, str]
    """All of a course's, else those that are of use."""
    is_pointer: bool
    """Whether it only names a block that has a file of its own."""
    digest: str
    """12 hex digits that are the same for the same XML, whatever its indentation."""
    children: tuple[Node, ...]
    """Empty for a leaf."""
    assessments: tuple[dict[str, str], ...]
    """Attributes of an openassessment's steps: name, start, due."""

    @property
    def name(self) -> str | None:
        """The block's url_name, or its old spelling `slug`."""
        return _name(self.attributes)


def read_node(content: bytes) -> Node:
    """The block that an XML file holds. Raises BrokenXmlError; entities are refused, whatever they would expand to."""
    builder = _NodeBuilder()
    parser = DefusedXMLParser(target=builder)
    try:
        parser.feed(content)
        parser.close()
    except ParseError as error:
        raise BrokenXmlError(f"It is not well-formed XML: {error}.") from None
    except DefusedXmlException:
        raise BrokenXmlError("It declares XML entities, which are not read.") from None
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise BrokenXmlError(f"Its encoding cannot be read: {error}.") from None
    return builder.root


@dataclass(slots=True)
class _OpenElement:
    """A block whose end tag has not been read."""

    tag: str
    attributes: dict[str, str]
    is_empty: bool = True
    children: list[Node] = field(default_factory=list)
    assessments: list[dict[str, str]] = field(default_factory=list)
    title: str = ""
    content: hashlib._Hash = field(default_factory=lambda: hashlib.sha1(usedforsecurity=False))

    def closed(self) -> Node:
        identity, kept = (
            (COURSE_IDENTITY, self.attributes.keys()) if self.tag == "course" else (_IDENTITY, _KEPT_ATTRIBUTES)
        )
        titled = {"display_name": self.title.strip()} if self.title.strip() else {}
        return Node(
            tag=self.tag,
            attributes=titled | {name: value for name, value in self.attributes.items() if name in kept},
            is_pointer=self.is_empty and self.attributes.keys() <= identity and _name(self.attributes) is not None,
            digest=self.content.hexdigest()[:_GENERATED_DIGITS],
            children=tuple(self.children),
            assessments=tuple(self.assessments),
        )


class _NodeBuilder:
    """A parser target that builds Nodes. It keeps a stack of its own: nesting costs no recursion."""

    root: Node

    def __init__(self) -> None:
        self._open: list[_OpenElement] = []
        self._content_depth = 0  # open elements that are content, below the innermost open block
        self._in_title = False  # directly in an openassessment's title, which is its display name

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._open:
            self._open[-1].is_empty = False
        if self._content_depth or not self._is_block(tag):
            self._content_depth += 1
            self._in_title = self._content_depth == 1 and tag == "title" and self._open[-1].tag == "openassessment"
            self._add_content(tag, attributes)
        else:
            self._open.append(_OpenElement(tag, attributes))
            self._hash_start(tag, attributes)

    def data(self, text: str) -> None:
        # Indentation is not content, and must not change a generated name.
        if text.strip():
            self._open[-1].is_empty = False
            self._hash("text", text.strip())
            if self._in_title:
                self._open[-1].title += text

    def end(self, tag: str) -> None:
        if self._content_depth:
            self._content_depth -= 1
            self._in_title = False
            self._hash(">", tag)
            return
        node = self._open.pop().closed()
        if self._open:
            self._open[-1].children.append(node)
            self._hash("block", node.digest)
        else:
            self.root = node

    def close(self) -> None:
        """Called by the parser at the end of the file."""

    def _is_block(self, tag: str) -> bool:
        if not self._open:
            return True
        return self._open[-1].tag in CONTAINER_TYPES and tag not in _NOT_BLOCKS and not tag.startswith(_FIELD_NAMESPACE)

    def _add_content(self, tag: str, attributes: dict[str, str]) -> None:
        block = self._open[-1]
        if block.tag == "openassessment" and tag == "assessment":
            block.assessments.append({name: attributes[name] for name in ASSESSMENT_FIELDS if name in attributes})
        self._hash_start(tag, attributes)

    def _hash_start(self, tag: str, attributes: dict[str, str]) -> None:
        self._hash("<", tag, *(f"{name}={value}" for name, value in sorted(attributes.items())))

    def _hash(self, *parts: str) -> None:
        # XML holds no NUL, so that different content never hashes the same bytes.
        self._open[-1].content.update("\0".join((*parts, "")).encode())


def _name(attributes: dict[str, str]) -> str | None:
    return attributes.get("url_name") or attributes.get("slug") or None
