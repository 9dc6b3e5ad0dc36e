"""share_host: your own host and your own workload, from Python.

gymnasium.make("vmenv/Share-Host-v0", host=vmenv.Host(), workload=vmenv.Workload.from_arrays([0, 0], [30_000, 10_000]), interval_us=1_000)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.share.scenario import SHARE_SCENARIOS, ShareScenario
from vmenv.workload.table import Workload


@SHARE_SCENARIOS.register("share_host")
@dataclass(frozen=True, kw_only=True)
class OwnShareHost(ShareScenario):
    """A host and a workload that the caller gives.

    Args:
        host: The host.
        workload: A workload, the same in every episode, or a function from a `numpy.random.Generator` to one.
    """

    summary = "your own host and workload, given from Python"

    host: Any = None
    workload: Any = None
    spare: str = "shared"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.host, Host):
            raise SpecError(f"host is {self.host!r}: give a vmenv.Host")
        if not isinstance(self.workload, Workload) and not callable(self.workload):
            raise SpecError(f"workload is {self.workload!r}: give a vmenv.Workload, or a function that takes a Generator and returns one")

    def build_host(self) -> Host:
        """What was given."""
        host: Host = self.host
        return host

    def draw_workload(self, rng: np.random.Generator, seed: int) -> Workload:
        """What was given, or what the given function returns."""
        workload = self.workload if isinstance(self.workload, Workload) else self.workload(rng)
        if not isinstance(workload, Workload):
            raise SpecError(f"the workload function returned {workload!r}: it must return a vmenv.Workload")
        return workload

    def describe(self) -> dict[str, Any]:
        """Returns name and parameters; the workload not, as it may be a function."""
        given = {name: getattr(self, name) for name in ("objective", "num_slots", "horizon_us", "interval_us", "unmet", "spare")}
        return {"kind": "share_host", "host": self.host.describe(), **given}
