"""A scenario that is your own host and your own workload, from Python: what those of all kinds of decision have in common."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmenv.episodes.scenario import Scenario
from vmenv.errors import SpecError
from vmenv.host.spec import Host
from vmenv.workload.table import Workload


@dataclass(frozen=True, kw_only=True)
class OwnHostScenario(Scenario):
    """A host and a workload that the caller gives.

    Args:
        host: The host.
        workload: A workload, the same in every episode, or a function from a `numpy.random.Generator` to one.
    """

    summary = "your own host and workload, given from Python"
    from_python_only = True

    host: Any = None
    workload: Any = None

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
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name not in ("host", "workload")}
        return {"kind": self.kind.scenarios.name_of(self), "host": self.host.describe(), **given}
