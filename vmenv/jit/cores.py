"""How many cores other programs leave: threads that wait for one another lose on a busy machine what one thread alone keeps.

Linux counts the threads that run or could run (`procs_running` of /proc/stat, see proc(5)); what this process adds to them is left out.
Elsewhere all cores count as free.
"""

from __future__ import annotations

import os
import time
from collections import deque

SECONDS_BETWEEN = 0.1
NUM_SAMPLES = 5  # whose mean counts: one alone may see what runs for a moment


def usable_cores() -> int:
    """Returns the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class FreeCores:
    """Looks at the machine now and then.

    Args:
        seconds_between: Time between two looks; asked sooner, it answers from the last ones.
    """

    def __init__(self, seconds_between: float = SECONDS_BETWEEN) -> None:
        self._seconds_between = seconds_between
        self._samples: deque[int] = deque(maxlen=NUM_SAMPLES)
        self._due = 0.0

    def __call__(self) -> int:
        """Returns how many cores are free for this process, 1 at the least."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self._seconds_between
            self._samples.append(running_elsewhere())
        others = sum(self._samples) / len(self._samples)
        return max(1, usable_cores() - round(others))


def running_elsewhere() -> int:
    """Returns how many threads of other programs run or could run at this moment, 0 where the system does not tell."""
    try:
        before = _running_here()
        with open("/proc/stat", "rb") as file:
            running = next(int(line.split()[1]) for line in file if line.startswith(b"procs_running"))
        return max(0, running - max(before, _running_here()))  # a thread that falls asleep meanwhile is no other program
    except (OSError, StopIteration, ValueError, IndexError):
        return 0


def _running_here() -> int:
    return sum(map(_runs, os.listdir("/proc/self/task")))


def _runs(task: str) -> bool:
    try:
        with open(f"/proc/self/task/{task}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"R"
    except OSError:  # it has ended
        return False


free_cores = FreeCores()
