"""A kind of decision from outside the package: which of the VMs that are present is suspended for the next interval.

While all that runs together demands more memory than there is, everybody thrashes: progress is memory / demand, squared. Nothing here is in
vmenv, agents or experiments; `VMENV_PLUGINS=tests.episodes.suspending` makes it known to the programs.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces

from agents.training.agent import AGENTS
from agents.training.search import Search, SearchSettings
from agents.training.search_agent import SearchAgent
from vmenv.episodes.batch import Episodes
from vmenv.episodes.exchange import GOING, NOT_BEGUN, TERMINATED
from vmenv.episodes.kinds import Column, Kind, add_kind
from vmenv.episodes.metric import Metrics, measure
from vmenv.episodes.saved import Card, read_weights, save_policy
from vmenv.episodes.scenario import Scenario, Scenarios
from vmenv.errors import ActionError
from vmenv.host.spec import Host
from vmenv.registry import Registry
from vmenv.workload.table import Workload

KIND = add_kind(
    Kind(
        name="suspend",
        summary="which VM is suspended for the next interval",
        scenario_registry="tests.episodes.suspending:SCENARIOS",
        scheduler_registry="tests.episodes.suspending:SUSPENDERS",
        metric_registry="tests.episodes.suspending:METRICS",
        episodes_class="tests.episodes.suspending:SuspendEpisodes",
        scenario_prefix="suspend_",
        id_prefix="Suspend-",
        default_scenario="suspend_waves",
        references=("nobody", "largest"),
        rivals=("nobody",),
        columns=(Column("longest response, s", "longest_us", 1e-6),),
        loaders={"suspend_linear": "tests.episodes.suspending:load_linear"},
    )
)
METRICS = Metrics("metric")


@dataclass(frozen=True, kw_only=True)
class SuspendScenario(Scenario):
    kind_name = KIND.name
    objectives = ("mean_response_us",)
    stream = (0x5005, 1)

    objective: str = "mean_response_us"
    interval_us: int = 1_000_000


SCENARIOS = Scenarios(KIND, SuspendScenario)


@SCENARIOS.register("suspend_waves")
@dataclass(frozen=True, kw_only=True)
class Waves(SuspendScenario):
    summary = "waves of VMs whose memory does not fit together"

    num_slots: int = 6
    memory_mib: int = 1_000

    def build_host(self) -> Host:
        return Host(memory_mib=self.memory_mib)

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        n = self.num_slots
        sizes, memory = rng.integers(1, 30, n) * 500_000, rng.integers(100, 700, n)
        return Workload.from_arrays(np.zeros(n, np.int64), sizes, memory_mib=memory)


class Observations(NamedTuple):
    vms: Any  # (B, S, 3): present, memory / host, squash(service so far)
    host: Any  # (B, 1): demand / memory, 1 at the most


@dataclass
class SuspendRun:
    response_us: Any
    num_decisions: int

    def metrics(self) -> dict[str, float]:
        return measure(METRICS, self)

    def digest(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.response_us).tobytes()).hexdigest()


@METRICS.register("mean_response_us")
def mean_response_us(run: SuspendRun) -> float:
    return float(run.response_us.mean())


@METRICS.register("longest_us")
def longest_us(run: SuspendRun) -> float:
    return float(run.response_us.max())


class SuspendEpisodes(Episodes):
    def __init__(self, scenario: str | Scenario, num_runs: int, *, num_kept: int = 0, interpreted: bool = True) -> None:
        super().__init__(scenario, num_runs)
        shape = (num_runs, self.scenario.num_slots)
        self._left, self._memory, self._served, self._done_us = (np.zeros(shape) for _ in range(4))
        self._clock_us, self._decisions = np.zeros(num_runs, np.int64), np.zeros(num_runs, np.int64)
        self._phase, self._rewards = np.full(num_runs, NOT_BEGUN, np.int8), np.zeros(num_runs)
        self.observations = Observations(np.zeros((*shape, 3), np.float32), np.zeros((num_runs, 1), np.float32))

    @property
    def observation_space(self) -> spaces.Dict:
        one = spaces.Box(0.0, 1.0, (self.scenario.num_slots, 3), np.float32)
        return spaces.Dict({"vms": one, "host": spaces.Box(0.0, 1.0, (1,), np.float32)})

    @property
    def action_space(self) -> spaces.Discrete:
        return spaces.Discrete(self.scenario.num_slots + 1)  # the last: nobody

    rewards = property(lambda self: self._rewards)
    phase = property(lambda self: self._phase)
    clock_us = property(lambda self: self._clock_us)

    def restart(self, which: Any, seeds: Any) -> None:
        for r, seed in zip(which, seeds, strict=True):
            work = self.scenario.episode(int(seed))
            self.seeds[r], self._left[r], self._memory[r] = seed, work.work_us, work.memory_mib
            self._served[r], self._done_us[r], self._clock_us[r], self._decisions[r], self._phase[r] = 0, 0, 0, 0, GOING
        self._observe()

    def step(self, actions: Any, begin: Any = None, seeds: Sequence[int] | Any = ()) -> None:
        chosen = np.asarray(actions)
        if chosen.shape != (self.num_runs,) or ((chosen < 0) | (chosen > self.scenario.num_slots))[self._phase == GOING].any():
            raise ActionError(f"actions are {actions!r}: give {self.num_runs} numbers from 0 to {self.scenario.num_slots}")
        self._rewards = np.zeros(self.num_runs)
        for r in np.flatnonzero(self._phase == GOING):
            runs = (self._left[r] > 0) & (np.arange(self.scenario.num_slots) != chosen[r])
            demand = self._memory[r][runs].sum()
            speed = min(1.0, self.scenario.memory_mib / demand) ** 2 if demand else 0.0
            self._clock_us[r] += self.scenario.interval_us
            self._decisions[r] += 1
            self._rewards[r] = -(self._left[r] > 0).sum() / self.scenario.num_slots
            progress = np.where(runs, np.minimum(self._left[r], speed * self.scenario.interval_us), 0.0)
            self._left[r], self._served[r] = self._left[r] - progress, self._served[r] + progress
            self._done_us[r][(self._left[r] <= 0) & (self._done_us[r] == 0)] = self._clock_us[r]
            if not (self._left[r] > 0).any():
                self._phase[r] = TERMINATED
        self._observe()
        if begin is not None:
            self.restart(begin, seeds)

    def run(self, r: int) -> SuspendRun:
        return SuspendRun(np.where(self._done_us[r] > 0, self._done_us[r], self._clock_us[r]), int(self._decisions[r]))

    def some_actions(self) -> Any:
        return np.full(self.num_runs, self.scenario.num_slots)

    def _observe(self) -> None:
        there = self._left > 0
        self.observations.vms[:] = np.stack([there, self._memory / 1_000 * there, self._served / (self._served + 5e6) * there], axis=2)
        self.observations.host[:] = np.minimum(1.0, (self._memory * there).sum(axis=1, keepdims=True) / 4_000)


class Suspender(ABC):
    information: ClassVar[str] = "demands"

    @abstractmethod
    def actions(self, observation: dict[str, Any]) -> Any: ...


SUSPENDERS: Registry[type[Suspender]] = Registry("scheduler", base=Suspender)


@SUSPENDERS.register("nobody")
@dataclass(frozen=True)
class Nobody(Suspender):
    def actions(self, observation: dict[str, Any]) -> Any:
        return np.full(len(observation["vms"]), observation["vms"].shape[1])


@SUSPENDERS.register("largest")
@dataclass(frozen=True)
class Largest(Suspender):
    def actions(self, observation: dict[str, Any]) -> Any:
        vms = observation["vms"]
        return np.where(vms[:, :, 0].sum(axis=1) > 1, vms[:, :, 1].argmax(axis=1), vms.shape[1])


@dataclass(frozen=True)
class Linear(Suspender):
    """Suspends the VM with the highest score, if that is above 0 and it is not alone."""

    weights: tuple[float, ...]

    def actions(self, observation: dict[str, Any]) -> Any:
        vms, host = observation["vms"], observation["host"]
        scores = vms @ np.array(self.weights[:3]) + self.weights[3] * host
        scores[vms[:, :, 0] == 0] = -np.inf
        suspends = (scores.max(axis=1) > 0) & (vms[:, :, 0].sum(axis=1) > 1)
        return np.where(suspends, scores.argmax(axis=1), vms.shape[1])


def load_linear(card: dict[str, Any], stem: Path) -> Linear:
    return Linear(tuple(read_weights(stem, card)["weights"].tolist()))


class SuspendTrials:
    def __init__(self, scenario: SuspendScenario) -> None:
        self.decisions, self._scenario = 0, scenario

    def costs(self, candidates: Any, seeds: Sequence[int]) -> Any:
        played = [KIND.play(Linear(tuple(candidate)), self._scenario, list(seeds)) for candidate in candidates]
        self.decisions += sum(run.num_decisions for runs in played for run in runs)
        return np.array([[run.metrics()[self._scenario.objective] for run in runs] for runs in played])

    def figure(self, candidate: Any, seeds: Sequence[int]) -> float:
        return float(self.costs(candidate[None], seeds).mean())


@AGENTS.register("suspend_search")
@dataclass(frozen=True, kw_only=True)
class SuspendSearch(SearchSettings, SearchAgent):
    summary = "four weights, searched with CMA-ES"
    kind_name = KIND.name
    confirms = False

    decisions: int = 100_000
    eval_episodes: int = 10
    population: int = 8
    judged_episodes: int = 0

    def begin_search(self, scenario: Any, seed: int) -> tuple[Search, Callable[[Any], Linear]]:
        search = Search(SuspendTrials(scenario), lambda points: points, np.zeros(4), self, self.validation_seeds, seed)
        return search, lambda point: Linear(tuple(point.tolist()))

    def save(self, policy: Linear, stem: Path, card: Card) -> None:
        save_policy(stem, {"kind": "suspend_linear"} | card, {"weights": np.array(policy.weights)})
