"""How vmenv compiles where numba's insides are as it knows them: little is compiled twice, and no call unpacks its arguments.

Only `vmenv.jit` imports this file, when the first function is compiled: it loads numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np
from numba import cfunc, njit, typeof, types
from numba.extending import overload, register_jitable

from vmenv.jit import generators, intrinsics, pinning, seeding, simd, simd_types
from vmenv.jit.bound import Bound
from vmenv.jit.clock import monotonic_ns
from vmenv.jit.linking import InnerCompiler, OwnCompiler
from vmenv.jit.marking import lend, name_apart, pinned
from vmenv.jit.sources import is_ours
from vmenv.jit.tools import Build, Tools

native, untyped_pinning = cast(Any, intrinsics), cast(Any, pinning)


class Fast(Tools):
    """Compiles with steps, types and calls of vmenv's own."""

    name = "fast"
    draws = True
    # Nothing is allocated, so nothing is counted. Division by zero is checked by nobody: inputs are validated, and the checks cost a third.
    options: ClassVar[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}
    # At LLVM's third level a loop is copied for either value of each condition that stays the same in it. The loop of a rollout, with all
    # that is inlined into it, becomes three times as long by that and no faster.
    optimisation = 2

    def teach(self) -> None:
        """Gives `pinned`, `lend` and four numbers their own types, and reads the clock."""
        pinning.teach(pinned, lend)
        generators.teach(seeding.pcg64)
        simd_types.teach_fours(simd.four, simd.put_four, simd.sum_of)

        @overload(monotonic_ns)
        def clock_for() -> Any:
            return lambda: native.read_clock()

    def register(self, function: Callable[..., Any]) -> None:
        """Makes a jittable function known to compiled code, into which it is inlined."""
        draws = getattr(function, "draws", False)
        inner = {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **self.options, "_nrt": draws}
        plain_loops = is_ours(function) and not draws
        register_jitable(pipeline_class=OwnCompiler if plain_loops else InnerCompiler, **inner)(function)

    def lent(self, kind: Any) -> Any:
        """Returns the numba type of lend(value): an address."""
        return types.uintp

    def borrow(self, function: Callable[..., Any], kind: Any, name: str) -> Callable[..., Any]:
        """Returns a function that finds the value at an address and calls another with it."""
        tag = intrinsics.tag_of(kind)

        def borrowing(address: int, params: Any, flag: bool) -> Any:
            return function(untyped_pinning.borrowed(address, tag), params, flag)

        name_apart(borrowing, f"{name}.{tag:08x}")
        return borrowing

    def bind(self, function: Callable[..., int], arguments: tuple[Any, ...], build: Build) -> Bound:
        """Returns machine code that finds its arguments at an address.

        numba takes some ten microseconds to unpack a tuple of arrays at every call. Here they are unpacked once: what the machine code sees
        of them is kept in a buffer, and a call hands over its address.
        """
        keep, call = _trampolines(self, function, typeof(arguments), build)
        buffer = np.zeros(intrinsics.BUFFER_BYTES // 8, np.int64)
        keep(buffer, arguments)
        return Bound(call, buffer, arguments)


@functools.cache
def _trampolines(ways: Fast, function: Callable[..., int], kind: Any, build: Build) -> tuple[Callable[..., None], Callable[..., int]]:
    """Returns what writes arguments of this numba type into a buffer, and what calls `function` with those found at an address."""
    tag = intrinsics.tag_of(kind)
    ways.register(function)

    def keep(buffer: Any, arguments: Any) -> None:
        native.write(buffer, arguments)

    def call(address: int, first: int, past: int) -> int:
        return function(*native.read(address, tag), first, past)

    for trampoline in (keep, call):
        name_apart(trampoline, f"{function.__module__}.{function.__qualname__}.{tag:08x}")
    keeping, calling = types.void(types.int64[::1], kind), types.int64(types.uintp, types.int64, types.int64)
    written = build(ways, keep, keeping, lambda cache: njit(keeping, cache=cache, **ways.options))
    entry = build(ways, call, calling, lambda cache: cfunc(calling, cache=cache, **ways.options))
    # Not through numba's dispatch, which takes named tuples of two classes for the same if their fields have the same types.
    (writing,) = written.overloads.values()
    return writing.entry_point, entry.ctypes
