"""What a scenario is: a frozen set of parameters that says host, workload and objective of an episode."""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import check_integer
from vmenv.dispatch.objective import OBJECTIVES
from vmenv.errors import SpecError, suggestion
from vmenv.host.spec import Host
from vmenv.registry import Registry
from vmenv.workload.table import Workload

# Seeds of evaluation are small numbers that papers can print; seeds of training come from above FIRST_TRAINING_SEED. So no policy is
# ever evaluated on an episode that it was trained on, whoever trained it.
EVALUATION_SEEDS = range(100)
VALIDATION_SEEDS = range(1000, 1200)
CONFIRMATION_SEEDS = range(2000, 2100)  # of episodes that had no part in choosing what they judge
FIRST_TRAINING_SEED = 2**32
PAST_SEEDS = 2**63
TRAINING_EPISODES = 4096  # of an environment that is not told otherwise: more than policies can learn by heart, few enough to be kept


def training_seeds(training_episodes: int | None) -> range:
    """Returns the seeds that resets without a seed draw from; None: no limit.

    Raises:
        SpecError: The number is not positive.
    """
    if training_episodes is None:
        return range(FIRST_TRAINING_SEED, PAST_SEEDS)
    check_integer("training_episodes", training_episodes, least=1, most=2**32)
    return range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + training_episodes)


@dataclass(frozen=True, kw_only=True)
class Scenario(ABC):
    """A family of episodes: the seed chooses one.

    To write one, subclass as a frozen dataclass whose fields are its parameters, and write `build_host` and `draw_workload`.
    `@SCENARIOS.register("name")` makes it known and gives it the id `vmenv/Name-v0`.

    Args:
        objective: What is minimised, one of `vmenv.dispatch.objective.OBJECTIVES`.
        num_slots: VMs present at a time at the most.
        horizon_us: When an episode is cut; None: when all its VMs are done.
        time_scale_us: Typical time, to which observations are scaled.
    """

    summary: ClassVar[str]
    decides: ClassVar[str] = "dispatch"  # what is decided: who is granted next; see `vmenv.share` for the other kind

    objective: str = "mean_response_us"
    num_slots: int = 16
    horizon_us: int | None = None
    time_scale_us: int = 1_000_000

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise SpecError(f"objective is {self.objective!r}: {suggestion(str(self.objective), OBJECTIVES)}")
        check_integer("num_slots", self.num_slots, least=1, most=2**20)
        check_integer("time_scale_us", self.time_scale_us, least=1, most=2**53)
        if self.horizon_us is not None:
            check_integer("horizon_us", self.horizon_us, least=1, most=2**53)

    @abstractmethod
    def build_host(self) -> Host:
        """Returns the host, the same in every episode."""

    @abstractmethod
    def draw_workload(self, rng: np.random.Generator) -> Workload:
        """Returns the workload of an episode; all its randomness comes from `rng`."""

    @functools.cached_property
    def _host(self) -> Host:
        return self.build_host()

    def episode(self, seed: int) -> Workload:
        """Returns the workload of the episode with this seed: the same for every policy, machine and batch size."""
        check_integer("seed", seed, most=PAST_SEEDS - 1)
        workload = self.draw_workload(np.random.default_rng(np.random.SeedSequence([seed, *_WORKLOAD_STREAM])))
        workload.check_on(self._host)
        return workload

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters as plain values."""
        names = (name for name in SCENARIOS.names() if SCENARIOS[name] is type(self))
        return {"kind": next(names, type(self).__name__), **dataclasses.asdict(self)}


_WORKLOAD_STREAM = (0x3A7, 0x10AD)  # keeps the arrivals apart from every other use of the same seed

SCENARIOS: Registry[type[Scenario]] = Registry("scenario", "vmenv.dispatch.scenarios")


def list_scenarios() -> list[str]:
    """Returns the names of all scenarios."""
    return SCENARIOS.names()


def make_scenario(name: str, **parameters: Any) -> Scenario:
    """Returns a scenario by name.

    Args:
        name: One of `list_scenarios()`.
        **parameters: Its parameters; those left out keep their defaults.

    Raises:
        UnknownNameError: No scenario has this name.
        SpecError: It has no such parameter, or the value is not allowed.
    """
    kind = SCENARIOS[name]
    known = {field.name for field in dataclasses.fields(kind)}
    for parameter in parameters:
        if parameter not in known:
            raise SpecError(f"scenario {name!r} has no parameter {parameter!r}: {suggestion(parameter, known)}")
    return kind(**parameters)
