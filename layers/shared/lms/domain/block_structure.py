"""A course as Open edX builds it for one learner, its "block structure": what progress and assignments are counted in.

(mobile-users.md 7.8, 7.11)
"""

from collections.abc import Mapping, Sequence

from lms.domain.outline import Outline, Viewer, position_key
from lms.domain.partitions import GroupAccess

_RANDOMIZED_TYPES = frozenset({"library_content", "legacy_library_content", "itembank"})


class BlockStructure:
    """The blocks that count for a learner. Blocks are indexes in the outline.

    Blocks that only staff or other groups see are left out, and what was not selected of a randomized block; blocks
    that begin later are not. A split_test gives way to the learner's arm of it.
    """

    def __init__(self, outline: Outline, viewer: Viewer, selected: Mapping[str, Sequence[str]]) -> None:
        """`selected`: `type@id` of a randomized block -> `type@id` of the learner's children of it, in their order."""
        self._outline = outline
        self._viewer = viewer
        self._selected = selected
        self._partitions = {partition.id: partition for partition in outline.partitions}
        self._children: dict[int, list[int]] = {}

    def children(self, index: int) -> Sequence[int]:
        """The block's children, in the order in which the learner meets them."""
        if index not in self._children:
            self._children[index] = [child for child in self._without_split_tests(index) if self._is_open(child)]
        return self._children[index]

    def _without_split_tests(self, index: int) -> list[int]:
        """Open edX takes a split_test out, and hangs its children behind all the others of its parent."""
        children = self._shown(index)

        def replace_split_test(child: int) -> None:
            if self._outline.blocks[child].type != "split_test":
                return
            arms = self._shown(child)
            children.remove(child)
            children.extend(arms)
            for arm in arms:
                replace_split_test(arm)

        for child in tuple(children):
            replace_split_test(child)
        return children

    def _shown(self, index: int) -> list[int]:
        """The children that are selected and not for staff only."""
        children = self._outline.children(index)
        selected = self._selection(index, children)
        shown = [
            child
            for child in selected or children
            if self._viewer.staff or not self._outline.blocks[child].visible_to_staff_only
        ]
        # Where one of those that were selected is hidden, Open edX leaves the others in course order.
        return shown if len(shown) == len(selected) else sorted(shown)

    def _selection(self, index: int, children: Sequence[int]) -> list[int]:
        """The children that were selected for the learner, in their order; none where it is not known which."""
        block = self._outline.blocks[index]
        if block.type not in _RANDOMIZED_TYPES:
            return []
        by_key = {position_key(self._outline.blocks[child]): child for child in children}
        selected = dict.fromkeys(self._selected.get(position_key(block), ()))
        return [by_key[key] for key in selected if key in by_key]

    def _is_open(self, index: int) -> bool:
        """Whether the block is open to the learner's groups; whoever is staff is in all of them."""
        if self._viewer.staff:
            return True
        rules = [self._group_access(at) for at in self._outline.ancestors(index)]
        return self._viewer.groups.admit_to_block_structure(rules)

    def _group_access(self, index: int) -> GroupAccess:
        """The block's own rule, in which an arm of a split_test is for the group that has it, or for everybody."""
        block = self._outline.blocks[index]
        split_test = self._outline.blocks[block.parent] if block.parent is not None else block
        partition = self._partitions.get(split_test.user_partition_id or "")
        if split_test.type != "split_test" or partition is None:
            return block.group_access
        arms = {split_test.group_id_to_child.get(str(group)): group for group in partition.groups}
        arm = arms.get(position_key(block))
        return {**block.group_access, partition.id: [] if arm is None else [arm]}
