"""One thread at a time: two that move the same runs would leave arrays behind in which machine code never comes to an end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from vmenv.errors import ActionError

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Alone")


class Alone:
    """What one thread moves at a time; another is refused rather than let in, or made to wait.

    Attributes:
        doing: What the thread that is at work does, to what.
    """

    doing: ClassVar[str]
    _busy = False  # whether a thread is at work

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_busy": False}  # nobody is at work on a copy

    def _check_idle(self) -> None:
        """Checks that no other thread is at work.

        Between this and the note that somebody is, the interpreter does not change threads.

        Raises:
            ActionError: One is.
        """
        if self._busy:
            raise ActionError(f"another thread is {self.doing}: give each thread its own, or a lock")


def alone(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Lets one thread at a time into all methods of an object that are marked so. None of them may call another."""

    @functools.wraps(method)
    def entered(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if self._busy:
            self._check_idle()
        self._busy = True
        try:
            return method(self, *args, **kwargs)
        finally:
            self._busy = False

    return entered
