"""What a part is: some files, what is changed in them, and the tests that must notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Arguments = Sequence[str]  # for pytest


class Part(NamedTuple):
    """Files that the same tests judge.

    Attributes:
        about: What is in them, in a few words.
        tests: Groups of tests, each as arguments for pytest, the quickest first: the next is asked where few have failed.
        rows: file -> what is wrong in a mutant, the old text, which occurs once in the file, and the new text.
        few: Failing tests, from which on the next group is not asked.
    """

    about: str
    tests: tuple[Arguments, ...]
    rows: Mapping[str, Sequence[tuple[str, str, str]]]
    few: int = 3


_BY_HAND = ("tests/host/test_by_hand.py", "tests/host/test_corners_by_hand.py")
HOST_TESTS: tuple[Arguments, ...] = (  # what was worked out by hand, the laws, the comparisons with the references
    _BY_HAND,
    ("tests/host", *(f"--ignore={file}" for file in _BY_HAND)),
    ("tests/reference/test_equivalence.py", "tests/reference/test_independent.py"),
)
_OF_A_MANAGER = ("test_manager.py", "test_manager_schedules.py", "test_manager_maintenance.py", "test_manager_refusals.py")
MANAGED_TESTS: tuple[Arguments, ...] = (tuple(f"tests/live/{file}" for file in _OF_A_MANAGER),)
ENOUGH = "--exitfirst"  # for groups that take long
