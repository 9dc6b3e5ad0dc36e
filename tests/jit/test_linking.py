"""Inner functions: linked into their callers and computed right there, without machine code of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vmenv.jit import compiled, jittable
from vmenv.jit.compile import register_waiting, tools


@jittable
def innermost(x: float) -> float:
    return x / (1.0 + abs(x))


@jittable
def inner(xs: Any, k: int) -> float:
    total = 0.0
    for i in range(k):
        total += innermost(xs[i])
    return total


def outer(xs: Any) -> float:
    return inner(xs, 2) + inner(xs, xs.shape[0]) + innermost(xs[0])


def test_only_the_outermost_function_becomes_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were numba to rename its steps, all would still work, and take as long as it did."""
    register_waiting(tools())  # and what the first of them imports
    from numba.core.codegen import JITCodeLibrary

    translated: list[str] = []
    translate = JITCodeLibrary._finalize_specific

    def note(library: Any) -> None:
        translated.append(library.name)
        translate(library)

    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", note)
    xs = np.linspace(-2.0, 3.0, 7)
    assert compiled(outer, cache=False)(xs) == outer(xs)
    assert [name for name in translated if name.startswith(("inner", "outer"))] == ["outer"]
