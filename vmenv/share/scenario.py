"""What a scenario of shares is: host, workload, interval, objective, and what becomes of demand and shares that are not met or used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from vmenv.checks import LARGEST, check_integer
from vmenv.episodes.scenario import Scenario, Scenarios
from vmenv.errors import SpecError, suggestion
from vmenv.host.state import Ints
from vmenv.share import columns as c
from vmenv.share.kind import KIND
from vmenv.workload.table import Workload

UNMET = {"lost": c.UNMET_LOST, "queued": c.UNMET_QUEUED}
SPARE = {"idle": c.SPARE_IDLE, "shared": c.SPARE_SHARED}
OBJECTIVES = {"steal_us": c.STEAL, "unmet_us": c.ALL_UNMET, "backlog_us": c.BACKLOG_COST}


@dataclass(frozen=True, kw_only=True)
class ShareScenario(Scenario):
    """A family of episodes of the share model (`vmenv.share.dynamics`): the seed chooses one. Only the devices of the host count.

    To write one, subclass as a frozen dataclass whose fields are its parameters, and write `build_host` and, in numpy, `draw_workload`.
    `@SCENARIOS.register("share_name")` in `vmenv/share/scenarios/name.py` makes it known and gives it the id `vmenv/Share-Name-v0`.
    Or write `draw` and `numbers`, which are compiled, as `vmenv.share.scenarios.spells` does.

    Args:
        objective: What is minimised: "steal_us" (CPU demand lost / capacity), "unmet_us" (the same, the sum over all devices), or
            "backlog_us" (what waits on all devices, as the time to drain it, a mean over time).
        num_slots: VMs present at a time at the most; the others wait, and their phases with them.
        interval_us: Time between decisions.
        unmet: What becomes of demand that is not met: "lost" or "queued".
        spare: What becomes of a share that its VM does not need: it is "idle" until the next decision, as under a CPU quota, or "shared"
            among the others at once, as under weights.

    Attributes:
        weight_is_vcpus: Whether a VM's weight is the number of its vCPUs, and it can use no more.
    """

    kind_name = KIND.name
    objectives = tuple(OBJECTIVES)
    stream = (0x5A4E, 0x10AD)
    weight_is_vcpus: ClassVar[bool] = False

    objective: str = "steal_us"
    num_slots: int = 24
    horizon_us: int | None = None
    interval_us: int = 300_000_000
    unmet: str = "lost"
    spare: str = "idle"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (("unmet", UNMET), ("spare", SPARE)):
            if getattr(self, name) not in allowed:
                raise SpecError(f"{name} is {getattr(self, name)!r}: {suggestion(str(getattr(self, name)), allowed)}")
        if (self.objective == "backlog_us") != (self.unmet == "queued"):
            raise SpecError(
                f"objective is {self.objective!r} and unmet is {self.unmet!r}: give backlog_us with queued demand, another with lost demand"
            )
        check_integer("interval_us", self.interval_us, least=1, most=2**53)

    def limits(self, workload: Workload) -> Ints:
        """Returns (N,) millicores that each VM can use at the most: its vCPUs, or the whole host's."""
        return vcpu_limits(workload) if self.weight_is_vcpus else np.full(workload.num_vms, self._host.capacities[0], np.int64)


def vcpu_limits(workload: Workload) -> Ints:
    """Returns (N,) 1,000 millicores for each unit of weight: for scenarios whose weights are numbers of vCPUs."""
    return np.minimum(1000 * workload.weight, LARGEST)


SCENARIOS = Scenarios(KIND, ShareScenario)
