"""Binary heaps of slots in the rows of `State.lists`: the first in an order is found at once, entering and leaving take log time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmenv.jit import jittable, name_apart

Before = Callable[[Any, int, int], bool]


def make_heap(which: int, size: int, before: Before) -> tuple[Callable[[Any, int], None], Callable[[Any], int]]:
    """Returns `push(s, i)` and `pop(s)` of one heap.

    Args:
        which: Its row of `State.lists`.
        size: The column of `State.run` with its length.
        before: before(s, i, j): whether slot `i` comes before slot `j`; no two are equal.
    """

    @jittable
    def push(s: Any, i: int) -> None:
        """Enters slot `i`."""
        k = s.run[size]
        s.run[size] += 1
        while k > 0:
            parent = (k - 1) // 2
            if before(s, s.lists[which, parent], i):
                break
            s.lists[which, k] = s.lists[which, parent]
            k = parent
        s.lists[which, k] = i

    @jittable
    def pop(s: Any) -> int:
        """Removes the first slot and returns it."""
        first = s.lists[which, 0]
        s.run[size] -= 1
        length = s.run[size]
        i = s.lists[which, length]
        k = 0
        child = 1
        while child < length:
            if child + 1 < length and before(s, s.lists[which, child + 1], s.lists[which, child]):
                child += 1
            if before(s, i, s.lists[which, child]):
                break
            s.lists[which, k] = s.lists[which, child]
            k = child
            child = 2 * k + 1
        s.lists[which, k] = i
        return int(first)

    for function in (push, pop):
        name_apart(function, str(which))
    return push, pop
