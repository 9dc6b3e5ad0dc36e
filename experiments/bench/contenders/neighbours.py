"""The same work on a machine that others use too: programs that compute, or one that streams through memory."""

from __future__ import annotations

import subprocess
import sys

from experiments.bench.contender import CONTENDERS, Contender, Sample
from experiments.bench.contenders.episodes_step import EpisodesStep
from experiments.bench.contenders.jobshop import begun_together
from experiments.bench.contenders.ppo import PpoTraining

COMPUTES = "while True: pass"
STREAMS = """
import numpy
numbers = numpy.ones(2**25)
while True:
    numbers += 1.0
"""
BUSY, STREAM = 8, 1
TIMES = 3.0  # as long as other contenders: a share of a core comes in slices


class Beside(Contender):
    """Another contender, with neighbours while it is measured and no longer.

    Args:
        contender: Whose work it is.
        program: Of each neighbour.
        number: Of neighbours.
        words: What they are, for the title.
        yardsticks: See `Contender`.
    """

    share = TIMES
    pictured = False  # the table says what is left of each

    def __init__(self, contender: Contender, program: str, number: int, words: str, yardsticks: tuple[str, ...]) -> None:
        self._contender, self._program, self._number = contender, program, number
        self.title = f"{contender.title}, beside {words}"
        self.about = f"{contender.about}. Meanwhile {words} on the same cores"
        self.ours, self.packages, self.yardsticks = contender.ours, contender.packages, yardsticks  # type: ignore[misc]  # mostly of a class

    def set_up(self) -> None:
        """Makes the contender ready, alone."""
        self._contender.set_up()

    def run(self, seconds: float) -> Sample:
        """Works beside the neighbours, once they all have begun."""
        ready = "print(flush=True)\n"
        neighbours = [subprocess.Popen([sys.executable, "-c", ready + self._program], stdout=subprocess.PIPE) for _ in range(self._number)]
        try:
            for neighbour in neighbours:
                assert neighbour.stdout is not None
                neighbour.stdout.readline()
            self._contender.run(0.2)  # by then the batch has seen how many cores are left
            return self._contender.run(seconds)
        finally:
            for neighbour in neighbours:
                neighbour.kill()
                neighbour.communicate()


_WITH = {
    "busy": (COMPUTES, BUSY, f"{BUSY} programs that compute"),
    "stream": (STREAMS, STREAM, "a program that streams through 256 MiB of memory"),
}
for _how, _neighbours in _WITH.items():
    CONTENDERS.register(f"episodes-step-{_how}")(
        Beside(EpisodesStep(kept=True), *_neighbours, yardsticks=("episodes-step", f"jobshop-vmap-{_how}"))
    )
    CONTENDERS.register(f"jobshop-vmap-{_how}")(Beside(begun_together(), *_neighbours, yardsticks=()))
    CONTENDERS.register(f"ppo-{_how}")(Beside(PpoTraining(), *_neighbours, yardsticks=("ppo",)))
