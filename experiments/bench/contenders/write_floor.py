"""The machine's own limit: a compiled loop that only writes the bytes of one observation and mask for 1,024 runs in turn."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

NUM_RUNS = 1024
SWEEPS = 128  # over all runs in a call, so that the call itself does not count


def buffers() -> list[NDArray[Any]]:
    """Returns arrays of the sizes and types of vmenv's batched observation, mask included, a row a run."""
    import gymnasium

    import vmenv  # noqa: F401  # registers the ids

    env = gymnasium.make("vmenv/Thrash-v0", num_slots=16)
    spaces: Any = env.observation_space
    return [np.zeros((NUM_RUNS, math.prod(space.shape)), space.dtype) for space in (spaces["vms"], spaces["host"], spaces["action_mask"])]


def write(vms: NDArray[Any], host: NDArray[Any], mask: NDArray[Any], first: int, past: int, sweeps: int) -> None:
    """Writes run after run, another number in every sweep."""
    for sweep in range(sweeps):
        for r in range(first, past):
            for f in range(vms.shape[1]):
                vms[r, f] = sweep
            for g in range(host.shape[1]):
                host[r, g] = sweep
            for a in range(mask.shape[1]):
                mask[r, a] = sweep & 1


class WriteFloor(Contender):
    """The compiled loop.

    Args:
        cores: Threads that share the runs.
    """

    unit = "decisions"
    packages = ("numba",)

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self.title = f"write-only floor, {cores} core{'s' if cores > 1 else ''}"
        threads = "one thread" if cores == 1 else f"{cores} threads, which share the runs"
        self.about = f"a numba loop that writes the bytes of one observation and mask (16 slots) for {NUM_RUNS} runs in turn; {threads}"

    def set_up(self) -> None:
        """Compiles."""
        import numba

        self._buffers = buffers()
        self._write: Any = numba.njit(nogil=True)(write)
        self._pool = ThreadPoolExecutor(self._cores)
        self._play()

    def run(self, seconds: float) -> Sample:
        """Writes again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        cuts = [NUM_RUNS * k // self._cores for k in range(self._cores + 1)]
        list(self._pool.map(lambda k: self._write(*self._buffers, cuts[k], cuts[k + 1], SWEEPS), range(self._cores)))
        return SWEEPS * NUM_RUNS


class NumpyFill(Contender):
    """`fill`, array by array."""

    title = "numpy fill of the same bytes"
    about = f"numpy's fill of the same three arrays of {NUM_RUNS} runs; one thread"

    def set_up(self) -> None:
        """Makes the arrays."""
        self._buffers = buffers()

    def run(self, seconds: float) -> Sample:
        """Fills again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        for sweep in range(SWEEPS):
            for buffer in self._buffers:
                buffer.fill(sweep & 1)
        return SWEEPS * NUM_RUNS


CONTENDERS.register("write-floor-1")(WriteFloor(1))
CONTENDERS.register("write-floor-2")(WriteFloor(2))
CONTENDERS.register("numpy-fill")(NumpyFill())
