"""vmenv: evaluation of all schedulers, what a leaderboard costs."""

from __future__ import annotations

import time

from experiments.bench.contender import CONTENDERS, Contender, Sample

EPISODES = 100


class Evaluation(Contender):
    """`vmenv.evaluate` of every scheduler."""

    title = "vmenv.evaluate of all schedulers"
    about = f"vmenv.evaluate of every registered scheduler on {EPISODES} episodes of thrash: drawing, playing, metrics and digests"
    unit = "episodes"
    ours = True
    once = True

    def set_up(self) -> None:
        """Compiles every scheduler."""
        import vmenv

        for name in vmenv.list_schedulers():
            vmenv.evaluate(name, "thrash", seeds=[0])

    def run(self, seconds: float) -> Sample:
        """Evaluates once, however long it takes."""
        import vmenv

        names, start = vmenv.list_schedulers(), time.perf_counter()
        for name in names:
            vmenv.evaluate(name, "thrash", seeds=range(EPISODES))
        return Sample(EPISODES * len(names), time.perf_counter() - start)


CONTENDERS.register("evaluate-all")(Evaluation())
