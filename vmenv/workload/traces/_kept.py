"""What was read last is kept: a scenario cuts many windows from the same files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Things by key; those that were asked for longest ago go when they are too many.

    Args:
        most_bytes: That are kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        """Returns what is kept under the key, if it is."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def put(self, key: Hashable, thing: T, num_bytes: int) -> None:
        """Keeps a thing of so many bytes; one that is larger than all that may be kept is not."""
        with self._lock:
            if key in self._things or num_bytes > self._most_bytes:
                return
            self._things[key] = thing, num_bytes
            self._bytes += num_bytes
            while self._bytes > self._most_bytes:
                self._bytes -= self._things.popitem(last=False)[1][1]
