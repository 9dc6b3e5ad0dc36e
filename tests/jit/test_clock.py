"""The clock of machine code is that of the interpreter."""

from __future__ import annotations

import pytest

from vmenv.jit import compiled, monotonic_ns, numba_module
from vmenv.jit.clock import HAS_CLOCK


@pytest.mark.skipif(not HAS_CLOCK, reason="this system has no clock_gettime")
def test_both_modes_read_the_same_clock() -> None:
    def read() -> int:
        return monotonic_ns()

    machine = compiled(read, numba_module().types.int64(), cache=False)
    for _ in range(3):
        before, between, after = monotonic_ns(), machine(), monotonic_ns()
        assert before <= between <= after
