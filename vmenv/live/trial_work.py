"""Workloads for real guests: the CPU work of a scenario's VMs, or of lognormal sizes, scaled to seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import vmenv.dispatch.kind  # noqa: F401  # its scenarios
from vmenv.checks import check_integer
from vmenv.dispatch.kind import KIND
from vmenv.episodes.scenario import make_scenario
from vmenv.errors import SpecError, UnknownNameError
from vmenv.host import columns as c
from vmenv.workload.table import Workload

LOGNORMAL = "lognormal"
SPREAD = 1.2  # sigma of the logarithm of lognormal sizes: their squared coefficient of variation is 3.2
LEAST_S = 0.02  # of a guest's work
CARRIED = ("weight", "priority", "slo_us", "estimate_us", "tenant")


@dataclass(frozen=True, kw_only=True)
class TrialWork:
    """What real guests are to do.

    Attributes:
        scenario: Where it is from: "lognormal", or a scenario of dispatch.
        num_vms: The first so many VMs of an episode.
        mean_work_s: Seconds of work of a guest, in the mean; sizes and times between arrivals are scaled to it.
        load: Work over the time in which it arrives; 0: all arrive at once.
        seed: Of the episode.
    """

    scenario: str = LOGNORMAL
    num_vms: int = 12
    mean_work_s: float = 0.3
    load: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_integer("num_vms", self.num_vms, least=2, most=400)
        check_integer("seed", self.seed, most=2**32)
        if not isinstance(self.mean_work_s, (int, float)) or not 0.02 <= self.mean_work_s <= 3600:
            raise SpecError(f"mean_work_s is {self.mean_work_s!r}: give .02 to 3600 seconds")
        if not isinstance(self.load, (int, float)) or not 0 <= self.load <= 100:
            raise SpecError(f"load is {self.load!r}: give 0 (all arrive at once) to 100")

    def build(self) -> Workload:
        """Returns the workload: whole cores, no memory, no disks.

        Raises:
            UnknownNameError: There is no such scenario.
            SpecError: It has too few VMs.
        """
        given = self._lognormal() if self.scenario == LOGNORMAL else self._of_scenario()
        size = np.maximum(LEAST_S, given["size"] * (self.mean_work_s / given["size"].mean()))
        work_us = np.round(size * 1e6).astype(np.int64)
        arrival = given["arrival"] - given["arrival"].min()
        span = arrival.max()
        stretch = work_us.sum() / span / self.load if self.load and span else 0.0
        rows = {name: given[name] for name in CARRIED if name in given}
        return Workload.from_arrays(arrival_us=np.round(arrival * stretch).astype(np.int64), work_us=work_us, **rows)

    def _lognormal(self) -> dict[str, np.ndarray]:
        random = np.random.default_rng(self.seed)
        size = random.lognormal(0, SPREAD, self.num_vms)
        return {"size": size, "arrival": np.concatenate([[0.0], np.cumsum(random.exponential(size.mean(), self.num_vms - 1))])}

    def _of_scenario(self) -> dict[str, np.ndarray]:
        if self.scenario not in KIND.scenarios and ":" not in self.scenario:
            raise UnknownNameError("scenario", self.scenario, [LOGNORMAL, *KIND.scenarios.names()])
        work: Workload = make_scenario(self.scenario).episode(self.seed)
        size = np.add.reduceat(work.work_us, np.cumsum(work.num_phases) - work.num_phases).astype(np.float64)
        first = [vm for vm in work.arrival_order.tolist() if work.kind[vm] == c.RUN][: self.num_vms]
        if len(first) < self.num_vms:
            raise SpecError(f"num_vms is {self.num_vms}: an episode of {self.scenario!r} has {len(first)} VMs, give no more")
        return {"size": size[first], "arrival": work.arrival_us[first].astype(np.float64)} | {
            name: getattr(work, name)[first] for name in CARRIED
        }
