"""Which tests judge a mutant."""

from __future__ import annotations

from collections.abc import Sequence

Arguments = Sequence[str]  # for pytest
_BY_HAND = ("tests/host/test_by_hand.py", "tests/host/test_corners_by_hand.py")
# The quickest first; the next is asked where few have failed: what was worked out by hand, the laws, the comparisons with the references.
PARTS: tuple[Arguments, ...] = (
    _BY_HAND,
    ("tests/host", *(f"--ignore={file}" for file in _BY_HAND)),
    ("tests/reference/test_equivalence.py", "tests/reference/test_independent.py"),
)
MANAGED = ("vmenv/host/lifecycle.py", "vmenv/live/tables.py", "vmenv/dispatch/loop/live.py")  # what only the manager uses
MANAGED_PARTS: tuple[Arguments, ...] = (("tests/live/test_manager.py",),)
FEW = 3  # failing tests, from which on the next part is not asked


def parts_for(file: str) -> tuple[Arguments, ...]:
    """Returns the parts that judge the mutants of a file."""
    return MANAGED_PARTS if file in MANAGED else PARTS
