"""Plain numba: what stands in for `vmenv.jit.fast` where numba's insides have changed. Only what numba documents is used here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numba import njit, typeof, types
from numba.extending import overload, register_jitable

from vmenv.jit.clock import CLOCK, HAS_CLOCK, monotonic_ns
from vmenv.jit.marking import lend, name_apart, pinned
from vmenv.jit.simd import four, put_four, sum_of
from vmenv.jit.tools import Build, Tools


class Plain(Tools):
    """Compiles with numba's own decorators alone."""

    name = "plain"
    options: ClassVar[dict[str, Any]] = {"error_model": "numpy"}

    def teach(self) -> None:
        """Has `pinned` and `lend` hand on what they are given, and four numbers be an array."""
        for function in (pinned, lend, four, put_four, sum_of):
            self.register(function)
        clock_gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))  # of the C library

        def no_clock() -> Any:
            return 0

        @overload(monotonic_ns)
        def clock_for() -> Any:
            def read_clock() -> Any:
                time = np.zeros(2, np.int64)  # seconds, nanoseconds
                clock_gettime(CLOCK, time.ctypes.data)
                return time[0] * 10**9 + time[1]

            return read_clock if HAS_CLOCK else no_clock

        @overload(abs)
        def absolute_for(numbers: Any) -> Any:
            def absolute(numbers: Any) -> Any:  # numba wants its annotations to be the same
                return np.abs(numbers)

            return absolute if isinstance(numbers, types.Array) else None

    def register(self, function: Callable[..., Any]) -> None:
        """Makes a jittable function known to compiled code."""
        register_jitable(**self.options)(function)

    def lent(self, kind: Any) -> Any:
        """Returns the numba type of lend(value): that of the value."""
        return kind

    def borrow(self, function: Callable[..., Any], kind: Any, name: str) -> Callable[..., Any]:
        """Returns a function that calls another, under a name of its own."""

        def borrowing(value: Any, params: Any, flag: bool) -> Any:
            return function(value, params, flag)

        name_apart(borrowing, name)
        return borrowing

    def bind(self, function: Callable[..., int], arguments: tuple[Any, ...], build: Build) -> Callable[[int, int], int]:
        """Returns a function that hands over the arguments at each call."""
        signature = types.int64(*map(typeof, arguments), types.int64, types.int64)
        machine = build(self, function, signature, lambda cache: njit(signature, nogil=True, cache=cache, **self.options))
        return lambda first, past: int(machine(*arguments, first, past))
