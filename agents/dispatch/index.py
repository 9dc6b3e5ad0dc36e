"""index: a compiled index policy, searched with CMA-ES. It runs inside the simulator's loop, in training and in use."""

from __future__ import annotations

import dataclasses
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from agents.dispatch.search.probe import varying_features
from agents.dispatch.search.trials import Trials
from agents.training.agent import AGENTS, Agent
from agents.training.budget import Budget
from agents.training.checkpoint import BEST, LAST, load_checkpoint, save_checkpoint, versions
from agents.training.progress import Progress
from agents.training.search import Search, SearchSettings
from vmenv.dispatch.index.policy import IndexPolicy, untrained
from vmenv.dispatch.index.scoring import MAX_HIDDEN
from vmenv.dispatch.saved import load_policy, save_policy
from vmenv.dispatch.scenario import VALIDATION_SEEDS, Scenario
from vmenv.errors import SpecError
from vmenv.host.state import Floats
from vmenv.jit.simd import FOUR
from vmenv.jit.threads import num_threads

SAVE_EVERY_S = 20.0


@AGENTS.register("index")
@dataclass(frozen=True, kw_only=True)
class Index(SearchSettings, Agent):
    """A scoring network of some hundred weights, searched with CMA-ES.

    The search starts from first come, first served without waiting. That is also what training ends with where nothing that is found is
    clearly better (`agents.training.search.Search.beats_start`): on the controls, where it is the optimum, "learned" then means just that.

    Args:
        hidden: Units of the network, a multiple of 4; 0: a linear score.
        features: Features of the VMs that it looks at; empty: all that vary in the scenario.
        host_features: The same of the host.
        vary: Parameters of the scenario with the values that training mixes, such as {load: [0.5, 0.9], num_slots: [12, 48]}.
    """

    summary = "compiled index policy, searched with CMA-ES"

    decisions: int = 200_000_000
    eval_episodes: int = 50
    hidden: int = 12
    features: tuple[str, ...] = ()
    host_features: tuple[str, ...] = ()
    vary: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_search()
        if not 0 <= self.hidden <= MAX_HIDDEN or self.hidden % FOUR:
            raise SpecError(f"agent.hidden is {self.hidden}: give a multiple of {FOUR} from 0 to {MAX_HIDDEN}")

    def begin_search(self, scenario: Scenario, seed: int) -> tuple[IndexPolicy, Trials, Search]:
        """Returns the untrained policy, what plays candidates for its weights, and the search for them before its first generation."""
        vary, vary_of_host = varying_features(scenario)
        features, host_features = tuple(self.features) or vary, tuple(self.host_features) or vary_of_host
        policy = untrained(features, host_features, self.hidden, scenario.time_scale_us)
        head = policy.params()[: -len(policy.weights)]

        def encode(points: Floats) -> Floats:
            return np.concatenate([np.repeat(head[None], len(points), axis=0), points], axis=1)

        trials = Trials(variations(scenario, self.vary), policy)
        return policy, trials, Search(trials, encode, np.array(policy.weights), self, VALIDATION_SEEDS[: self.eval_episodes], seed)

    def train(self, scenario: Scenario, *, seed: int, minutes: float | None, folder: Path, resume: bool) -> IndexPolicy:
        """See `Agent.train`."""
        policy, trials, search = self.begin_search(scenario, seed)
        budget = Budget(self.decisions, minutes)
        if resume:
            arrays, numbers = load_checkpoint(folder / LAST)
            search.restore(arrays, numbers)
            budget.done = trials.decisions = numbers["decisions"]
        about = {
            "scenario": scenario.describe(),
            "vary": dict(self.vary),
            "seed": seed,
            "agent": {"kind": "index", **dataclasses.asdict(self)},
            "threads": num_threads(),
            "versions": versions(),
        }

        def save_state() -> None:
            arrays, numbers = search.state()
            save_checkpoint(folder / LAST, arrays, numbers | {"decisions": trials.decisions})

        def save_best() -> None:
            validation = {"metric": scenario.objective, "value": search.best_figure, "episodes": self.eval_episodes}
            told = {"validation": validation, "decisions": trials.decisions, "seconds": round(budget.elapsed_s, 1)}
            save_policy(policy.with_weights(search.best), folder / BEST, about | told)

        saved = time.monotonic()
        with Progress(scenario, folder, budget, VALIDATION_SEEDS[: self.eval_episodes], resume) as progress:
            trials.costs(policy.params()[None], VALIDATION_SEEDS[:1])  # compiles before the clock starts
            budget.start()
            if not resume:
                search.evaluate_start()
                save_best()
            while budget.spent < 1.0:
                search.step()
                budget.done = trials.decisions
                if not search.evaluation_is_due and budget.spent < 1.0:
                    continue
                figure, improved = search.evaluate()
                progress.report(figure)
                if improved and search.beats_start():
                    save_best()
                if time.monotonic() - saved > SAVE_EVERY_S:
                    save_state()
                    saved = time.monotonic()
            save_state()
        trained = load_policy(folder)
        if not isinstance(trained, IndexPolicy):
            raise TypeError(f"{folder} holds a {type(trained).__name__}")
        return trained


def variations(scenario: Scenario, vary: dict[str, list[Any]]) -> list[Scenario]:
    """Returns the scenario with every combination of the given values of its parameters.

    Raises:
        SpecError: The scenario has no such parameter.
    """
    known = {f.name for f in dataclasses.fields(scenario)}
    for name in vary:
        if name not in known:
            raise SpecError(f"agent.vary names {name!r}: the scenario's parameters are {', '.join(sorted(known))}")
    return [dataclasses.replace(scenario, **dict(zip(vary, values, strict=True))) for values in itertools.product(*vary.values())]
