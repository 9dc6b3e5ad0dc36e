"""vmenv: the M/M/1 queue, first come, first served."""

from __future__ import annotations

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat
from experiments.bench.queue import draw, ours


class Mm1(Contender):
    """One long run."""

    title = "vmenv, M/M/1"
    about = "vmenv.simulate: M/M/1, first come, first served, the host of scenario mm1 (its quanta cost a decision each); one call a run"
    unit = "VMs"
    ours = True
    yardsticks = ("simpy-mm1", "ciw-mm1")

    def set_up(self) -> None:
        """Draws and compiles."""
        self._host, self._work = draw()
        ours(self._host, self._work)

    def run(self, seconds: float) -> Sample:
        """Plays the same run again and again."""
        return repeat(lambda: len(ours(self._host, self._work)), seconds)


CONTENDERS.register("mm1")(Mm1())
