"""Which tests judge a mutant."""

from __future__ import annotations

from collections.abc import Sequence

Arguments = Sequence[str]  # for pytest
# The host's own tests judge every mutant. The comparisons with the references take longer: they are asked where few have failed.
PARTS: tuple[Arguments, ...] = (["tests/host"], ["tests/reference/test_equivalence.py", "tests/reference/test_independent.py"])
MANAGED = ("vmenv/host/lifecycle.py", "vmenv/host/tables.py", "vmenv/schedulers/onward.py")  # what only the manager uses
MANAGED_PARTS: tuple[Arguments, ...] = (["tests/test_manager.py"],)
FEW = 3  # failing tests, from which on no further part is asked


def parts_for(file: str) -> tuple[Arguments, ...]:
    """Returns the parts that judge the mutants of a file."""
    return MANAGED_PARTS if file in MANAGED else PARTS
