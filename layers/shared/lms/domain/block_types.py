"""What the types of blocks are by themselves: which give a score, and which hold other blocks.

An export does not say it: it is a class attribute, or a field's default, of the XBlock. The values are those of the
packages in requirements/xblocks.in, whose classes `make test-oracles` reads; a type of none of them, and not of the
platform's own, neither gives a score nor holds blocks. (mobile-users.md 7.8)
"""

SCORED_TYPES = frozenset(
    {
        # The platform's own: xblocks-contrib, ora2, xblock-drag-and-drop-v2, edx-sga, staff-graded-xblock, done-xblock.
        *("problem", "openassessment", "drag-and-drop-v2", "edx_sga", "staffgradedxblock", "done"),
        # Further packages: openedx-scorm-xblock, openedx-cmi5-xblock, xblock-image-explorer, xblocks-extra.
        *("scorm", "openedx_cmi5_xblock", "image-explorer"),
        *("freetextresponse", "sql_grader", "submit-and-compare"),
        # xblock-problem-builder. Those that hold others count by these, which are mostly choices and give no score.
        *("problem-builder", "step-builder", "pb-answer", "pb-completion", "pb-mcq", "pb-mrq", "pb-rating"),
        *("pb-slider", "pb-table"),
    }
)
"""Block types that give a score unless a block's own `has_score` says otherwise; `lti_consumer` is none of them."""

CONTAINER_TYPES = frozenset(
    {
        # The platform's own, in its xmodule.
        *("course", "chapter", "sequential", "vertical"),
        *("library_content", "legacy_library_content", "itembank", "split_test", "conditional", "randomize"),
        *("wrapper", "videosequence", "problemset", "section", "subsection", "unit"),
        # xblock-problem-builder.
        *("problem-builder", "step-builder", "sb-step", "sb-review-step", "sb-plot"),
        *("pb-mcq", "pb-mrq", "pb-rating", "pb-table", "pb-column"),
        # acid-xblock.
        "acid_parent",
    }
)
"""Block types whose child elements in an export are blocks. Every other type is a leaf: its inner XML is content."""
