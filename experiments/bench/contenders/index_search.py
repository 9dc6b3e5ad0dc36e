"""vmenv: the search for an index policy, the policy's network included."""

from __future__ import annotations

from experiments.bench.contender import CONTENDERS, Contender, Sample, repeat

SLOTS, HIDDEN = 24, 12
WARM_GENERATIONS = 3


class IndexSearch(Contender):
    """Generations of the search of `agent=index`."""

    title = f"vmenv, index search, {SLOTS} slots"
    about = (
        f"agents.training.search.Search as agent=index uses it, on thrash with {SLOTS} slots: generations drawn, played and told, "
        "a network of "
        f"{HIDDEN} hidden units; episodes are drawn when they come up for the first time"
    )
    ours = True
    yardsticks = ("rollout-srpt", "jobshop-vmap")

    def set_up(self) -> None:
        """Compiles, and searches a little: the first candidates are all much alike."""
        from agents.dispatch.index import Index
        from vmenv.episodes.scenario import make_scenario

        self._search, _ = Index(hidden=HIDDEN).begin_search(make_scenario("thrash", num_slots=SLOTS), seed=0)
        for _ in range(WARM_GENERATIONS):
            self._search.step()

    def run(self, seconds: float) -> Sample:
        """Goes on where it stopped."""
        return repeat(self._step, seconds)

    def _step(self) -> int:
        before = self._search.incumbent.trials.decisions
        self._search.step()
        return self._search.incumbent.trials.decisions - before


CONTENDERS.register("index-search")(IndexSearch())
