"""Machine code together with its arguments, which whoever calls it need not unpack at each call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, cast


class Bound:
    """Machine code with its arguments; `vmenv.jit.bind` makes it.

    Attributes:
        entry: Address of the code.
        address: Address of the arguments, its first argument.
    """

    def __init__(self, call: Callable[..., int], buffer: Any, arguments: Any) -> None:
        self._call, self._keeps_alive = call, (buffer, arguments)
        self.entry: int = ctypes.cast(cast(Any, call), ctypes.c_void_p).value or 0
        self.address: int = buffer.ctypes.data

    def __call__(self, first: int, past: int) -> int:
        """Runs it."""
        return self._call(self.address, first, past)
