"""What a way to compile is: `vmenv.jit.fast` is one and `vmenv.jit.plain` is another, with the same results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

Build = Callable[..., Any]


class Tools(ABC):
    """A way to compile.

    Attributes:
        name: Keeps the code of one apart from that of others.
        options: numba's, for every function that becomes machine code.
        optimisation: Level of LLVM at the most; None: as numba has it.
        draws: Whether compiled code can make generators (`vmenv.jit.pcg64`).
    """

    name: ClassVar[str]
    options: ClassVar[dict[str, Any]]
    optimisation: ClassVar[int | None] = None
    draws: ClassVar[bool] = False

    @abstractmethod
    def teach(self) -> None:
        """Makes compiled code know `pinned`, `lend` and the functions of `vmenv.jit.simd`."""

    @abstractmethod
    def register(self, function: Callable[..., Any]) -> None:
        """Makes a jittable function known to compiled code."""

    @abstractmethod
    def lent(self, kind: Any) -> Any:
        """Returns the numba type of lend(value), where that of `value` is `kind`."""

    @abstractmethod
    def borrow(self, function: Callable[..., Any], kind: Any, name: str) -> Callable[..., Any]:
        """See `vmenv.jit.borrow`; `kind` is the numba type of the value."""

    @abstractmethod
    def bind(self, function: Callable[..., int], arguments: tuple[Any, ...], build: Build) -> Callable[[int, int], int]:
        """See `vmenv.jit.bind`; `build` is `vmenv.jit.compile.build`."""
