"""What two cores are worth here: arithmetic in registers alone, on one thread and on two.

Two logical processors of one physical core share its units: two threads then get less than twice as much done, whatever the program.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

ROUNDS = 20_000_000  # of a thread in a call


def churn(rounds: int) -> int:
    """Four chains of additions, multiplications and shifts that do not wait for each other, as a core can have many under way."""
    a, b, c, d = 1, 2, 3, 5
    for i in range(rounds):
        a = a * 3 + i
        b ^= a >> 3
        c += b * 7
        d ^= c << 1
    return a + b + c + d


class Arithmetic(Contender):
    """The compiled loop.

    Args:
        threads: How many do it, each the whole of it.
    """

    unit = "rounds"
    packages = ("numba",)
    pictured = False

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.title = f"arithmetic, {threads} thread{'s' if threads > 1 else ''}"
        self.about = "a numba loop of integer arithmetic that touches no memory; the rounds of all threads together"

    def set_up(self) -> None:
        """Compiles."""
        import numba

        self._churn: Any = numba.njit(nogil=True)(churn)
        self._pool = ThreadPoolExecutor(self._threads)
        self._play()

    def run(self, seconds: float) -> Sample:
        """Computes again and again."""
        return repeat(self._play, seconds)

    def _play(self) -> int:
        list(self._pool.map(self._churn, [ROUNDS] * self._threads))
        return self._threads * ROUNDS


class MoreArithmetic(Arithmetic):
    """Beside one thread."""

    yardsticks = ("arithmetic-1",)


CONTENDERS.register("arithmetic-1")(Arithmetic(1))
CONTENDERS.register("arithmetic-2")(MoreArithmetic(2))
