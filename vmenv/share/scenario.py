"""What a scenario of shares is: a frozen set of parameters that says host, workload, interval and objective of an episode."""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vmenv.checks import LARGEST, check_integer
from vmenv.dispatch.scenario import PAST_SEEDS
from vmenv.errors import SpecError, suggestion
from vmenv.host.spec import Host
from vmenv.host.state import Ints
from vmenv.registry import Registry
from vmenv.share import columns as c
from vmenv.workload.table import Workload

UNMET = {"lost": c.LOST, "queued": c.QUEUED}
SPARE = {"idle": c.IDLE, "shared": c.SHARED}
SHARE_OBJECTIVES = {"steal_us": c.STEAL, "unmet_us": c.ALL_UNMET, "backlog_us": c.BACKLOG_COST}


@dataclass(frozen=True, kw_only=True)
class ShareScenario(ABC):
    """A family of episodes of the share model (`vmenv.share.dynamics`): the seed chooses one.

    To write one, subclass as a frozen dataclass whose fields are its parameters, and write `build_host` and `draw_workload`.
    `@SHARE_SCENARIOS.register("share_name")` in `vmenv/share/scenarios/name.py` makes it known and gives it the id `vmenv/Share-Name-v0`.

    Args:
        objective: What is minimised: "steal_us" (CPU demand lost / capacity), "unmet_us" (the same, the sum over all devices), or
            "backlog_us" (what waits on all devices, as the time to drain it, a mean over time).
        num_slots: VMs present at a time at the most; the others wait, and their phases with them.
        horizon_us: When an episode is cut; None: when all its VMs are done.
        interval_us: Time between decisions.
        unmet: What becomes of demand that is not met: "lost" or "queued".
        spare: What becomes of a share that its VM does not need: it is "idle" until the next decision, as under a CPU quota, or "shared"
            among the others at once, as under weights.
    """

    summary: ClassVar[str]
    decides: ClassVar[str] = "share"  # what is decided, as in `vmenv.dispatch.scenario.Scenario`

    objective: str = "steal_us"
    num_slots: int = 24
    horizon_us: int | None = None
    interval_us: int = 300_000_000
    unmet: str = "lost"
    spare: str = "idle"

    def __post_init__(self) -> None:
        for name, allowed in (("objective", SHARE_OBJECTIVES), ("unmet", UNMET), ("spare", SPARE)):
            if getattr(self, name) not in allowed:
                raise SpecError(f"{name} is {getattr(self, name)!r}: {suggestion(str(getattr(self, name)), allowed)}")
        if (self.objective == "backlog_us") != (self.unmet == "queued"):
            raise SpecError(
                f"objective is {self.objective!r} and unmet is {self.unmet!r}: give backlog_us with queued demand, another with lost demand"
            )
        check_integer("num_slots", self.num_slots, least=1, most=2**20)
        check_integer("interval_us", self.interval_us, least=1, most=2**53)
        if self.horizon_us is not None:
            check_integer("horizon_us", self.horizon_us, least=1, most=2**53)

    @abstractmethod
    def build_host(self) -> Host:
        """Returns the host, the same in every episode. Only its devices count here."""

    @abstractmethod
    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """Returns the workload of an episode; all its randomness comes from `rng`.

        Args:
            rng: Source of randomness, fixed by the seed.
            seed: What kind of episode it is: evaluation, validation or training, for scenarios that keep them apart.
        """

    def limits(self, workload: Workload) -> Ints:
        """Returns (N,) millicores that each VM can use at the most; if not told otherwise, the whole host's."""
        return np.full(workload.num_vms, self._host.capacities[0], np.int64)

    @functools.cached_property
    def _host(self) -> Host:
        return self.build_host()

    def episode(self, seed: int) -> Workload:
        """Returns the workload of the episode with this seed: the same for every policy, machine and batch size."""
        check_integer("seed", seed, most=PAST_SEEDS - 1)
        return self.draw_workload(np.random.default_rng(np.random.SeedSequence([seed, *_WORKLOAD_STREAM])), seed)

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters as plain values."""
        names = (name for name in SHARE_SCENARIOS.names() if SHARE_SCENARIOS[name] is type(self))
        return {"kind": next(names, type(self).__name__), **dataclasses.asdict(self)}


def vcpu_limits(workload: Workload) -> Ints:
    """Returns (N,) 1,000 millicores for each unit of weight: for scenarios whose weights are numbers of vCPUs."""
    return np.minimum(1000 * workload.weight, LARGEST)


_WORKLOAD_STREAM = (0x5A4E, 0x10AD)  # keeps the demands apart from every other use of the same seed

SHARE_SCENARIOS: Registry[type[ShareScenario]] = Registry("share scenario", "vmenv.share.scenarios")


def list_share_scenarios() -> list[str]:
    """Returns the names of all share scenarios."""
    return SHARE_SCENARIOS.names()


def make_share_scenario(name: str, **parameters: Any) -> ShareScenario:
    """Returns a share scenario by name.

    Args:
        name: One of `list_share_scenarios()`.
        **parameters: Its parameters; those left out keep their defaults.

    Raises:
        UnknownNameError: No share scenario has this name.
        SpecError: It has no such parameter, or the value is not allowed.
    """
    kind = SHARE_SCENARIOS[name]
    known = {field.name for field in dataclasses.fields(kind)}
    for parameter in parameters:
        if parameter not in known:
            raise SpecError(f"share scenario {name!r} has no parameter {parameter!r}: {suggestion(parameter, known)}")
    return kind(**parameters)
