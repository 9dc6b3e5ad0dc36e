"""What was read last is kept: a scenario cuts many windows from the same files."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from vmenv.workload.lines import size_of

T = TypeVar("T")
MOST_BYTES = 2**30
# What is read does not depend on these.
WINDOW = ("start_s", "duration_s", "compression", "max_gap_s", "weigh_by_cores", "first_job", "num_jobs", "progress")


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


_KEPT: Kept[Any] = Kept(MOST_BYTES)


def opened_once(reader: Any, files: Sequence[Path], make: Callable[[], tuple[T, int]]) -> T:
    """Returns what `make` returns, made once as long as neither the files nor the reader's options change, but for those of windows.

    Args:
        reader: The reader, a dataclass.
        files: All files that it reads.
        make: Returns it, and its size in bytes.

    Raises:
        TraceError: A file is not there.
    """
    options = {field.name: getattr(reader, field.name) for field in dataclasses.fields(reader) if field.name not in WINDOW}
    sizes = [size_of(file) for file in files]
    key = (
        type(reader),
        repr(options),
        *((file.absolute(), file.stat().st_mtime_ns, size) for file, size in zip(files, sizes, strict=True)),
    )
    found: T | None = _KEPT.get(key)
    if found is None:
        found, num_bytes = make()
        _KEPT.put(key, found, num_bytes)
    if reader.progress is not None:
        reader.progress(sum(sizes), sum(sizes))
    return found
