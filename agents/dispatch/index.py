"""index: a compiled index policy, searched with CMA-ES. It runs inside the simulator's loop, in training and in use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agents.dispatch.search.base import standardised
from agents.dispatch.search.mixture import Sight
from agents.dispatch.search.trials import SchedulerTrials
from agents.training.agent import AGENTS
from agents.training.search import Search, SearchSettings
from agents.training.search_agent import SearchAgent
from vmenv.dispatch.index.places import MAX_HIDDEN
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.kind import KIND
from vmenv.dispatch.saved import save_scheduler
from vmenv.dispatch.scenario import DispatchScenario
from vmenv.episodes.saved import Card
from vmenv.errors import SpecError
from vmenv.host.state import Floats
from vmenv.jit.simd import FOUR
from vmenv.jit.threads import num_threads


@AGENTS.register("index")
@dataclass(frozen=True, kw_only=True)
class Index(Sight, SearchSettings, SearchAgent):
    """A scoring network of some hundred weights, searched with CMA-ES.

    The search starts from first come, first served without waiting, or from the `base`. That is also what training ends with where nothing
    that is found is clearly better (`agents.training.incumbent.Incumbent.beats_start`): on the controls, where first come, first served is
    the optimum, "learned" then means just that.

    Args:
        hidden: Units of the network, a multiple of 4; 0: a linear score.
        base: A saved formula (see `agent=formula`), or a tuned heuristic that can be written as one (`agents.dispatch.search.rules`), on
            which the network builds: it starts as good as that, and learns where to differ.
        base_sigma: Standard deviation of the first candidates where there is a base, which larger changes would only spoil.
    """

    summary = "compiled index policy, searched with CMA-ES"
    kind_name = KIND.name

    decisions: int = 200_000_000
    hidden: int = 12
    base: str = ""
    base_sigma: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.base_sigma > 0:
            raise SpecError(f"agent.base_sigma is {self.base_sigma}: give a number above 0")
        if not 0 <= self.hidden <= MAX_HIDDEN or self.hidden % FOUR:
            raise SpecError(f"agent.hidden is {self.hidden}: give a multiple of {FOUR} from 0 to {MAX_HIDDEN}")

    def begin_search(self, scenario: DispatchScenario, seed: int) -> tuple[Search, Callable[[Floats], IndexPolicy]]:
        """See `SearchAgent.begin_search`; its points are the network's weights."""
        features, host_features = self.looked_at(scenario)
        base = standardised(self.base, scenario) if self.base else None
        policy = untrained(features, host_features, self.hidden, scenario.time_scale_us, base, backfill=self.backfill)
        params, first = policy.params(), policy.num_params_before
        head, tail = params[:first], params[first + len(policy.weights) :]

        def encode(points: Floats) -> Floats:
            around = [np.repeat(part[None], len(points), axis=0) for part in (head, tail)]
            return np.concatenate([around[0], points, around[1]], axis=1)

        settings = dataclasses.replace(self, sigma=self.base_sigma) if self.base else self
        trials = SchedulerTrials(self.mixed(scenario), policy)
        return Search(trials, encode, np.array(policy.weights), settings, self.validation_seeds, seed), policy.with_weights

    def save(self, policy: IndexPolicy, stem: Path, card: Card) -> None:
        """See `SearchAgent.save`."""
        save_scheduler(policy, stem, card | {"threads": num_threads()})
